//! FC618: roots in the MeshConfig, which ztunnel does not read.

use std::collections::BTreeMap;

use crate::bind::{Component, Mesh};
use crate::report::codes::FC618;
use crate::report::{Finding, Findings};

/// One finding for each lifecycle manager that says `meshConfig.caCertificates`.
pub fn ca_certificates(mesh: &Mesh, findings: &mut Findings) {
    let mut told = BTreeMap::new();
    for cluster in &mesh.clusters {
        for release in cluster.releases.iter().filter(|release| release.component == Component::Istiod) {
            let said = release.values.pointer("/meshConfig/caCertificates");
            let manager = release.origins.iter().find(|origin| **origin != cluster.origin);
            if let (Some(Some(1..)), Some(manager)) =
                (said.map(|said| said.as_array().map(Vec::len)), manager)
            {
                told.entry(manager.place).or_insert((manager, &cluster.name));
            }
        }
    }
    for (place, (manager, cluster)) in told {
        findings.push(
            Finding::new(
                FC618,
                format!("`meshConfig.caCertificates` reaches no workload of cluster `{cluster}` but its gateways and waypoints"),
            )
            .at(place)
            .object(&*manager.name)
            .help("ztunnel trusts the roots of `cacerts` alone, in every version so far (istio/istio#61719): list them in `rootBundle` of the RootTrustPolicy"),
        );
    }
}
