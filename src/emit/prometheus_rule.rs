//! When somebody is called → `PrometheusRule`.
//!
//! The rules are for a Prometheus that sees this cluster. None of them names another cluster, so that one that joins
//! changes nothing here. Metrics, by who exposes them:
//!
//! - istiod: `citadel_server_*_expiry_timestamp` (istio: security/pkg/server/ca/monitoring.go),
//!   `remote_cluster_sync_timeouts_total` (istio: pkg/kube/multicluster/secretcontroller.go);
//! - ztunnel: `istio_tcp_connections_closed_total`, whose `response_flags` is `DENY` where policy refused since 1.22, and
//!   `CONNECT` or since 1.29 what went wrong (ztunnel: src/proxy/metrics.rs);
//! - waypoints: `istio_requests_total`, which cannot tell a 403 of theirs from one of the application (istio/istio#47622);
//! - cert-manager: `certmanager_certificate_ready_status` (cert-manager: pkg/metrics);
//! - kube-state-metrics: `kube_deployment_status_replicas_available`; with the configuration of gateway-api-state-metrics
//!   `gatewayapi_gateway_status`, which has one series for each condition of a Gateway, Solo's among them.

use super::monitor::metadata;
use super::signer::{CACERTS, NAMESPACE};
use super::{Manifest, Stage};
use crate::distribute::{ClusterIntent, Distribution, Keys, Measured, Origins};
use crate::manifest::{Labels, PrometheusRule, PrometheusRuleSpec, RuleGroup, WarningRule};

/// A new root takes three merges and the lives of the workloads' certificates between them.
const ROOT_DAYS: u32 = 90;

/// Who is called how soon.
#[derive(Clone, Copy)]
enum Severity {
    Critical,
    Warning,
    Info,
}

/// One object of the cluster, in groups by subject.
pub fn prometheus_rule(intent: &ClusterIntent, measured: &Measured, origins: &Origins) -> Manifest {
    let groups = [
        ("fleetc.certificates", certificates(intent, measured)),
        ("fleetc.peers", peers(intent)),
        ("fleetc.policy", policy(intent)),
    ];
    let groups = groups.into_iter().map(|(name, rules)| RuleGroup { name: name.into(), rules }).collect();
    let object = PrometheusRule::new(metadata("fleetc", measured), PrometheusRuleSpec { groups });
    Manifest::new(Stage::Observability, 60, object, origins)
}

fn certificates(intent: &ClusterIntent, measured: &Measured) -> Vec<WarningRule> {
    let cluster = &intent.cluster;
    let left =
        |metric: &str, seconds: u32| format!("min({metric}{{cluster=\"{cluster}\"}}) - time() < {seconds}");
    let mut rules = vec![rule(
        cluster,
        "MeshRootExpires",
        Severity::Warning,
        left("citadel_server_root_cert_expiry_timestamp", ROOT_DAYS * 24 * 3600),
        "1h",
        format!("The first root that {cluster} trusts ends in {{{{ $value | humanizeDuration }}}}"),
    )];
    if let Some(hours) = measured.overdue_hours {
        rules.push(rule(
            cluster,
            "MeshIntermediateExpires",
            Severity::Critical,
            left("citadel_server_cert_chain_expiry_timestamp", hours.saturating_mul(3600)),
            "1h",
            format!(
                "The certificate that istiod of {cluster} signs with should be renewed by now and ends in \
                 {{{{ $value | humanizeDuration }}}}"
            ),
        ));
    }
    let issued = intent.signer.as_ref().is_some_and(|signer| match &signer.keys {
        Keys::Issued(_) | Keys::Assembled { .. } => true,
        Keys::Stored(_) | Keys::Minted { .. } => false,
    });
    if issued {
        // cert-manager's own label is `exported_namespace` wherever its metrics are read by its chart's monitor
        let ready = |namespace: &str| {
            format!(
                "certmanager_certificate_ready_status{{condition=\"True\",name=\"{CACERTS}\",{namespace}=\"{NAMESPACE}\"}} == 0"
            )
        };
        rules.push(rule(
            cluster,
            "MeshIntermediateNotIssued",
            Severity::Critical,
            format!("{} or {}", ready("namespace"), ready("exported_namespace")),
            "15m",
            format!("cert-manager does not get the certificate that istiod of {cluster} signs with"),
        ));
    }
    rules
}

