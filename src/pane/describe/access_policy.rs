//! `describe accesspolicy`, and what other descriptions say of policies.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::labels;
use super::{At, Description, Fact, Ground, calls};
use crate::bind::{
    AccessPolicy, Destination, Form, Governed, Grant, Identity, Namespace, PolicyId, Request, Service, Tls,
    matches,
};
use crate::pane::words::shortened;

/// How many names a statement has before the others are counted.
const SHOWN: usize = 6;

/// An AccessPolicy: whom it allows, what it governs where and who enforces it there, and who may call that after all.
pub fn access_policy(ground: &Ground<'_>, namespace: &str, name: &str) -> Description {
    let reference = format!("AccessPolicy/{namespace}/{name}");
    let found = ground.mesh.policies.iter().enumerate().find(|(_, one)| *one.origin.name == *reference);
    let Some((index, policy)) = found else {
        return Description::new("AccessPolicy", name, Some(namespace), Vec::new());
    };
    let id = PolicyId(index);
    let mut said = Description::new("AccessPolicy", name, Some(namespace), ground.origins([&policy.origin]));
    said.say("Allowed clients", clients(ground, policy));
    let tls = policy.tls.iter();
    said.say("TLS", tls.map(|(tls, place)| Fact::new(mode(*tls), ground.at(*place))));
    let (held, services) = in_force(ground, id, policy);
    said.say("In force", held);
    said.say("Who may call what it governs", calls::callers(ground, services.iter().copied(), |_| true));
    said.say("Rendered files", ground.files_of(&reference));
    said
}

/// The AccessPolicies that govern something in the namespaces that are asked, by name and who enforces them.
pub fn governing(ground: &Ground<'_>, wanted: impl Fn(&str, &Namespace) -> bool) -> Vec<Fact> {
    classes(ground, |_, name, namespace, _| wanted(name, namespace))
}

/// The AccessPolicies that govern some of the pods behind a Service.
pub fn governing_service(ground: &Ground<'_>, space: &str, service: &str) -> Vec<Fact> {
    classes(ground, |_, name, namespace, class| {
        let own = namespace.services.get(service).filter(|_| name == space);
        own.is_some_and(|own| governs(class, namespace, own))
    })
}

/// Whether a class holds some of the pods behind a Service.
fn governs(class: &Governed, namespace: &Namespace, service: &Service) -> bool {
    let selects = |labels| matches(&class.selector, labels);
    let mut behind = service.workloads.iter().filter_map(|index| namespace.workloads.get(*index));
    behind.any(|workload| selects(&workload.labels)) || service.selector.as_ref().is_some_and(selects)
}

fn classes(ground: &Ground<'_>, wanted: impl Fn(&str, &str, &Namespace, &Governed) -> bool) -> Vec<Fact> {
    let mut found: BTreeMap<(PolicyId, String), BTreeSet<&str>> = BTreeMap::new();
    for (cluster, name, namespace) in ground.namespaces() {
        for class in namespace.access.governed.iter().filter(|class| wanted(cluster, name, namespace, class))
        {
            for id in &class.policies {
                let says = enforced(name, namespace, class, class.idle.contains(id));
                found.entry((*id, says)).or_default().insert(cluster);
            }
        }
    }
    let fact = |((id, says), clusters): ((PolicyId, String), BTreeSet<&str>)| {
        let policy = ground.mesh.policies.get(id.0)?;
        let here = Ground::in_clusters(&clusters, &ground.clusters());
        Some(Fact::new(format!("{}: {says}{here}", policy.origin.name), ground.origins([&policy.origin])))
    };
    found.into_iter().filter_map(fact).collect()
}

fn clients(ground: &Ground<'_>, policy: &AccessPolicy) -> Vec<Fact> {
    if policy.clients.is_none() {
        return vec![Fact::new("it restricts nobody: it says nothing of clients", Vec::new())];
    }
    if policy.grants.is_empty() {
        return vec![Fact::new("nobody", Vec::new())];
    }
    policy.grants.iter().map(|grant| Fact::new(granted(ground, grant), ground.at(grant.place))).collect()
}

fn granted(ground: &Ground<'_>, grant: &Grant) -> String {
    let identities: Vec<String> =
        grant.clients.iter().map(|identity| ground.caller(&principal(identity))).collect();
    let names: Vec<&str> = identities.iter().map(String::as_str).collect();
    let who = if names.is_empty() {
        "nobody that the inventory knows".to_owned()
    } else {
        shortened(&names, SHOWN)
    };
    match request(&grant.request).as_slice() {
        [] => who,
        asked => format!("{who}, with {}", asked.join(" and ")),
    }
}

fn principal(identity: &Identity) -> String {
    let member = &identity.member;
    format!("{}/ns/{}/sa/{}", member.trust_domain, member.namespace, identity.account)
}

