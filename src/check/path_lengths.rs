//! FC635: intermediates that may sign further CAs, since their issuer cannot be told otherwise.

use std::collections::BTreeMap;

use crate::bind::{Issuer, KeySource, Mesh, Trust};
use crate::report::codes::FC635;
use crate::report::{Finding, Findings};
use crate::trust::Certificate;

/// Once for each RootTrustPolicy.
///
/// A request of cert-manager has no path length (cert-manager/cert-manager#2820, #5743), and it gives Vault none either
/// (cert-manager: pkg/issuer/vault, `sign`). aws-privateca-issuer asks for `SubordinateCACertificate_PathLen0/V1` whenever
/// the request is for a CA (pkg/aws/pca.go). The offline CA writes `pathlen:0`. What a store holds is not known here.
pub fn path_lengths(mesh: &Mesh, findings: &mut Findings) {
    let mut told = BTreeMap::new();
    for cluster in &mesh.clusters {
        let Some(trust) = cluster.trust.as_ref().filter(|trust| !limited(trust)) else { continue };
        let policy = trust.origins.iter().find(|origin| origin.name.starts_with("RootTrustPolicy/"));
        told.entry(policy.unwrap_or(&cluster.origin)).or_insert(trust);
    }
    for (policy, trust) in told {
        let help = match (&trust.source, trust.signing_root()) {
            (KeySource::Issued(Issuer::Vault(_)), None) => {
                "Vault gives them one less than its own CA has: let that one have `pathlen:1`, and commit its root by `rootBundle`, which ends this note"
            }
            (_, None) => {
                "let the CA that signs them have `pathlen:1`, under which nobody takes what a further CA signs, and commit its root by `rootBundle`, which ends this note"
            }
            (_, Some(_)) => {
                "the next root can limit them: `basicConstraints = critical, CA:TRUE, pathlen:1` where it signs them itself"
            }
        };
        findings.push(
            Finding::new(FC635, "what cert-manager gets for this policy may sign further CAs: it cannot ask for a path length")
                .at(policy.place)
                .object(&*policy.name)
                .help(help),
        );
    }
}

/// Whether no CA can follow an intermediate, as far as the fleet knows its issuer.
fn limited(trust: &Trust) -> bool {
    let KeySource::Issued(issuer) = &trust.source else { return true };
    let by_issuer = match issuer {
        Issuer::AwsPrivateCa { .. } => true,
        Issuer::Named { group, .. } => group != "cert-manager.io",
        Issuer::Vault(_) => false,
    };
    let root = trust.signing_root().and_then(|root| Certificate::from_pem(&root.pem).ok());
    let by_root = root.and_then(|root| root.constraints?.path_length).is_some_and(|length| length <= 1);
    by_issuer || by_root
}
