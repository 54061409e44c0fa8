//! What the workspaces own and share.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, End, Graph, Kind, counted, shortened};
use crate::bind::{Mesh, Tenancy, WorkspaceId};

/// How many lines of a sort a box has before the others are counted.
const SHOWN: usize = 8;

/// Workspaces with their namespaces and the Services that they share; an arrow from each workspace that may call them.
/// Services that the same workspaces may call are one line.
pub fn workspaces(mesh: &Mesh) -> Graph {
    let mut graph =
        Graph::new("workspaces", format!("Workspaces of fleet {} and what they share", mesh.fleet));
    let owned = owned(mesh);
    let shared = shared(mesh);
    let mut groups = BTreeMap::new();
    for (index, workspace) in mesh.workspaces.iter().enumerate() {
        let note = if workspace.isolated { "isolated" } else { "open" };
        groups.insert(WorkspaceId(index), graph.group(&workspace.name, note));
    }
    for (owner, namespaces) in &owned {
        let group = match owner {
            Owner::Workspace(id) => groups.get(id).copied(),
            Owner::Nobody { closed } => {
                Some(graph.group("no workspace", if *closed { "closed" } else { "open" }))
            }
        };
        let Some(group) = group else { continue };
        for (name, clusters) in namespaces.iter().take(SHOWN) {
            graph.node(group, Kind::Namespace, *name, counted(*clusters, "cluster"));
        }
        if namespaces.len() > SHOWN {
            let more = counted(namespaces.len() - SHOWN, "more namespace");
            graph.node(group, Kind::Fact, format!("and {more}"), "");
        }
    }
    for ((owner, importers), services) in &shared {
        let Some(group) = groups.get(owner).copied() else { continue };
        let names: Vec<&str> = services.iter().map(String::as_str).collect();
        let line = graph.node(group, Kind::Service, shortened(&names, 3), "shared");
        for importer in importers {
            let (Some(from), Some(workspace)) = (groups.get(importer), mesh.workspace(*importer)) else {
                continue;
            };
            let says = format!("workspace {} may call {}", workspace.name, shortened(&names, 6));
            graph.edges.push(Edge { from: End::Group(*from), to: End::Node(line), both: false, says });
        }
    }
    graph
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Workspace(WorkspaceId),
    Nobody { closed: bool },
}

/// Namespaces by owner, with the number of their clusters; system namespaces are the platform's own.
fn owned(mesh: &Mesh) -> BTreeMap<Owner, BTreeMap<&str, usize>> {
    let mut owned: BTreeMap<Owner, BTreeMap<&str, usize>> = BTreeMap::new();
    for (name, namespace) in mesh.clusters.iter().flat_map(|cluster| &cluster.namespaces) {
        let owner = match namespace.tenancy {
            Tenancy::Owned { workspace, .. } => Owner::Workspace(workspace),
            Tenancy::Unowned { closed } => Owner::Nobody { closed },
            Tenancy::System => continue,
        };
        *owned.entry(owner).or_default().entry(name).or_default() += 1;
    }
    owned
}

/// Services that other workspaces may call, by owner and by who these are.
fn shared(mesh: &Mesh) -> BTreeMap<(WorkspaceId, BTreeSet<WorkspaceId>), BTreeSet<String>> {
    let mut importers: BTreeMap<(WorkspaceId, String), BTreeSet<WorkspaceId>> = BTreeMap::new();
    for (name, namespace) in mesh.clusters.iter().flat_map(|cluster| &cluster.namespaces) {
        let Some(owner) = namespace.owner() else { continue };
        for (service, own) in namespace.services.iter().filter(|(_, own)| !own.visible_to.is_empty()) {
            importers.entry((owner, format!("{service}.{name}"))).or_default().extend(own.visible_to.keys());
        }
    }
    let mut shared: BTreeMap<(WorkspaceId, BTreeSet<WorkspaceId>), BTreeSet<String>> = BTreeMap::new();
    for ((owner, service), importers) in importers {
        shared.entry((owner, importers)).or_default().insert(service);
    }
    shared
}
