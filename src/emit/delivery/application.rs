//! Units → Argo CD's `Application` (argo-cd.readthedocs.io; holds for Argo CD 2.10 and later).

use serde_json::json;

use super::super::{SYNC_OPTIONS, SYNC_WAVE};
use super::metadata;
use crate::distribute::{Content, Decryption, DeliveryIntent, Folder, Reach, Site, Target, Unit};
use crate::manifest::{
    Application, ApplicationDestination, ApplicationSource, ApplicationSpec, Automated, ConfigMap, Directory,
    Helm, IgnoredDifference, Labels, Metadata, Object, Plugin, SyncPolicy,
};

/// The API server of the cluster in which Argo CD runs.
const IN_CLUSTER: &str = "https://kubernetes.default.svc";

/// How a partial object is applied: server-side, and without the migration of Argo CD 3.1 and later, which would first take
/// over all that `kubectl apply` had set on the Service, and then take away what the partial object does not say
/// (gitops-engine, pkg/sync/sync_context.go, performCSAUpgradeMigration). The documentation of 3.1 and 3.2 has another name
/// for the switch than 3.3; an unknown option is passed over.
const PARTIAL: [&str; 3] =
    ["ServerSideApply=true", "ClientSideApplyMigration=false", "DisableClientSideApplyMigration=true"];

/// How a release is applied.
const INSTALLED: [&str; 3] =
    ["CreateNamespace=true", "ServerSideApply=true", "RespectIgnoreDifferences=true"];

/// Nothing is deleted that a release has installed, since the chart's objects carry no mark of their own (options of an
/// Application since Argo CD 3.4; before, automation alone does not prune).
const KEPT: [&str; 2] = ["Prune=false", "Delete=false"];

/// One Application for a unit. No finalizer: deleting it deletes nothing of what it synced.
pub fn application(intent: &DeliveryIntent, project: &str, unit: &Unit) -> Object {
    let mut metadata = metadata(&unit.name, intent, &unit.origins);
    metadata.annotations.insert(SYNC_WAVE.into(), unit.wave.to_string());
    if !prunes(unit) {
        metadata.annotations.insert(SYNC_OPTIONS.into(), "Prune=false,Delete=false".into());
    }
    Application::new(metadata, spec(intent, project, unit)).into()
}

/// Whether objects that are gone from git are deleted.
pub fn prunes(unit: &Unit) -> bool {
    matches!(&unit.content, Content::Folder(folder) if folder.prune)
}

/// What an Application says.
pub fn spec(intent: &DeliveryIntent, project: &str, unit: &Unit) -> ApplicationSpec {
    let (name, server) = name_or_server(&unit.target);
    let mut destination = ApplicationDestination { name, server, namespace: None };
    let options: Vec<&str> = match &unit.content {
        Content::Folder(folder) if folder.partial => PARTIAL.to_vec(),
        Content::Folder(_) => Vec::new(),
        Content::Release(release) => {
            destination.namespace = Some(release.namespace.clone());
            INSTALLED.iter().chain(KEPT.iter().filter(|_| !release.retires)).copied().collect()
        }
    };
    ApplicationSpec {
        project: project.to_owned(),
        source: application_source(intent, &unit.content),
        destination,
        ignore_differences: patched(&unit.content),
        sync_policy: SyncPolicy {
            automated: Some(Automated { allow_empty: false, prune: prunes(unit), self_heal: true }),
            sync_options: options.iter().map(|option| (*option).to_owned()).collect(),
        },
    }
}

/// The Application that syncs the others. It belongs to the project `default`, since the fleet's own is among what it
/// syncs, and may not write where Argo CD keeps its Applications.
pub fn root(intent: &DeliveryIntent, site: &Site) -> Object {
    let spec = ApplicationSpec {
        project: "default".into(),
        source: ApplicationSource {
            repo_url: intent.source.repository.clone(),
            path: Some(site.folder.clone()),
            target_revision: intent.source.revision.clone(),
            ..ApplicationSource::default()
        },
        destination: ApplicationDestination {
            server: Some(IN_CLUSTER.into()),
            namespace: Some(intent.namespace.clone()),
            name: None,
        },
        ignore_differences: Vec::new(),
        sync_policy: SyncPolicy {
            automated: Some(Automated { allow_empty: false, prune: false, self_heal: true }),
            sync_options: Vec::new(),
        },
    };
    let mut metadata = metadata(&intent.fleet, intent, &intent.origins);
    metadata.annotations.insert(SYNC_OPTIONS.into(), "Prune=false,Delete=false".into());
    Application::new(metadata, spec).into()
}

