//! `CNILifecycleManager`: the CNI plugin that redirects pods into ztunnel.

use super::component_installation::ComponentInstallation;
use super::istio_operator::HelmGlobal;

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
        pub installations: Vec<ComponentInstallation>,
    }
}
