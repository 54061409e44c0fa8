//! Core Kubernetes objects.

use serde::{Deserialize, Serialize};

use super::object::{Labels, object};

object!(
    /// `v1 Namespace`; fleetc writes no spec.
    Namespace, "v1", "Namespace", {}
);

object!(
    /// `v1 ConfigMap`: a part of one that is there, a dashboard, the parameters of a Gateway.
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
    /// `v1 ServiceAccount`.
    ServiceAccount, "v1", "ServiceAccount", {}
);

object!(
    /// `rbac.authorization.k8s.io/v1 Role`.
    Role, "rbac.authorization.k8s.io/v1", "Role", {
        /// What it allows.
        rules: Vec<PolicyRule>,
    }
);

/// What a role allows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyRule {
    /// API groups; `""` is the core.
    pub api_groups: Vec<String>,
    /// Resources, with subresources as `serviceaccounts/token`.
    pub resources: Vec<String>,
    /// The objects; empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// What may be done.
    pub verbs: Vec<String>,
}

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
    /// `ClusterRole` or `Role`.
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
