//! Every state between two trees of a cluster, as a sync passes through them: what is new or changed is applied in the order
//! of its waves, then what is gone is pruned in reverse.
//!
//! A state is between the two if it admits nobody whom neither admits, and refuses nobody whom both admit.

use std::collections::BTreeMap;

use fleetc::format::Tree;
use fleetc::manifest::{AuthorizationPolicy, PeerAuthentication};
use fleetc::source::{FileId, Sources};
use fleetc::yaml::{self, Node};

use super::judge::{Admissions, Rendered, admissions};
use super::world::World;

/// Path → document, of the objects that decide who may call whom.
pub type Objects = BTreeMap<String, Node>;

/// A state of one cluster that is not between the old tree and the new one.
#[derive(Debug)]
pub struct Astray {
    pub cluster: String,
    /// The last object that was applied or pruned.
    pub after: String,
    /// `caller → pod port`, and whether it is admitted.
    pub pair: String,
    pub admitted: bool,
}

/// The policies of a tree.
pub fn policies(tree: &Tree) -> Objects {
    let mut objects = Objects::new();
    for (path, text) in &tree.files {
        for document in yaml::read(FileId::default(), text.as_bytes()).documents {
            let kind = document.get("kind").and_then(Node::as_text).unwrap_or_default();
            if [AuthorizationPolicy::KIND, PeerAuthentication::KIND].contains(&kind) {
                objects.insert(path.clone(), document);
            }
        }
    }
    objects
}

/// The first state of each cluster that is astray. `sources` says what runs, before and after alike.
pub fn astray(sources: &Sources, old: impl Fn(&str) -> Tree, new: impl Fn(&str) -> Tree) -> Vec<Astray> {
    let world = World::read(sources);
    let mut found = Vec::new();
    for (index, cluster) in world.clusters.iter().enumerate() {
        let (old, new) = (policies(&old(&cluster.name)), policies(&new(&cluster.name)));
        if old == new {
            continue;
        }
        let asked = |objects: &Objects| -> Admissions { admissions(&world, index, &rendered(objects)) };
        let (before, after) = (asked(&old), asked(&new));
        let mut state = old.clone();
        for (path, document) in steps(&old, &new) {
            match document {
                Some(document) => state.insert(path.clone(), document.clone()),
                None => state.remove(path),
            };
            let here = asked(&state);
            let wrong = here
                .iter()
                .find(|(pair, admitted)| before[*pair] == after[*pair] && before[*pair] != **admitted);
            if let Some((pair, admitted)) = wrong {
                found.push(Astray {
                    cluster: cluster.name.clone(),
                    after: path.clone(),
                    pair: pair.clone(),
                    admitted: *admitted,
                });
                break;
            }
        }
    }
    found
}

/// What a sync does, in order: a document to apply, or none to prune.
fn steps<'o>(old: &'o Objects, new: &'o Objects) -> Vec<(&'o String, Option<&'o Node>)> {
    let mut applied: Vec<_> =
        new.iter().filter(|(path, document)| old.get(*path) != Some(document)).collect();
    applied.sort_by_key(|(path, document)| (wave(document), *path));
    let mut pruned: Vec<_> = old.iter().filter(|(path, _)| !new.contains_key(*path)).collect();
    pruned.sort_by_key(|(path, document)| (wave(document), *path));
    pruned.reverse();
    let applied = applied.into_iter().map(|(path, document)| (path, Some(document)));
    applied.chain(pruned.into_iter().map(|(path, _)| (path, None))).collect()
}

fn wave(document: &Node) -> i64 {
    let annotations = document.get("metadata").and_then(|metadata| metadata.get("annotations"));
    let wave = annotations.and_then(|annotations| annotations.get("argocd.argoproj.io/sync-wave"));
    wave.and_then(Node::as_text).and_then(|wave| wave.parse().ok()).unwrap_or(0)
}

fn rendered(objects: &Objects) -> Rendered {
    Rendered::of(objects.iter().map(|(path, document)| (path.as_str(), document)))
}
