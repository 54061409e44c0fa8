//! FC514: hosts that pods of another cluster on the same network would have to serve.

use crate::bind::Mesh;
use crate::report::codes::FC514;
use crate::report::{Finding, Findings};

/// A WorkloadEntry stands for the pods of another cluster by its network, whose gateway carries the traffic. On one's own
/// network no gateway does, and the pods' addresses are known to their control plane alone.
pub fn flat_hosts(mesh: &Mesh, findings: &mut Findings) {
    for host in &mesh.global_hosts {
        let pairs = host.reach.iter().flat_map(|here| host.backing.keys().map(move |there| (here, there)));
        let clusters = pairs.filter(|(here, there)| here != there).find_map(|(here, there)| {
            let (here, there) = (mesh.cluster(*here)?, mesh.cluster(*there)?);
            (here.network == there.network).then_some((here, there))
        });
        let (Some((here, there)), Some(origin)) = (clusters, host.origins.first()) else { continue };
        findings.push(
            Finding::new(
                FC514,
                format!(
                    "`{}` would send callers in cluster `{}` to pods of `{}` whose addresses no tree can know: both are on network `{}`",
                    host.name, here.name, there.name, here.network
                ),
            )
            .at(origin.place)
            .object(&*origin.name)
            .because(format!("`{}` is registered here", here.name), here.origin.place)
            .because(format!("`{}` is registered here", there.name), there.origin.place)
            .help("use the name that the global Service has anyway, `<service>.<namespace>.mesh.internal`: its endpoints are exchanged by the control planes"),
        );
    }
}
