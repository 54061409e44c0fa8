//! fleetc: a manifest compiler for Istio ambient fleets.
//!
//! ```text
//! files ─ admit ─▶ objects ─ bind ─▶ Mesh ─ check ─▶ Mesh ═ per cluster: ═ distribute ─▶ intent ─ emit ─▶ Manifests ─ format ─▶ Tree
//!        text→typed        names→ids     findings only                     neutral waist          typed Istio          path→bytes
//! ```
//!
//! Six stages, each one function, a noun in and a noun out; no stage calls back. Everything that can be refused is
//! decided by [`compile`]; after that, rendering cannot fail. Start reading at [`compile`], then [`bind::Mesh`].

pub mod admit;
pub mod advice;
pub mod bind;
pub mod check;
pub mod distribute;
pub mod emit;
pub mod format;
pub mod history;
pub mod judge;
pub mod kinds;
pub mod manifest;
pub mod page;
pub mod pane;
pub mod question;
pub mod reach;
pub mod report;
pub mod review;
pub mod revise;
pub mod shell;
pub mod source;
pub mod trust;
pub mod world;
pub mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use bind::{Lifecycle, Mesh};
use format::Tree;
use report::Findings;
use source::Sources;

/// Reads a fleet and decides everything that can be refused. Warnings and infos of a good fleet are in
/// [`Compiled::findings`].
pub fn compile(sources: &Sources) -> Result<Compiled, Findings> {
    compile_at(sources, None)
}

/// [`compile`], with waivers and certificates judged by a day, `YYYY-MM-DD`; without one they hold.
pub fn compile_at(sources: &Sources, now: Option<&str>) -> Result<Compiled, Findings> {
    let mut findings = Findings::default();
    let admitted = admit::admit(sources, &mut findings);
    let mut meaning = Findings::default();
    let mesh = bind::bind(sources.fleet(), &admitted, &mut meaning);
    check::check(&mesh, &mut meaning);
    // only what can be rendered can be judged
    let mut so_far = meaning.clone();
    check::waive(&mesh.waivers, now, &mut so_far);
    if !so_far.has_errors() && !findings.has_errors() {
        judge::judge(&mesh, &mut meaning);
    }
    if let Some(now) = now {
        check::aging(&mesh, now, &mut meaning);
    }
    check::waive(&mesh.waivers, now, &mut meaning);
    let unread = |finding: &report::Finding| UNREAD.contains(&finding.code.id);
    if !admitted.refused.is_empty() || findings.iter().any(unread) {
        meaning.retain(|finding| !FOLLOWS.contains(&finding.code.id));
    } else if meaning.iter().any(|finding| finding.code.id == MISNAMED) {
        meaning.retain(|finding| finding.code.id != FOLLOWS_MISNAMED);
    }
    findings.extend(meaning);
    let findings = findings.sorted();
    if findings.has_errors() {
        return Err(findings);
    }
    Ok(Compiled { mesh, findings, inputs_sha256: admitted.inputs_sha256 })
}

/// Findings of documents that are not read at all.
const UNREAD: &[&str] = &["FC101", "FC102", "FC103", "FC104", "FC106"];

/// What may be found only because a document could not be read: not said beside that document's own findings.
const FOLLOWS: &[&str] = &[
    "FC202", "FC203", "FC205", "FC208", "FC303", "FC304", "FC305", "FC306", "FC307", "FC308", "FC310",
    "FC405", "FC415", "FC501", "FC503", "FC704",
];

/// A cluster that does not exist is named, most likely for one that does.
const MISNAMED: &str = "FC202";

/// What may be found only because a workspace names such a cluster: that it owns nothing in the one that was meant.
const FOLLOWS_MISNAMED: &str = "FC303";

/// A fleet that holds no error: it renders any part, purely and as often as asked.
#[derive(Debug)]
pub struct Compiled {
    mesh: Mesh,
    findings: Findings,
    inputs_sha256: String,
}

/// One part of a fleet's output, rendered on its own: a cluster's tree, the `_scope` trees, or `_delivery`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `<cluster>/…`
    Cluster(String),
    /// `_scope/…`
    Scope,
    /// `_delivery/…`
    Delivery,
}

impl Compiled {
    /// The fleet's name.
    pub fn fleet(&self) -> &str {
        &self.mesh.fleet
    }

    /// The checked mesh.
    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// Warnings and infos, sorted.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// What is wrong with getting here from an earlier state of the fleet, whatever the order in which its clusters sync:
    /// sorted, places in the files of this state. With a day, `YYYY-MM-DD`, waiting times are judged too.
    pub fn since(&self, before: &Sources, now: Option<&str>) -> Findings {
        match compile(before) {
            Ok(before) => self.step_from(&before, &before.world(), &self.world(), now),
            Err(findings) => check::uncompared(before, &findings),
        }
    }

    /// [`since`](Self::since), where the earlier state is compiled already.
    pub fn since_state(&self, before: &Compiled, now: Option<&str>) -> Findings {
        self.step_from(before, &before.world(), &self.world(), now)
    }

    /// [`since_state`](Self::since_state), where it is known already what the two enforce.
    pub fn step_from(
        &self,
        before: &Compiled,
        was: &reach::World<'_>,
        is: &reach::World<'_>,
        now: Option<&str>,
    ) -> Findings {
        let step = check::Step { before: &before.mesh, after: &self.mesh, now };
        let mut findings = check::step(&step);
        judge::syncing(&self.mesh, was, is, &mut findings);
        check::drop_waived(&self.mesh.waivers, now, &mut findings);
        findings.sorted()
    }

