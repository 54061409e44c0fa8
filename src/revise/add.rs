//! A cluster more: like one that is there, and reached elsewhere.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Revision;
use super::desk::{Desk, Written, scope};
use crate::bind::glob;
use crate::kinds::Scope;
use crate::kinds::cluster_names::{ClusterName, ClusterRole};
use crate::manifest::Labels;
use crate::report::{Finding, Findings, codes};
use crate::source::Sources;
use crate::yaml::Node;
use crate::yaml::edit::{Change, Edit, Path, edit};

/// What of the model's `metadata` and `spec` the new cluster gets; the rest is the model's own: its network, API server
/// and credentials, what it trusts today and whether it leaves.
const METADATA: [&str; 3] = ["name", "namespace", "labels"];
const SPEC: [&str; 6] =
    ["clusterDomain", "trustDomain", "eastWestGateway", "greenfield", "segment", "installed"];

/// Kinds that say what a cluster gets. What others say (exceptions, grants, waves) may be meant for the model alone.
const ABOUT_CLUSTERS: [&str; 7] = [
    "ClusterDomain",
    "CNILifecycleManager",
    "GatewayLifecycleManager",
    "IdentityProvider",
    "IstioLifecycleManager",
    "Workspace",
    "ZTunnelLifecycleManager",
];

/// The wish for a cluster more. The name is a DNS label, each address an IP address or a DNS name.
#[derive(Debug, Clone, Default)]
pub struct Addition {
    /// Its name.
    pub name: String,
    /// The cluster it is like.
    pub like: String,
    /// Where its east-west gateway is reached; none: its address is not known yet.
    pub addresses: Vec<String>,
    /// Labels beside the model's, or instead of them.
    pub labels: Labels,
    /// Its trust domain; `None`: the model's, with the model's name in it replaced.
    pub trust_domain: Option<String>,
}

/// Adds a cluster: its KubernetesCluster, and its name wherever the model stands by name in a list of clusters.
///
/// Refuses a name that is there already, a model that is not, and an address that is another cluster's.
pub fn add(sources: &Sources, wish: &Addition) -> Result<Revision, Findings> {
    let mut desk = Desk::open(sources);
    let model = desk.cluster(&wish.like);
    for finding in taken(&desk, wish) {
        desk.refuse(finding);
    }
    if let Some(model) = model {
        register(&mut desk, &model, wish);
        for object in desk.objects.clone() {
            enlist(&mut desk, &object, wish);
        }
    }
    desk.finish()
}

fn taken(desk: &Desk<'_>, wish: &Addition) -> Vec<Finding> {
    let mut findings = Vec::new();
    for cluster in desk.clusters() {
        if cluster.name() == wish.name {
            let message = format!("there is a cluster `{}` already", wish.name);
            findings.push(
                Finding::new(codes::FC201, message).at(cluster.place()).help("give the new one another name"),
            );
        }
        let gateway = cluster.node.get("spec").and_then(|spec| spec.get("eastWestGateway"));
        let addresses = gateway.and_then(|gateway| gateway.get("addresses")).and_then(Node::as_sequence);
        for address in addresses.into_iter().flatten().filter_map(|address| address.get("value")) {
            let Some(text) = address.as_text().filter(|text| wish.addresses.iter().any(|new| new == text))
            else {
                continue;
            };
            let message = format!("the address `{text}` is that of cluster `{}`", cluster.name());
            findings.push(Finding::new(codes::FC502, message).at(address.place).help(
                "traffic for one would reach the other: give the new cluster's gateway one of its own",
            ));
        }
    }
    findings
}

