//! Which objects differ, and in which fields.
//!
//! An object is recognised by what Kubernetes knows it by, wherever its file lies; one that goes while another of its kind
//! comes that says nearly the same was renamed. What changes alike in several clusters, but for a cluster's own name, is one
//! change.

mod fields;
mod readable;

pub use fields::{Field, fields, flow};
pub use readable::{certificates, readable};

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

use super::files::{Area, FileChanges, Files};
use crate::source::{FileId, Place};
use crate::yaml::{Node, Scalar, Value, read};

/// What becomes of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Becomes {
    /// It is there after only.
    Added,
    /// It says something else.
    Changed,
    /// It has another name, and says nearly the same.
    Renamed,
    /// It is there before only.
    Removed,
}

/// An object that differs, in one cluster or alike in several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectChange {
    /// What becomes of it.
    pub change: Becomes,
    /// The clusters in which it does, sorted; `_delivery` for what makes the engine sync and is of no one cluster.
    pub clusters: Vec<String>,
    /// Its kind.
    pub kind: String,
    /// Its namespace, if it has one.
    pub namespace: Option<String>,
    /// Its name; in the first of the clusters, where it holds the cluster's name.
    pub name: String,
    /// The namespace and name that it had, `namespace/name`, if it was renamed.
    pub was: Option<String>,
    /// Its file in the first of the clusters, from `out/<fleet>/`: that of after, if there is one.
    pub file: String,
    /// The fields that differ; none of an object that comes or goes.
    pub fields: Vec<Field>,
    /// A unified diff without its header, certificates as what they say. In the first of the clusters.
    pub diff: String,
}

/// How many objects differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectCounts {
    /// There after only.
    pub added: usize,
    /// Saying something else, or under another name.
    pub changed: usize,
    /// There before only.
    pub removed: usize,
}

/// The objects of the files that differ: what is changed first, then what goes, then what comes; in order of kind.
pub fn object_changes(
    files: &BTreeMap<Area, FileChanges>,
    old: &Files,
    new: &Files,
    clusters: &BTreeSet<&str>,
) -> Vec<ObjectChange> {
    let mut groups: BTreeMap<Key, ObjectChange> = BTreeMap::new();
    let found: Vec<Vec<(Key, ObjectChange)>> =
        files.par_iter().map(|(area, changes)| in_area(area, changes, old, new, clusters)).collect();
    for (key, change) in found.into_iter().flatten() {
        match groups.get_mut(&key) {
            Some(group) => group.clusters.extend(change.clusters),
            None => {
                groups.insert(key, change);
            }
        }
    }
    let mut all: Vec<ObjectChange> = groups.into_values().collect();
    for change in &mut all {
        change.clusters.sort();
        change.clusters.dedup();
    }
    all
}

/// How many objects differ, each cluster's counted.
pub fn object_counts(changes: &[ObjectChange]) -> ObjectCounts {
    let mut counts = ObjectCounts::default();
    for change in changes {
        let count = match change.change {
            Becomes::Added => &mut counts.added,
            Becomes::Removed => &mut counts.removed,
            Becomes::Changed | Becomes::Renamed => &mut counts.changed,
        };
        *count += change.clusters.len();
    }
    counts
}

/// What makes two changes alike: rank, kind, namespace, name and what differs, a cluster's own name left open.
type Key = (u8, String, String, String, String);

/// One side of an object.
#[derive(Debug)]
struct Object<'a> {
    file: &'a str,
    text: &'a str,
    node: Node,
    id: Identity,
}

/// What Kubernetes knows it by: group, kind, namespace, name; and whether it is another team's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    group: String,
    kind: String,
    namespace: String,
    name: String,
    in_scope: bool,
}

