//! `GatewayLifecycleManager`: which gateways run where.

use super::istio_operator::{HelmGlobal, IstioOperatorSpec};
use super::values::{Ignored, Spot};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: GatewayLifecycleManager
metadata:
  name: eastwest-fleet
  namespace: gloo-mesh
spec:
  installations:
    - gatewayRevision: 1-26
      clusters:
        - {name: cluster-east}
        - {name: cluster-west}
      istioOperatorSpec:
        profile: empty
        components:
          ingressGateways:
            - name: istio-eastwestgateway
              namespace: istio-eastwest
              enabled: true
              k8s:
                service:
                  type: LoadBalancer
                  ports:
                    - {port: 15008, targetPort: 15008, name: tls, protocol: TCP}
";

record! {
    /// Which gateways run where. A gateway with port 15008 is the east-west one, a Gateway API object; others are charts.
    pub struct GatewayLifecycleManagerSpec {
        /// Where the charts come from.
        pub helm_global: Option<HelmGlobal>,
        /// What is installed, for which clusters.
        pub installations: Vec<GatewayInstallation>,
    }
}

record! {
    /// Gateways of one revision on some clusters.
    pub struct GatewayInstallation {
        /// The clusters they are installed on.
        pub clusters: Vec<GatewayCluster>,
        /// The revision of the control plane that the gateways connect to.
        pub control_plane_revision: Option<Spot<String>>,
        /// The gateways' own revision, or `auto`.
        pub gateway_revision: Option<Spot<String>>,
        /// The version of the chart.
        pub version: Option<Spot<String>>,
        /// The gateways, under `components`.
        pub istio_operator_spec: Option<IstioOperatorSpec>,
        /// Upgrades are validated at build time, always.
        pub skip_upgrade_validation: Ignored,
    }
}

record! {
    /// A cluster that gateways are installed on.
    pub struct GatewayCluster {
        /// The KubernetesCluster's name.
        pub name: Spot<String>,
        /// Of several revisions of one gateway, this one takes the traffic.
        pub active_gateway: Option<Spot<bool>>,
        /// The trust domain of the cluster's identities.
        pub trust_domain: Option<Spot<String>>,
    }
}
