//! Workspaces, and what flows between them because one exports it and the other imports it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::clusters::{Names, standing};
use crate::bind::{Mesh, WorkspaceId};
use crate::page::{Broken, Html, Section, fill};
use crate::pane::graph;
use crate::source::{Place, Sources};

#[derive(Serialize)]
struct Workspaces {
    picture: Option<Html>,
    workspaces: Vec<Row>,
    flows: Vec<Flow>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    place: String,
    isolated: bool,
    namespaces: Vec<String>,
    clusters: String,
    services: usize,
}

/// What one workspace may call of another.
#[derive(Serialize)]
struct Flow {
    from: String,
    to: String,
    /// `service.namespace`.
    services: Vec<String>,
    export: String,
    import: String,
}

/// What a workspace owns.
#[derive(Default)]
struct Owned {
    clusters: BTreeSet<usize>,
    spaces: BTreeSet<String>,
    /// `service.namespace`.
    services: BTreeSet<String>,
}

/// The section.
pub fn section(mesh: &Mesh, sources: &Sources, names: &Names) -> Result<Section, Broken> {
    let mut rows: Vec<Row> = mesh
        .workspaces
        .iter()
        .map(|workspace| Row {
            name: workspace.name.clone(),
            place: standing(sources, workspace.origin.place),
            isolated: workspace.isolated,
            namespaces: Vec::new(),
            clusters: String::new(),
            services: 0,
        })
        .collect();
    let mut owned: BTreeMap<usize, Owned> = BTreeMap::new();
    let mut flows: BTreeMap<(WorkspaceId, WorkspaceId), ([Place; 2], BTreeSet<String>)> = BTreeMap::new();
    for (index, cluster) in mesh.clusters.iter().enumerate() {
        for (space, namespace) in &cluster.namespaces {
            let Some(owner) = namespace.owner() else { continue };
            let own = owned.entry(owner.0).or_default();
            own.clusters.insert(index);
            own.spaces.insert(space.clone());
            for (name, service) in &namespace.services {
                own.services.insert(format!("{name}.{space}"));
                for (caller, places) in &service.shared_by {
                    let flow = flows.entry((*caller, owner)).or_insert_with(|| (*places, BTreeSet::new()));
                    flow.1.insert(format!("{name}.{space}"));
                }
            }
        }
    }
    for (index, Owned { clusters, spaces, services }) in owned {
        let Some(row) = rows.get_mut(index) else { continue };
        row.clusters = names.of(&clusters);
        row.namespaces = spaces.into_iter().collect();
        row.services = services.len();
    }
    let name = |id: WorkspaceId| mesh.workspace(id).map(|own| own.name.clone()).unwrap_or_default();
    let flows = flows.into_iter().map(|((from, to), ([export, import], services))| Flow {
        from: name(from),
        to: name(to),
        services: services.into_iter().collect(),
        export: standing(sources, export),
        import: standing(sources, import),
    });
    let workspaces = Workspaces {
        picture: (mesh.workspaces.len() > 1).then(|| Html::trusted(graph::svg(&graph::workspaces(mesh)))),
        workspaces: rows,
        flows: flows.collect(),
    };
    Ok(Section {
        id: "workspaces",
        title: "Workspaces".into(),
        count: Some(mesh.workspaces.len()),
        body: fill("report/workspaces.html", &workspaces)?,
    })
}
