//! FC434: identities that a waypoint or a sidecar would take for others.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bind::{Boundary, Callers, Capture, Cluster, Member, Mesh, Namespace, Whom, Workload, matches};
use crate::report::codes::FC434;
use crate::report::{Finding, Findings};

/// `cluster.local` in a policy stands for whatever trust domain the waypoint's own mesh has, and each of the mesh's trust
/// domains for all of its aliases (istio pilot/pkg/security/trustdomain/bundle.go). ztunnel knows neither.
pub fn waypoint_trust(mesh: &Mesh, findings: &mut Findings) {
    let of_fleet: BTreeSet<&str> = mesh.clusters.iter().map(|cluster| &*cluster.trust_domain).collect();
    for cluster in &mesh.clusters {
        let aliases = cluster.trust_domain_aliases.keys().map(|alias| &**alias);
        let own: BTreeSet<&str> = aliases.chain([&*cluster.trust_domain]).collect();
        for (name, namespace) in &cluster.namespaces {
            sidecars(mesh, cluster, name, namespace, &own, &of_fleet, findings);
            for enrolled in &namespace.access.enrolled {
                let read_otherwise = enrolled.rules.iter().find_map(|rule| match &rule.callers {
                    Whom::Only(callers) => read_otherwise(callers, &own, &of_fleet),
                    Whom::Everybody | Whom::Identified => None,
                });
                let Some((written, read)) = read_otherwise else { continue };
                findings.push(
                    Finding::new(
                        FC434,
                        format!(
                            "the waypoint of service `{name}/{}` in cluster `{}` takes callers of trust domain `{written}` for those of `{read}`",
                            enrolled.service, cluster.name
                        ),
                    )
                    .at(enrolled.place)
                    .object(format!("Service/{name}/{}", enrolled.service))
                    .because(
                        format!("the cluster's own trust domain is `{}`", cluster.trust_domain),
                        cluster.origin.place,
                    )
                    .help(
                        "a waypoint reads `cluster.local` as its own trust domain, and its own as every alias of it: \
                         give each cluster a trust domain by another name, and drop aliases that other clusters of the fleet have",
                    ),
                );
            }
        }
    }
}

/// What is written for a pod with a sidecar is read by Envoy too.
fn sidecars(
    mesh: &Mesh,
    cluster: &Cluster,
    name: &str,
    namespace: &Namespace,
    own: &BTreeSet<&str>,
    of_fleet: &BTreeSet<&str>,
    findings: &mut Findings,
) {
    for workload in namespace.workloads.iter().filter(|workload| workload.capture == Capture::Sidecar) {
        let mut written = written_for(mesh, namespace, workload);
        let Some((written, read)) = written.find_map(|callers| read_otherwise(&callers, own, of_fleet))
        else {
            continue;
        };
        let message = format!(
            "the sidecar of {} `{name}/{}` in cluster `{}` takes callers of trust domain `{written}` for those of `{read}`",
            workload.kind, workload.name, cluster.name
        );
        findings.push(
            Finding::new(FC434, message)
                .at(workload.place)
                .object(format!("{}/{name}/{}", workload.kind, workload.name))
                .because(
                    format!("the cluster's own trust domain is `{}`", cluster.trust_domain),
                    cluster.origin.place,
                )
                .help(
                    "a sidecar reads `cluster.local` as its own trust domain, and its own as every alias of it: \
                     give each cluster a trust domain by another name, or have ztunnel capture the pods, which compares what is written",
                ),
        );
    }
}

/// The callers of each statement that is written for the pods of a workload.
fn written_for<'m>(
    mesh: &'m Mesh,
    namespace: &'m Namespace,
    workload: &'m Workload,
) -> impl Iterator<Item = Callers> + 'm {
    let access = &namespace.access;
    let owner = namespace.owner().and_then(|owner| mesh.workspace(owner));
    let bounded = access.boundary == Boundary::Namespace;
    let of_members = |members: &BTreeSet<Member>| Callers { members: members.clone(), ..Callers::default() };
    let boundary = owner.filter(|_| bounded).map(move |owner| of_members(&owner.members));
    let exports = access.exports.iter().filter(|export| matches(&export.selector, &workload.labels));
    let classes = access.governed.iter().filter(|class| matches(&class.selector, &workload.labels));
    let rules = classes.flat_map(|class| &class.rules).map(|rule| {
        let mut callers = rule.excepted.clone();
        callers.identities.extend(rule.clients.iter().cloned());
        callers
    });
    let excepted = access.exceptions_covering(&workload.labels).map(|exception| exception.callers.clone());
    let locks = access.enrolled.iter().filter_map(|enrolled| enrolled.lock.as_ref());
    let locks = locks.filter(|lock| matches(&lock.selector, &workload.labels));
    let waypoints = locks.map(|lock| Callers { identities: lock.identities.clone(), ..Callers::default() });
    let exports = exports.map(move |export| of_members(&export.members));
    boundary.into_iter().chain(exports).chain(rules).chain(excepted).chain(waypoints)
}

/// A trust domain of the callers, and one of the fleet that the waypoint reads it as and that is not meant, or its own
/// where that is not what is written.
fn read_otherwise(
    callers: &Callers,
    own: &BTreeSet<&str>,
    of_fleet: &BTreeSet<&str>,
) -> Option<(Arc<str>, String)> {
    let members = callers.members.iter().map(|member| (member, None));
    let identities = callers.identities.iter().map(|identity| (&identity.member, Some(&identity.account)));
    members.chain(identities).find_map(|(member, account)| {
        let written = &*member.trust_domain;
        if !own.contains(written) && written != "cluster.local" {
            return None;
        }
        let meant = |domain: &str| {
            let mut meant = member.clone();
            meant.trust_domain = domain.into();
            match account {
                None => callers.members.contains(&meant),
                Some(account) => {
                    callers.contain(Some(&crate::bind::Identity { member: meant, account: account.clone() }))
                }
            }
        };
        let lost = (!own.contains(written)).then(|| own.first().copied()).flatten();
        let gained = own.iter().copied().find(|domain| of_fleet.contains(domain) && !meant(domain));
        let read = gained.or(lost)?;
        Some((member.trust_domain.clone(), read.to_owned()))
    })
}
