//! Workspaces: what they own, and what they share.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Share;
use crate::manifest::Labels;
use crate::source::Origin;

/// A workspace.
#[derive(Debug)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// The Workspace.
    pub origin: Origin,
    /// The Workspace's labels.
    pub labels: Labels,
    /// Whether its namespaces refuse callers from outside.
    pub isolated: bool,
    /// The objects that decide `isolated`, besides the Workspace.
    pub isolation_origins: Vec<Origin>,
    /// Its WorkspaceSettings.
    pub settings: Option<Origin>,
    /// Trust domain and namespace of everything it owns, over all clusters.
    pub members: BTreeSet<Member>,
    /// Who may do what in its namespaces.
    pub owners: Vec<Owners>,
    /// Its `importFrom` and `exportTo` entries.
    pub shares: Vec<Share>,
}

impl Workspace {
    /// The objects that make its namespaces a boundary, or open.
    pub fn origins(&self) -> BTreeSet<Origin> {
        self.isolation_origins.iter().chain([&self.origin]).cloned().collect()
    }
}

/// All service accounts of one namespace in one trust domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The trust domain.
    pub trust_domain: Arc<str>,
    /// The namespace.
    pub namespace: Arc<str>,
}

/// An identity that a workload can present.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Trust domain and namespace.
    pub member: Member,
    /// The service account.
    pub account: Arc<str>,
}

/// A role and who has it.
#[derive(Debug, Clone)]
pub struct Owners {
    /// The ClusterRole.
    pub role: String,
    /// Sorted.
    pub subjects: BTreeSet<Owner>,
}

/// Who has a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A group of the identity provider.
    Group(String),
    /// A user of the identity provider.
    User(String),
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}
