//! What waypoints do about pods that fail → `DestinationRule`.

use super::{Manifest, Stage, named};
use crate::distribute::Outliers;
use crate::manifest::{DestinationRule, DestinationRuleSpec, OutlierDetection, TrafficPolicy};

/// Waypoints read rules of the Service's own namespace; ztunnel reads none.
pub fn destination_rule(outliers: &Outliers) -> Manifest {
    let limits = &outliers.limits;
    let spec = DestinationRuleSpec {
        host: outliers.host.clone(),
        traffic_policy: TrafficPolicy {
            outlier_detection: Some(OutlierDetection {
                consecutive_5xx_errors: limits.consecutive_errors,
                interval: limits.interval.clone(),
                base_ejection_time: limits.base_ejection_time.clone(),
                max_ejection_percent: limits.max_ejection_percent,
            }),
        },
    };
    let object = DestinationRule::new(named(&outliers.name, &outliers.namespace), spec);
    Manifest::new(Stage::Federation, 43, object, &outliers.origins)
}
