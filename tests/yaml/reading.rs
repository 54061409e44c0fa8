use fleetc::source::FileId;
use fleetc::yaml::{Node, ProblemKind, Reading, Value, from_node, read};
use serde_json::json;

use super::{at, document, documents, problems};

fn value(text: &str) -> serde_json::Value {
    from_node(&document(text)).unwrap()
}

/// Kind and covered text of each problem.
fn refused(text: &str) -> Vec<(ProblemKind, &str)> {
    problems(text).iter().map(|problem| (problem.kind, at(text, problem.place))).collect()
}

#[test]
fn places_are_bytes_of_the_file() {
    let text = "\u{feff}é: \"ü\" # ö\r\nlist:\r\n- 'ß'\r\n- {}\r\n- [ ]\r\n\
                map:\r\n  first: {a: 1}\r\nblock: |\r\n  é\r\n  x\r\n\r\nlast: 1\r\n";
    let node = document(text);
    let shown = |key: &str| at(text, node.get(key).unwrap().place);
    assert_eq!(at(text, node.place), "é");
    assert_eq!(at(text, node.entry("list").unwrap().key_place), "list");
    assert_eq!(shown("é"), "\"ü\"");
    assert_eq!(shown("list"), "'ß'");
    assert_eq!(shown("map"), "first");
    assert_eq!(shown("block"), "é\r\n  x");
    assert_eq!(node.get("block").unwrap().as_text(), Some("é\nx\n"));
    let items = node.get("list").unwrap().as_sequence().unwrap();
    assert_eq!(items.iter().map(|item| at(text, item.place)).collect::<Vec<_>>(), ["'ß'", "{}", "[ ]"]);
}

#[test]
fn a_value_that_is_not_written_stands_at_its_key() {
    let text = "a:\nb: ~\n";
    let node = document(text);
    assert_eq!(at(text, node.get("a").unwrap().place), "a");
    assert_eq!(at(text, node.get("b").unwrap().place), "~");
}

#[test]
fn documents_in_which_nothing_is_written_are_left_out() {
    assert_eq!(documents(""), []);
    assert_eq!(documents("# only this\n---\n---\n...\n"), []);
    assert_eq!(documents("---\na: 1\n---\n# nothing\n---\nb: 1\n").len(), 2);
    assert_eq!(documents("null\n").len(), 1);
}

#[test]
fn a_broken_document_does_not_hide_the_others() {
    let text = "a: 1\n---\nb: [1\n---\nc: 1\nc: 2\n---\nd: 1\n";
    let Reading { documents, problems } = read(FileId(0), text.as_bytes());
    let keys: Vec<_> = documents.iter().map(|node| at(text, node.place)).collect();
    assert_eq!(keys, ["a", "d"]);
    assert_eq!(
        problems.iter().map(|p| p.kind).collect::<Vec<_>>(),
        [ProblemKind::Syntax, ProblemKind::DuplicateKey]
    );
}

#[test]
fn anchors_aliases_and_merge_keys() {
    assert_eq!(
        value("a: &x {b: 1}\nc: *x\nd: [*x]\n"),
        json!({"a": {"b": 1}, "c": {"b": 1}, "d": [{"b": 1}]})
    );
    assert_eq!(value("a: &x 1\nb: &x 2\nc: *x\n"), json!({"a": 1, "b": 2, "c": 2}));
    assert_eq!(value("&k a: 1\nb: *k\n"), json!({"a": 1, "b": "a"}));
    assert_eq!(value("&k a: 1\nb:\n  *k : 1\n"), json!({"a": 1, "b": {"a": 1}}));
    let merged = "u: &u {a: 1, b: 1}\nv: &v {b: 2, c: 2}\nz:\n  <<: [*u, *v]\n  c: 3\n";
    assert_eq!(value(merged)["z"], json!({"a": 1, "b": 1, "c": 3}));
    assert_eq!(value("x: &x {a: 1}\nz:\n  a: 2\n  <<: *x\n")["z"], json!({"a": 2}));
    assert_eq!(value("<<: {a: 1}\nb: 2\n"), json!({"a": 1, "b": 2}));
    assert_eq!(value("\"<<\": {a: 1}\n"), json!({"<<": {"a": 1}}));
}

#[test]
fn an_aliased_node_keeps_the_place_of_its_definition() {
    let text = "a: &x [deep]\nb: *x\n";
    let place = document(text).get("b").unwrap().place;
    assert_eq!((at(text, place), place.start), ("deep", 7));
}

