//! IstioOperator's API → values of Istio's Helm charts, as of 1.26 to 1.30 (istio/istio, manifests/charts).
//!
//! The operator rendered older charts from one tree of values; the Helm charts each have a tree of their own, in which the
//! component's settings stand at the top. What has no counterpart there is refused by name, never dropped.

use std::collections::BTreeMap;

use serde_json::json;

use super::Component;
use super::installation::{Installation, Manager};
use super::values::{get, merge, merge_from, set};
use crate::bind::ROOT_NAMESPACE;
use crate::kinds::istio_operator::{Component as Settings, IstioOperatorSpec, KubernetesSettings};
use crate::kinds::values::FreeForm;
use crate::report::{Finding, closest, codes};
use crate::source::Place;

/// Values of `global` that chart `cni` reads.
const CNI_GLOBALS: [&str; 11] = [
    "defaultResources",
    "hub",
    "imagePullPolicy",
    "imagePullSecrets",
    "logAsJson",
    "logging",
    "nativeNftables",
    "networkPolicy",
    "platform",
    "tag",
    "variant",
];

/// Values of `global` that chart `ztunnel` has at its top.
const ZTUNNEL_GLOBALS: [&str; 7] =
    ["hub", "imagePullPolicy", "imagePullSecrets", "logAsJson", "platform", "tag", "variant"];

/// Values that chart `istiod` reads at its top under the operator's own name; `pilot` moves to the top as well.
const ISTIOD: [&str; 16] = [
    "base",
    "compatibilityVersion",
    "experimental",
    "gatewayClasses",
    "global",
    "istiodRemote",
    "license",
    "meshConfig",
    "ownerName",
    "platform",
    "platforms",
    "profile",
    "revision",
    "revisionTags",
    "sidecarInjectorWebhook",
    "telemetry",
];

/// What an installation says about the charts of its components.
pub fn chart_values(
    installation: &Installation<'_>,
    report: &mut impl FnMut(Finding),
) -> BTreeMap<Component, FreeForm> {
    let mut charts = BTreeMap::new();
    let Some(operator) = installation.operator else { return charts };
    check(installation, operator, report);
    let mut given = FreeForm::new();
    merge(&mut given, &operator.values);
    merge(&mut given, &operator.unvalidated_values);
    for component in components(installation.manager) {
        let mut values = match component {
            Component::Base => base(&given),
            Component::Istiod => istiod(operator, &given),
            Component::Cni => cni(operator, &given),
            Component::Ztunnel => ztunnel(operator, &given),
            Component::Gateway => FreeForm::new(),
        };
        if let Some(settings) = installation.settings(*component) {
            component_settings(*component, settings, &mut values, report);
        }
        charts.insert(*component, values);
    }
    charts
}

/// The components that a manager may install, in order of installation.
pub fn components(manager: Manager) -> &'static [Component] {
    match manager {
        Manager::Istio => &[Component::Base, Component::Cni, Component::Istiod, Component::Ztunnel],
        Manager::Cni => &[Component::Cni],
        Manager::Ztunnel => &[Component::Ztunnel],
        Manager::Gateway => &[],
    }
}

/// The finding about a setting without counterpart.
pub fn refused(path: &str, place: Place) -> Finding {
    Finding::new(codes::FC703, format!("`{path}` has no counterpart in Istio's Helm charts"))
        .at(place)
        .help("set the chart's own value under `values`, or remove the setting")
}

/// The settings of pods that all charts but `base` know by one name. The charts take `env` as a mapping.
pub fn pod_settings(settings: &KubernetesSettings, values: &mut FreeForm) {
    for variable in &settings.env {
        let mut env = FreeForm::new();
        env.insert(variable.name.value.clone(), json!(variable.value.value));
        merge(values, &FreeForm::from_iter([("env".to_owned(), env.into())]));
    }
    let given = [
        ("resources", !settings.resources.is_empty(), json!(settings.resources)),
        ("tolerations", !settings.tolerations.is_empty(), json!(settings.tolerations)),
        ("affinity", !settings.affinity.is_empty(), json!(settings.affinity)),
        ("nodeSelector", !settings.node_selector.is_empty(), json!(settings.node_selector)),
        ("podAnnotations", !settings.pod_annotations.is_empty(), json!(settings.pod_annotations)),
    ];
    for (path, given, value) in given {
        if given {
            set(values, path, value);
        }
    }
}

