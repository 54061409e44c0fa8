//! What a report proves, and what it does not.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::change::State;

/// The guarantee, in words and numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guarantee {
    /// What is proved.
    pub proved: String,
    /// How many callers were asked about, those of both sides, the one without identity counted.
    pub callers: usize,
    /// How many pairs of Service and port in a cluster, those of both sides.
    pub destinations: usize,
    /// What it rests on.
    pub assumes: Vec<String>,
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

/// Words the guarantee for two states.
pub fn guarantee(old: &State<'_>, new: &State<'_>) -> Guarantee {
    let mut callers = BTreeSet::new();
    let mut destinations = BTreeSet::new();
    for cluster in old.scene.world.clusters.iter().chain(&new.scene.world.clusters) {
        for (name, namespace) in cluster.namespaces {
            let run_as = namespace.workloads.iter().map(|workload| workload.account.as_str());
            let accounts = namespace.accounts.keys().map(String::as_str).chain(run_as);
            callers.extend(accounts.map(|account| (cluster.trust_domain(), name, account)));
            for (service, own) in &namespace.services {
                let ports = own.ports.iter().map(|port| port.number);
                destinations.extend(ports.map(|port| (&cluster.name, name, service, port)));
            }
        }
    }
    let callers = callers.len() + 1;
    let destinations = destinations.len();
    let proved = format!(
        "every caller was asked about ({callers}: each service account of the inventory, each that a workload runs as, and one \
         without identity) at every port of every Service in every cluster ({destinations}): no pair gains or loses access but those \
         listed; a Service counts as reached if some pod of it is, by some way, straight or through its waypoint"
    );
    let mut assumes = vec![
        "both sides are synced whole, and nothing else in the clusters changes".to_owned(),
        "policies are enforced as ztunnel and waypoints of the fleet's version of Istio do".to_owned(),
        "the inventory is what runs: an identity, a Service or a policy that it does not show is not asked about; an Invariant speaks of those to come"
            .to_owned(),
    ];
    if old.is_tree() {
        assumes.push(
            "before is a rendered tree: what ran there, and the trust domains, are taken from the fleet as it is now"
                .to_owned(),
        );
    }
    Guarantee { proved, callers, destinations, assumes }
}
