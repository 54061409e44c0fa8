//! `describe service`.

use std::collections::BTreeSet;

use super::ground::labels;
use super::{At, Description, Fact, Ground, access_policy, calls, sharing};
use crate::bind::{Boundary, Capture, Namespace, PolicyObject, Service, matches};
use crate::manifest::Labels;
use crate::pane::words::{counted, shortened};
use crate::reach::Author;

/// A statement and its places.
type Said = (String, Vec<At>);

/// A Service of the inventory, over all clusters that have it.
pub fn service(ground: &Ground<'_>, space: &str, name: &str) -> Description {
    let found: Vec<(&str, &Namespace, &Service)> = ground
        .namespaces()
        .filter(|(_, own, _)| *own == space)
        .filter_map(|(cluster, _, namespace)| Some((cluster, namespace, namespace.services.get(name)?)))
        .collect();
    let places = ground.all_at(found.iter().map(|(.., service)| service.place));
    let mut said = Description::new("Service", name, Some(space), places);
    let has: BTreeSet<&str> = found.iter().map(|(cluster, ..)| *cluster).collect();
    let told = |fact: &dyn Fn(&Namespace, &Service) -> Vec<Said>| -> Vec<Fact> {
        let said = found.iter().flat_map(|(cluster, namespace, service)| {
            fact(namespace, service).into_iter().map(move |(says, places)| (*cluster, says, places))
        });
        Ground::folded(said, &has)
    };
    let clusters: Vec<&str> = has.iter().copied().collect();
    said.say("Clusters", [Fact::new(shortened(&clusters, 12), Vec::new())]);
    said.say("Labels", told(&|_, service| spoken(labels(&service.labels))));
    said.say(
        "Selector",
        told(&|_, service| match &service.selector {
            Some(selector) => spoken(labels(selector)),
            None => vec![("none: it has no pods of its own".to_owned(), Vec::new())],
        }),
    );
    said.say(
        "Ports",
        told(&|_, service| service.ports.iter().map(|port| (shown_port(port), Vec::new())).collect()),
    );
    said.say("Workloads", told(&|namespace, service| workloads(ground, namespace, service)));
    said.say("Owner", told(&|namespace, _| vec![ground.tenancy(namespace)]));
    said.say("Boundary", told(&|namespace, _| vec![boundary(ground, namespace)]));
    said.say("Waypoint", told(&|_, service| waypoint(ground, service)));
    said.say("Exported", exported(ground, &found, space, name));
    said.say("Global names", global(ground, space, name));
    said.say("Policies", access_policy::governing_service(ground, space, name));
    said.say("Exceptions", told(&|namespace, service| exceptions(ground, namespace, service)));
    said.say("Called by", calls::callers(ground, [(space, name)], |_| true));
    let accounts: BTreeSet<(&str, &str)> = found
        .iter()
        .flat_map(|(_, namespace, service)| behind(namespace, service))
        .map(|workload| (space, workload.account.as_str()))
        .collect();
    said.say("May call", calls::called(ground, accounts, |_| true));
    said.say("Rendered files", files(ground, &found, space, name));
    said
}

fn spoken(text: String) -> Vec<Said> {
    if text.is_empty() { Vec::new() } else { vec![(text, Vec::new())] }
}

fn shown_port(port: &crate::bind::ServicePort) -> String {
    let name = if port.name.is_empty() { String::new() } else { format!(" ({})", port.name) };
    match &port.target {
        Ok(target) => format!("{}{name} to {target} of the pods", port.number),
        Err(target) => format!("{}{name} to `{target}`, which the pods do not agree on", port.number),
    }
}

fn behind<'n>(
    namespace: &'n Namespace,
    service: &'n Service,
) -> impl Iterator<Item = &'n crate::bind::Workload> {
    service.workloads.iter().filter_map(|index| namespace.workloads.get(*index))
}