fn in_area(
    area: &Area,
    changes: &FileChanges,
    old: &Files,
    new: &Files,
    clusters: &BTreeSet<&str>,
) -> Vec<(Key, ObjectChange)> {
    let before = objects(old, changes.changed.iter().chain(&changes.removed));
    let after = objects(new, changes.changed.iter().chain(&changes.added));
    let mut found = Vec::new();
    let mut note = |was: Option<&Object<'_>>, is: Option<&Object<'_>>| {
        let Some(of) = is.or(was) else { return };
        let cluster = area.cluster().map_or_else(|| delivered_to(of, clusters), str::to_owned);
        found.extend(change(&cluster, was, is));
    };
    for (id, was) in &before {
        if let Some(is) = after.get(id) {
            note(Some(was), Some(is));
        }
    }
    let gone: Vec<&Object<'_>> =
        before.iter().filter(|(id, _)| !after.contains_key(id)).map(|(_, one)| one).collect();
    let come: Vec<&Object<'_>> =
        after.iter().filter(|(id, _)| !before.contains_key(id)).map(|(_, one)| one).collect();
    let renamed = renamed(&gone, &come);
    for (at, was) in gone.iter().enumerate() {
        note(Some(was), renamed.get(&at).and_then(|to| come.get(*to)).copied());
    }
    for (at, is) in come.iter().enumerate().filter(|(at, _)| !renamed.values().any(|to| to == at)) {
        let _ = at;
        note(None, Some(is));
    }
    found
}

fn objects<'a>(files: &'a Files, paths: impl Iterator<Item = &'a String>) -> BTreeMap<Identity, Object<'a>> {
    let mut all = BTreeMap::new();
    for path in paths {
        let Some((path, text)) = files.get_key_value(path) else { continue };
        for text in documents(text) {
            let reading = read(FileId(0), text.as_bytes());
            let node = match reading.documents.into_iter().next() {
                Some(node) => node,
                None if reading.problems.is_empty() => continue,
                // what cannot be read is compared as the text it is
                None => unread(text),
            };
            let id = Identity::of(&node, path);
            all.insert(id.clone(), Object { file: path, text, node, id });
        }
    }
    all
}

fn unread(text: &str) -> Node {
    Node { place: Place::default(), value: Value::Scalar(Scalar { text: text.to_owned(), plain: false }) }
}

/// The documents of a file, as text.
fn documents(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let (document, more) = match whole.split_once("\n---\n") {
            Some((document, more)) => (document, Some(more)),
            None => (whole, None),
        };
        rest = more;
        Some(document.strip_prefix("---\n").unwrap_or(document))
    })
}

impl Identity {
    fn of(node: &Node, path: &str) -> Self {
        let text = |node: Option<&Node>| node.and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
        let metadata = |key: &str| text(node.get("metadata").and_then(|metadata| metadata.get(key)));
        let api_version = text(node.get("apiVersion")).unwrap_or_default();
        Identity {
            group: api_version.rsplit_once('/').map_or(String::new(), |(group, _)| group.to_owned()),
            kind: text(node.get("kind")).unwrap_or_default(),
            namespace: metadata("namespace").unwrap_or_default(),
            // what is no object is known by its file
            name: metadata("name").unwrap_or_else(|| path.to_owned()),
            in_scope: path.starts_with("_scope/"),
        }
    }
}

/// Of two texts, this many lines in a hundred have to be alike for one to be the other under a new name.
const ALIKE: f32 = 0.8;
/// Beyond so many pairs only those that say exactly the same are looked for.
const PAIRS: usize = 2_500;

