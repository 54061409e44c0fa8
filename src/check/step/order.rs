//! FC620: trust that some order of syncing breaks.

use std::collections::BTreeSet;

use super::Step;
use crate::bind::{Cluster, Mesh};
use crate::report::codes::FC620;
use crate::report::{Finding, Findings};
use crate::trust::{Break, ClusterTrust, Gateway, Hazard, Peer, any_order, split};

/// Every pair of clusters, each before or after the change.
pub fn order(step: &Step<'_>, findings: &mut Findings) {
    let Err(refused) = any_order(&cluster_trusts(step.before), &cluster_trusts(step.after)) else { return };
    let mut told: Vec<Vec<Break>> = Vec::new();
    for found in refused.breaks {
        let together = |group: &&mut Vec<Break>| {
            group.first().is_some_and(|first| {
                let cluster = matches!(found.hazard, Hazard::UntrustedRoot(_))
                    || first.shows.cluster == found.shows.cluster;
                first.hazard.is_mended_with(&found.hazard) && cluster
            })
        };
        match told.iter_mut().find(together) {
            Some(group) => group.push(found),
            None => told.push(vec![found]),
        }
    }
    for group in &told {
        let Some((first, others)) = group.split_first() else { continue };
        let mut help: Vec<String> = others.iter().map(|other| format!("and {other}")).collect();
        let steps = split(group);
        if steps.is_empty() {
            help.push("no split of the change is safe: take the traffic away first, or bring a new cluster up beside".into());
        } else {
            help.push("safe, one merge each:".into());
            help.extend(steps.iter().enumerate().map(|(index, step)| format!("{}. {step}", index + 1)));
        }
        let finding = Finding::new(FC620, first.to_string()).help(help.join("\n"));
        findings.push(located(finding, first, step.after));
    }
}

/// At the cluster that shows, or the one that verifies if the former is gone.
fn located(finding: Finding, found: &Break, after: &Mesh) -> Finding {
    let cluster = |name: &str| after.clusters.iter().find(|cluster| cluster.name == name);
    match cluster(&found.shows.cluster).or_else(|| cluster(&found.verifies.cluster)) {
        Some(cluster) => finding.at(cluster.origin.place).object(&*cluster.origin.name),
        None => finding,
    }
}

/// What each cluster signs with, trusts, and expects of the others.
fn cluster_trusts(mesh: &Mesh) -> Vec<ClusterTrust> {
    let domains: BTreeSet<&str> = mesh.clusters.iter().map(|cluster| &*cluster.trust_domain).collect();
    // Where they differ, istiod and ztunnel are told not to compare them.
    let accepted = (domains.len() < 2).then(BTreeSet::new);
    let trust = |cluster: &Cluster| ClusterTrust {
        cluster: cluster.name.clone(),
        signer: None,
        trusted: None,
        trust_domain: cluster.trust_domain.to_string(),
        accepted_trust_domains: accepted.clone(),
        gateway: Gateway {
            namespace: cluster.east_west.namespace.clone(),
            service_account: cluster.east_west.service_account.clone(),
            addresses: cluster.east_west.addresses.iter().map(|address| address.value.clone()).collect(),
        },
        peers: mesh.clusters.iter().filter(|other| other.name != cluster.name).filter_map(peer).collect(),
    };
    mesh.clusters.iter().map(trust).collect()
}

/// Peers to a cluster whose address is pending wait; of several addresses Solo's istiod takes the first.
fn peer(other: &Cluster) -> Option<Peer> {
    let address = other.east_west.addresses.first()?;
    Some(Peer {
        cluster: other.name.clone(),
        namespace: other.east_west.namespace.clone(),
        service_account: other.east_west.service_account.clone(),
        trust_domain: other.trust_domain.to_string(),
        addresses: BTreeSet::from([address.value.clone()]),
    })
}
