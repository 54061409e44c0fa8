//! `ZTunnelLifecycleManager`: the ztunnel that runs on each node.

use super::component_installation::ComponentInstallation;
use super::istio_operator::HelmGlobal;

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
        pub installations: Vec<ComponentInstallation>,
    }
}
