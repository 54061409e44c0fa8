#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "tests may fail loudly")]

use proptest::prelude::*;

use super::*;
use crate::yaml::tree::Value;

const FLEET: &str = "\
# yaml-language-server: $schema=fleet.json
---
kind: Workspace
spec:
  workloadClusters:
  # all of Europe
  - name: east   # the first one
    namespaces:
    - name: pay
    # - name: old

  # the second
  - { name: west, labels: { a: b } }
  owners: []
  notes:
---
clusters: [east, 'west']  # both
many: [
  east,
  west  # and no more
]
domain: |
  some text
";

fn at(document: usize, path: &str) -> Path {
    let steps = path.split('.').filter(|step| !step.is_empty());
    let step = |step: &str| step.parse().map_or_else(|_| Step::Key(step.to_owned()), Step::Index);
    Path { document, steps: steps.map(step).collect() }
}

/// The lines that an edit takes out and puts in.
fn diff(text: &str, edits: &[Edit]) -> String {
    let edited = edit(text, edits).unwrap_or_else(|refusal| panic!("{refusal} at {:?}", refusal.at));
    let diff = similar::TextDiff::from_lines(text, &edited);
    let changed = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    let lines: String = changed.map(|change| format!("{}{}", change.tag(), change.value())).collect();
    lines.trim_end().to_owned()
}

fn refused(text: &str, edit: Edit) -> String {
    super::edit(text, &[edit]).unwrap_err().message
}

