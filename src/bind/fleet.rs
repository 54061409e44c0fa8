//! The Fleet object, and what is true of the fleet as a whole.

use std::collections::BTreeSet;

use super::mesh::{Cluster, Distribution, RemoteSecrets, Waiver};
use crate::admit::Admitted;
use crate::kinds::certificate_authority::{StoreKind, StoreReference};
use crate::kinds::{self, FleetSpec, Intents};
use crate::report::codes::{self, FC204, FC205, FC208, FC210};
use crate::report::{Finding, Findings, Level, closest};

/// Errors that a waiver may accept: where the SPEC says "unless waived", and steps from one state to the next, whose price
/// may be known and paid. Waiving any other one would skip what was meant.
const WAIVABLE: &[&str] = &["FC303", "FC444", "FC620", "FC621", "FC622", "FC634", "FC705", "FC706"];

/// A writer of `cacerts` that a build leaves behind, as only the writer of trees names it: `Kind/<cluster>/istio-system/cacerts`.
fn is_left_behind(id: &str, object: &str) -> bool {
    id == "FC602" && object.ends_with("/istio-system/cacerts") && object.split('/').count() == 4
}

/// At most one Fleet, named as the folder.
pub fn check_fleet(name: &str, intents: &Intents, findings: &mut Findings) {
    let mut fleets = intents.fleets.iter();
    let Some(first) = fleets.next() else { return };
    if first.name.value != name {
        findings.push(
            Finding::new(FC204, format!("the Fleet is named `{}`, but its folder `{name}`", first.name.value))
                .at(first.place)
                .help("a fleet is named by its folder, from which the paths of its output follow: rename one of them"),
        );
    }
    for other in fleets {
        findings.push(
            Finding::new(FC204, "a fleet directory holds one Fleet at most")
                .at(other.place)
                .because("the first one", first.place)
                .help("merge them"),
        );
    }
}

/// Whose Istio runs.
pub fn distribution(fleet: Option<&FleetSpec>) -> Distribution {
    match fleet.and_then(|fleet| fleet.distribution).map(|said| said.value) {
        None | Some(kinds::fleet::Distribution::Solo) => Distribution::Solo,
        Some(kinds::fleet::Distribution::Upstream) => Distribution::Upstream,
    }
}

/// Where the kubeconfigs of the clusters are kept (SPEC section 3).
pub fn remote_secrets(fleet: Option<&FleetSpec>) -> RemoteSecrets {
    let mut found = RemoteSecrets::default();
    let Some(said) = fleet.and_then(|fleet| fleet.remote_secrets.as_ref()) else { return found };
    if let Some(reference) = &said.store_ref {
        (found.store_kind, found.store) = store(reference);
    }
    if let Some(prefix) = &said.key_prefix {
        found.key_prefix = prefix.value.clone();
    }
    found
}

/// The kind and name of a secret store.
pub fn store(reference: &StoreReference) -> (String, String) {
    let kind = reference.kind.map_or(StoreKind::ClusterSecretStore, |kind| *kind);
    (kind.text().to_owned(), reference.name.value.clone())
}

/// A folder below `clusters/` is a reference to a cluster.
pub fn check_folders(admitted: &Admitted, clusters: &[Cluster], findings: &mut Findings) {
    let mut said = BTreeSet::new();
    for object in &admitted.inventory {
        let Some(folder) = object.scope.cluster() else { continue };
        if clusters.iter().any(|cluster| cluster.name == folder) || !said.insert(folder.to_owned()) {
            continue;
        }
        let names = clusters.iter().map(|cluster| cluster.name.as_str());
        let help = closest(folder, names).map_or_else(
            || "write the KubernetesCluster, or move the files".to_owned(),
            |near| format!("did you mean `clusters/{near}/`?"),
        );
        findings.push(
            Finding::new(FC205, format!("folder `clusters/{folder}/` is of no KubernetesCluster"))
                .at(object.place)
                .help(help),
        );
    }
}

/// What is not rendered because the fleet has no object that asks for it.
pub fn absent(intents: &Intents, findings: &mut Findings) {
    let no_lifecycle = intents.istio_lifecycle_managers.is_empty()
        && intents.ztunnel_lifecycle_managers.is_empty()
        && intents.cni_lifecycle_managers.is_empty();
    for (missing, kind, what) in [
        (no_lifecycle, "lifecycle manager", "no Helm release of Istio is rendered"),
        (
            intents.root_trust_policies.is_empty(),
            "RootTrustPolicy",
            "no `cacerts` is rendered, and each istiod signs for itself",
        ),
    ] {
        if missing {
            findings.push(Finding::new(FC208, format!("the fleet has no {kind}: {what}")));
        }
    }
}

/// The waivers of the Fleet; one for an error that may not be waived is itself one.
pub fn waivers(intents: &Intents, findings: &mut Findings) -> Vec<Waiver> {
    let mut waivers = Vec::new();
    for waiver in intents.fleets.iter().flat_map(|fleet| &fleet.spec.waivers) {
        let id = waiver.code.value.as_str();
        let finding = match codes::by_id(id) {
            None => Some((format!("no finding has the code `{id}`"), "`fleetc explain` lists the codes")),
            Some(code)
                if code.level == Level::Error
                    && !WAIVABLE.contains(&code.id)
                    && !is_left_behind(id, &waiver.object) =>
            {
                Some((
                    format!(
                        "{id} cannot be waived: it says that something cannot be rendered as it is meant"
                    ),
                    "mend what the finding is about",
                ))
            }
            Some(_) => None,
        };
        if let Some((message, help)) = finding {
            findings.push(Finding::new(FC210, message).at(waiver.code.place).help(help));
            continue;
        }
        waivers.push(Waiver {
            code: id.to_owned(),
            object: waiver.object.value.clone(),
            expires: waiver.expires.to_string(),
            place: waiver.place,
        });
    }
    waivers
}
