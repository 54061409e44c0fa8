//! What the other clusters no longer turn to a cluster for that is on its way out (`KubernetesCluster.spec.lifecycle`).

use std::collections::BTreeMap;

use super::federation::Federation;
use super::mesh::{Cluster, ClusterId};
use crate::report::codes::FC731;
use crate::report::{Finding, Findings};

/// Takes the clusters that leave out of what is global: their Services lose the label, as those of a withdrawn Segment do,
/// and hosts are no longer backed by them. Their workloads keep their own peers, and call the others to the last.
pub fn let_go(clusters: &[Cluster], federation: &mut Federation, findings: &mut Findings) {
    let leaves = |id: ClusterId| clusters.get(id.0).filter(|cluster| cluster.leaves());
    if !clusters.iter().any(Cluster::leaves) {
        return;
    }
    let mut served: BTreeMap<(&str, &str), Vec<ClusterId>> = BTreeMap::new();
    for service in federation.services.iter().filter(|service| !service.withdrawn) {
        served.entry((&service.namespace, &service.name)).or_default().push(service.cluster);
    }
    for ((namespace, name), by) in served {
        let Some(leaving) = by.iter().find_map(|id| leaves(*id)) else { continue };
        if by.iter().all(|id| leaves(*id).is_some()) {
            let message = format!(
                "service `{namespace}/{name}` is global, and cluster `{}`, which leaves, is the last that serves it",
                leaving.name
            );
            findings.push(
                Finding::new(FC731, message).at(leaving.origin.place).object(&*leaving.origin.name).help(
                    "callers in other clusters lose it: run it elsewhere first, or withdraw what makes it global",
                ),
            );
        }
    }
    for service in &mut federation.services {
        service.withdrawn |= leaves(service.cluster).is_some();
    }
    for host in &mut federation.hosts {
        host.backing.retain(|id, _| leaves(*id).is_none());
    }
}
