//! Names that several clusters serve.

use std::collections::{BTreeMap, BTreeSet};

use super::ClusterId;
use crate::manifest::Labels;
use crate::source::{Origin, Place};

/// A Service of one cluster that one name reaches in every cluster.
#[derive(Debug, Clone)]
pub struct GlobalService {
    /// The cluster.
    pub cluster: ClusterId,
    /// The namespace.
    pub namespace: String,
    /// The Service.
    pub name: String,
    /// Whether the scope is to be taken off again: every object that asked for it is withdrawn.
    pub withdrawn: bool,
    /// The Segments and VirtualDestinations.
    pub origins: BTreeSet<Origin>,
}

/// Host names of their own for global services.
#[derive(Debug, Clone)]
pub struct GlobalHost {
    /// What the derived objects are named after.
    pub name: String,
    /// The namespace of the backing Services.
    pub namespace: String,
    /// The host names.
    pub hosts: Vec<String>,
    /// Number, protocol, and the pods' port where it differs.
    pub ports: Vec<(u16, String, Option<u16>)>,
    /// The pods behind it, in every cluster.
    pub selector: Labels,
    /// The clusters with a backing Service, and the service account of its pods where there is only one.
    pub backing: BTreeMap<ClusterId, Option<String>>,
    /// The FailoverPolicies by which calls go to the nearest pods first.
    pub near_first: BTreeSet<Origin>,
    /// The clusters that reach it.
    pub reach: BTreeSet<ClusterId>,
    /// The Segment or VirtualDestination.
    pub origins: BTreeSet<Origin>,
}

/// A Segment with a domain: a group of clusters that names its global services there.
#[derive(Debug, Clone)]
pub struct SegmentDomain {
    /// Its name, by which clusters join it.
    pub name: String,
    /// `<service>.<namespace>.<domain>` is what a global Service of its clusters is called.
    pub domain: String,
    /// What it is called besides.
    pub aliases: Vec<SegmentAlias>,
    /// The Segment.
    pub origin: Origin,
}

/// Further names of a segment's global Services.
#[derive(Debug, Clone)]
pub struct SegmentAlias {
    /// A name with `{service}` and the like in it.
    pub pattern: String,
    /// Labels of the Services; empty: all.
    pub labels: Labels,
    /// Where it stands.
    pub place: Place,
}

/// What a waypoint does about pods of a Service that fail.
#[derive(Debug, Clone)]
pub struct OutlierRule {
    /// The cluster.
    pub cluster: ClusterId,
    /// The namespace.
    pub namespace: String,
    /// The Service.
    pub service: String,
    /// When a pod is left out, and for how long.
    pub limits: OutlierLimits,
    /// The OutlierDetectionPolicies.
    pub origins: BTreeSet<Origin>,
}

/// When a pod is left out, and for how long; what is not said is the waypoint's own default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutlierLimits {
    /// Answers with a status of 5xx in a row.
    pub consecutive_errors: Option<u32>,
    /// How often pods are looked at, a Go duration.
    pub interval: Option<String>,
    /// How long a pod is left out at least, a Go duration.
    pub base_ejection_time: Option<String>,
    /// The share of the pods that may be left out, in percent.
    pub max_ejection_percent: Option<u32>,
}
