//! Who gained access to what, and who lost it.
//!
//! One row per caller, Service, port and cluster that one side admits and the other does not. The callers are the
//! identities of both inventories (every ServiceAccount, every account that a workload names) and one without identity; the
//! Services are those of both inventories. A Service is admitted if some of its pods are, by some way, with some request.
//! Apart from those stand what nobody names and what is within a pair: accounts that workloads run as without naming them,
//! and callers that are admitted on both sides, but by other requests or at other pods.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::within::{Altered, altered};
use crate::question::{Caller, Gate, Line, Scene, admits, explain, service_gates, shown};
use crate::reach::{ClusterWorld, Identity, World, say_the_same};
use crate::source::{Place, Sources};

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessChanges {
    /// Admitted after and not before.
    pub gained: Vec<AccessRow>,
    /// Admitted before and not after.
    pub lost: Vec<AccessRow>,
    /// The same for callers that no object names: workloads without `serviceAccountName` run as `default`, a Gateway's pods
    /// as the account that istiod makes.
    pub unnamed: UnnamedChanges,
    /// Admitted before and after, but with other requests, or at other pods of the Service.
    pub altered: Vec<Altered>,
}

impl AccessChanges {
    /// True if everybody may do what they might before.
    pub fn is_empty(&self) -> bool {
        let AccessChanges { gained, lost, unnamed, altered } = self;
        gained.is_empty()
            && lost.is_empty()
            && unnamed.gained.is_empty()
            && unnamed.lost.is_empty()
            && altered.is_empty()
    }
}

impl AccessChanges {
    /// The clusters in which anything changed, as often as there are rows.
    pub fn clusters(&self) -> impl Iterator<Item = &str> {
        let AccessChanges { gained, lost, unnamed, altered } = self;
        let rows = gained.iter().chain(lost).chain(&unnamed.gained).chain(&unnamed.lost);
        rows.map(|row| row.cluster.as_str()).chain(altered.iter().map(|pair| pair.cluster.as_str()))
    }
}

/// What changed for callers that no object names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnnamedChanges {
    /// Admitted after and not before.
    pub gained: Vec<AccessRow>,
    /// Admitted before and not after.
    pub lost: Vec<AccessRow>,
}

/// One pair on which the two sides differ, in one cluster and on one port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct AccessRow {
    /// The cluster.
    pub cluster: String,
    /// `<trust-domain>/ns/<namespace>/sa/<account>`, or `plaintext`.
    pub from: String,
    /// `<service>.<namespace>`.
    pub to: String,
    /// The Service's port.
    pub port: u16,
    /// What decided before.
    pub before: String,
    /// What decides after.
    pub after: String,
    /// The lines behind it in files that differ, of both sides; where there are none, those behind what decides after, or
    /// decided before where the pair is no more. What a line said before the change opens with `before:`.
    pub because: Vec<Line>,
    /// The caller, the Service or the cluster is on one side only: the row says no more than that.
    #[serde(rename = "onlyOneSide")]
    pub one_side: bool,
}

/// Compares what two states of a fleet enforce.
pub fn access_changes(old: Scene<'_>, new: Scene<'_>) -> AccessChanges {
    let (named, unnamed) = Callers::of(old.world, new.world);
    let differing = differing(old.places.fleet, new.places.fleet);
    let clusters: BTreeSet<&str> =
        old.world.clusters.iter().chain(&new.world.clusters).map(|cluster| cluster.name.as_str()).collect();
    let clusters: Vec<&str> = clusters.into_iter().collect();
    let changes: Vec<AccessChanges> = clusters
        .into_par_iter()
        .map(|name| {
            let sides = Sides {
                old: Side { scene: old, cluster: old.world.cluster(name) },
                new: Side { scene: new, cluster: new.world.cluster(name) },
                differing: &differing,
                cluster: name,
            };
            sides.compare(&named, &unnamed)
        })
        .collect();
    let mut all = AccessChanges::default();
    for mut changes in changes {
        all.gained.append(&mut changes.gained);
        all.lost.append(&mut changes.lost);
        all.unnamed.gained.append(&mut changes.unnamed.gained);
        all.unnamed.lost.append(&mut changes.unnamed.lost);
        all.altered.append(&mut changes.altered);
    }
    all
}

