//! `Workspace`: the namespaces that a team owns.

use super::decode::Decoder;
use super::object::check_names;
use super::values::{Labels, Spot};
use crate::report::{Finding, codes};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata:
  name: payments
  namespace: gloo-mesh
spec:
  workloadClusters:
    - name: cluster-east
      namespaces:
        - name: payments-prod
    - name: cluster-west
      namespaces:
        - name: payments-*
  owners:
    - {kind: Group, name: payments-team, role: edit}
";

record! {
    /// The namespaces that a team owns, cluster by cluster.
    pub struct WorkspaceSpec {
        /// Which clusters, and which namespaces in them; empty: none.
        pub workload_clusters: Vec<ClusterSelector>,
        /// Who gets a role in the owned namespaces.
        pub owners: Vec<Owner>,
        /// System namespaces may be named.
        pub allow_system: bool,
    }
}

record! {
    /// Clusters and namespaces in them.
    pub struct ClusterSelector {
        /// A KubernetesCluster's name; `*` matches any run of characters.
        pub name: Option<Spot<String>>,
        /// Labels of the KubernetesCluster that must all be there.
        pub selector: Labels,
        /// The namespaces in these clusters.
        pub namespaces: Vec<NamespaceSelector>,
        /// Whether Gloo reads configuration here; once set on one entry, it must be set on all.
        pub config_enabled: Option<Spot<bool>>,
    }
}

record! {
    /// Namespaces by name and labels; both must match.
    pub struct NamespaceSelector {
        /// The name; `*` matches any run of characters.
        pub name: Option<Spot<String>>,
        /// Labels of the Namespace that must all be there.
        pub labels: Labels,
        /// Whether Gloo reads configuration here; once set on one entry, it must be set on all.
        pub config_enabled: Option<Spot<bool>>,
    }
}

record! {
    /// Who gets a role in the owned namespaces.
    pub struct Owner checked by Owner::check {
        /// What `name` is.
        pub kind: Spot<OwnerKind>,
        /// The subject's name.
        pub name: Spot<String>,
        /// The ServiceAccount's namespace.
        pub namespace: Option<Spot<String>>,
        /// A ClusterRole; default `edit`.
        pub role: Option<Spot<String>>,
    }
}

impl Owner {
    /// A ServiceAccount of no namespace would be one of a namespace that nobody named.
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("namespace", self.namespace.as_ref())], decoder);
        if *self.kind == OwnerKind::ServiceAccount && self.namespace.is_none() {
            let message = format!("`{}.namespace` is missing", decoder.path());
            let finding = Finding::new(codes::FC107, message).at(self.place);
            decoder.report(finding.help("name the namespace of the ServiceAccount"));
        }
    }
}

enumeration! {
    /// What an owner is, as RBAC knows it.
    pub enum OwnerKind {
        /// A group of users.
        Group = "Group",
        /// A user.
        User = "User",
        /// A ServiceAccount.
        ServiceAccount = "ServiceAccount",
    }
}
