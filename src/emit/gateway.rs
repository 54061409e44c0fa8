//! Doors and peers → `Gateway`: in Solo's peering (docs.solo.io, east-west gateway peering; reference: the second seed's
//! manual peering example) and in upstream's multi-network mesh (istio: samples/multicluster/gen-eastwest-gateway.sh).

use super::namespace::NETWORK;
use super::{Manifest, Stage, named};
use crate::distribute::{AddressKind, Distribution, Door, Peer};
use crate::manifest::{
    AllowedRoutes, Gateway, GatewayAddress, GatewaySpec, GatewayTls, Listener, RouteNamespaces,
};

const CLUSTER: &str = "topology.istio.io/cluster";
const SERVICE_ACCOUNT: &str = "gateway.istio.io/service-account";
const TRUST_DOMAIN: &str = "gateway.istio.io/trust-domain";

/// The cluster's own east-west gateway; istiod deploys it.
pub fn door(distribution: Distribution, cluster: &str, door: &Door) -> Manifest {
    let mut metadata = named(&door.name, &door.namespace);
    if let Some(network) = &door.network {
        metadata.labels.insert(NETWORK.into(), network.clone());
    }
    let (class, listeners) = match distribution {
        Distribution::Solo => {
            metadata.labels.insert(CLUSTER.into(), cluster.to_owned());
            metadata.labels.insert("istio.io/expose-istiod".into(), "15012".into());
            ("istio-eastwest", listeners())
        }
        Distribution::Upstream => ("istio-east-west", vec![terminating()]),
    };
    let spec = GatewaySpec { gateway_class_name: class.into(), addresses: Vec::new(), listeners };
    Manifest::new(Stage::Federation, 40, Gateway::new(metadata, spec), &door.origins).never_deleted()
}

/// Another cluster's east-west gateway as this cluster sees it. Namespace, service account and trust domain make up the
/// identity that is expected of it, so all three are the peer's own.
pub fn peer(distribution: Distribution, peer: &Peer) -> Manifest {
    let mut metadata = named(&format!("istio-remote-peer-{}", peer.cluster), &peer.namespace);
    metadata.labels.insert(NETWORK.into(), peer.network.clone());
    metadata.annotations.insert(SERVICE_ACCOUNT.into(), peer.service_account.clone());
    let listeners = match distribution {
        Distribution::Solo => {
            metadata.labels.insert(CLUSTER.into(), peer.cluster.clone());
            metadata.annotations.insert(TRUST_DOMAIN.into(), peer.trust_domain.to_string());
            listeners()
        }
        Distribution::Upstream => vec![terminating()],
    };
    let addresses = peer.addresses.iter().map(|(kind, value)| GatewayAddress {
        kind: match kind {
            AddressKind::Ip => "IPAddress".into(),
            AddressKind::Hostname => "Hostname".into(),
        },
        value: value.clone(),
    });
    let spec =
        GatewaySpec { gateway_class_name: "istio-remote".into(), addresses: addresses.collect(), listeners };
    Manifest::new(Stage::Federation, 41, Gateway::new(metadata, spec), &peer.origins)
}

/// Both tunnels pass, and so does the peer's control plane.
fn listeners() -> Vec<Listener> {
    let passthrough = || GatewayTls { mode: "Passthrough".into(), ..GatewayTls::default() };
    vec![
        listener("cross-network", 15008, "HBONE", passthrough()),
        listener("xds-tls", 15012, "TLS", passthrough()),
    ]
}

/// The outer of the two tunnels ends here; the inner one goes on to the pod.
fn terminating() -> Listener {
    let options = [("gateway.istio.io/tls-terminate-mode".to_owned(), "ISTIO_MUTUAL".to_owned())];
    listener("mesh", 15008, "HBONE", GatewayTls { mode: "Terminate".into(), options: options.into() })
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