/// Waves of Applications wait for health, which Argo CD no longer judges of an Application since 1.8: the check that its
/// documentation gives (operator-manual/health.md), as a part of the ConfigMap `argocd-cm`.
pub fn health_check(intent: &DeliveryIntent) -> Object {
    const LUA: &str = "\
hs = {}
hs.status = \"Progressing\"
hs.message = \"\"
if obj.status ~= nil then
  if obj.status.health ~= nil then
    hs.status = obj.status.health.status
    if obj.status.health.message ~= nil then
      hs.message = obj.status.health.message
    end
  end
end
return hs
";
    let metadata = Metadata {
        name: "argocd-cm".into(),
        namespace: Some(intent.namespace.clone()),
        ..Metadata::default()
    };
    let key = "resource.customizations.health.argoproj.io_Application";
    ConfigMap::new(metadata, Labels::from([(key.into(), LUA.into())])).into()
}

/// Argo CD takes one tool for a folder: a plugin that decrypts reads it whole.
fn plugin(folder: &Folder) -> Option<Plugin> {
    match &folder.decryption {
        Some(Decryption::Plugin(name)) => Some(Plugin { name: name.clone() }),
        Some(Decryption::Sops { .. }) | None => None,
    }
}

fn application_source(intent: &DeliveryIntent, content: &Content) -> ApplicationSource {
    match content {
        Content::Folder(folder) => ApplicationSource {
            repo_url: intent.source.repository.clone(),
            path: Some(folder.path.clone()),
            target_revision: intent.source.revision.clone(),
            directory: plugin(folder).is_none().then_some(Directory { recurse: true }),
            plugin: plugin(folder),
            ..ApplicationSource::default()
        },
        Content::Release(release) => ApplicationSource {
            repo_url: without_scheme(&release.repository),
            chart: Some(release.chart.clone()),
            target_revision: release.version.clone(),
            helm: Some(Helm { release_name: release.release.clone(), values_object: release.values.clone() }),
            ..ApplicationSource::default()
        },
    }
}

/// istiod writes its certificate into the webhooks of base and istiod, and turns validation from `Ignore` to `Fail` once
/// it is ready (istio: pkg/webhooks, manifests/charts/base); self-healing would undo both for ever.
fn patched(content: &Content) -> Vec<IgnoredDifference> {
    let Content::Release(release) = content else { return Vec::new() };
    if !["base", "istiod"].contains(&release.chart.as_str()) {
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
pub fn without_scheme(repository: &str) -> String {
    repository.strip_prefix("oci://").unwrap_or(repository).to_owned()
}

/// How a destination names a cluster: one of the two.
pub fn name_or_server(target: &Target) -> (Option<String>, Option<String>) {
    match &target.reach {
        Reach::Here => (None, Some(IN_CLUSTER.into())),
        Reach::Server(server) => (None, Some(server.clone())),
        Reach::Name | Reach::KubeConfig(_) => (Some(target.cluster.clone()), None),
    }
}

/// An Application's metadata and spec, as an element of an ApplicationSet carries them.
pub fn element(intent: &DeliveryIntent, project: &str, unit: &Unit) -> serde_json::Value {
    let Object::Application(application) = application(intent, project, unit) else {
        return serde_json::Value::Null;
    };
    let metadata = &application.metadata;
    // a patch cannot set the project, which the template has
    let spec = ApplicationSpec { project: String::new(), ..application.spec.clone() };
    json!({
        "name": metadata.name,
        "step": unit.wave.to_string(),
        "patch": {
            "metadata": {"annotations": metadata.annotations, "labels": metadata.labels},
            "spec": spec,
        },
    })
}
