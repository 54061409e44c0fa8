//! `ClusterDomain`: the DNS suffix of Services, for some clusters.

use super::decode::Decoder;
use super::object::check_names;
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
    pub struct ClusterDomainSpec checked by ClusterDomainSpec::check {
        /// The suffix, as `cluster.local`.
        pub domain: Spot<String>,
        /// Names of clusters, or `*` for all.
        pub clusters: Vec<Spot<String>>,
    }
}

impl ClusterDomainSpec {
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("domain", Some(&self.domain))], decoder);
    }
}
