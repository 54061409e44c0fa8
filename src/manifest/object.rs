//! What every Kubernetes object has, and the list of those fleetc writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AWSPCAIssuer, AppProject, Application, ApplicationSet, AuthorizationPolicy, Certificate, ConfigMap,
    DestinationRule, ExternalSecret, Gateway, GitRepository, HelmRelease, HelmRepository, Issuer, Kiali,
    Kustomization, Namespace, OCIRepository, PeerAuthentication, PodMonitor, PrometheusRule, Role,
    RoleBinding, SealedSecret, Secret, SecretStore, Segment, Service, ServiceAccount, ServiceEntry,
    ServiceMonitor, Telemetry, WorkloadEntry,
};

/// Labels or annotations, sorted by key.
pub type Labels = BTreeMap<String, String>;

/// Free-form values, as a Helm chart takes them; maps are sorted by key.
pub type Values = serde_json::Value;

/// `metadata` of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// The name.
    pub name: String,
    /// The namespace; `None` for cluster-scoped objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Labels,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Labels,
    /// When a cluster made the object, RFC 3339, so that the texts order as the times do; read, never written.
    #[serde(skip_serializing)]
    pub creation_timestamp: Option<String>,
}

/// Declares one object type: `apiVersion`, `kind`, `metadata`, then its own fields.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident, $api:literal, $kind:literal, { $($(#[$fdoc:meta])* $field:ident : $type:ty),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            /// The group and version.
            pub api_version: std::borrow::Cow<'static, str>,
            /// The kind.
            pub kind: std::borrow::Cow<'static, str>,
            /// Name, namespace, labels, annotations.
            #[serde(default)]
            pub metadata: $crate::manifest::Metadata,
            $($(#[$fdoc])* pub $field: $type,)*
        }
        impl $name {
            /// The group and version this type is written with.
            pub const API_VERSION: &'static str = $api;
            /// The kind.
            pub const KIND: &'static str = $kind;
            /// An object of this type.
            pub fn new(metadata: $crate::manifest::Metadata, $($field: $type),*) -> Self {
                $name { api_version: $api.into(), kind: $kind.into(), metadata, $($field),* }
            }
        }
    };
}
pub(super) use object;

macro_rules! objects {
    ($($name:ident),* $(,)?) => {
        /// One rendered object.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        #[allow(missing_docs, reason = "each variant holds the type of its own name, which is documented there")]
        pub enum Object { $($name($name)),* }

        impl Object {
            /// The object's kind.
            pub fn kind(&self) -> &str {
                match self { $(Object::$name(object) => &object.kind),* }
            }
            /// The object's metadata.
            pub fn metadata(&self) -> &Metadata {
                match self { $(Object::$name(object) => &object.metadata),* }
            }
            /// The object's metadata, to be changed.
            pub fn metadata_mut(&mut self) -> &mut Metadata {
                match self { $(Object::$name(object) => &mut object.metadata),* }
            }
        }

        $(impl From<$name> for Object {
            fn from(object: $name) -> Self { Object::$name(object) }
        })*
    };
}

objects!(
    Application,
    ApplicationSet,
    AppProject,
    AuthorizationPolicy,
    AWSPCAIssuer,
    Certificate,
    ConfigMap,
    DestinationRule,
    ExternalSecret,
    Gateway,
    GitRepository,
    HelmRelease,
    HelmRepository,
    Issuer,
    Kiali,
    Kustomization,
    Namespace,
    OCIRepository,
    PeerAuthentication,
    PodMonitor,
    PrometheusRule,
    Role,
    RoleBinding,
    Segment,
    SealedSecret,
    Secret,
    SecretStore,
    Service,
    ServiceAccount,
    ServiceEntry,
    ServiceMonitor,
    Telemetry,
    WorkloadEntry,
);