/// Chart `base`: `base.*`, `defaultRevision`.
fn base(given: &FreeForm) -> FreeForm {
    pick(given, &["base", "defaultRevision"])
}

/// Chart `istiod`: `values.pilot.*` at the top, `global.{hub, tag}`, `meshConfig`. Sidecars leave their init container
/// out where the CNI plugin is (`cni.enabled`), as the operator had it.
fn istiod(operator: &IstioOperatorSpec, given: &FreeForm) -> FreeForm {
    let mut values = images(operator, "global.");
    merge(&mut values, &pick(given, &ISTIOD));
    merge(&mut values, &FreeForm::from_iter([("meshConfig".to_owned(), json!(operator.mesh_config))]));
    if operator.mesh_config.is_empty() && get(given, "meshConfig").is_none() {
        values.remove("meshConfig");
    }
    let cni = operator.components.as_ref().and_then(|components| components.cni.as_ref()?.enabled);
    if cni.is_some_and(|enabled| enabled.value) {
        set(&mut values, "cni.enabled", true);
    }
    merge_from(&mut values, given, "pilot");
    values
}

/// Chart `cni`: `values.cni.*` at the top, some of `global`.
fn cni(operator: &IstioOperatorSpec, given: &FreeForm) -> FreeForm {
    let mut values = images(operator, "global.");
    for name in CNI_GLOBALS {
        if let Some(value) = get(given, &format!("global.{name}")) {
            set(&mut values, &format!("global.{name}"), value.clone());
        }
    }
    merge(&mut values, &pick(given, &["platform", "profile"]));
    merge_from(&mut values, given, "cni");
    values
}

/// Chart `ztunnel`: `values.ztunnel.*` at the top, and there too what others have under `global`.
fn ztunnel(operator: &IstioOperatorSpec, given: &FreeForm) -> FreeForm {
    let mut values = images(operator, "");
    for name in ZTUNNEL_GLOBALS {
        if let Some(value) = get(given, &format!("global.{name}")) {
            set(&mut values, name, value.clone());
        }
    }
    merge(&mut values, &pick(given, &["platform", "profile"]));
    merge_from(&mut values, given, "ztunnel");
    values
}

fn images(operator: &IstioOperatorSpec, prefix: &str) -> FreeForm {
    let mut values = FreeForm::new();
    for (name, spot) in [("hub", &operator.hub), ("tag", &operator.tag)] {
        if let Some(spot) = spot {
            set(&mut values, &format!("{prefix}{name}"), spot.value.as_str());
        }
    }
    values
}

