//! FC509: clusters of different trust domains.

use std::collections::BTreeMap;

use crate::bind::Mesh;
use crate::report::codes::FC509;
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
    findings.push(
        Finding::new(FC509, format!("the clusters have {} trust domains", by_domain.len())).at(first.origin.place).help(format!(
            "{}\nidentities are written out per trust domain, and istiod and ztunnel are told not to compare trust domains",
            listed.join("; ")
        )),
    );
}
