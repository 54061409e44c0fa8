//! What is installed anew, rolled or taken away.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::change::State;
use super::files::Files;
use crate::bind::{Capture, Cluster, Component, Mesh};
use crate::source::FileId;
use crate::yaml::{Node, read};

/// A component that is rolled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Restart {
    /// The cluster.
    pub cluster: String,
    /// The Helm release; for a Gateway that istiod deploys `gateway <namespace>/<name>`.
    pub release: String,
    /// `base`, `cni`, `istiod`, `ztunnel` or `gateway`.
    pub component: &'static str,
    /// `version 1.26.1 → 1.26.2`, `chart`, `values`, `installed`, `removed`.
    pub because: String,
    /// Whether connections through it break: ztunnel, CNI and gateways.
    pub breaks_connections: bool,
}

/// How many of each are rolled or taken away; what is installed for the first time is not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestartCounts {
    /// Control planes.
    pub istiod: usize,
    /// DaemonSets of ztunnel, one a cluster.
    pub ztunnel: usize,
    /// DaemonSets of the CNI agent, one a cluster.
    pub cni: usize,
    /// Gateways and waypoints.
    pub gateways: usize,
    /// Workloads whose open connections break because the ztunnel or the CNI agent of their nodes is rolled. Their own pods
    /// never restart: nothing that is rendered changes them.
    pub workloads: usize,
}

/// What is installed of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Installed {
    component: Component,
    version: String,
    chart: String,
    values: String,
}

/// By cluster and release.
type Releases = BTreeMap<(String, String), Installed>;

/// Releases that differ, and the gateways that a new istiod rolls. Both sides are read from their delivery objects where one
/// of them is a rendered tree.
pub fn restarts(old: &State<'_>, new: &State<'_>) -> Vec<Restart> {
    let from_tree = old.is_tree() || new.is_tree();
    let releases = |state: &State<'_>| match state.mesh {
        Some(mesh) if !from_tree => of_mesh(mesh),
        _ => of_files(state.files),
    };
    let (before, after) = (releases(old), releases(new));
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut restarts: Vec<Restart> = Vec::new();
    for name in names {
        let (was, is) = (before.get(name), after.get(name));
        let Some(because) = because(was, is) else { continue };
        let Some(component) = is.or(was).map(|installed| installed.component) else { continue };
        let carries = matches!(component, Component::Ztunnel | Component::Cni | Component::Gateway);
        restarts.push(Restart {
            cluster: name.0.clone(),
            release: name.1.clone(),
            component: named(component),
            because,
            breaks_connections: carries && was.is_some(),
        });
    }
    if let (Some(old), Some(new)) = (old.mesh, new.mesh) {
        restarts.extend(new.clusters.iter().flat_map(|cluster| deployed(old, cluster)));
    }
    restarts.sort();
    restarts
}

/// What is counted of restarts. `mesh` is the state after.
pub fn restart_counts(restarts: &[Restart], mesh: Option<&Mesh>) -> RestartCounts {
    let rolled = || restarts.iter().filter(|restart| restart.because != "installed");
    let count = |component: &str| rolled().filter(|restart| restart.component == component).count();
    let cut: BTreeSet<&str> = rolled()
        .filter(|restart| matches!(restart.component, "ztunnel" | "cni"))
        .map(|restart| restart.cluster.as_str())
        .collect();
    let clusters = mesh.into_iter().flat_map(|mesh| &mesh.clusters);
    let namespaces = clusters
        .filter(|cluster| cut.contains(cluster.name.as_str()))
        .flat_map(|cluster| cluster.namespaces.values());
    let workloads = namespaces.flat_map(|namespace| &namespace.workloads);
    RestartCounts {
        istiod: count("istiod"),
        ztunnel: count("ztunnel"),
        cni: count("cni"),
        gateways: count("gateway"),
        workloads: workloads
            .filter(|workload| matches!(workload.capture, Capture::Ambient | Capture::Assumed))
            .count(),
    }
}

fn named(component: Component) -> &'static str {
    match component {
        Component::Base => "base",
        Component::Cni => "cni",
        Component::Istiod => "istiod",
        Component::Ztunnel => "ztunnel",
        Component::Gateway => "gateway",
    }
}

fn because(was: Option<&Installed>, is: Option<&Installed>) -> Option<String> {
    match (was, is) {
        (None, _) => Some("installed".to_owned()),
        (_, None) => Some("removed".to_owned()),
        (Some(was), Some(is)) if was.version != is.version => {
            Some(format!("version {} → {}", was.version, is.version))
        }
        (Some(was), Some(is)) if was.chart != is.chart => Some("chart".to_owned()),
        (Some(was), Some(is)) if was.values != is.values => Some("values".to_owned()),
        _ => None,
    }
}

/// The gateways whose pods istiod makes: of another version it makes them anew.
fn deployed(old: &Mesh, cluster: &Cluster) -> Vec<Restart> {
    let Some(before) = old.clusters.iter().find(|before| before.name == cluster.name) else {
        return Vec::new();
    };
    // the default control plane comes first
    let version = |cluster: &Cluster| {
        let istiod = cluster.releases.iter().find(|release| release.component == Component::Istiod);
        istiod.map(|release| release.version.clone())
    };
    let (Some(was), Some(is)) = (version(before), version(cluster)) else { return Vec::new() };
    if was == is {
        return Vec::new();
    }
    let rolled_out = cluster.east_west.rollout.is_some() && before.east_west.rollout.is_some();
    let east_west = rolled_out.then(|| (cluster.east_west.namespace.clone(), "east-west".to_owned()));
    let waypoints = cluster.waypoints.keys().filter(|name| before.waypoints.contains_key(*name)).cloned();
    let restart = |(namespace, name): (String, String)| Restart {
        cluster: cluster.name.clone(),
        release: format!("gateway {namespace}/{name}"),
        component: "gateway",
        because: format!("istiod {was} → {is} deploys it anew"),
        breaks_connections: true,
    };
    east_west.into_iter().chain(waypoints).map(restart).collect()
}