/// The files that say something else, as the user would open them; a file that is not there says nothing.
fn differing(old: Option<&Sources>, new: Option<&Sources>) -> BTreeSet<String> {
    let sides = [(old, new), (new, old)];
    let paths = sides.into_iter().filter_map(|(one, other)| Some((one?, other))).flat_map(|(one, other)| {
        one.files().filter_map(move |(id, file)| {
            let bytes = other.and_then(|other| other.by_path(&file.path)).map(|(_, file)| &file.bytes);
            (bytes != Some(&file.bytes)).then(|| one.shown_path(id))
        })
    });
    paths.collect()
}

/// A path as it is in the fleet.
fn in_fleet<'p>(sources: Option<&Sources>, path: &'p str) -> &'p str {
    sources.and_then(|sources| path.strip_prefix(&sources.shown(""))).unwrap_or(path)
}

/// Who might call, on each side; `None` is a caller without identity.
struct Callers {
    old: BTreeSet<Option<Identity>>,
    new: BTreeSet<Option<Identity>>,
    everybody: Vec<Option<Identity>>,
    on_one_side: Vec<Option<Identity>>,
}

impl Callers {
    /// Those that some object names, and the others.
    fn of(old: &World<'_>, new: &World<'_>) -> (Self, Self) {
        let (old, new) = (callers(old), callers(new));
        let named = Callers::new(old.0, new.0);
        (named, Callers::new(old.1, new.1))
    }

    fn new(old: BTreeSet<Option<Identity>>, new: BTreeSet<Option<Identity>>) -> Self {
        let everybody = old.union(&new).cloned().collect();
        let on_one_side = old.symmetric_difference(&new).cloned().collect();
        Callers { old, new, everybody, on_one_side }
    }
}

fn callers(world: &World<'_>) -> (BTreeSet<Option<Identity>>, BTreeSet<Option<Identity>>) {
    let (mut named, mut unnamed) = (BTreeSet::from([None]), BTreeSet::new());
    for cluster in &world.clusters {
        let identity =
            |namespace: &str, account: &str| Some(Identity::new(cluster.trust_domain(), namespace, account));
        for (name, namespace) in cluster.namespaces {
            named.extend(namespace.accounts.keys().map(|account| identity(name, account)));
            for workload in &namespace.workloads {
                let callers = if workload.names_account { &mut named } else { &mut unnamed };
                callers.insert(identity(name, &workload.account));
            }
        }
    }
    unnamed.retain(|caller| !named.contains(caller));
    (named, unnamed)
}

#[derive(Clone, Copy)]
struct Side<'a> {
    scene: Scene<'a>,
    cluster: Option<&'a ClusterWorld<'a>>,
}

/// One cluster, before and after.
struct Sides<'a> {
    old: Side<'a>,
    new: Side<'a>,
    /// The files that differ.
    differing: &'a BTreeSet<String>,
    cluster: &'a str,
}

impl<'a> Side<'a> {
    /// The Services, by namespace and name.
    fn services(&self) -> BTreeSet<(&'a str, &'a str)> {
        let namespaces = self.cluster.into_iter().flat_map(|cluster| cluster.namespaces);
        let named = namespaces.flat_map(|(namespace, own)| {
            own.services.keys().map(move |service| (namespace.as_str(), service.as_str()))
        });
        named.collect()
    }