fn workloads(ground: &Ground<'_>, namespace: &Namespace, service: &Service) -> Vec<Said> {
    let one = |workload: &crate::bind::Workload| {
        let captured = match workload.capture {
            Capture::Ambient => "captured by ztunnel",
            Capture::Assumed => "taken for captured: no label says so",
            Capture::Sidecar => "behind a sidecar",
            Capture::Opted => "not captured: nothing restricts who calls it",
            Capture::HostNetwork => "on the host's network, not captured: nothing restricts who calls it",
        };
        let gateway = if workload.gateway { ", a gateway" } else { "" };
        let says =
            format!("{}/{} as {}{gateway}, {captured}", workload.kind, workload.name, workload.account);
        (says, ground.at(workload.place))
    };
    behind(namespace, service).map(one).collect()
}

fn boundary(ground: &Ground<'_>, namespace: &Namespace) -> Said {
    let workspace = namespace.owner().and_then(|id| ground.mesh.workspace(id));
    match (&namespace.access.boundary, workspace) {
        (Boundary::Open, Some(workspace)) => {
            ("none: its workspace is not isolated".to_owned(), ground.origins(&workspace.origins()))
        }
        (Boundary::Open, None) => {
            ("none: everybody may call where no AccessPolicy says otherwise".to_owned(), Vec::new())
        }
        (Boundary::Closed, _) => ("closed: nobody may call, but for exceptions".to_owned(), Vec::new()),
        (Boundary::Namespace, workspace) => (
            format!("members of workspace `{}` alone", workspace.map_or("", |one| one.name.as_str())),
            workspace.map(|one| ground.origins(&one.origins())).unwrap_or_default(),
        ),
    }
}

fn waypoint(ground: &Ground<'_>, service: &Service) -> Vec<Said> {
    use crate::bind::Obstacle;
    let mut said = Vec::new();
    if let Some(waypoint) = &service.waypoint {
        said.push((format!("{}/{}", waypoint.namespace, waypoint.name), Vec::new()));
    }
    if let Some(not) = &service.unattached {
        let (because, place) = match &not.because {
            Obstacle::Missing => ("there is no such Gateway".to_owned(), None),
            Obstacle::Class(class, place) => (format!("the Gateway is of class `{class}`"), Some(*place)),
            Obstacle::NamespaceRefused(place) => {
                ("the Gateway takes nothing of this namespace".to_owned(), Some(*place))
            }
            Obstacle::NotForServices(place) => ("the Gateway is not for Services".to_owned(), Some(*place)),
        };
        let says = format!("not {}/{}, which it names: {because}", not.namespace, not.name);
        said.push((says, ground.all_at(place)));
    }
    said
}

fn exported(
    ground: &Ground<'_>,
    found: &[(&str, &Namespace, &Service)],
    space: &str,
    name: &str,
) -> Vec<Fact> {
    let owners: BTreeSet<_> = found.iter().filter_map(|(_, namespace, _)| namespace.owner()).collect();
    if owners.is_empty() {
        let says = "no workspace owns its namespace, so there is nothing to export";
        let places = found.iter().filter_map(|(_, namespace, _)| namespace.place);
        return vec![Fact::held(false, says, ground.all_at(places))];
    }
    if found.iter().all(|(.., service)| service.serves_mesh) {
        let places = ground.all_at(found.iter().map(|(.., service)| service.place));
        return vec![Fact::held(false, "it serves the mesh and is nobody's destination", places)];
    }
    let shared: Vec<Fact> =
        owners.iter().flat_map(|owner| sharing::of_service(ground, *owner, space, name)).collect();
    if !shared.is_empty() {
        return shared;
    }
    let settings = owners.iter().filter_map(|id| ground.mesh.workspace(*id)).map(|workspace| {
        let place = workspace.settings.as_ref().unwrap_or(&workspace.origin);
        let says =
            format!("workspace `{}` exports nothing to anybody, and nobody asks for it", workspace.name);
        Fact::held(false, says, ground.origins([place]))
    });
    settings.collect()
}

