//! Certificate authorities, as RootTrustPolicy and CASource both name them.

use super::decode::Decoder;
use super::selector::ObjectReference;
use super::values::{Ignored, Refused, Spot};
use crate::report::{Finding, codes};

record! {
    /// How certificates are made. Gloo's CommonCertOptions.
    pub struct CertOptions checked by CertOptions::check {
        /// Days a certificate is valid; default 365.
        pub ttl_days: Option<Spot<u32>>,
        /// Bits of the RSA key, in spite of the name; default 4096.
        pub rsa_key_size_bytes: Option<Spot<u32>>,
        /// The subject's organization; default `gloo-mesh`.
        pub org_name: Option<Spot<String>>,
        /// The share of the certificate's life that is left when it is renewed: more than 0, less than 1.
        pub secret_rotation_grace_period_ratio: Option<Spot<f64>>,
        /// Nothing restarts pods: ztunnel asks for new certificates by itself.
        pub auto_restart_pods: Ignored,
    }
}

impl CertOptions {
    fn check(&self, decoder: &mut Decoder) {
        if let Some(ratio) = self.secret_rotation_grace_period_ratio {
            CertOptions::check_ratio(ratio, decoder);
        }
        if let Some(days) = self.ttl_days
            && *days == 0
        {
            decoder.not_allowed::<()>(days.place, "0", "a certificate is valid for a day at least");
        }
    }

    pub(super) fn check_ratio(ratio: Spot<f64>, decoder: &mut Decoder) {
        if !(*ratio > 0.0 && *ratio < 1.0) {
            let help = "the ratio is more than 0 and less than 1";
            decoder.not_allowed::<()>(ratio.place, &ratio.to_string(), help);
        }
    }
}

record! {
    /// An issuer of cert-manager.
    pub struct CertManager {
        /// The issuer.
        pub issuer_ref: IssuerReference,
    }
}

record! {
    /// An issuer by name.
    pub struct IssuerReference {
        /// Its name.
        pub name: Spot<String>,
        /// Its kind; default `ClusterIssuer`.
        pub kind: Option<Spot<String>>,
        /// Its group; default `cert-manager.io`.
        pub group: Option<Spot<String>>,
    }
}

record! {
    /// A PKI of Vault.
    pub struct Vault checked by Vault::check {
        /// The URL of Vault.
        pub server: Spot<String>,
        /// The path of the CA: `pki_root/ca`, or `pki_int/sign/<role>` in the older spelling.
        pub ca_path: Option<Spot<String>>,
        /// The path that signs an intermediate: `pki_root/sign/intermediate`.
        pub csr_path: Option<Spot<String>>,
        /// The path of the role that signs: `pki_int/roles/<role>`.
        pub role_path: Option<Spot<String>>,
        /// Vault's own namespace.
        pub namespace: Option<Spot<String>>,
        /// The CA of Vault's TLS certificate, PEM or its base64.
        pub ca_bundle: Option<Spot<String>>,
        /// A Secret with the CA of Vault's TLS certificate.
        pub ca_secret_ref: Option<ObjectReference>,
        /// A compiled tree mounts no files: give `caBundle` or `caSecretRef`.
        pub ca_local_path: Refused,
        /// A Secret with a token of Vault.
        pub token_secret_ref: Option<ObjectReference>,
        /// Log in with a service account.
        pub kubernetes_auth: Option<VaultKubernetesAuth>,
        /// How to log in; an older spelling of `kubernetesAuth`.
        pub auth_method: Option<VaultAuthMethod>,
    }
}

impl Vault {
    /// How to log in with a service account, in either spelling.
    pub fn kubernetes_auth(&self) -> Option<&VaultKubernetesAuth> {
        let older = || self.auth_method.as_ref()?.kubernetes.as_ref();
        self.kubernetes_auth.as_ref().or_else(older)
    }

    fn check(&self, decoder: &mut Decoder) {
        let older = self.auth_method.as_ref().and_then(|method| method.kubernetes.as_ref());
        if let (Some(auth), Some(older)) = (&self.kubernetes_auth, older)
            && auth != older
        {
            decoder.differ(older.place, "kubernetesAuth", "authMethod.kubernetes");
        }
        decoder.exactly_one(&[
            ("kubernetesAuth", self.kubernetes_auth().map(|auth| auth.place)),
            ("tokenSecretRef", self.token_secret_ref.as_ref().map(|secret| secret.place)),
        ]);
        if let (Some(_), Some(secret)) = (&self.ca_bundle, &self.ca_secret_ref) {
            let message = format!("`caSecretRef` stands beside `caBundle` in `{}`", decoder.path());
            let finding = Finding::new(codes::FC109, message).at(secret.place);
            decoder.report(finding.help("give one of them"));
        }
        for secret in self.token_secret_ref.iter().chain(&self.ca_secret_ref) {
            in_root_namespace(secret, decoder);
        }
    }
}

