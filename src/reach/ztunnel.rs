//! The destination's ztunnel: the layer that every connection to a captured pod meets.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::manifest::{AuthorizationPolicy, Labels, PeerAuthentication};

use super::Cluster;
use super::clauses::{Effect, Policy};
use super::identity::Identity;
use super::peer_authentication::{PeerAuthentications, Plaintext};
use super::policy::PolicyName;
use super::verdict::{Reason, Verdict};

/// The policies of one cluster as its ztunnels hold them.
#[derive(Debug)]
pub struct Policies {
    cluster: Cluster,
    authorization: BTreeMap<String, OfNamespace>,
    peer: PeerAuthentications,
}

#[derive(Debug, Default)]
struct OfNamespace {
    /// Without a selector: the whole namespace, or the whole cluster from the root namespace.
    wide: Vec<Policy>,
    selecting: Vec<(Labels, Policy)>,
}

/// A destination: a class of pods of one namespace that carry the same labels.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a> {
    /// The pods' namespace.
    pub namespace: &'a str,
    /// The pods' labels; for inline endpoints of a ServiceEntry, the ServiceEntry's.
    pub labels: &'a Labels,
    /// The identities of the waypoints that the pods or their Services are bound to; they matter only with
    /// [`Cluster::auto_allow_waypoints`].
    pub waypoints: &'a [Identity],
}

impl<'a> Workload<'a> {
    /// A workload that is bound to no waypoint.
    pub fn new(namespace: &'a str, labels: &'a Labels) -> Self {
        Workload { namespace, labels, waypoints: &[] }
    }
}

/// What arrives at the pod.
#[derive(Debug, Clone, Copy)]
pub struct Connection<'a> {
    /// The peer's identity; behind a waypoint, the waypoint's. `None`: plaintext.
    pub peer: Option<&'a Identity>,
    /// The pod's own port, never the Service's.
    pub port: u16,
    /// The TCP peer's address: across networks the gateway's, behind a waypoint the waypoint's. One that is
    /// not known is in no block.
    pub source_ip: Option<IpAddr>,
    /// The pod's address. One that is not known is in no block.
    pub destination_ip: Option<IpAddr>,
}

impl<'a> Connection<'a> {
    /// A connection whose addresses are not known.
    pub fn new(peer: Option<&'a Identity>, port: u16) -> Self {
        Connection { peer, port, source_ip: None, destination_ip: None }
    }
}

impl Policies {
    /// Compiles what istiod would send (istio pilot/pkg/serviceregistry/ambient/authorization.go). `peer` is
    /// oldest first; a tree whose documents carry no `creationTimestamp` has no age, and then the order given
    /// is it.
    pub fn new<'p>(
        cluster: &Cluster,
        authorization: impl IntoIterator<Item = &'p AuthorizationPolicy>,
        peer: impl IntoIterator<Item = &'p PeerAuthentication>,
    ) -> Policies {
        let mut by_namespace: BTreeMap<String, OfNamespace> = BTreeMap::new();
        for written in authorization {
            let Some(policy) = Policy::read(written) else { continue };
            let own = by_namespace.entry(policy.name.namespace.clone()).or_default();
            match &written.spec.selector {
                None => own.wide.push(policy),
                // Without labels istiod takes the policy for one that no workload refers to
                // (istio pilot/pkg/serviceregistry/ambient/workloads.go, `buildWorkloadPolicies`).
                Some(selector) if selector.match_labels.is_empty() => {}
                Some(selector) => own.selecting.push((selector.match_labels.clone(), policy)),
            }
        }
        Policies {
            peer: PeerAuthentications::new(&cluster.root_namespace, peer),
            authorization: by_namespace,
            cluster: cluster.clone(),
        }
    }

    /// What is in scope of a workload: the policies of its namespace and of the root namespace, those with a
    /// selector only where it matches. They are one flat set; none is more specific than another (ztunnel
    /// src/state.rs, `assert_rbac`).
    pub fn at(&self, workload: &Workload<'_>) -> Scope<'_> {
        let root = self.cluster.root_namespace.as_str();
        let own = Some(workload.namespace).filter(|namespace| *namespace != root);
        let namespaces = [Some(root), own].into_iter().flatten();
        let (mut deny, mut allow) = (Vec::new(), Vec::new());
        for of_namespace in namespaces.filter_map(|namespace| self.authorization.get(namespace)) {
            let selecting = of_namespace.selecting.iter();
            let selecting = selecting.filter(|(selector, _)| {
                selector.iter().all(|(key, value)| workload.labels.get(key) == Some(value))
            });
            for policy in of_namespace.wide.iter().chain(selecting.map(|(_, policy)| policy)) {
                match policy.action {
                    Effect::Allow => allow.push(policy),
                    Effect::Deny => deny.push(policy),
                }
            }
        }
        Scope {
            trust_domain: self
                .cluster
                .trust_domain
                .as_deref()
                .filter(|_| !self.cluster.skip_trust_domain_validation),
            plaintext: self.peer.at(workload.namespace, workload.labels),
            deny,
            allow_names: allow.iter().map(|policy| &policy.name).collect(),
            allow,
            waypoints: if self.cluster.auto_allow_waypoints {
                workload.waypoints.to_vec()
            } else {
                Vec::new()
            },
        }
    }
}

