//! Role grants → `RoleBinding`.

use super::{Manifest, Stage, named};
use crate::distribute::{RoleGrant, RoleSubject};
use crate::manifest::{RoleBinding, RoleRef, Subject};

const RBAC: &str = "rbac.authorization.k8s.io";

/// The binding of a cluster role in one namespace.
pub fn role_binding(grant: &RoleGrant) -> Manifest {
    let role = RoleRef { api_group: RBAC.into(), kind: "ClusterRole".into(), name: grant.role.clone() };
    let binding = RoleBinding::new(
        named(&grant.name, &grant.namespace),
        role,
        grant.subjects.iter().map(subject).collect(),
    );
    Manifest::new(Stage::Policy, 30, binding, &grant.origins)
}

fn subject(subject: &RoleSubject) -> Subject {
    let person = |kind: &str, name: &str| Subject {
        kind: kind.into(),
        api_group: Some(RBAC.into()),
        name: name.to_owned(),
        namespace: None,
    };
    match subject {
        RoleSubject::Group(name) => person("Group", name),
        RoleSubject::User(name) => person("User", name),
        RoleSubject::ServiceAccount { namespace, name } => Subject {
            kind: "ServiceAccount".into(),
            api_group: None,
            name: name.clone(),
            namespace: Some(namespace.clone()),
        },
    }
}
