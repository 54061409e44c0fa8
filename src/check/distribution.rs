//! FC107, FC113, FC510, FC512, FC513, FC515, FC516, FC527, FC528: what joining clusters takes, by distribution and version.

use std::collections::BTreeSet;

use crate::bind::{Capability, Cluster, Component, Distribution, Mesh, Release};
use crate::report::codes::{FC107, FC113, FC510, FC512, FC513, FC515, FC516, FC527, FC528};
use crate::report::{Finding, Findings};

/// A fleet of more than one cluster.
pub fn distribution(mesh: &Mesh, findings: &mut Findings) {
    let Some(first) = mesh.clusters.first().filter(|_| mesh.clusters.len() > 1) else { return };
    let mut reservations = BTreeSet::new();
    for cluster in &mesh.clusters {
        let wanted = wanted(mesh, cluster);
        let refused = wanted.iter().find_map(|wanted| wanted.refusal(mesh.distribution, &cluster.version));
        if let Some(message) = refused {
            findings.push(
                Finding::new(FC510, format!("cluster `{}`: {message}", cluster.name))
                    .at(cluster.origin.place)
                    .object(&*cluster.origin.name)
                    .help("raise the version: `Fleet.spec.istioVersion`, or `installations[].version` of the lifecycle manager"),
            );
            continue;
        }
        for wanted in wanted.into_iter().chain(segments(mesh)) {
            reservations.extend(wanted.reservation(mesh.distribution, &cluster.version));
        }
    }
    for reservation in reservations {
        findings.push(
            Finding::new(FC515, reservation)
                .at(first.origin.place)
                .object(format!("Fleet/{}", mesh.fleet))
                .help("it is rendered as documented; try it on clusters that may fail before the others"),
        );
    }
    mesh.clusters.iter().for_each(|cluster| node_ports(mesh, cluster, findings));
    if mesh.distribution == Distribution::Upstream {
        remote_secrets(mesh, first, findings);
        mesh.clusters.iter().for_each(|cluster| without_effect(cluster, findings));
        mesh.clusters.iter().for_each(|cluster| findings.extend_from(no_reader(cluster)));
        let alone = |cluster: &&Cluster| cluster.east_west.rollout.is_none() && entered(mesh, cluster);
        mesh.clusters.iter().filter(alone).for_each(|cluster| findings.push(no_gateway(cluster)));
    }
}

/// What the fleet asks of a cluster's Istio.
fn wanted(mesh: &Mesh, cluster: &Cluster) -> Vec<Capability> {
    let peers = || cluster.peers.iter().filter_map(|peer| mesh.cluster(*peer));
    let on_nodes = |cluster: &Cluster| cluster.east_west.node_ports.is_some();
    let all = [
        (Capability::GlobalServices, !mesh.global_services.is_empty()),
        (Capability::Networks, peers().any(|peer| peer.network != cluster.network)),
        (Capability::FlatNetwork, peers().any(|peer| peer.network == cluster.network)),
        (Capability::NodePorts, on_nodes(cluster) || peers().any(on_nodes)),
    ];
    all.into_iter().filter(|(_, wanted)| *wanted).map(|(capability, _)| capability).collect()
}

/// What the fleet asks of every cluster's Istio; where it cannot, `bind` has said so at the Segment.
fn segments(mesh: &Mesh) -> Vec<Capability> {
    let aliases = mesh.segments.iter().any(|segment| !segment.aliases.is_empty());
    let all =
        [(Capability::SegmentDomains, !mesh.segments.is_empty()), (Capability::SegmentAliases, aliases)];
    all.into_iter().filter(|(_, wanted)| *wanted).map(|(capability, _)| capability).collect()
}

/// Whether another cluster comes in through the gateway.
fn entered(mesh: &Mesh, cluster: &Cluster) -> bool {
    mesh.cluster_ids().any(|(_, other)| {
        let knows = other.peers.iter().filter_map(|peer| mesh.cluster(*peer));
        other.network != cluster.network && knows.into_iter().any(|peer| peer.name == cluster.name)
    })
}