fn peers(intent: &ClusterIntent) -> Vec<WarningRule> {
    let cluster = &intent.cluster;
    let mut rules = Vec::new();
    if let Some(door) = &intent.door {
        let (namespace, name) = (&door.namespace, &door.name);
        rules.push(rule(
            cluster,
            "MeshGatewayDown",
            Severity::Critical,
            format!(
                "kube_deployment_status_replicas_available{{namespace=\"{namespace}\",deployment=\"{name}\"}} == 0 or \
                 kube_deployment_status_replicas_available{{exported_namespace=\"{namespace}\",deployment=\"{name}\"}} == 0"
            ),
            "5m",
            format!("No pod of the east-west gateway of {cluster} is there: other clusters do not reach it"),
        ));
    }
    if intent.distribution == Distribution::Solo && !intent.peers.is_empty() {
        rules.push(rule(
            cluster,
            "MeshPeerDown",
            Severity::Critical,
            "gatewayapi_gateway_status{name=~\"istio-remote-peer-.+\",type=\"gloo.solo.io/PeerConnected\"} == 0".into(),
            "10m",
            format!("{cluster} has lost the control plane behind {{{{ $labels.name }}}}"),
        ));
    }
    if !intent.watched.is_empty() {
        rules.push(rule(
            cluster,
            "MeshPeerDown",
            Severity::Critical,
            format!(
                "sum by (exported_cluster) (increase(remote_cluster_sync_timeouts_total{{cluster=\"{cluster}\"}}[15m])) > 0"
            ),
            "1m",
            format!("istiod of {cluster} cannot read the API server of {{{{ $labels.exported_cluster }}}}"),
        ));
    }
    if !intent.peers.is_empty() || !intent.watched.is_empty() {
        rules.push(rule(
            cluster,
            "MeshCallsToPeersFail",
            Severity::Warning,
            format!(
                "sum by (destination_cluster) (rate(istio_tcp_connections_closed_total{{cluster=\"{cluster}\",\
                 reporter=\"source\",response_flags=~\"CONNECT|TLS_FAILURE|H2_HANDSHAKE_FAILURE|IDENTITY_ERROR\",\
                 destination_cluster!=\"{cluster}\",destination_cluster!=\"unknown\",destination_cluster!=\"\"}}[5m])) > 0"
            ),
            "10m",
            format!("Calls from {cluster} do not get through to {{{{ $labels.destination_cluster }}}}"),
        ));
    }
    rules
}

fn policy(intent: &ClusterIntent) -> Vec<WarningRule> {
    let cluster = &intent.cluster;
    let mut rules = vec![rule(
        cluster,
        "MeshPolicyDenies",
        Severity::Info,
        format!(
            "sum by (destination_workload_namespace, destination_workload, source_workload_namespace, source_workload) \
             (rate(istio_tcp_connections_closed_total{{cluster=\"{cluster}\",reporter=\"destination\",\
             response_flags=\"DENY\"}}[5m])) > 0"
        ),
        "10m",
        "{{ $labels.source_workload }} in {{ $labels.source_workload_namespace }} is refused by \
         {{ $labels.destination_workload }} in {{ $labels.destination_workload_namespace }}"
            .into(),
    )];
    if !intent.service_guards.is_empty() {
        rules.push(rule(
            cluster,
            "MeshWaypointRefuses",
            Severity::Info,
            format!(
                "sum by (destination_service, source_workload_namespace, source_workload) \
                 (rate(istio_requests_total{{cluster=\"{cluster}\",reporter=\"waypoint\",response_code=\"403\"}}[5m])) > 0"
            ),
            "10m",
            "{{ $labels.source_workload }} in {{ $labels.source_workload_namespace }} gets 403 from \
             {{ $labels.destination_service }}, from its waypoint or from itself"
                .into(),
        ));
    }
    rules
}

fn rule(
    cluster: &str,
    name: &str,
    severity: Severity,
    expression: String,
    held: &str,
    summary: String,
) -> WarningRule {
    let severity = match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    WarningRule {
        alert: name.into(),
        expr: expression,
        r#for: held.into(),
        labels: Labels::from([("cluster".into(), cluster.to_owned()), ("severity".into(), severity.into())]),
        annotations: Labels::from([("summary".into(), summary)]),
    }
}
