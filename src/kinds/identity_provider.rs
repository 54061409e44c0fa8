//! `IdentityProvider`: the trust domain of clusters.

use super::values::Spot;

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: IdentityProvider
metadata:
  name: bank
  namespace: gloo-mesh
spec:
  trustDomain: bank.example
  trustDomainAliases: [cluster.local]
";

record! {
    /// The trust domain of clusters, where neither the KubernetesCluster nor a lifecycle manager sets it.
    pub struct IdentityProviderSpec {
        /// The trust domain.
        pub trust_domain: Spot<String>,
        /// Trust domains whose identities count as the same.
        pub trust_domain_aliases: Vec<Spot<String>>,
        /// Names of clusters; empty: all.
        pub clusters: Vec<Spot<String>>,
    }
}
