//! `argoproj.io/v1alpha1` ApplicationSet (Argo CD 2.10 and later: template patches).

use serde::{Deserialize, Serialize};

use super::argocd::ApplicationDestination;
use super::object::{Labels, Values, object};

object!(
    /// An Argo CD ApplicationSet.
    ApplicationSet, "argoproj.io/v1alpha1", "ApplicationSet", {
        /// What it says.
        spec: ApplicationSetSpec,
    }
);

/// An ApplicationSet's spec.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSetSpec {
    /// Go's templates, which a patch needs.
    pub go_template: bool,
    /// `missingkey=error`.
    pub go_template_options: Vec<String>,
    /// In which order Applications sync.
    pub strategy: ApplicationSetStrategy,
    /// What becomes of Applications.
    pub sync_policy: ApplicationSetSyncPolicy,
    /// What each Application has.
    pub template: ApplicationTemplate,
    /// What is laid over it.
    pub template_patch: String,
    /// For what there is an Application.
    pub generators: Vec<ApplicationSetGenerator>,
}

/// Where elements come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationSetGenerator {
    /// From a list.
    pub list: ListGenerator,
}

/// Elements as they stand.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListGenerator {
    /// The elements.
    pub elements: Vec<Values>,
}

/// A template of an Application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationTemplate {
    /// Its metadata.
    pub metadata: ApplicationMetadata,
    /// Its spec.
    pub spec: ApplicationTemplateSpec,
}

/// Metadata of a template.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationMetadata {
    /// The name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
}

/// What a patch cannot say, or has to stand there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationTemplateSpec {
    /// The AppProject.
    pub project: String,
    /// Where to.
    pub destination: ApplicationDestination,
}

/// In which order Applications sync.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSetStrategy {
    /// `RollingSync`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The steps.
    pub rolling_sync: RollingSync,
}

/// Steps, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RollingSync {
    /// Each waits until all of the one before are healthy.
    pub steps: Vec<RollingStep>,
}

/// The Applications of one step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingStep {
    /// By their labels.
    pub match_expressions: Vec<MatchExpression>,
}

/// A condition on a label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MatchExpression {
    /// The label.
    pub key: String,
    /// `In` or `NotIn`.
    pub operator: String,
    /// The values.
    pub values: Vec<String>,
}

/// What becomes of Applications.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSetSyncPolicy {
    /// `create-update`: none is deleted.
    pub applications_sync: String,
    /// Whether they are without a cascading finalizer.
    pub preserve_resources_on_deletion: bool,
}
