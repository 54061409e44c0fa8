//! `external-secrets.io/v1 SecretStore`, of provider `kubernetes`.

use serde::{Deserialize, Serialize};

use super::object::object;

object!(
    /// A store of secrets, for ExternalSecrets of its namespace.
    SecretStore, "external-secrets.io/v1", "SecretStore", {
        /// What it says.
        spec: SecretStoreSpec,
    }
);

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
