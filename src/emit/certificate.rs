//! The signer → cert-manager's `Certificate` that fills the Secret `cacerts`.

use super::{Manifest, Stage, named};
use crate::distribute::SignerIntent;
use crate::manifest::{Certificate, CertificatePrivateKey, CertificateSpec, CertificateSubject, IssuerRef};

/// The Secret that istiod mounts (istio: pilot/pkg/bootstrap/istio_ca.go); it reads the `kubernetes.io/tls` layout that
/// cert-manager writes.
const CACERTS: &str = "cacerts";

/// An intermediate CA. A new key at each renewal; a deleted certificate would take `cacerts` with it, so no sync may.
pub fn certificate(signer: &SignerIntent) -> Manifest {
    let (group, kind, name) = signer.issuer.clone();
    let (algorithm, size) = signer.rsa_bits.map_or(("ECDSA", 256), |bits| ("RSA", bits));
    let spec = CertificateSpec {
        secret_name: CACERTS.into(),
        is_ca: true,
        common_name: signer.common_name.clone(),
        subject: Some(CertificateSubject { organizations: vec![signer.organization.clone()] }),
        duration: format!("{}h", signer.duration_hours),
        renew_before: format!("{}h", signer.renew_before_hours),
        private_key: CertificatePrivateKey {
            algorithm: algorithm.into(),
            encoding: "PKCS8".into(),
            rotation_policy: "Always".into(),
            size,
        },
        usages: vec!["digital signature".into(), "cert sign".into(), "crl sign".into()],
        issuer_ref: IssuerRef { group, kind, name },
        secret_template: None,
    };
    let object = Certificate::new(named(CACERTS, "istio-system"), spec);
    Manifest::new(Stage::Trust, 11, object, &signer.origins).never_deleted()
}
