//! Seals → `PeerAuthentication`.

use super::authorization_policy::selector;
use super::{Manifest, Stage, named};
use crate::distribute::{Ports, Seal, Tls};
use crate::manifest::{MtlsMode, PeerAuthentication, PeerAuthenticationSpec, PeerMtls};

/// The peer authentication of a seal: by port where only some ports are sealed.
pub fn peer_authentication(seal: &Seal) -> Manifest {
    let mode = match seal.tls {
        Tls::Strict => MtlsMode::Strict,
        Tls::Permissive => MtlsMode::Permissive,
    };
    let mut spec =
        PeerAuthenticationSpec { selector: selector(&seal.pods), ..PeerAuthenticationSpec::default() };
    match &seal.ports {
        Ports::AllBut(others) => {
            spec.mtls = Some(PeerMtls { mode });
            let open = others.iter().map(|port| (port.to_string(), PeerMtls { mode: MtlsMode::Permissive }));
            spec.port_level_mtls = open.collect();
        }
        Ports::Only(ports) => {
            spec.port_level_mtls = ports.iter().map(|port| (port.to_string(), PeerMtls { mode })).collect();
        }
    }
    let object = PeerAuthentication::new(named(&seal.name, &seal.namespace), spec);
    // what takes plaintext on some pods stands before their namespace refuses it
    let wave = if seal.pods.labels().is_some() { 22 } else { 38 };
    Manifest::new(Stage::Policy, wave, object, &seal.origins).pruned_last()
}