#[test]
fn a_merge_of_many_keys_keeps_the_strongest() {
    let line = |value: u32| move |key: u32| format!("  k{key}: {value}\n");
    let weak: String = (0..50).map(line(1)).collect();
    let own: String = (0..100).step_by(2).map(line(2)).collect();
    let node = document(&format!("base: &base\n{weak}z:\n  <<: *base\n{own}"));
    let z: serde_json::Map<_, _> = from_node(node.get("z").unwrap()).unwrap();
    assert_eq!(z.len(), 75);
    assert!((0..50).all(|key| z[&format!("k{key}")] == json!(if key % 2 == 0 { 2 } else { 1 })));
}

#[test]
fn every_duplicate_key_is_told_at_the_second() {
    let text = "a: {x: 1, x: 2}\nb: 1\na: 2\nb: 3\n";
    let starts: Vec<_> = problems(text).iter().map(|problem| problem.place.start).collect();
    assert_eq!(starts, [10, 21, 26]);
    assert!(problems(text).iter().all(|problem| problem.kind == ProblemKind::DuplicateKey));
    let many: String = (0..100).map(|key| format!("k{}: 1\n", key % 99)).collect();
    assert_eq!(refused(&many), [(ProblemKind::DuplicateKey, "k0")]);
}

#[test]
fn keys_are_text_to_every_reader() {
    use ProblemKind::{DuplicateKey, Key, Syntax};
    assert_eq!(
        value("8080: a\ntrue: b\n1.5: c\n'on': d\n"),
        json!({"8080": "a", "true": "b", "1.5": "c", "on": "d"})
    );
    assert_eq!(refused("on: 1\nn: 2\n"), [(Key, "on"), (Key, "n")]);
    assert_eq!(refused("0777: 1\n1.10: 2\n~: 3\nTrue: 4\n").len(), 4);
    assert_eq!(refused("? [a]\n: b\n"), [(Key, "a")]);
    assert_eq!(refused("? {a: 1}\n: b\nok: 1\n"), [(Key, "a")]);
    assert_eq!(refused("{{ .Values.x }}\n").len(), 1);
    assert_eq!(refused("<<: {}\n<<: {}\n"), [(DuplicateKey, "<<")]);
    assert_eq!(refused("<<: x\n"), [(Syntax, "x")]);
}

#[test]
fn tags_of_the_core_schema_alone() {
    assert_eq!(
        value("a: !!str 5\nb: !!int 5\nc: !!map {}\nd: !!seq []\ne: !!float 1\nf: !!str\n"),
        json!({
            "a": "5", "b": 5, "c": {}, "d": [], "e": 1, "f": ""
        })
    );
    for (text, tag) in [
        ("a: !x 1\n", "!x"),
        ("a: !!int x\n", "!!int"),
        ("a: !!binary aGk=\n", "!!binary"),
        ("!x {a: 1}\n", "!x"),
    ] {
        assert_eq!(refused(text), [(ProblemKind::Tag, tag)], "{text}");
    }
}

#[test]
fn syntax_problems_stand_at_the_first_bad_character() {
    for (text, covered) in [
        ("a:\n\tb: 1\n", "b"),
        ("a: @b\n", "@"),
        ("a: b: c\n", ":"),
        ("é: *x\n", "*"),
        ("a: [1}\n", "["),
        ("- a\nb\n", "b"),
        ("&a [*a]\n", "*a"),
    ] {
        assert_eq!(refused(text), [(ProblemKind::Syntax, covered)], "{text:?}");
    }
    let tab = problems("a:\n\tb: 1\n").remove(0);
    assert_eq!(
        (tab.message.as_str(), tab.help.as_deref()),
        ("a tab cannot indent", Some("indent with spaces"))
    );
    assert_eq!(problems("a: *x\n")[0].message, "`*x` names no anchor above it in this document");
}

#[test]
fn bytes_that_are_no_text() {
    for (bytes, start, end) in [
        (&b"a: \xff\n"[..], 3, 4),
        (b"a: \xc3", 3, 4),
        (b"\xff\xfea\0", 0, 1),
        (b"a: \0\n", 3, 4),
        (b"a: \x7f", 3, 4),
        ("é\u{80}".as_bytes(), 2, 4),
    ] {
        let problems = read(FileId(3), bytes).problems;
        assert_eq!(problems.len(), 1);
        let place = problems[0].place;
        assert_eq!((place.file, place.start, place.end), (FileId(3), start, end), "{bytes:?}");
        assert_eq!(problems[0].kind, ProblemKind::Encoding);
    }
}

#[test]
fn accessors() {
    let node = document("a: x\nb: 5\nc: on\nd: \"5\"\n");
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    assert_eq!(
        [text("a"), text("b"), text("c"), text("d"), text("e")],
        [Some("x"), None, None, Some("5"), None]
    );
    assert!(matches!(node.value, Value::Mapping(_)));
    assert!(node.as_sequence().is_none() && node.as_scalar().is_none());
    assert!(node.get("a").unwrap().get("a").is_none());
}