/// Writes the KubernetesCluster: in a file of its own where the model has one named after it, else behind the model's
/// document or item.
fn register(desk: &mut Desk<'_>, model: &Written, wish: &Addition) {
    let path = desk.sources.file(model.file).map(|file| file.path.clone()).unwrap_or_default();
    let own_file = path.replace(&wish.like, &wish.name);
    let alone = desk.count(model.file) == 1 && model.path.steps.is_empty();
    if alone && own_file != path && desk.sources.by_path(&own_file).is_none() {
        let mut edits = vec![Edit { path: model.path.clone(), change: Change::Copy }];
        edits.extend(changes(desk, model, &Path::document(1), wish));
        edits.push(Edit { path: Path::document(0), change: Change::Remove });
        match edit(&desk.sources.text(model.file), &edits) {
            Ok(text) => desk.put(own_file, Some(text.into_bytes())),
            // The copy of the model's document says where and why.
            Err(_) => edits.into_iter().for_each(|edit| desk.edit(model.file, edit.path, edit.change)),
        }
        return;
    }
    let copy = match model.path.parent() {
        None => Path::document(desk.count(model.file)),
        Some((list, _)) => {
            let items = desk.node(model.file, &list).and_then(Node::as_sequence).map_or(0, <[Node]>::len);
            list.item(items)
        }
    };
    desk.edit(model.file, model.path.clone(), Change::Copy);
    for Edit { path, change } in changes(desk, model, &copy, wish) {
        desk.edit(model.file, path, change);
    }
}

/// What makes a copy of the model's object the new cluster's. What is set comes before what goes, so that no mapping is
/// empty in between.
fn changes(desk: &mut Desk<'_>, model: &Written, copy: &Path, wish: &Addition) -> Vec<Edit> {
    let mut edits = Vec::new();
    let metadata = copy.clone().key("metadata");
    let mut set = |path: Path, node: Node| edits.push(path.change(Change::Set(node)));
    set(metadata.clone().key("name"), Node::text(&wish.name));
    let labels = model.node.get("metadata").and_then(|metadata| metadata.get("labels"));
    match labels.and_then(Node::as_mapping) {
        Some(_) => wish.labels.iter().for_each(|(key, value)| {
            set(metadata.clone().key("labels").key(key), Node::text(value));
        }),
        None if wish.labels.is_empty() => {}
        None => {
            let labels = wish.labels.iter().map(|(key, value)| (key.as_str(), Node::text(value)));
            set(metadata.clone().key("labels"), Node::map(labels));
        }
    }

    let spec = copy.clone().key("spec");
    let addresses = Node::list(wish.addresses.iter().map(|address| {
        let kind = if address.parse::<IpAddr>().is_ok() { "IPAddress" } else { "Hostname" };
        Node::map([("type", Node::text(kind)), ("value", Node::text(address))])
    }));
    let (reached, not_reached) = match wish.addresses.is_empty() {
        true => (("pending", Node::bare("true")), "addresses"),
        false => (("addresses", addresses), "pending"),
    };
    let model_spec = model.node.get("spec").filter(|spec| spec.as_mapping().is_some());
    let gateway = model_spec.and_then(|spec| spec.get("eastWestGateway"));
    let gateway = gateway.filter(|gateway| gateway.as_mapping().is_some_and(|entries| !entries.is_empty()));
    match (model_spec, gateway) {
        (None, _) => set(spec.clone(), Node::map([("eastWestGateway", Node::map([reached]))])),
        (_, None) => set(spec.clone().key("eastWestGateway"), Node::map([reached])),
        _ => set(spec.clone().key("eastWestGateway").key(reached.0), reached.1),
    }
    let said = model_spec.and_then(|spec| spec.get("trustDomain")).and_then(Node::as_text);
    if let Some(trust_domain) = trust_domain(said, wish) {
        if wish.trust_domain.is_none() {
            let message = format!("`{}` gets the trust domain `{trust_domain}`", wish.name);
            desk.note(None, format!("{message}, as `{}` has `{}`", wish.like, said.unwrap_or_default()));
        }
        set(spec.clone().key("trustDomain"), Node::text(&trust_domain));
    }

    if let Some(ports) = gateway.and_then(|gateway| gateway.entry("nodePorts")) {
        let message =
            format!("`{}` gets these node ports too: see that its gateway's Service has them", wish.name);
        desk.note(Some(ports.key_place), message);
    }
    if gateway.is_some_and(|gateway| gateway.get(not_reached).is_some()) {
        edits.push(spec.clone().key("eastWestGateway").key(not_reached).change(Change::Remove));
    }
    let mut left = Vec::new();
    for (part, path, kept) in [("metadata", metadata, &METADATA[..]), ("spec", spec, &SPEC[..])] {
        let entries = model.node.get(part).and_then(Node::as_mapping).unwrap_or_default();
        for entry in entries.iter().filter(|entry| !kept.contains(&entry.key.as_str())) {
            edits.push(path.clone().key(&entry.key).change(Change::Remove));
            left.push(format!("`{part}.{}`", entry.key));
        }
    }
    if model.node.get("status").is_some() {
        edits.push(copy.clone().key("status").change(Change::Remove));
    }
    if !left.is_empty() {
        let message = format!("not taken over from `{}`: {}", wish.like, left.join(", "));
        desk.note(Some(model.place()), message);
    }
    edits
}

