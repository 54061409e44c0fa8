//! Which fields of an object differ.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::readable::readable;
use crate::yaml::{Node, Resolved, Value};

/// A field that differs between two objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Where it is, as `kubectl explain` and jq write it: `spec.rules[0].from`, `metadata.annotations["a/b"]`. An item of a
    /// list that has a `name` is told by it, `containers[name=istio]`; one that comes or goes has no number, `principals[]`.
    pub path: String,
    /// Its value before, as YAML on one line, certificates as what they say; `null`: it was not there.
    pub before: Option<String>,
    /// Its value after; `null`: it is gone.
    pub after: Option<String>,
}

/// The fields that differ, in the order of the newer object, what is gone where it stood.
pub fn fields(old: &Node, new: &Node) -> Vec<Field> {
    let mut found = Vec::new();
    compare("", old, new, &mut found);
    found
}

fn compare(path: &str, old: &Node, new: &Node, found: &mut Vec<Field>) {
    match (&old.value, &new.value) {
        (Value::Mapping(before), Value::Mapping(after)) => {
            for entry in before {
                let inner = below(path, &entry.key);
                match new.get(&entry.key) {
                    Some(node) => compare(&inner, &entry.node, node, found),
                    None => found.push(gone(inner, &entry.node)),
                }
            }
            for entry in after.iter().filter(|entry| old.get(&entry.key).is_none()) {
                found.push(come(below(path, &entry.key), &entry.node));
            }
        }
        (Value::Sequence(before), Value::Sequence(after)) => lists(path, before, after, found),
        _ if same(old, new) => {}
        _ => found.push(Field { path: path.to_owned(), before: Some(flow(old)), after: Some(flow(new)) }),
    }
}

fn below(path: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
    match (plain, path) {
        (true, "") => key.to_owned(),
        (true, _) => format!("{path}.{key}"),
        (false, _) => format!("{path}[\"{key}\"]"),
    }
}

fn gone(path: String, node: &Node) -> Field {
    Field { path, before: Some(flow(node)), after: None }
}

fn come(path: String, node: &Node) -> Field {
    Field { path, before: None, after: Some(flow(node)) }
}

/// Items are told apart by `name` where all have one of their own, else by what they say.
fn lists(path: &str, old: &[Node], new: &[Node], found: &mut Vec<Field>) {
    if let (Some(before), Some(after)) = (names(old), names(new)) {
        for (name, node) in before.iter().zip(old) {
            let inner = format!("{path}[name={name}]");
            match after.iter().position(|other| other == name).and_then(|at| new.get(at)) {
                Some(other) => compare(&inner, node, other, found),
                None => found.push(gone(inner, node)),
            }
        }
        let added = after.iter().zip(new).filter(|(name, _)| !before.contains(name));
        found.extend(added.map(|(name, node)| come(format!("{path}[name={name}]"), node)));
        return;
    }
    let (said, says): (Vec<String>, Vec<String>) =
        (old.iter().map(key).collect(), new.iter().map(key).collect());
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    if said != says && sorted(&said) == sorted(&says) {
        let all =
            |nodes: &[Node]| Some(format!("[{}]", nodes.iter().map(flow).collect::<Vec<_>>().join(", ")));
        found.push(Field { path: path.to_owned(), before: all(old), after: all(new) });
        return;
    }
    let item = format!("{path}[]");
    for operation in capture_diff_slices(Algorithm::Myers, &said, &says) {
        let (before, after) = (operation.old_range(), operation.new_range());
        let (was, is) =
            (old.get(before.clone()).unwrap_or_default(), new.get(after.clone()).unwrap_or_default());
        match operation {
            DiffOp::Equal { .. } => {}
            DiffOp::Replace { .. } if was.len() == is.len() => {
                for (at, (was, is)) in after.zip(was.iter().zip(is)) {
                    compare(&format!("{path}[{at}]"), was, is, found);
                }
            }
            _ => {
                found.extend(was.iter().map(|node| gone(item.clone(), node)));
                found.extend(is.iter().map(|node| come(item.clone(), node)));
            }
        }
    }
}

/// The names of all items, if each has one of its own.
fn names(list: &[Node]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = list
        .iter()
        .map(|node| node.get("name").and_then(Node::as_scalar).map(|name| name.text.as_str()))
        .collect();
    let names = names.filter(|names| !names.is_empty())?;
    let own: BTreeSet<&&str> = names.iter().collect();
    (own.len() == names.len()).then_some(names)
}

fn same(old: &Node, new: &Node) -> bool {
    key(old) == key(new)
}

/// What a value says, without loss: two are alike exactly if they are to Kubernetes.
fn key(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => format!("{:?}", scalar.resolve()),
        Value::Sequence(items) => format!("[{}]", items.iter().map(key).collect::<Vec<_>>().join(",")),
        Value::Mapping(entries) => {
            let mut entries: Vec<String> =
                entries.iter().map(|entry| format!("{:?}:{}", entry.key, key(&entry.node))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// A value on one line.
pub fn flow(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => {
            let text = readable(&scalar.text);
            let words = text.trim_end().replace('\n', "⏎");
            let as_plain = crate::yaml::Scalar { text: scalar.text.clone(), plain: true };
            let is_text = matches!(as_plain.resolve(), Resolved::String(_));
            if !scalar.plain && (!is_text || words.is_empty()) { format!("\"{words}\"") } else { words }
        }
        Value::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Mapping(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|entry| format!("{}: {}", entry.key, flow(&entry.node))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::yaml::read;

    fn said(old: &str, new: &str) -> Vec<String> {
        let node = |text: &str| read(FileId(0), text.as_bytes()).documents.remove(0);
        let shown = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        let found = fields(&node(old), &node(new)).into_iter();
        found
            .map(|field| format!("{}: {} → {}", field.path, shown(field.before), shown(field.after)))
            .collect()
    }

    #[test]
    fn fields_are_told_by_their_path() {
        assert_eq!(
            said(
                "spec:\n  a: 1\n  b: {c: x}\n  gone: [1]\nmetadata: {annotations: {a/b: x}}\n",
                "spec:\n  a: \"1\"\n  b: {c: y}\n  new: {d: e}\nmetadata: {annotations: {a/b: z}}\n",
            ),
            [
                "spec.a: 1 → \"1\"",
                "spec.b.c: x → y",
                "spec.gone: [1] → -",
                "spec.new: - → {d: e}",
                "metadata.annotations[\"a/b\"]: x → z",
            ]
        );
    }

    #[test]
    fn items_come_and_go_by_what_they_are() {
        assert_eq!(said("a: [x, y, z]", "a: [x, z, w]"), ["a[]: y → -", "a[]: - → w"]);
        assert_eq!(said("a: [x, y]", "a: [y, x]"), ["a: [x, y] → [y, x]"]);
        assert_eq!(
            said("a: [{name: x, v: 1}, {name: y, v: 1}]", "a: [{name: y, v: 2}, {name: z}]"),
            ["a[name=x]: {name: x, v: 1} → -", "a[name=y].v: 1 → 2", "a[name=z]: - → {name: z}"]
        );
        assert_eq!(said("a: [{v: 1}, {v: 2}]", "a: [{v: 1}, {v: 3}]"), ["a[1].v: 2 → 3"]);
        assert_eq!(said("{a: {x: 1, z: 2}}", "a:\n  z: 2\n  x: 1\n"), [""; 0]);
    }
}
