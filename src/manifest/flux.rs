//! Flux: `source.toolkit.fluxcd.io/v1`, `kustomize.toolkit.fluxcd.io/v1`, `helm.toolkit.fluxcd.io/v2` (Flux 2.7 and later:
//! its install and upgrade strategies).

use serde::{Deserialize, Serialize};

use super::object::{Labels, Values, object};

object!(
    /// A git repository that Flux reads.
    GitRepository, "source.toolkit.fluxcd.io/v1", "GitRepository", {
        /// What it says.
        spec: GitRepositorySpec,
    }
);

/// A git repository's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GitRepositorySpec {
    /// How often it is asked.
    pub interval: String,
    /// `https://…` or `ssh://…`.
    pub url: String,
    /// What is checked out.
    #[serde(rename = "ref")]
    pub reference: GitReference,
    /// The credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// One of the three.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GitReference {
    /// A branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Any reference, `refs/tags/…` for example.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

object!(
    /// An artifact in a registry that Flux reads.
    OCIRepository, "source.toolkit.fluxcd.io/v1", "OCIRepository", {
        /// What it says.
        spec: OCIRepositorySpec,
    }
);

/// An artifact's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OCIRepositorySpec {
    /// How often it is asked.
    pub interval: String,
    /// `oci://…`
    pub url: String,
    /// What is pulled.
    #[serde(rename = "ref")]
    pub reference: OCIReference,
    /// The credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// One of the two.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OCIReference {
    /// A tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// `sha256:…`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

object!(
    /// A repository of Helm charts.
    HelmRepository, "source.toolkit.fluxcd.io/v1", "HelmRepository", {
        /// What it says.
        spec: HelmRepositorySpec,
    }
);

/// A chart repository's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmRepositorySpec {
    /// `oci` for a registry.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `https://…` or `oci://…`.
    pub url: String,
    /// How often the index is asked for; a registry has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// The credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

/// An object of the same namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalReference {
    /// Its name.
    pub name: String,
}

/// A source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceReference {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// Where the kubeconfig of another cluster is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KubeConfigReference {
    /// The Secret; key `value`.
    pub secret_ref: LocalReference,
}

/// Annotations that everything gets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommonMetadata {
    /// Annotations.
    pub annotations: Labels,
}

object!(
    /// A folder that Flux applies.
    Kustomization, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", {
        /// What it says.
        spec: KustomizationSpec,
    }
);

/// A folder's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KustomizationSpec {
    /// Those that must be ready, and on the same revision, before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<LocalReference>,
    /// Where the folder is.
    pub source_ref: SourceReference,
    /// The folder.
    pub path: String,
    /// How often it is applied again.
    pub interval: String,
    /// After how long it is tried again where it failed.
    pub retry_interval: String,
    /// How long applying and waiting may take.
    pub timeout: String,
    /// Whether objects gone from the folder are deleted.
    pub prune: bool,
    /// What becomes of the objects when this one is deleted.
    pub deletion_policy: String,
    /// Whether it is ready only when all its objects are.
    pub wait: bool,
    /// Whether objects are deleted and made anew where a field cannot change.
    pub force: bool,
    /// How it is decrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decryption: Option<KustomizationDecryption>,
    /// The cluster, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfigReference>,
    /// What each object gets besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
}

/// How a folder is decrypted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KustomizationDecryption {
    /// `sops`
    pub provider: String,
    /// The Secret with the private keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
}

object!(
    /// A Helm release that Flux installs.
    HelmRelease, "helm.toolkit.fluxcd.io/v2", "HelmRelease", {
        /// What it says.
        spec: HelmReleaseSpec,
    }
);

/// A release's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmReleaseSpec {
    /// Releases that must be ready before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<LocalReference>,
    /// How often it is looked at.
    pub interval: String,
    /// How long one step may take.
    pub timeout: String,
    /// The release's name.
    pub release_name: String,
    /// The namespace of what is installed.
    pub target_namespace: String,
    /// The namespace of what Helm remembers, as plain Helm has it.
    pub storage_namespace: String,
    /// The chart.
    pub chart: HelmChartTemplate,
    /// The cluster, where it is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kube_config: Option<KubeConfigReference>,
    /// The first time.
    pub install: HelmInstall,
    /// The times after.
    pub upgrade: HelmUpgrade,
    /// What is done about changes by others.
    pub drift_detection: DriftDetection,
    /// What each object gets besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub common_metadata: Option<CommonMetadata>,
    /// The chart's values.
    pub values: Values,
}

/// A chart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HelmChartTemplate {
    /// What it says.
    pub spec: HelmChartTemplateSpec,
}

/// A chart by name and version.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmChartTemplateSpec {
    /// Its name.
    pub chart: String,
    /// A version or a range.
    pub version: String,
    /// The chart repository.
    pub source_ref: SourceReference,
}

/// How a release is installed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmInstall {
    /// Whether the namespace is made.
    pub create_namespace: bool,
    /// What is done about a failure.
    pub strategy: HelmStrategy,
}

/// How a release is upgraded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HelmUpgrade {
    /// What is done about a failure.
    pub strategy: HelmStrategy,
}

/// What is done about a failure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HelmStrategy {
    /// `RetryOnFailure`: never an uninstall.
    pub name: String,
}

/// What is done about changes by others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftDetection {
    /// `enabled`: they are undone.
    pub mode: String,
    /// But for these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<IgnoredDrift>,
}

/// Fields that others may change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IgnoredDrift {
    /// JSON pointers.
    pub paths: Vec<String>,
    /// The objects.
    pub target: DriftTarget,
}

/// Objects of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftTarget {
    /// The API group.
    pub group: String,
    /// The kind.
    pub kind: String,
}
