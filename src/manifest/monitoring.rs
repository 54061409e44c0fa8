//! `monitoring.coreos.com/v1`: `PodMonitor`, `ServiceMonitor`, `PrometheusRule` (prometheus-operator 0.93).

use serde::{Deserialize, Serialize};

use super::MatchExpression;
use super::object::{Labels, object};

object!(
    /// Pods whose metrics are read.
    PodMonitor, "monitoring.coreos.com/v1", "PodMonitor", {
        /// What it says.
        spec: PodMonitorSpec,
    }
);

object!(
    /// Services whose metrics are read.
    ServiceMonitor, "monitoring.coreos.com/v1", "ServiceMonitor", {
        /// What it says.
        spec: ServiceMonitorSpec,
    }
);

object!(
    /// When somebody is called.
    PrometheusRule, "monitoring.coreos.com/v1", "PrometheusRule", {
        /// What it says.
        spec: PrometheusRuleSpec,
    }
);

/// Which pods, and where on them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodMonitorSpec {
    /// In which namespaces.
    pub namespace_selector: AnyNamespace,
    /// With which labels.
    pub selector: LabelSelector,
    /// Where on the pods.
    pub pod_metrics_endpoints: Vec<Endpoint>,
}

/// Which Services, and where on them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceMonitorSpec {
    /// In which namespaces.
    pub namespace_selector: AnyNamespace,
    /// With which labels.
    pub selector: LabelSelector,
    /// Where on them.
    pub endpoints: Vec<Endpoint>,
}

/// Namespaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnyNamespace {
    /// All of them.
    pub any: bool,
}

/// Objects by their labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Labels that must be there.
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub match_labels: Labels,
    /// Keys that must be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<MatchExpression>,
}

/// Where metrics are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// The name of the port.
    pub port: String,
    /// The path.
    pub path: String,
    /// What is done to the labels of what is read from.
    pub relabelings: Vec<Relabeling>,
    /// What is done to the labels of what is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metric_relabelings: Vec<Relabeling>,
}

/// A change of labels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Relabeling {
    /// What is done. Written out, since the API server defaults it.
    pub action: String,
    /// The label that is set.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target_label: String,
    /// What it is set to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub replacement: String,
    /// The labels that are dropped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub regex: String,
}

/// Groups of rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PrometheusRuleSpec {
    /// The groups.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are judged together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleGroup {
    /// Its name.
    pub name: String,
    /// The rules.
    pub rules: Vec<WarningRule>,
}

/// When somebody is called.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WarningRule {
    /// Its name.
    pub alert: String,
    /// An expression of Prometheus: each series it gives is one call.
    pub expr: String,
    /// How long it has to hold.
    pub r#for: String,
    /// Labels of the call.
    pub labels: Labels,
    /// What is said.
    pub annotations: Labels,
}
