//! `ClusterDomain`: the DNS suffix of Services, for some clusters.

use super::values::Spot;

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: multicluster.solo.io/v1alpha1
kind: ClusterDomain
metadata:
  name: bank
  namespace: gloo-mesh
spec:
  domain: cluster.bank.example
  clusters: ['*']
";

record! {
    /// The DNS suffix of Services. Sets the cluster domain of istiod and ztunnel.
    pub struct ClusterDomainSpec {
        /// The suffix, as `cluster.local`.
        pub domain: Spot<String>,
        /// Names of clusters, or `*` for all.
        pub clusters: Vec<Spot<String>>,
    }
}
