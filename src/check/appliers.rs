//! FC740: a Service or Namespace on which a label is set, and which another tool applies in a way that takes it off again.

use std::collections::BTreeMap;

use crate::bind::{Capture, Distribution, Engine, GlobalService, Mesh, Service, Tenancy};
use crate::manifest::Labels;
use crate::report::codes::FC740;
use crate::report::{Finding, Findings};
use crate::source::Place;

/// What Flux puts on everything that a Kustomization applies (kustomize-controller: docs/spec/v1/kustomizations.md).
const KUSTOMIZATION: &str = "kustomize.toolkit.fluxcd.io/name";
/// How Argo CD is told to apply one object (argo-cd: docs/user-guide/sync-options.md).
const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// As far as the inventory shows it: what is in git, or what `kubectl get` printed.
pub fn appliers(mesh: &Mesh, findings: &mut Findings) {
    let scope = match mesh.distribution {
        Distribution::Solo => ("solo.io/service-scope", "global"),
        Distribution::Upstream => ("istio.io/global", "true"),
    };
    let mut told = BTreeMap::new();
    for global in mesh.global_services.iter().filter(|global| !global.withdrawn) {
        let Some(service) = service(mesh, global) else { continue };
        let other = service.labels.get(scope.0).filter(|value| *value != scope.1).map(|value| {
            let why = format!("its own manifest says `{}: {value}`", scope.0);
            (why, "say it in one place: take the label out of the team's manifest, or the Service out of the Segment or VirtualDestination")
        });
        if let Some((why, help)) = other.or_else(|| taken_off(mesh, &service.labels, &service.annotations)) {
            let object = format!("Service/{}/{}", global.namespace, global.name);
            told.entry(service.place).or_insert((object, scope.0, why, help));
        }
    }
    let namespaces = mesh.clusters.iter().filter(|_| mesh.enrol).flat_map(|cluster| &cluster.namespaces);
    for (name, namespace) in namespaces {
        let enrolled =
            matches!(namespace.tenancy, Tenancy::Owned { .. }) && namespace.capture == Capture::Assumed;
        let Some(place) = namespace.place.filter(|_| enrolled) else { continue };
        if let Some((why, help)) = taken_off(mesh, &namespace.labels, &Labels::new()) {
            told.entry(place).or_insert((format!("Namespace/{name}"), "istio.io/dataplane-mode", why, help));
        }
    }
    for (place, (object, label, why, help)) in told {
        let place: Place = place;
        findings.push(
            Finding::new(FC740, format!("`{label}` is set on `{object}`, and {why}"))
                .at(place)
                .object(object)
                .help(help),
        );
    }
}

fn service<'m>(mesh: &'m Mesh, global: &GlobalService) -> Option<&'m Service> {
    mesh.cluster(global.cluster)?.namespaces.get(&global.namespace)?.services.get(&global.name)
}

/// Each engine has one field manager for all that it applies: of two of its own, each takes away what only the other says.
fn taken_off(mesh: &Mesh, labels: &Labels, annotations: &Labels) -> Option<(String, &'static str)> {
    match &mesh.delivery.as_ref()?.engine {
        Engine::Flux => {
            let name = labels.get(KUSTOMIZATION)?;
            let why = format!(
                "Kustomization `{name}` applies the object too: Flux lets the one take away what the other sets"
            );
            Some((why, "write the label into the team's own manifest, and leave it to that Kustomization"))
        }
        Engine::ArgoCd { .. } => {
            let options = annotations.get(SYNC_OPTIONS)?;
            let server_side = options.split(',').any(|option| option.trim() == "ServerSideApply=true");
            server_side.then(|| {
                let why = "its team's Application applies it server-side: Argo CD lets the one take away what the other sets";
                (why.to_owned(), "take `ServerSideApply=true` off the team's object, or write the label into its own manifest")
            })
        }
    }
}
