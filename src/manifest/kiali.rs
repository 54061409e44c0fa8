//! `kiali.io/v1alpha1 Kiali` (kiali-operator 2.x: crd-docs/crd/kiali.io_kialis.yaml). Its fields have underscores.

use serde::{Deserialize, Serialize};

use super::object::object;

object!(
    /// A Kiali that the Kiali Operator installs.
    Kiali, "kiali.io/v1alpha1", "Kiali", {
        /// What it says.
        spec: KialiSpec,
    }
);

/// How it is installed. What is not said is the operator's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiSpec {
    /// Who may look.
    pub auth: KialiAuthentication,
    /// The clusters it reads from outside.
    pub clustering: KialiClustering,
    /// What it may do.
    pub deployment: KialiDeployment,
    /// What it asks.
    pub external_services: KialiServices,
    /// The cluster it runs in.
    pub kubernetes_config: KialiKubernetes,
}

/// Who may look.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiAuthentication {
    /// `anonymous`, `openid` or `openshift`.
    pub strategy: String,
    /// The provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub openid: Option<KialiOpenId>,
}

/// An OpenID provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiOpenId {
    /// The client.
    pub client_id: String,
    /// The issuer.
    pub issuer_uri: String,
}

/// The clusters it reads from outside.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiClustering {
    /// Whether Secrets that are found name clusters too.
    pub autodetect_secrets: KialiSecretDetection,
    /// The clusters.
    pub clusters: Vec<KialiCluster>,
}

/// Whether Secrets that are found name clusters too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiSecretDetection {
    /// Whether they do.
    pub enabled: bool,
}

/// A cluster it reads from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiCluster {
    /// Its name.
    pub name: String,
    /// The Secret, in Kiali's namespace, that holds the kubeconfig.
    pub secret_name: String,
}

/// What it may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiDeployment {
    /// Whether it may only look.
    pub view_only_mode: bool,
}

/// What it asks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiServices {
    /// The metrics of all clusters.
    pub prometheus: KialiPrometheus,
}

/// Where metrics are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiPrometheus {
    /// The address.
    pub url: String,
}

/// The cluster it runs in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KialiKubernetes {
    /// Its name.
    pub cluster_name: String,
}
