//! What clusters know of each other: doors, peers, hosts that several of them serve.

use std::collections::BTreeMap;

use super::intent::{
    ClusterIntent, Domain, Door, Elsewhere, Host, Origins, Outliers, Passage, Peer, ScopedService,
    WatchedCluster,
};
use super::names::{joined, labelled};
use crate::bind::{
    Cluster, ClusterId, Distribution, GlobalHost, Mesh, OutlierRule, RemoteSecrets, SegmentDomain,
};
use crate::manifest::Labels;

/// Kubernetes' limit for the name of an object.
const NAME: usize = 253;
/// The limit of one label of a DNS name.
const LABEL: usize = 63;

/// Adds the cluster's door, its peers and its global hosts.
pub fn federation(mesh: &Mesh, id: ClusterId, cluster: &Cluster, intent: &mut ClusterIntent) {
    if let Some(rollout) = &cluster.east_west.rollout {
        intent.door = Some(Door {
            namespace: cluster.east_west.namespace.clone(),
            name: cluster.east_west.service_account.clone(),
            locality: cluster.locality.clone(),
            on_nodes: cluster.east_west.node_ports.is_some(),
            wholly_on_nodes: wholly_on_nodes(mesh, cluster),
            pinned: pinned(cluster),
            revision: cluster.named_revision.clone(),
            network: (!translated(mesh, cluster)).then(|| cluster.network.clone()),
            origins: Origins::from([cluster.origin.clone(), rollout.clone()]),
        });
    }
    intent.domains = mesh.segments.iter().map(|segment| domain(segment)).collect();
    let peers = || cluster.peers.iter().filter_map(|peer| mesh.cluster(*peer));
    match mesh.distribution {
        Distribution::Solo => intent.peers = peers().filter_map(|other| peer(cluster, other)).collect(),
        Distribution::Upstream => {
            intent.watched = peers().map(|other| watched(&mesh.remote_secrets, other)).collect();
            let told = peers().filter(|other| other.east_west.translated && other.network != cluster.network);
            intent.peers = told.filter_map(|other| peer(cluster, other)).collect();
        }
    }
    let reached: Vec<&GlobalHost> =
        mesh.global_hosts.iter().filter(|host| host.reach.contains(&id)).collect();
    intent.hosts = reached.iter().map(|host| global_host(host)).collect();
    intent.elsewhere = elsewhere(mesh, id, &reached);
    let outliers = mesh.outliers.iter().filter(|rule| rule.cluster == id);
    intent.outliers = outliers.map(|rule| outlier_rule(cluster, rule)).collect();
}

/// Every cluster gets every domain, whichever it has joined (docs.solo.io, segments).
fn domain(segment: &SegmentDomain) -> Domain {
    let aliases = segment.aliases.iter().map(|alias| (alias.pattern.clone(), alias.labels.clone()));
    Domain {
        name: segment.name.clone(),
        domain: segment.domain.clone(),
        aliases: aliases.collect(),
        origins: Origins::from([segment.origin.clone()]),
    }
}

/// Upstream a control plane reads a peer's door from the peer itself, by its network label. Where an address of its own
/// is told to the others instead, both would be candidates, and which is taken is left to chance (istio:
/// pilot/pkg/serviceregistry/ambient/networks.go): so the door goes without the label.
fn translated(mesh: &Mesh, cluster: &Cluster) -> bool {
    mesh.distribution == Distribution::Upstream && cluster.east_west.translated
}

/// Upstream nothing but traffic comes to the door.
fn wholly_on_nodes(mesh: &Mesh, cluster: &Cluster) -> bool {
    let ports = cluster.east_west.node_ports;
    ports.is_some_and(|ports| mesh.distribution == Distribution::Upstream || ports.xds.is_some())
}

/// The control planes meet on 15012, traffic on 15008.
fn pinned(cluster: &Cluster) -> Vec<(u16, u16)> {
    let Some(ports) = cluster.east_west.node_ports else { return Vec::new() };
    let all = [(15008, ports.hbone), (15012, ports.xds)];
    all.into_iter().filter_map(|(port, on_nodes)| Some((port, on_nodes?))).collect()
}

