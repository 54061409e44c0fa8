//! Release units → Flux's `HelmRelease` (helm-controller, docs/spec/v2/helmreleases.md).

use super::super::{Manifest, Stage, named};
use super::flux::{PRUNE, kube_config};
use crate::distribute::{ClusterIntent, Component, Content, ReleaseUnit, Unit};
use crate::manifest::{
    CommonMetadata, DriftDetection, DriftTarget, HelmChartTemplate, HelmChartTemplateSpec, HelmInstall,
    HelmRelease, HelmReleaseSpec, HelmStrategy, HelmUpgrade, IgnoredDrift, Labels, LocalReference, Metadata,
    Object, SourceReference,
};

/// Has Helm leave an object where it is, when the release is uninstalled or its chart no longer holds it.
const KEEP: (&str, &str) = ("helm.sh/resource-policy", "keep");

/// The release of an engine that runs in the cluster: a part of the cluster's own tree.
pub fn kept_release(intent: &ClusterIntent, unit: &Unit) -> Option<Manifest> {
    let Content::Release(release) = &unit.content else { return None };
    let metadata = marked(named(&unit.name, &intent.engine_namespace));
    Some(Manifest::new(Stage::Mesh, unit.wave, helm_release(metadata, unit, release), &unit.origins))
}

/// Deleting the object would uninstall the release, so no folder that loses it may delete it.
pub fn marked(mut metadata: Metadata) -> Metadata {
    metadata.annotations.insert(PRUNE.0.into(), PRUNE.1.into());
    metadata
}

/// A release that is never uninstalled: not by Flux, which tries again where it fails, nor with its object, whose objects
/// Helm keeps. A control plane beside the default one goes with its object, when a person deletes that.
pub fn helm_release(metadata: Metadata, unit: &Unit, release: &ReleaseUnit) -> Object {
    let strategy = HelmStrategy { name: "RetryOnFailure".into() };
    let keep = Labels::from([(KEEP.0.into(), KEEP.1.into())]);
    let spec = HelmReleaseSpec {
        depends_on: unit.after.iter().map(|name| LocalReference { name: name.clone() }).collect(),
        interval: "10m".into(),
        timeout: "10m".into(),
        release_name: release.release.clone(),
        target_namespace: release.namespace.clone(),
        storage_namespace: release.namespace.clone(),
        chart: HelmChartTemplate {
            spec: HelmChartTemplateSpec {
                chart: release.chart.clone(),
                version: release.version.clone(),
                source_ref: SourceReference {
                    kind: "HelmRepository".into(),
                    name: release.repository_name.clone(),
                },
            },
        },
        kube_config: kube_config(&unit.target),
        install: HelmInstall { create_namespace: true, strategy: strategy.clone() },
        upgrade: HelmUpgrade { strategy },
        drift_detection: DriftDetection { mode: "enabled".into(), ignore: patched(release) },
        common_metadata: (!release.retires).then_some(CommonMetadata { annotations: keep }),
        values: release.values.clone(),
    };
    HelmRelease::new(metadata, spec).into()
}

/// istiod turns validation from `Ignore` to `Fail` once it is ready (istio: pkg/webhooks; manifests/charts/base and
/// istiod have one webhook each); undoing that would go on for ever.
fn patched(release: &ReleaseUnit) -> Vec<IgnoredDrift> {
    if !matches!(release.component, Component::Base | Component::Istiod) {
        return Vec::new();
    }
    vec![IgnoredDrift {
        paths: vec!["/webhooks/0/failurePolicy".into()],
        target: DriftTarget {
            group: "admissionregistration.k8s.io".into(),
            kind: "ValidatingWebhookConfiguration".into(),
        },
    }]
}
