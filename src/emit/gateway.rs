//! Doors and peers → `Gateway`: in Solo's peering (docs.solo.io, east-west gateway peering; reference: the second seed's
//! manual peering example) and in upstream's multi-network mesh (istio: samples/multicluster/gen-eastwest-gateway.sh).

use super::namespace::NETWORK;
use super::{Manifest, Stage, named};
use crate::distribute::{AddressKind, Distribution, Door, Locality, Passage, Peer};
use crate::manifest::{
    AllowedRoutes, ConfigMap, Gateway, GatewayAddress, GatewayInfrastructure, GatewaySpec, GatewayTls,
    Labels, Listener, ParametersReference, RouteNamespaces,
};

const CLUSTER: &str = "topology.istio.io/cluster";
const SERVICE_ACCOUNT: &str = "gateway.istio.io/service-account";
const TRUST_DOMAIN: &str = "gateway.istio.io/trust-domain";
/// The type of the Service that istiod makes for a Gateway (istio: api/annotation).
const SERVICE_TYPE: &str = "networking.istio.io/service-type";
/// On a door of one's own: its control plane tells peers the ports of its nodes (docs.solo.io, peering recommendations).
const DATA_PLANE: &str = "peering.solo.io/data-plane-service-type";
/// On a peer: traffic goes to the ports of its nodes.
const PREFERRED_DATA_PLANE: &str = "peering.solo.io/preferred-data-plane-service-type";

/// The cluster's own east-west gateway; istiod deploys it.
pub fn door(distribution: Distribution, cluster: &str, door: &Door) -> Manifest {
    let mut metadata = named(&door.name, &door.namespace);
    metadata.labels.extend(of_revision(&door.revision));
    if let Some(network) = &door.network {
        metadata.labels.insert(NETWORK.into(), network.clone());
    }
    let (class, listeners) = match distribution {
        Distribution::Solo => {
            metadata.labels.insert(CLUSTER.into(), cluster.to_owned());
            metadata.labels.insert("istio.io/expose-istiod".into(), "15012".into());
            metadata.labels.extend(topology(&door.locality));
            if door.on_nodes {
                metadata.annotations.insert(DATA_PLANE.into(), "nodeport".into());
            }
            ("istio-eastwest", vec![tunnels(), control(None)])
        }
        Distribution::Upstream => ("istio-east-west", vec![terminating(HBONE)]),
    };
    if door.wholly_on_nodes {
        metadata.annotations.insert(SERVICE_TYPE.into(), "NodePort".into());
    }
    let infrastructure = (!door.pinned.is_empty()).then(|| GatewayInfrastructure {
        parameters_ref: Some(ParametersReference {
            group: String::new(),
            kind: ConfigMap::KIND.into(),
            name: parameters(door),
        }),
    });
    let spec =
        GatewaySpec { gateway_class_name: class.into(), addresses: Vec::new(), listeners, infrastructure };
    Manifest::new(Stage::Federation, 40, Gateway::new(metadata, spec), &door.origins).never_deleted()
}

/// What istiod lays over the Service that it makes for the cluster's own gateway: the node ports that peers are told. Ports
/// are merged by their number (istio: pilot/pkg/config/kube/gatewaycommon/deploymentcontroller.go, `applyOverlay`, since
/// 1.26). It stands before the Gateway, without which istiod would wait for it.
pub fn pinned_ports(door: &Door) -> Option<Manifest> {
    let ports: String = door
        .pinned
        .iter()
        .map(|(port, on_nodes)| format!("  - port: {port}\n    nodePort: {on_nodes}\n"))
        .collect();
    let data = Labels::from([("service".into(), format!("spec:\n  ports:\n{ports}"))]);
    let object = ConfigMap::new(named(&parameters(door), &door.namespace), data);
    let manifest = Manifest::new(Stage::Federation, 39, object, &door.origins).never_deleted();
    (!door.pinned.is_empty()).then_some(manifest)
}

