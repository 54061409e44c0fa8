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
