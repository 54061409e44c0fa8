//! `external-secrets.io/v1`, served since External Secrets 0.16.

use serde::{Deserialize, Serialize};

use super::object::{Labels, object};

object!(
    /// Fetches values from a store and writes a Secret of them.
    ExternalSecret, "external-secrets.io/v1", "ExternalSecret", {
        /// What it says.
        spec: ExternalSecretSpec,
    }
);

object!(
    /// A store of secrets, for ExternalSecrets of its namespace.
    SecretStore, "external-secrets.io/v1", "SecretStore", {
        /// What it says.
        spec: SecretStoreSpec,
    }
);

/// What an ExternalSecret says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalSecretSpec {
    /// How often the store is asked; a Go duration.
    pub refresh_interval: String,
    /// The store.
    pub secret_store_ref: SecretStoreRef,
    /// The Secret.
    pub target: ExternalSecretTarget,
    /// What is fetched: all values of each entry, in one read.
    pub data_from: Vec<DataFrom>,
}

/// A store by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretStoreRef {
    /// `SecretStore` or `ClusterSecretStore`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// The Secret that is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalSecretTarget {
    /// Its name.
    pub name: String,
    /// `Orphan`: made, and never deleted with the ExternalSecret.
    pub creation_policy: String,
    /// `Retain`: kept when the store loses the value.
    pub deletion_policy: String,
    /// What it holds.
    pub template: ExternalSecretTemplate,
}

/// What a written Secret holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExternalSecretTemplate {
    /// `v2`
    pub engine_version: String,
    /// `Replace`: the template's keys and no others.
    pub merge_policy: String,
    /// `Opaque`
    pub r#type: String,
    /// Its metadata.
    pub metadata: TemplateMetadata,
    /// Go templates over what was fetched, by the key of the Secret.
    pub data: Labels,
}

/// Metadata of a written Secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub labels: Labels,
    /// Annotations.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub annotations: Labels,
}

/// Something that is fetched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DataFrom {
    /// All values of one entry of the store.
    pub extract: Extract,
}

/// All values of one entry of a store.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Extract {
    /// The entry.
    pub key: String,
    /// `Default`; the API server of older versions fills it in.
    pub conversion_strategy: String,
    /// `None`; likewise.
    pub decoding_strategy: String,
    /// `None`; likewise.
    pub metadata_policy: String,
}

/// What a SecretStore says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretStoreSpec {
    /// Where the secrets are.
    pub provider: SecretStoreProvider,
}

/// Where secrets are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretStoreProvider {
    /// Secrets of a Kubernetes cluster.
    pub kubernetes: KubernetesProvider,
}

/// Secrets of one namespace of a Kubernetes cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesProvider {
    /// The namespace.
    pub remote_namespace: String,
    /// The API server.
    pub server: KubernetesServer,
    /// How to log in.
    pub auth: KubernetesAuth,
}

/// An API server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesServer {
    /// `kubernetes.default`: the store's own cluster.
    pub url: String,
    /// What the API server's certificate is verified by.
    pub ca_provider: CaProvider,
}

/// A certificate in a ConfigMap or Secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CaProvider {
    /// `ConfigMap`
    pub r#type: String,
    /// Its name.
    pub name: String,
    /// The key in it.
    pub key: String,
}

/// How to log in to an API server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubernetesAuth {
    /// With a bound token of a service account.
    pub service_account: NamedReference,
}

/// An object by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedReference {
    /// Its name.
    pub name: String,
}
