//! A request → cert-manager's `Certificate`.

use super::issuer::reference;
use super::signer::{CACERTS, NAMESPACE};
use super::{Manifest, Stage, named};
use crate::distribute::{CertificateRequest, Origins};
use crate::manifest::{Certificate, CertificatePrivateKey, CertificateSpec, CertificateSubject};

/// An intermediate CA in a Secret: in `cacerts` itself, which istiod reads in the `kubernetes.io/tls` layout too, or in one
/// that `cacerts` is assembled from. It has one name in either case: nothing prunes it, so that under another name the
/// old one would go on writing. A new key at each renewal.
pub fn certificate(request: &CertificateRequest, secret: &str, origins: &Origins) -> Manifest {
    let (algorithm, size) = request.rsa_bits.map_or(("ECDSA", 256), |bits| ("RSA", bits));
    let spec = CertificateSpec {
        secret_name: secret.to_owned(),
        is_ca: true,
        common_name: request.common_name.clone(),
        subject: Some(CertificateSubject { organizations: vec![request.organization.clone()] }),
        duration: format!("{}h", request.duration_hours),
        renew_before: format!("{}h", request.renew_before_hours),
        private_key: CertificatePrivateKey {
            algorithm: algorithm.into(),
            encoding: "PKCS8".into(),
            rotation_policy: "Always".into(),
            size,
        },
        usages: vec!["digital signature".into(), "cert sign".into(), "crl sign".into()],
        issuer_ref: reference(&request.issuer),
        secret_template: None,
    };
    Manifest::new(Stage::Trust, 13, Certificate::new(named(CACERTS, NAMESPACE), spec), origins)
        .never_deleted()
}
