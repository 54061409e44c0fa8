//! The Fleet's `observability` → [`Observability`], and what it needs in the clusters that fleetc does not install.

use std::collections::{BTreeMap, BTreeSet};

use super::fleet::{remote_secrets, store};
use super::mesh::{Cluster, ClusterId, Console, Dashboards, Login, Measures, Observability, RemoteSecrets};
use super::tenancy::unknown_cluster;
use crate::kinds::observability::{Kiali, KialiLogin, Observability as Said};
use crate::kinds::{FleetSpec, Intents, Object, Spot};
use crate::report::codes::{FC718, FC719};
use crate::report::{Finding, Findings, closest};
use crate::source::{Origin, Place};

/// What the clusters are asked to tell of themselves; `None` unless the Fleet asks.
pub fn bind_observability(
    intents: &Intents,
    clusters: &[Cluster],
    findings: &mut Findings,
) -> Option<Observability> {
    let fleet = intents.fleets.first()?;
    let said = fleet.spec.observability.as_ref()?;
    let or = |said: &Option<Spot<String>>, default: &str| {
        said.as_ref().map_or(default, |said| said.as_str()).to_owned()
    };
    let observability = Observability {
        origin: Origin::new(&fleet.reference("Fleet"), fleet.place),
        named: said.telemetry,
        measures: said.prometheus.as_ref().map(|prometheus| Measures {
            namespace: or(&prometheus.namespace, "monitoring"),
            labels: prometheus.labels.clone(),
        }),
        dashboards: said.grafana.as_ref().map(|grafana| {
            let named = grafana.clusters.iter().filter_map(|name| named(name, fleet, clusters, findings));
            let named: BTreeSet<ClusterId> = named.collect();
            let all = || (0..clusters.len()).map(ClusterId).collect();
            Dashboards {
                namespace: or(&grafana.namespace, "monitoring"),
                clusters: if grafana.clusters.is_empty() { all() } else { named },
            }
        }),
        console: said.kiali.as_ref().and_then(|kiali| {
            Some(Console {
                cluster: named(&kiali.cluster, fleet, clusters, findings)?,
                namespace: or(&kiali.namespace, "istio-system"),
                metrics_url: kiali.prometheus_url.value.clone(),
                login: login(kiali),
                secrets: secrets(&fleet.spec, kiali),
            })
        }),
    };
    needs(intents, fleet, said, &observability, clusters, findings);
    Some(observability)
}

fn named(
    name: &Spot<String>,
    fleet: &Object<FleetSpec>,
    clusters: &[Cluster],
    findings: &mut Findings,
) -> Option<ClusterId> {
    let found = clusters.iter().position(|cluster| cluster.name == **name);
    if found.is_none() {
        findings.push(unknown_cluster(name, name.place, clusters).object(fleet.reference("Fleet")));
    }
    found.map(ClusterId)
}

fn login(kiali: &Kiali) -> Login {
    match (&kiali.login.value, &kiali.openid) {
        (KialiLogin::OpenId, Some(provider)) => Login::OpenId {
            issuer: provider.issuer_uri.value.clone(),
            client: provider.client_id.value.clone(),
        },
        (KialiLogin::OpenShift, _) => Login::OpenShift,
        // `openid` without a provider was refused by the reader
        (KialiLogin::Anonymous | KialiLogin::OpenId, _) => Login::Anonymous,
    }
}

/// The store is that of the remote secrets unless another is named. The keys differ: what the console reads with may
/// read less than a control plane.
fn secrets(fleet: &FleetSpec, kiali: &Kiali) -> RemoteSecrets {
    let said = kiali.secrets.as_ref();
    let (store_kind, store) = match said.and_then(|secrets| secrets.store_ref.as_ref()) {
        Some(reference) => store(reference),
        None => {
            let remote = remote_secrets(Some(fleet));
            (remote.store_kind, remote.store)
        }
    };
    let prefix = said.and_then(|secrets| secrets.key_prefix.as_ref());
    RemoteSecrets {
        store_kind,
        store,
        key_prefix: prefix.map_or("kiali-remote-secret/", |prefix| prefix.as_str()).to_owned(),
    }
}

/// What a cluster needs, by the name that `installed` takes, the field that asks for it, and where that stands.
type Need = (&'static str, &'static str, Place);

fn of(id: ClusterId, said: &Said, observability: &Observability, several: bool) -> Vec<Need> {
    let mut needs = Vec::new();
    if let Some(prometheus) = &said.prometheus {
        needs.push(("prometheus-operator", "prometheus", prometheus.place));
    }
    let charted =
        observability.dashboards.as_ref().is_some_and(|dashboards| dashboards.clusters.contains(&id));
    if let Some(grafana) = said.grafana.as_ref().filter(|_| charted) {
        needs.push(("grafana", "grafana", grafana.place));
    }
    let home = observability.console.as_ref().is_some_and(|console| console.cluster == id);
    if let Some(kiali) = said.kiali.as_ref().filter(|_| home) {
        needs.push(("kiali-operator", "kiali", kiali.place));
        if several {
            needs.push(("external-secrets", "kiali", kiali.place));
        }
    }
    needs
}

/// Tells once what clusters need that do not say what is installed; where one says it, it has to be there: a stage that
/// holds a kind which the API server does not know is not applied at all.
fn needs(
    intents: &Intents,
    fleet: &Object<FleetSpec>,
    said: &Said,
    observability: &Observability,
    clusters: &[Cluster],
    findings: &mut Findings,
) {
    let mut silent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (index, cluster) in clusters.iter().enumerate() {
        let object = intents.kubernetes_clusters.iter().find(|object| *object.name == cluster.name);
        let installed = object.map_or(&[][..], |object| object.spec.installed.as_slice());
        for (operator, field, place) in of(ClusterId(index), said, observability, clusters.len() > 1) {
            let Some(first) = installed.first() else {
                silent.entry(operator).or_default().push(&cluster.name);
                continue;
            };
            if installed.iter().any(|said| **said == operator) {
                continue;
            }
            let near = closest(operator, installed.iter().map(|said| said.as_str()));
            let message = format!(
                "cluster `{}` has no `{operator}` installed, which `observability.{field}` needs",
                cluster.name
            );
            let finding = Finding::new(FC719, message).at(first.place).object(&*cluster.origin.name);
            findings.push(finding.because("the Fleet asks for it", place).help(near.map_or_else(
                || format!("install it, then add `{operator}` to `installed`"),
                |near| format!("if `{near}` means it, write `{operator}`"),
            )));
        }
    }
    if silent.is_empty() {
        return;
    }
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let lines: Vec<String> = silent
        .iter()
        .map(|(operator, clusters)| match clusters.as_slice() {
            few @ ([_] | [_, _] | [_, _, _]) => format!("`{operator}` in {}", quoted(few)),
            many => format!("`{operator}` in {} clusters", many.len()),
        })
        .collect();
    let operators: Vec<&str> = silent.keys().copied().collect();
    findings.push(
        Finding::new(FC718, format!("what `observability` renders needs {}", quoted(&operators)))
            .at(said.place)
            .object(fleet.reference("Fleet"))
            .help(format!(
                "{}\nhave it there before the first sync, and say so in `installed` of the KubernetesClusters, which ends this note",
                lines.join("; ")
            )),
    );
}
