//! Doors and peers → `Gateway`, in Solo's peering (docs.solo.io, east-west gateway peering; reference: the second seed's
//! manual peering example).

use super::namespace::NETWORK;
use super::{Manifest, Stage, named};
use crate::distribute::{AddressKind, Door, Peer};
use crate::manifest::{
    AllowedRoutes, Gateway, GatewayAddress, GatewaySpec, GatewayTls, Listener, RouteNamespaces,
};

const CLUSTER: &str = "topology.istio.io/cluster";
const SERVICE_ACCOUNT: &str = "gateway.istio.io/service-account";
const TRUST_DOMAIN: &str = "gateway.istio.io/trust-domain";

/// The cluster's own east-west gateway; istiod deploys it.
pub fn door(cluster: &str, door: &Door) -> Manifest {
    let mut metadata = named(&door.name, &door.namespace);
    metadata.labels.insert(NETWORK.into(), door.network.clone());
    metadata.labels.insert(CLUSTER.into(), cluster.to_owned());
    metadata.labels.insert("istio.io/expose-istiod".into(), "15012".into());
    let spec = GatewaySpec {
        gateway_class_name: "istio-eastwest".into(),
        addresses: Vec::new(),
        listeners: listeners(),
    };
    Manifest::new(Stage::Federation, 40, Gateway::new(metadata, spec), &door.origins).never_deleted()
}

/// Another cluster's east-west gateway as this cluster sees it. Namespace, service account and trust domain make up the
/// identity that is expected of it, so all three are the peer's own.
pub fn peer(peer: &Peer) -> Manifest {
    let mut metadata = named(&format!("istio-remote-peer-{}", peer.cluster), &peer.namespace);
    metadata.labels.insert(NETWORK.into(), peer.network.clone());
    metadata.labels.insert(CLUSTER.into(), peer.cluster.clone());
    metadata.annotations.insert(SERVICE_ACCOUNT.into(), peer.service_account.clone());
    metadata.annotations.insert(TRUST_DOMAIN.into(), peer.trust_domain.to_string());
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
        listeners: listeners(),
    };
    Manifest::new(Stage::Federation, 41, Gateway::new(metadata, spec), &peer.origins)
}

fn listeners() -> Vec<Listener> {
    let listener = |name: &str, port: u16, protocol: &str| Listener {
        name: name.into(),
        port,
        protocol: protocol.into(),
        tls: Some(GatewayTls { mode: "Passthrough".into(), ..GatewayTls::default() }),
        allowed_routes: Some(AllowedRoutes { namespaces: RouteNamespaces { from: "Same".into() } }),
    };
    vec![listener("cross-network", 15008, "HBONE"), listener("xds-tls", 15012, "TLS")]
}
