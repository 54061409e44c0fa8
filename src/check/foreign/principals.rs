//! FC456: principals that nobody presents.

use std::collections::BTreeSet;

use super::{Foreign, all};
use crate::bind::Mesh;
use crate::manifest::Action;
use crate::report::codes::FC456;
use crate::report::{Finding, Findings};

/// The trust domain that Envoy takes for the cluster's own, whatever that is, and ztunnel for what it says
/// (istio/ztunnel#1260).
const POINTER: &str = "cluster.local";

/// Each principal of each policy is matched against `<trust-domain>/ns/<namespace>/sa/<account>`, without a scheme.
pub fn foreign_principals(mesh: &Mesh, findings: &mut Findings) {
    let own = mesh.clusters.iter().map(|cluster| &*cluster.trust_domain);
    let aliases =
        mesh.clusters.iter().flat_map(|cluster| cluster.trust_domain_aliases.keys().map(|alias| &**alias));
    let known: BTreeSet<&str> = own.chain(aliases).collect();
    for foreign in all(mesh) {
        for (principal, refusing) in principals(foreign) {
            let Some((why, help)) = never(foreign, principal, &known) else { continue };
            let effect = match (foreign.policy.spec.action, refusing) {
                (Action::Deny, false) => "so the rule refuses nobody by it",
                (Action::Deny, true) => "so the rule refuses whom it seems to leave out",
                (_, false) => "so the rule admits nobody by it",
                (_, true) => "so the rule admits whom it seems to leave out",
            };
            findings.push(
                Finding::new(
                    FC456,
                    format!(
                        "principal `{principal}` of AuthorizationPolicy {} {why}, {effect}",
                        foreign.shown()
                    ),
                )
                .at(foreign.held.place)
                .object(foreign.reference())
                .help(help),
            );
        }
    }
}

/// Every principal, and whether it stands in a list of those who are not meant.
fn principals(foreign: Foreign<'_>) -> BTreeSet<(&str, bool)> {
    let sources = foreign.sources().flat_map(|source| {
        let named = source.principals.iter().map(|one| (one.as_str(), false));
        named.chain(source.not_principals.iter().map(|one| (one.as_str(), true)))
    });
    let conditions = foreign.policy.spec.rules.iter().flat_map(|rule| &rule.when);
    let conditions =
        conditions.filter(|condition| condition.key == "source.principal").flat_map(|condition| {
            let named = condition.values.iter().map(|one| (one.as_str(), false));
            named.chain(condition.not_values.iter().map(|one| (one.as_str(), true)))
        });
    sources.chain(conditions).collect()
}

fn never(foreign: Foreign<'_>, principal: &str, known: &BTreeSet<&str>) -> Option<(String, String)> {
    if let Some(rest) = principal.strip_prefix("spiffe://") {
        let why = "begins with `spiffe://`, which is no part of what it is matched against".to_owned();
        return Some((why, format!("write `{rest}`")));
    }
    let (trust_domain, rest) = principal.split_once("/ns/")?;
    // a wildcard matches any
    if trust_domain.contains('*') || known.contains(trust_domain) {
        return None;
    }
    let own = &foreign.cluster.trust_domain;
    match trust_domain {
        // a waypoint takes it for the cluster's own
        POINTER if foreign.is_attached() => None,
        POINTER => Some((
            format!(
                "names `{POINTER}`, but the trust domain is `{own}` and ztunnel knows no other name for it"
            ),
            format!("write `{own}/ns/{rest}`"),
        )),
        _ => {
            let known: Vec<_> = known.iter().map(|one| format!("`{one}`")).collect();
            Some((
                format!("is of trust domain `{trust_domain}`, which no cluster of the fleet has"),
                format!("the trust domains of the fleet are {}", known.join(", ")),
            ))
        }
    }
}
