//! FC430: tokens that nobody validates.

use std::collections::BTreeSet;

use crate::bind::{Cluster, Enrolled, Mesh, ROOT_NAMESPACE, Request};
use crate::manifest::TargetRef;
use crate::report::codes::FC430;
use crate::report::{Finding, Findings};
use crate::source::Place;

/// Istio compares the principal of a token only after a RequestAuthentication at the waypoint has validated it; without
/// one the rule never matches.
pub fn tokens(mesh: &Mesh, findings: &mut Findings) {
    for cluster in &mesh.clusters {
        for (namespace, bound) in &cluster.namespaces {
            for enrolled in &bound.access.enrolled {
                let issuers = issuers(cluster, namespace, enrolled);
                let asked: BTreeSet<&Request> = enrolled.rules.iter().map(|rule| &*rule.request).collect();
                for request in asked {
                    let Some(principal) =
                        request.principals.iter().find(|principal| !is_known(principal, &issuers))
                    else {
                        continue;
                    };
                    findings.push(unknown(mesh, cluster, namespace, enrolled, request, principal));
                }
            }
        }
    }
}

fn unknown(
    mesh: &Mesh,
    cluster: &Cluster,
    namespace: &str,
    enrolled: &Enrolled,
    request: &Request,
    principal: &str,
) -> Finding {
    let service = &enrolled.service;
    let grants =
        mesh.policies.iter().flat_map(|policy| policy.grants.iter().map(move |grant| (policy, grant)));
    let asking = grants.into_iter().find(|(_, grant)| *grant.request == *request);
    let issuer = match principal.rsplit_once('/') {
        Some((issuer, _)) if !issuer.starts_with('*') => issuer,
        _ => "https://issuer.example",
    };
    let place: Option<Place> = asking.map(|(_, grant)| grant.place);
    let message = format!(
        "no RequestAuthentication of cluster `{}` validates the tokens of `{principal}` at service `{namespace}/{service}`",
        cluster.name
    );
    let finding = Finding::new(FC430, message).at(place.unwrap_or(enrolled.place));
    let finding = match asking {
        Some((policy, _)) => finding.object(&*policy.origin.name),
        None => finding,
    };
    finding.because("the Service", enrolled.place).help(format!(
        "a token that is not validated has no principal. Put this below `clusters/`, with the issuer's keys:\n\
         apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata:\n  name: {service}\n  namespace: {namespace}\nspec:\n  targetRefs:\n  - group: \"\"\n    kind: Service\n    name: {service}\n  jwtRules:\n  - issuer: {issuer}\n    jwksUri: {issuer}/.well-known/jwks.json"
    ))
}

/// The issuers whose tokens are validated for a Service at its waypoint (istio pilot/pkg/model/policyattachment.go,
/// `ShouldAttachPolicy`).
fn issuers<'m>(cluster: &'m Cluster, namespace: &str, enrolled: &Enrolled) -> BTreeSet<&'m str> {
    let waypoint = &enrolled.waypoint;
    let attached = |of: &str, target: &TargetRef| match (target.group.as_str(), target.kind.as_str()) {
        ("" | "core", "Service") => of == namespace && target.name == enrolled.service,
        ("gateway.networking.k8s.io", "Gateway") => of == waypoint.namespace && target.name == waypoint.name,
        ("gateway.networking.k8s.io", "GatewayClass") => {
            of == ROOT_NAMESPACE && target.name == "istio-waypoint"
        }
        _ => false,
    };
    let here = cluster
        .token_issuers
        .iter()
        .filter(|tokens| tokens.targets.iter().any(|target| attached(&tokens.namespace, target)));
    here.flat_map(|tokens| tokens.issuers.iter().map(String::as_str)).collect()
}

/// `<issuer>/<subject>`, cut at the last slash; a `*` before it stands for any issuer.
fn is_known(principal: &str, issuers: &BTreeSet<&str>) -> bool {
    match principal.rsplit_once('/') {
        Some((issuer, _)) => match issuer.strip_prefix('*') {
            Some(ending) => issuers.iter().any(|known| known.ends_with(ending)),
            None => issuers.contains(issuer),
        },
        None => !issuers.is_empty(),
    }
}
