//! The dashboard of the fleet → a `ConfigMap` that Grafana's sidecar picks up by its label.
//!
//! The metrics are those of Istio's own dashboards (istio: manifests/addons/dashboards/lib/queries.libsonnet) and of the
//! rules beside it; each is told apart by `cluster`.

use serde_json::{Value, json};

use super::{Manifest, Stage, named};
use crate::distribute::Dashboard;
use crate::manifest::{ConfigMap, Labels};

/// How wide a dashboard is, in columns.
const WIDTH: u32 = 24;
/// How high a panel is, in rows.
const HEIGHT: u32 = 8;

/// What a panel shows: its title, the unit of its values, its expression, and what a series is called.
type Panel = (&'static str, &'static str, &'static str, &'static str);

/// One number each, now.
const NUMBERS: [Panel; 3] = [
    (
        "Clusters whose istiod reports",
        "short",
        "count(count by (cluster) (istio_build{component=\"pilot\"}))",
        "",
    ),
    (
        "Until the first root ends",
        "s",
        "min by (cluster) (citadel_server_root_cert_expiry_timestamp{cluster=~\"$cluster\"}) - time()",
        "{{cluster}}",
    ),
    (
        "Until the signing certificate ends",
        "s",
        "min by (cluster) (citadel_server_cert_chain_expiry_timestamp{cluster=~\"$cluster\"}) - time()",
        "{{cluster}}",
    ),
];

/// Lines over time.
const LINES: [Panel; 8] = [
    (
        "Connections that policy refuses",
        "cps",
        "sum by (cluster, destination_workload_namespace, destination_workload) \
         (rate(istio_tcp_connections_closed_total{cluster=~\"$cluster\",reporter=\"destination\",response_flags=\"DENY\"}[$__rate_interval]))",
        "{{cluster}}: {{destination_workload}}.{{destination_workload_namespace}}",
    ),
    (
        "403 at waypoints, their own or the application's",
        "reqps",
        "sum by (cluster, destination_service) \
         (rate(istio_requests_total{cluster=~\"$cluster\",reporter=\"waypoint\",response_code=\"403\"}[$__rate_interval]))",
        "{{cluster}}: {{destination_service}}",
    ),
    (
        "Connections to another cluster",
        "cps",
        "sum by (source_cluster, destination_cluster) \
         (rate(istio_tcp_connections_opened_total{cluster=~\"$cluster\",reporter=\"source\"}[$__rate_interval]))",
        "{{source_cluster}} to {{destination_cluster}}",
    ),
    (
        "Connections that do not get through",
        "cps",
        "sum by (source_cluster, destination_cluster, response_flags) \
         (rate(istio_tcp_connections_closed_total{cluster=~\"$cluster\",reporter=\"source\",response_flags!~\"-|DENY\"}[$__rate_interval]))",
        "{{source_cluster}} to {{destination_cluster}}: {{response_flags}}",
    ),
    (
        "Connections without mutual TLS",
        "cps",
        "sum by (cluster, destination_workload_namespace) \
         (rate(istio_tcp_connections_opened_total{cluster=~\"$cluster\",reporter=\"destination\",connection_security_policy!=\"mutual_tls\"}[$__rate_interval]))",
        "{{cluster}}: {{destination_workload_namespace}}",
    ),
    (
        "Bytes to another cluster",
        "Bps",
        "sum by (source_cluster, destination_cluster) \
         (rate(istio_tcp_sent_bytes_total{cluster=~\"$cluster\",reporter=\"source\"}[$__rate_interval]))",
        "{{source_cluster}} to {{destination_cluster}}",
    ),
    (
        "Configuration that proxies refuse",
        "short",
        "sum by (cluster, type) (pilot_total_xds_rejects{cluster=~\"$cluster\"})",
        "{{cluster}}: {{type}}",
    ),
    (
        "Versions",
        "short",
        "count by (cluster, component, tag) (istio_build{cluster=~\"$cluster\"})",
        "{{cluster}}: {{component}} {{tag}}",
    ),
];

/// One object, the same in every cluster that has it.
pub fn dashboard(dashboard: &Dashboard) -> Manifest {
    let mut metadata = named(&dashboard.identifier, &dashboard.namespace);
    metadata.labels.insert("grafana_dashboard".into(), "1".into());
    let file = format!("{}.json", dashboard.identifier);
    let text = format!("{:#}\n", model(dashboard));
    let object = ConfigMap::new(metadata, Labels::from([(file, text)]));
    Manifest::new(Stage::Observability, 60, object, &dashboard.origins)
}

/// Grafana's model of a dashboard (grafana.com, dashboard JSON model).
fn model(dashboard: &Dashboard) -> Value {
    let stats = placed(&NUMBERS, 3, 0).map(|(at, panel)| drawn("stat", at, panel));
    let series = placed(&LINES, 2, 1).map(|(at, panel)| drawn("timeseries", at, panel));
    let mut panels: Vec<Value> = stats.chain(series).collect();
    for (number, panel) in (1..).zip(&mut panels) {
        if let Some(fields) = panel.as_object_mut() {
            fields.insert("id".into(), Value::from(number));
        }
    }
    json!({
        "uid": dashboard.identifier,
        "title": format!("Mesh: {}", dashboard.fleet),
        "tags": ["fleetc", "istio"],
        "editable": false,
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "templating": {"list": [
            {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
            {
                "name": "cluster",
                "label": "Cluster",
                "type": "query",
                "datasource": source(),
                "query": "label_values(istio_build, cluster)",
                "refresh": 2,
                "sort": 1,
                "multi": true,
                "includeAll": true,
                "allValue": ".*",
                "current": {"text": "All", "value": "$__all"},
            },
        ]},
        "panels": panels,
    })
}

/// Column, row and width of each panel, so many beside each other, after so many rows of panels.
fn placed(
    panels: &'static [Panel],
    beside: u32,
    after: u32,
) -> impl Iterator<Item = ((u32, u32, u32), &'static Panel)> {
    let width = WIDTH / beside;
    (0u32..).zip(panels).map(move |(number, panel)| {
        ((number % beside * width, (after + number / beside) * HEIGHT, width), panel)
    })
}

fn drawn(
    kind: &str,
    (column, row, width): (u32, u32, u32),
    (title, unit, expression, legend): &Panel,
) -> Value {
    let target = match legend.is_empty() {
        true => json!({"refId": "A", "datasource": source(), "expr": expression}),
        false => json!({"refId": "A", "datasource": source(), "expr": expression, "legendFormat": legend}),
    };
    json!({
        "type": kind,
        "title": title,
        "datasource": source(),
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "gridPos": {"x": column, "y": row, "w": width, "h": HEIGHT},
        "targets": [target],
    })
}

/// The Prometheus that is chosen above the panels.
fn source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}
