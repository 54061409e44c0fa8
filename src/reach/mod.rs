//! What rendered policy admits: who can call whom, and which policy makes it so.
//!
//! It knows no intent; it reads manifests and an inventory, so it judges any tree: one that fleetc wrote, a
//! hand-written one, one exported from a cluster. There are three layers, each with its own rules:
//!
//! - [`Policies`]: the destination's ztunnel, which every connection to a captured pod meets;
//! - [`WaypointPolicies`]: the waypoint, which only traffic addressed to an enrolled Service (or workload)
//!   meets;
//! - [`SidecarPolicies`]: a sidecar, which stands before its own pods in ztunnel's place.
//!
//! All take the policies of **one** cluster, since Istio never applies a policy of another one
//! (pilot/pkg/serviceregistry/ambient/multicluster.go). They are compiled once; [`Policies::at`] and
//! [`WaypointPolicies::at`] give what is in scope of a destination, which then answers for any number of
//! callers and ports.
//!
//! A pod behind a waypoint is reached in two ways: through it (the waypoint judges the client, then ztunnel
//! the waypoint's own identity) and straight at the pod's address (ztunnel judges the client). What of the
//! two holds is the caller's to put together: the path depends on enrolment, which is inventory. Whether a
//! certificate chains to a trusted root is not judged here.

mod address;
mod clauses;
mod compare;
mod decision;
mod destination;
mod identity;
mod lists;
mod marks;
mod peer_authentication;
mod policy;
mod requests;
mod strings;
mod syncing;
mod verdict;
mod waypoint;
mod world;
mod ztunnel;

pub use compare::say_the_same;
pub use decision::{Decision, Enforced, Layer};
pub use destination::{Call, Destination, Through, Way};
pub use identity::Identity;
pub use marks::{Marks, STRANGER};
pub use policy::PolicyName;
pub use requests::Requests;
pub use syncing::{Astray, Split, Waves, astray, split};
pub use verdict::{Reason, Verdict};
pub use waypoint::{
    AtWaypoint, Attachment, Backend, HttpRequest, Request, SidecarPolicies, SidecarScope, Token,
    WaypointPolicies, WaypointScope,
};
pub use world::{Author, ClusterWorld, Held, World, trust_domain_of};
pub use ztunnel::{Connection, Policies, Scope, Workload};

/// What of a cluster's mesh configuration decides how its policies are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// `meshConfig.rootNamespace`: a policy without a selector in it holds for the whole cluster.
    pub root_namespace: String,
    /// `meshConfig.trustDomain`, which is the trust domain of every workload's certificate. `None`: not
    /// known, and then no peer is refused for its trust domain and none is written out at waypoints.
    pub trust_domain: Option<String>,
    /// `meshConfig.trustDomainAliases`: waypoints honour them, ztunnel never does (istio/ztunnel#1260).
    pub trust_domain_aliases: Vec<String>,
    /// Solo's `SKIP_VALIDATE_TRUST_DOMAIN` of ztunnel: peers of other trust domains pass TLS.
    pub skip_trust_domain_validation: bool,
    /// istiod's `PILOT_AUTO_ALLOW_WAYPOINT_POLICY`: an ALLOW for the waypoints a workload is bound to.
    pub auto_allow_waypoints: bool,
}

impl Default for Cluster {
    /// As Istio is installed: root namespace `istio-system`, no alias, no switch, and no trust domain to
    /// judge by.
    fn default() -> Self {
        Cluster {
            root_namespace: "istio-system".to_owned(),
            trust_domain: None,
            trust_domain_aliases: Vec::new(),
            skip_trust_domain_validation: false,
            auto_allow_waypoints: false,
        }
    }
}
