//! `get`: the objects of a fleet, a row each, with what a management plane would keep in their status.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Table;
use super::certificates::certificates;
use crate::bind::{
    Cluster, Component, Distribution, Form, Governed, Lifecycle, Mesh, Namespace, PolicyId, Service, Tenancy,
    Tls, Workspace, WorkspaceId, matches,
};
use crate::source::Origin;

/// What can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// KubernetesClusters.
    Clusters,
    /// Workspaces.
    Workspaces,
    /// AccessPolicies.
    Policies,
    /// Segments and VirtualDestinations.
    Segments,
    /// Services of the inventory.
    Services,
    /// Who peers with whom.
    Peers,
    /// What the clusters sign with and trust.
    Certificates,
}

/// A table of all of them, sorted by name. `rendered` has the number of rendered objects by cluster.
pub fn get(mesh: &Mesh, resource: Resource, rendered: &BTreeMap<String, usize>) -> Table {
    match resource {
        Resource::Clusters => clusters(mesh, rendered),
        Resource::Workspaces => workspaces(mesh),
        Resource::Policies => policies(mesh),
        Resource::Segments => segments(mesh),
        Resource::Services => services(mesh),
        Resource::Peers => peers(mesh),
        Resource::Certificates => certificates(mesh, None),
    }
}

fn clusters(mesh: &Mesh, rendered: &BTreeMap<String, usize>) -> Table {
    let mut table =
        Table::new(&["name", "version", "revision", "trustDomain", "network", "peers", "objects"]).wide(&[
            "clusterDomain",
            "segment",
            "lifecycle",
            "wave",
            "addresses",
            "namespaces",
            "workloads",
            "labels",
        ]);
    for cluster in &mesh.clusters {
        let istiods = || cluster.releases.iter().filter(|release| release.component == Component::Istiod);
        let revisions =
            istiods().filter_map(|release| release.values.get("revision").and_then(Value::as_str));
        table.row([
            json!(cluster.name),
            json!(listed(istiods().map(|release| release.version.as_str()))),
            json!(listed(revisions)),
            json!(&*cluster.trust_domain),
            json!(cluster.network),
            json!(peers_of(mesh, cluster).iter().map(|peer| &peer.name).collect::<Vec<_>>()),
            json!(rendered.get(&cluster.name)),
            json!(cluster.cluster_domain),
            json!(cluster.segment.as_ref().map(|segment| &segment.name)),
            json!(match cluster.lifecycle {
                Lifecycle::Member => "member",
                Lifecycle::Draining => "draining",
                Lifecycle::Detached => "detached",
            }),
            json!(cluster.wave),
            json!(addresses(cluster)),
            json!(cluster.namespaces.len()),
            json!(cluster.namespaces.values().map(|namespace| namespace.workloads.len()).sum::<usize>()),
            json!(cluster.labels.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()),
        ]);
    }
    table
}

fn workspaces(mesh: &Mesh) -> Table {
    let mut table = Table::new(&["name", "isolated", "clusters", "namespaces", "services"]).wide(&[
        "importsFrom",
        "exportsTo",
        "settings",
    ]);
    for (index, workspace) in mesh.workspaces.iter().enumerate() {
        let id = WorkspaceId(index);
        let owned = || namespaces(mesh).filter(move |(_, _, namespace)| namespace.owner() == Some(id));
        let others = |holds: &dyn Fn(&Service, &Namespace) -> Vec<WorkspaceId>| -> Vec<&str> {
            let services = namespaces(mesh).flat_map(|(_, _, namespace)| {
                namespace.services.values().flat_map(|service| holds(service, namespace)).collect::<Vec<_>>()
            });
            let ids: BTreeSet<WorkspaceId> = services.collect();
            ids.into_iter().filter_map(|id| mesh.workspace(id)).map(|other| other.name.as_str()).collect()
        };
        let imports = |service: &Service, namespace: &Namespace| -> Vec<WorkspaceId> {
            namespace.owner().filter(|_| service.visible_to.contains_key(&id)).into_iter().collect()
        };
        let exports = |service: &Service, namespace: &Namespace| -> Vec<WorkspaceId> {
            let own = namespace.owner() == Some(id);
            service.visible_to.keys().copied().filter(|_| own).collect()
        };
        table.row([
            json!(workspace.name),
            json!(workspace.isolated),
            json!(listed(owned().map(|(cluster, _, _)| cluster.name.as_str()))),
            json!(listed(owned().map(|(_, name, _)| name))),
            json!(owned().map(|(_, _, namespace)| namespace.services.len()).sum::<usize>()),
            json!(others(&imports)),
            json!(others(&exports)),
            json!(settings(workspace)),
        ]);
    }
    table
}

