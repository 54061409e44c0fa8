//! `telemetry.istio.io/v1 Telemetry`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::object::object;

object!(
    /// What proxies measure; ztunnel reads none.
    Telemetry, "telemetry.istio.io/v1", "Telemetry", {
        /// What it says.
        spec: TelemetrySpec,
    }
);

/// What proxies measure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TelemetrySpec {
    /// One entry a set of providers.
    pub metrics: Vec<TelemetryMetrics>,
}

/// What goes to some providers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TelemetryMetrics {
    /// The providers.
    pub providers: Vec<MetricsProvider>,
    /// How metrics differ from Istio's own.
    pub overrides: Vec<MetricOverride>,
}

/// A provider of the mesh's configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricsProvider {
    /// Its name; `prometheus` is built in.
    pub name: String,
}

/// How some metrics differ.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MetricOverride {
    /// Which.
    pub r#match: MetricSelector,
    /// Their labels, by name.
    pub tag_overrides: BTreeMap<String, TagOverride>,
}

/// Some metrics.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricSelector {
    /// One of Istio's, or `ALL_METRICS`.
    pub metric: String,
    /// `CLIENT`, `SERVER` or `CLIENT_AND_SERVER`.
    pub mode: String,
}

/// A label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TagOverride {
    /// `UPSERT` or `REMOVE`.
    pub operation: String,
    /// An expression of the Common Expression Language.
    pub value: String,
}
