//! What the offline CA has minted into the fleet directory for a cluster.

use super::super::mesh::{Delivery, EncryptedKey, Minted, PublicFile, Root};
use super::pem;
use crate::admit::Admitted;
use crate::kinds::ca_source::files;
use crate::report::codes::{FC606, FC610, FC636};
use crate::report::{Finding, Findings};
use crate::source::Place;
use crate::trust::Certificate;

/// The intermediate of a cluster; `None` if it is not there or not whole, which is a finding at `place`.
pub(super) fn minted(
    admitted: &Admitted,
    cluster: &str,
    signed_by: Option<&Root>,
    delivery: Option<&Delivery>,
    (place, object): (Place, &str),
    findings: &mut Findings,
) -> Option<Minted> {
    let mut push = |finding: Finding| findings.push(finding.object(object));
    let paths = [files::certificate_file(cluster), files::chain_file(cluster)];
    let [certificate, chain] = paths.each_ref().map(|path| admitted.files.get(path));
    let key = admitted.keys.get(cluster);
    let refused = admitted.refused.contains(&format!("cacerts/{cluster}"));
    let (Some(certificate), Some(chain), Some((key, key_place))) = (certificate, chain, key) else {
        let key_file = files::sops_file(cluster);
        let [certificate_path, chain_path] = paths;
        let all = [
            (certificate_path, certificate.is_some()),
            (chain_path, chain.is_some()),
            (key_file, key.is_some() || refused),
        ];
        let missing: Vec<_> =
            all.into_iter().filter(|(_, there)| !there).map(|(path, _)| format!("`{path}`")).collect();
        if !missing.is_empty() {
            let message = format!(
                "the offline CA has no whole intermediate for cluster `{cluster}`: no {}",
                missing.join(", ")
            );
            push(
                Finding::new(FC610, message)
                    .at(place)
                    .help("`fleetc ca issue --missing` mints it; commit what it writes"),
            );
        }
        return None;
    };
    let [certificate_path, chain_path] = paths;
    let mut public = |path: String, file| match pem::certificates(&path, file) {
        Ok((certificates, place)) => Some(PublicFile { path, certificates, place }),
        Err(finding) => {
            push(*finding);
            None
        }
    };
    let (certificate, chain) = (public(certificate_path, certificate), public(chain_path, chain));
    let (certificate, chain) = (certificate?, chain?);
    let refusal = disagreement(&certificate, &chain, signed_by);
    if let Some(finding) = refusal {
        push(finding);
        return None;
    }
    if let Some(finding) = other_key(key, *key_place, &certificate) {
        push(finding);
        return None;
    }
    if let (EncryptedKey::Sops(_), Some(delivery)) = (key, delivery)
        && delivery.decryption.is_none()
    {
        push(undecrypted(cluster, *key_place, delivery));
    }
    Some(Minted { certificate, chain, key: key.clone() })
}

/// istiod takes the first block of `ca-cert.pem` for its own and presents `cert-chain.pem` as it is.
fn disagreement(certificate: &PublicFile, chain: &PublicFile, signed_by: Option<&Root>) -> Option<Finding> {
    let refuse = |message: String, file: &PublicFile| {
        let finding = Finding::new(FC610, message).at(file.place);
        Some(finding.help("the certificate stands alone in its file; the chain begins with it and ends with the root that signs"))
    };
    let ([signer], [first, .., last]) = (certificate.certificates.as_slice(), chain.certificates.as_slice())
    else {
        let (file, count) = match certificate.certificates.len() {
            1 => (chain, chain.certificates.len()),
            count => (certificate, count),
        };
        return refuse(format!("`{}` holds {count} certificates", file.path), file);
    };
    if !pem::same(signer, first) {
        return refuse(format!("`{}` does not begin with `{}`", chain.path, certificate.path), chain);
    }
    let root = signed_by.filter(|root| !pem::same(&root.pem, last))?;
    let finding = refuse(
        format!("`{}` does not end with the root `{}`, which is to sign", chain.path, root.name),
        chain,
    );
    finding.map(|finding| finding.because("the root", root.place))
}

/// Nobody but the cluster can decrypt the key, so that it says itself which certificate it was made with. A merge that
/// takes one of the files from each side is what this is about: istiod would not start.
fn other_key(key: &EncryptedKey, place: Place, certificate: &PublicFile) -> Option<Finding> {
    let metadata = match key {
        EncryptedKey::Sops(secret) => &secret.metadata,
        EncryptedKey::Sealed(sealed) => &sealed.metadata,
    };
    let said = metadata.annotations.get(files::CERTIFICATE)?;
    let read = Certificate::from_pem(certificate.certificates.first()?).ok()?;
    (read.fingerprint != *said).then(|| {
        Finding::new(FC636, format!("this key was made with another certificate than `{}`", certificate.path))
            .at(place)
            .because("the certificate", certificate.place)
            .help("take the certificate, the chain and the key from one commit, or mint all three anew: `fleetc ca issue <cluster>`")
    })
}

fn undecrypted(cluster: &str, place: Place, delivery: &Delivery) -> Finding {
    Finding::new(FC606, format!("nothing decrypts the key of cluster `{cluster}`: it would be applied as SOPS encrypted it"))
        .at(place)
        .because("this is how it is delivered", delivery.origin.place)
        .help(
            "Argo CD: `delivery: {decryption: {provider: sops, plugin: <config management plugin>}}`, or mint a SealedSecret\n\
             Flux: `delivery: {decryption: {provider: sops, secretRef: {name: <Secret with the age key>}}}`",
        )
}