fn settings(workspace: &Workspace) -> Option<&str> {
    workspace.settings.as_ref().map(|origin| &*origin.name)
}

fn policies(mesh: &Mesh) -> Table {
    let mut table = Table::new(&["name", "namespace", "clusters", "workloads", "clients", "tls"]).wide(&[
        "enforcedBy",
        "destinations",
        "identities",
    ]);
    for (index, policy) in mesh.policies.iter().enumerate() {
        let in_force: Vec<(&Cluster, &str, &Namespace, &Governed)> = namespaces(mesh)
            .flat_map(|(cluster, name, namespace)| {
                namespace.access.governed.iter().map(move |class| (cluster, name, namespace, class))
            })
            .filter(|(_, _, _, class)| class.policies.contains(&PolicyId(index)))
            .collect();
        let mut selected = BTreeSet::new();
        for (cluster, name, namespace, class) in &in_force {
            for workload in
                namespace.workloads.iter().filter(|workload| matches(&class.selector, &workload.labels))
            {
                selected.insert((
                    cluster.name.as_str(),
                    *name,
                    workload.kind.as_str(),
                    workload.name.as_str(),
                ));
            }
        }
        // a waypoint judges calls to a Service of other clusters too
        let at_waypoints = namespaces(mesh).filter(|(_, _, namespace)| {
            namespace.access.enrolled.iter().any(|enrolled| enrolled.origins.contains(&policy.origin))
        });
        let clusters = in_force.iter().map(|(cluster, ..)| cluster.name.as_str());
        let clusters = listed(clusters.chain(at_waypoints.map(|(cluster, ..)| cluster.name.as_str())));
        let by = in_force.iter().map(|(.., class)| match class.form {
            Form::Allow | Form::Deny => "ztunnel",
            Form::AtWaypoint => "waypoint",
        });
        let (namespace, name) = named(&policy.origin);
        let clients = policy.clients.as_deref();
        table.row([
            json!(name),
            json!(namespace),
            json!(clusters),
            json!(selected.len()),
            json!(clients.map(BTreeSet::len)),
            json!(policy.tls.map(|(tls, _)| match tls {
                Tls::Strict => "STRICT",
                Tls::Permissive => "PERMISSIVE",
            })),
            json!(listed(by)),
            json!(listed(selected.iter().map(|(_, namespace, _, name)| format!("{namespace}/{name}")))),
            json!(listed(clients.into_iter().flatten().map(|client| {
                format!("{}/ns/{}/sa/{}", client.member.trust_domain, client.member.namespace, client.account)
            }))),
        ]);
    }
    table
}

fn segments(mesh: &Mesh) -> Table {
    let mut table =
        Table::new(&["name", "kind", "namespace", "hosts", "clusters", "services"]).wide(&["reachedFrom"]);
    let mut origins: BTreeSet<&Origin> =
        mesh.global_services.iter().flat_map(|service| &service.origins).collect();
    origins.extend(mesh.global_hosts.iter().flat_map(|host| &host.origins));
    origins.extend(mesh.host_claims.iter().map(|(_, origin, _)| origin));
    for origin in origins {
        let of = |known: &BTreeSet<Origin>| known.contains(origin);
        let services = || mesh.global_services.iter().filter(|service| of(&service.origins));
        let reached = mesh.global_hosts.iter().filter(|host| of(&host.origins)).flat_map(|host| &host.reach);
        let hosts = mesh.host_claims.iter().filter(|(_, claimant, _)| claimant == origin);
        let (namespace, name) = named(origin);
        table.row([
            json!(name),
            json!(origin.name.split('/').next()),
            json!(namespace),
            json!(listed(hosts.map(|(host, _, _)| host.as_str()))),
            json!(listed(
                services()
                    .filter_map(|service| mesh.cluster(service.cluster))
                    .map(|cluster| cluster.name.as_str())
            )),
            json!(listed(services().map(|service| format!("{}/{}", service.namespace, service.name)))),
            json!(listed(reached.filter_map(|id| mesh.cluster(*id)).map(|cluster| cluster.name.as_str()))),
        ]);
    }
    table
}

