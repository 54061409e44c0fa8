//! `OutlierDetectionPolicy`: pods that fail are left out for a while.

use super::decode::Decoder;
use super::selector::DestinationSelector;
use super::values::Spot;
use crate::report::{Finding, codes};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: resilience.policy.gloo.solo.io/v2
kind: OutlierDetectionPolicy
metadata:
  name: checkout-outliers
  namespace: payments-prod
spec:
  applyToDestinations:
    - selector:
        labels: {app: checkout}
  config:
    consecutiveErrors: 5
    interval: 10s
    baseEjectionTime: 30s
    maxEjectionPercent: 50
";

record! {
    /// Pods that fail are left out for a while. A waypoint does that, ztunnel does not.
    pub struct OutlierDetectionPolicySpec {
        /// The destinations: Services behind a waypoint.
        pub apply_to_destinations: Vec<DestinationSelector>,
        /// When a pod is left out, and for how long.
        pub config: Option<OutlierDetectionConfig>,
    }
}

record! {
    /// When a pod is left out, and for how long.
    pub struct OutlierDetectionConfig checked by OutlierDetectionConfig::check {
        /// Answers with a status of 5xx in a row.
        pub consecutive_errors: Option<Spot<u32>>,
        /// How often pods are looked at, as `10s`.
        pub interval: Option<Spot<String>>,
        /// How long a pod is left out at least, as `30s`.
        pub base_ejection_time: Option<Spot<String>>,
        /// The share of the pods that may be left out, in percent.
        pub max_ejection_percent: Option<Spot<u32>>,
    }
}

impl OutlierDetectionConfig {
    fn check(&self, decoder: &mut Decoder) {
        let times = [("interval", &self.interval), ("baseEjectionTime", &self.base_ejection_time)];
        for (field, time) in times {
            if let Some(time) = time.as_ref().filter(|time| !is_duration(time)) {
                let message = format!("`{time}` is not allowed for `{}.{field}`", decoder.path());
                let help = "write a time of a millisecond at least, as `500ms`, `10s` or `1m30s`";
                decoder.report(Finding::new(codes::FC109, message).at(time.place).help(help));
            }
        }
        if let Some(percent) = self.max_ejection_percent.filter(|percent| **percent > 100) {
            let message = format!("`{percent}` is not allowed for `{}.maxEjectionPercent`", decoder.path());
            decoder.report(
                Finding::new(codes::FC109, message).at(percent.place).help("a share is 100 percent at most"),
            );
        }
    }
}

/// Whole numbers of hours, minutes, seconds and milliseconds, together more than nothing.
fn is_duration(text: &str) -> bool {
    let mut rest = text;
    let mut some = false;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|character: char| character.is_ascii_digit());
        let number = rest.strip_suffix(after).unwrap_or_default();
        let Ok(number) = number.parse::<u32>() else { return false };
        some |= number > 0;
        let units = ["ms", "s", "m", "h"];
        match units.iter().find_map(|unit| after.strip_prefix(unit)) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    some
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_from_other_texts() {
        for good in ["10s", "1m30s", "500ms", "1h"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "10", "s", "0s", "-1s", "1.5s", "10 s", "1d", "ten"] {
            assert!(!is_duration(bad), "{bad}");
        }
    }
}
