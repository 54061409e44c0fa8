//! Who peers with whom, and which hosts several clusters serve, read from what is rendered.

use std::collections::BTreeSet;

use super::change::{Differences, State};
use super::files::Files;
use crate::source::FileId;
use crate::yaml::{Node, read};

/// Peers that come and go, as `<cluster> → <peer> (<addresses>)`: peer Gateways, and upstream the remote secrets.
pub fn peers(old: &State<'_>, new: &State<'_>) -> Differences {
    differences(old, new, |state| each(state.files, peer))
}

/// Hosts that come and go: those that the fleet claims for several clusters; of a rendered tree, its ServiceEntries'.
pub fn hosts(old: &State<'_>, new: &State<'_>) -> Differences {
    let from_tree = old.is_tree() || new.is_tree();
    differences(old, new, |state| match state.mesh {
        Some(mesh) if !from_tree => mesh.host_claims.iter().map(|(host, _, _)| host.clone()).collect(),
        _ => each(state.files, |_, object| hosts_of(object)),
    })
}

fn differences<'s>(
    old: &State<'s>,
    new: &State<'s>,
    named: impl Fn(&State<'s>) -> BTreeSet<String>,
) -> Differences {
    let (old, new) = (named(old), named(new));
    Differences {
        added: new.difference(&old).cloned().collect(),
        removed: old.difference(&new).cloned().collect(),
    }
}

/// What the objects of the stage `4-federation` say, and those of `1-trust` for what they call a remote secret.
fn each(files: &Files, said: impl Fn(&str, &Node) -> Vec<String>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (path, text) in files {
        let mut parts = path.split('/');
        let (Some(cluster), Some("4-federation")) = (parts.next(), parts.next()) else { continue };
        let reads = ["peer", "serviceentry", "remote-secret", "externalsecret"];
        if !reads.iter().any(|name| path.contains(name)) {
            continue;
        }
        for object in read(FileId(0), text.as_bytes()).documents {
            all.extend(said(cluster, &object));
        }
    }
    all
}

fn peer(cluster: &str, object: &Node) -> Vec<String> {
    let text = |path: &[&str]| {
        path.iter().try_fold(object, |node, key| node.get(key)).and_then(Node::as_scalar).map(|one| &one.text)
    };
    let class = text(&["spec", "gatewayClassName"]);
    let label = |key: &str| text(&["metadata", "labels", key]);
    let name = text(&["metadata", "name"]).map_or("", String::as_str);
    if class.is_some_and(|class| class == "istio-remote") {
        let addresses = object.get("spec").and_then(|spec| spec.get("addresses")).and_then(Node::as_sequence);
        let addresses: Vec<&str> =
            addresses.into_iter().flatten().filter_map(|one| one.get("value")?.as_text()).collect();
        let of = name.strip_prefix("istio-remote-peer-").unwrap_or(name);
        return vec![format!("{cluster} → {of} ({})", addresses.join(", "))];
    }
    let is_remote_secret = label("istio/multiCluster").is_some()
        || text(&["spec", "target", "template", "metadata", "labels", "istio/multiCluster"]).is_some();
    let of = name.strip_prefix("istio-remote-secret-").unwrap_or(name);
    if is_remote_secret { vec![format!("{cluster} → {of} (API server)")] } else { Vec::new() }
}

fn hosts_of(object: &Node) -> Vec<String> {
    if object.get("kind").and_then(Node::as_text) != Some("ServiceEntry") {
        return Vec::new();
    }
    let hosts = object.get("spec").and_then(|spec| spec.get("hosts")).and_then(Node::as_sequence);
    hosts.into_iter().flatten().filter_map(Node::as_text).map(str::to_owned).collect()
}
