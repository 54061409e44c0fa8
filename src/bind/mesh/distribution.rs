//! Whose Istio runs, and where upstream's credentials are.

/// Whose Istio runs in the fleet's clusters. The same thought has other words in each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distribution {
    /// Solo Enterprise for Istio: control planes meet through the east-west gateways.
    #[default]
    Solo,
    /// Istio as the project releases it: each control plane watches the API servers of the others.
    Upstream,
}

impl Distribution {
    /// As messages name it.
    pub fn shown(self) -> &'static str {
        match self {
            Distribution::Solo => "Solo's Istio",
            Distribution::Upstream => "upstream Istio",
        }
    }
}

/// Where each cluster's kubeconfig is kept, from which the others read its API server.
#[derive(Debug, Clone)]
pub struct RemoteSecrets {
    /// `ClusterSecretStore` or `SecretStore`.
    pub store_kind: String,
    /// The store's name.
    pub store: String,
    /// What a cluster's name is put behind to give the key in the store.
    pub key_prefix: String,
}

impl Default for RemoteSecrets {
    fn default() -> Self {
        RemoteSecrets {
            store_kind: "ClusterSecretStore".into(),
            store: "fleetc".into(),
            key_prefix: "istio-remote-secret/".into(),
        }
    }
}
