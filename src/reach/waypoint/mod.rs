//! The waypoint: the layer that traffic addressed to an enrolled Service, or to a workload behind a workload
//! waypoint, meets.
//!
//! Only policies with `targetRefs` reach a waypoint; selectors and policies without either do not, not even
//! those of the root namespace (istio pilot/pkg/model/policyattachment.go, `ShouldAttachPolicy`). It sees the
//! original client.

mod matcher;
mod request;
mod rule;
mod sidecar;
mod trust_domains;

use std::collections::BTreeMap;

use crate::manifest::{Action, AuthorizationPolicy, TargetRef};

use super::Cluster;
use super::policy::{PolicyName, is_dry_run, target_refs};
use super::verdict::{Reason, Verdict};
use rule::{Chain, Reader, Rule};
use trust_domains::TrustDomains;

pub use request::{HttpRequest, Request, Token};
pub use sidecar::{SidecarPolicies, SidecarScope};

/// The policies of one cluster as its waypoints hold them.
#[derive(Debug)]
pub struct WaypointPolicies {
    root_namespace: String,
    by_namespace: BTreeMap<String, Vec<Policy>>,
}

/// A waypoint, and what of it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a> {
    /// The namespace of the waypoint's Gateway.
    pub namespace: &'a str,
    /// The name of the waypoint's Gateway.
    pub gateway: &'a str,
    /// What the client addressed.
    pub backend: Backend<'a>,
}

/// What a client addressed. The waypoint may be in another namespace; a policy is attached in the backend's
/// own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the object's own namespace and name")]
pub enum Backend<'a> {
    /// A Kubernetes Service.
    Service { namespace: &'a str, name: &'a str },
    /// A ServiceEntry, by the object's name and not by its host.
    ServiceEntry { namespace: &'a str, name: &'a str },
    /// A pod's address, at a waypoint for workloads.
    Workload,
}

impl<'a> Backend<'a> {
    fn namespace(&self) -> Option<&'a str> {
        match self {
            Backend::Service { namespace, .. } | Backend::ServiceEntry { namespace, .. } => Some(namespace),
            Backend::Workload => None,
        }
    }
}

/// A waypoint's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtWaypoint<'a> {
    /// What DENY and ALLOW say.
    pub verdict: Verdict<'a>,
    /// What is not modelled and could decide otherwise: CUSTOM policies that the request triggers (they ask
    /// an outside service, before DENY and ALLOW), and policies with conditions on Envoy metadata (taken as
    /// not matching).
    pub not_modelled: Vec<&'a PolicyName>,
}

#[derive(Debug)]
struct Policy {
    name: PolicyName,
    action: Action,
    targets: Vec<TargetRef>,
    /// On chains whose protocol is HTTP, and on the others.
    http: Vec<Rule>,
    tcp: Vec<Rule>,
    reads_metadata: bool,
}

impl WaypointPolicies {
    /// Compiles the policies that have `targetRefs` (istio pilot/pkg/security/authz/builder/builder.go).
    pub fn new<'p>(
        cluster: &Cluster,
        authorization: impl IntoIterator<Item = &'p AuthorizationPolicy>,
    ) -> WaypointPolicies {
        let trust_domains = TrustDomains::new(cluster);
        let mut by_namespace: BTreeMap<String, Vec<Policy>> = BTreeMap::new();
        for written in authorization {
            if let Some(policy) = Policy::read(written, &trust_domains) {
                by_namespace.entry(policy.name.namespace.clone()).or_default().push(policy);
            }
        }
        WaypointPolicies { root_namespace: cluster.root_namespace.clone(), by_namespace }
    }

    /// What is in scope of requests to a backend at a waypoint: the policies of the waypoint's class, of its
    /// Gateway and of the backend, in one flat set.
    pub fn at(&self, attachment: &Attachment<'_>) -> WaypointScope<'_> {
        let mut namespaces = vec![self.root_namespace.as_str(), attachment.namespace];
        namespaces.extend(attachment.backend.namespace());
        namespaces.sort_unstable();
        namespaces.dedup();
        let policies =
            namespaces.into_iter().filter_map(|namespace| self.by_namespace.get(namespace)).flatten();
        WaypointScope::of(policies.filter(|policy| self.attaches(policy, attachment)))
    }

    /// `ShouldAttachPolicy`, for a proxy that is a waypoint.
    fn attaches(&self, policy: &Policy, attachment: &Attachment<'_>) -> bool {
        let namespace = policy.name.namespace.as_str();
        policy.targets.iter().any(|target| match (target.group.as_str(), target.kind.as_str()) {
            ("" | "core", "Service") => {
                attachment.backend == Backend::Service { namespace, name: &target.name }
            }
            ("networking.istio.io", "ServiceEntry") => {
                attachment.backend == Backend::ServiceEntry { namespace, name: &target.name }
            }
            ("gateway.networking.k8s.io", "GatewayClass") => {
                namespace == self.root_namespace && target.name == "istio-waypoint"
            }
            ("gateway.networking.k8s.io", "Gateway") => {
                namespace == attachment.namespace && target.name == attachment.gateway
            }
            _ => false,
        })
    }
}

