//! What both layers read of an AuthorizationPolicy before its rules.

use std::fmt;

use crate::manifest::{AuthorizationPolicySpec, Metadata, TargetRef};

/// The policy a verdict names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyName {
    /// `AuthorizationPolicy` or `PeerAuthentication`.
    pub kind: &'static str,
    /// The namespace; `default` where the manifest has none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl PolicyName {
    pub(super) fn new(kind: &'static str, metadata: &Metadata) -> Self {
        let namespace = metadata.namespace.as_deref().unwrap_or("default");
        PolicyName { kind, namespace: namespace.to_owned(), name: metadata.name.clone() }
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// The objects a policy is attached to; the list wins over the older single form
/// (istio pilot/pkg/model/policyattachment.go, `GetTargetRefs`).
pub(super) fn target_refs(spec: &AuthorizationPolicySpec) -> &[TargetRef] {
    if spec.target_refs.is_empty() { spec.target_ref.as_slice() } else { &spec.target_refs }
}

/// Whether the policy is only logged. A value that is no boolean leaves it enforced (Go's
/// `strconv.ParseBool`, as in istio pilot/pkg/serviceregistry/ambient/authorization.go and
/// pilot/pkg/security/authz/builder/builder.go).
pub(super) fn is_dry_run(metadata: &Metadata) -> bool {
    let value = metadata.annotations.get("istio.io/dry-run").map(String::as_str);
    matches!(value, Some("1" | "t" | "T" | "true" | "TRUE" | "True"))
}
