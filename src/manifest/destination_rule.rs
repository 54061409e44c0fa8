//! `networking.istio.io/v1 DestinationRule`.

use serde::{Deserialize, Serialize};

use super::object::object;

object!(
    /// What a waypoint does with calls to a host.
    DestinationRule, "networking.istio.io/v1", "DestinationRule", {
        /// What it says.
        spec: DestinationRuleSpec,
    }
);

/// A destination rule's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DestinationRuleSpec {
    /// The host.
    pub host: String,
    /// What is done.
    pub traffic_policy: TrafficPolicy,
}

/// What is done with calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TrafficPolicy {
    /// When a pod is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierDetection>,
}

/// When a pod is left out, and for how long; what is absent is Envoy's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OutlierDetection {
    /// Answers with a status of 5xx in a row.
    #[serde(rename = "consecutive5xxErrors", skip_serializing_if = "Option::is_none")]
    pub consecutive_5xx_errors: Option<u32>,
    /// How often pods are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// How long a pod is left out at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_ejection_time: Option<String>,
    /// The share of the pods that may be left out, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ejection_percent: Option<u32>,
}
