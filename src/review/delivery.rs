//! Delivery objects that a change takes away: an engine that was told so by git alone may still hold them.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use crate::source::FileId;
use crate::yaml::{Node, read};

/// Objects of one kind in one namespace that the engine is to forget.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Forgotten {
    /// The cluster whose own engine holds them; `None` for the engine of the whole fleet.
    pub cluster: Option<String>,
    /// Their namespace.
    pub namespace: String,
    /// Their kind.
    pub kind: String,
    /// Their names, sorted.
    pub names: Vec<String>,
}

/// The objects below `_delivery` that were there before and are not after, and the Applications that an ApplicationSet
/// makes no more.
pub fn forgotten(old: &Files, new: &Files) -> Vec<Forgotten> {
    let (before, after) = (objects(old), objects(new));
    let mut found: BTreeMap<(Option<String>, String, String), Vec<String>> = BTreeMap::new();
    for (cluster, namespace, kind, name) in before.difference(&after).cloned() {
        found.entry((cluster, namespace, kind)).or_default().push(name);
    }
    let grouped = found.into_iter();
    grouped.map(|((cluster, namespace, kind), names)| Forgotten { cluster, namespace, kind, names }).collect()
}

/// Engine, namespace, kind, name.
type Key = (Option<String>, String, String, String);

fn objects(files: &Files) -> BTreeSet<Key> {
    let mut all = BTreeSet::new();
    for (path, text) in
        files.range("_delivery/".to_owned()..).take_while(|(path, _)| path.starts_with("_delivery/"))
    {
        let documents = read(FileId(0), text.as_bytes()).documents;
        let Some(object) = documents.first() else { continue };
        let metadata = |key: &str| object.get("metadata").and_then(|metadata| metadata.get(key)?.as_text());
        let (Some(namespace), Some(name)) = (metadata("namespace"), metadata("name")) else { continue };
        let kind = object.get("kind").and_then(Node::as_text).unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        // `_delivery/<cluster>/<namespace>/…` is the engine of one cluster; `_root` and `_releases` are none.
        let cluster = match parts.as_slice() {
            [_, cluster, place, ..] if *place == namespace && !cluster.starts_with('_') => {
                Some((*cluster).to_owned())
            }
            _ => None,
        };
        let generators =
            object.get("spec").and_then(|spec| spec.get("generators")).and_then(Node::as_sequence);
        for element in
            generators.into_iter().flatten().filter_map(|generator| generator.get("list")?.get("elements"))
        {
            let names =
                element.as_sequence().into_iter().flatten().filter_map(|one| one.get("name")?.as_text());
            all.extend(names.map(|name| {
                (cluster.clone(), namespace.to_owned(), "Application".to_owned(), name.to_owned())
            }));
        }
        all.insert((cluster, namespace.to_owned(), kind.to_owned(), name.to_owned()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, name: &str, spec: &str) -> String {
        format!("kind: {kind}\nmetadata: {{name: {name}, namespace: gitops}}\nspec: {spec}\n")
    }

    #[test]
    fn what_an_engine_still_holds_is_told() {
        let set = |names: &str| {
            object("ApplicationSet", "fleet", &format!("{{generators: [{{list: {{elements: [{names}]}}}}]}}"))
        };
        let old = Files::from([
            ("_delivery/gitops/a.yaml".into(), object("Kustomization", "east.a", "{}")),
            ("_delivery/_releases/east/gitops/b.yaml".into(), object("HelmRelease", "east.b", "{}")),
            ("_delivery/gitops/s.yaml".into(), set("{name: east.c}, {name: west.c}")),
            ("_delivery/west/gitops/d.yaml".into(), object("Application", "west.d", "{}")),
            ("east/1-trust/e.yaml".into(), object("Kustomization", "no", "{}")),
        ]);
        let new = Files::from([("_delivery/gitops/s.yaml".into(), set("{name: west.c}"))]);
        let told: Vec<String> = forgotten(&old, &new)
            .iter()
            .map(|one| format!("{:?} {}/{} {}", one.cluster, one.namespace, one.kind, one.names.join(",")))
            .collect();
        assert_eq!(
            told,
            [
                "None gitops/Application east.c",
                "None gitops/HelmRelease east.b",
                "None gitops/Kustomization east.a",
                "Some(\"west\") gitops/Application west.d",
            ]
        );
    }
}