/// The trust domain to write: the one asked for, or the model's where the model's name is a part of it. `None`: as the
/// model has it.
fn trust_domain(said: Option<&str>, wish: &Addition) -> Option<String> {
    if wish.trust_domain.is_some() {
        return wish.trust_domain.clone();
    }
    let parts: Vec<&str> = said?.split('.').collect();
    let is_model = |part: &&&str| **part == wish.like;
    parts.iter().find(is_model)?;
    Some(
        parts
            .iter()
            .map(|part| if is_model(&part) { &*wish.name } else { part })
            .collect::<Vec<_>>()
            .join("."),
    )
}

/// Adds the name to every list of clusters in which the model stands by name.
fn enlist(desk: &mut Desk<'_>, object: &Written, wish: &Addition) {
    let applied_in_model = scope(desk.sources, object.file) == Scope::Cluster(wish.like.clone());
    if applied_in_model {
        if object.kind.name != "KubernetesCluster" {
            let message =
                format!("`{}` is applied in `{}` alone and is not copied", object.reference(), wish.like);
            desk.note(Some(object.place()), message);
        }
        return;
    }
    let mut done = BTreeSet::new();
    for ClusterName { name, place, role } in object.cluster_names() {
        if name != wish.like {
            if name.contains('*') && glob(&name, &wish.like) && !glob(&name, &wish.name) {
                let message = format!("`{name}` means `{}` here, and not `{}`", wish.like, wish.name);
                desk.note(Some(place), message);
            }
            continue;
        }
        if role == ClusterRole::Single {
            let message = format!("this names `{}` alone, and `{}` is not added to it", wish.like, wish.name);
            desk.note(Some(place), message);
            continue;
        }
        let Some(path) = desk.path(place) else { continue };
        let item = match role {
            ClusterRole::NameOfItem => path.parent().map(|(item, _)| item),
            _ => Some(path),
        };
        let Some((item, list)) = item.and_then(|item| Some((item.clone(), item.parent()?.0))) else {
            continue;
        };
        if !done.insert(list.clone()) {
            continue;
        }
        if !ABOUT_CLUSTERS.contains(&object.kind.name) {
            let message = format!("this holds for `{}` too from now on: see that it is meant to", wish.name);
            desk.note(Some(place), message);
        }
        if role == ClusterRole::Item {
            desk.edit(object.file, list, Change::Append(Node::text(&wish.name)));
            continue;
        }
        let count = desk.node(object.file, &list).and_then(Node::as_sequence).map_or(0, <[Node]>::len);
        let said =
            desk.node(object.file, &item).and_then(|item| item.get("trustDomain")).and_then(Node::as_text);
        let trust_domain = said.and_then(|said| trust_domain(Some(said), wish));
        desk.edit(object.file, item, Change::Copy);
        let copy = list.item(count);
        desk.edit(object.file, copy.clone().key("name"), Change::Set(Node::text(&wish.name)));
        if let Some(trust_domain) = trust_domain {
            desk.edit(object.file, copy.key("trustDomain"), Change::Set(Node::text(&trust_domain)));
        }
    }
}