fn pick(given: &FreeForm, names: &[&str]) -> FreeForm {
    let picked = given.iter().filter(|(name, _)| names.contains(&name.as_str()));
    picked.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// `components.<component>`: the charts have `hub` and `tag` of a component at the top.
fn component_settings(
    component: Component,
    settings: &Settings,
    values: &mut FreeForm,
    report: &mut impl FnMut(Finding),
) {
    let name = operator_name(component);
    let mut refuse = |field: &str, place| report(refused(&format!("components.{name}.{field}"), place));
    for (field, spot) in [("hub", &settings.hub), ("tag", &settings.tag)] {
        match spot {
            Some(spot) if component == Component::Base => refuse(field, spot.place),
            Some(spot) => set(values, field, spot.value.as_str()),
            None => {}
        }
    }
    let Some(k8s) = &settings.k8s else { return };
    if component == Component::Base {
        return refuse("k8s", k8s.place);
    }
    if component == Component::Cni && !k8s.node_selector.is_empty() {
        refuse("k8s.nodeSelector", k8s.place);
    }
    if let Some(service) = &k8s.service {
        refuse("k8s.service", service.place);
    }
    pod_settings(k8s, values);
    match (component, k8s.replica_count) {
        (Component::Istiod, Some(count)) => set(values, "replicaCount", count.value),
        (_, Some(count)) => refuse("k8s.replicaCount", count.place),
        (_, None) => {}
    }
    match component {
        _ if k8s.service_annotations.is_empty() => {}
        Component::Istiod => set(values, "serviceAnnotations", json!(k8s.service_annotations)),
        _ => refuse("k8s.serviceAnnotations", k8s.place),
    }
}

/// Refuses what the manager does not install, or the charts cannot say.
fn check(installation: &Installation<'_>, operator: &IstioOperatorSpec, report: &mut impl FnMut(Finding)) {
    let manager = installation.manager;
    let read: &[&str] = match manager {
        Manager::Istio => &["cni", "defaultRevision", "gateways", "pilot", "ztunnel"],
        Manager::Cni => &["cni", "global", "platform", "profile"],
        Manager::Ztunnel => &["global", "platform", "profile", "ztunnel"],
        Manager::Gateway => &["gateways", "global"],
    };
    let known = |key: &str| read.contains(&key) || manager == Manager::Istio && ISTIOD.contains(&key);
    let keys = operator.values.keys().chain(operator.unvalidated_values.keys());
    for key in keys.filter(|key| !known(key)) {
        let finding = refused(&format!("values.{key}"), operator.place);
        let all = read.iter().chain(ISTIOD.iter().filter(|name| known(name)));
        report(match closest(key, all.copied()) {
            Some(meant) => finding.help(format!("did you mean `values.{meant}`?")),
            None => finding,
        });
    }
    if manager != Manager::Istio && !operator.mesh_config.is_empty() {
        let message = format!("kind `{}` installs nothing that reads `meshConfig`", manager.kind());
        let help = "set it in the IstioLifecycleManager";
        report(Finding::new(codes::FC112, message).at(operator.place).help(help));
    }
    check_profile(manager, operator, report);
    check_components(installation, operator, report);
    check_root(operator, report);
}

/// The charts know no `minimal`, `default` or `empty`; the control planes those stand for serve no ztunnel.
fn check_profile(manager: Manager, operator: &IstioOperatorSpec, report: &mut impl FnMut(Finding)) {
    let Some(profile) = operator.profile.as_ref().filter(|_| manager != Manager::Gateway) else { return };
    if profile.value != "ambient" {
        let message = format!("profile `{profile}` has no counterpart in an ambient mesh");
        let help = "write `profile: ambient`, and disable under `components` what is not to be installed";
        report(Finding::new(codes::FC703, message).at(profile.place).help(help));
    }
}

fn check_components(
    installation: &Installation<'_>,
    operator: &IstioOperatorSpec,
    report: &mut impl FnMut(Finding),
) {
    let manager = installation.manager;
    let mut misplaced = |name: &str, place: Place, owner: &str| {
        let message = format!("`components.{name}` is not for kind `{}` to install", manager.kind());
        let help = format!("move it to {owner}, or write `enabled: false`");
        report(Finding::new(codes::FC112, message).at(place).help(help));
    };
    let Some(all) = &operator.components else { return };
    let is_on = |settings: &&Settings| settings.enabled.is_some_and(|enabled| enabled.value);
    if let Some(remote) = all.istiod_remote.as_ref().filter(is_on) {
        misplaced("istiodRemote", remote.place, "each cluster's own istiod");
    }
    for component in [Component::Base, Component::Cni, Component::Istiod, Component::Ztunnel] {
        let settings = installation.settings(component).filter(is_on);
        if let Some(settings) = settings.filter(|_| !components(manager).contains(&component)) {
            misplaced(operator_name(component), settings.place, "an IstioLifecycleManager");
        }
    }
    if manager != Manager::Gateway {
        for (gateway, list) in super::gateways::gateways(Some(operator)) {
            misplaced(list.name(), gateway.name.place, "a GatewayLifecycleManager");
        }
    }
}

/// Policy, peers and trust all rest on the root namespace's name.
fn check_root(operator: &IstioOperatorSpec, report: &mut impl FnMut(Finding)) {
    let pilot = operator.components.as_ref().and_then(|components| components.pilot.as_ref());
    let namespaces = [operator.namespace.as_ref(), pilot.and_then(|pilot| pilot.namespace.as_ref())];
    let values = [(&operator.mesh_config, "rootNamespace"), (&operator.values, "global.istioNamespace")];
    let spots = namespaces.into_iter().flatten().map(|spot| (spot.value.clone(), spot.place));
    let texts = values
        .into_iter()
        .filter_map(|(values, path)| Some((super::values::text(values, path)?, operator.place)));
    for (namespace, place) in spots.chain(texts).filter(|(namespace, _)| namespace != ROOT_NAMESPACE) {
        let message = format!("the control plane in namespace `{namespace}` is not compiled");
        let help = format!("write `{ROOT_NAMESPACE}`, or leave the line out");
        report(Finding::new(codes::FC112, message).at(place).help(help));
    }
}

fn operator_name(component: Component) -> &'static str {
    match component {
        Component::Base => "base",
        Component::Cni => "cni",
        Component::Istiod => "pilot",
        Component::Ztunnel => "ztunnel",
        Component::Gateway => "ingressGateways",
    }
}
