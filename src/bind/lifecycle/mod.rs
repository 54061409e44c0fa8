//! Lifecycle managers → Helm releases, one per component and cluster.

use std::collections::BTreeSet;

use crate::manifest::Values;
use crate::source::Origin;

/// One Helm release of one cluster.
#[derive(Debug, Clone)]
pub struct Release {
    /// What it installs.
    pub component: Component,
    /// The release's name, unique in the cluster.
    pub name: String,
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
