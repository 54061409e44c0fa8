//! NetworkPolicies → what they let pass of the mesh.

use super::mesh::{Cluster, NetworkPolicy, Passage};
use crate::kinds::inventory::{InventoryObject, Item};
use crate::kinds::network_policy::NetworkRule;

/// The port at which ztunnel takes calls of the mesh, whatever port of the application they are for (ztunnel
/// src/config.rs).
const HBONE: u16 = 15008;

/// Fills [`Namespace::network_policies`](super::Namespace).
pub fn bind_network_policies(objects: &[InventoryObject], clusters: &mut [Cluster]) {
    for cluster in clusters.iter_mut() {
        let own = cluster.name.clone();
        let here = objects.iter().filter(|object| object.scope.cluster().is_none_or(|scope| scope == own));
        for object in here {
            let Item::NetworkPolicy(spec) = &object.item else { continue };
            let Some(namespace) = cluster.namespaces.get_mut(&object.namespace) else { continue };
            let selector = spec.pod_selector.as_ref();
            let workloads = namespace.workloads.iter().enumerate();
            let selected =
                workloads.filter(|(_, one)| selector.is_none_or(|selector| selector.matches(&one.labels)));
            let policy = NetworkPolicy {
                name: object.name.clone(),
                place: object.place,
                workloads: selected.map(|(index, _)| index).collect(),
                ingress: spec.limits_ingress().then(|| passage(&spec.ingress)),
                egress: spec.limits_egress().then(|| passage(&spec.egress)),
            };
            namespace.network_policies.push(policy);
        }
    }
}

fn passage(rules: &[NetworkRule]) -> Passage {
    let named = rules.iter().all(|rule| !rule.ports.is_empty())
        && rules.iter().flat_map(|rule| &rule.ports).any(|port| !port.contains(HBONE));
    Passage { mesh: rules.iter().any(|rule| rule.passes(HBONE)), named }
}
