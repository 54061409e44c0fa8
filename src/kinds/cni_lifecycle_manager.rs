//! `CNILifecycleManager`: the CNI plugin that redirects pods into ztunnel.

use super::istio_lifecycle_manager::InstallationCluster;
use super::istio_operator::{HelmGlobal, IstioOperatorSpec};
use super::values::{FreeForm, Ignored, Spot};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: CNILifecycleManager
metadata:
  name: cni-fleet
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
          cni: {enabled: true, namespace: istio-system}
";

record! {
    /// The version and settings of the CNI plugin that redirects pods into ztunnel. Wins over the
    /// IstioLifecycleManager's `components.cni`.
    pub struct CNILifecycleManagerSpec {
        /// Where the chart comes from.
        pub helm_global: Option<HelmGlobal>,
        /// What is installed, for which clusters.
        pub installations: Vec<CNIInstallation>,
    }
}

record! {
    /// One build of cni on some clusters.
    pub struct CNIInstallation {
        /// The clusters it is installed on.
        pub clusters: Vec<InstallationCluster>,
        /// The revision's name; read as a minor version only where nothing else says the version.
        pub revision: Option<Spot<String>>,
        /// The version of the chart.
        pub version: Option<Spot<String>>,
        /// Values of the chart `cni`.
        pub values: FreeForm,
        /// What is installed and how, as an IstioLifecycleManager says it.
        pub istio_operator_spec: Option<IstioOperatorSpec>,
        /// Upgrades are validated at build time, always.
        pub skip_upgrade_validation: Ignored,
    }
}