fn of_mesh(mesh: &Mesh) -> Releases {
    let named = mesh.clusters.iter().flat_map(|cluster| {
        cluster.releases.iter().map(|release| {
            let installed = Installed {
                component: release.component,
                version: release.version.clone(),
                chart: format!("{} {}", release.repository, release.chart),
                values: serde_json::to_string(&release.values).unwrap_or_default(),
            };
            ((cluster.name.clone(), release.name.clone()), installed)
        })
    });
    named.collect()
}

/// The Applications and HelmReleases of a tree, named `<fleet>.<cluster>.<release>`, those of an ApplicationSet too.
fn of_files(files: &Files) -> Releases {
    let mut releases = Releases::new();
    for (path, text) in files {
        if !path.starts_with("_delivery/") {
            continue;
        }
        for object in read(FileId(0), text.as_bytes()).documents {
            let kind = object.get("kind").and_then(Node::as_text).unwrap_or_default();
            if kind == "ApplicationSet" {
                let of_element =
                    |element: &Node| release_of(named_of(element)?, "Application", element.get("patch")?);
                releases.extend(elements(&object).filter_map(of_element));
            } else if let Some(name) = object.get("metadata").and_then(named_of) {
                releases.extend(release_of(name, kind, &object));
            }
        }
    }
    releases
}

fn named_of(node: &Node) -> Option<&str> {
    node.get("name").and_then(Node::as_text)
}

/// What the list generators of an ApplicationSet hold.
fn elements(set: &Node) -> impl Iterator<Item = &Node> {
    let generators = set.get("spec").and_then(|spec| spec.get("generators")).and_then(Node::as_sequence);
    let lists =
        generators.into_iter().flatten().filter_map(|generator| generator.get("list")?.get("elements"));
    lists.filter_map(Node::as_sequence).flatten()
}

fn release_of(name: &str, kind: &str, object: &Node) -> Option<((String, String), Installed)> {
    let at = |path: &[&str]| path.iter().try_fold(object, |node, key| node.get(key));
    let text = |path: &[&str]| at(path).and_then(Node::as_scalar).map(|scalar| scalar.text.clone());
    let parts: Vec<&str> = name.splitn(3, '.').collect();
    let [_, cluster, release] = parts.as_slice() else { return None };
    let (chart, repository, version, values) = match kind {
        "Application" => (
            text(&["spec", "source", "chart"])?,
            text(&["spec", "source", "repoURL"]),
            text(&["spec", "source", "targetRevision"]),
            at(&["spec", "source", "helm", "valuesObject"]),
        ),
        "HelmRelease" => (
            text(&["spec", "chart", "spec", "chart"])?,
            text(&["spec", "chart", "spec", "sourceRef", "name"]),
            text(&["spec", "chart", "spec", "version"]),
            at(&["spec", "values"]),
        ),
        _ => return None,
    };
    let component = match chart.as_str() {
        "base" => Component::Base,
        "cni" => Component::Cni,
        "istiod" => Component::Istiod,
        "ztunnel" => Component::Ztunnel,
        "gateway" => Component::Gateway,
        _ => return None,
    };
    let installed = Installed {
        component,
        version: version.unwrap_or_default(),
        chart: format!("{} {chart}", repository.unwrap_or_default()),
        values: values.map(super::objects::flow).unwrap_or_default(),
    };
    Some((((*cluster).to_owned(), (*release).to_owned()), installed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_from_every_form_of_delivery() {
        let source = |version: &str| {
            format!("spec: {{source: {{chart: ztunnel, repoURL: r, targetRevision: {version}}}}}")
        };
        let tree = |version: &str| {
            Files::from([
                (
                    "_delivery/a.yaml".to_owned(),
                    format!("kind: Application\nmetadata: {{name: f.east.ztunnel}}\n{}\n", source(version)),
                ),
                (
                    "_delivery/b.yaml".to_owned(),
                    format!(
                        "kind: ApplicationSet\nspec: {{generators: [{{list: {{elements: [{{name: f.west.ztunnel, patch: {{{}}}}}]}}}}]}}\n",
                        source(version)
                    ),
                ),
                (
                    "_delivery/c.yaml".to_owned(),
                    format!(
                        "kind: HelmRelease\nmetadata: {{name: f.north.ztunnel}}\nspec: {{chart: {{spec: {{chart: ztunnel, version: {version}}}}}}}\n"
                    ),
                ),
            ])
        };
        let (was, is) = (of_files(&tree("1.1.1")), of_files(&tree("1.1.2")));
        let names: Vec<&str> = was.keys().map(|(cluster, _)| cluster.as_str()).collect();
        assert_eq!(names, ["east", "north", "west"]);
        for (name, before) in &was {
            assert_eq!(because(Some(before), is.get(name)).as_deref(), Some("version 1.1.1 → 1.1.2"));
        }
    }
}
