//! The gateways of lifecycle managers: what each is, and its Helm release.

use serde_json::{Value as Json, json};

use super::installation::Installation;
use super::operator::refused;
use super::values::{merge, merge_from, set, set_default, text};
use crate::kinds::istio_operator::{
    GatewayComponent, IstioOperatorSpec, KubernetesService, KubernetesSettings, TargetPort,
};
use crate::kinds::values::FreeForm;
use crate::report::{Finding, codes};

/// What an entry of `ingressGateways` or `egressGateways` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayRole {
    /// Ambient's: HBONE on port 15008. A Gateway API object, never a chart.
    EastWest,
    /// The sidecars': TLS routed by SNI on port 15443. Ambient has no use for it.
    SidecarEastWest,
    /// Traffic that enters or leaves the mesh.
    NorthSouth,
}

/// Which list of `components` a gateway stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayList {
    /// `ingressGateways`.
    Ingress,
    /// `egressGateways`.
    Egress,
}

impl GatewayList {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            GatewayList::Ingress => "ingressGateways",
            GatewayList::Egress => "egressGateways",
        }
    }
}

/// What a gateway is: by its ports, else by the label and name that Istio's samples give an east-west gateway.
pub fn gateway_role(gateway: &GatewayComponent) -> GatewayRole {
    let named = gateway.label.get("istio").is_some_and(|label| label == "eastwestgateway")
        || gateway.name.contains("eastwest");
    match gateway.has_port(15008) {
        true => GatewayRole::EastWest,
        false if named || gateway.has_port(15443) => GatewayRole::SidecarEastWest,
        false => GatewayRole::NorthSouth,
    }
}

/// The gateways that are installed.
pub fn gateways(
    operator: Option<&IstioOperatorSpec>,
) -> impl Iterator<Item = (&GatewayComponent, GatewayList)> {
    let components = operator.and_then(|operator| operator.components.as_ref());
    components
        .into_iter()
        .flat_map(|components| {
            let ingress = components.ingress_gateways.iter().map(|gateway| (gateway, GatewayList::Ingress));
            ingress.chain(components.egress_gateways.iter().map(|gateway| (gateway, GatewayList::Egress)))
        })
        .filter(|(gateway, _)| gateway.enabled.is_none_or(|enabled| enabled.value))
}

/// The finding about a gateway of the sidecar era.
pub fn sidecar_gateway(gateway: &GatewayComponent) -> Finding {
    let message = format!("gateway `{}` is an east-west gateway for sidecars", gateway.name);
    let help = "an ambient mesh is joined over HBONE; for the gateway that does it, write:\n\
                k8s: {service: {type: LoadBalancer, ports: [{port: 15008, targetPort: 15008, name: tls}]}}";
    Finding::new(codes::FC112, message).at(gateway.name.place).help(help)
}

/// The values of chart `gateway` for a north-south gateway. The image is what istiod injects, so `hub` and `tag` of the
/// installation choose the chart's version and nothing else.
///
/// Chart `gateway` reads `labels` (with `app` and `istio` as the selector), `service.{type, ports, loadBalancerIP,
/// externalTrafficPolicy, loadBalancerSourceRanges, ipFamilies, ipFamilyPolicy, annotations}`, `env`, `resources`, `replicaCount`, `nodeSelector`, `tolerations`, `affinity`,
/// `podAnnotations`, `revision` and, unlike other charts, refuses what it does not know (values.schema.json).
pub fn gateway_values(
    installation: &Installation<'_>,
    gateway: &GatewayComponent,
    list: GatewayList,
    report: &mut impl FnMut(Finding),
) -> FreeForm {
    let mut values = FreeForm::new();
    if let Some(operator) = installation.operator {
        from_operator_values(operator, list, &mut values, report);
    }
    if !gateway.label.is_empty() {
        set(&mut values, "labels", json!(gateway.label));
    }
    for (field, spot) in [("hub", &gateway.hub), ("tag", &gateway.tag)] {
        if let Some(spot) = spot {
            report(refused(&format!("{field}` of gateway `{}", gateway.name), spot.place));
        }
    }
    if let Some(settings) = &gateway.k8s {
        from_settings(settings, &mut values, report);
    }
    values
}