#[test]
fn an_item_is_laid_out_as_the_last_one() {
    let item = Node::map([("name", Node::text("north")), ("on", Node::text("yes, 1"))]);
    insta::assert_snapshot!(diff(FLEET, &[at(0, "spec.workloadClusters").change(Change::Append(item))]), @r#"+  - { name: north, "on": 'yes, 1' }"#);
    let north = || Change::Append(Node::text("north"));
    insta::assert_snapshot!(diff(FLEET, &[at(1, "clusters").change(north())]), @r"
    -clusters: [east, 'west']  # both
    +clusters: [east, 'west', north]  # both
    ");
    insta::assert_snapshot!(diff(FLEET, &[at(1, "many").change(north())]), @r"
    -  west  # and no more
    +  west,  # and no more
    +  north
    ");
    insta::assert_snapshot!(
        diff(FLEET, &[at(0, "spec.owners").change(north()), at(0, "spec.notes").change(north())]), @r"
    -  owners: []
    +  owners: [north]
    +  - north
    ");
    insta::assert_snapshot!(diff(FLEET, &[at(0, "spec.new").change(north())]), @r"
    +  new:
    +  - north
    ");
}

#[test]
fn a_copy_keeps_the_layout_and_leaves_comments() {
    let copied = [
        at(0, "spec.workloadClusters.0").change(Change::Copy),
        at(0, "spec.workloadClusters.2.name").change(Change::Set(Node::text("north"))),
    ];
    insta::assert_snapshot!(diff(FLEET, &copied), @r"
    +  - name: north
    +    namespaces:
    +    - name: pay
    ");
    insta::assert_snapshot!(diff(FLEET, &[at(0, "spec.workloadClusters.1").change(Change::Copy)]), @r"+  - { name: west, labels: { a: b } }");
    insta::assert_snapshot!(diff("a:\n- - x\n  - y\n-\n   # of z\n   # and of w\n   z: 1 # one\n   # two\n   w: 2\n", &[
        at(0, "a.0").change(Change::Copy), at(0, "a.1").change(Change::Copy),
    ]), @r"
    +- - x
    +  - y
    +-
    +   z: 1
    +   w: 2
    ");
    insta::assert_snapshot!(diff(FLEET, &[at(1, "").change(Change::Copy)]), @r"
    +---
    +clusters: [east, 'west']
    +many: [
    +  east,
    +  west
    +]
    +domain: |
    +  some text
    ");
}

#[test]
fn a_value_is_set_in_its_own_style() {
    let set = |path: &str, value: Node| diff(FLEET, &[at(0, path).change(Change::Set(value))]);
    insta::assert_snapshot!(set("spec.workloadClusters.0.name", Node::text("yes")), @r#"
    -  - name: east   # the first one
    +  - name: "yes"   # the first one
    "#);
    insta::assert_snapshot!(set("spec.workloadClusters.1.labels.c", Node::bare("true")), @r"
    -  - { name: west, labels: { a: b } }
    +  - { name: west, labels: { a: b, c: true } }
    ");
    let rotation = Node::map([("from", Node::text("root-1")), ("to", Node::list([Node::text("root 2")]))]);
    insta::assert_snapshot!(set("spec.rotation", rotation.clone()), @r"
    +  rotation:
    +    from: root-1
    +    to:
    +    - root 2
    ");
    insta::assert_snapshot!(set("spec.notes", rotation.clone()), @r"
    +    from: root-1
    +    to:
    +    - root 2
    ");
    insta::assert_snapshot!(set("spec.workloadClusters.1.labels", rotation), @r"
    -  - { name: west, labels: { a: b } }
    +  - { name: west, labels: { from: root-1, to: [root 2] } }
    ");
    insta::assert_snapshot!(set("spec.workloadClusters", Node::bare("null")), @r"
    -  workloadClusters:
    -  # all of Europe
    -  - name: east   # the first one
    -    namespaces:
    -    - name: pay
    -    # - name: old
    -
    -  # the second
    -  - { name: west, labels: { a: b } }
    +  workloadClusters: null
    ");
    let long = at(1, "domain").change(Change::Set(Node::text("plain")));
    insta::assert_snapshot!(diff(FLEET, &[long]), @r"
    -domain: |
    -  some text
    +domain: plain
    ");
}

#[test]
fn what_goes_takes_its_comments_along() {
    let without = |document, path: &str| diff(FLEET, &[at(document, path).change(Change::Remove)]);
    insta::assert_snapshot!(without(0, "spec.workloadClusters.0"), @r"
    -  - name: east   # the first one
    -    namespaces:
    -    - name: pay
    -    # - name: old
    ");
    insta::assert_snapshot!(without(0, "spec.workloadClusters.1"), @r"
    -  # the second
    -  - { name: west, labels: { a: b } }
    ");
    insta::assert_snapshot!(without(0, "spec.workloadClusters.0.name"), @r"
    -  - name: east   # the first one
    -    namespaces:
    +  - namespaces:
    ");
    insta::assert_snapshot!(without(0, "spec.workloadClusters.0.namespaces.0"), @r"
    -    namespaces:
    -    - name: pay
    +    namespaces: []
    ");
    insta::assert_snapshot!(without(0, "spec.workloadClusters.1.labels"), @r"
    -  - { name: west, labels: { a: b } }
    +  - { name: west }
    ");
    insta::assert_snapshot!(without(1, "clusters.0"), @r"
    -clusters: [east, 'west']  # both
    +clusters: ['west']  # both
    ");
    insta::assert_snapshot!(without(1, "many.0"), @r"-  east,");
    insta::assert_snapshot!(without(1, "domain"), @r"
    -domain: |
    -  some text
    ");
}

#[test]
fn documents_come_and_go() {
    assert_eq!(
        edit(FLEET, &[at(1, "").change(Change::Remove)]).unwrap(),
        FLEET.split_inclusive("  notes:\n").next().unwrap()
    );
    let first = edit(FLEET, &[at(0, "").change(Change::Remove)]).unwrap();
    assert!(first.starts_with("# yaml-language-server: $schema=fleet.json\n---\nclusters:"), "{first}");
    assert_eq!(edit("# only\na: 1\n", &[at(0, "").change(Change::Remove)]).unwrap(), "");
    assert_eq!(
        edit("a: 1\n...\n---\nb: 1", &[at(0, "").change(Change::Copy)]).unwrap(),
        "a: 1\n...\n---\nb: 1\n---\na: 1\n"
    );
    assert_eq!(edit("a: 1\n---\n---\nb: 1\n", &[at(1, "").change(Change::Remove)]).unwrap(), "a: 1\n---\n");
}

#[test]
fn line_ends_are_kept() {
    let north = || Change::Append(Node::map([("a", Node::bare("1")), ("b", Node::bare("2"))]));
    assert_eq!(
        edit("a:\r\n- x # c\r\n", &[at(0, "a").change(north())]).unwrap(),
        "a:\r\n- x # c\r\n- a: 1\r\n  b: 2\r\n"
    );
    assert_eq!(edit("a:\n- x", &[at(0, "a").change(north())]).unwrap(), "a:\n- x\n- a: 1\n  b: 2");
    assert_eq!(edit("a:\r\n- x\r\n- y", &[at(0, "a.1").change(Change::Remove)]).unwrap(), "a:\r\n- x");
}

#[test]
fn what_is_shared_is_refused() {
    let shared = "a: &x\n- east\nb: *x\nc:\n  <<: &m {k: v}\n  d: 1\n";
    let north = || Change::Append(Node::text("north"));
    let reaches = "the change would reach further than this place: an anchor, an alias or a merge key shares it, \
                   or its layout is unusual; edit it by hand";
    assert_eq!(refused(shared, at(0, "a").change(north())), reaches);
    assert_eq!(
        refused(shared, at(0, "b.0").change(Change::Remove)),
        "an alias stands here for a value that is written elsewhere; edit it by hand"
    );
    assert_eq!(refused(shared, at(0, "c.k").change(Change::Remove)), "there is no key `k`");
    assert_eq!(refused(shared, at(0, "a.3").change(Change::Copy)), "the list has no item 4");
    assert_eq!(refused("a: [", at(0, "a").change(north())), "`[` is never closed");
    let own = edit(shared, &[at(0, "c.k").change(Change::Set(Node::text("w")))]).unwrap();
    assert_eq!(own, format!("{shared}  k: w\n"));
    let unshared = edit("a: &x\n- east\n", &[at(0, "a").change(north())]).unwrap();
    assert_eq!(unshared, "a: &x\n- east\n- north\n");
}

#[test]
fn a_place_has_a_path() {
    let path = |what: &str| find(FLEET, FLEET.find(what).unwrap());
    assert_eq!(path("west, labels"), Some(at(0, "spec.workloadClusters.1.name")));
    assert_eq!(path("labels: { a"), Some(at(0, "spec.workloadClusters.1.labels")));
    assert_eq!(path("'west'"), Some(at(1, "clusters.1")));
    assert_eq!(path("first one"), None);
    assert_eq!(at(0, "a.1").parent(), Some((at(0, "a"), &Step::Index(1))));
    assert_eq!(at(0, "").parent(), None);
}

/// A tree whose keys are unique.
fn nodes() -> impl Strategy<Value = Node> {
    let text = prop_oneof!["[a-z]{1,4}", "[ -~]{0,6}", Just("two\nlines\n".to_owned())];
    let leaf = prop_oneof![
        text.prop_map(|text| Node::text(&text)),
        Just(Node::bare("1")),
        Just(Node::bare("null")),
        Just(Node::bare("true")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::list),
            prop::collection::btree_map("[a-z]{1,3}|[ -~]{1,4}", inner, 0..4).prop_map(|entries| {
                Node::map(entries.iter().map(|(key, node)| (key.as_str(), node.clone())))
            }),
        ]
    })
}

/// Every place of a tree.
fn places(node: &Node, path: &Path, all: &mut Vec<Path>) {
    all.push(path.clone());
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            items.iter().enumerate().for_each(|(index, item)| places(item, &path.clone().item(index), all));
        }
        Value::Mapping(entries) => {
            entries.iter().for_each(|entry| places(&entry.node, &path.clone().key(&entry.key), all));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// An edit is proved when it is made; what this shows is that no plain document is refused, however it is laid out.
    #[test]
    fn plain_documents_are_never_refused(
        root in nodes(),
        value in nodes(),
        pick in any::<prop::sample::Index>(),
        dash_indent in prop_oneof![Just(0_usize), Just(2)],
        padded in any::<bool>(),
        flow in any::<bool>(),
        crlf in any::<bool>(),
        comments in any::<bool>(),
    ) {
        let root = Node::map([("root", root), ("z", Node::list([Node::text("end")]))]);
        let style = render::Style { new_line: if crlf { "\r\n" } else { "\n" }, dash_indent, padded };
        let mut text = match flow {
            true => render::inline(&root, style),
            false => render::block(&root, 0, style),
        };
        if comments && !flow {
            text = text.split_inclusive('\n').map(|line| match line.trim_end().len() {
                0 => line.to_owned(),
                end => format!("{} # it's {{ - so: [{}", &line[..end], &line[end..]),
            }).collect();
        }
        prop_assert!(model::same_all(&documents(&text).unwrap(), std::slice::from_ref(&root)), "{}", text);
        let mut all = Vec::new();
        places(&root, &Path::document(0), &mut all);
        let path = &all[1 + pick.index(all.len() - 1)];
        let key = path.clone().key("a new: key");
        let tries = [
            path.clone().change(Change::Set(value.clone())),
            path.clone().change(Change::Remove),
            path.clone().change(Change::Append(value.clone())),
            path.clone().change(Change::Copy),
            key.change(Change::Set(value)),
        ];
        for tried in tries {
            let makes_sense = model::apply(&mut vec![root.clone()], &tried).is_ok();
            let done = edit(&text, std::slice::from_ref(&tried));
            prop_assert_eq!(done.is_ok(), makes_sense, "{:?}\n{}\n{:?}", tried, text, done);
        }
    }

    #[test]
    fn no_text_makes_it_fall_over(text in "[a-c:\\-\\[\\]{}&*|>#'\" \n\t,?!]{0,40}", document in 0..2_usize) {
        for path in [at(document, "a"), at(document, "0"), at(document, ""), at(document, "a.0")] {
            for change in [Change::Remove, Change::Copy, Change::Set(Node::text("x")), Change::Append(Node::text("x"))] {
                let _ = edit(&text, &[path.clone().change(change)]);
            }
        }
        for start in 0..text.len() {
            let _ = find(&text, start);
        }
    }
}
