//! Waypoints: what stands before a Service, and who it is to the pods behind it.

use std::collections::{BTreeMap, BTreeSet};

use super::Identity;
use crate::manifest::TargetRef;
use crate::source::Place;

/// A waypoint as the objects enrolled in it see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Waypoint {
    /// The namespace of its Gateway.
    pub namespace: String,
    /// The name of its Gateway.
    pub name: String,
    /// Who it is to the pods behind it: its service account in every cluster of the fleet that has it, and that of what
    /// stands before a Service's namesakes there, since another cluster's may have judged the call already.
    pub identities: BTreeSet<Identity>,
}

/// Why an object that names a waypoint is not behind it (istio pilot/pkg/serviceregistry/ambient/waypoints.go,
/// `fetchWaypointForTarget` and `fetchWaypointForService`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unattached {
    /// The namespace of the Gateway it names.
    pub namespace: String,
    /// The name of the Gateway it names.
    pub name: String,
    /// What is in the way.
    pub because: Obstacle,
}

/// What is between an object and the waypoint it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The cluster's inventory has no such Gateway.
    Missing,
    /// The Gateway is of this class, which is not Istio's own waypoint.
    Class(String, Place),
    /// The Gateway takes no objects of this namespace: its listener's `allowedRoutes.namespaces`.
    NamespaceRefused(Place),
    /// The Gateway takes no traffic to Services: its label `istio.io/waypoint-for`.
    NotForServices(Place),
}

/// The Gateways of class `istio-waypoint` of one cluster, by namespace and name.
pub type WaypointGateways = BTreeMap<(String, String), WaypointGateway>;

/// A Gateway of class `istio-waypoint`.
#[derive(Debug, Clone)]
pub struct WaypointGateway {
    /// The service account of its pods.
    pub account: String,
    /// What it is for.
    pub traffic: WaypointTraffic,
    /// `metadata.name`'s value.
    pub place: Place,
}

/// The traffic that a waypoint takes: its label `istio.io/waypoint-for`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WaypointTraffic {
    /// Addressed to Services.
    #[default]
    Services,
    /// Addressed to pods.
    Workloads,
    /// Both.
    All,
    /// Neither.
    Nothing,
}

impl WaypointTraffic {
    /// Whether traffic that is addressed to Services passes it.
    pub fn services(self) -> bool {
        matches!(self, WaypointTraffic::Services | WaypointTraffic::All)
    }

    /// Whether traffic that is addressed to pods passes it.
    pub fn workloads(self) -> bool {
        matches!(self, WaypointTraffic::Workloads | WaypointTraffic::All)
    }
}

/// Whose JSON web tokens are validated at some waypoints.
#[derive(Debug, Clone)]
pub struct TokenIssuers {
    /// The namespace of the RequestAuthentication.
    pub namespace: String,
    /// What it is attached to.
    pub targets: Vec<TargetRef>,
    /// The issuers.
    pub issuers: BTreeSet<String>,
}
