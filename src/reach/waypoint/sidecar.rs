//! The sidecar: Envoy beside the pods themselves, where ztunnel stands before the others.
//!
//! Its rules are a waypoint's, its policies are ztunnel's: those of its namespace and of the root namespace, with a
//! selector only where it matches, and never one with `targetRefs` (istio pilot/pkg/model/policyattachment.go,
//! `ShouldAttachPolicy`). PeerAuthentication is taken as written, by workload, namespace and mesh (istio
//! pilot/pkg/security/authn/policy_applier.go, `ComposePeerAuthentication`). A caller of the ambient mesh comes by HBONE
//! with its identity, as istiod has it wherever ambient is on.

use std::collections::BTreeMap;

use crate::manifest::{AuthorizationPolicy, Labels, MtlsMode, PeerAuthentication};
use crate::reach::Cluster;
use crate::reach::peer_authentication::{PeerAuthentications, SidecarMode};
use crate::reach::policy::{PolicyName, target_refs};
use crate::reach::verdict::{Reason, Verdict};

use super::request::Request;
use super::trust_domains::TrustDomains;
use super::{AtWaypoint, Policy, WaypointScope};

/// The policies of one cluster as its sidecars hold them.
#[derive(Debug)]
pub struct SidecarPolicies {
    cluster: Cluster,
    by_namespace: BTreeMap<String, Vec<(Labels, Policy)>>,
    peer: PeerAuthentications,
}

impl SidecarPolicies {
    /// Compiles the policies that have no `targetRefs`. `peer` is oldest first, as at ztunnel.
    pub fn new<'p>(
        cluster: &Cluster,
        authorization: impl IntoIterator<Item = &'p AuthorizationPolicy>,
        peer: impl IntoIterator<Item = &'p PeerAuthentication>,
    ) -> SidecarPolicies {
        let trust_domains = TrustDomains::new(cluster);
        let mut by_namespace: BTreeMap<String, Vec<(Labels, Policy)>> = BTreeMap::new();
        for written in authorization.into_iter().filter(|written| target_refs(&written.spec).is_empty()) {
            let Some(policy) = Policy::compile(written, Vec::new(), &trust_domains) else { continue };
            // unlike at ztunnel, a selector without labels selects every pod
            let selector = written
                .spec
                .selector
                .as_ref()
                .map_or_else(Labels::new, |selector| selector.match_labels.clone());
            by_namespace.entry(policy.name.namespace.clone()).or_default().push((selector, policy));
        }
        let peer = PeerAuthentications::new(&cluster.root_namespace, peer);
        SidecarPolicies { cluster: cluster.clone(), by_namespace, peer }
    }

    /// What is in scope of the pods of a namespace that carry these labels.
    pub fn at(&self, namespace: &str, labels: &Labels) -> SidecarScope<'_> {
        let root = self.cluster.root_namespace.as_str();
        let own = Some(namespace).filter(|namespace| *namespace != root);
        let namespaces = [Some(root), own].into_iter().flatten();
        let written = namespaces.filter_map(|namespace| self.by_namespace.get(namespace)).flatten();
        let selecting = written
            .filter(|(selector, _)| selector.iter().all(|(key, value)| labels.get(key) == Some(value)));
        let scope = WaypointScope::of(selecting.map(|(_, policy)| policy));
        SidecarScope { cluster: &self.cluster, mode: self.peer.at_sidecar(namespace, labels), scope }
    }
}

/// What is in scope of one class of pods with sidecars.
#[derive(Debug)]
pub struct SidecarScope<'a> {
    cluster: &'a Cluster,
    mode: SidecarMode<'a>,
    scope: WaypointScope<'a>,
}

impl<'a> SidecarScope<'a> {
    /// Judges one request to a port of the pods: TLS, PeerAuthentication, then any DENY, then ALLOW where there is any.
    pub fn verdict(&self, request: &Request<'_>) -> AtWaypoint<'_> {
        let refused = |because| AtWaypoint { verdict: Verdict::refused(because), not_modelled: Vec::new() };
        let (mode, policy) = self.mode.at(request.port);
        // without TLS nobody can show who it is
        let peer = request.peer.filter(|_| mode != MtlsMode::Disable);
        if let (None, MtlsMode::Strict, Some(policy)) = (peer, mode, policy) {
            return refused(Reason::Strict { policy });
        }
        let own = self.cluster.trust_domain.as_deref().filter(|_| !self.cluster.skip_trust_domain_validation);
        if let (Some(peer), Some(own)) = (peer, own) {
            let aliases = &self.cluster.trust_domain_aliases;
            if peer.trust_domain() != own && !aliases.iter().any(|alias| alias == peer.trust_domain()) {
                return refused(Reason::TrustDomain { own });
            }
        }
        self.scope.verdict(&Request { peer, ..*request })
    }

    /// How a port of the pods treats plaintext.
    pub fn mode(&self, port: u16) -> MtlsMode {
        self.mode.at(port).0
    }

    /// Every AuthorizationPolicy in scope.
    pub fn names(&self) -> impl Iterator<Item = &'a PolicyName> {
        self.scope.allow().iter().copied().chain(self.scope.deny()).chain(self.scope.custom())
    }
}
