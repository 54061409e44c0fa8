//! A change as a whole: what it does to access, peers, hosts, trees and what runs, and whether its order of syncing matters.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::access::{AccessChanges, access_changes};
use super::files::{Area, FileChanges, Files, file_changes};
use super::gates::Fired;
use crate::bind::{Cluster, Component, Mesh};
use crate::question::Scene;
use crate::report::{Findings, Level};

/// One state of a fleet.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// What it enforces.
    pub scene: Scene<'a>,
    /// What was meant; `None` for a tree of somebody else, or where there was no fleet.
    pub mesh: Option<&'a Mesh>,
    /// The rendered files.
    pub files: &'a Files,
}

/// What a change does, worst first.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The fleet.
    pub fleet: String,
    /// In a sentence.
    pub verdict: String,
    /// Who may call whom.
    pub access: AccessChanges,
    /// Whether clusters and objects may sync in any order.
    pub order: OrderVerdict,
    /// The clusters whose tree changes, in order.
    pub clusters: Vec<String>,
    /// The files, by cluster; `_delivery` is what makes the engine sync.
    pub files: FileCounts,
    /// Who peers with whom.
    pub peers: Differences,
    /// Host names that several clusters serve.
    pub hosts: Differences,
    /// What is installed anew or rolled because its chart, version or values change.
    pub restarts: Vec<Restart>,
    /// Versions that are ranges after the change: what they install can change without a commit.
    pub unpinned: Vec<String>,
    /// The gates that fire.
    pub gates: Vec<Fired>,
    /// What nothing here judges.
    pub not_modelled: Vec<&'static str>,
}

/// Whether the order of syncing matters.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderVerdict {
    /// Every order is safe.
    pub safe: bool,
    /// What goes wrong in some order, and the split that is safe.
    pub hazards: Vec<Hazard>,
}

/// Something that goes wrong in some order of syncing.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hazard {
    /// The code of the finding.
    pub code: String,
    /// What goes wrong.
    pub message: String,
    /// The order and the split.
    pub help: String,
}

/// Files that differ.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileCounts {
    /// How many are new.
    pub added: usize,
    /// How many say something else.
    pub changed: usize,
    /// How many are gone.
    pub removed: usize,
    /// By cluster.
    pub by_cluster: BTreeMap<String, FileChanges>,
}

/// What is there on one side only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// After, and not before.
    pub added: Vec<String>,
    /// Before, and not after.
    pub removed: Vec<String>,
}

/// A component that is rolled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Restart {
    /// The cluster.
    pub cluster: String,
    /// The Helm release.
    pub release: String,
    /// `version 1.26.1 → 1.26.2`, `values`, `installed`, `removed`.
    pub because: String,
    /// Whether connections through it break: ztunnel, cni and gateways.
    pub breaks_connections: bool,
}

/// What the guarantee does not reach.
pub const NOT_MODELLED: &[&str] = &[
    "what the inventory does not show: its objects are what is in git or in the last export",
    "callers' addresses, which no policy of fleetc asks for",
    "requests that a CUSTOM policy hands to somebody else",
    "routing: whether a route, a DNS name or a NetworkPolicy carries a call that policy admits",
    "sidecars and gateways that enforce policy of their own",
    "time between a sync and its arrival at every proxy",
];

/// Compares two states. `step` is what is wrong with going from one to the other, whatever the order.
pub fn change(fleet: &str, old: State<'_>, new: State<'_>, step: &Findings) -> Change {
    let files = file_changes(old.files, new.files);
    let clusters: Vec<String> = files.keys().filter_map(Area::cluster).map(str::to_owned).collect();
    let access = access_changes(old.scene, new.scene);
    let hazards: Vec<Hazard> = step
        .iter()
        .filter(|finding| finding.code.level == Level::Error)
        .map(|finding| Hazard {
            code: finding.code.id.to_owned(),
            message: finding.message.clone(),
            help: finding.help.clone().unwrap_or_default(),
        })
        .collect();
    let mut counts = FileCounts::default();
    for (area, changes) in files {
        counts.added += changes.added.len();
        counts.changed += changes.changed.len();
        counts.removed += changes.removed.len();
        counts.by_cluster.insert(area.name().to_owned(), changes);
    }
    let order = OrderVerdict { safe: hazards.is_empty(), hazards };
    Change {
        fleet: fleet.to_owned(),
        verdict: verdict(&access, &order, &counts, clusters.len()),
        peers: differences(old.mesh, new.mesh, peers),
        hosts: differences(old.mesh, new.mesh, hosts),
        restarts: restarts(old.mesh, new.mesh),
        unpinned: new.mesh.map(unpinned).unwrap_or_default(),
        access,
        order,
        clusters,
        files: counts,
        gates: Vec::new(),
        not_modelled: NOT_MODELLED.to_vec(),
    }
}

