//! Hosts → `ServiceEntry`.

use super::{Manifest, Stage, named};
use crate::distribute::Host;
use crate::manifest::{ServiceEntry, ServiceEntryPort, ServiceEntrySpec, WorkloadSelector};

/// Says that the endpoints speak HBONE (istio: model.SupportsTunnel); without it ztunnel would use plain TCP to them.
const TUNNEL: (&str, &str) = ("networking.istio.io/tunnel", "http");

/// The nearest pods first: same zone, same region, same network, then any (istio: pilot/pkg/model/service.go). Every version
/// reads this spelling.
const DISTRIBUTION: (&str, &str) = ("networking.istio.io/traffic-distribution", "PreferClose");

/// A host name backed by the pods and workload entries that carry the selector's labels.
pub fn service_entry(host: &Host) -> Manifest {
    let mut metadata = named(&host.name, &host.namespace);
    metadata.labels.insert(TUNNEL.0.into(), TUNNEL.1.into());
    if host.near_first {
        metadata.annotations.insert(DISTRIBUTION.0.into(), DISTRIBUTION.1.into());
    }
    let ports = host.ports.iter().map(|(number, protocol, target_port)| ServiceEntryPort {
        number: *number,
        name: format!("{}-{number}", protocol.to_ascii_lowercase()),
        protocol: protocol.clone(),
        target_port: *target_port,
    });
    let spec = ServiceEntrySpec {
        hosts: host.hosts.clone(),
        location: "MESH_INTERNAL".into(),
        ports: ports.collect(),
        resolution: "STATIC".into(),
        workload_selector: Some(WorkloadSelector { labels: host.selector.clone() }),
    };
    Manifest::new(Stage::Federation, 42, ServiceEntry::new(metadata, spec), &host.origins)
}
