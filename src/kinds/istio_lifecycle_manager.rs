//! `IstioLifecycleManager`: which Istio runs where.

use super::istio_operator::{HelmGlobal, IstioOperatorSpec};
use super::values::{Ignored, Spot};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: IstioLifecycleManager
metadata:
  name: ambient-fleet
  namespace: gloo-mesh
spec:
  installations:
    - revision: 1-26
      clusters:
        - {name: cluster-east, defaultRevision: true}
        - {name: cluster-west, defaultRevision: true}
      istioOperatorSpec:
        profile: ambient
        components:
          cni: {enabled: true}
          ztunnel: {enabled: true}
        values:
          global: {meshID: solo-mesh, multiCluster: {clusterName: ''}, network: ''}
";

record! {
    /// Which Istio runs where: one Helm release per component and cluster.
    pub struct IstioLifecycleManagerSpec {
        /// Where the charts come from.
        pub helm_global: Option<HelmGlobal>,
        /// What is installed, for which clusters.
        pub installations: Vec<IstioInstallation>,
    }
}

record! {
    /// One build of Istio on some clusters.
    pub struct IstioInstallation {
        /// The clusters it is installed on.
        pub clusters: Vec<InstallationCluster>,
        /// The revision's name, or `auto`; read as a minor version only where nothing else says the version.
        pub revision: Option<Spot<String>>,
        /// The version of the charts, `1.26.2` for example.
        pub version: Option<Spot<String>>,
        /// What is installed and how.
        pub istio_operator_spec: Option<IstioOperatorSpec>,
        /// No operator runs in the clusters, so there is none to configure.
        pub istio_controller: Ignored,
        /// Upgrades are validated at build time, always.
        pub skip_upgrade_validation: Ignored,
    }
}

record! {
    /// A cluster that something is installed on.
    pub struct InstallationCluster {
        /// The KubernetesCluster's name.
        pub name: Spot<String>,
        /// This revision is the one that namespaces without a revision label get.
        pub default_revision: Option<Spot<bool>>,
        /// The trust domain of the cluster's identities.
        pub trust_domain: Option<Spot<String>>,
    }
}
