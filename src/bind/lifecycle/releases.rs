//! Installations → one Helm release per component and cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::fill::{Fill, contradictions, fill, fills};
use super::gateways::{GatewayRole, gateway_role, gateway_values, gateways, sidecar_gateway};
use super::installation::{Installation, Manager, installations};
use super::lockstep::check_lockstep;
use super::operator::chart_values;
use super::values::{merge, set_default};
use super::version::{newest, of_tag, range};
use super::{Component, Release};
use crate::admit::Admitted;
use crate::bind::clusters::{clusters_named, fleet};
use crate::bind::fleet::distribution;
use crate::bind::{Cluster, Distribution, ROOT_NAMESPACE};
use crate::kinds::Spot;
use crate::kinds::fleet::FleetSpec;
use crate::kinds::values::FreeForm;
use crate::report::{Finding, Findings, codes};
use crate::source::{Origin, Place};

/// Where each distribution has its charts.
const SOLO_CHARTS: &str = "oci://us-docker.pkg.dev/soloio-img/istio-helm";
const UPSTREAM_CHARTS: &str = "https://istio-release.storage.googleapis.com/charts";

/// The Helm releases of each cluster that lifecycle managers install something on, in order of installation.
///
/// Values are laid over each other in this order: the distribution's defaults; `istioOperatorSpec` of the
/// IstioLifecycleManager, then of the dedicated manager; that one's `values`; what fleetc fills in per cluster. A user's
/// value that contradicts the last is an error, an empty one is not. The clusters' trust is bound already.
pub fn bind_releases(
    fleet_name: &str,
    admitted: &Admitted,
    clusters: &[Cluster],
    findings: &mut Findings,
) -> BTreeMap<String, Vec<Release>> {
    let intents = &admitted.intents;
    let installations = installations(intents);
    let charts: Vec<Charts> = installations.iter().map(|entry| charts(entry, findings)).collect();
    let world = World {
        fleet_name,
        fleet: fleet(intents),
        clusters,
        trust_domains_differ: clusters
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if one.trust_domain != other.trust_domain)),
    };
    let mut releases = BTreeMap::new();
    for (index, cluster) in clusters.iter().enumerate() {
        let mut sole = |manager| sole(manager, index, &world, &installations, &charts, findings);
        let istio = sole(Manager::Istio);
        let managers = Managers { istio, cni: sole(Manager::Cni), ztunnel: sole(Manager::Ztunnel) };
        let mut own = component_releases(&world, cluster, &managers, findings);
        gateway_releases(&world, index, cluster, &managers, &installations, &mut own, findings);
        if !own.is_empty() {
            releases.insert(cluster.name.clone(), own);
        }
    }
    check_lockstep(clusters, &releases, findings);
    releases
}

/// What holds for all clusters.
pub struct World<'a> {
    /// The fleet's name.
    pub fleet_name: &'a str,
    /// What the Fleet says.
    pub fleet: Option<&'a FleetSpec>,
    /// The clusters.
    pub clusters: &'a [Cluster],
    /// Whether identities of several trust domains meet.
    pub trust_domains_differ: bool,
}

/// The managers of one cluster.
struct Managers<'a> {
    istio: Option<Chosen<'a>>,
    cni: Option<Chosen<'a>>,
    ztunnel: Option<Chosen<'a>>,
}

/// The installation of one manager for one cluster.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    installation: &'a Installation<'a>,
    charts: &'a Charts,
    default_revision: bool,
}

/// What an installation says about each chart.
type Charts = BTreeMap<Component, FreeForm>;

