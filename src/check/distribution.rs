//! FC510, FC512, FC513: what joining clusters takes, by distribution and version.

use crate::bind::{Capability, Cluster, Distribution, Mesh};
use crate::report::codes::{FC510, FC512, FC513};
use crate::report::{Finding, Findings};

/// A fleet of more than one cluster.
pub fn distribution(mesh: &Mesh, findings: &mut Findings) {
    let Some(first) = mesh.clusters.first().filter(|_| mesh.clusters.len() > 1) else { return };
    let other_networks = mesh.clusters.iter().any(|cluster| cluster.network != first.network);
    let wanted = [
        (Capability::GlobalServices, !mesh.global_services.is_empty()),
        (Capability::Networks, other_networks),
    ];
    for cluster in &mesh.clusters {
        let wanted = wanted.iter().filter(|(_, wanted)| *wanted);
        let refused =
            wanted.into_iter().find_map(|(wanted, _)| wanted.refusal(mesh.distribution, &cluster.version));
        if let Some(message) = refused {
            findings.push(
                Finding::new(FC510, format!("cluster `{}`: {message}", cluster.name))
                    .at(cluster.origin.place)
                    .object(&*cluster.origin.name)
                    .help("raise the version: `Fleet.spec.istioVersion`, or `installations[].version` of the lifecycle manager"),
            );
        }
    }
    if mesh.distribution == Distribution::Upstream {
        remote_secrets(mesh, first, findings);
        if other_networks {
            mesh.clusters.iter().filter(|cluster| cluster.east_west.rollout.is_none()).for_each(|cluster| {
                findings.push(no_gateway(cluster));
            });
        }
    }
}

/// FC512: what the rendered ExternalSecrets rest on.
fn remote_secrets(mesh: &Mesh, first: &Cluster, findings: &mut Findings) {
    let secrets = &mesh.remote_secrets;
    findings.push(
        Finding::new(
            FC512,
            format!(
                "each cluster reads the kubeconfigs of the others from {} `{}`, under `{}<cluster>`",
                secrets.store_kind, secrets.store, secrets.key_prefix
            ),
        )
        .at(first.origin.place)
        .help(
            "each needs the External Secrets Operator and that store; a kubeconfig is for `istio-reader-service-account` in `istio-system`, \
             which Istio's chart `base` makes and `istiod` gives its role: it may read every Secret of its cluster, so keep it as one",
        ),
    );
}

/// FC513: a cluster that the others cannot enter.
fn no_gateway(cluster: &Cluster) -> Finding {
    Finding::new(
        FC513,
        format!("no GatewayLifecycleManager rolls out an east-west gateway in cluster `{}`", cluster.name),
    )
    .at(cluster.origin.place)
    .object(&*cluster.origin.name)
    .help("without one, nothing of the cluster is reached from other networks: name it in an entry with port 15008, or make sure that another tool runs the gateway")
}
