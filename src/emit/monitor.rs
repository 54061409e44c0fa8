//! What is measured → `PodMonitor` and `ServiceMonitor`, with the cluster's name on every series (istio:
//! samples/addons/extras/prometheus-operator.yaml; the ports are those of the charts of 1.24 to 1.30).

use super::telemetry::CLUSTER;
use super::{Manifest, Stage, named};
use crate::distribute::{ClusterIntent, Measured, Observed};
use crate::manifest::{
    AnyNamespace, Endpoint, LabelSelector, MatchExpression, Metadata, Object, PodMonitor, PodMonitorSpec,
    Relabeling, ServiceMonitor, ServiceMonitorSpec,
};

/// ztunnels, the proxies of Gateways (waypoints among them), and control planes.
pub fn monitors(intent: &ClusterIntent, measured: &Measured, observed: &Observed) -> Vec<Manifest> {
    let pods = |name: &str, selector: LabelSelector, endpoint: Endpoint| {
        let spec = PodMonitorSpec {
            namespace_selector: AnyNamespace { any: true },
            selector,
            pod_metrics_endpoints: vec![endpoint],
        };
        PodMonitor::new(metadata(name, measured), spec).into()
    };
    let labelled = |key: &str, value: &str| LabelSelector {
        match_labels: [(key.to_owned(), value.to_owned())].into(),
        ..LabelSelector::default()
    };
    let of_a_gateway = LabelSelector {
        match_expressions: vec![MatchExpression {
            key: "gateway.networking.k8s.io/gateway-name".into(),
            operator: "Exists".into(),
            values: Vec::new(),
        }],
        ..LabelSelector::default()
    };
    let mut proxies = endpoint("http-envoy-prom", "/stats/prometheus", &intent.cluster);
    if observed.named {
        // the proxies' own label of that name, which gives way to the one that is set here
        proxies.metric_relabelings.push(Relabeling {
            action: "labeldrop".into(),
            regex: format!("exported_{CLUSTER}"),
            ..Relabeling::default()
        });
    }
    let control_planes = ServiceMonitorSpec {
        namespace_selector: AnyNamespace { any: true },
        selector: labelled("app", "istiod"),
        endpoints: vec![endpoint("http-monitoring", "/metrics", &intent.cluster)],
    };
    let ztunnels = endpoint("ztunnel-stats", "/stats/prometheus", &intent.cluster);
    let objects: [Object; 3] = [
        pods("fleetc-ztunnel", labelled("app", "ztunnel"), ztunnels),
        pods("fleetc-gateways", of_a_gateway, proxies),
        ServiceMonitor::new(metadata("fleetc-istiod", measured), control_planes).into(),
    ];
    let manifest = |object| Manifest::new(Stage::Observability, 60, object, &observed.origins);
    objects.into_iter().map(manifest).collect()
}

/// A name in the namespace that is asked for, with the labels that it is selected by.
pub(super) fn metadata(name: &str, measured: &Measured) -> Metadata {
    Metadata { labels: measured.labels.clone(), ..named(name, &measured.namespace) }
}

fn endpoint(port: &str, path: &str, cluster: &str) -> Endpoint {
    let relabeling = Relabeling {
        action: "replace".into(),
        target_label: CLUSTER.into(),
        replacement: cluster.to_owned(),
        regex: String::new(),
    };
    Endpoint {
        port: port.into(),
        path: path.into(),
        relabelings: vec![relabeling],
        metric_relabelings: Vec::new(),
    }
}
