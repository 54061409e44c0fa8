//! What clusters tell of themselves, and to whom.

use std::collections::BTreeSet;

use super::{ClusterId, RemoteSecrets};
use crate::manifest::Labels;
use crate::source::Origin;

/// What clusters tell of themselves, and to whom.
#[derive(Debug, Clone)]
pub struct Observability {
    /// The Fleet.
    pub origin: Origin,
    /// Whether proxies put their cluster's name on what they measure.
    pub named: bool,
    /// What is measured, and when somebody is called.
    pub measures: Option<Measures>,
    /// The dashboard.
    pub dashboards: Option<Dashboards>,
    /// The console that sees all clusters.
    pub console: Option<Console>,
}

/// Where each cluster's monitors and rules go.
#[derive(Debug, Clone)]
pub struct Measures {
    /// The namespace.
    pub namespace: String,
    /// What they are selected by.
    pub labels: Labels,
}

/// Where the dashboard goes.
#[derive(Debug, Clone)]
pub struct Dashboards {
    /// The namespace.
    pub namespace: String,
    /// The clusters.
    pub clusters: BTreeSet<ClusterId>,
}

/// A console that sees all clusters.
#[derive(Debug, Clone)]
pub struct Console {
    /// The cluster that it runs in.
    pub cluster: ClusterId,
    /// Its namespace.
    pub namespace: String,
    /// What holds the metrics of all clusters.
    pub metrics_url: String,
    /// Who may look.
    pub login: Login,
    /// Where the ways into the other clusters are kept.
    pub secrets: RemoteSecrets,
}

/// Who may look into a console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Whoever reaches it.
    Anonymous,
    /// Whom a provider knows.
    OpenId {
        /// The issuer's URI.
        issuer: String,
        /// The client.
        client: String,
    },
    /// Users of OpenShift.
    OpenShift,
}
