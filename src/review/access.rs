//! Who gained access to what, and who lost it.
//!
//! One row per caller, Service, port and cluster that one side admits and the other does not. The callers are the
//! identities of both inventories (every ServiceAccount, every account that a workload runs as) and one without
//! identity; the Services are those of both inventories. A Service is admitted if some of its pods are, by some way.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::question::{Caller, Gate, Line, Scene, admits, explain, service_gates};
use crate::reach::{ClusterWorld, Identity, World, say_the_same};

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessChanges {
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
    /// The lines behind what decides after; behind what decided before where the pair is no more.
    pub because: Vec<Line>,
    /// The caller, the Service or the cluster is on one side only: the row says no more than that.
    #[serde(rename = "onlyOneSide")]
    pub one_side: bool,
}

/// Compares what two states of a fleet enforce.
pub fn access_changes(old: Scene<'_>, new: Scene<'_>) -> AccessChanges {
    let callers = Callers { old: callers(old.world), new: callers(new.world) };
    let clusters: BTreeSet<&str> =
        old.world.clusters.iter().chain(&new.world.clusters).map(|cluster| cluster.name.as_str()).collect();
    let clusters: Vec<&str> = clusters.into_iter().collect();
    let changes: Vec<AccessChanges> = clusters
        .into_par_iter()
        .map(|name| {
            let sides = Sides {
                old: Side { scene: old, cluster: old.world.cluster(name) },
                new: Side { scene: new, cluster: new.world.cluster(name) },
                callers: &callers,
                cluster: name,
            };
            sides.compare()
        })
        .collect();
    let mut all = AccessChanges::default();
    for mut changes in changes {
        all.gained.append(&mut changes.gained);
        all.lost.append(&mut changes.lost);
    }
    all
}

/// Who might call, on each side; `None` is a caller without identity.
struct Callers {
    old: BTreeSet<Option<Identity>>,
    new: BTreeSet<Option<Identity>>,
}

fn callers(world: &World<'_>) -> BTreeSet<Option<Identity>> {
    let mut callers = BTreeSet::from([None]);
    for cluster in &world.clusters {
        for (name, namespace) in cluster.namespaces {
            let accounts = namespace.accounts.keys().map(String::as_str);
            let accounts =
                accounts.chain(namespace.workloads.iter().map(|workload| workload.account.as_str()));
            callers
                .extend(accounts.map(|account| Some(Identity::new(cluster.trust_domain(), name, account))));
        }
    }
    callers
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
    callers: &'a Callers,
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

    /// What decides, and the lines behind it.
    fn explain(
        &self,
        gate: Option<&Gate<'a>>,
        caller: &Option<Identity>,
        known: bool,
    ) -> (String, Vec<Line>) {
        let (Some(cluster), Some(gate)) = (self.cluster, gate) else {
            return ("there is no such service".to_owned(), Vec::new());
        };
        if !known {
            return ("there is no such caller".to_owned(), Vec::new());
        }
        let caller = caller.clone().map_or(Caller::Plaintext, Caller::Identity);
        let answer = explain(self.scene, cluster, gate, &caller);
        let ways = || answer.pods.iter().flat_map(|pods| &pods.ways);
        let way = ways().find(|way| way.admitted == answer.admitted).or(ways().next());
        let Some(step) = way.and_then(|way| way.steps.last()) else {
            return ("nothing is behind it".to_owned(), Vec::new());
        };
        let lines = way.iter().flat_map(|way| &way.steps).flat_map(|step| step.lines.iter().cloned());
        (format!("{}: {}", step.layer, step.because), lines.collect())
    }
}

impl<'a> Sides<'a> {
    fn compare(&self) -> AccessChanges {
        let mut changes = AccessChanges::default();
        let services: BTreeSet<_> = self.old.services().union(&self.new.services()).copied().collect();
        let everybody: Vec<&Option<Identity>> = self.callers.old.union(&self.callers.new).collect();
        let on_one_side: Vec<&Option<Identity>> =
            self.callers.old.symmetric_difference(&self.callers.new).collect();
        for service in services {
            let (old, new) = (self.old.gates(service), self.new.gates(service));
            let ports: BTreeSet<u16> = old.keys().chain(new.keys()).copied().collect();
            for port in ports {
                let gates = (old.get(&port), new.get(&port));
                let asked = if self.same(gates) { &on_one_side } else { &everybody };
                for caller in asked.iter().copied() {
                    self.pair(service, port, gates, caller, &mut changes);
                }
            }
        }
        changes
    }

    fn pair(
        &self,
        (namespace, name): (&str, &str),
        port: u16,
        (old, new): (Option<&Gate<'a>>, Option<&Gate<'a>>),
        caller: &Option<Identity>,
        changes: &mut AccessChanges,
    ) {
        let known = (self.callers.old.contains(caller), self.callers.new.contains(caller));
        let before = self.old.admits(old, caller, known.0);
        let after = self.new.admits(new, caller, known.1);
        if before == after {
            return;
        }
        let (said_before, lines_before) = self.old.explain(old, caller, known.0);
        let (said_after, lines_after) = self.new.explain(new, caller, known.1);
        let row = AccessRow {
            cluster: self.cluster.to_owned(),
            from: caller.as_ref().map_or_else(|| "plaintext".to_owned(), ToString::to_string),
            to: format!("{name}.{namespace}"),
            port,
            before: said_before,
            after: said_after,
            because: if lines_after.is_empty() { lines_before } else { lines_after },
            one_side: old.is_none() || new.is_none() || known.0 != known.1,
        };
        if after { changes.gained.push(row) } else { changes.lost.push(row) }
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
}
