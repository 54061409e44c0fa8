//! AccessPolicies → which pods they govern, and whom they allow (SPEC section 5).

mod clients;
mod destinations;
mod nearest;
mod reach;
mod requests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::encoding::Selected;
use rayon::prelude::*;

use super::mesh::{
    AccessPolicy, Cluster, ClusterId, Destination, Grant, Identity, PolicyId, Ports, Tls, Workspace,
};
use super::origin;
use super::tenancy::ConfigEnabled;
use crate::kinds::access_policy::{Authorization, TlsMode};
use crate::kinds::{AccessPolicySpec, Intents, Labels, Object, Spot};
use crate::report::codes::FC413;
use crate::report::{Finding, Findings};
use crate::source::Place;

use reach::{Reach, reach};
pub use requests::waypoint_gateway;

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
        let said = config.and_then(|config| config.authorizations());
        let enforced: Vec<&Authorization> =
            said.into_iter().flatten().filter(|authorization| !self.is_dry_run(authorization)).collect();
        // an empty list allows nobody, one of dry runs alone restricts nobody
        let restricts = said.is_some_and(|said| said.is_empty() || !enforced.is_empty());
        let (mut grants, mut asked) = (Vec::new(), None);
        for authorization in enforced {
            let request = self.request(authorization);
            for client in &authorization.allowed_clients {
                let mut request = request.clone();
                if let Some(token) = &client.request_identity_matcher {
                    self.token(token, &mut request);
                }
                let (place, clients) = (client.place, self.clients(client));
                grants.push(Grant { place, clients, request: Arc::new(request) });
            }
            asked = asked.or_else(|| attribute(authorization));
        }
        if let Some((field, place)) = asked {
            self.needs_waypoint(field, place);
        }
        let clients = restricts.then(|| {
            let all: BTreeSet<Identity> =
                grants.iter().flat_map(|grant| grant.clients.iter().cloned()).collect();
            Arc::new(all)
        });
        AccessPolicy { origin: origin("AccessPolicy", self.object), clients, grants, tls }
    }
}

/// The first request attribute of an entry, and where it stands.
fn attribute(authorization: &Authorization) -> Option<(&'static str, Place)> {
    let first = |list: &[Spot<String>]| list.first().map(|value| value.place);
    let mut tokens =
        authorization.allowed_clients.iter().filter_map(|client| client.request_identity_matcher.as_ref());
    let attributes: [(&str, Option<Place>); 5] = [
        ("allowedPaths", first(&authorization.allowed_paths)),
        ("allowedMethods", first(&authorization.allowed_methods)),
        ("match", authorization.matches.as_ref().map(|matches| matches.place)),
        ("requestIdentityMatcher", tokens.next().map(|token| token.place)),
        ("allowedIpBlocks", first(&authorization.allowed_ip_blocks)),
    ];
    attributes.into_iter().find_map(|(field, place)| Some((field, place?)))
}
