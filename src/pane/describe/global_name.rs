//! `describe segment` and `describe virtualdestination`: names that several clusters serve.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::labels;
use super::{At, Description, Fact, Ground, calls};
use crate::bind::{Cluster, ClusterId, GlobalHost, GlobalService, SegmentDomain, WorkspaceId};
use crate::pane::words::shortened;
use crate::source::{Origin, Place};

/// How many names a statement has before the others are counted.
const SHOWN: usize = 6;

/// A Segment or VirtualDestination: its names, who serves them, who reaches them, and why the others do not.
pub fn global_name(ground: &Ground<'_>, kind: &'static str, namespace: &str, name: &str) -> Description {
    let reference = format!("{kind}/{namespace}/{name}");
    let mesh = ground.mesh;
    let of = |origin: &&Origin| *origin.name == *reference;
    let services: Vec<&GlobalService> =
        mesh.global_services.iter().filter(|one| one.origins.iter().any(|origin| of(&origin))).collect();
    let hosts: Vec<&GlobalHost> =
        mesh.global_hosts.iter().filter(|one| one.origins.iter().any(|origin| of(&origin))).collect();
    let domain = mesh.segments.iter().find(|one| of(&&one.origin));
    let claims = || mesh.host_claims.iter().filter(|(_, origin, _)| of(&origin));
    let origins =
        services.iter().flat_map(|one| &one.origins).chain(hosts.iter().flat_map(|one| &one.origins));
    let origin =
        origins.chain(claims().map(|(_, origin, _)| origin)).chain(domain.map(|one| &one.origin)).find(of);
    let mut said = Description::new(kind, name, Some(namespace), ground.origins(origin));
    if let Some(domain) = domain {
        members(ground, domain, &mut said);
    }
    let names: BTreeSet<(&str, Place)> = claims().map(|(host, _, place)| (host.as_str(), *place)).collect();
    said.say("Hosts", names.into_iter().map(|(host, place)| Fact::new(host, ground.at(place))));
    said.say("Backing Services", backing(ground, &services));
    for host in &hosts {
        own_host(ground, host, &mut said);
    }
    let backed: BTreeSet<(&str, &str)> =
        services.iter().map(|one| (one.namespace.as_str(), one.name.as_str())).collect();
    said.say("Who may call", calls::callers(ground, backed.iter().copied(), |_| true));
    let scopes: BTreeSet<String> = services
        .iter()
        .filter_map(|one| {
            let cluster = &mesh.cluster(one.cluster)?.name;
            Some(format!("_scope/{cluster}/{}/service-{}.yaml", one.namespace, one.name))
        })
        .collect();
    said.say(
        "Rendered files",
        ground.files(|path, causes| causes.contains(&reference) || scopes.contains(path)),
    );
    said
}

/// A Segment with a domain: which clusters have joined it.
fn members(ground: &Ground<'_>, domain: &SegmentDomain, said: &mut Description) {
    said.say("Domain", [Fact::new(format!("<service>.<namespace>.{}", domain.domain), Vec::new())]);
    said.say(
        "Aliases",
        domain.aliases.iter().map(|alias| {
            let of = if alias.labels.is_empty() {
                String::new()
            } else {
                format!(" of {}", labels(&alias.labels))
            };
            Fact::new(format!("{}{of}", alias.pattern), ground.at(alias.place))
        }),
    );
    said.say(
        "Clusters",
        ground.mesh.clusters.iter().map(|cluster| {
            let own = cluster.segment.as_ref().map(|segment| segment.name.as_str());
            let says = match own {
                Some(own) if own == domain.name => cluster.name.clone(),
                Some(other) => format!("{}: it has joined `{other}`", cluster.name),
                None => format!("{}: it has joined no segment", cluster.name),
            };
            Fact::held(own == Some(domain.name.as_str()), says, ground.origins([&cluster.origin]))
        }),
    );
}

/// Clusters, and the places that say so.
type Where<'m> = (BTreeSet<&'m str>, BTreeSet<At>);

