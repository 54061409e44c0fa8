//! The cluster's name on what proxies measure → `Telemetry`.

use super::{Manifest, Stage, named};
use crate::distribute::Origins;
use crate::manifest::{
    MetricOverride, MetricSelector, MetricsProvider, TagOverride, Telemetry, TelemetryMetrics, TelemetrySpec,
};

/// Istio's root namespace: without a selector it holds for all proxies of the cluster, of which the oldest such object alone
/// counts (istio: pilot/pkg/model/telemetry.go).
const NAMESPACE: &str = "istio-system";

/// The label that every metric of the fleet carries.
pub(super) const CLUSTER: &str = "cluster";

/// Waypoints and gateways say where they are, as ztunnel says where both ends of a connection are.
pub fn telemetry(cluster: &str, origins: &Origins) -> Manifest {
    let tag = TagOverride { operation: "UPSERT".into(), value: format!("\"{cluster}\"") };
    let spec = TelemetrySpec {
        metrics: vec![TelemetryMetrics {
            providers: vec![MetricsProvider { name: "prometheus".into() }],
            overrides: vec![MetricOverride {
                r#match: MetricSelector { metric: "ALL_METRICS".into(), mode: "CLIENT_AND_SERVER".into() },
                tag_overrides: [(CLUSTER.to_owned(), tag)].into(),
            }],
        }],
    };
    let object = Telemetry::new(named("cluster-name", NAMESPACE), spec);
    Manifest::new(Stage::Observability, 60, object, origins)
}
