//! A key that was encrypted for the cluster → its `Secret` or `SealedSecret`, with the certificates beside it in clear.

use std::sync::Arc;

use super::{MANAGED_BY, Manifest, SOURCE, Stage, source};
use crate::distribute::Origins;
use crate::manifest::{Labels, SealedSecret, Secret};

/// The parts of `cacerts` that are no secret.
pub fn public_parts(certificate: &str, chain: &[Arc<str>], roots: &[Arc<str>]) -> Labels {
    Labels::from([
        ("ca-cert.pem".into(), certificate.to_owned()),
        ("cert-chain.pem".into(), chain.concat()),
        ("root-cert.pem".into(), roots.concat()),
    ])
}

/// What SOPS encrypted stays as it is, and its MAC covers nothing else.
pub fn encrypted(sops: &Secret, public: Labels, origins: &Origins) -> Manifest {
    let mut secret = sops.clone();
    secret.string_data.extend(public);
    Manifest::new(Stage::Trust, 14, secret, origins).never_deleted()
}

/// What was sealed stays as it is; the controller adds the template's parts as they are.
pub fn sealed(sealed: &SealedSecret, public: Labels, origins: &Origins) -> Manifest {
    let mut secret = sealed.clone();
    let template = &mut secret.spec.template;
    template.metadata.name.clone_from(&secret.metadata.name);
    template.metadata.namespace.clone_from(&secret.metadata.namespace);
    template.metadata.labels.insert(MANAGED_BY.0.into(), MANAGED_BY.1.into());
    template.metadata.annotations.insert(SOURCE.into(), source(origins));
    template.data = public;
    Manifest::new(Stage::Trust, 14, secret, origins).never_deleted()
}
