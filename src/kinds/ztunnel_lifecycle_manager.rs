//! `ZTunnelLifecycleManager`: the ztunnel that runs on each node.

use super::istio_lifecycle_manager::InstallationCluster;
use super::istio_operator::{HelmGlobal, IstioOperatorSpec};
use super::values::{FreeForm, Ignored, Spot};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: ZTunnelLifecycleManager
metadata:
  name: ztunnel-fleet
  namespace: gloo-mesh
spec:
  installations:
    - revision: 1-26
      clusters:
        - {name: cluster-east}
        - {name: cluster-west}
      istioOperatorSpec:
        profile: ambient
        components:
          ztunnel: {enabled: true, namespace: istio-system}
";

record! {
    /// The version and settings of the ztunnel that runs on each node. Wins over the
    /// IstioLifecycleManager's `components.ztunnel`.
    pub struct ZTunnelLifecycleManagerSpec {
        /// Where the chart comes from.
        pub helm_global: Option<HelmGlobal>,
        /// What is installed, for which clusters.
        pub installations: Vec<ZTunnelInstallation>,
    }
}

record! {
    /// One build of ztunnel on some clusters.
    pub struct ZTunnelInstallation {
        /// The clusters it is installed on.
        pub clusters: Vec<InstallationCluster>,
        /// The revision's name; read as a minor version only where nothing else says the version.
        pub revision: Option<Spot<String>>,
        /// The version of the chart.
        pub version: Option<Spot<String>>,
        /// Values of the chart `ztunnel`.
        pub values: FreeForm,
        /// What is installed and how, as an IstioLifecycleManager says it.
        pub istio_operator_spec: Option<IstioOperatorSpec>,
        /// Upgrades are validated at build time, always.
        pub skip_upgrade_validation: Ignored,
    }
}
