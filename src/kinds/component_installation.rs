//! An installation of one component, as the lifecycle managers of cni and ztunnel both list it.

use super::istio_lifecycle_manager::InstallationCluster;
use super::istio_operator::IstioOperatorSpec;
use super::values::{FreeForm, Ignored, Spot};

record! {
    /// One build of one component on some clusters.
    pub struct ComponentInstallation {
        /// The clusters it is installed on.
        pub clusters: Vec<InstallationCluster>,
        /// The revision's name; read as a minor version only where nothing else says the version.
        pub revision: Option<Spot<String>>,
        /// The version of the chart.
        pub version: Option<Spot<String>>,
        /// Values of the component's chart.
        pub values: FreeForm,
        /// What is installed and how, as an IstioLifecycleManager says it.
        pub istio_operator_spec: Option<IstioOperatorSpec>,
        /// Upgrades are validated at build time, always.
        pub skip_upgrade_validation: Ignored,
    }
}