    /// Hex SHA-256 of the canonical inputs: it changes exactly when the meaning-bearing content of the inputs does.
    pub fn inputs_sha256(&self) -> &str {
        &self.inputs_sha256
    }

    /// What the lock remembers besides files: `global-service <cluster> <namespace> <name>` for each label that is set,
    /// `draining <cluster>` and `detached <cluster>` for each cluster on its way out.
    pub fn facts(&self) -> Vec<String> {
        let labelled = self.mesh.global_services.iter().filter(|service| !service.withdrawn);
        let mut facts: Vec<String> = labelled
            .filter_map(|service| {
                let cluster = &self.mesh.cluster(service.cluster)?.name;
                Some(format!("global-service {cluster} {} {}", service.namespace, service.name))
            })
            .collect();
        facts.extend(self.mesh.clusters.iter().filter_map(|cluster| match cluster.lifecycle {
            Lifecycle::Member => None,
            Lifecycle::Draining => Some(format!("draining {}", cluster.name)),
            Lifecycle::Detached => Some(format!("detached {}", cluster.name)),
        }));
        facts.sort();
        facts
    }

    /// Whether the fleet accepts a finding about an object.
    pub fn waives(&self, code: &str, object: &str) -> bool {
        self.mesh.waivers.iter().any(|waiver| waiver.code == code && waiver.object == object)
    }

    /// What the rendered trees enforce, together with the foreign policy of the inventory.
    pub fn world(&self) -> reach::World<'_> {
        let ids: Vec<bind::ClusterId> = self.mesh.cluster_ids().map(|(id, _)| id).collect();
        let clusters = ids.into_par_iter().filter_map(|id| world::of_cluster(&self.mesh, id));
        reach::World { clusters: clusters.collect() }
    }

    /// What caused each file of the clusters' trees and of `_scope`: the path from the fleet's tree → the objects, as
    /// `Kind/namespace/name`. A namespace that is enrolled is caused by the fleet as a whole.
    pub fn causes(&self) -> BTreeMap<String, BTreeSet<String>> {
        let names = |origins: &BTreeSet<source::Origin>| -> BTreeSet<String> {
            origins.iter().map(|origin| origin.name.to_string()).collect()
        };
        let of_cluster = |(id, cluster): (bind::ClusterId, &bind::Cluster)| {
            let intent = distribute::cluster_intent(&self.mesh, id);
            let manifests = emit::cluster_manifests(&intent).into_iter();
            let own = manifests.map(|manifest| {
                let folder = format!("{}/{}", cluster.name, manifest.stage.folder());
                (format::path(&folder, &manifest.object), names(&manifest.origins))
            });
            let scope = emit::scope_manifests(&distribute::scope_intent(&self.mesh, id));
            let scope = scope.into_iter().map(|object| {
                let metadata = object.metadata();
                let services = self.mesh.global_services.iter().filter(|service| {
                    service.cluster == id
                        && service.name == metadata.name
                        && Some(&service.namespace) == metadata.namespace.as_ref()
                });
                let causes = services.flat_map(|service| names(&service.origins)).collect();
                (format::path(&format!("_scope/{}", cluster.name), &object), causes)
            });
            own.chain(scope).collect::<Vec<_>>()
        };
        let clusters: Vec<_> = self.mesh.cluster_ids().collect();
        clusters.into_par_iter().flat_map_iter(of_cluster).collect()
    }

    /// The parts of the output, in order.
    pub fn parts(&self) -> Vec<Part> {
        let clusters = self.mesh.clusters.iter().map(|cluster| Part::Cluster(cluster.name.clone()));
        clusters.chain([Part::Scope, Part::Delivery]).collect()
    }

    /// Renders one part. Cannot fail: everything that can was decided by [`compile`].
    pub fn render(&self, part: &Part) -> Tree {
        let mut tree = Tree::default();
        match part {
            Part::Cluster(name) => {
                let id = self.mesh.cluster_ids().find(|(_, cluster)| cluster.name == *name).map(|(id, _)| id);
                let intent = id.map(|id| distribute::cluster_intent(&self.mesh, id));
                for manifest in intent.iter().flat_map(emit::cluster_manifests) {
                    let folder = format!("{name}/{}", manifest.stage.folder());
                    format::add(&mut tree, &folder, &manifest.object);
                }
            }
            Part::Scope => {
                for (id, cluster) in self.mesh.cluster_ids() {
                    let intent = distribute::scope_intent(&self.mesh, id);
                    for object in emit::scope_manifests(&intent) {
                        format::add(&mut tree, &format!("_scope/{}", cluster.name), &object);
                    }
                }
            }
            Part::Delivery => {
                let intent = distribute::delivery_intent(&self.mesh);
                for (folder, object) in intent.iter().flat_map(emit::delivery_manifests) {
                    format::add(&mut tree, &folder, &object);
                }
            }
        }
        tree
    }
}

/// What works with which distribution and version of Istio, as Markdown.
pub fn distributions() -> String {
    bind::capabilities_page()
}

/// Where Istio's charts read what fleetc writes, as Markdown.
pub fn chart_values() -> String {
    bind::chart_values_page()
}

/// The JSON Schema of each input kind, by its name.
pub fn schemas() -> Vec<(String, String)> {
    kinds::schemas().into_iter().map(|(kind, schema)| (kind.to_owned(), schema)).collect()
}
