//! Which files differ, cluster by cluster, and which of them a new cluster has no business with.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::source::FileId;
use crate::yaml::{Node, read};

/// The files of one fleet's output: path from `out/<fleet>/` → text.
pub type Files = BTreeMap<String, String>;

/// What a file is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// A cluster: its own tree and its part of `_scope`.
    Cluster(String),
    /// What makes the engine sync.
    Delivery,
}

/// Paths from `out/<fleet>/`, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileChanges {
    /// There before and after, with another text.
    pub changed: Vec<String>,
    /// There after only.
    pub added: Vec<String>,
    /// There before only.
    pub removed: Vec<String>,
}

impl FileChanges {
    /// How many files differ.
    pub fn count(&self) -> usize {
        self.changed.len() + self.added.len() + self.removed.len()
    }
}

/// Which files differ; an area in which none does is left out.
pub fn file_changes(old: &Files, new: &Files) -> BTreeMap<Area, FileChanges> {
    let mut changes: BTreeMap<Area, FileChanges> = BTreeMap::new();
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for path in paths {
        let mut note = |list: fn(&mut FileChanges) -> &mut Vec<String>| {
            list(changes.entry(Area::of(path)).or_default()).push(path.clone());
        };
        match (old.get(path), new.get(path)) {
            (None, _) => note(|changes| &mut changes.added),
            (_, None) => note(|changes| &mut changes.removed),
            (before, after) if before != after => note(|changes| &mut changes.changed),
            _ => {}
        }
    }
    changes
}

impl Area {
    /// The cluster, if it is one.
    pub fn cluster(&self) -> Option<&str> {
        match self {
            Area::Cluster(name) => Some(name),
            Area::Delivery => None,
        }
    }

    /// The cluster's name, or `_delivery`.
    pub fn name(&self) -> &str {
        self.cluster().unwrap_or("_delivery")
    }

    fn of(path: &str) -> Self {
        let mut parts = path.split('/');
        match (parts.next().unwrap_or_default(), parts.next()) {
            ("_delivery", _) => Area::Delivery,
            ("_scope", Some(cluster)) => Area::Cluster(cluster.to_owned()),
            (cluster, _) => Area::Cluster(cluster.to_owned()),
        }
    }
}

/// The files that a new cluster changes and that are not its own: neither its tree, nor an object that is about the new
/// cluster alone (a peer of it, and what that stands in), nor a delivery object that grew by it and lost nothing.
pub fn beyond_peers(old: &Files, new: &Files, cluster: &str) -> Vec<String> {
    let mut beyond = Vec::new();
    for (area, changes) in file_changes(old, new) {
        if area == Area::Cluster(cluster.to_owned()) {
            continue;
        }
        let is_about = |path: &&String| new.get(*path).is_some_and(|text| is_about(text, cluster));
        let grew = |path: &&String| {
            let texts = old.get(*path).zip(new.get(*path));
            area == Area::Delivery && texts.is_some_and(|(old, new)| grew_by(old, new, cluster))
        };
        beyond.extend(changes.added.iter().filter(|path| !is_about(path)).cloned());
        beyond.extend(changes.changed.iter().filter(|path| !grew(path)).cloned());
        beyond.extend(changes.removed);
    }
    beyond.sort();
    beyond
}

/// Stages of clusters that had files and have none. Nothing syncs an empty stage, so nothing deletes what it held.
pub fn emptied_stages(old: &Files, new: &Files) -> Vec<String> {
    let stages = |files: &Files| -> BTreeSet<String> {
        let folder = |path: &String| {
            let mut parts = path.split('/');
            let (cluster, stage) = (parts.next()?, parts.next()?);
            (!cluster.starts_with('_')).then(|| format!("{cluster}/{stage}"))
        };
        files.keys().filter_map(folder).collect()
    };
    let still: BTreeSet<String> = stages(new);
    let clusters: BTreeSet<&str> = still.iter().filter_map(|stage| stage.split('/').next()).collect();
    let is_left = |stage: &String| stage.split('/').next().is_some_and(|cluster| clusters.contains(cluster));
    stages(old).difference(&still).filter(|stage| is_left(stage)).cloned().collect()
}

