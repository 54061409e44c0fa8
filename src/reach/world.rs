//! One moment of a fleet: what each cluster enforces, and what runs there.
//!
//! A world is built from what was rendered, or from any tree of manifests; either way it holds policies and an inventory
//! and no intent. Its clusters are apart: Istio applies the policies of a cluster in that cluster alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{Namespace, PolicyObject};
use crate::manifest::{AuthorizationPolicy, PeerAuthentication};
use crate::source::{Origin, Place};

use super::{Cluster, Policies, PolicyName, SidecarPolicies, WaypointPolicies};

/// The clusters of a fleet, in order of name.
#[derive(Debug, Default)]
pub struct World<'a> {
    /// In order of name.
    pub clusters: Vec<ClusterWorld<'a>>,
}

impl<'a> World<'a> {
    /// The cluster of a name.
    pub fn cluster(&self, name: &str) -> Option<&ClusterWorld<'a>> {
        let index = self.clusters.binary_search_by(|cluster| cluster.name.as_str().cmp(name)).ok()?;
        self.clusters.get(index)
    }
}

/// One cluster: its policies, compiled once, and its inventory.
#[derive(Debug)]
pub struct ClusterWorld<'a> {
    /// The cluster's name.
    pub name: String,
    /// What of the mesh configuration decides how policies are read.
    pub config: Cluster,
    /// What runs there, by namespace.
    pub namespaces: &'a BTreeMap<String, Namespace>,
    held: Vec<Held>,
    by_name: BTreeMap<PolicyName, usize>,
    policies: Policies,
    waypoints: WaypointPolicies,
    sidecars: SidecarPolicies,
}

/// A policy in force, and whose it is.
#[derive(Debug, Clone)]
pub struct Held {
    /// The policy.
    pub object: PolicyObject,
    /// Who wrote it.
    pub author: Author,
}

/// Who wrote a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// The fleet: these objects caused it.
    Fleet(BTreeSet<Origin>),
    /// Somebody else; the inventory of the fleet holds it here.
    Inventory(Place),
    /// Whoever wrote the tree that is asked; it stands here in that tree.
    Tree(Place),
}

impl Held {
    /// The name by which a verdict names it.
    pub fn name(&self) -> PolicyName {
        PolicyName::new(self.object.kind(), self.object.metadata())
    }
}

impl<'a> ClusterWorld<'a> {
    /// Compiles the policies of a cluster. PeerAuthentications count in order of age, and where that is not known in the
    /// order given: in one scope only the oldest does anything.
    pub fn new(
        name: &str,
        config: Cluster,
        namespaces: &'a BTreeMap<String, Namespace>,
        mut held: Vec<Held>,
    ) -> Self {
        held.sort_by_key(|held| {
            let created = held.object.metadata().creation_timestamp.clone();
            (created.is_none(), created)
        });
        let policies = Policies::new(&config, authorization(&held), peer(&held));
        let waypoints = WaypointPolicies::new(&config, authorization(&held));
        let sidecars = SidecarPolicies::new(&config, authorization(&held), peer(&held));
        let mut by_name = BTreeMap::new();
        for (index, one) in held.iter().enumerate() {
            by_name.entry(one.name()).or_insert(index);
        }
        ClusterWorld {
            name: name.to_owned(),
            config,
            namespaces,
            held,
            by_name,
            policies,
            waypoints,
            sidecars,
        }
    }

    /// The trust domain of what runs here. Where it is not known, the one that the policies name, if they all name one;
    /// `cluster.local` else.
    pub fn trust_domain(&self) -> &str {
        if let Some(own) = &self.config.trust_domain {
            return own;
        }
        trust_domain_of(authorization(&self.held)).unwrap_or("cluster.local")
    }

    /// Whether a peer gets through TLS: ztunnel takes its own trust domain's alone, unless it is told not to compare them or
    /// nothing is known of its own.
    pub fn takes(&self, trust_domain: &str) -> bool {
        let own = self.config.trust_domain.as_deref();
        self.config.skip_trust_domain_validation || own.is_none_or(|own| own == trust_domain)
    }

    /// Every policy in force.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// The policy that a verdict names.
    pub fn policy(&self, name: &PolicyName) -> Option<&Held> {
        self.by_name.get(name).and_then(|index| self.held.get(*index))
    }

    /// What every connection to a captured pod meets.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// What every connection to a pod with a sidecar meets.
    pub fn sidecars(&self) -> &SidecarPolicies {
        &self.sidecars
    }

    /// What traffic that is addressed to an enrolled Service meets besides.
    pub fn waypoints(&self) -> &WaypointPolicies {
        &self.waypoints
    }
}

/// The one trust domain that policies name; `None` if they name none, or several.
pub fn trust_domain_of<'p>(policies: impl IntoIterator<Item = &'p AuthorizationPolicy>) -> Option<&'p str> {
    let named: BTreeSet<&str> = policies
        .into_iter()
        .flat_map(|policy| &policy.spec.rules)
        .flat_map(|rule| &rule.from)
        .flat_map(|from| from.source.principals.iter().chain(&from.source.not_principals))
        .filter_map(|principal| Some(principal.split_once("/ns/")?.0))
        .filter(|domain| !domain.contains('*'))
        .collect();
    named.first().copied().filter(|_| named.len() == 1)
}

fn authorization(held: &[Held]) -> impl Iterator<Item = &AuthorizationPolicy> {
    held.iter().filter_map(|held| match &held.object {
        PolicyObject::Authorization(policy) => Some(&**policy),
        PolicyObject::Peer(_) => None,
    })
}

fn peer(held: &[Held]) -> impl Iterator<Item = &PeerAuthentication> {
    held.iter().filter_map(|held| match &held.object {
        PolicyObject::Peer(policy) => Some(&**policy),
        PolicyObject::Authorization(_) => None,
    })
}
