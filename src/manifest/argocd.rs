//! `argoproj.io/v1alpha1` Application and AppProject (Argo CD 2.10 and later).

use serde::{Deserialize, Serialize};

use super::object::{Values, object};

object!(
    /// An Argo CD Application.
    Application, "argoproj.io/v1alpha1", "Application", {
        /// What it says.
        spec: ApplicationSpec,
    }
);

/// An application's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSpec {
    /// The AppProject; empty where a template has it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub project: String,
    /// What is synced.
    pub source: ApplicationSource,
    /// Where to.
    pub destination: ApplicationDestination,
    /// What a controller of the release changes after the sync, and self-healing would fight over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_differences: Vec<IgnoredDifference>,
    /// How.
    pub sync_policy: SyncPolicy,
}

/// Fields of a kind that may differ from git.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IgnoredDifference {
    /// The API group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The fields, as jq finds them.
    pub jq_path_expressions: Vec<String>,
}

/// A folder of a repository, or a chart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSource {
    /// The git or chart repository. An OCI chart repository has no scheme here.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// The chart's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// The folder in the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A branch, tag or commit; the version of a chart.
    pub target_revision: String,
    /// Plain-directory options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
    /// Helm options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub helm: Option<Helm>,
    /// A config management plugin, instead of any of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<Plugin>,
}

/// A config management plugin by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Plugin {
    /// Its name.
    pub name: String,
}

/// Options of a plain directory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Directory {
    /// Whether folders below are read.
    pub recurse: bool,
}

/// Options of a chart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Helm {
    /// The release's name, so that it stays what it was under plain Helm.
    pub release_name: String,
    /// The values.
    pub values_object: Values,
}

/// A cluster and a namespace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationDestination {
    /// The cluster's name in Argo CD; excludes `server`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The cluster's API URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The namespace for objects that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// How an application is synced.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SyncPolicy {
    /// Sync without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automated: Option<Automated>,
    /// `ServerSideApply=true` and the like.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sync_options: Vec<String>,
}

/// What automatic syncing may do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Automated {
    /// Whether an empty tree may be synced; never for fleetc.
    pub allow_empty: bool,
    /// Whether objects gone from git are deleted.
    pub prune: bool,
    /// Whether live changes are undone.
    pub self_heal: bool,
}

object!(
    /// An Argo CD AppProject: which sources may go to which destinations.
    AppProject, "argoproj.io/v1alpha1", "AppProject", {
        /// What it says.
        spec: AppProjectSpec,
    }
);

/// A project's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AppProjectSpec {
    /// For people.
    pub description: String,
    /// Repositories.
    pub source_repos: Vec<String>,
    /// Clusters and namespaces.
    pub destinations: Vec<ProjectDestination>,
    /// Cluster-scoped kinds that may be written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cluster_resource_whitelist: Vec<GroupKind>,
    /// Kinds of a namespace that may not be written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespace_resource_blacklist: Vec<GroupKind>,
    /// Who may do what with the project's applications.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<ProjectRole>,
}

/// A role of a project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectRole {
    /// Its name.
    pub name: String,
    /// Groups of the identity provider.
    pub groups: Vec<String>,
    /// What they may do, as casbin reads it.
    pub policies: Vec<String>,
}

/// A permitted destination.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectDestination {
    /// The cluster's name in Argo CD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The cluster's API URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The namespace, `*` for any.
    pub namespace: String,
}

/// A kind of object.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupKind {
    /// The API group.
    pub group: String,
    /// The kind.
    pub kind: String,
}
