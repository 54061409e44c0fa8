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
        /// An offline CA, with the options of its root. What it mints is kept in the fleet directory: certificates in clear
        /// (`trust/roots/<root>.pem`, `trust/<cluster>/ca-cert.pem`, `trust/<cluster>/cert-chain.pem`), a cluster's key
        /// encrypted for it (`trust/<cluster>/cacerts.sops.yaml` or `trust/<cluster>/cacerts.sealedsecret.yaml`).
        pub generated: Option<CertOptions>,
    }
}

/// Where the offline CA keeps what it mints, as paths from the fleet directory.
///
/// - [`root_file`](files::root_file): one root, which a `rootBundle` names.
/// - [`certificate_file`](files::certificate_file): the certificate that a cluster signs with, alone.
/// - [`chain_file`](files::chain_file): that certificate, each further one up to the root, and the root.
/// - [`sops_file`](files::sops_file): a `v1 Secret` `istio-system/cacerts` encrypted by SOPS. It holds `ca-key.pem` under
///   `stringData` (or `data`) and nothing else; `sops.encrypted_regex` is `^ca-key\.pem$` and `sops.mac_only_encrypted` is
///   true, so that certificates and metadata can be added without the key of the MAC.
/// - [`sealed_file`](files::sealed_file): a `bitnami.com/v1alpha1 SealedSecret` `istio-system/cacerts` with
///   `spec.encryptedData.ca-key.pem` and nothing else.
///
/// A cluster has one of the last two. A build adds `ca-cert.pem`, `cert-chain.pem` and, from the committed bundle,
/// `root-cert.pem` to it, and never needs a key. A root's own key, encrypted for operators, is kept under any other name
/// that ends in `.sops.yaml`: files of that ending which are no Kubernetes objects are passed over.
pub mod files {
    /// The key of the private key in the Secret `cacerts` (istio: pilot/pkg/bootstrap/istio_ca.go).
    pub const KEY: &str = "ca-key.pem";
    /// SOPS' `encrypted_regex` that encrypts the private key alone.
    pub const ENCRYPTED_REGEX: &str = r"^ca-key\.pem$";
    /// The annotation of an encrypted key that names its certificate: hex SHA-256.
    pub const CERTIFICATE: &str = "fleetc.dev/certificate";

    /// `trust/roots/<name>.pem`
    pub fn root_file(name: &str) -> String {
        format!("trust/roots/{name}.pem")
    }

    /// `trust/<cluster>/ca-cert.pem`
    pub fn certificate_file(cluster: &str) -> String {
        format!("trust/{cluster}/ca-cert.pem")
    }

    /// `trust/<cluster>/cert-chain.pem`
    pub fn chain_file(cluster: &str) -> String {
        format!("trust/{cluster}/cert-chain.pem")
    }

    /// `trust/<cluster>/cacerts.sops.yaml`
    pub fn sops_file(cluster: &str) -> String {
        format!("trust/{cluster}/cacerts.sops.yaml")
    }

    /// `trust/<cluster>/cacerts.sealedsecret.yaml`
    pub fn sealed_file(cluster: &str) -> String {
        format!("trust/{cluster}/cacerts.sealedsecret.yaml")
    }

    /// The cluster of a path that [`sops_file`] or [`sealed_file`] gives.
    pub fn cluster_of_key(path: &str) -> Option<&str> {
        let (cluster, file) = path.strip_prefix("trust/")?.split_once('/')?;
        matches!(file, "cacerts.sops.yaml" | "cacerts.sealedsecret.yaml").then_some(cluster)
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