impl Policy {
    /// `None` without a target.
    fn read(policy: &AuthorizationPolicy, trust_domains: &TrustDomains) -> Option<Self> {
        let targets = target_refs(&policy.spec).to_vec();
        if targets.is_empty() { None } else { Policy::compile(policy, targets, trust_domains) }
    }

    /// `None` for a dry run, which only logs. A CUSTOM policy asks its service even then.
    fn compile(
        policy: &AuthorizationPolicy,
        targets: Vec<TargetRef>,
        trust_domains: &TrustDomains,
    ) -> Option<Self> {
        let spec = &policy.spec;
        if is_dry_run(&policy.metadata) && spec.action != Action::Custom {
            return None;
        }
        let name = PolicyName::new(AuthorizationPolicy::KIND, &policy.metadata);
        let rules = |chain| {
            let reader = Reader { chain, action: spec.action, namespace: &name.namespace, trust_domains };
            let rules = spec.rules.iter().enumerate();
            rules.filter_map(|(index, rule)| Rule::read(index, rule, &reader)).collect()
        };
        let (http, tcp) = (rules(Chain::Http), rules(Chain::Tcp));
        let mut conditions = spec.rules.iter().flat_map(|rule| &rule.when);
        let reads_metadata = conditions.any(|condition| condition.key.starts_with(matcher::METADATA));
        Some(Policy { action: spec.action, targets, http, tcp, reads_metadata, name })
    }

    fn matching_rule(&self, request: &Request<'_>) -> Option<usize> {
        let rules = if request.http.is_some() { &self.http } else { &self.tcp };
        rules.iter().find(|rule| rule.matches(request)).map(|rule| rule.index)
    }
}

/// What is in scope of requests to one backend at one waypoint.
#[derive(Debug, Default)]
pub struct WaypointScope<'a> {
    custom: Vec<&'a Policy>,
    deny: Vec<&'a Policy>,
    allow: Vec<&'a Policy>,
    allow_names: Vec<&'a PolicyName>,
}

impl<'a> WaypointScope<'a> {
    /// The policies that are in scope, in the order in which they are named; AUDIT decides nothing.
    fn of(policies: impl Iterator<Item = &'a Policy>) -> Self {
        let mut scope = WaypointScope::default();
        for policy in policies {
            match policy.action {
                Action::Allow => scope.allow.push(policy),
                Action::Deny => scope.deny.push(policy),
                Action::Custom => scope.custom.push(policy),
                Action::Audit => {}
            }
        }
        scope.allow_names = scope.allow.iter().map(|policy| &policy.name).collect();
        scope
    }

    /// Judges one request: any DENY, then ALLOW where there is any.
    pub fn verdict(&self, request: &Request<'_>) -> AtWaypoint<'_> {
        let request = &Request {
            source_ip: request.source_ip.map(|address| address.to_canonical()),
            remote_ip: request.remote_ip.map(|address| address.to_canonical()),
            destination_ip: request.destination_ip.map(|address| address.to_canonical()),
            ..*request
        };
        AtWaypoint { verdict: self.judge(request), not_modelled: self.not_modelled(request) }
    }

    fn judge(&self, request: &Request<'_>) -> Verdict<'_> {
        if let Some((policy, rule)) = first_match(&self.deny, request) {
            return Verdict::refused(Reason::Deny { policy, rule });
        }
        if self.allow.is_empty() {
            return Verdict::allowed(Reason::NoAllowInScope);
        }
        match first_match(&self.allow, request) {
            Some((policy, rule)) => Verdict::allowed(Reason::Allow { policy, rule }),
            None => Verdict::refused(Reason::NoAllowMatched { in_scope: &self.allow_names }),
        }
    }

    fn not_modelled(&self, request: &Request<'_>) -> Vec<&'a PolicyName> {
        let custom = self.custom.iter();
        let custom = custom.filter(|policy| policy.reads_metadata || policy.matching_rule(request).is_some());
        let others = self.deny.iter().chain(&self.allow).filter(|policy| policy.reads_metadata);
        custom.chain(others).map(|policy| &policy.name).collect()
    }

    /// The ALLOW policies in scope. As long as there is one, what none admits is refused.
    pub fn allow(&self) -> &[&'a PolicyName] {
        &self.allow_names
    }

    /// The DENY policies in scope.
    pub fn deny(&self) -> impl Iterator<Item = &'a PolicyName> {
        self.deny.iter().map(|policy| &policy.name)
    }

    /// The CUSTOM policies in scope.
    pub fn custom(&self) -> impl Iterator<Item = &'a PolicyName> {
        self.custom.iter().map(|policy| &policy.name)
    }
}

fn first_match<'a>(policies: &[&'a Policy], request: &Request<'_>) -> Option<(&'a PolicyName, usize)> {
    policies.iter().find_map(|policy| Some((&policy.name, policy.matching_rule(request)?)))
}
