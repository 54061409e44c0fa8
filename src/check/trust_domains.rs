//! FC509, FC510: clusters of different trust domains.

use std::collections::BTreeMap;

use crate::bind::{Capability, Mesh};
use crate::report::codes::{FC509, FC510};
use crate::report::{Finding, Findings};

/// Solo's distribution carries them, with validation of trust domains off; the fleet should know.
pub fn trust_domains(mesh: &Mesh, findings: &mut Findings) {
    let mut by_domain: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for cluster in &mesh.clusters {
        by_domain.entry(&cluster.trust_domain).or_default().push(&cluster.name);
    }
    let (Some(first), true) = (mesh.clusters.first(), by_domain.len() > 1) else { return };
    let listed: Vec<_> =
        by_domain.iter().map(|(domain, clusters)| format!("`{domain}`: {}", clusters.join(", "))).collect();
    let refusal = mesh
        .clusters
        .iter()
        .find_map(|cluster| Capability::TrustDomains.refusal(mesh.distribution, &cluster.version));
    if let Some(message) = refusal {
        let other =
            mesh.clusters.iter().find(|cluster| cluster.trust_domain != first.trust_domain).unwrap_or(first);
        findings.push(
            Finding::new(FC510, message)
                .at(other.origin.place)
                .object(&*other.origin.name)
                .because(
                    format!("`{}` is in trust domain `{}`", first.name, first.trust_domain),
                    first.origin.place,
                )
                .help(format!(
                    "give all clusters one trust domain, in `Fleet.spec.defaults.trustDomain`; they have {}",
                    listed.join("; ")
                )),
        );
        return;
    }
    findings.push(
        Finding::new(FC509, format!("the clusters have {} trust domains", by_domain.len())).at(first.origin.place).help(format!(
            "{}\nidentities are written out per trust domain, and istiod and ztunnel are told not to compare trust domains",
            listed.join("; ")
        )),
    );
}
