//! A change as a whole: what it does to access, trust, peers, hosts, trees and what runs, and whether its order of syncing
//! matters.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::access::{AccessChanges, AccessRow, access_changes};
use super::federation::{hosts, peers};
use super::files::{Area, FileChanges, Files, file_changes};
use super::gates::Fired;
use super::interference::{NonInterference, non_interference};
use super::objects::{ObjectChange, ObjectCounts, object_changes, object_counts};
use super::rollout::{Restart, RestartCounts, restart_counts, restarts};
use super::scope::{Guarantee, NOT_MODELLED, guarantee};
use super::trust::{TrustRow, trust_changes};
use crate::bind::Mesh;
use crate::question::Scene;
use crate::report::{Findings, Level};

/// One state of a fleet.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// What it enforces.
    pub scene: Scene<'a>,
    /// What was meant; `None` for a rendered tree, or where there was no fleet.
    pub mesh: Option<&'a Mesh>,
    /// The rendered files.
    pub files: &'a Files,
}

impl State<'_> {
    /// True if nothing but a rendered tree is known.
    pub fn is_tree(&self) -> bool {
        self.mesh.is_none() && !self.files.is_empty()
    }
}

/// What a change does, worst first: `fleetc diff -o json`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "Change")]
pub struct Change {
    /// The fleet.
    pub fleet: String,
    /// What it is compared with, as the command line names it.
    pub against: String,
    /// In a sentence.
    pub verdict: String,
    /// How much is touched.
    pub blast_radius: BlastRadius,
    /// The gates that fire.
    pub gates: Vec<Fired>,
    /// Who may call whom: a row for each caller, Service, port and cluster.
    pub access: AccessChanges,
    /// Whether clusters and objects may sync in any order.
    pub order: OrderVerdict,
    /// What the clusters that come do to those that are there; `null` if none comes.
    pub non_interference: Option<NonInterference>,
    /// The trust of each cluster of which something is known.
    pub trust: Vec<TrustRow>,
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
    /// The objects that differ; one that changes alike in several clusters is told once.
    pub objects: Vec<ObjectChange>,
    /// What is proved, and on what it rests.
    pub guarantee: Guarantee,
    /// What nothing here judges.
    pub not_modelled: Vec<&'static str>,
}

/// How much a change touches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlastRadius {
    /// Clusters to which anything happens: in their tree, in what is delivered to them, in who may call.
    pub clusters: usize,
    /// Clusters of the fleet, those that come and go counted.
    pub of_clusters: usize,
    /// Objects, each cluster's counted.
    pub objects: ObjectCounts,
    /// Files.
    pub files: usize,
    /// What is rolled or taken away.
    pub restarts: RestartCounts,
}

/// Whether the order of syncing matters.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderVerdict {
    /// Every order is safe.
    pub safe: bool,
    /// False where it cannot be told: before is a rendered tree, which says nothing of what was meant. Then it is not called
    /// safe.
    pub judged: bool,
    /// What goes wrong in some order, and the split that is safe.
    pub hazards: Vec<Hazard>,
}

/// Something that goes wrong in some order of syncing.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Differences {
    /// After, and not before.
    pub added: Vec<String>,
    /// Before, and not after.
    pub removed: Vec<String>,
}

impl Differences {
    /// True if the two sides are alike.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// Two states of a fleet.
#[derive(Clone, Copy)]
pub struct Compared<'a> {
    /// The fleet.
    pub fleet: &'a str,
    /// What it is compared with, as the command line names it.
    pub against: &'a str,
    /// Before.
    pub old: State<'a>,
    /// After.
    pub new: State<'a>,
    /// After, but without the clusters that come; `None`: none comes.
    pub without_new: Option<State<'a>>,
    /// What is wrong with going from one to the other, whatever the order.
    pub step: &'a Findings,
}