fn watched(secrets: &RemoteSecrets, other: &Cluster) -> WatchedCluster {
    WatchedCluster {
        cluster: other.name.clone(),
        store_kind: secrets.store_kind.clone(),
        store: secrets.store.clone(),
        key: format!("{}{}", secrets.key_prefix, other.name),
        origins: Origins::from([other.origin.clone()]),
    }
}

/// Peers to a cluster whose address is pending wait.
fn peer(here: &Cluster, other: &Cluster) -> Option<Peer> {
    let addresses: Vec<_> =
        other.east_west.addresses.iter().map(|address| (address.kind, address.value.clone())).collect();
    (!addresses.is_empty()).then(|| Peer {
        cluster: other.name.clone(),
        network: other.network.clone(),
        trust_domain: other.trust_domain.clone(),
        namespace: other.east_west.namespace.clone(),
        service_account: other.east_west.service_account.clone(),
        locality: other.locality.clone(),
        passage: match other.east_west.node_ports {
            _ if here.network == other.network => Passage::Direct,
            Some(ports) => Passage::Nodes(ports.hbone),
            None => Passage::Door,
        },
        revision: here.named_revision.clone(),
        control_port: other.east_west.node_ports.and_then(|ports| ports.xds),
        addresses,
        origins: Origins::from([other.origin.clone()]),
    })
}

fn global_host(host: &GlobalHost) -> Host {
    Host {
        name: host.name.clone(),
        namespace: host.namespace.clone(),
        hosts: host.hosts.clone(),
        ports: host.ports.clone(),
        selector: host.selector.clone(),
        near_first: !host.near_first.is_empty(),
        origins: host.origins.union(&host.near_first).cloned().collect(),
    }
}

fn outlier_rule(cluster: &Cluster, rule: &OutlierRule) -> Outliers {
    Outliers {
        name: joined(&["outliers", &rule.service], NAME),
        namespace: rule.namespace.clone(),
        host: format!("{}.{}.svc.{}", rule.service, rule.namespace, cluster.cluster_domain),
        limits: rule.limits.clone(),
        origins: rule.origins.clone(),
    }
}

/// Hosts select by labels, so the pods of another cluster stand once, however many hosts they serve: twice would be
/// twice the weight.
fn elsewhere(mesh: &Mesh, here: ClusterId, hosts: &[&GlobalHost]) -> Vec<Elsewhere> {
    let mut found: BTreeMap<(&str, &Labels, ClusterId), Elsewhere> = BTreeMap::new();
    for host in hosts {
        for (id, account) in host.backing.iter().filter(|(id, _)| **id != here) {
            let Some(cluster) = mesh.cluster(*id) else { continue };
            let entry = found.entry((&host.namespace, &host.selector, *id)).or_insert_with(|| Elsewhere {
                name: elsewhere_name(&host.selector, &cluster.name),
                namespace: host.namespace.clone(),
                selector: host.selector.clone(),
                network: cluster.network.clone(),
                locality: cluster.locality.clone(),
                service_account: account.clone(),
                origins: Origins::new(),
            });
            entry.origins.extend(host.origins.iter().cloned());
        }
    }
    found.into_values().collect()
}

/// `<labels>.<cluster>`: neither part holds a dot.
fn elsewhere_name(selector: &Labels, cluster: &str) -> String {
    format!("{}.{}", labelled(selector, LABEL), joined(&[cluster], LABEL))
}

/// The Services of one cluster that carry the scope label, or lose it.
pub fn scoped_services(mesh: &Mesh, id: ClusterId) -> Vec<ScopedService> {
    let here = mesh.global_services.iter().filter(|service| service.cluster == id);
    here.map(|service| ScopedService {
        namespace: service.namespace.clone(),
        name: service.name.clone(),
        withdrawn: service.withdrawn,
    })
    .collect()
}