/// Which of those that go is which of those that come.
fn renamed(gone: &[&Object<'_>], come: &[&Object<'_>]) -> BTreeMap<usize, usize> {
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let same_kind = |was: &Object<'_>, is: &Object<'_>| {
        (&was.id.group, &was.id.kind, was.id.in_scope) == (&is.id.group, &is.id.kind, is.id.in_scope)
    };
    let bodies = |objects: &[&Object<'_>]| objects.iter().map(|one| body(one)).collect::<Vec<String>>();
    let (was, is) = (bodies(gone), bodies(come));
    let mut candidates = Vec::new();
    let few = gone.len() * come.len() <= PAIRS;
    for (from, (before, text)) in gone.iter().zip(&was).enumerate() {
        for (to, (after, other)) in come.iter().zip(&is).enumerate() {
            if !same_kind(before, after) {
                continue;
            }
            if text == other {
                candidates.push((1000, from, to));
            } else if few {
                let ratio = TextDiff::from_lines(text.as_str(), other.as_str()).ratio();
                if ratio >= ALIKE {
                    candidates.push(((ratio * 1000.0) as u32, from, to));
                }
            }
        }
    }
    candidates.sort_by_key(|(alike, from, to)| (std::cmp::Reverse(*alike), *from, *to));
    for (_, from, to) in candidates {
        if !pairs.contains_key(&from) && taken.insert(to) {
            pairs.insert(from, to);
        }
    }
    pairs
}

/// What an object says beside its own name.
fn body(object: &Object<'_>) -> String {
    let own = |line: &&str| {
        let line = line.trim_start();
        !(line.starts_with("name: ") || line.starts_with("namespace: ") || line.contains("fleetc.dev/source"))
    };
    object.text.lines().filter(own).map(|line| format!("{line}\n")).collect()
}

/// The change of one object in one cluster; `None` where the file differs and the object does not.
fn change(cluster: &str, was: Option<&Object<'_>>, is: Option<&Object<'_>>) -> Option<(Key, ObjectChange)> {
    let of = is.or(was)?;
    let differing = match (was, is) {
        (Some(was), Some(is)) => fields(&was.node, &is.node),
        _ => Vec::new(),
    };
    let becomes = match (was, is) {
        (None, _) => Becomes::Added,
        (_, None) => Becomes::Removed,
        (Some(was), Some(is)) if was.id != is.id => Becomes::Renamed,
        _ if differing.is_empty() => return None,
        _ => Becomes::Changed,
    };
    let text = |object: Option<&Object<'_>>| object.map(|one| readable(one.text)).unwrap_or_default();
    let (before, after) = (text(was), text(is));
    let diff = TextDiff::from_lines(before.as_str(), after.as_str());
    let diff = diff.unified_diff().context_radius(2).to_string();
    let says = match becomes {
        Becomes::Added => after,
        Becomes::Removed => before,
        Becomes::Changed | Becomes::Renamed => differing.iter().map(|field| format!("{field:?}\n")).collect(),
    };
    let open = |text: &str| without_name(text, cluster);
    let rank = match becomes {
        Becomes::Changed => 0,
        Becomes::Renamed => 1,
        Becomes::Removed => 2,
        Becomes::Added => 3,
    };
    let key = (rank, of.id.kind.clone(), open(&of.id.namespace), open(&of.id.name), open(&says));
    let namespace = |id: &Identity| (!id.namespace.is_empty()).then(|| id.namespace.clone());
    let full = |id: &Identity| match namespace(id) {
        Some(namespace) => format!("{namespace}/{}", id.name),
        None => id.name.clone(),
    };
    let change = ObjectChange {
        change: becomes,
        clusters: vec![cluster.to_owned()],
        kind: of.id.kind.clone(),
        namespace: namespace(&of.id),
        name: of.id.name.clone(),
        was: was.filter(|_| becomes == Becomes::Renamed).map(|was| full(&was.id)),
        file: of.file.to_owned(),
        fields: differing,
        diff,
    };
    Some((key, change))
}

/// The cluster that a delivery object writes to, told by its file and its name; `_delivery` if by neither.
fn delivered_to(object: &Object<'_>, clusters: &BTreeSet<&str>) -> String {
    let parts = object.file.split('/').chain(object.id.name.split('.'));
    let named = parts.into_iter().find(|part| clusters.contains(part));
    named.unwrap_or(Area::Delivery.name()).to_owned()
}

/// A text in which a cluster's own name is left open.
fn without_name(text: &str, cluster: &str) -> String {
    let mut open = String::new();
    let mut rest = text;
    let bounds = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_ascii_alphanumeric());
    while let Some((before, after)) = rest.split_once(cluster).filter(|_| !cluster.is_empty()) {
        open.push_str(before);
        let is_word = bounds(open.chars().next_back()) && bounds(after.chars().next());
        open.push_str(if is_word { "\u{0}" } else { cluster });
        rest = after;
    }
    open + rest
}