fn services(mesh: &Mesh) -> Table {
    let mut table =
        Table::new(&["name", "namespace", "cluster", "ports", "workspace", "workloads", "access"]).wide(&[
            "visibleTo",
            "waypoint",
            "global",
        ]);
    for (cluster, space, namespace) in namespaces(mesh) {
        for (name, service) in &namespace.services {
            let workspaces = service.visible_to.keys().filter_map(|id| mesh.workspace(*id));
            let global = mesh.global_services.iter().any(|global| {
                let here = mesh.cluster(global.cluster).is_some_and(|at| at.name == cluster.name);
                here && global.namespace == space && global.name == *name && !global.withdrawn
            });
            table.row([
                json!(name),
                json!(space),
                json!(cluster.name),
                json!(service.ports.iter().map(|port| port.number).collect::<Vec<_>>()),
                json!(namespace.owner().and_then(|id| mesh.workspace(id)).map(|owner| &owner.name)),
                json!(service.workloads.len()),
                json!(access(namespace, service)),
                json!(workspaces.map(|workspace| &workspace.name).collect::<Vec<_>>()),
                json!(
                    service
                        .waypoint
                        .as_ref()
                        .map(|waypoint| format!("{}/{}", waypoint.namespace, waypoint.name))
                ),
                json!(global || service.global),
            ]);
        }
    }
    table
}

/// Who may call a Service, in a word.
fn access(namespace: &Namespace, service: &Service) -> &'static str {
    let restricted = namespace.access.governed.iter().any(|class| {
        let selects = |labels| matches(&class.selector, labels);
        let behind = service.workloads.iter().filter_map(|index| namespace.workloads.get(*index));
        !class.rules.is_empty()
            && (behind.into_iter().any(|workload| selects(&workload.labels))
                || service.selector.as_ref().is_some_and(selects))
    });
    let bounded = namespace.access.boundary != crate::bind::Boundary::Open;
    match (&namespace.tenancy, restricted, bounded) {
        (_, true, _) => "restricted",
        (Tenancy::Owned { .. }, false, true) => "workspace",
        (_, false, true) => "closed",
        (_, false, false) => "open",
    }
}

/// One row a direction: what stands in `cluster` for `peer`.
fn peers(mesh: &Mesh) -> Table {
    let mut table =
        Table::new(&["name", "cluster", "peer", "network", "passage", "addresses", "trustDomain"]).wide(&[
            "namespace",
            "serviceAccount",
            "pending",
        ]);
    for cluster in &mesh.clusters {
        for peer in peers_of(mesh, cluster) {
            let east_west = &peer.east_west;
            table.row([
                json!(match mesh.distribution {
                    Distribution::Solo => format!("istio-remote-peer-{}", peer.name),
                    Distribution::Upstream => format!("istio-remote-secret-{}", peer.name),
                }),
                json!(cluster.name),
                json!(peer.name),
                json!(peer.network),
                json!(match east_west.node_ports {
                    _ if cluster.network == peer.network => "direct",
                    Some(_) => "node ports",
                    None => "gateway",
                }),
                json!(addresses(peer)),
                json!(&*peer.trust_domain),
                json!(east_west.namespace),
                json!(east_west.service_account),
                json!(east_west.pending),
            ]);
        }
    }
    table
}

/// The other clusters that a cluster knows (SPEC section 6).
fn peers_of<'m>(mesh: &'m Mesh, cluster: &Cluster) -> Vec<&'m Cluster> {
    cluster.peers.iter().filter_map(|peer| mesh.cluster(*peer)).collect()
}

fn addresses(cluster: &Cluster) -> Vec<&str> {
    cluster.east_west.addresses.iter().map(|address| address.value.as_str()).collect()
}

fn namespaces(mesh: &Mesh) -> impl Iterator<Item = (&Cluster, &str, &Namespace)> {
    mesh.clusters.iter().flat_map(|cluster| {
        cluster.namespaces.iter().map(move |(name, namespace)| (cluster, name.as_str(), namespace))
    })
}

/// `Kind/namespace/name` → namespace and name.
fn named(origin: &Origin) -> (&str, &str) {
    let mut parts = origin.name.splitn(3, '/').skip(1);
    let namespace = parts.next().unwrap_or_default();
    (namespace, parts.next().unwrap_or_default())
}

/// Sorted, each once.
fn listed<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.collect::<BTreeSet<T>>().into_iter().collect()
}