    /// The ports of a Service with what is behind them.
    fn gates(&self, (namespace, name): (&'a str, &'a str)) -> BTreeMap<u16, Gate<'a>> {
        let own = self.cluster.and_then(|cluster| Some((cluster, cluster.namespaces.get(namespace)?)));
        let service = own.and_then(|(cluster, own)| Some((cluster, own.services.get(name)?)));
        let gates = service
            .into_iter()
            .flat_map(|(cluster, service)| service_gates(cluster, namespace, name, service));
        gates.map(|gate| (gate.port, gate)).collect()
    }

    fn admits(&self, gate: Option<&Gate<'a>>, caller: &Option<Identity>, known: bool) -> bool {
        let (Some(cluster), Some(gate), true) = (self.cluster, gate, known) else { return false };
        admits(self.scene, cluster, gate, caller.as_ref())
    }

    fn has(&self, (namespace, name): (&str, &str)) -> bool {
        let own = self.cluster.and_then(|cluster| cluster.namespaces.get(namespace));
        own.is_some_and(|own| own.services.contains_key(name))
    }

    /// The Service and the workloads behind a port, where they stand.
    fn objects(&self, gate: Option<&Gate<'a>>) -> Vec<Line> {
        let (Some(gate), Some(sources)) = (gate, self.scene.places.fleet) else { return Vec::new() };
        let service = gate.service.map(|(name, service)| (service.place, format!("Service {name}")));
        let workloads = gate
            .behind
            .iter()
            .filter_map(|(destination, _)| Some((destination.workload?.place, shown(destination))));
        let line = |(place, says): (Place, String)| {
            let path = sources.shown_path(place.file);
            Line { path, line: sources.line_column(place).0, says }
        };
        service.into_iter().chain(workloads).map(line).collect()
    }

    /// What decides, and the lines behind it.
    fn explain(
        &self,
        service: (&str, &str),
        gate: Option<&Gate<'a>>,
        caller: &Option<Identity>,
        known: bool,
    ) -> (String, Vec<Line>) {
        let (Some(cluster), Some(gate)) = (self.cluster, gate) else {
            let what =
                if self.has(service) { "the service has no such port" } else { "there is no such service" };
            return (what.to_owned(), Vec::new());
        };
        if !known {
            return ("there is no such caller".to_owned(), Vec::new());
        }
        let caller = caller.clone().map_or(Caller::Plaintext, Caller::Identity);
        let answer = explain(self.scene, cluster, gate, &caller);
        let ways = || answer.pods.iter().flat_map(|pods| &pods.ways);
        // the last way is the Service's waypoint, where it has one: straight at the pods it is the waypoint that is judged
        let is_for = |caller: &Caller, through: bool| !through || *caller != Caller::Plaintext;
        let of_caller = || ways().filter(|way| is_for(&caller, way.through.is_some()));
        let way = of_caller().rfind(|way| way.admitted == answer.admitted).or(of_caller().next_back());
        let steps = || way.iter().flat_map(|way| &way.steps);
        let Some(step) = steps().find(|step| !step.admitted).or(steps().next()) else {
            return ("nothing is behind it".to_owned(), Vec::new());
        };
        let mut lines: Vec<Line> = Vec::new();
        for line in steps().flat_map(|step| &step.lines) {
            if !lines.contains(line) {
                lines.push(line.clone());
            }
        }
        (format!("{}: {}", step.layer, step.because), lines)
    }
}

impl<'a> Sides<'a> {
    fn compare(&self, named: &Callers, unnamed: &Callers) -> AccessChanges {
        let mut changes = AccessChanges::default();
        let services: BTreeSet<_> = self.old.services().union(&self.new.services()).copied().collect();
        for service in services {
            let (old, new) = (self.old.gates(service), self.new.gates(service));
            let ports: BTreeSet<u16> = old.keys().chain(new.keys()).copied().collect();
            for port in ports {
                let at = AtPort { sides: self, service, port, gates: (old.get(&port), new.get(&port)) };
                let same = self.same(at.gates);
                for (callers, is_named) in [(named, true), (unnamed, false)] {
                    let asked = if same { &callers.on_one_side } else { &callers.everybody };
                    asked.iter().for_each(|caller| at.compare(caller, callers, is_named, &mut changes));
                }
            }
        }
        changes
    }