/// The Services that answer, and for each the clusters that have none or are left out.
fn backing(ground: &Ground<'_>, services: &[&GlobalService]) -> Vec<Fact> {
    let mut by_name: BTreeMap<(&str, &str), BTreeMap<ClusterId, bool>> = BTreeMap::new();
    for one in services {
        by_name.entry((&one.namespace, &one.name)).or_default().insert(one.cluster, one.withdrawn);
    }
    let mut facts = Vec::new();
    for ((space, name), asked) in by_name {
        let mut found: BTreeMap<(bool, String), Where<'_>> = BTreeMap::new();
        for (id, cluster) in ground.mesh.cluster_ids() {
            let (holds, because, place) = backs(cluster, space, name, asked.get(&id).copied());
            let (clusters, places) = found.entry((!holds, because)).or_default();
            clusters.insert(&cluster.name);
            places.extend(ground.all_at(place));
        }
        facts.extend(found.into_iter().map(|((not, because), (clusters, places))| {
            let clusters: Vec<&str> = clusters.into_iter().collect();
            let clusters = shortened(&clusters, SHOWN);
            let says = format!("{space}/{name} in {clusters}{because}");
            Fact::held(!not, says, places.into_iter().collect())
        }));
    }
    facts
}

fn backs(cluster: &Cluster, space: &str, name: &str, asked: Option<bool>) -> (bool, String, Option<Place>) {
    let namespace = cluster.namespaces.get(space);
    let service = namespace.and_then(|namespace| namespace.services.get(name));
    match (namespace, service, asked) {
        (_, Some(service), Some(false)) => (true, String::new(), Some(service.place)),
        (_, Some(_), Some(true)) if cluster.leaves() => {
            (false, ": the cluster leaves the fleet".to_owned(), Some(cluster.origin.place))
        }
        (_, Some(service), Some(true)) => (false, ": withdrawn".to_owned(), Some(service.place)),
        (_, Some(service), None) => {
            (false, ": the selector does not match it there".to_owned(), Some(service.place))
        }
        (Some(namespace), None, _) => {
            let place = namespace.place.unwrap_or(cluster.origin.place);
            (false, ": no such Service".to_owned(), Some(place))
        }
        (None, None, _) => (false, format!(": no namespace `{space}`"), Some(cluster.origin.place)),
    }
}

/// Hosts of their own: ports, pods, and the clusters that reach them.
fn own_host(ground: &Ground<'_>, host: &GlobalHost, said: &mut Description) {
    said.say(
        "Ports",
        host.ports.iter().map(|(number, protocol, target)| {
            let target = target.map_or_else(String::new, |target| format!(" to {target} of the pods"));
            Fact::new(format!("{number} {protocol}{target}"), Vec::new())
        }),
    );
    said.say("Pods", [Fact::new(format!("{} of {}", labels(&host.selector), host.namespace), Vec::new())]);
    said.say(
        "Nearest first",
        host.near_first.iter().map(|origin| Fact::new(&*origin.name, ground.origins([origin]))),
    );
    let mut found: BTreeMap<(bool, String), BTreeSet<&str>> = BTreeMap::new();
    for (id, cluster) in ground.mesh.cluster_ids() {
        let reached = host.reach.contains(&id);
        let because = if reached { String::new() } else { unreached(ground, host, cluster) };
        found.entry((!reached, because)).or_default().insert(&cluster.name);
    }
    said.say(
        "Reached from",
        found.into_iter().map(|((not, because), clusters)| {
            let clusters: Vec<&str> = clusters.into_iter().collect();
            Fact::held(
                !not,
                format!("{}{because}", shortened(&clusters, SHOWN)),
                ground.origins(&host.origins),
            )
        }),
    );
}

/// Why a cluster does not get the host: it is put where a workspace is that owns it or may call what backs it.
fn unreached(ground: &Ground<'_>, host: &GlobalHost, cluster: &Cluster) -> String {
    if !cluster.namespaces.contains_key(&host.namespace) {
        return format!(": it has no namespace `{}` to put it in", host.namespace);
    }
    let owners: BTreeSet<WorkspaceId> = ground
        .namespaces()
        .filter(|(_, space, _)| *space == host.namespace)
        .filter_map(|(.., namespace)| namespace.owner())
        .collect();
    let names: Vec<&str> = owners
        .iter()
        .filter_map(|id| ground.mesh.workspace(*id))
        .map(|workspace| workspace.name.as_str())
        .collect();
    match names.is_empty() {
        true => ": no workspace there may call it".to_owned(),
        false => format!(": neither workspace `{}` nor one that imports it is there", names.join("`, `")),
    }
}