impl<'a> Managers<'a> {
    fn dedicated(&self, component: Component) -> Option<Chosen<'a>> {
        match component {
            Component::Cni => self.cni,
            Component::Ztunnel => self.ztunnel,
            Component::Base | Component::Istiod | Component::Gateway => None,
        }
    }

    /// The IstioLifecycleManager's installation, if it installs the component.
    fn common(&self, component: Component) -> Option<Chosen<'a>> {
        self.istio.filter(|chosen| chosen.installation.installs(component) == Some(true))
    }

    /// Whether the component is installed; the dedicated manager wins.
    fn install(&self, component: Component) -> bool {
        match self.dedicated(component) {
            Some(dedicated) => dedicated.installation.installs(component) == Some(true),
            None => self.common(component).is_some(),
        }
    }

    /// Those that have a say in the component, the stronger last.
    fn layers(&self, component: Component) -> Vec<Chosen<'a>> {
        self.common(component).into_iter().chain(self.dedicated(component)).collect()
    }

    /// The control plane's revision.
    fn revision(&self) -> Option<&'a str> {
        Some(self.istio?.installation.revision?.as_str())
    }

    fn namespace(&self, component: Component) -> String {
        let said = |chosen: &Chosen<'a>| chosen.installation.settings(component)?.namespace.as_ref();
        let layers = self.layers(component);
        let said = layers
            .iter()
            .rev()
            .find_map(said)
            .filter(|_| matches!(component, Component::Cni | Component::Ztunnel));
        said.map_or(ROOT_NAMESPACE, |namespace| namespace.as_str()).to_owned()
    }
}

fn charts(installation: &Installation<'_>, findings: &mut Findings) -> Charts {
    chart_values(installation, &mut |finding| findings.push(finding.object(&*installation.origin.name)))
}

/// The one installation of a manager's kind for a cluster; a second one is a finding.
fn sole<'a>(
    manager: Manager,
    cluster: usize,
    world: &World<'_>,
    installations: &'a [Installation<'a>],
    charts: &'a [Charts],
    findings: &mut Findings,
) -> Option<Chosen<'a>> {
    let mut all = installations.iter().zip(charts).filter(|(entry, _)| entry.manager == manager).filter_map(
        |(installation, charts)| {
            let named = |name: &str| clusters_named(name, world.clusters).contains(&cluster);
            let target = installation.clusters.iter().find(|target| named(target.name))?;
            Some((
                Chosen { installation, charts, default_revision: target.default_revision },
                target.name.place,
            ))
        },
    );
    let (first, place) = all.next()?;
    let name = world.clusters.get(cluster).map_or("", |cluster| &cluster.name);
    for (other, second) in all {
        let message = format!("cluster `{name}` has two {} installations", manager.kind());
        let finding = Finding::new(codes::FC702, message)
            .at(second)
            .because("the first one names it here", place)
            .help("a cluster runs one version of each component; remove it from one of the two");
        findings.push(finding.object(&*other.installation.origin.name));
    }
    Some(first)
}

fn component_releases(
    world: &World<'_>,
    cluster: &Cluster,
    managers: &Managers<'_>,
    findings: &mut Findings,
) -> Vec<Release> {
    let mut releases = Vec::new();
    for component in [Component::Base, Component::Cni, Component::Istiod, Component::Ztunnel] {
        if !managers.install(component) {
            continue;
        }
        let layers = managers.layers(component);
        let mut values = defaults(component, world.fleet);
        let per_cluster = Fill {
            component,
            cluster,
            revision: revision(component, managers, findings),
            default_revision: managers.istio.is_some_and(|chosen| chosen.default_revision),
            ztunnel_namespace: managers
                .install(Component::Ztunnel)
                .then(|| managers.namespace(Component::Ztunnel)),
        };
        let fixed = fills(world, &per_cluster);
        for Chosen { installation, charts, .. } in &layers {
            let place = installation.operator.map_or(installation.place, |operator| operator.place);
            let own = installation.values.map(|own| (own, installation.place));
            for (layer, place) in charts.get(&component).map(|layer| (layer, place)).into_iter().chain(own) {
                contradictions(layer, place, &installation.origin, &per_cluster, &fixed, findings);
                merge(&mut values, layer);
            }
        }
        fill(&mut values, world, &per_cluster, &fixed);
        let (chart, name) = names(component, per_cluster.revision);
        let mut origins = BTreeSet::from([cluster.origin.clone()]);
        origins.extend(layers.iter().map(|chosen| chosen.installation.origin.clone()));
        releases.push(Release {
            component,
            name,
            namespace: managers.namespace(component),
            chart: chart.to_owned(),
            repository: repository(layers.iter().rev().map(|chosen| chosen.installation), world.fleet),
            version: version(
                managers.dedicated(component).map(|chosen| chosen.installation),
                managers.istio.map(|chosen| chosen.installation),
                managers.common(component).is_some(),
                world.fleet,
                findings,
            ),
            values: values.into(),
            origins,
        });
    }
    releases
}