fn parameters(door: &Door) -> String {
    format!("{}-ports", door.name)
}

/// Another cluster's east-west gateway as this cluster sees it. Namespace, service account and trust domain make up the
/// identity that is expected of it, so all three are the peer's own.
pub fn peer(distribution: Distribution, peer: &Peer) -> Manifest {
    let mut metadata = named(&format!("istio-remote-peer-{}", peer.cluster), &peer.namespace);
    metadata.labels.extend(of_revision(&peer.revision));
    metadata.labels.insert(NETWORK.into(), peer.network.clone());
    metadata.annotations.insert(SERVICE_ACCOUNT.into(), peer.service_account.clone());
    let listeners = match distribution {
        Distribution::Solo => {
            metadata.labels.insert(CLUSTER.into(), peer.cluster.clone());
            metadata.labels.extend(topology(&peer.locality));
            metadata.annotations.insert(TRUST_DOMAIN.into(), peer.trust_domain.to_string());
            let control = control(peer.control_port);
            match peer.passage {
                Passage::Door => vec![tunnels(), control],
                Passage::Direct => vec![control],
                Passage::Nodes(_) => {
                    metadata.annotations.insert(PREFERRED_DATA_PLANE.into(), "nodeport".into());
                    vec![control]
                }
            }
        }
        Distribution::Upstream => match peer.passage {
            Passage::Nodes(Some(port)) => vec![terminating(port)],
            Passage::Nodes(None) | Passage::Door | Passage::Direct => vec![terminating(HBONE)],
        },
    };
    let addresses = peer.addresses.iter().map(|(kind, value)| GatewayAddress {
        kind: match kind {
            AddressKind::Ip => "IPAddress".into(),
            AddressKind::Hostname => "Hostname".into(),
        },
        value: value.clone(),
    });
    let spec = GatewaySpec {
        gateway_class_name: "istio-remote".into(),
        addresses: addresses.collect(),
        listeners,
        infrastructure: None,
    };
    Manifest::new(Stage::Federation, 41, Gateway::new(metadata, spec), &peer.origins)
}

/// A Gateway without this label belongs to the control plane that is tagged `default` (istio: pkg/revisions).
fn of_revision(revision: &Option<String>) -> Option<(String, String)> {
    revision.as_ref().map(|revision| ("istio.io/rev".to_owned(), revision.clone()))
}

/// Where tunnels between clusters arrive.
const HBONE: u16 = 15008;

/// Both tunnels of a connection pass.
fn tunnels() -> Listener {
    listener("cross-network", HBONE, "HBONE", passthrough())
}

/// The control plane of a peer passes.
fn control(port: Option<u16>) -> Listener {
    listener("xds-tls", port.unwrap_or(15012), "TLS", passthrough())
}

fn passthrough() -> GatewayTls {
    GatewayTls { mode: "Passthrough".into(), ..GatewayTls::default() }
}

/// The outer of the two tunnels ends here; the inner one goes on to the pod.
fn terminating(port: u16) -> Listener {
    let options = [("gateway.istio.io/tls-terminate-mode".to_owned(), "ISTIO_MUTUAL".to_owned())];
    listener("mesh", port, "HBONE", GatewayTls { mode: "Terminate".into(), options: options.into() })
}

/// Kubernetes' labels of a locality, by which istiod prefers what is near.
fn topology(locality: &Locality) -> Vec<(String, String)> {
    let parts = [("region", &locality.region), ("zone", &locality.zone)];
    let label = |(name, value): (&str, &Option<String>)| {
        Some((format!("topology.kubernetes.io/{name}"), value.clone()?))
    };
    parts.into_iter().filter_map(label).collect()
}

fn listener(name: &str, port: u16, protocol: &str, tls: GatewayTls) -> Listener {
    Listener {
        name: name.into(),
        port,
        protocol: protocol.into(),
        tls: Some(tls),
        allowed_routes: Some(AllowedRoutes { namespaces: RouteNamespaces { from: "Same".into() } }),
    }
}
