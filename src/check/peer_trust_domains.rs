//! FC617: a peer of the inventory that is expected in another trust domain than it is in.

use crate::bind::Mesh;
use crate::report::codes::FC617;
use crate::report::{Finding, Findings};

/// Rendered peers are written from the cluster they stand for; others may be out of date.
pub fn peer_trust_domains(mesh: &Mesh, findings: &mut Findings) {
    for cluster in &mesh.clusters {
        for peer in &cluster.foreign_peers {
            let Some(other) = mesh.clusters.iter().find(|other| other.name == peer.cluster) else { continue };
            let expected = peer.trust_domain.as_deref().unwrap_or(&cluster.trust_domain);
            if *expected == *other.trust_domain {
                continue;
            }
            let says = match &peer.trust_domain {
                Some(said) => format!("expects `{said}`"),
                None => format!("names no trust domain, so that `{}`'s own is expected", cluster.name),
            };
            findings.push(
                Finding::new(
                    FC617,
                    format!("`{}` {says}, but cluster `{}` has trust domain `{}`", peer.name, other.name, other.trust_domain),
                )
                .at(peer.place)
                .object(peer.name.as_str())
                .because(format!("cluster `{}`", other.name), other.origin.place)
                .help(format!(
                    "delete it once `istio-remote-peer-{0}` is synced, which takes its place; until then set its annotation `gateway.istio.io/trust-domain: {1}`",
                    other.name, other.trust_domain
                )),
            );
        }
    }
}