/// The chart's name, and the release's as Istio's and Solo's documentation have it.
fn names(component: Component, revision: Option<&str>) -> (&'static str, String) {
    match component {
        Component::Base => ("base", "istio-base".to_owned()),
        Component::Cni => ("cni", "istio-cni".to_owned()),
        Component::Istiod => {
            ("istiod", revision.map_or("istiod".to_owned(), |revision| format!("istiod-{revision}")))
        }
        Component::Ztunnel => ("ztunnel", "ztunnel".to_owned()),
        Component::Gateway => ("gateway", "gateway".to_owned()),
    }
}

/// ztunnel finds its control plane by revision, so it has none of its own beside one.
fn revision<'a>(component: Component, managers: &Managers<'a>, findings: &mut Findings) -> Option<&'a str> {
    let own = managers.dedicated(component).and_then(|chosen| chosen.installation.revision);
    let Some(istio) = managers.istio else { return own.map(|own| own.as_str()) };
    let (Component::Ztunnel, Some(own)) = (component, own) else {
        return own.map(|own| own.as_str()).or(managers.revision());
    };
    if managers.revision() != Some(own.as_str()) {
        let message = format!("ztunnel would look for a control plane of revision `{own}`");
        let because = match managers.revision() {
            Some(revision) => format!("the control plane has revision `{revision}`"),
            None => "the control plane has no revision".to_owned(),
        };
        let place = istio.installation.revision.map_or(istio.installation.place, |revision| revision.place);
        let finding = Finding::new(codes::FC115, message).at(own.place).because(because, place);
        findings.push(finding.help("leave `revision` out: it is filled in"));
    }
    managers.revision()
}

/// The first that is set: `version` or `istioOperatorSpec.tag` of the dedicated manager, of the IstioLifecycleManager,
/// `Fleet.istioVersion`, a revision read as a minor, the newest known.
fn version(
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

/// The version of a cluster's control plane: the release's, else the Fleet's, else the newest that is known.
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
fn repository<'a>(managers: impl Iterator<Item = &'a Installation<'a>>, fleet: Option<&FleetSpec>) -> String {
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
fn defaults(component: Component, fleet: Option<&FleetSpec>) -> FreeForm {
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

/// The north-south gateways of a cluster; those of the sidecar era are refused, the east-west one is no release.
fn gateway_releases(
    world: &World<'_>,
    index: usize,
    cluster: &Cluster,
    managers: &Managers<'_>,
    installations: &[Installation<'_>],
    releases: &mut Vec<Release>,
    findings: &mut Findings,
) {
    let names_cluster = |entry: &&Installation<'_>| {
        entry.clusters.iter().any(|target| clusters_named(target.name, world.clusters).contains(&index))
    };
    for entry in installations.iter().filter(|entry| entry.manager == Manager::Gateway).filter(names_cluster)
    {
        for (gateway, list) in gateways(entry.operator) {
            let mut report = |finding: Finding| findings.push(finding.object(&*entry.origin.name));
            match gateway_role(gateway) {
                GatewayRole::EastWest => continue,
                GatewayRole::SidecarEastWest => {
                    report(sidecar_gateway(gateway));
                    continue;
                }
                GatewayRole::NorthSouth => {}
            }
            if releases.iter().any(|release| release.name == gateway.name.value) {
                let message = format!("cluster `{}` has two releases named `{}`", cluster.name, gateway.name);
                let help = "give one of them another name";
                report(Finding::new(codes::FC201, message).at(gateway.name.place).help(help));
                continue;
            }
            let mut values = gateway_values(entry, gateway, list, &mut report);
            let revision = entry.revision.map(|revision| revision.as_str()).or(managers.revision());
            if let Some(revision) = revision {
                set_default(&mut values, "revision", revision);
            }
            let namespace = gateway.namespace.as_ref();
            releases.push(Release {
                component: Component::Gateway,
                name: gateway.name.value.clone(),
                namespace: namespace.map_or(ROOT_NAMESPACE, |namespace| namespace.as_str()).to_owned(),
                chart: "gateway".to_owned(),
                repository: repository(std::iter::once(entry), world.fleet),
                version: version(
                    Some(entry),
                    managers.istio.map(|chosen| chosen.installation),
                    false,
                    world.fleet,
                    findings,
                ),
                values: values.into(),
                origins: BTreeSet::from([cluster.origin.clone(), entry.origin.clone()]),
            });
        }
    }
}
