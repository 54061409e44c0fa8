//! FC713: chart repositories that Flux cannot read.

use std::collections::BTreeSet;

use crate::bind::{Engine, Mesh};
use crate::report::codes::FC713;
use crate::report::{Finding, Findings};

/// Flux's HelmRepository takes URLs with a scheme alone (the pattern of its CRD); Argo CD takes a registry without one too.
pub fn chart_repositories(mesh: &Mesh, findings: &mut Findings) {
    if mesh.delivery.as_ref().is_none_or(|delivery| delivery.engine != Engine::Flux) {
        return;
    }
    let mut said = BTreeSet::new();
    for release in mesh.clusters.iter().flat_map(|cluster| &cluster.releases) {
        let address = &release.repository;
        let readable = ["https://", "http://", "oci://"].iter().any(|scheme| address.starts_with(scheme));
        let manager = release.origins.iter().find(|origin| origin.name.contains("LifecycleManager/"));
        let Some(manager) = manager.filter(|_| !readable && said.insert(address)) else { continue };
        let finding = Finding::new(FC713, format!("Flux cannot read a chart repository at `{address}`"))
            .at(manager.place)
            .help(format!("write `oci://{address}`, or for an index `https://{address}`"));
        findings.push(finding.object(&*manager.name));
    }
}
