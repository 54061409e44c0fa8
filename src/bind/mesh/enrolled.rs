//! What is governed and behind a waypoint: what the waypoint lets through, and the lock behind it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Callers, Exception, Identity, Ports, Request, Waypoint};
use crate::manifest::Labels;
use crate::source::{Origin, Place};

/// A governed Service behind a waypoint: calls addressed to it are judged there, by Boundary and Access together, since
/// ztunnel then sees the waypoint as the caller.
#[derive(Debug, Clone)]
pub struct Enrolled {
    /// The Service's name.
    pub service: String,
    /// `metadata.name`'s value of the Service; in a cluster without it, of a namesake elsewhere.
    pub place: Place,
    /// The waypoint.
    pub waypoint: Waypoint,
    /// Who may call on which of its ports: any of these; none: nobody.
    pub rules: Vec<ServiceRule>,
    /// The lock on its pods; `None` where it has none of its own.
    pub lock: Option<Lock>,
    /// The objects that say so.
    pub origins: BTreeSet<Origin>,
}

/// Who may call a Service on some ports, with requests of some sort.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceRule {
    /// The Service's ports, never the pods'.
    pub ports: BTreeSet<u16>,
    /// Who.
    pub callers: Whom,
    /// What the request must have.
    pub request: Arc<Request>,
}

/// A set of callers, or all there are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// Everybody, callers without identity included.
    Everybody,
    /// Everybody with an identity.
    Identified,
    /// These.
    Only(Callers),
}

/// Keeps callers from the pods of an enrolled Service, but for its waypoints and for exceptions.
#[derive(Debug, Clone)]
pub struct Lock {
    /// The pods.
    pub selector: Labels,
    /// The waypoints.
    pub identities: BTreeSet<Identity>,
    /// The exceptions that cover all of these pods.
    pub exceptions: Vec<Arc<Exception>>,
    /// Who is admitted: any rule does. `None` where a boundary lets the waypoints in already.
    pub admits: Option<Vec<LockRule>>,
    /// Who alone is not refused: by port, no two rules with the same one. `None` where nothing admits anybody besides.
    pub refuses: Option<Vec<LockRule>>,
}

impl Lock {
    /// Whether a caller may call the pods past the waypoint, on some port at least.
    pub fn admits(&self, caller: &Identity) -> bool {
        self.identities.contains(caller)
            || self.exceptions.iter().any(|exception| exception.callers.contain(Some(caller)))
    }
}

/// Who may call pods past the waypoint on some ports, the waypoint itself included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockRule {
    /// The pods' ports.
    pub ports: Ports,
    /// Who.
    pub callers: Callers,
}
