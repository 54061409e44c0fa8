//! What makes a GitOps engine sync the trees: one unit per cluster and stage, one per release, one per scope tree.

use std::collections::BTreeSet;

use super::cluster::{cluster_intent, scope_intent};
use super::intent::Origins;
use super::names::joined;
use crate::bind::{Cluster, Component, Mesh};
use crate::manifest::Values;

/// Kubernetes' limit for a label's value: the engine labels what it syncs with the unit's name.
const NAME: usize = 63;

/// Everything the engine is told.
#[derive(Debug, Clone)]
pub struct DeliveryIntent {
    /// The namespace of the engine's objects.
    pub namespace: String,
    /// The fleet, which bounds what its units may touch.
    pub fleet: String,
    /// The repositories that units read.
    pub repositories: BTreeSet<String>,
    /// The clusters that units write to.
    pub targets: Vec<Target>,
    /// The units, in order of name.
    pub units: Vec<Unit>,
    /// Why they are there.
    pub origins: Origins,
}

/// A cluster as the engine knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The cluster's name.
    pub cluster: String,
    /// Its API server, where the engine is to know it by that.
    pub server: Option<String>,
}

/// Something the engine syncs on its own.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Where to.
    pub target: Target,
    /// When, among all units of the fleet.
    pub wave: i32,
    /// What.
    pub content: Content,
    /// Why it is there.
    pub origins: Origins,
}

/// What a unit syncs.
#[derive(Debug, Clone)]
pub enum Content {
    /// A folder of the repository.
    Folder {
        /// The repository.
        repository: String,
        /// The branch, tag or commit.
        revision: String,
        /// The folder's path in it.
        path: String,
        /// Whether objects gone from the folder are deleted.
        prune: bool,
        /// Whether the objects are parts of others' objects, applied field by field.
        partial: bool,
    },
    /// A Helm release.
    Release {
        /// The chart repository.
        repository: String,
        /// The chart.
        chart: String,
        /// The chart's version.
        version: String,
        /// The release's name.
        release: String,
        /// The namespace.
        namespace: String,
        /// The chart's values.
        values: Values,
    },
}

/// The fleet's delivery, if it has a repository to deliver from.
pub fn delivery_intent(mesh: &Mesh) -> Option<DeliveryIntent> {
    let delivery = mesh.delivery.as_ref()?;
    let mut units = Vec::new();
    for (id, cluster) in mesh.delivered() {
        let intent = cluster_intent(mesh, id);
        let scope = scope_intent(mesh, id);
        let stages = [
            ("1-trust", 10, !intent.spaces.is_empty() || intent.signer.is_some(), false),
            (
                "3-policy",
                30,
                !intent.guards.is_empty() || !intent.seals.is_empty() || !intent.roles.is_empty(),
                true,
            ),
            (
                "4-federation",
                40,
                intent.door.is_some()
                    || !intent.peers.is_empty()
                    || !intent.watched.is_empty()
                    || !intent.hosts.is_empty(),
                true,
            ),
        ];
        let folder = |name: &str, path: [&str; 2], wave: i32, prune: bool, partial: bool| Unit {
            name: joined(&[&mesh.fleet, &cluster.name, name], NAME),
            target: target(cluster),
            wave,
            content: Content::Folder {
                repository: delivery.repo_url.clone(),
                revision: delivery.target_revision.clone(),
                path: below(&delivery.path, [&mesh.fleet, path[0], path[1]]),
                prune,
                partial,
            },
            origins: Origins::from([delivery.origin.clone(), cluster.origin.clone()]),
        };
        for (stage, wave, exists, prune) in stages {
            if exists {
                units.push(folder(stage, [&cluster.name, stage], wave, prune, false));
            }
        }
        if !scope.services.is_empty() || !scope.enrolled.is_empty() {
            units.push(folder("scope", ["_scope", &cluster.name], 50, false, true));
        }
        units.extend(cluster.releases.iter().map(|release| Unit {
            name: joined(&[&mesh.fleet, &cluster.name, &release.name], NAME),
            target: target(cluster),
            wave: wave(&release.component),
            content: Content::Release {
                repository: release.repository.clone(),
                chart: release.chart.clone(),
                version: release.version.clone(),
                release: release.name.clone(),
                namespace: release.namespace.clone(),
                values: release.values.clone(),
            },
            origins: release.origins.clone(),
        }));
    }
    units.sort_by(|a, b| a.name.cmp(&b.name));
    let charts =
        mesh.delivered().flat_map(|(_, cluster)| &cluster.releases).map(|release| release.repository.clone());
    Some(DeliveryIntent {
        namespace: delivery.namespace.clone(),
        fleet: mesh.fleet.clone(),
        repositories: charts.chain([delivery.repo_url.clone()]).collect(),
        targets: mesh.delivered().map(|(_, cluster)| target(cluster)).collect(),
        units,
        origins: Origins::from([delivery.origin.clone()]),
    })
}

/// Waves give comfort, never safety: every stage is safe, if late, in any order. Custom resource definitions come first,
/// then what istiod signs with, then the mesh from the node up, then what it enforces and whom it meets.
fn wave(component: &Component) -> i32 {
    match component {
        Component::Base => 0,
        Component::Cni => 20,
        Component::Istiod => 21,
        Component::Ztunnel => 22,
        Component::Gateway => 23,
    }
}

/// A path below a folder of the repository; the empty one is the repository's root.
fn below(folder: &str, parts: [&str; 3]) -> String {
    let path = parts.join("/");
    if folder.is_empty() { path } else { format!("{folder}/{path}") }
}

fn target(cluster: &Cluster) -> Target {
    Target { cluster: cluster.name.clone(), server: cluster.server.clone() }
}