fn global(ground: &Ground<'_>, space: &str, name: &str) -> Vec<Fact> {
    let mesh = ground.mesh;
    let mut said: Vec<(&str, String, Vec<At>)> = Vec::new();
    for global in mesh.global_services.iter().filter(|one| one.namespace == space && one.name == name) {
        let Some(cluster) = mesh.cluster(global.cluster) else { continue };
        for origin in &global.origins {
            let claims = mesh.host_claims.iter().filter(|(_, claimant, _)| claimant == origin);
            let hosts: Vec<&str> = claims.map(|(host, ..)| host.as_str()).collect();
            let withdrawn = if global.withdrawn { ", withdrawn" } else { "" };
            let says = format!("{} by {}{withdrawn}, served", shortened(&hosts, 4), origin.name);
            said.push((&cluster.name, says, ground.origins([origin])));
        }
    }
    for (cluster, own, namespace) in ground.namespaces() {
        if let Some(service) = namespace.services.get(name).filter(|service| own == space && service.global) {
            said.push((cluster, "by a label of its own, served".to_owned(), ground.at(service.place)));
        }
    }
    // all of them are named, even if they are all there are
    Ground::folded(said, &BTreeSet::new())
}

fn exceptions(ground: &Ground<'_>, namespace: &Namespace, service: &Service) -> Vec<Said> {
    let about = namespace.access.exceptions.iter().filter(|exception| {
        behind(namespace, service).any(|workload| matches(&exception.selector, &workload.labels))
    });
    let one = |exception: &std::sync::Arc<crate::bind::Exception>| {
        let callers = &exception.callers;
        let mut who = Vec::new();
        if !callers.identities.is_empty() {
            who.push(counted(callers.identities.len(), "service account"));
        }
        who.extend(
            callers.members.iter().map(|member| format!("{}/ns/{}", member.trust_domain, member.namespace)),
        );
        who.extend(callers.plaintext.then(|| "callers without identity".to_owned()));
        (format!("{}: {}", exception.name, who.join(", ")), ground.at(exception.place))
    };
    about.map(one).collect()
}

/// The files with policy that decides about its pods, and those that carry its global names.
fn files(ground: &Ground<'_>, found: &[(&str, &Namespace, &Service)], space: &str, name: &str) -> Vec<Fact> {
    let mut policies: BTreeSet<String> = BTreeSet::new();
    for (cluster, namespace, service) in found {
        let pods: Vec<&Labels> = behind(namespace, service).map(|workload| &workload.labels).collect();
        let held = ground.scene.world.cluster(cluster).map_or(&[][..], |world| world.held());
        for one in held.iter().filter(|one| matches!(one.author, Author::Fleet(_))) {
            let metadata = one.object.metadata();
            if metadata.namespace.as_deref() != Some(space) {
                continue;
            }
            let (selector, targets) = match &one.object {
                PolicyObject::Authorization(policy) => {
                    (&policy.spec.selector, policy.spec.target_refs.as_slice())
                }
                PolicyObject::Peer(policy) => (&policy.spec.selector, &[][..]),
            };
            let named = targets.iter().any(|target| target.name == name && target.kind == "Service");
            let selects = targets.is_empty()
                && selector.as_ref().is_none_or(|selector| {
                    pods.iter().any(|labels| matches(&selector.match_labels, labels))
                        || service.selector.as_ref().is_some_and(|own| matches(&selector.match_labels, own))
                });
            if named || selects {
                let kind = one.object.kind().to_ascii_lowercase();
                policies.insert(format!("{cluster}/3-policy/{space}/{kind}-{}.yaml", metadata.name));
            }
        }
    }
    let origins: BTreeSet<String> = ground
        .mesh
        .global_services
        .iter()
        .filter(|one| one.namespace == space && one.name == name)
        .flat_map(|one| &one.origins)
        .map(|origin| origin.name.to_string())
        .collect();
    let scope = format!("/{space}/service-{name}.yaml");
    ground.files(|path, causes| {
        policies.contains(path)
            || (path.starts_with("_scope/") && path.ends_with(&scope))
            || (path.contains("/4-federation/") && !causes.is_disjoint(&origins))
    })
}
