//! A cluster less, in steps: it drains, delivery lets go of it, it is gone from the files.

use std::collections::{BTreeMap, BTreeSet};

use super::Revision;
use super::desk::{Desk, Written};
use crate::kinds::Scope;
use crate::kinds::cluster_names::ClusterRole;
use crate::report::Findings;
use crate::source::{FileId, Sources};
use crate::yaml::Node;
use crate::yaml::edit::{Change, Path, Step as PathStep};

/// Where a cluster stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A member.
    Member,
    /// `lifecycle: draining`.
    Draining,
    /// `lifecycle: detached`.
    Detached,
}

/// A step out of the fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The others turn to it no longer.
    Drain,
    /// Delivery lets go of it.
    Detach,
    /// It is gone from the files.
    Remove,
}

impl Standing {
    /// The step that comes next.
    pub fn next(self) -> Step {
        match self {
            Standing::Member => Step::Drain,
            Standing::Draining => Step::Detach,
            Standing::Detached => Step::Remove,
        }
    }
}

/// Where a cluster stands by the files; an unknown one is a finding.
pub fn standing(sources: &Sources, name: &str) -> Result<Standing, Findings> {
    let mut desk = Desk::open(sources);
    let cluster = desk.cluster(name);
    desk.finish()?;
    let lifecycle =
        cluster.and_then(|cluster| cluster.node.get("spec")?.get("lifecycle")?.as_text().map(str::to_owned));
    Ok(match lifecycle.as_deref() {
        Some("draining") => Standing::Draining,
        Some("detached") => Standing::Detached,
        _ => Standing::Member,
    })
}

/// Takes one step, whatever came before.
pub fn leave(sources: &Sources, name: &str, step: Step) -> Result<Revision, Findings> {
    let mut desk = Desk::open(sources);
    if let Some(cluster) = desk.cluster(name) {
        match step {
            Step::Drain => mark(&mut desk, &cluster, "draining"),
            Step::Detach => mark(&mut desk, &cluster, "detached"),
            Step::Remove => remove(&mut desk, name),
        }
    }
    desk.finish()
}

fn mark(desk: &mut Desk<'_>, cluster: &Written, lifecycle: &str) {
    let spec = cluster.path.clone().key("spec");
    match cluster.node.get("spec").and_then(Node::as_mapping) {
        Some(_) => desk.edit(cluster.file, spec.key("lifecycle"), Change::Set(Node::text(lifecycle))),
        None => {
            desk.edit(cluster.file, spec, Change::Set(Node::map([("lifecycle", Node::text(lifecycle))])));
        }
    }
}

/// What goes from each file. What lies inside of something else that goes is no edit of its own.
#[derive(Default)]
struct Removals(BTreeMap<FileId, BTreeSet<Path>>);

impl Removals {
    fn add(&mut self, file: FileId, path: Path) {
        self.0.entry(file).or_default().insert(path);
    }

    /// The last first, so that no index moves before it is used.
    fn edit(self, desk: &mut Desk<'_>) {
        for (file, paths) in self.0 {
            for path in paths.iter().rev() {
                let inside = |outer: &&Path| {
                    *outer != path && outer.document == path.document && path.steps.starts_with(&outer.steps)
                };
                if !paths.iter().any(|outer| inside(&outer)) {
                    desk.edit(file, path.clone(), Change::Remove);
                }
            }
        }
    }
}

fn remove(desk: &mut Desk<'_>, name: &str) {
    let mut removals = Removals::default();
    let mut gone = BTreeSet::new();
    for (_, file) in desk.sources.files() {
        if Scope::of(&file.path) == Scope::Cluster(name.to_owned()) {
            gone.insert(file.path.clone());
        }
    }
    for object in desk.objects.clone() {
        let path = desk.sources.file(object.file).map(|file| file.path.as_str()).unwrap_or_default();
        if gone.contains(path) {
            continue;
        }
        if object.kind.name == "KubernetesCluster" && object.name() == name {
            removals.add(object.file, object.path.clone());
            continue;
        }
        strike(desk, &object, name, &mut removals);
        if object.kind.name == "Fleet" {
            waivers(&object, name, &mut removals);
        }
    }
    removals.edit(desk);
    gone.into_iter().for_each(|path| desk.put(path, None));
}

/// Takes the name off every list of clusters. A list that is left empty may mean "all", so what says something of no
/// cluster any more goes as a whole; a Workspace without clusters owns nothing, and stays.
fn strike(desk: &mut Desk<'_>, object: &Written, name: &str, removals: &mut Removals) {
    for mention in object.cluster_names().into_iter().filter(|mention| mention.name == name) {
        if mention.role == ClusterRole::Single {
            let message = format!("this names `{name}` alone: say what it is to mean without it");
            desk.note(Some(mention.place), message);
            continue;
        }
        let Some(path) = desk.path(mention.place) else { continue };
        let item = match mention.role {
            ClusterRole::NameOfItem => path.parent().map(|(item, _)| item),
            _ => Some(path),
        };
        let Some((item, list)) = item.and_then(|item| Some((item.clone(), item.parent()?.0))) else {
            continue;
        };
        if object.kind.name == "Workspace" || !is_last(desk, object.file, &list) {
            if is_last(desk, object.file, &list) {
                let message = format!("`{}` has no cluster any more and owns nothing", object.reference());
                desk.note(Some(object.place()), message);
            }
            removals.add(object.file, item);
            continue;
        }
        let whole = whole(desk, object, &list);
        let what =
            if whole == object.path { format!("`{}`", object.reference()) } else { "this entry".to_owned() };
        let place = desk.node(object.file, &whole).map_or(mention.place, |node| node.place);
        let place = if whole == object.path { object.place() } else { place };
        desk.note(Some(place), format!("{what} is about `{name}` alone and goes with it"));
        removals.add(object.file, whole);
    }
}

fn is_last(desk: &Desk<'_>, file: FileId, list: &Path) -> bool {
    desk.node(file, list).and_then(Node::as_sequence).is_none_or(|items| items.len() < 2)
}

/// The innermost item around a list, or the object where there is none. An object whose only item goes, goes too, unless
/// it is the Fleet, which says other things.
fn whole(desk: &Desk<'_>, object: &Written, list: &Path) -> Path {
    let mut path = list.clone();
    while path.steps.len() > object.path.steps.len() {
        let Some((around, step)) = path.parent() else { break };
        if matches!(step, PathStep::Index(_)) {
            let only = is_last(desk, object.file, &around) && object.kind.name != "Fleet";
            return if only { object.path.clone() } else { path };
        }
        path = around;
    }
    object.path.clone()
}

/// Waivers about the cluster, or about a namespace in it, have nothing to waive any more.
fn waivers(fleet: &Written, name: &str, removals: &mut Removals) {
    let waivers = fleet.node.get("spec").and_then(|spec| spec.get("waivers")).and_then(Node::as_sequence);
    for (index, waiver) in waivers.into_iter().flatten().enumerate() {
        let object = waiver.get("object").and_then(Node::as_text).unwrap_or_default();
        let parts: Vec<&str> = object.split('/').collect();
        let about = matches!(parts.as_slice(), ["KubernetesCluster", .., last] if *last == name)
            || matches!(parts.as_slice(), ["Namespace", cluster, _] if *cluster == name);
        if about {
            removals.add(fleet.file, fleet.path.clone().key("spec").key("waivers").item(index));
        }
    }
}
