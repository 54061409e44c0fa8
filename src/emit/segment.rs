//! Domains → Solo's `Segment`, in the namespace where its istiod looks for them.

use super::{Manifest, Stage, named};
use crate::distribute::Domain;
use crate::manifest::{Segment, SegmentAlias, SegmentSpec, Selector};

/// The namespace of Segments (docs.solo.io, segments).
const NAMESPACE: &str = "istio-system";

/// One domain, before anything that is named in it.
pub fn segment(domain: &Domain) -> Manifest {
    let aliases = domain.aliases.iter().map(|(pattern, labels)| SegmentAlias {
        pattern: pattern.clone(),
        selector: (!labels.is_empty()).then(|| Selector { match_labels: labels.clone() }),
    });
    let spec = SegmentSpec { domain: domain.domain.clone(), aliases: aliases.collect() };
    let object = Segment::new(named(&domain.name, NAMESPACE), spec);
    Manifest::new(Stage::Federation, 39, object, &domain.origins)
}
