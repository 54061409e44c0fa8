//! What an object amounts to in each commit, once the other objects have had their say: the trust domain of a cluster, where
//! a policy is in force and whom it names, what a workspace holds.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::objects::Key;
use super::past::Past;
use crate::admit::admit;
use crate::bind::{Mesh, bind};
use crate::pane::{self, Resource};
use crate::report::Findings;
use crate::source::Sources;

/// Fields of a KubernetesCluster's spec that default to what is resolved here: written out as they would be, they change
/// nothing.
pub const DEFAULTED: [&str; 3] = ["trustDomain", "network", "clusterDomain"];

/// What an object amounts to, by commit; `None`: it is not there. A state that cannot be told has what was before.
pub struct Resolved {
    by_commit: Vec<Option<Json>>,
}

impl Resolved {
    /// Binds every state that holds one of some keys.
    pub fn new(past: &Past<'_>, keys: &[&Key]) -> Self {
        let held = |commit: usize| keys.iter().copied().find(|key| past.version(commit, key).is_some());
        let mut states: BTreeMap<usize, (usize, &Key)> = BTreeMap::new();
        let mut order = Vec::new();
        for (index, commit) in past.history.commits.iter().enumerate() {
            let (Some(state), Some(key)) = (commit.state, held(index)) else { continue };
            states.entry(state).or_insert((index, key));
            order.push((index, state));
        }
        let told: BTreeMap<usize, Option<Json>> = states
            .into_par_iter()
            .map(|(state, (commit, key))| {
                let sources = (past.files)(commit).ok();
                (state, sources.and_then(|sources| of_state(&sources, key)))
            })
            .collect();
        let mut by_commit = vec![None; past.history.commits.len()];
        // parents first
        for (commit, state) in order.into_iter().rev() {
            let before =
                || past.history.first_parent(commit).and_then(|parent| by_commit.get(parent)?.clone());
            let resolved = told.get(&state).cloned().flatten().or_else(before);
            if let Some(place) = by_commit.get_mut(commit) {
                *place = resolved;
            }
        }
        Resolved { by_commit }
    }

    /// What it amounts to in a commit.
    pub fn at(&self, commit: usize) -> Option<&Json> {
        self.by_commit.get(commit)?.as_ref()
    }
}

fn of_state(sources: &Sources, key: &Key) -> Option<Json> {
    let mut findings = Findings::default();
    let admitted = admit(sources, &mut findings);
    if findings.has_errors() {
        return None;
    }
    let mesh = bind(sources.fleet(), &admitted, &mut findings);
    match key.kind {
        "KubernetesCluster" => {
            let cluster = mesh.clusters.iter().find(|cluster| cluster.name == key.name)?;
            Some(json!({
                "trustDomain": &*cluster.trust_domain,
                "network": cluster.network,
                "clusterDomain": cluster.cluster_domain,
            }))
        }
        "AccessPolicy" => row(&mesh, Resource::Policies, key, &["clusters", "destinations", "identities"]),
        "Workspace" => {
            let columns = ["clusters", "namespaces", "isolated", "importsFrom", "exportsTo"];
            row(&mesh, Resource::Workspaces, key, &columns)
        }
        _ => None,
    }
}

/// Some columns of what `fleetc get` lists.
fn row(mesh: &Mesh, resource: Resource, key: &Key, columns: &[&str]) -> Option<Json> {
    let rows = pane::get(mesh, resource, &BTreeMap::new()).objects();
    let row = rows.as_array()?.iter().find(|row| {
        let is =
            |column: &str, value: &str| row.get(column).and_then(Json::as_str).is_none_or(|own| own == value);
        is("name", &key.name) && is("namespace", &key.namespace)
    })?;
    let kept = columns.iter().filter_map(|column| Some(((*column).to_owned(), row.get(*column)?.clone())));
    Some(Json::Object(kept.collect::<Map<_, _>>()))
}
