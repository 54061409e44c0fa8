//! `external-secrets.io/v1 ExternalSecret`, served since External Secrets 0.16.

use serde::{Deserialize, Serialize};

use super::Labels;
use super::object::object;

object!(
    /// A Secret that the External Secrets Operator fills from a store.
    ExternalSecret, "external-secrets.io/v1", "ExternalSecret", {
        /// What it says.
        spec: ExternalSecretSpec,
    }
);

/// What fills which Secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalSecretSpec {
    /// How often the store is asked, a Go duration.
    pub refresh_interval: String,
    /// The store.
    pub secret_store_ref: SecretStoreRef,
    /// The Secret.
    pub target: ExternalSecretTarget,
    /// Its keys, each read by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<ExternalSecretData>,
    /// All fields of an entry of the store, in one read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data_from: Vec<DataFrom>,
}

/// All fields of an entry of a store.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataFrom {
    /// The entry.
    pub extract: RemoteRef,
}

/// A store by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretStoreRef {
    /// Its name.
    pub name: String,
    /// `ClusterSecretStore` or `SecretStore`.
    pub kind: String,
}

/// The Secret that is made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalSecretTarget {
    /// Its name.
    pub name: String,
    /// `Owner`: the Secret goes with the ExternalSecret; `Orphan`: it stays. Written out, since the API server defaults it.
    pub creation_policy: String,
    /// `Retain`: what the store has lost stays. Written out, since the API server defaults it.
    pub deletion_policy: String,
    /// What it carries besides its keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<ExternalSecretTemplate>,
}

/// What a Secret carries besides its keys, which stay as the store has them where the template makes none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalSecretTemplate {
    /// `v2`. Written out, as the next, since the API server defaults it.
    pub engine_version: String,
    /// `Replace`.
    pub merge_policy: String,
    /// The Secret's type; empty: `Opaque`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// Labels and annotations.
    pub metadata: TemplateMetadata,
    /// Go templates over what was fetched, by the key of the Secret.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub data: Labels,
}

/// Labels and annotations of a Secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Annotations.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub annotations: Labels,
}

/// One key of a Secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalSecretData {
    /// The key in the Secret.
    pub secret_key: String,
    /// Where it is in the store.
    pub remote_ref: RemoteRef,
}

/// A place in a store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RemoteRef {
    /// The key in the store.
    pub key: String,
    /// The field of what is stored there, if it has fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// `Default`. Written out, as the next two, since some versions' API server defaults it.
    pub conversion_strategy: String,
    /// `None`.
    pub decoding_strategy: String,
    /// `None`.
    pub metadata_policy: String,
}

impl Default for RemoteRef {
    fn default() -> Self {
        RemoteRef {
            key: String::new(),
            property: None,
            conversion_strategy: "Default".into(),
            decoding_strategy: "None".into(),
            metadata_policy: "None".into(),
        }
    }
}