/// FC107, FC516, FC528: the numbers that peers are told; where the gateway is of another tool, that one has to pin them.
fn node_ports(mesh: &Mesh, cluster: &Cluster, findings: &mut Findings) {
    let Some(ports) = cluster.east_west.node_ports else { return };
    let said = [(15012, ports.xds), (15008, ports.hbone)];
    let shown: Vec<String> = said
        .iter()
        .filter_map(|(port, node_port)| Some(format!("{port} on node port {}", (*node_port)?)))
        .collect();
    let object = &*cluster.origin.name;
    if ports.xds.is_some() && ports.xds == ports.hbone {
        let message = format!(
            "the east-west gateway of cluster `{}` gets one node port for two of its ports",
            cluster.name
        );
        let help =
            "a node port belongs to one port: give 15012 (`xds`) and 15008 (`hbone`) numbers of their own";
        findings.push(Finding::new(FC528, message).at(ports.place).object(object).help(help));
    }
    match (mesh.distribution, ports.hbone) {
        (Distribution::Upstream, None) => findings.push(
            Finding::new(FC107, format!("`nodePorts.hbone` of cluster `{}` is missing", cluster.name))
                .at(ports.place)
                .object(object)
                .help("peers are told the port of the nodes: write the node port of 15008, as the gateway's Service has it"),
        ),
        _ if !shown.is_empty() && cluster.east_west.rollout.is_none() => findings.push(
            Finding::new(
                FC516,
                format!(
                    "the Service of the east-west gateway of cluster `{}` must have {}",
                    cluster.name,
                    shown.join(" and ")
                ),
            )
            .at(ports.place)
            .object(object)
            .help("the peers' trees say these numbers, and no GatewayLifecycleManager rolls the gateway out: whoever does has to pin them"),
        ),
        _ => {}
    }
}

/// FC512: what the rendered ExternalSecrets rest on.
fn remote_secrets(mesh: &Mesh, first: &Cluster, findings: &mut Findings) {
    let secrets = &mesh.remote_secrets;
    findings.push(
        Finding::new(
            FC512,
            format!(
                "each cluster reads the kubeconfigs of the others from {} `{}`, under `{}<cluster>`",
                secrets.store_kind, secrets.store, secrets.key_prefix
            ),
        )
        .at(first.origin.place)
        .help(
            "each needs the External Secrets Operator and that store; a kubeconfig is for `istio-reader-service-account` in `istio-system`, \
             which Istio's chart `base` makes and `istiod` gives its role: it may read every Secret of its cluster, so keep it as one",
        ),
    );
}

/// FC513: a cluster that the others cannot enter.
fn no_gateway(cluster: &Cluster) -> Finding {
    Finding::new(
        FC513,
        format!("no GatewayLifecycleManager rolls out an east-west gateway in cluster `{}`", cluster.name),
    )
    .at(cluster.origin.place)
    .object(&*cluster.origin.name)
    .help("without one, nothing of the cluster is reached from other networks: name it in an entry with port 15008, or make sure that another tool runs the gateway")
}

/// FC113: upstream a peer's address is read from the peer.
fn without_effect(cluster: &Cluster, findings: &mut Findings) {
    let Some(address) = cluster.east_west.addresses.first().filter(|_| !cluster.east_west.translated) else {
        return;
    };
    findings.push(
        Finding::new(FC113, format!("the addresses of cluster `{}` are rendered nowhere", cluster.name))
            .at(address.place)
            .object(&*cluster.origin.name)
            .help("upstream istiod reads them from the gateway's own status; say `behindNat: true` if others must dial another address"),
    );
}

/// FC527: charts that are told not to make what the remote secrets' kubeconfigs are for (istio/istio#56326).
fn no_reader(cluster: &Cluster) -> Option<Finding> {
    let told = |release: &&Release| {
        let global = release.values.get("global").and_then(|global| global.get("enableReaderRBAC"));
        matches!(release.component, Component::Base | Component::Istiod)
            && global.is_some_and(|said| *said == serde_json::Value::Bool(false))
    };
    let release = cluster.releases.iter().find(told)?;
    let manager = release.origins.iter().find(|origin| origin.name.contains("LifecycleManager/"));
    let origin = manager.unwrap_or(&cluster.origin);
    Some(
        Finding::new(
            FC527,
            format!("release `{}` of cluster `{}` makes no reader for remote secrets", release.name, cluster.name),
        )
        .at(origin.place)
        .object(&*origin.name)
        .help("the other clusters read this one as `istio-reader-service-account`: leave `global.enableReaderRBAC` out"),
    )
}
