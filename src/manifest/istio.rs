//! `security.istio.io` and `networking.istio.io` objects (istio/api, security/v1beta1 and networking/v1alpha3).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::object::{Labels, object};

object!(
    /// `security.istio.io/v1 AuthorizationPolicy`.
    AuthorizationPolicy, "security.istio.io/v1", "AuthorizationPolicy", {
        /// What it says.
        #[serde(default)]
        spec: AuthorizationPolicySpec,
    }
);

/// An authorization policy's spec. `selector` and `target_refs` exclude each other; with neither it holds for the whole
/// namespace (in the root namespace: for the whole cluster).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationPolicySpec {
    /// Pods of the namespace, enforced at their ztunnel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// Services or Gateways, enforced at their waypoint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_refs: Vec<TargetRef>,
    /// The older, single form of `target_refs`; read, never written.
    #[serde(skip_serializing)]
    pub target_ref: Option<TargetRef>,
    /// Always written by fleetc; absent means ALLOW when reading.
    pub action: Action,
    /// `None` and empty are the same: no rule, which never matches. `[{}]` matches everything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// What a matching rule does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// Admit; as soon as one ALLOW is in scope, what no ALLOW admits is refused.
    #[default]
    Allow,
    /// Refuse, before any ALLOW is looked at.
    Deny,
    /// Log; never affects the verdict.
    Audit,
    /// Delegate to an extension; Envoy only.
    Custom,
}

/// Labels a pod must carry.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// All of them must match.
    pub match_labels: Labels,
}

/// An object a policy is attached to.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TargetRef {
    /// The API group, empty for core.
    pub group: String,
    /// `Service`, `ServiceEntry`, `Gateway` or `GatewayClass`.
    pub kind: String,
    /// The object's name.
    pub name: String,
}

/// Matches when `from`, `to` and `when` all do; an empty list matches everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    /// Any of these sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<From>,
    /// Any of these operations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<To>,
    /// All of these conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<Condition>,
}

/// One entry of `from`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct From {
    /// The source.
    pub source: Source,
}

/// One entry of `to`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct To {
    /// The operation.
    pub operation: Operation,
}

macro_rules! string_lists {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name {
            $($(#[$fdoc])* #[serde(skip_serializing_if = "Vec::is_empty")] pub $field: Vec<String>,)*
        }
    };
}

string_lists!(
    /// Who calls; all non-empty fields must match.
    Source {
        /// `<trust-domain>/ns/<ns>/sa/<sa>`, no scheme; `*` at either end is a wildcard.
        principals,
        /// None of these.
        not_principals,
        /// The JWT principal; HTTP only.
        request_principals,
        /// None of these; HTTP only.
        not_request_principals,
        /// The namespace of the peer's identity; forgets the trust domain, so fleetc never writes it.
        namespaces,
        /// None of these.
        not_namespaces,
        /// `ns/sa` or `sa`; forgets the trust domain.
        service_accounts,
        /// None of these.
        not_service_accounts,
        /// Istio 1.30 and later; silently dropped at ztunnel.
        trust_domains,
        /// None of these; silently dropped at ztunnel.
        not_trust_domains,
        /// The TCP peer's address.
        ip_blocks,
        /// None of these.
        not_ip_blocks,
        /// The original client's address; HTTP only.
        remote_ip_blocks,
        /// None of these; HTTP only.
        not_remote_ip_blocks,
    }
);

string_lists!(
    /// What is asked; all non-empty fields must match.
    Operation {
        /// The HTTP host.
        hosts,
        /// None of these.
        not_hosts,
        /// The pod's port at ztunnel, the Service's port at a waypoint.
        ports,
        /// None of these.
        not_ports,
        /// The HTTP method.
        methods,
        /// None of these.
        not_methods,
        /// The HTTP path.
        paths,
        /// None of these.
        not_paths,
    }
);

/// One entry of `when`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// An Istio attribute, `source.principal` for example.
    pub key: String,
    /// Any of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_values: Vec<String>,
}

object!(
    /// `security.istio.io/v1 PeerAuthentication`. In one scope only the oldest counts.
    PeerAuthentication, "security.istio.io/v1", "PeerAuthentication", {
        /// What it says.
        #[serde(default)]
        spec: PeerAuthenticationSpec,
    }
);

/// A peer authentication's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PeerAuthenticationSpec {
    /// Pods of the namespace; absent: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
    /// The mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtls: Option<PeerMtls>,
    /// Modes by the pod's port; needs a selector.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub port_level_mtls: BTreeMap<String, PeerMtls>,
}

/// The holder of a mode.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PeerMtls {
    /// The mode.
    pub mode: MtlsMode,
}

/// Whether plaintext is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MtlsMode {
    /// As the wider scope says.
    #[default]
    Unset,
    /// Ignored in ambient, where it is as PERMISSIVE.
    Disable,
    /// mTLS and plaintext.
    Permissive,
    /// mTLS only.
    Strict,
}

object!(
    /// `security.istio.io/v1 RequestAuthentication`: which tokens are validated. Read, never written.
    RequestAuthentication, "security.istio.io/v1", "RequestAuthentication", {
        /// What it says.
        #[serde(default)]
        spec: RequestAuthenticationSpec,
    }
);

/// A request authentication's spec. As with an authorization policy, a waypoint sees it by its targets alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestAuthenticationSpec {
    /// Services or Gateways.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub target_refs: Vec<TargetRef>,
    /// The older, single form of `target_refs`.
    #[serde(skip_serializing)]
    pub target_ref: Option<TargetRef>,
    /// The tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub jwt_rules: Vec<JwtRule>,
}

/// How tokens of one issuer are validated; the keys do not matter here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JwtRule {
    /// The issuer, `iss` of the token.
    pub issuer: String,
}

object!(
    /// `networking.istio.io/v1 ServiceEntry`.
    ServiceEntry, "networking.istio.io/v1", "ServiceEntry", {
        /// What it says.
        spec: ServiceEntrySpec,
    }
);

/// A service entry's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceEntrySpec {
    /// Host names.
    pub hosts: Vec<String>,
    /// `MESH_INTERNAL` or `MESH_EXTERNAL`.
    pub location: String,
    /// Ports.
    pub ports: Vec<ServiceEntryPort>,
    /// `STATIC`, `DNS`, `NONE`, …
    pub resolution: String,
    /// Pods and workload entries of the namespace that back the hosts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload_selector: Option<WorkloadSelector>,
}

/// One port of a service entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceEntryPort {
    /// 1 to 65535.
    pub number: u16,
    /// A DNS label, unique in the entry.
    pub name: String,
    /// `HTTP`, `TCP`, …
    pub protocol: String,
    /// The pod's port where it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<u16>,
}

/// The labels that back a service entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkloadSelector {
    /// All of them must match.
    pub labels: Labels,
}

object!(
    /// `networking.istio.io/v1 WorkloadEntry`.
    WorkloadEntry, "networking.istio.io/v1", "WorkloadEntry", {
        /// What it says.
        spec: WorkloadEntrySpec,
    }
);

/// A workload entry's spec. Without an address the network's gateway carries it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadEntrySpec {
    /// The network the workload is in.
    pub network: String,
    /// `region`, `region/zone` or `region/zone/subzone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// The labels a service entry selects it by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Labels,
    /// The service account whose identity it must present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
}
