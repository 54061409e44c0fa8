//! What is governed and behind a waypoint: what the waypoint lets through, and the lock behind it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Callers, Exception, Form, Identity, Ports, Request, Waypoint};
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
    /// [`Form::Allow`] where nothing else admits anybody, else [`Form::Deny`].
    pub form: Form,
    /// By port: who may call the pods. Of several rules with a port any admits, which only a [`Form::Allow`] has.
    pub rules: Vec<LockRule>,
    /// Beside a [`Form::Deny`]: the waypoints, if the boundary does not let all of them in already.
    pub key: Option<BTreeSet<Identity>>,
    /// The exceptions that are part of what is said above.
    pub exceptions: Vec<Arc<Exception>>,
}

/// Who may call pods past the waypoint on some ports, the waypoint itself included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockRule {
    /// The pods' ports.
    pub ports: Ports,
    /// Who.
    pub callers: Callers,
}
