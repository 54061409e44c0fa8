//! FC403, FC404, FC408: enforcement needs capture (SPEC section 5).

use std::collections::BTreeSet;

use crate::bind::{Boundary, Capture, Cluster, Grant, Mesh, Namespace, Workload, matches};
use crate::manifest::Labels;
use crate::report::codes::{FC403, FC404, FC408};
use crate::report::{Finding, Findings};

/// What is governed must be captured; callers that are allowed should be.
pub fn capture(mesh: &Mesh, findings: &mut Findings) {
    for cluster in &mesh.clusters {
        for (name, namespace) in &cluster.namespaces {
            destinations(cluster, name, namespace, findings);
            silent_namespace(mesh, cluster, name, namespace, findings);
            opted_namespace(cluster, name, namespace, findings);
        }
    }
    callers(mesh, findings);
}

fn destinations(cluster: &Cluster, name: &str, namespace: &Namespace, findings: &mut Findings) {
    for workload in namespace.workloads.iter().filter(|workload| governed(namespace, workload)) {
        let why = match workload.capture {
            // a gateway enforces by itself what selects it (istio pilot/pkg/model/policyattachment.go)
            Capture::Opted if workload.gateway => continue,
            Capture::Opted => "opts out of the mesh with `istio.io/dataplane-mode: none`",
            Capture::HostNetwork => "runs on the host's network, where ztunnel captures nothing",
            Capture::Ambient | Capture::Assumed | Capture::Sidecar => continue,
        };
        findings.push(
            Finding::new(
                FC403,
                format!("{} `{name}/{}` in cluster `{}` {why}, so no policy is enforced there", workload.kind, workload.name, cluster.name),
            )
            .at(workload.place)
            .object(format!("{}/{name}/{}", workload.kind, workload.name))
            .help("have it captured, move it to a namespace that is neither isolated nor selected, or leave the namespace out of the workspace"),
        );
    }
}

/// Whether the tree says anything about calls to a workload.
fn governed(namespace: &Namespace, workload: &Workload) -> bool {
    let carries = |selector: &Labels| matches(selector, &workload.labels);
    let bounded = !matches!(namespace.access.boundary, Boundary::Open) && !workload.gateway;
    bounded || namespace.access.governed.iter().any(|class| carries(&class.selector))
}

fn silent_namespace(
    mesh: &Mesh,
    cluster: &Cluster,
    name: &str,
    namespace: &Namespace,
    findings: &mut Findings,
) {
    let silent = namespace.capture == Capture::Assumed && !mesh.enrol;
    if let (true, true, Some(place)) = (says_something(namespace), silent, namespace.place) {
        findings.push(
            Finding::new(
                FC404,
                format!("namespace `{name}` in cluster `{}` carries no `istio.io/dataplane-mode`: nothing is enforced there until it does", cluster.name),
            )
            .at(place)
            .help("label it `istio.io/dataplane-mode: ambient`, or set `defaults.enrol: true` in the Fleet, which renders the label"),
        );
    }
}

/// A namespace that opts out without a governed workload that the inventory knows: its pods to come are not captured.
fn opted_namespace(cluster: &Cluster, name: &str, namespace: &Namespace, findings: &mut Findings) {
    let known = namespace.workloads.iter().any(|workload| governed(namespace, workload));
    let opted = namespace.capture == Capture::Opted && says_something(namespace) && !known;
    if let (true, Some(place)) = (opted, namespace.place) {
        findings.push(
            Finding::new(
                FC403,
                format!("namespace `{name}` in cluster `{}` opts out of the mesh with `istio.io/dataplane-mode: none`, so no policy is enforced there", cluster.name),
            )
            .at(place)
            .object(format!("Namespace/{name}"))
            .help("label it `istio.io/dataplane-mode: ambient`, or leave it out of the workspace and its policies"),
        );
    }
}

fn says_something(namespace: &Namespace) -> bool {
    namespace.access.boundary != Boundary::Open || !namespace.access.governed.is_empty()
}

/// Allowed clients whose workloads are known not to be captured arrive as plaintext, which the policy refuses.
fn callers(mesh: &Mesh, findings: &mut Findings) {
    let mut plain = BTreeSet::new();
    for cluster in &mesh.clusters {
        for (name, namespace) in &cluster.namespaces {
            for workload in &namespace.workloads {
                // a gateway presents its identity by itself
                if matches!(workload.capture, Capture::Opted | Capture::HostNetwork) && !workload.gateway {
                    plain.insert((
                        cluster.trust_domain.clone(),
                        name.as_str(),
                        workload.account.as_str(),
                        workload.place,
                    ));
                }
            }
        }
    }
    for policy in &mesh.policies {
        for Grant { place, clients, .. } in &policy.grants {
            let uncaptured = plain.iter().find(|(trust_domain, namespace, account, _)| {
                clients.iter().any(|client| {
                    client.member.trust_domain == *trust_domain
                        && *client.member.namespace == **namespace
                        && *client.account == **account
                })
            });
            if let Some((_, namespace, account, workload)) = uncaptured {
                findings.push(
                    Finding::new(
                        FC408,
                        format!("client `{namespace}/{account}` is allowed here, but its workload is not captured and arrives as plaintext"),
                    )
                    .at(*place)
                    .object(&*policy.origin.name)
                    .because("the workload that is not captured", *workload)
                    .help("have the workload captured; as plaintext it has no identity and is refused"),
                );
            }
        }
    }
}
