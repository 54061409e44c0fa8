//! `FailoverPolicy`: where calls go when what is near does not answer.

use super::decode::Decoder;
use super::selector::DestinationSelector;
use super::values::Spot;

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: resilience.policy.gloo.solo.io/v2
kind: FailoverPolicy
metadata:
  name: near-first
  namespace: payments-prod
spec:
  applyToDestinations:
    - kind: VIRTUAL_DESTINATION
      selector:
        name: checkout
  config:
    localityMappings: []
";

record! {
    /// Where calls go when what is near does not answer. ztunnel prefers what is near and goes on by distance: that is the
    /// one policy that ambient honours, an empty `localityMappings`.
    pub struct FailoverPolicySpec {
        /// The destinations.
        pub apply_to_destinations: Vec<DestinationSelector>,
        /// How.
        pub config: Option<FailoverConfig>,
    }
}

record! {
    /// How calls fail over.
    pub struct FailoverConfig checked by FailoverConfig::check {
        /// From which locality to which; empty: to the nearest.
        pub locality_mappings: Option<Vec<LocalityMapping>>,
        /// Labels that caller and pod have in common, the most important first.
        pub priority_labels: Option<PriorityLabels>,
    }
}

impl FailoverConfig {
    fn check(&self, decoder: &mut Decoder) {
        let mapping = self.locality_mappings.as_ref().map(|_| self.place);
        let labels = self.priority_labels.as_ref().map(|labels| labels.place);
        if labels.is_some() {
            decoder.exactly_one(&[("localityMappings", mapping), ("priorityLabels", labels)]);
        }
    }
}

record! {
    /// Where calls from one locality go.
    pub struct LocalityMapping {
        /// Where the caller is.
        pub from: Option<FailoverLocality>,
        /// Where its calls go.
        pub to: Vec<FailoverLocality>,
    }
}

record! {
    /// A place.
    pub struct FailoverLocality {
        /// The region.
        pub region: Option<Spot<String>>,
        /// The zone.
        pub zone: Option<Spot<String>>,
        /// The part of the zone.
        pub sub_zone: Option<Spot<String>>,
        /// Its share of the calls.
        pub weight: Option<Spot<u32>>,
    }
}

record! {
    /// Labels that caller and pod have in common.
    pub struct PriorityLabels {
        /// Their names.
        pub labels: Vec<Spot<String>>,
    }
}
