//! Segments and VirtualDestinations → global services and hosts.

mod claim;
mod domains;
mod hosts;
mod names;
mod resilience;
mod segments;
mod virtual_destinations;

use std::collections::BTreeMap;

use super::mesh::Resource;
use super::mesh::{Cluster, ClusterId, Distribution, GlobalHost, GlobalService, Workspace};
use super::origin;
use super::selection::matches;
use super::visibility::{Shared, visible_to};
use crate::kinds::Intents;
use crate::report::Findings;
use crate::source::{Origin, Place};

use claim::Claim;
pub use domains::bind_domains;
pub use resilience::bind_resilience;

/// What Segments and VirtualDestinations come to.
#[derive(Debug, Default)]
pub struct Federation {
    /// Services that one name reaches in every cluster.
    pub services: Vec<GlobalService>,
    /// Host names of their own for such services.
    pub hosts: Vec<GlobalHost>,
    /// Every host that is claimed, who claims it, and where.
    pub claims: Vec<(String, Origin, Place)>,
}

/// What global names are judged by.
pub struct Grounds<'a> {
    /// Whose Istio runs.
    pub distribution: Distribution,
    /// Every cluster, its version decided.
    pub clusters: &'a [Cluster],
    /// Every workspace.
    pub workspaces: &'a [Workspace],
    /// What they import and export.
    pub shares: &'a [Shared<'a>],
}

/// Binds all Segments and VirtualDestinations.
pub fn bind_federation(intents: &Intents, grounds: &Grounds<'_>, findings: &mut Findings) -> Federation {
    let mut federation = Federation::default();
    let mut scoped = BTreeMap::new();
    for object in &intents.segments {
        let claim = Claim::new("Segment", object, grounds, findings);
        segments::segment(claim, object, &mut scoped, &mut federation);
    }
    for object in &intents.virtual_destinations {
        let claim = Claim::new("VirtualDestination", object, grounds, findings);
        virtual_destinations::virtual_destination(claim, object, &mut scoped, &mut federation);
    }
    federation.services = scoped.into_values().collect();
    domains::claim_aliases(grounds, &mut federation, findings);
    federation
}

/// By cluster, namespace and name.
type Scoped = BTreeMap<(ClusterId, String, String), GlobalService>;
