//! Parts of a Fleet's `delivery`: where the engine runs, in which order clusters follow each other, what it may read.

use super::decode::{Decode, Decoder};
use super::values::{Labels, Spot};
use crate::report::{Finding, codes};
use crate::source::Place;
use crate::yaml::{Node, Value};

enumeration! {
    /// Where the engine runs.
    pub enum Topology {
        /// One engine writes to all clusters.
        Hub = "hub",
        /// Each cluster has an engine of its own.
        PerCluster = "per-cluster",
    }
}

enumeration! {
    /// What holds the Applications of Argo CD together.
    pub enum Applications {
        /// Nothing: each is an object of its own, and all sync at once.
        Separate = "separate",
        /// An Application of Applications, which syncs them wave after wave.
        AppOfApps = "app-of-apps",
        /// An ApplicationSet, which syncs them step after step (`RollingSync`).
        ApplicationSet = "application-set",
    }
}

record! {
    /// Clusters that get a change together, after those of the waves before.
    pub struct Wave checked by Wave::check {
        /// Its name, for people.
        pub name: Spot<String>,
        /// Names of KubernetesClusters; `*` matches any run of characters.
        pub clusters: Vec<Spot<String>>,
        /// Labels of KubernetesClusters that must all be there.
        pub selector: Labels,
    }
}

impl Wave {
    fn check(&self, decoder: &mut Decoder) {
        if self.clusters.is_empty() && self.selector.is_empty() {
            let message = format!("`{}` names no clusters", decoder.path());
            let help = "write `selector` with labels of KubernetesClusters, or `clusters` with names; \
                        `clusters: ['*']` takes all that are left";
            decoder.report(Finding::new(codes::FC107, message).at(self.place).help(help));
        }
    }
}

record! {
    /// An AppProject for each Workspace, from which its team deploys: into the namespaces it owns, and nothing that
    /// would widen who may call whom.
    pub struct WorkspaceProjects checked by WorkspaceProjects::check {
        /// The repositories that teams deploy from, as Argo CD matches them: `https://git.bank.example/teams/*`.
        pub source_repos: Vec<Spot<String>>,
    }
}

impl WorkspaceProjects {
    fn check(&self, decoder: &mut Decoder) {
        if self.source_repos.is_empty() {
            let message = format!("`{}.sourceRepos` is missing", decoder.path());
            let help = "list the repositories that teams deploy from; `'*'` is any";
            decoder.report(Finding::new(codes::FC107, message).at(self.place).help(help));
        }
    }
}

record! {
    /// A Secret beside the object that uses it.
    pub struct LocalSecret {
        /// Its name.
        pub name: Spot<String>,
    }
}

/// The kubeconfig of a cluster, of which the name of its Secret matters. Management planes write more beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct KubeConfig {
    /// The field's own key.
    pub key: Place,
    /// The Secret.
    pub secret_name: Option<Spot<String>>,
}

impl Decode for KubeConfig {
    const NULLABLE: bool = true;

    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let key = decoder.key();
        let entries = match &node.value {
            Value::Mapping(entries) => entries.as_slice(),
            _ => &[],
        };
        let secret = entries.iter().find(|entry| entry.key == "secretName");
        let secret_name = match secret {
            None => None,
            Some(entry) => Some(Spot::decode(&entry.node, decoder)?),
        };
        Some(KubeConfig { key, secret_name })
    }
}

inline_schema!([] KubeConfig, _generator => schemars::json_schema!({
    "properties": { "secretName": { "type": "string" } }
}));
