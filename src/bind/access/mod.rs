//! AccessPolicies → which pods they govern, and whom they allow (SPEC section 5).

mod clients;
mod destinations;
mod nearest;
mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::encoding::Selected;
use rayon::prelude::*;

use super::mesh::{AccessPolicy, Cluster, ClusterId, Destination, Identity, PolicyId, Ports, Tls, Workspace};
use super::origin;
use super::tenancy::ConfigEnabled;
use crate::kinds::access_policy::{Authorization, TlsMode};
use crate::kinds::{AccessPolicySpec, Intents, Labels, Object, Spot};
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
    let bound: Vec<_> = intents
        .access_policies
        .par_iter()
        .map(|object| {
            let mut found = Findings::default();
            let policy = reach(object, enabled, clusters, &mut found).map(|reach| {
                let (selected, findings) = (Vec::new(), &mut found);
                Binding { object, reach, clusters, workspaces, selected, findings }.bind()
            });
            (policy, found)
        })
        .collect();
    let mut policies = Vec::new();
    let mut selected = SelectedIn::new();
    for (bound, found) in bound {
        findings.extend(found);
        let Some((policy, classes)) = bound else { continue };
        for class in classes {
            let policy = PolicyId(policies.len());
            let Class { cluster, namespace, destination, selector, ports } = class;
            selected.entry((cluster, namespace)).or_default().push(Selected {
                destination,
                selector,
                policy,
                ports,
            });
        }
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
    reach: Reach<'a>,
    clusters: &'a [Cluster],
    workspaces: &'a [Workspace],
    selected: Vec<Class>,
    findings: &'a mut Findings,
}

/// A class of pods that the policy selects.
struct Class {
    cluster: ClusterId,
    namespace: String,
    destination: Destination,
    selector: Labels,
    ports: Ports,
}

impl<'a> Binding<'a> {
    fn bind(mut self) -> (AccessPolicy, Vec<Class>) {
        self.select();
        (self.policy(), self.selected)
    }

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
        AccessPolicy { origin: origin("AccessPolicy", self.object), clients, grants, tls }
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
