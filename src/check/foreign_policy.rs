//! FC409: policy in the inventory that fleetc did not write, where fleetc's own holds.

use crate::bind::{Boundary, Mesh, ROOT_NAMESPACE};
use crate::report::codes::FC409;
use crate::report::{Finding, Findings};

/// Policies add up, so a foreign one can widen or cut what is rendered; of two PeerAuthentications only the older counts.
pub fn foreign_policy(mesh: &Mesh, findings: &mut Findings) {
    for cluster in &mesh.clusters {
        let governs = |name: &str| {
            cluster.namespaces.get(name).is_some_and(|namespace| {
                namespace.access.boundary != Boundary::Open || !namespace.access.governed.is_empty()
            })
        };
        let governs_any = cluster.namespaces.keys().any(|name| governs(name));
        for policy in &cluster.foreign {
            let everywhere = policy.object.namespace() == ROOT_NAMESPACE;
            let touched = governs(policy.object.namespace()) || (everywhere && governs_any);
            if !touched {
                continue;
            }
            let what = if everywhere {
                "every namespace of the cluster".to_owned()
            } else {
                format!("namespace `{}`", policy.object.namespace())
            };
            findings.push(
                Finding::new(
                    FC409,
                    format!(
                        "{} `{}/{}` in cluster `{}` is not fleetc's and touches {what}, which the fleet governs",
                        policy.object.kind(), policy.object.namespace(), policy.object.metadata().name, cluster.name
                    ),
                )
                .at(policy.place)
                .object(policy.object.reference())
                .help("say what it says with an AccessPolicy and remove it, or leave the namespace out of workspaces and policies"),
            );
        }
    }
}
