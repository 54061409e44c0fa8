//! The delivery intent → Argo CD's `Application` and `AppProject` (argo-cd.readthedocs.io; holds for Argo CD 2.10 and later).

use super::{MANAGED_BY, SOURCE, SYNC_OPTIONS, SYNC_WAVE, named, source};
use crate::distribute::{Content, DeliveryIntent, Target, Unit};
use crate::manifest::{
    AppProject, AppProjectSpec, Application, ApplicationDestination, ApplicationSource, ApplicationSpec,
    Automated, Directory, GroupKind, Helm, IgnoredDifference, Object, ProjectDestination, SyncPolicy,
};

/// The objects that make Argo CD sync a fleet.
pub fn delivery_manifests(intent: &DeliveryIntent) -> Vec<Object> {
    let project = std::iter::once(project(intent));
    project.chain(intent.units.iter().map(|unit| application(intent, unit))).collect()
}

/// Bounds what the fleet's applications may read and write.
fn project(intent: &DeliveryIntent) -> Object {
    let mut metadata = named(&intent.fleet, &intent.namespace);
    metadata.labels.insert(MANAGED_BY.0.into(), MANAGED_BY.1.into());
    metadata.annotations.insert(SOURCE.into(), source(&intent.origins));
    metadata.annotations.insert(SYNC_WAVE.into(), "-1".into());
    let destinations = intent.targets.iter().map(|target| {
        let (name, server) = name_or_server(target);
        ProjectDestination { name, server, namespace: "*".into() }
    });
    let spec = AppProjectSpec {
        description: format!("the rendered trees of fleet {}", intent.fleet),
        source_repos: intent.repositories.iter().map(|repository| without_scheme(repository)).collect(),
        destinations: destinations.collect(),
        // Istio's charts bring definitions, roles and webhooks of the whole cluster
        cluster_resource_whitelist: vec![GroupKind { group: "*".into(), kind: "*".into() }],
    };
    AppProject::new(metadata, spec).into()
}

/// No finalizer: deleting an application deletes nothing of what it synced.
fn application(intent: &DeliveryIntent, unit: &Unit) -> Object {
    let mut metadata = named(&unit.name, &intent.namespace);
    metadata.labels.insert(MANAGED_BY.0.into(), MANAGED_BY.1.into());
    metadata.annotations.insert(SOURCE.into(), source(&unit.origins));
    metadata.annotations.insert(SYNC_WAVE.into(), unit.wave.to_string());
    let (name, server) = name_or_server(&unit.target);
    let mut destination = ApplicationDestination { name, server, namespace: None };
    let mut sync_options = vec![];
    let prune = match &unit.content {
        Content::Folder { prune, partial, .. } => {
            if *partial {
                sync_options.push("ServerSideApply=true".to_owned());
            }
            *prune
        }
        Content::Release { namespace, .. } => {
            destination.namespace = Some(namespace.clone());
            let options = ["CreateNamespace=true", "ServerSideApply=true", "RespectIgnoreDifferences=true"];
            sync_options.extend(options.map(str::to_owned));
            false
        }
    };
    if !prune {
        metadata.annotations.insert(SYNC_OPTIONS.into(), "Prune=false,Delete=false".into());
    }
    let spec = ApplicationSpec {
        project: intent.fleet.clone(),
        source: application_source(&unit.content),
        destination,
        ignore_differences: patched(&unit.content),
        sync_policy: SyncPolicy {
            automated: Some(Automated { allow_empty: false, prune, self_heal: true }),
            sync_options,
        },
    };
    Application::new(metadata, spec).into()
}

fn application_source(content: &Content) -> ApplicationSource {
    match content {
        Content::Folder { repository, revision, path, .. } => ApplicationSource {
            repo_url: repository.clone(),
            path: Some(path.clone()),
            target_revision: revision.clone(),
            directory: Some(Directory { recurse: true }),
            ..ApplicationSource::default()
        },
        Content::Release { repository, chart, version, release, values, .. } => ApplicationSource {
            repo_url: without_scheme(repository),
            chart: Some(chart.clone()),
            target_revision: version.clone(),
            helm: Some(Helm { release_name: release.clone(), values_object: values.clone() }),
            ..ApplicationSource::default()
        },
    }
}

/// istiod writes its certificate into the webhooks of base and istiod, and turns validation from `Ignore` to `Fail` once
/// it is ready (istio: pkg/webhooks, manifests/charts/base); self-healing would undo both for ever.
fn patched(content: &Content) -> Vec<IgnoredDifference> {
    let Content::Release { chart, .. } = content else { return Vec::new() };
    if !["base", "istiod"].contains(&chart.as_str()) {
        return Vec::new();
    }
    let webhooks = |kind: &str, fields: &[&str]| IgnoredDifference {
        group: "admissionregistration.k8s.io".into(),
        kind: kind.into(),
        jq_path_expressions: fields.iter().map(|field| format!(".webhooks[]?.{field}")).collect(),
    };
    vec![
        webhooks("MutatingWebhookConfiguration", &["clientConfig.caBundle"]),
        webhooks("ValidatingWebhookConfiguration", &["clientConfig.caBundle", "failurePolicy"]),
    ]
}

/// Argo CD knows a chart repository in an OCI registry without its scheme.
fn without_scheme(repository: &str) -> String {
    repository.strip_prefix("oci://").unwrap_or(repository).to_owned()
}

fn name_or_server(target: &Target) -> (Option<String>, Option<String>) {
    match &target.server {
        Some(server) => (None, Some(server.clone())),
        None => (Some(target.cluster.clone()), None),
    }
}