/// Says what becomes of a fleet.
pub fn change(compared: &Compared<'_>) -> Change {
    let Compared { fleet, against, old, new, without_new, step } = *compared;
    let files = file_changes(old.files, new.files);
    let clusters: Vec<String> = files.keys().filter_map(Area::cluster).map(str::to_owned).collect();
    let known: BTreeSet<&str> = old
        .scene
        .world
        .clusters
        .iter()
        .chain(&new.scene.world.clusters)
        .map(|one| one.name.as_str())
        .collect();
    let (access, objects) = rayon::join(
        || access_changes(old.scene, new.scene),
        || object_changes(&files, old.files, new.files, &known),
    );
    let non_interference = without_new.and_then(|without| {
        let alone = without.files == old.files;
        non_interference(&without, &new, alone.then_some(&access))
    });
    let order = order(step, old.is_tree());
    let mut counts = FileCounts::default();
    for (area, changes) in files {
        counts.added += changes.added.len();
        counts.changed += changes.changed.len();
        counts.removed += changes.removed.len();
        counts.by_cluster.insert(area.name().to_owned(), changes);
    }
    let restarts = restarts(&old, &new);
    let mut touched: BTreeSet<&str> = clusters.iter().map(String::as_str).collect();
    touched.extend(objects.iter().flat_map(|object| &object.clusters).map(String::as_str));
    touched.extend(restarts.iter().map(|restart| restart.cluster.as_str()));
    touched.extend(access.clusters());
    touched.retain(|name| known.contains(name));
    Change {
        fleet: fleet.to_owned(),
        against: against.to_owned(),
        verdict: verdict(&access, &order, &counts, clusters.len()),
        blast_radius: BlastRadius {
            clusters: touched.len(),
            of_clusters: known.len(),
            objects: object_counts(&objects),
            files: counts.added + counts.changed + counts.removed,
            restarts: restart_counts(&restarts, new.mesh),
        },
        gates: Vec::new(),
        access,
        order,
        non_interference,
        trust: trust_changes(&old, &new),
        clusters,
        files: counts,
        peers: peers(&old, &new),
        hosts: hosts(&old, &new),
        restarts,
        unpinned: new.mesh.map(unpinned).unwrap_or_default(),
        objects,
        guarantee: guarantee(&old, &new),
        not_modelled: NOT_MODELLED.to_vec(),
    }
}

fn order(step: &Findings, from_tree: bool) -> OrderVerdict {
    let errors = step.iter().filter(|finding| finding.code.level == Level::Error);
    let hazards: Vec<Hazard> = errors
        .map(|finding| Hazard {
            code: finding.code.id.to_owned(),
            message: finding.message.clone(),
            help: finding.help.clone().unwrap_or_default(),
        })
        .collect();
    OrderVerdict { safe: hazards.is_empty() && !from_tree, judged: !from_tree, hazards }
}

fn verdict(access: &AccessChanges, order: &OrderVerdict, files: &FileCounts, clusters: usize) -> String {
    let count = files.added + files.changed + files.removed;
    let pairs = |named: &[AccessRow], unnamed: &[AccessRow], one: &str, several: &str, moved: &str| {
        let rows = [named, unnamed].concat();
        let said = match rows.len() {
            0 => return format!("nobody {one} access"),
            1 => format!("1 caller {one} access to a service"),
            count => format!("{count} pairs of caller and service {several} access"),
        };
        match rows.iter().filter(|row| row.one_side).count() {
            0 => said,
            all if all == rows.len() => format!("{said}, only because something {moved}"),
            some => format!("{said}, {some} of them only because something {moved}"),
        }
    };
    let trees = match (count, clusters) {
        (0, _) if access.is_empty() => {
            return "nothing that is rendered changes".to_owned();
        }
        (0, _) => "nothing that is rendered changes".to_owned(),
        (1, _) => "1 file changes".to_owned(),
        (count, 0) => format!("{count} delivery files change"),
        (count, 1) => format!("{count} files change in 1 cluster"),
        (count, clusters) => format!("{count} files change in {clusters} clusters"),
    };
    let order = match (order.safe, order.judged) {
        (true, _) => "safe in any order of syncing",
        (false, true) => "NOT safe in every order of syncing",
        (false, false) => "the order of syncing is not judged",
    };
    let altered = match access.altered.len() {
        0 => String::new(),
        1 => "1 pair that has access has another; ".to_owned(),
        count => format!("{count} pairs that have access have another; "),
    };
    format!(
        "{}; {}; {altered}{trees}; {order}",
        pairs(&access.gained, &access.unnamed.gained, "gains", "gain", "came"),
        pairs(&access.lost, &access.unnamed.lost, "loses", "lose", "went")
    )
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
