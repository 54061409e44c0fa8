//! `describe cluster`.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::labels;
use super::{Description, Fact, Ground};
use crate::bind::{Cluster, ClusterId, Lifecycle, Tenancy};
use crate::pane::certificates;
use crate::pane::words::{counted, shortened};
use crate::source::Place;

/// How many names a statement has before the others are counted.
const SHOWN: usize = 8;

/// A KubernetesCluster: what runs Istio there, whom it knows and who knows it, whose its namespaces are, and what is rendered.
pub fn cluster(ground: &Ground<'_>, name: &str) -> Description {
    let found = ground.mesh.cluster_ids().find(|(_, one)| one.name == name);
    let Some((id, cluster)) = found else {
        return Description::new("KubernetesCluster", name, None, Vec::new());
    };
    let own = || ground.origins([&cluster.origin]);
    let plain = |says: String| Fact::new(says, Vec::new());
    let mut said = Description::new("KubernetesCluster", name, None, own());
    said.say("Labels", (!cluster.labels.is_empty()).then(|| plain(labels(&cluster.labels))));
    said.say(
        "Releases",
        cluster.releases.iter().map(|release| {
            let revision = release.values.get("revision").and_then(serde_json::Value::as_str);
            let revision = revision
                .filter(|one| !one.is_empty())
                .map_or(String::new(), |one| format!(", revision {one}"));
            Fact::new(
                format!("{} {}{revision}", release.name, release.version),
                ground.origins(&release.origins),
            )
        }),
    );
    said.say("Trust domain", [plain(cluster.trust_domain.to_string())]);
    said.say("Cluster domain", [plain(cluster.cluster_domain.clone())]);
    said.say("Network", [plain(cluster.network.clone())]);
    let segment = cluster.segment.iter();
    said.say("Segment", segment.map(|one| Fact::new(&*one.name, ground.origins([&one.origin]))));
    said.say(
        "Lifecycle",
        [plain(match cluster.lifecycle {
            Lifecycle::Member => "member".to_owned(),
            Lifecycle::Draining => {
                "draining: nobody peers with it, and its Services are global no more".to_owned()
            }
            Lifecycle::Detached => "detached: delivery has let go of it".to_owned(),
        })],
    );
    said.say(
        "Wave",
        ground.mesh.delivery.iter().filter(|delivery| delivery.waves > 0).map(|delivery| {
            Fact::new(
                format!("{} of {}", cluster.wave + 1, delivery.waves),
                ground.origins([&delivery.origin]),
            )
        }),
    );
    said.say("East-west gateway", gateway(ground, cluster));
    said.say("Certificates", certificates::of_cluster(cluster).into_iter().map(plain));
    said.say("Peers", peers(ground, id, cluster));
    said.say("Namespaces", namespaces(ground, cluster));
    said.say("Policies", policies(ground, cluster));
    said.say("Global Services", global(ground, id));
    said.say("Rendered files", files(ground, name));
    said
}

fn gateway(ground: &Ground<'_>, cluster: &Cluster) -> Vec<Fact> {
    let east_west = &cluster.east_west;
    let mut facts: Vec<Fact> = east_west
        .addresses
        .iter()
        .map(|address| Fact::new(address.value.clone(), ground.at(address.place)))
        .collect();
    if east_west.pending {
        facts.push(Fact::new(
            "its address is not known yet: peers to it wait",
            ground.origins([&cluster.origin]),
        ));
    }
    if let Some(origin) = &east_west.rollout {
        let says =
            format!("{}/{} is rolled out by {}", east_west.namespace, east_west.service_account, origin.name);
        facts.push(Fact::new(says, ground.origins([origin])));
    }
    facts
}

