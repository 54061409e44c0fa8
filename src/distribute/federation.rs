//! What clusters know of each other: doors, peers, hosts that several of them serve.

use super::intent::{ClusterIntent, Door, Elsewhere, Host, Origins, Peer, ScopedService};
use super::names::joined;
use crate::bind::{Cluster, ClusterId, GlobalHost, Mesh};

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
            network: cluster.network.clone(),
            origins: Origins::from([cluster.origin.clone(), rollout.clone()]),
        });
    }
    let others = mesh.cluster_ids().filter(|(other, _)| *other != id);
    intent.peers = others.filter_map(|(_, other)| peer(other)).collect();
    let reached = mesh.global_hosts.iter().filter(|host| host.reach.contains(&id));
    intent.hosts = reached.map(|host| global_host(mesh, id, host)).collect();
}

/// Peers to a cluster whose address is pending wait.
fn peer(other: &Cluster) -> Option<Peer> {
    let addresses: Vec<_> =
        other.east_west.addresses.iter().map(|address| (address.kind, address.value.clone())).collect();
    (!addresses.is_empty()).then(|| Peer {
        cluster: other.name.clone(),
        network: other.network.clone(),
        trust_domain: other.trust_domain.clone(),
        namespace: other.east_west.namespace.clone(),
        service_account: other.east_west.service_account.clone(),
        addresses,
        origins: Origins::from([other.origin.clone()]),
    })
}

fn global_host(mesh: &Mesh, here: ClusterId, host: &GlobalHost) -> Host {
    let elsewhere =
        host.backing.iter().filter(|(cluster, _)| **cluster != here).filter_map(|(cluster, account)| {
            let cluster = mesh.cluster(*cluster)?;
            Some(Elsewhere {
                name: elsewhere_name(&host.name, &cluster.name),
                network: cluster.network.clone(),
                service_account: account.clone(),
            })
        });
    Host {
        name: host.name.clone(),
        namespace: host.namespace.clone(),
        hosts: host.hosts.clone(),
        ports: host.ports.clone(),
        selector: host.selector.clone(),
        elsewhere: elsewhere.collect(),
        origins: host.origins.clone(),
    }
}

/// `<host>.<cluster>`: the cluster's part holds no dot, so the last label tells it from the host.
fn elsewhere_name(host: &str, cluster: &str) -> String {
    let name = format!("{host}.{}", joined(&[cluster], LABEL));
    if name.len() <= NAME { name } else { joined(&[host, cluster], NAME) }
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
