//! Spaces → `Namespace`.

use super::{Manifest, Stage};
use crate::distribute::Space;
use crate::manifest::{Metadata, Namespace};

/// The label by which Istio knows the network of a namespace, a gateway or a workload.
pub const NETWORK: &str = "topology.istio.io/network";

/// The label by which a cluster joins a segment (docs.solo.io, segments).
const SEGMENT: &str = "admin.solo.io/segment";

/// A namespace of the platform. Deleting one deletes what runs in it, so no sync may.
pub fn namespace(space: &Space) -> Manifest {
    let mut metadata = Metadata { name: space.name.clone(), ..Metadata::default() };
    if let Some(network) = &space.network {
        metadata.labels.insert(NETWORK.into(), network.clone());
    }
    if let Some(segment) = &space.segment {
        metadata.labels.insert(SEGMENT.into(), segment.clone());
    }
    Manifest::new(Stage::Trust, 10, Namespace::new(metadata), &space.origins).never_deleted()
}