/// The values that IstioOperator's own gateway charts knew, for the same setting of chart `gateway`.
fn from_operator_values(
    operator: &IstioOperatorSpec,
    list: GatewayList,
    values: &mut FreeForm,
    report: &mut impl FnMut(Finding),
) {
    const SAME: [&str; 8] = [
        "affinity",
        "env",
        "labels",
        "nodeSelector",
        "podAnnotations",
        "replicaCount",
        "resources",
        "tolerations",
    ];
    const MOVED: [(&str, &str); 9] = [
        ("autoscaleEnabled", "autoscaling.enabled"),
        ("autoscaleMax", "autoscaling.maxReplicas"),
        ("autoscaleMin", "autoscaling.minReplicas"),
        ("externalTrafficPolicy", "service.externalTrafficPolicy"),
        ("loadBalancerIP", "service.loadBalancerIP"),
        ("loadBalancerSourceRanges", "service.loadBalancerSourceRanges"),
        ("ports", "service.ports"),
        ("serviceAnnotations", "service.annotations"),
        ("type", "service.type"),
    ];
    let name = match list {
        GatewayList::Ingress => "istio-ingressgateway",
        GatewayList::Egress => "istio-egressgateway",
    };
    let mut given = operator.values.clone();
    merge(&mut given, &operator.unvalidated_values);
    if let Some(policy) = text(&given, "global.imagePullPolicy") {
        set(values, "imagePullPolicy", policy);
    }
    let mut own = FreeForm::new();
    merge_from(&mut own, &given, &format!("gateways.{name}"));
    for (key, value) in own {
        match MOVED.iter().find(|(from, _)| *from == key) {
            Some((_, to)) => set(values, to, value),
            None if SAME.contains(&key.as_str()) => set(values, &key, value),
            // the Service is the user's own
            None if key == "customService" => {
                if value == Json::Bool(true) {
                    set(values, "service.type", "None");
                }
            }
            None => report(refused(&format!("values.gateways.{name}.{key}"), operator.place)),
        }
    }
}

fn from_settings(settings: &KubernetesSettings, values: &mut FreeForm, report: &mut impl FnMut(Finding)) {
    super::operator::pod_settings(settings, values);
    if let Some(count) = settings.replica_count {
        set(values, "replicaCount", count.value);
    }
    if !settings.service_annotations.is_empty() {
        set(values, "service.annotations", json!(settings.service_annotations));
    }
    if let Some(service) = &settings.service {
        from_service(service, values, report);
    }
}

fn from_service(service: &KubernetesService, values: &mut FreeForm, report: &mut impl FnMut(Finding)) {
    let texts = [
        ("service.type", &service.kind),
        ("service.loadBalancerIP", &service.load_balancer_ip),
        ("service.externalTrafficPolicy", &service.external_traffic_policy),
        ("service.ipFamilyPolicy", &service.ip_family_policy),
    ];
    for (path, spot) in texts {
        if let Some(spot) = spot {
            set(values, path, spot.value.as_str());
        }
    }
    let lists = [
        ("service.loadBalancerSourceRanges", &service.load_balancer_source_ranges),
        ("service.ipFamilies", &service.ip_families),
    ];
    for (path, spots) in lists.into_iter().filter(|(_, spots)| !spots.is_empty()) {
        let texts: Vec<Json> = spots.iter().map(|spot| spot.value.clone().into()).collect();
        set(values, path, texts);
    }
    if !service.selector.is_empty() {
        report(refused("k8s.service.selector", service.place));
    }
    let ports = service.ports.iter().map(|port| {
        let number = port.port.get();
        let mut written = FreeForm::new();
        let name = port.name.as_ref().map_or_else(|| format!("tcp-{number}"), |name| name.value.clone());
        set(&mut written, "name", name);
        set(&mut written, "port", number);
        set(&mut written, "protocol", port.protocol.as_ref().map_or("TCP", |protocol| protocol.as_str()));
        set_default(&mut written, "targetPort", number);
        match port.target_port.as_ref().map(|target| &target.value) {
            Some(TargetPort::Number(target)) => set(&mut written, "targetPort", target.get()),
            // the chart's schema takes numbers alone
            Some(TargetPort::Name(_)) => {
                report(refused("k8s.service.ports[].targetPort by name", port.place))
            }
            None => {}
        }
        if let Some(node_port) = port.node_port {
            set(&mut written, "nodePort", node_port.get());
        }
        Json::Object(written)
    });
    let ports: Vec<Json> = ports.collect();
    if !ports.is_empty() {
        set(values, "service.ports", ports);
    }
}
