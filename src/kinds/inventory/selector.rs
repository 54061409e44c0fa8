//! Label selectors as Kubernetes writes them.

use crate::kinds::values::{Labels, Spot};

record! {
    /// Labels that an object must have.
    pub struct LabelSelector {
        /// Labels that must all be there.
        pub match_labels: Labels,
        /// Requirements that must all be met.
        pub match_expressions: Vec<LabelRequirement>,
    }
}

impl LabelSelector {
    /// Whether it has them.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| requirement.is_met(labels))
    }
}

record! {
    /// A requirement on one label.
    pub struct LabelRequirement {
        /// The label.
        pub key: Spot<String>,
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
        pub operator: Spot<String>,
        /// For `In` and `NotIn`.
        pub values: Vec<Spot<String>>,
    }
}

impl LabelRequirement {
    fn is_met(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key.value);
        let listed = || value.is_some_and(|value| self.values.iter().any(|one| one.value == *value));
        match self.operator.as_str() {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}
