//! The delivery intent → Flux's sources and Kustomizations (fluxcd.io; Flux 2.7 and later).

use super::{helm_release, metadata};
use crate::distribute::{Content, Decryption, DeliveryIntent, Folder, Origins, Reach, Site, Target, Unit};
use crate::manifest::{
    CommonMetadata, GitReference, GitRepository, GitRepositorySpec, HelmRepository, HelmRepositorySpec,
    KubeConfigReference, Kustomization, KustomizationDecryption, KustomizationSpec, Labels, LocalReference,
    Metadata, OCIReference, OCIRepository, OCIRepositorySpec, Object, SourceReference,
};

/// Keeps an object when it is gone from the folder, or the Kustomization is.
pub const PRUNE: (&str, &str) = ("kustomize.toolkit.fluxcd.io/prune", "disabled");

/// Leaves alone what other tools have set on an object. Without it Flux takes over every field that `kubectl` has set, and
/// takes away what its own folder does not say (kustomize-controller, docs/spec/v1/kustomizations.md).
const MERGE: (&str, &str) = ("kustomize.toolkit.fluxcd.io/ssa", "Merge");

/// The objects of one place: sources, a Kustomization for each folder, and one for all of these themselves, as `flux
/// bootstrap` has it.
pub fn of_flux(intent: &DeliveryIntent, site: &Site) -> Vec<(String, Object)> {
    let mut objects = vec![repository(intent)];
    let charts = site.chart_repositories.iter();
    objects.extend(charts.map(|(name, url)| chart_repository(intent, name, url)));
    objects.push(itself(intent, site));
    let mut placed: Vec<(String, Object)> =
        objects.into_iter().map(|object| (super::folder("_delivery", site), object)).collect();
    for unit in &site.units {
        match &unit.content {
            Content::Folder(folder) => {
                placed.push((super::folder("_delivery", site), kustomization(intent, unit, folder)));
            }
            Content::Release(release) => {
                let folder = format!("_delivery/_releases/{}", unit.target.cluster);
                let metadata = helm_release::marked(metadata(&unit.name, intent, &unit.origins));
                placed.push((folder, helm_release::helm_release(metadata, unit, release)));
            }
        }
    }
    placed
}

/// A repository in a registry is an OCIRepository, any other one of git.
fn repository(intent: &DeliveryIntent) -> Object {
    let source = &intent.source;
    let metadata = kept(metadata(&intent.fleet, intent, &intent.origins));
    let secret_ref = source.secret.as_ref().map(|name| LocalReference { name: name.clone() });
    if source.repository.starts_with("oci://") {
        let revision = Some(source.revision.clone());
        let reference = match source.revision.starts_with("sha256:") {
            true => OCIReference { digest: revision, tag: None },
            false => OCIReference { tag: revision, digest: None },
        };
        let spec = OCIRepositorySpec {
            interval: "1m".into(),
            url: source.repository.clone(),
            reference,
            secret_ref,
        };
        return OCIRepository::new(metadata, spec).into();
    }
    let spec = GitRepositorySpec {
        interval: "1m".into(),
        url: source.repository.clone(),
        reference: git_reference(&source.revision),
        secret_ref,
    };
    GitRepository::new(metadata, spec).into()
}

/// Flux has to be told what a name is: 40 hex digits are a commit, `refs/…` says it itself, all else is a branch.
fn git_reference(revision: &str) -> GitReference {
    let said = Some(revision.to_owned());
    let is_commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit {
        GitReference { commit: said, ..GitReference::default() }
    } else if revision.starts_with("refs/") {
        GitReference { name: said, ..GitReference::default() }
    } else {
        GitReference { branch: said, ..GitReference::default() }
    }
}

fn chart_repository(intent: &DeliveryIntent, name: &str, url: &str) -> Object {
    let is_registry = url.starts_with("oci://");
    let spec = HelmRepositorySpec {
        kind: is_registry.then(|| "oci".into()),
        url: url.to_owned(),
        interval: (!is_registry).then(|| "1h".into()),
        secret_ref: intent.source.charts_secret.as_ref().map(|name| LocalReference { name: name.clone() }),
    };
    HelmRepository::new(kept(metadata(name, intent, &intent.origins)), spec).into()
}

/// The Kustomization that keeps the objects of this place, itself included.
fn itself(intent: &DeliveryIntent, site: &Site) -> Object {
    let folder =
        Folder { path: site.folder.clone(), prune: false, partial: false, alone: true, decryption: None };
    let unit = Unit {
        name: intent.fleet.clone(),
        target: Target { cluster: String::new(), reach: Reach::Here },
        wave: 0,
        after: Vec::new(),
        content: Content::Folder(folder.clone()),
        origins: Origins::new(),
    };
    let mut spec = spec(intent, &unit, &folder);
    // it would wait for itself
    spec.wait = false;
    Kustomization::new(kept(metadata(&intent.fleet, intent, &intent.origins)), spec).into()
}

fn kustomization(intent: &DeliveryIntent, unit: &Unit, folder: &Folder) -> Object {
    let metadata = kept(metadata(&unit.name, intent, &unit.origins));
    Kustomization::new(metadata, spec(intent, unit, folder)).into()
}

/// Deleting a Kustomization leaves what it applied. Others wait for one that is ready, so it is only when its objects are;
/// a partial object is as ready as the team's Service, and nothing waits for it.
fn spec(intent: &DeliveryIntent, unit: &Unit, folder: &Folder) -> KustomizationSpec {
    let kind = match intent.source.repository.starts_with("oci://") {
        true => "OCIRepository",
        false => "GitRepository",
    };
    let annotations = [MERGE, PRUNE].map(|(key, value)| (key.to_owned(), value.to_owned()));
    KustomizationSpec {
        depends_on: unit.after.iter().map(|name| LocalReference { name: name.clone() }).collect(),
        source_ref: SourceReference { kind: kind.into(), name: intent.fleet.clone() },
        path: format!("./{}", folder.path),
        interval: "10m".into(),
        retry_interval: "1m".into(),
        timeout: "10m".into(),
        prune: folder.prune,
        deletion_policy: "Orphan".into(),
        wait: !folder.partial,
        force: false,
        decryption: decryption(folder),
        kube_config: kube_config(&unit.target),
        common_metadata: folder.partial.then(|| CommonMetadata { annotations: Labels::from(annotations) }),
    }
}

/// Flux decrypts by itself, with the keys of a Secret or as its own service account.
fn decryption(folder: &Folder) -> Option<KustomizationDecryption> {
    match &folder.decryption {
        Some(Decryption::Sops { secret }) => Some(KustomizationDecryption {
            provider: "sops".into(),
            secret_ref: secret.as_ref().map(|name| LocalReference { name: name.clone() }),
        }),
        Some(Decryption::Plugin(_)) | None => None,
    }
}

/// Where the kubeconfig of a cluster is, that the engine does not run in.
pub fn kube_config(target: &Target) -> Option<KubeConfigReference> {
    match &target.reach {
        Reach::KubeConfig(secret) => {
            Some(KubeConfigReference { secret_ref: LocalReference { name: secret.clone() } })
        }
        Reach::Here | Reach::Name | Reach::Server(_) => None,
    }
}

/// An object that stays when it is gone from git.
fn kept(mut metadata: Metadata) -> Metadata {
    metadata.annotations.insert(PRUNE.0.into(), PRUNE.1.into());
    metadata
}
