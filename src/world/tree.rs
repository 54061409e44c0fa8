//! A tree of manifests as a world: one that fleetc wrote, one written by hand, one exported from a cluster.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{Cluster, InventoryPolicy, Mesh, inventory_of};
use crate::kinds::inventory::{InventoryObject, Item, is_inventory};
use crate::kinds::{Decoder, Scope};
use crate::reach::{self, Author, ClusterWorld, Held, World, trust_domain_of};
use crate::report::{Finding, Findings, codes};
use crate::source::{FileId, Sources};
use crate::yaml::{self, Node};

/// Folders of a rendered fleet that are no cluster's.
const NO_CLUSTER: [&str; 2] = ["_scope", "_delivery"];
/// The folders of a rendered cluster (SPEC section 2).
const STAGES: [&str; 5] = ["1-trust", "2-mesh", "3-policy", "4-federation", "5-observability"];

/// A tree of manifests, by cluster. What runs there is read from the tree where it holds Services, service accounts or
/// workloads, as an export of a cluster does; else it is the inventory of the fleet's cluster of that name.
#[derive(Debug, Default)]
pub struct Exported {
    clusters: Vec<Cluster>,
    /// The clusters whose inventory is in the tree too.
    complete: BTreeSet<String>,
    /// What is said about it.
    pub notes: Vec<String>,
}

impl Exported {
    /// Reads a tree. Its first folders are clusters where the fleet has clusters of such names, or where they hold the
    /// stages of a rendered cluster; a tree without such folders is one cluster, named after its own folder. A document
    /// that cannot be read is a finding: an answer without it could be wrong.
    pub fn read(sources: &Sources, mesh: Option<&Mesh>, findings: &mut Findings) -> Self {
        let is_cluster = clusters_of(sources, mesh);
        let mut objects: BTreeMap<String, Vec<InventoryObject>> = BTreeMap::new();
        for (id, file) in sources.files() {
            let first = file.path.split('/').next().unwrap_or_default();
            let cluster = match is_cluster.contains(first) {
                true => first,
                false if is_cluster.is_empty() => sources.fleet(),
                false => continue,
            };
            if NO_CLUSTER.contains(&first) || !(file.path.ends_with(".yaml") || file.path.ends_with(".yml")) {
                continue;
            }
            let into = objects.entry(cluster.to_owned()).or_default();
            read_file(id, &file.bytes, into, findings);
        }
        let mut exported = Exported::default();
        for (name, objects) in objects {
            let complete = objects.iter().any(|object| {
                matches!(object.item, Item::Service(_) | Item::ServiceAccount | Item::Workload(_))
            });
            if complete {
                exported.complete.insert(name.clone());
            }
            let registered = mesh.and_then(|mesh| mesh.clusters.iter().find(|own| own.name == name));
            let policies = objects.iter().filter_map(|object| match &object.item {
                Item::AuthorizationPolicy(policy) => Some(&**policy),
                _ => None,
            });
            let trust_domain = match registered {
                Some(own) => &own.trust_domain,
                None => trust_domain_of(policies).unwrap_or("cluster.local"),
            };
            exported.clusters.push(inventory_of(&name, trust_domain, &objects));
        }
        if let Some(mesh) = mesh {
            exported.clusters.iter().for_each(|cluster| drift(cluster, mesh, &mut exported.notes));
        }
        exported
    }

    /// What the tree enforces.
    pub fn world<'a>(&'a self, mesh: Option<&'a Mesh>) -> World<'a> {
        World { clusters: self.clusters.iter().map(|cluster| self.cluster(cluster, mesh)).collect() }
    }

    fn cluster<'a>(&self, cluster: &'a Cluster, mesh: Option<&'a Mesh>) -> ClusterWorld<'a> {
        let registered =
            mesh.and_then(|mesh| Some((mesh, mesh.clusters.iter().find(|own| own.name == cluster.name)?)));
        let configuration = match registered {
            Some((mesh, own)) => super::configuration(mesh, own),
            None => reach::Cluster::default(),
        };
        let mut held: Vec<Held> = policies(cluster)
            .map(|policy| Held { object: policy.object.clone(), author: Author::Tree(policy.place) })
            .collect();
        let namespaces = match registered {
            Some((_, own)) if !self.complete.contains(&cluster.name) => {
                let written: BTreeSet<_> = held.iter().map(Held::name).collect();
                held.extend(
                    super::foreign(own).into_iter().filter(|foreign| !written.contains(&foreign.name())),
                );
                &own.namespaces
            }
            _ => &cluster.namespaces,
        };
        ClusterWorld::new(&cluster.name, configuration, namespaces, held)
    }
}

/// The first folders of a tree that are clusters.
fn clusters_of(sources: &Sources, mesh: Option<&Mesh>) -> BTreeSet<String> {
    let registered = |name: &str| mesh.is_some_and(|mesh| mesh.clusters.iter().any(|own| own.name == name));
    let mut found = BTreeSet::new();
    for (_, file) in sources.files() {
        let mut parts = file.path.split('/');
        let (Some(first), Some(second)) = (parts.next(), parts.next()) else { continue };
        if !NO_CLUSTER.contains(&first) && (registered(first) || STAGES.contains(&second)) {
            found.insert(first.to_owned());
        }
    }
    found
}

fn policies(cluster: &Cluster) -> impl Iterator<Item = &InventoryPolicy> {
    cluster.foreign.iter().chain(&cluster.claimed)
}

fn read_file(id: FileId, bytes: &[u8], objects: &mut Vec<InventoryObject>, findings: &mut Findings) {
    let reading = yaml::read(id, bytes);
    for problem in reading.problems {
        findings.push(Finding::new(codes::FC101, problem.message).at(problem.place));
    }
    for node in &reading.documents {
        read_document(node, objects, findings);
    }
}

fn read_document(node: &Node, objects: &mut Vec<InventoryObject>, findings: &mut Findings) {
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else { return };
    if kind.ends_with("List")
        && let Some(items) = node.get("items").and_then(Node::as_sequence)
    {
        items.iter().for_each(|item| read_document(item, objects, findings));
        return;
    }
    if !is_inventory(api_version, kind, node) {
        return;
    }
    let mut decoder = Decoder::tolerant(node.place);
    objects.extend(InventoryObject::decode(api_version, kind, node, &Scope::AllClusters, &mut decoder));
    findings.extend(decoder.into_findings());
}

/// Where what claims to be fleetc's is not what the fleet renders.
fn drift(cluster: &Cluster, mesh: &Mesh, notes: &mut Vec<String>) {
    let Some(id) = mesh.cluster_ids().find(|(_, own)| own.name == cluster.name).map(|(id, _)| id) else {
        return;
    };
    let rendered: BTreeMap<String, Held> =
        super::rendered(mesh, id).into_iter().map(|held| (held.object.reference(), held)).collect();
    let mut there = BTreeSet::new();
    for policy in &cluster.claimed {
        let name = policy.object.reference();
        match rendered.get(&name) {
            None => notes.push(format!(
                "cluster `{}`: `{name}` says that fleetc wrote it, but the fleet does not render it",
                cluster.name
            )),
            Some(held) if !held.object.says_the_same(&policy.object) => {
                notes.push(format!("cluster `{}`: `{name}` is not what the fleet renders", cluster.name));
            }
            Some(_) => {}
        }
        there.insert(name);
    }
    for name in rendered.keys().filter(|name| !there.contains(*name)) {
        notes.push(format!(
            "cluster `{}`: the fleet renders `{name}`, which the tree does not hold",
            cluster.name
        ));
    }
}
