//! `CASource`: a certificate authority that RootTrustPolicies refer to.

use super::certificate_authority::{AwsPrivateCa, CertManager, CertOptions, ExternalSecretSource, Vault};
use super::decode::Decoder;

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: CASource
metadata:
  name: bank-root
  namespace: gloo-mesh
spec:
  certManager:
    issuerRef: {group: cert-manager.io, kind: ClusterIssuer, name: gloo-mesh-root}
";

record! {
    /// A certificate authority: exactly one of the five.
    pub struct CASourceSpec checked by CASourceSpec::check {
        /// An issuer of cert-manager.
        pub cert_manager: Option<CertManager>,
        /// A PKI of Vault.
        pub vault: Option<Vault>,
        /// A certificate authority of AWS Private CA.
        pub aws_pca: Option<AwsPrivateCa>,
        /// Key pairs in a secret store.
        pub external_secret: Option<ExternalSecretSource>,
        /// An offline CA; its intermediates are minted into the fleet directory.
        pub generated: Option<CertOptions>,
    }
}

impl CASourceSpec {
    fn check(&self, decoder: &mut Decoder) {
        decoder.exactly_one(&[
            ("certManager", self.cert_manager.as_ref().map(|source| source.place)),
            ("vault", self.vault.as_ref().map(|source| source.place)),
            ("awsPca", self.aws_pca.as_ref().map(|source| source.place)),
            ("externalSecret", self.external_secret.as_ref().map(|source| source.place)),
            ("generated", self.generated.as_ref().map(|source| source.place)),
        ]);
    }
}
