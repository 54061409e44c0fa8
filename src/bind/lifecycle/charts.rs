//! Where a release's chart comes from, in which version, and what its values start from.

use serde_json::json;

use super::installation::Installation;
use super::managers::Plan;
use super::values::set_default;
use super::version::{newest, of_tag, order, range};
use super::{Component, Release};
use crate::bind::fleet::distribution;
use crate::bind::{Distribution, ROOT_NAMESPACE};
use crate::kinds::Spot;
use crate::kinds::fleet::FleetSpec;
use crate::kinds::values::FreeForm;
use crate::report::{Finding, Findings, codes};
use crate::source::{Origin, Place};

/// Where each distribution has its charts.
const SOLO_CHARTS: &str = "oci://us-docker.pkg.dev/soloio-img/istio-helm";
const UPSTREAM_CHARTS: &str = "https://istio-release.storage.googleapis.com/charts";

/// The version of a release: of `base`, which all control planes share, the newest of them.
pub fn version(plan: &Plan<'_>, fleet: Option<&FleetSpec>, findings: &mut Findings) -> String {
    let control = plan.control.map(|chosen| chosen.installation);
    let dedicated = plan.dedicated.map(|chosen| chosen.installation);
    version_of(dedicated, control, plan.common().is_some(), fleet, findings)
}

/// The newest of several versions; the first, where one cannot be compared.
pub fn newest_of(versions: &[String]) -> Option<String> {
    let ordered: Option<Vec<_>> = versions.iter().map(|version| Some((order(version)?, version))).collect();
    let newest = ordered.and_then(|versions| versions.into_iter().max_by_key(|(order, _)| *order));
    newest.map(|(_, version)| version.clone()).or_else(|| versions.first().cloned())
}

/// The first that is set: `version` or `istioOperatorSpec.tag` of the dedicated manager, of the IstioLifecycleManager,
/// `Fleet.istioVersion`, a revision read as a minor, the newest known.
pub fn version_of(
    dedicated: Option<&Installation<'_>>,
    istio: Option<&Installation<'_>>,
    both_install: bool,
    fleet: Option<&FleetSpec>,
    findings: &mut Findings,
) -> String {
    let managers = || dedicated.into_iter().chain(istio);
    let said: Vec<(String, Place, &Origin)> = managers()
        .filter_map(|entry| {
            let spot = entry.explicit_version()?;
            let version = if entry.version.is_some() { spot.as_str() } else { of_tag(spot) };
            Some((version.to_owned(), spot.place, &entry.origin))
        })
        .collect();
    if both_install {
        disagree(&said, findings);
    }
    if let Some((version, ..)) = said.into_iter().next() {
        return version;
    }
    if let Some(version) = fleet.and_then(|fleet| fleet.istio_version.as_ref()) {
        return version.value.clone();
    }
    let ranges: Vec<(String, Place, &Origin)> = managers()
        .filter_map(|entry| entry.revision.map(|revision| (revision, entry)))
        .filter_map(|(revision, entry)| {
            Some((range(revision, distribution(fleet))?, revision.place, &entry.origin))
        })
        .collect();
    if both_install {
        disagree(&ranges, findings);
    }
    for (range, place, origin) in &ranges {
        let message = format!("the version is not pinned: the revision stands for any of `{range}`");
        let help = "write `version` beside it, or `istioVersion` in the Fleet";
        findings.push(Finding::new(codes::FC701, message).at(*place).help(help).object(&*origin.name));
    }
    ranges.into_iter().next().map_or_else(|| newest(distribution(fleet)).to_owned(), |(range, ..)| range)
}

/// The version of a cluster's control plane, the default one first: the release's, else the Fleet's, else the newest that
/// is known.
pub fn istio_version(releases: &[Release], fleet: Option<&FleetSpec>) -> String {
    let installed = releases.iter().find(|release| release.component == Component::Istiod);
    let said = || fleet.and_then(|fleet| fleet.istio_version.as_ref()).map(|version| version.value.clone());
    let known = installed.map(|release| release.version.clone()).or_else(said);
    known.unwrap_or_else(|| newest(distribution(fleet)).to_owned())
}

fn disagree(said: &[(String, Place, &Origin)], findings: &mut Findings) {
    let [(version, place, origin), (other, because, by)] = said else { return };
    if version != other {
        let message = format!("version `{version}` meets another one of the same component");
        let finding = Finding::new(codes::FC702, message)
            .at(*place)
            .because(format!("`{}` says `{other}`", by.name), *because)
            .help("write one version in both, or let one of the two not install the component");
        findings.push(finding.object(&*origin.name));
    }
}

/// The first that is set: `helmGlobal.repo` of a manager, the Fleet's, the distribution's own.
pub fn repository<'a>(
    managers: impl Iterator<Item = &'a Installation<'a>>,
    fleet: Option<&FleetSpec>,
) -> String {
    let of_fleet = || fleet.and_then(|fleet| fleet.charts.as_ref()?.repository.as_ref());
    let said: Option<&Spot<String>> =
        managers.into_iter().find_map(|entry| entry.repository).or_else(of_fleet);
    let own = match distribution(fleet) {
        Distribution::Solo => SOLO_CHARTS,
        Distribution::Upstream => UPSTREAM_CHARTS,
    };
    said.map_or(own, |repository| repository.as_str()).trim_end_matches('/').to_owned()
}

/// What an ambient installation sets beside what its charts default to.
pub fn defaults(component: Component, fleet: Option<&FleetSpec>) -> FreeForm {
    match distribution(fleet) {
        Distribution::Solo => solo_defaults(component, fleet),
        Distribution::Upstream => upstream_defaults(component),
    }
}

/// Charts of all but `base` and `gateway` have the profile.
fn upstream_defaults(component: Component) -> FreeForm {
    let mut values = FreeForm::new();
    if !matches!(component, Component::Base | Component::Gateway) {
        set_default(&mut values, "profile", "ambient");
    }
    values
}

/// What Solo's charts take besides. Peering and Segments rest on `platforms.peering`
/// and on ServiceEntries selecting no WorkloadEntries of Kubernetes; the licence is a Secret by name, never its text.
fn solo_defaults(component: Component, fleet: Option<&FleetSpec>) -> FreeForm {
    let license = fleet.and_then(|fleet| fleet.license.as_ref()?.secret_ref.as_ref());
    let mut values = match component {
        Component::Base | Component::Gateway => json!({}),
        Component::Cni => json!({
            "profile": "ambient",
            "ambient": {"dnsCapture": true},
            "excludeNamespaces": [ROOT_NAMESPACE, "kube-system"],
        }),
        Component::Istiod => json!({
            "profile": "ambient",
            "env": {"PILOT_ENABLE_IP_AUTOALLOCATE": "true", "PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES": "false"},
            "platforms": {"peering": {"enabled": true}},
        }),
        Component::Ztunnel => json!({"profile": "ambient", "env": {"L7_ENABLED": "true"}}),
    };
    if let (Component::Istiod, Some(secret), Some(values)) = (component, license, values.as_object_mut()) {
        let fields = [
            ("name", Some(&secret.name)),
            ("namespace", secret.namespace.as_ref()),
            ("key", secret.key.as_ref()),
        ];
        for (field, spot) in fields {
            if let Some(spot) = spot {
                set_default(values, &format!("license.secretRef.{field}"), spot.value.as_str());
            }
        }
    }
    values.as_object().cloned().unwrap_or_default()
}
