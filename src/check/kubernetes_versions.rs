//! FC717: clusters whose Kubernetes their Istio does not support.

use crate::bind::{Mesh, minor};
use crate::report::codes::FC717;
use crate::report::{Finding, Findings};

/// Minor of Istio → the minors of Kubernetes it supports, from and to (istio.io, data/compatibility/supportStatus.yml and
/// the announcements of the releases; Solo's distribution follows them). Newer ones than the last are not known here.
pub const SUPPORTED: [(u32, u32, u32); 8] = [
    (24, 28, 31),
    (25, 29, 32),
    (26, 29, 33),
    (27, 29, 33),
    (28, 30, 34),
    (29, 31, 35),
    (30, 32, 36),
    (31, 32, 37),
];

/// Every version that nodes of the inventory show is held against the version of the cluster's control plane.
pub fn kubernetes_versions(mesh: &Mesh, findings: &mut Findings) {
    for cluster in mesh.clusters.iter().filter(|cluster| !cluster.releases.is_empty()) {
        let Some((1, istio)) = minor(&cluster.version) else { continue };
        let Some((_, from, to)) = SUPPORTED.iter().find(|(minor, ..)| *minor == istio) else { continue };
        for ((major, kubernetes), place) in &cluster.kubernetes {
            if *major != 1 || (*from..=*to).contains(kubernetes) {
                continue;
            }
            let message = format!(
                "Istio 1.{istio} does not support Kubernetes 1.{kubernetes}, which nodes of cluster `{}` run",
                cluster.name
            );
            let help = match kubernetes < from {
                true => format!("it supports 1.{from} to 1.{to}: upgrade Kubernetes first"),
                false => format!("it supports 1.{from} to 1.{to}: upgrade Istio first"),
            };
            let finding = Finding::new(FC717, message)
                .at(*place)
                .because(format!("`{}` is registered here", cluster.name), cluster.origin.place);
            findings.push(finding.help(help).object(&*cluster.origin.name));
        }
    }
}
