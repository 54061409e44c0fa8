//! Clusters, networks and peers.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::clusters::{Names, standing};
use crate::bind::{Component, Lifecycle, Mesh};
use crate::page::{Broken, Html, Section, fill};
use crate::pane::graph;
use crate::source::Sources;

#[derive(Serialize)]
struct Topology {
    picture: Option<Html>,
    clusters: Vec<Row>,
    networks: Vec<(String, Vec<String>)>,
    hosts: Vec<Host>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    place: String,
    network: String,
    trust_domain: String,
    versions: Vec<String>,
    addresses: Vec<String>,
    peers: String,
    /// What there is to say besides.
    notes: Vec<&'static str>,
    services: usize,
}

#[derive(Serialize)]
struct Host {
    name: String,
    place: String,
    by: String,
    backed: String,
    reached: String,
}

/// The section.
pub fn section(mesh: &Mesh, sources: &Sources, names: &Names) -> Result<Section, Broken> {
    let indices = |ids: &mut dyn Iterator<Item = usize>| names.of(&ids.collect());
    let clusters = mesh.clusters.iter().enumerate().map(|(index, cluster)| {
        let versions = cluster.releases.iter().filter(|release| release.component == Component::Istiod);
        let versions: BTreeSet<String> = versions.map(|release| release.version.clone()).collect();
        let others = mesh.clusters.len().saturating_sub(1);
        let peers = match cluster.peers.len() {
            0 => String::new(),
            all if all == others && all > 3 => format!("all {all} others"),
            _ => indices(&mut cluster.peers.iter().map(|id| id.0).filter(|own| *own != index)),
        };
        let mut notes = Vec::new();
        match cluster.lifecycle {
            Lifecycle::Member => {}
            Lifecycle::Draining => notes.push("draining"),
            Lifecycle::Detached => notes.push("detached"),
        }
        if cluster.east_west.pending {
            notes.push("address pending");
        }
        if cluster.east_west.translated {
            notes.push("behind NAT");
        }
        Row {
            name: cluster.name.clone(),
            place: standing(sources, cluster.origin.place),
            network: cluster.network.clone(),
            trust_domain: cluster.trust_domain.to_string(),
            versions: versions.into_iter().collect(),
            addresses: cluster.east_west.addresses.iter().map(|address| address.value.clone()).collect(),
            peers,
            notes,
            services: cluster.namespaces.values().map(|namespace| namespace.services.len()).sum(),
        }
    });
    let mut networks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for cluster in &mesh.clusters {
        networks.entry(cluster.network.clone()).or_default().push(cluster.name.clone());
    }
    networks.retain(|_, members| members.len() > 1);
    let hosts = mesh.host_claims.iter().map(|(host, origin, place)| {
        let global = mesh.global_hosts.iter().filter(|global| global.hosts.contains(host));
        let services = mesh.global_services.iter().filter(|service| service.origins.contains(origin));
        let backed = services.map(|service| service.cluster.0).collect();
        let reached = global.flat_map(|global| global.reach.iter().map(|id| id.0)).collect();
        Host {
            name: host.clone(),
            place: standing(sources, *place),
            by: origin.name.to_string(),
            backed: names.of(&backed),
            reached: names.of(&reached),
        }
    });
    let topology = Topology {
        picture: (mesh.clusters.len() > 1).then(|| Html::trusted(graph::svg(&graph::peers(mesh)))),
        clusters: clusters.collect(),
        networks: networks.into_iter().collect(),
        hosts: hosts.collect(),
    };
    Ok(Section {
        id: "topology",
        title: "Topology".into(),
        count: Some(mesh.clusters.len()),
        body: fill("report/topology.html", &topology)?,
    })
}