/// What is in scope of one destination; it answers for any number of callers and ports.
#[derive(Debug)]
pub struct Scope<'a> {
    trust_domain: Option<&'a str>,
    plaintext: Plaintext<'a>,
    deny: Vec<&'a Policy>,
    allow: Vec<&'a Policy>,
    allow_names: Vec<&'a PolicyName>,
    waypoints: Vec<Identity>,
}

impl<'a> Scope<'a> {
    /// Judges one connection: TLS, then any DENY (STRICT is one), then ALLOW where there is any.
    pub fn verdict(&self, connection: &Connection<'_>) -> Verdict<'_> {
        let connection = &Connection {
            source_ip: connection.source_ip.map(|address| address.to_canonical()),
            destination_ip: connection.destination_ip.map(|address| address.to_canonical()),
            ..*connection
        };
        // TLS (ztunnel src/tls/workload.rs, `TrustDomainVerifier`), then policies (src/state.rs,
        // `assert_rbac`).
        match (connection.peer, self.trust_domain) {
            (Some(peer), Some(own)) if peer.trust_domain() != own => {
                return Verdict::refused(Reason::TrustDomain { own });
            }
            (None, _) => {
                if let Some(policy) = self.plaintext.refused_by(connection.port) {
                    return Verdict::refused(Reason::Strict { policy });
                }
            }
            _ => {}
        }
        if let Some((policy, rule)) = first_match(&self.deny, connection) {
            return Verdict::refused(Reason::Deny { policy, rule });
        }
        if self.allow.is_empty() && self.waypoints.is_empty() {
            return Verdict::allowed(Reason::NoAllowInScope);
        }
        if let Some((policy, rule)) = first_match(&self.allow, connection) {
            return Verdict::allowed(Reason::Allow { policy, rule });
        }
        if connection.peer.is_some_and(|peer| self.waypoints.contains(peer)) {
            return Verdict::allowed(Reason::BoundWaypoint);
        }
        Verdict::refused(Reason::NoAllowMatched { in_scope: &self.allow_names })
    }

    /// The ALLOW policies in scope. As long as there is one, what none admits is refused, even if none can
    /// ever match.
    pub fn allow(&self) -> &[&'a PolicyName] {
        &self.allow_names
    }

    /// The DENY policies in scope, without what STRICT adds.
    pub fn deny(&self) -> impl Iterator<Item = &'a PolicyName> {
        self.deny.iter().map(|policy| &policy.name)
    }

    /// The PeerAuthentication that refuses plaintext on a port of the pod.
    pub fn strict(&self, port: u16) -> Option<&'a PolicyName> {
        self.plaintext.refused_by(port)
    }
}

fn first_match<'a>(policies: &[&'a Policy], connection: &Connection<'_>) -> Option<(&'a PolicyName, usize)> {
    policies.iter().find_map(|policy| Some((&policy.name, policy.matching_rule(connection)?)))
}
