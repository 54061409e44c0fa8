//! Lifecycle managers → Helm releases, one per component and cluster.

mod chart_values;
mod charts;
mod delivery;
mod east_west;
mod fill;
mod gateways;
mod installation;
mod lockstep;
mod managers;
mod operator;
mod releases;
mod revisions;
pub(super) mod values;
mod version;
mod waves;

pub use version::newest;

use std::collections::BTreeSet;

use crate::manifest::Values;
use crate::source::Origin;

pub use chart_values::page as chart_values_page;
pub use charts::istio_version;
pub use delivery::bind_delivery;
pub(super) use east_west::bind_east_west;
pub(super) use fill::add_trust_domain_aliases;
pub(super) use installation::{Installation, Manager, installations};
pub use releases::bind_releases;
pub use revisions::unlabelled_revision;
pub use version::minor;

/// One Helm release of one cluster.
#[derive(Debug, Clone)]
pub struct Release {
    /// What it installs.
    pub component: Component,
    /// The release's name, unique in the cluster.
    pub name: String,
    /// The revision of the control plane that it is or follows; `None`: the one without a name.
    pub revision: Option<String>,
    /// The namespace.
    pub namespace: String,
    /// The chart.
    pub chart: String,
    /// The chart repository, `oci://…` or `https://…`.
    pub repository: String,
    /// A version or a range, as Helm takes it.
    pub version: String,
    /// The chart's values, merged and filled in.
    pub values: Values,
    /// The lifecycle managers and the cluster.
    pub origins: BTreeSet<Origin>,
    /// Whether it is a control plane beside the default one, which may be taken away.
    pub retires: bool,
}

/// What a release installs, in order of installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// Istio's custom resource definitions.
    Base,
    /// The node agent that redirects traffic to ztunnel.
    Cni,
    /// The control plane.
    Istiod,
    /// The node proxy.
    Ztunnel,
    /// A north-south gateway.
    Gateway,
}

#[cfg(test)]
mod tests;