/// True if every object that caused this one is about the cluster: its KubernetesCluster, or, for a delivery object, the
/// cluster that it writes to.
pub(super) fn is_about(text: &str, cluster: &str) -> bool {
    let documents = read(FileId(0), text.as_bytes()).documents;
    let annotations = documents.first().and_then(|object| object.get("metadata")?.get("annotations"));
    let sources =
        annotations.and_then(|annotations| annotations.get("fleetc.dev/source")).and_then(Node::as_text);
    let is_own = |source: &str| matches!(source.split('/').collect::<Vec<_>>().as_slice(), ["KubernetesCluster", _, name] if *name == cluster);
    sources.is_some_and(|sources| sources.split(',').all(is_own))
        || is_delivered_to(documents.first(), cluster)
}

/// True for a delivery object of one cluster: Argo CD names it as destination, Flux by the path or the Secret.
fn is_delivered_to(object: Option<&Node>, cluster: &str) -> bool {
    let Some(spec) = object.and_then(|object| object.get("spec")) else { return false };
    let text = |path: &[&str]| path.iter().try_fold(spec, |node, key| node.get(key)).and_then(Node::as_text);
    let is_in_path = |path: &str| path.split('/').any(|part| part == cluster);
    text(&["destination", "name"]) == Some(cluster)
        || text(&["source", "path"]).is_some_and(is_in_path)
        || text(&["path"]).is_some_and(is_in_path)
        || text(&["kubeConfig", "secretRef", "name"]).is_some_and(|name| name.contains(cluster))
}

/// True if a text only gained lines, and one of them names the cluster.
pub(super) fn grew_by(old: &str, new: &str, cluster: &str) -> bool {
    let mut kept = old.lines().peekable();
    let added: Vec<&str> = new.lines().filter(|line| kept.next_if_eq(line).is_none()).collect();
    kept.peek().is_none() && added.iter().any(|line| line.contains(cluster))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Files {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    fn peer(of: &str) -> String {
        format!("metadata:\n  annotations:\n    fleetc.dev/source: KubernetesCluster/gloo-mesh/{of}\n")
    }

    #[test]
    fn changes_are_told_cluster_by_cluster() {
        let old = files(&[("east/a", "1"), ("east/b", "1"), ("_scope/west/c", "1"), ("_delivery/d", "1")]);
        let new =
            files(&[("east/a", "2"), ("_scope/west/c", "1"), ("_scope/west/e", "1"), ("_delivery/d", "2")]);
        let changes = file_changes(&old, &new);
        let east = &changes[&Area::Cluster("east".into())];
        assert_eq!(
            (&*east.changed, &*east.removed),
            (&["east/a".to_owned()][..], &["east/b".to_owned()][..])
        );
        assert_eq!(changes[&Area::Cluster("west".into())].added, ["_scope/west/e"]);
        assert_eq!(changes[&Area::Delivery].changed, ["_delivery/d"]);
        assert_eq!(changes.values().map(FileChanges::count).sum::<usize>(), 4);
        assert!(file_changes(&old, &old).is_empty());
    }

    #[test]
    fn a_new_cluster_has_business_with_its_peers_and_the_lists_it_joins() {
        let old = files(&[
            ("east/3-policy/pay/a.yaml", "x"),
            ("_delivery/p.yaml", "destinations:\n- name: east\nend: 1\n"),
        ]);
        let mut new = files(&[
            ("east/3-policy/pay/a.yaml", "x"),
            ("_delivery/p.yaml", "destinations:\n- name: east\n- name: north\nend: 1\n"),
            ("_delivery/q.yaml", "spec:\n  destination:\n    name: north\n"),
            ("north/3-policy/pay/a.yaml", "x"),
            ("east/4-federation/ew/gateway-istio-remote-peer-north.yaml", &peer("north")),
        ]);
        assert_eq!(beyond_peers(&old, &new, "north"), [""; 0]);
        new.insert("east/3-policy/pay/a.yaml".into(), "y".into());
        new.insert("east/3-policy/pay/b.yaml".into(), peer("north,Workspace/gloo-mesh/pay"));
        new.insert("_delivery/p.yaml".into(), "destinations:\n- name: north\nend: 1\n".into());
        new.insert("_delivery/r.yaml".into(), "spec:\n  destination:\n    name: east\n".into());
        assert_eq!(
            beyond_peers(&old, &new, "north"),
            ["_delivery/p.yaml", "_delivery/r.yaml", "east/3-policy/pay/a.yaml", "east/3-policy/pay/b.yaml"]
        );
    }

    #[test]
    fn a_stage_that_is_emptied_is_told() {
        let old = files(&[("east/4-federation/a", ""), ("east/1-trust/b", ""), ("west/1-trust/c", "")]);
        assert_eq!(emptied_stages(&old, &files(&[("east/1-trust/b", "")])), ["east/4-federation"]);
    }
}
