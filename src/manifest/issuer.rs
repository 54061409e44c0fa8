//! Issuers that cert-manager and the AWS issuer beside it read.

use serde::{Deserialize, Serialize};

use super::object::object;
use super::secret_store::NamedReference;

object!(
    /// `cert-manager.io/v1 Issuer`; fleetc writes those of Vault.
    Issuer, "cert-manager.io/v1", "Issuer", {
        /// What it says.
        spec: IssuerSpec,
    }
);

object!(
    /// `awspca.cert-manager.io/v1beta1 AWSPCAIssuer` (cert-manager/aws-privateca-issuer).
    AWSPCAIssuer, "awspca.cert-manager.io/v1beta1", "AWSPCAIssuer", {
        /// What it says.
        spec: AwsPcaIssuerSpec,
    }
);

/// What an Issuer says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IssuerSpec {
    /// Vault.
    pub vault: VaultIssuer,
}

/// A PKI of Vault.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VaultIssuer {
    /// The URL.
    pub server: String,
    /// Where requests go.
    pub path: String,
    /// Vault's own namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// What Vault's TLS certificate is verified by, base64 of PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<String>,
    /// What Vault's TLS certificate is verified by, in a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_bundle_secret_ref: Option<SecretKeyRef>,
    /// How to log in.
    pub auth: VaultAuth,
}

/// How to log in to Vault: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VaultAuth {
    /// With a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_secret_ref: Option<SecretKeyRef>,
    /// With a service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<VaultKubernetesAuth>,
}

/// A login to Vault with a service account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VaultKubernetesAuth {
    /// `/v1/auth/<mount>`
    pub mount_path: String,
    /// Vault's role.
    pub role: String,
    /// The service account, in the Issuer's namespace.
    pub service_account_ref: NamedReference,
}

/// A key of a Secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretKeyRef {
    /// The Secret.
    pub name: String,
    /// The key.
    pub key: String,
}

/// What an AWSPCAIssuer says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AwsPcaIssuerSpec {
    /// The authority.
    pub arn: String,
    /// Its region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}
