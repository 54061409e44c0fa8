//! `cert-manager.io/v1 Certificate`.

use serde::{Deserialize, Serialize};

use super::object::{Labels, object};

object!(
    /// A certificate that cert-manager issues into a Secret of the same namespace.
    Certificate, "cert-manager.io/v1", "Certificate", {
        /// What it says.
        spec: CertificateSpec,
    }
);

/// A certificate's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSpec {
    /// The Secret that receives `tls.crt`, `tls.key` and `ca.crt`.
    pub secret_name: String,
    /// Whether the certificate may sign others.
    #[serde(rename = "isCA")]
    pub is_ca: bool,
    /// The subject's common name, distinct per cluster.
    pub common_name: String,
    /// The rest of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<CertificateSubject>,
    /// A Go duration: `8760h`.
    pub duration: String,
    /// How long before the end it is renewed; a Go duration.
    pub renew_before: String,
    /// The key.
    pub private_key: CertificatePrivateKey,
    /// Key usages by cert-manager's names.
    pub usages: Vec<String>,
    /// Who signs.
    pub issuer_ref: IssuerRef,
    /// Labels and annotations of the Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_template: Option<SecretTemplate>,
}

/// The subject beyond the common name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateSubject {
    /// `O`.
    pub organizations: Vec<String>,
}

/// How the key is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificatePrivateKey {
    /// `RSA` or `ECDSA`.
    pub algorithm: String,
    /// `PKCS1` or `PKCS8`.
    pub encoding: String,
    /// `Always`: a new key at each renewal.
    pub rotation_policy: String,
    /// Bits of an RSA key, or 256/384 for ECDSA.
    pub size: u16,
}

/// A cert-manager issuer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IssuerRef {
    /// `cert-manager.io`, or an external issuer's group.
    pub group: String,
    /// `ClusterIssuer`, `Issuer`, …
    pub kind: String,
    /// The issuer's name.
    pub name: String,
}

/// Metadata of the Secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretTemplate {
    /// Annotations.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub annotations: Labels,
    /// Labels.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub labels: Labels,
}