record! {
    /// How to log in to Vault.
    pub struct VaultAuthMethod {
        /// With a service account.
        pub kubernetes: Option<VaultKubernetesAuth>,
    }
}

record! {
    /// A login to Vault with a service account.
    pub struct VaultKubernetesAuth checked by VaultKubernetesAuth::check {
        /// Where the method is mounted; default `/v1/auth/kubernetes`. Vault verifies tokens of one cluster per mount: clusters
        /// with mounts of their own have policies of their own.
        pub mount_path: Option<Spot<String>>,
        /// Vault's role.
        pub role: Spot<String>,
        /// cert-manager asks for bound tokens, which are in no Secret.
        pub secret_token_key: Ignored,
        /// The service account in `istio-system`; default: one that is rendered.
        pub service_account_ref: Option<ObjectReference>,
        /// A compiled tree mounts no files: give `serviceAccountRef`.
        pub mounted_sa_path: Refused,
    }
}

impl VaultKubernetesAuth {
    fn check(&self, decoder: &mut Decoder) {
        if let Some(account) = &self.service_account_ref {
            in_root_namespace(account, decoder);
        }
    }
}

/// The issuer that is rendered reads Secrets and service accounts of its own namespace only, which is istiod's.
fn in_root_namespace(reference: &ObjectReference, decoder: &mut Decoder) {
    let namespace = reference.namespace.as_ref().filter(|namespace| ***namespace != *"istio-system");
    if let Some(namespace) = namespace {
        let message = format!("`{namespace}` is not allowed for a namespace in `{}`", decoder.path());
        let help = "the issuer is rendered into `istio-system` and reads what is there: move it, and leave `namespace` out";
        decoder.report(Finding::new(codes::FC109, message).at(namespace.place).help(help));
    }
}

record! {
    /// A certificate authority of AWS Private CA, reached through cert-manager and its AWS issuer.
    pub struct AwsPrivateCa checked by AwsPrivateCa::check {
        /// The authority's ARN; its issuer is rendered.
        pub arn: Option<Spot<String>>,
        /// Its region; default: the one of the AWS issuer.
        pub region: Option<Spot<String>>,
        /// An issuer that is there already; default kind `AWSPCAClusterIssuer` of group `awspca.cert-manager.io`.
        pub issuer_ref: Option<IssuerReference>,
    }
}

impl AwsPrivateCa {
    fn check(&self, decoder: &mut Decoder) {
        decoder.exactly_one(&[
            ("arn", self.arn.as_ref().map(|arn| arn.place)),
            ("issuerRef", self.issuer_ref.as_ref().map(|issuer| issuer.place)),
        ]);
        if let (Some(region), Some(_)) = (&self.region, &self.issuer_ref) {
            let message = format!("`region` stands beside `issuerRef` in `{}`", decoder.path());
            let finding = Finding::new(codes::FC109, message).at(region.place);
            decoder.report(finding.help("the issuer says its region itself: leave `region` out"));
        }
    }
}

record! {
    /// A CASource by name.
    pub struct CaSourceReference {
        /// Its name.
        pub name: Spot<String>,
        /// Its namespace; default: that of the RootTrustPolicy.
        pub namespace: Option<Spot<String>>,
    }
}

record! {
    /// Key pairs in a secret store, fetched by the External Secrets Operator.
    pub struct ExternalSecretSource {
        /// The store.
        pub store_ref: StoreReference,
        /// What the cluster's name is put behind to give the key in the store; default `cacerts/`.
        pub key_prefix: Option<Spot<String>>,
        /// How often the store is asked, a Go duration; default `1h`.
        pub refresh_interval: Option<Spot<String>>,
    }
}

record! {
    /// A secret store by name.
    pub struct StoreReference {
        /// Its name.
        pub name: Spot<String>,
        /// `ClusterSecretStore` or `SecretStore`; default `ClusterSecretStore`.
        pub kind: Option<Spot<StoreKind>>,
    }
}

enumeration! {
    /// The scope of a secret store.
    pub enum StoreKind {
        /// Of the whole cluster.
        ClusterSecretStore = "ClusterSecretStore",
        /// Of one namespace.
        SecretStore = "SecretStore",
    }
}