fn verdict(access: &AccessChanges, order: &OrderVerdict, files: &FileCounts, clusters: usize) -> String {
    let count = files.added + files.changed + files.removed;
    let pairs = |count: usize, one: &str, several: &str| match count {
        0 => format!("nobody {one} access"),
        1 => format!("1 caller {one} access to a service"),
        count => format!("{count} pairs of caller and service {several} access"),
    };
    let trees = match (count, clusters) {
        (0, _) => return "nothing that is rendered changes".to_owned(),
        (1, _) => "1 file changes".to_owned(),
        (count, 0) => format!("{count} delivery files change"),
        (count, 1) => format!("{count} files change in 1 cluster"),
        (count, clusters) => format!("{count} files change in {clusters} clusters"),
    };
    let order =
        if order.safe { "safe in any order of syncing" } else { "NOT safe in every order of syncing" };
    format!(
        "{}; {}; {trees}; {order}",
        pairs(access.gained.len(), "gains", "gain"),
        pairs(access.lost.len(), "loses", "lose")
    )
}

fn differences(
    old: Option<&Mesh>,
    new: Option<&Mesh>,
    named: impl Fn(&Mesh) -> BTreeSet<String>,
) -> Differences {
    let (old, new) = (old.map(&named).unwrap_or_default(), new.map(&named).unwrap_or_default());
    Differences {
        added: new.difference(&old).cloned().collect(),
        removed: old.difference(&new).cloned().collect(),
    }
}

fn peers(mesh: &Mesh) -> BTreeSet<String> {
    let reached = |cluster: &&Cluster| !cluster.east_west.addresses.is_empty();
    let pairs = mesh.clusters.iter().flat_map(|cluster| {
        let others = mesh.clusters.iter().filter(reached).filter(|other| other.name != cluster.name);
        others.map(move |other| {
            let addresses: Vec<&str> =
                other.east_west.addresses.iter().map(|address| address.value.as_str()).collect();
            format!("{} → {} ({})", cluster.name, other.name, addresses.join(", "))
        })
    });
    pairs.collect()
}

fn hosts(mesh: &Mesh) -> BTreeSet<String> {
    mesh.host_claims.iter().map(|(host, _, _)| host.clone()).collect()
}

fn restarts(old: Option<&Mesh>, new: Option<&Mesh>) -> Vec<Restart> {
    let releases = |mesh: Option<&Mesh>| {
        let clusters = mesh.map_or(&[][..], |mesh| &mesh.clusters);
        let named = clusters.iter().flat_map(|cluster| {
            cluster
                .releases
                .iter()
                .map(|release| ((cluster.name.clone(), release.name.clone()), release.clone()))
        });
        named.collect::<BTreeMap<_, _>>()
    };
    let (old, new) = (releases(old), releases(new));
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let restart = |name: &(String, String)| {
        let (before, after) = (old.get(name), new.get(name));
        let because = match (before, after) {
            (None, _) => "installed".to_owned(),
            (_, None) => "removed".to_owned(),
            (Some(before), Some(after)) if before.version != after.version => {
                format!("version {} → {}", before.version, after.version)
            }
            (Some(before), Some(after))
                if before.chart != after.chart || before.repository != after.repository =>
            {
                "chart".to_owned()
            }
            (Some(before), Some(after)) if before.values != after.values => "values".to_owned(),
            _ => return None,
        };
        let component = after.or(before).map(|release| release.component);
        let carries = component.is_some_and(|component| {
            matches!(component, Component::Ztunnel | Component::Cni | Component::Gateway)
        });
        let breaks_connections = carries && before.is_some();
        Some(Restart { cluster: name.0.clone(), release: name.1.clone(), because, breaks_connections })
    };
    names.into_iter().filter_map(restart).collect()
}

/// A version that Helm resolves when it installs.
fn unpinned(mesh: &Mesh) -> Vec<String> {
    let ranges =
        |version: &str| version.contains(|sign: char| "<>=~^*xX |".contains(sign)) || version.is_empty();
    let releases = mesh.clusters.iter().flat_map(|cluster| {
        let open = cluster.releases.iter().filter(|release| ranges(&release.version));
        open.map(move |release| format!("{}: {} {}", cluster.name, release.name, release.version))
    });
    releases.collect()
}
