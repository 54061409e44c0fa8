//! AccessPolicies → which pods they govern, and whom they allow (SPEC section 5).

mod clients;
mod destinations;
mod nearest;
mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::encoding::Selected;
use super::mesh::{AccessPolicy, Cluster, ClusterId, Identity, PolicyId, Tls, Workspace};
use super::origin;
use super::tenancy::ConfigEnabled;
use crate::kinds::access_policy::{Authorization, TlsMode};
use crate::kinds::{AccessPolicySpec, Intents, Object, Spot};
use crate::report::codes::{FC112, FC401, FC413};
use crate::report::{Finding, Findings};
use crate::source::Place;

use reach::{Reach, reach};

/// What the policies select in one namespace of one cluster.
pub type SelectedIn = BTreeMap<(ClusterId, String), Vec<Selected>>;

/// Binds every AccessPolicy.
pub fn bind_policies(
    intents: &Intents,
    enabled: &ConfigEnabled,
    clusters: &[Cluster],
    workspaces: &[Workspace],
    findings: &mut Findings,
) -> (Vec<AccessPolicy>, SelectedIn) {
    let mut policies = Vec::new();
    let mut selected = SelectedIn::new();
    for object in &intents.access_policies {
        let Some(reach) = reach(object, enabled, clusters, findings) else { continue };
        let mut binding = Binding {
            object,
            id: PolicyId(policies.len()),
            reach,
            clusters,
            workspaces,
            selected: &mut selected,
            findings,
        };
        binding.select();
        let policy = binding.policy();
        policies.push(policy);
    }
    for classes in selected.values_mut() {
        classes.sort_by(|a, b| (&a.destination, a.policy).cmp(&(&b.destination, b.policy)));
    }
    (policies, selected)
}

/// One policy while it is bound.
struct Binding<'a> {
    object: &'a Object<AccessPolicySpec>,
    id: PolicyId,
    reach: Reach<'a>,
    clusters: &'a [Cluster],
    workspaces: &'a [Workspace],
    selected: &'a mut SelectedIn,
    findings: &'a mut Findings,
}

impl<'a> Binding<'a> {
    fn push(&mut self, finding: Finding) {
        self.findings.push(finding.object(self.object.reference("AccessPolicy")));
    }

    /// The policy without what it selects.
    fn policy(&mut self) -> AccessPolicy {
        let config = self.object.spec.config.as_ref();
        let tls = config.and_then(|config| config.tls_mode()).and_then(|mode| {
            let tls = match mode.value {
                TlsMode::Strict => Tls::Strict,
                TlsMode::Permissive => Tls::Permissive,
                TlsMode::Disable => {
                    self.push(
                        Finding::new(
                            FC413,
                            "`DISABLE` cannot be had in ambient: ztunnel takes mTLS on every captured pod",
                        )
                        .at(mode.place)
                        .help("say PERMISSIVE, or take the pods out of the mesh"),
                    );
                    return None;
                }
            };
            Some((tls, mode.place))
        });
        let authorizations = config.and_then(|config| config.authorizations());
        let mut grants = Vec::new();
        for authorization in authorizations.unwrap_or_default() {
            self.http_attributes(authorization);
            for client in &authorization.allowed_clients {
                grants.push((client.place, self.clients(client)));
            }
        }
        let clients = authorizations.map(|_| {
            let all: BTreeSet<Identity> =
                grants.iter().flat_map(|(_, clients)| clients.iter().cloned()).collect();
            Arc::new(all)
        });
        let classes = self.selected.values().flatten().filter(|class| class.policy == self.id).count();
        AccessPolicy { origin: origin("AccessPolicy", self.object), clients, grants, tls, classes }
    }

    /// What ztunnel cannot see. An ALLOW with such an attribute would admit nobody, and nothing less would be exact.
    fn http_attributes(&mut self, authorization: &Authorization) {
        let first = |list: &[Spot<String>]| list.first().map(|value| value.place);
        let tokens = authorization
            .allowed_clients
            .iter()
            .filter_map(|client| client.request_identity_matcher.as_ref());
        let attributes: [(&str, Option<Place>); 4] = [
            ("allowedPaths", first(&authorization.allowed_paths)),
            ("allowedMethods", first(&authorization.allowed_methods)),
            ("match", authorization.matches.as_ref().map(|matches| matches.place)),
            ("requestIdentityMatcher", tokens.map(|token| token.place).next()),
        ];
        for (field, place) in attributes {
            let Some(place) = place else { continue };
            self.push(
                Finding::new(FC401, format!("`{field}` is an HTTP attribute, and no waypoint stands before what this policy selects"))
                    .at(place)
                    .help(
                        "ztunnel sees connections, not requests. Enrol the Service in a waypoint by a label:\n\
                         metadata:\n  labels:\n    istio.io/use-waypoint: waypoint\n\
                         (policies at waypoints are not compiled yet: until then leave the attribute out)",
                    ),
            );
        }
        for (field, place) in [
            ("allowedIpBlocks", first(&authorization.allowed_ip_blocks)),
            ("allowedRemoteIpBlocks", first(&authorization.allowed_remote_ip_blocks)),
        ] {
            let Some(place) = place else { continue };
            self.push(
                Finding::new(FC112, format!("`{field}` is real, but fleetc does not compile it"))
                    .at(place)
                    .help("addresses do not survive gateways and waypoints: allow identities instead"),
            );
        }
    }
}