    /// Whether a port is behind the same policies and the same pods on both sides, so that it says the same to everybody
    /// who is on both.
    fn same(&self, gates: (Option<&Gate<'a>>, Option<&Gate<'a>>)) -> bool {
        let (Some(old), Some(new)) = gates else { return gates.0.is_none() && gates.1.is_none() };
        let (Some(before), Some(after)) = (self.old.cluster, self.new.cluster) else { return false };
        before.config == after.config
            && old.behind.len() == new.behind.len()
            && old.behind.iter().zip(&new.behind).all(|(old, new)| say_the_same(old, new))
    }

    /// Of the lines behind a pair those that the change touches, of both sides; else the objects called, where it touches
    /// them; without any, what is behind it after.
    fn causes(
        &self,
        (old, new): (Option<&Gate<'a>>, Option<&Gate<'a>>),
        before: Vec<Line>,
        after: Vec<Line>,
    ) -> Vec<Line> {
        let decisive = self.touched(&before, &after);
        if !decisive.is_empty() {
            return decisive;
        }
        let objects = self.touched(&self.old.objects(old), &self.new.objects(new));
        match (objects.is_empty(), after.is_empty()) {
            (false, _) => objects,
            (true, false) => after,
            (true, true) => before,
        }
    }

    /// The lines in files that differ; what both sides say alike is said once.
    fn touched(&self, before: &[Line], after: &[Line]) -> Vec<Line> {
        let (was, is) = (self.old.scene.places.fleet, self.new.scene.places.fleet);
        let alike = |line: &&Line| {
            after.iter().any(|other| {
                in_fleet(was, &line.path) == in_fleet(is, &other.path) && line.says == other.says
            })
        };
        let earlier = before.iter().filter(|line| !alike(line));
        let earlier = earlier.map(|line| Line { says: format!("before: {}", line.says), ..line.clone() });
        let lines = after.iter().cloned().chain(earlier);
        lines.filter(|line| self.differing.contains(&line.path)).collect()
    }
}

/// One port of a Service of a cluster, before and after.
struct AtPort<'s, 'a> {
    sides: &'s Sides<'a>,
    service: (&'a str, &'a str),
    port: u16,
    gates: (Option<&'s Gate<'a>>, Option<&'s Gate<'a>>),
}

impl AtPort<'_, '_> {
    fn compare(
        &self,
        caller: &Option<Identity>,
        callers: &Callers,
        is_named: bool,
        changes: &mut AccessChanges,
    ) {
        let (sides, (old, new)) = (self.sides, self.gates);
        let known = (callers.old.contains(caller), callers.new.contains(caller));
        let before = sides.old.admits(old, caller, known.0);
        let after = sides.new.admits(new, caller, known.1);
        if !before && !after {
            return;
        }
        let within = match (old, new) {
            (Some(old), Some(new)) if before && after => {
                Some(altered(old, new, caller.as_ref())).filter(|within| !within.is_empty())
            }
            _ => None,
        };
        if before == after && within.is_none() {
            return;
        }
        let (said_before, lines_before) = sides.old.explain(self.service, old, caller, known.0);
        let (said_after, lines_after) = sides.new.explain(self.service, new, caller, known.1);
        let from = caller.as_ref().map_or_else(|| "plaintext".to_owned(), ToString::to_string);
        let to = format!("{}.{}", self.service.1, self.service.0);
        let (cluster, port) = (sides.cluster.to_owned(), self.port);
        let because = sides.causes((old, new), lines_before, lines_after);
        if let Some(within) = within {
            let (gained, lost) = (within.gained, within.lost);
            changes.altered.push(Altered { cluster, from, to, port, gained, lost, because });
            return;
        }
        let one_side = old.is_none() || new.is_none() || known.0 != known.1;
        let (before, row_after) = (said_before, said_after);
        let row = AccessRow { cluster, from, to, port, before, after: row_after, because, one_side };
        let rows = match (is_named, after) {
            (true, true) => &mut changes.gained,
            (true, false) => &mut changes.lost,
            (false, true) => &mut changes.unnamed.gained,
            (false, false) => &mut changes.unnamed.lost,
        };
        rows.push(row);
    }
}