/// What a request must have, attribute by attribute.
fn request(request: &Request) -> Vec<String> {
    let any = |what: &str, values: &BTreeSet<String>| {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        (!values.is_empty()).then(|| format!("{what} {}", values.join(" or ")))
    };
    let mut asked: Vec<String> = [
        any("path", &request.paths),
        any("method", &request.methods),
        any("token", &request.principals),
        any("no token", &request.not_principals),
        any("address", &request.ip_blocks),
    ]
    .into_iter()
    .flatten()
    .collect();
    for (name, values) in &request.headers {
        asked.extend(any(&format!("header `{name}`"), &values.values));
        asked.extend(any(&format!("no header `{name}`"), &values.not_values));
    }
    asked
}

fn mode(tls: Tls) -> &'static str {
    match tls {
        Tls::Strict => "STRICT: plaintext is refused",
        Tls::Permissive => "PERMISSIVE: plaintext is taken",
    }
}

/// Where it governs and where not; with the Services whose pods it governs, namespace and name.
fn in_force<'m>(
    ground: &Ground<'m>,
    id: PolicyId,
    policy: &AccessPolicy,
) -> (Vec<Fact>, BTreeSet<(&'m str, &'m str)>) {
    let mut held: Vec<(&str, String, Vec<At>)> = Vec::new();
    let mut services = BTreeSet::new();
    let mesh: &'m crate::bind::Mesh = ground.mesh;
    for cluster in &mesh.clusters {
        for (space, namespace) in &cluster.namespaces {
            for class in namespace.access.governed.iter().filter(|class| class.policies.contains(&id)) {
                let own = namespace.services.iter().filter(|(_, service)| governs(class, namespace, service));
                let places = ground.all_at(own.clone().map(|(_, service)| service.place));
                held.push((
                    &cluster.name,
                    enforced(space, namespace, class, class.idle.contains(&id)),
                    places,
                ));
                services.extend(own.map(|(name, _)| (space.as_str(), name.as_str())));
            }
            // a waypoint judges calls to namesakes in other clusters too
            let alone = namespace.access.enrolled.iter().filter(|one| {
                one.origins.contains(&policy.origin) && !namespace.services.contains_key(&one.service)
            });
            for one in alone {
                let waypoint = format!("{}/{}", one.waypoint.namespace, one.waypoint.name);
                let says =
                    format!("Service {space}/{} of other clusters, by waypoint {waypoint}", one.service);
                held.push((&cluster.name, says, ground.at(one.place)));
            }
        }
    }
    let everywhere: BTreeSet<&str> = held.iter().map(|(cluster, ..)| *cluster).collect();
    let held = Ground::folded(held, &BTreeSet::new()).into_iter();
    let mut facts: Vec<Fact> = held.map(|fact| Fact { holds: Some(true), ..fact }).collect();
    let nowhere: Vec<&str> = ground.clusters().difference(&everywhere).copied().collect();
    if !nowhere.is_empty() {
        let says = format!("in {}: it selects nothing that the inventory shows", shortened(&nowhere, SHOWN));
        facts.push(Fact::held(false, says, ground.origins([&policy.origin])));
    }
    (facts, services)
}

/// What a class of pods is, how it is restricted and who does it.
fn enforced(space: &str, namespace: &Namespace, class: &Governed, idle: bool) -> String {
    let what = match &class.destination {
        Destination::Service(name) => format!("Service {space}/{name}"),
        Destination::Labels(own) => format!("pods {} of {space}", labels(own)),
        Destination::Namespace => format!("every pod of {space}"),
    };
    let workloads =
        namespace.workloads.iter().filter(|workload| matches(&class.selector, &workload.labels)).count();
    let workloads = if workloads == 1 { "1 workload".to_owned() } else { format!("{workloads} workloads") };
    let how = match class.form {
        Form::Allow if class.rules.is_empty() => "TLS alone, by ztunnel".to_owned(),
        Form::Allow => "ALLOW by ztunnel".to_owned(),
        Form::Deny => "DENY by ztunnel, within the boundary".to_owned(),
        Form::AtWaypoint => waypoint(namespace, class),
    };
    let idle = if idle { "; the others say the same without it" } else { "" };
    format!("{what}, {workloads}: {how}{idle}")
}

fn waypoint(namespace: &Namespace, class: &Governed) -> String {
    let behind = namespace.services.values().filter(|service| {
        let pods = service.workloads.iter().filter_map(|index| namespace.workloads.get(*index));
        pods.into_iter().any(|workload| matches(&class.selector, &workload.labels))
    });
    let names: BTreeSet<String> = behind
        .filter_map(|service| service.waypoint.as_ref())
        .map(|waypoint| format!("{}/{}", waypoint.namespace, waypoint.name))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [] => "at its waypoint, its pods locked".to_owned(),
        names => format!("ALLOW by waypoint {}, its pods locked", names.join(", ")),
    }
}
