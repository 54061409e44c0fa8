//! `admin.solo.io/v1alpha1 Segment`.

use serde::{Deserialize, Serialize};

use super::Selector;
use super::object::object;

object!(
    /// A domain in which a group of clusters names its global services.
    Segment, "admin.solo.io/v1alpha1", "Segment", {
        /// What it says.
        spec: SegmentSpec,
    }
);

/// A segment's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SegmentSpec {
    /// `<service>.<namespace>.<domain>` is what a global Service is called.
    pub domain: String,
    /// What it is called besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<SegmentAlias>,
}

/// Further names of a segment's global Services.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SegmentAlias {
    /// A name with `{service}` and the like in it.
    pub pattern: String,
    /// The Services; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<Selector>,
}
