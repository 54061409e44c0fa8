//! Kinds of Solo's groups that fleetc does not read, and what to tell their authors.

use super::KINDS;
use super::decode::listed;
use crate::report::closest;

/// True for a group whose kinds are either ours or an error: passing one over could lose a policy.
pub fn is_governed(group: &str) -> bool {
    group == "solo.io" || group.ends_with(".solo.io") || group == "fleetc.dev"
}

/// True for a kind of ours in a group that is likely a misspelling of ours: it would be passed over in silence.
pub fn is_misspelt(group: &str, kind: &str) -> bool {
    let own = || KINDS.iter().flat_map(|kind| kind.api_versions).map(|version| self::group(version));
    KINDS.iter().any(|own| own.name == kind) && (group.is_empty() || closest(group, own()).is_some())
}

/// The group of an `apiVersion`: what stands before the `/`, nothing for Kubernetes' own `v1`.
pub fn group(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// Message and help for a kind of a governed group that is none of ours.
pub fn refusal(api_version: &str, kind: &str) -> (String, String) {
    let shown = format!("`{kind}` of `{api_version}`");
    if is_first_generation(group(api_version)) {
        let help = match replacement(kind) {
            Some((kind, how)) => format!("write it as {}: {how}", usual(kind)),
            None => {
                "Gloo Mesh 2 has no such kind; remove it, or list it under `passthrough` of the Fleet".into()
            }
        };
        return (format!("{shown} belongs to the API of Gloo Mesh 1, which is not read"), help);
    }
    if KINDS.iter().any(|own| own.name == kind) {
        return (
            format!("{shown} is not a version that fleetc reads"),
            format!("write it as {}", usual(kind)),
        );
    }
    if NOT_COMPILED.contains(&kind) {
        let help = passthrough(api_version, kind);
        return (format!("{shown} is a real kind, but fleetc does not compile it"), help);
    }
    let names = KINDS.iter().map(|own| own.name).chain(NOT_COMPILED.iter().copied());
    let help = match closest(kind, names) {
        Some(name) if KINDS.iter().any(|own| own.name == name) => format!("did you mean {}?", usual(name)),
        Some(name) => format!("did you mean `{name}`, which is real, but which fleetc does not compile?"),
        None => passthrough(api_version, kind),
    };
    (format!("unknown kind {shown}"), help)
}

fn usual(kind: &str) -> String {
    let versions = KINDS.iter().find(|own| own.name == kind).map_or(&[][..], |own| own.api_versions);
    format!("`kind: {kind}` with `apiVersion:` {}", listed(versions.iter().copied()))
}

fn passthrough(api_version: &str, kind: &str) -> String {
    let group = group(api_version);
    let entry = format!("    - group: {group}\n      kind: {kind}\n      reason: …");
    format!("if another tool applies it, say so in the Fleet:\nspec:\n  passthrough:\n{entry}")
}

/// `networking.mesh.gloo.solo.io`, `networking.enterprise.mesh.gloo.solo.io` and the other groups of Gloo Mesh 1.
fn is_first_generation(group: &str) -> bool {
    group.ends_with(".mesh.gloo.solo.io")
}

/// What took the place of a kind of Gloo Mesh 1, and how its fields moved.
fn replacement(kind: &str) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        "AccessPolicy" => (
            "AccessPolicy",
            "`destinationSelector` becomes `applyToDestinations`, `sourceSelector` becomes `config.authz.allowedClients`",
        ),
        "VirtualDestination" => (
            "VirtualDestination",
            "`hostname` becomes `hosts`, `port` becomes `ports`, `localized.destinationSelectors` becomes `services`",
        ),
        "VirtualMesh" => ("RootTrustPolicy", "trust goes to a RootTrustPolicy, tenancy to Workspaces"),
        "Workspace" => ("Workspace", "the fields keep their names"),
        "WorkspaceSettings" => ("WorkspaceSettings", "the fields keep their names"),
        "KubernetesCluster" => ("KubernetesCluster", "the fields keep their names"),
        _ => return None,
    })
}

/// Kinds of the chart gloo-platform-crds 2.14 and of Solo Enterprise for Istio that change what runs, but not by fleetc.
const NOT_COMPILED: &[&str] = &[
    "AccessLogPolicy",
    "ActiveHealthCheckPolicy",
    "AdaptiveRequestConcurrencyPolicy",
    "ApiDoc",
    "ApiSchemaDiscovery",
    "AuthConfig",
    "CORSPolicy",
    "CSRFPolicy",
    "CertificateRequest",
    "ClientTLSPolicy",
    "CloudProvider",
    "CloudResources",
    "ConnectionPolicy",
    "DLPPolicy",
    "Dashboard",
    "DiscoveredGateway",
    "ExtAuthPolicy",
    "ExtAuthServer",
    "ExternalEndpoint",
    "ExternalService",
    "ExternalWorkload",
    "FaultInjectionPolicy",
    "GraphQLAllowedQueryPolicy",
    "GraphQLPersistedQueryCachePolicy",
    "GraphQLResolverMap",
    "GraphQLSchema",
    "GraphQLStitchedSchema",
    "HTTPBufferPolicy",
    "HeaderManipulationPolicy",
    "InsightsConfig",
    "IssuedCertificate",
    "JWTPolicy",
    "ListenerConnectionPolicy",
    "LoadBalancerPolicy",
    "MirrorPolicy",
    "PodBounceDirective",
    "Portal",
    "PortalConfig",
    "PortalGroup",
    "ProxyProtocolPolicy",
    "RateLimitClientConfig",
    "RateLimitConfig",
    "RateLimitPolicy",
    "RateLimitServerConfig",
    "RateLimitServerSettings",
    "RetryTimeoutPolicy",
    "RouteTable",
    "ServiceMeshController",
    "SpireRegistrationEntry",
    "TCPConnectionPolicy",
    "TransformationPolicy",
    "TrimProxyConfigPolicy",
    "VirtualGateway",
    "WAFPolicy",
    "WasmDeploymentPolicy",
    "WaypointLifecycleManager",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_generation_names_its_successor() {
        let (message, help) = refusal("networking.mesh.gloo.solo.io/v1", "AccessPolicy");
        assert!(message.contains("Gloo Mesh 1"), "{message}");
        assert!(help.contains("security.policy.gloo.solo.io/v2"), "{help}");
    }

    #[test]
    fn real_kinds_are_named_as_such() {
        let (message, help) = refusal("networking.gloo.solo.io/v2", "RouteTable");
        assert!(message.contains("does not compile"), "{message}");
        assert!(help.contains("group: networking.gloo.solo.io"), "{help}");
    }

    #[test]
    fn near_misses_are_recognised() {
        let (_, help) = refusal("admin.gloo.solo.io/v2", "Workspce");
        assert!(help.contains("did you mean `kind: Workspace`"), "{help}");
        let (_, help) = refusal("admin.gloo.solo.io/v1", "Workspace");
        assert!(help.contains("admin.gloo.solo.io/v2"), "{help}");
    }
}