fn peers(ground: &Ground<'_>, id: ClusterId, cluster: &Cluster) -> Vec<Fact> {
    let others = ground.mesh.cluster_ids().filter(|(other, _)| *other != id);
    let mut found: BTreeMap<(bool, bool, &str), Vec<&Cluster>> = BTreeMap::new();
    for (other, peer) in others {
        let (to, from) = (cluster.peers.contains(&other), peer.peers.contains(&id));
        let because = match (to, from) {
            _ if !to && peer.leaves() => ", since that one leaves the fleet",
            _ if !from && cluster.leaves() => ", since this one leaves the fleet",
            (true, true) => "",
            (true, false) => ", since nothing here is needed there (peering by need)",
            (false, true) => ", since nothing there is needed here (peering by need)",
            (false, false) => ", since neither needs the other (peering by need)",
        };
        found.entry((!(to && from), to, because)).or_default().push(peer);
    }
    let fact = |((not, to, because), peers): ((bool, bool, &str), Vec<&Cluster>)| {
        let names: Vec<&str> = peers.iter().map(|peer| peer.name.as_str()).collect();
        let from = peers.first().is_some_and(|peer| peer.peers.contains(&id));
        let how = match (to, from) {
            (true, true) => "both ways",
            (true, false) => "from here alone",
            (false, true) => "from there alone",
            (false, false) => "neither way",
        };
        let places = ground.origins(peers.iter().map(|peer| &peer.origin));
        Fact::held(!not || to || from, format!("{} {how}{because}", shortened(&names, SHOWN)), places)
    };
    found.into_iter().map(fact).collect()
}

/// What one owner has in a cluster.
#[derive(Default)]
struct Owned<'c> {
    namespaces: Vec<&'c str>,
    services: usize,
    workloads: usize,
    places: BTreeSet<Place>,
}

fn namespaces(ground: &Ground<'_>, cluster: &Cluster) -> Vec<Fact> {
    let mut by_owner: BTreeMap<String, Owned<'_>> = BTreeMap::new();
    for (name, namespace) in &cluster.namespaces {
        let (owner, _) = ground.tenancy(namespace);
        let owned = by_owner.entry(owner).or_default();
        owned.namespaces.push(name);
        owned.services += namespace.services.len();
        owned.workloads += namespace.workloads.len();
        owned.places.extend(match namespace.tenancy {
            Tenancy::Owned { place, .. } => Some(place),
            Tenancy::Unowned { .. } | Tenancy::System => namespace.place,
        });
    }
    let fact = |(owner, owned): (String, Owned<'_>)| {
        let names = shortened(&owned.namespaces, SHOWN);
        let counts =
            format!("{}, {}", counted(owned.services, "Service"), counted(owned.workloads, "workload"));
        Fact::new(format!("{names} of {owner}: {counts}"), ground.all_at(owned.places))
    };
    by_owner.into_iter().map(fact).collect()
}

fn policies(ground: &Ground<'_>, cluster: &Cluster) -> Vec<Fact> {
    let in_force: BTreeSet<_> = cluster
        .namespaces
        .values()
        .flat_map(|namespace| &namespace.access.governed)
        .flat_map(|class| class.policies.iter().copied())
        .collect();
    let named = |not: bool| {
        let ids = (0..ground.mesh.policies.len()).map(crate::bind::PolicyId);
        ids.filter(|id| in_force.contains(id) != not)
            .filter_map(|id| ground.mesh.policies.get(id.0))
            .map(|policy| &policy.origin)
            .collect::<Vec<_>>()
    };
    let held =
        named(false).into_iter().map(|origin| Fact::held(true, &*origin.name, ground.origins([origin])));
    let not = named(true).into_iter().map(|origin| {
        let says = format!("{}: it selects nothing that the inventory shows here", origin.name);
        Fact::held(false, says, ground.origins([origin]))
    });
    held.chain(not).collect()
}

fn global(ground: &Ground<'_>, id: ClusterId) -> Vec<Fact> {
    let own = ground.mesh.global_services.iter().filter(|one| one.cluster == id);
    let fact = |one: &crate::bind::GlobalService| {
        let withdrawn = if one.withdrawn { ", withdrawn" } else { "" };
        let names: Vec<&str> = one.origins.iter().map(|origin| &*origin.name).collect();
        let says = format!("{}/{} by {}{withdrawn}", one.namespace, one.name, names.join(", "));
        Fact::new(says, ground.origins(&one.origins))
    };
    own.map(fact).collect()
}

/// By folder: a cluster's tree is too long to list.
fn files(ground: &Ground<'_>, name: &str) -> Vec<Fact> {
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for path in ground.causes.keys() {
        let mut parts = path.split('/');
        let folder = match (parts.next(), parts.next()) {
            (Some("_scope"), Some(cluster)) if cluster == name => format!("_scope/{name}"),
            (Some(cluster), Some(stage)) if cluster == name => format!("{name}/{stage}"),
            _ => continue,
        };
        *folders.entry(folder).or_default() += 1;
    }
    let fact = |(folder, count): (String, usize)| {
        Fact::new(format!("{folder}: {}", counted(count, "file")), Vec::new())
    };
    folders.into_iter().map(fact).collect()
}
