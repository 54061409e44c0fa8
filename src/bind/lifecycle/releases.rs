//! Installations → one Helm release per component and cluster, of istiod one per revision.

use std::collections::{BTreeMap, BTreeSet};

use super::chart_values::unread;
use super::charts::{defaults, newest_of, repository, version, version_of};
use super::fill::{Fill, contradictions, fill, fills};
use super::gateways::{GatewayRole, gateway_role, gateway_values, gateways, sidecar_gateway};
use super::installation::{Installation, Manager, installations};
use super::lockstep::check_lockstep;
use super::managers::{Charts, Chosen, Managers, Plan, charts};
use super::revisions::{check_gateway_revision, check_revisions};
use super::values::{merge, set_default};
use super::{Component, Release};
use crate::admit::Admitted;
use crate::bind::clusters::{clusters_named, fleet};
use crate::bind::{Cluster, ROOT_NAMESPACE};
use crate::kinds::fleet::FleetSpec;
use crate::report::{Finding, Findings, codes};

/// The Helm releases of each cluster that lifecycle managers install something on, in order of installation; of several
/// control planes the default one comes first.
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
        let managers = Managers::of_cluster(index, clusters, &installations, &charts, findings);
        let mut own = component_releases(&world, cluster, &managers, findings);
        gateway_releases(&world, index, cluster, &managers, &installations, &mut own, findings);
        if !own.is_empty() {
            releases.insert(cluster.name.clone(), own);
        }
    }
    check_revisions(clusters, &releases, &installations, findings);
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

fn component_releases(
    world: &World<'_>,
    cluster: &Cluster,
    managers: &Managers<'_>,
    findings: &mut Findings,
) -> Vec<Release> {
    let mut releases = Vec::new();
    let plans = managers.plans();
    let ztunnel = plans.iter().find(|plan| plan.component == Component::Ztunnel).map(Plan::namespace);
    for plan in &plans {
        let per_cluster = Fill {
            component: plan.component,
            cluster,
            revision: plan.revision(findings),
            default_revision: plan.control.is_some_and(|chosen| chosen.is_default),
            ztunnel_namespace: ztunnel.clone(),
        };
        let mut release = component_release(world, plan, &per_cluster, findings);
        release.retires =
            plan.component == Component::Istiod && managers.istio.len() > 1 && !per_cluster.default_revision;
        releases.push(release);
    }
    let control: Vec<String> = releases
        .iter()
        .filter(|release| release.component == Component::Istiod)
        .map(|release| release.version.clone())
        .collect();
    if let (Some(newest), true) = (newest_of(&control), control.len() > 1) {
        // definitions serve all control planes: of the newest there are all, and the older ones are kept
        for base in releases.iter_mut().filter(|release| release.component == Component::Base) {
            base.version.clone_from(&newest);
        }
    }
    releases
}

fn component_release(
    world: &World<'_>,
    plan: &Plan<'_>,
    per_cluster: &Fill<'_>,
    findings: &mut Findings,
) -> Release {
    let component = plan.component;
    let layers = plan.layers();
    let mut values = defaults(component, world.fleet);
    let fixed = fills(world, per_cluster);
    for Chosen { installation, charts, .. } in &layers {
        let place = installation.operator.map_or(installation.place, |operator| operator.place);
        let own = installation.values.map(|own| (own, installation.place));
        for (layer, place) in charts.get(&component).map(|layer| (layer, place)).into_iter().chain(own) {
            contradictions(layer, place, &installation.origin, per_cluster, &fixed, findings);
            merge(&mut values, layer);
        }
    }
    fill(&mut values, world, per_cluster, &fixed);
    let version = version(plan, world.fleet, findings);
    for row in unread(component, &version, &values) {
        let layer = layers.last().map(|chosen| chosen.installation);
        let place = layer.and_then(|layer| layer.operator).map(|operator| operator.place);
        let finding = Finding::new(
            codes::FC703,
            format!(
                "chart `{}` of version `{version}` does not read `{}`",
                names(component, None).0,
                row.path
            ),
        )
        .at(place.or(layer.map(|layer| layer.place)).unwrap_or(per_cluster.cluster.origin.place))
        .help(format!("it does {}; remove the setting, or take a newer version", row.since_when()));
        findings.push(finding.object(&*per_cluster.cluster.origin.name));
    }
    let (chart, name) = names(component, per_cluster.revision);
    let mut origins = BTreeSet::from([per_cluster.cluster.origin.clone()]);
    origins.extend(layers.iter().map(|chosen| chosen.installation.origin.clone()));
    Release {
        component,
        name,
        revision: per_cluster.revision.map(str::to_owned),
        namespace: plan.namespace(),
        chart: chart.to_owned(),
        repository: repository(layers.iter().rev().map(|chosen| chosen.installation), world.fleet),
        version,
        values: values.into(),
        origins,
        retires: false,
    }
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
            check_gateway_revision(cluster, entry, releases, &mut report);
            let main = managers.main().and_then(|main| main.revision());
            let revision = entry.revision.map(|revision| revision.as_str()).or(main);
            if let Some(revision) = revision {
                set_default(&mut values, "revision", revision);
            }
            let namespace = gateway.namespace.as_ref();
            releases.push(Release {
                component: Component::Gateway,
                name: gateway.name.value.clone(),
                revision: revision.map(str::to_owned),
                namespace: namespace.map_or(ROOT_NAMESPACE, |namespace| namespace.as_str()).to_owned(),
                chart: "gateway".to_owned(),
                repository: repository(std::iter::once(entry), world.fleet),
                version: version_of(
                    Some(entry),
                    managers.main().map(|chosen| chosen.installation),
                    false,
                    world.fleet,
                    findings,
                ),
                values: values.into(),
                origins: BTreeSet::from([cluster.origin.clone(), entry.origin.clone()]),
                retires: false,
            });
        }
    }
}
