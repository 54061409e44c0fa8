//! What a checked fleet would enforce, or what a tree of manifests does, as `reach` judges it.

mod tree;

pub use tree::Exported;

use crate::bind::{Cluster, ClusterId, Component, Mesh, PolicyObject};
use crate::distribute;
use crate::emit;
use crate::manifest::{Object, Values};
use crate::reach::{self, Author, ClusterWorld, Held};

/// One cluster: what is rendered for it, and the policy of others that its inventory holds. What the inventory holds of
/// fleetc's own is what an earlier build rendered: the rendered policies stand in its place.
pub fn of_cluster(mesh: &Mesh, id: ClusterId) -> Option<ClusterWorld<'_>> {
    let cluster = mesh.cluster(id)?;
    let mut held = foreign(cluster);
    held.extend(rendered(mesh, id));
    Some(ClusterWorld::new(&cluster.name, configuration(mesh, cluster), &cluster.namespaces, held))
}

/// The policies that are rendered for a cluster.
pub fn rendered(mesh: &Mesh, id: ClusterId) -> Vec<Held> {
    let intent = distribute::cluster_intent(mesh, id);
    let manifests = emit::cluster_manifests(&intent).into_iter();
    let policies = manifests.filter_map(|manifest| {
        let object = match manifest.object {
            Object::AuthorizationPolicy(policy) => PolicyObject::Authorization(Box::new(policy)),
            Object::PeerAuthentication(policy) => PolicyObject::Peer(Box::new(policy)),
            _ => return None,
        };
        Some(Held { object, author: Author::Fleet(manifest.origins) })
    });
    policies.collect()
}

/// The policies of others.
pub fn foreign(cluster: &Cluster) -> Vec<Held> {
    let held = cluster
        .foreign
        .iter()
        .map(|policy| Held { object: policy.object.clone(), author: Author::Inventory(policy.place) });
    held.collect()
}

/// What of a cluster's mesh configuration decides how policies are read: its trust domain, and what the values of its
/// releases say besides. Where trust domains differ, ztunnel is told not to compare them (SPEC section 6).
pub fn configuration(mesh: &Mesh, cluster: &Cluster) -> reach::Cluster {
    let differ = mesh.clusters.iter().any(|other| other.trust_domain != cluster.trust_domain);
    let istiod = cluster.releases.iter().find(|release| release.component == Component::Istiod);
    let value = |path: &[&str]| -> Option<&Values> {
        path.iter().try_fold(&istiod?.values, |values, key| values.get(key))
    };
    let aliases = value(&["meshConfig", "trustDomainAliases"]).and_then(Values::as_array);
    let is_true = |values: &Values| values.as_bool() == Some(true) || values.as_str() == Some("true");
    reach::Cluster {
        trust_domain: Some(cluster.trust_domain.to_string()),
        trust_domain_aliases: aliases
            .into_iter()
            .flatten()
            .filter_map(|alias| alias.as_str().map(str::to_owned))
            .collect(),
        skip_trust_domain_validation: differ,
        auto_allow_waypoints: value(&["env", "PILOT_AUTO_ALLOW_WAYPOINT_POLICY"]).is_some_and(is_true),
        ..reach::Cluster::default()
    }
}
