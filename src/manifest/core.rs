//! Core Kubernetes objects.

use serde::{Deserialize, Serialize};

use super::object::{Labels, object};

object!(
    /// `v1 Namespace`; fleetc writes no spec.
    Namespace, "v1", "Namespace", {}
);

object!(
    /// `v1 ConfigMap`, only ever as a part of one that is there.
    ConfigMap, "v1", "ConfigMap", {
        /// What it holds.
        data: Labels,
    }
);

object!(
    /// `v1 Service`, only ever as a partial object: metadata alone, applied server-side onto the team's own Service.
    Service, "v1", "Service", {}
);

object!(
    /// `rbac.authorization.k8s.io/v1 RoleBinding`.
    RoleBinding, "rbac.authorization.k8s.io/v1", "RoleBinding", {
        /// The role that is granted.
        role_ref: RoleRef,
        /// To whom.
        subjects: Vec<Subject>,
    }
);

/// The role of a binding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleRef {
    /// `rbac.authorization.k8s.io`.
    pub api_group: String,
    /// `ClusterRole`.
    pub kind: String,
    /// The role's name.
    pub name: String,
}

/// A subject of a binding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// `Group`, `User` or `ServiceAccount`.
    pub kind: String,
    /// The API group: RBAC's for groups and users, absent for service accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_group: Option<String>,
    /// The name.
    pub name: String,
    /// The namespace of a service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}