#[cfg(test)]
mod tests {
    use super::super::files::file_changes;
    use super::*;

    fn files(files: &[(&str, String)]) -> Files {
        files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect()
    }

    fn object(kind: &str, name: &str, spec: &str) -> String {
        format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: pay\nspec:\n{spec}")
    }

    fn said(old: &Files, new: &Files) -> Vec<String> {
        let changes = object_changes(&file_changes(old, new), old, new, &["east", "west"].into());
        let said = changes.iter().map(|change| {
            let was = change.was.as_ref().map(|was| format!(" (was {was})")).unwrap_or_default();
            let fields: Vec<&str> = change.fields.iter().map(|field| field.path.as_str()).collect();
            format!(
                "{:?} {} {}{was} in {}: {}",
                change.change,
                change.kind,
                change.name,
                change.clusters.join(","),
                fields.join(",")
            )
        });
        said.collect()
    }

    #[test]
    fn what_changes_alike_is_told_once() {
        let policy = |port: u16| object("Policy", "a", &format!("  port: {port}\n"));
        let peer = |of: &str| object("Gateway", &format!("peer-{of}"), &format!("  network: {of}\n"));
        let old = files(&[("east/3-policy/a.yaml", policy(1)), ("west/3-policy/a.yaml", policy(1))]);
        let new = files(&[
            ("east/3-policy/a.yaml", policy(2)),
            ("west/3-policy/a.yaml", policy(2)),
            ("_delivery/argocd/x.east.yaml", peer("east")),
            ("_delivery/argocd/x.west.yaml", peer("west")),
        ]);
        assert_eq!(
            said(&old, &new),
            [
                "Changed Policy a in east,west: spec.port",
                "Added Gateway peer-east in _delivery: ",
                "Added Gateway peer-west in _delivery: "
            ]
        );
    }

    #[test]
    fn delivery_objects_are_their_clusters() {
        let app = |of: &str, revision: &str| {
            object("Application", &format!("fleet.{of}.istiod"), &format!("  revision: {revision}\n"))
        };
        let at = |revision: &str| {
            files(&[("_delivery/a.yaml", app("east", revision)), ("_delivery/b.yaml", app("west", revision))])
        };
        assert_eq!(
            said(&at("1"), &at("2")),
            ["Changed Application fleet.east.istiod in east,west: spec.revision"]
        );
    }

    #[test]
    fn a_new_name_is_no_new_object() {
        let spec = "  a: 1\n  b: 2\n  c: 3\n  d: 4\n";
        let old = files(&[("east/a.yaml", object("Policy", "a", spec))]);
        let new = files(&[("east/b.yaml", object("Policy", "b", &format!("{spec}  e: 5\n")))]);
        assert_eq!(said(&old, &new), ["Renamed Policy b (was pay/a) in east: metadata.name,spec.e"]);
        let other = files(&[("east/b.yaml", object("Policy", "b", "  w: 1\n  x: 2\n  u: 3\n  v: 4\n"))]);
        assert_eq!(said(&old, &other), ["Removed Policy a in east: ", "Added Policy b in east: "]);
        let moved = files(&[("east/c/a.yaml", object("Policy", "a", spec))]);
        assert_eq!(said(&old, &moved), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_not_passed_over() {
        let files = |text: &str| files(&[("east/a.yaml", text.to_owned())]);
        assert_eq!(said(&files("a: [1\n"), &files("a: [2\n")), ["Changed  east/a.yaml in east: "]);
    }
}
