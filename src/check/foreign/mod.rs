//! AuthorizationPolicies of the inventory that fleetc did not write, each looked at by itself: what in them never does
//! what it seems to. How they change what the fleet governs is judged by `reach`, not here.

mod principals;
mod rules;
mod scope;
mod service_accounts;

pub use principals::foreign_principals;
pub use rules::foreign_rules;
pub use scope::foreign_scope;
pub use service_accounts::foreign_service_accounts;

use crate::bind::{
    Capture, Cluster, InventoryPolicy, Mesh, Namespace, PolicyObject, ROOT_NAMESPACE, Workload, matches,
};
use crate::manifest::{AuthorizationPolicy, Source};

/// A foreign AuthorizationPolicy and its cluster.
#[derive(Clone, Copy)]
struct Foreign<'a> {
    cluster: &'a Cluster,
    held: &'a InventoryPolicy,
    policy: &'a AuthorizationPolicy,
}

fn all(mesh: &Mesh) -> impl Iterator<Item = Foreign<'_>> {
    mesh.clusters.iter().flat_map(|cluster| {
        cluster.foreign.iter().filter_map(move |held| match &held.object {
            PolicyObject::Authorization(policy) => Some(Foreign { cluster, held, policy }),
            PolicyObject::Peer(_) => None,
        })
    })
}

impl<'a> Foreign<'a> {
    fn reference(&self) -> String {
        self.held.object.reference()
    }

    fn namespace(&self) -> &'a str {
        self.held.object.namespace()
    }

    /// As messages name it: `namespace/name`.
    fn shown(&self) -> String {
        format!("`{}/{}` in cluster `{}`", self.namespace(), self.policy.metadata.name, self.cluster.name)
    }

    /// Attached to a waypoint or a gateway, which see requests; ztunnel does not get it.
    fn is_attached(&self) -> bool {
        !self.policy.spec.target_refs.is_empty() || self.policy.spec.target_ref.is_some()
    }

    /// The captured workloads that it selects, with their namespace. Gateways and sidecars enforce by themselves.
    fn at_ztunnel(&self) -> impl Iterator<Item = (&'a str, &'a Namespace, &'a Workload)> {
        let (own, selector) = (self.namespace(), self.policy.spec.selector.as_ref());
        let namespaces = self
            .cluster
            .namespaces
            .iter()
            .filter(move |(name, _)| own == ROOT_NAMESPACE || own == name.as_str());
        let workloads = namespaces.flat_map(|(name, namespace)| {
            namespace.workloads.iter().map(move |workload| (name.as_str(), namespace, workload))
        });
        let attached = self.is_attached();
        workloads.filter(move |(_, _, workload)| {
            let captured = matches!(workload.capture, Capture::Ambient | Capture::Assumed);
            let selected = selector.is_none_or(|selector| matches(&selector.match_labels, &workload.labels));
            captured && selected && !workload.gateway && !attached
        })
    }

    fn sources(&self) -> impl Iterator<Item = &'a Source> {
        self.policy.spec.rules.iter().flat_map(|rule| &rule.from).map(|from| &from.source)
    }
}
