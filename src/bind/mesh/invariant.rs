//! What must never, or always, be possible.

use std::collections::BTreeSet;

use super::{ClusterId, WorkspaceId};
use crate::manifest::Labels;
use crate::source::{Origin, Place};

/// An Invariant.
#[derive(Debug)]
pub struct Invariant {
    /// The Invariant.
    pub origin: Origin,
    /// Whether the calls must be refused or admitted.
    pub holds: Holds,
    /// Who calls.
    pub clients: Clients,
    /// What is called.
    pub targets: Targets,
}

/// What is said of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// None is admitted.
    Never,
    /// Every one is admitted.
    Always,
}

/// A set of callers; what is `None` or empty restricts nothing.
#[derive(Debug, Default)]
pub struct Clients {
    /// Where it stands.
    pub place: Place,
    /// Whether identities are among them.
    pub identities: bool,
    /// Whether callers without identity are.
    pub plaintext: bool,
    /// Namespace and name of service accounts.
    pub accounts: BTreeSet<(String, String)>,
    /// Labels of pods or service accounts.
    pub labels: Labels,
    /// Patterns with `*`.
    pub namespaces: Vec<String>,
    /// Owners of the namespace.
    pub workspaces: Option<BTreeSet<WorkspaceId>>,
    /// Where the namespace is.
    pub clusters: Option<BTreeSet<ClusterId>>,
    /// Patterns with `*`.
    pub trust_domains: Vec<String>,
}

/// A set of destinations; what is `None` or empty restricts nothing.
#[derive(Debug, Default)]
pub struct Targets {
    /// Where it stands.
    pub place: Place,
    /// Namespace and name of Services.
    pub services: BTreeSet<(String, String)>,
    /// Labels of pods.
    pub labels: Labels,
    /// Patterns with `*`.
    pub namespaces: Vec<String>,
    /// Owners of the namespace.
    pub workspaces: Option<BTreeSet<WorkspaceId>>,
    /// Where the pods are.
    pub clusters: Option<BTreeSet<ClusterId>>,
    /// The pods' ports; empty: every port.
    pub ports: BTreeSet<u16>,
}
