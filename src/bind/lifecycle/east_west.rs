//! The east-west gateways that GatewayLifecycleManagers roll out.

use super::gateways::{GatewayRole, gateway_role, gateways};
use super::installation::Installation;
use crate::bind::clusters::clusters_named;
use crate::bind::{Cluster, NodePorts};
use crate::kinds::istio_operator::GatewayComponent;
use crate::kinds::{KubernetesClusterSpec, Object};
use crate::report::{Finding, Findings, codes};
use crate::source::Place;

/// A GatewayLifecycleManager's entry with port 15008 rolls out the east-west gateway of its clusters.
pub fn bind_east_west(
    installation: &Installation<'_>,
    objects: &[&Object<KubernetesClusterSpec>],
    clusters: &mut [Cluster],
    findings: &mut Findings,
) {
    let mut report = |finding: Finding| findings.push(finding.object(&*installation.origin.name));
    let of_ambient =
        gateways(installation.operator).filter(|(gateway, _)| gateway_role(gateway) == GatewayRole::EastWest);
    for (gateway, _) in of_ambient {
        check_east_west(gateway, &mut report);
        let named: Vec<usize> =
            installation.clusters.iter().flat_map(|target| clusters_named(target.name, clusters)).collect();
        for (object, cluster) in named.iter().filter_map(|index| Some((objects.get(*index)?, *index))) {
            let Some(cluster) = clusters.get_mut(cluster) else { continue };
            if let Some(rollout) = &cluster.east_west.rollout {
                let message = format!("cluster `{}` gets a second east-west gateway", cluster.name);
                let because = format!("`{}` rolls one out", rollout.name);
                let finding = Finding::new(codes::FC201, message).at(gateway.name.place);
                report(finding.because(because, rollout.place).help("keep one of the two entries"));
                continue;
            }
            cluster.east_west.rollout = Some(installation.origin.clone());
            if let Some((rolled_out, place)) = node_ports(gateway) {
                let own = cluster.east_west.node_ports.get_or_insert(rolled_out);
                cluster.east_west.translated = true;
                let differ = |own: Option<u16>, rolled_out: Option<u16>| {
                    rolled_out.is_some_and(|rolled_out| own.is_some_and(|own| own != rolled_out))
                };
                if differ(own.xds, rolled_out.xds) || differ(own.hbone, rolled_out.hbone) {
                    let message =
                        format!("the east-west gateway of `{}` gets other node ports", cluster.name);
                    let finding = Finding::new(codes::FC115, message).at(place);
                    report(
                        finding
                            .because("the KubernetesCluster says them", own.place)
                            .help("say them once: peers dial one number"),
                    );
                }
                own.xds = own.xds.or(rolled_out.xds);
                own.hbone = own.hbone.or(rolled_out.hbone);
            }
            let set = object.spec.east_west_gateway.as_ref().and_then(|own| own.namespace.as_ref());
            match (&gateway.namespace, set) {
                (Some(here), Some(there)) if here != there => {
                    let message = format!(
                        "the east-west gateway of `{}` gets a second namespace, `{here}`",
                        cluster.name
                    );
                    let finding = Finding::new(codes::FC115, message).at(here.place);
                    report(finding.because(format!("the KubernetesCluster says `{there}`"), there.place));
                }
                (Some(here), _) => cluster.east_west.namespace = here.value.clone(),
                (None, _) => {}
            }
            let network =
                gateway.label.get("topology.istio.io/network").filter(|label| **label != cluster.network);
            if let Some(label) = network {
                let message =
                    format!("the east-west gateway of `{}` is put on network `{label}`", cluster.name);
                let because = format!("the cluster is on network `{}`", cluster.network);
                let finding = Finding::new(codes::FC115, message).at(gateway.name.place);
                report(
                    finding.because(because, cluster.origin.place).help("remove the label: it is filled in"),
                );
            }
        }
    }
}

/// The node ports of a gateway whose Service is of type `NodePort`, and where it says so.
fn node_ports(gateway: &GatewayComponent) -> Option<(NodePorts, Place)> {
    let service = gateway.k8s.as_ref()?.service.as_ref()?;
    let kind = service.kind.as_ref().filter(|kind| kind.value == "NodePort")?;
    let port = |number: u16| {
        let port = service.ports.iter().find(|port| port.port.get() == number)?;
        port.node_port.map(|node_port| node_port.get())
    };
    Some((NodePorts { xds: port(15012), hbone: port(15008), place: kind.place }, kind.place))
}

/// The gateway is rendered as a Gateway API object, from which istiod makes Deployment and Service; what such an object
/// cannot say is refused.
fn check_east_west(gateway: &GatewayComponent, report: &mut impl FnMut(Finding)) {
    const PORTS: [u16; 3] = [15008, 15012, 15021];
    const KINDS: [&str; 2] = ["LoadBalancer", "NodePort"];
    let mut refuse = |field: String, place: Place| {
        let message = format!("`{field}` of the east-west gateway `{}` has no counterpart", gateway.name);
        let help = "istiod deploys the gateway from a Gateway API object; remove the setting";
        report(Finding::new(codes::FC703, message).at(place).help(help));
    };
    let labels = gateway
        .label
        .keys()
        .filter(|key| !matches!(key.as_str(), "app" | "istio" | "topology.istio.io/network"));
    for label in labels {
        refuse(format!("label.{label}"), gateway.name.place);
    }
    for (field, spot) in [("hub", &gateway.hub), ("tag", &gateway.tag)] {
        if let Some(spot) = spot {
            refuse(field.to_owned(), spot.place);
        }
    }
    let Some(settings) = &gateway.k8s else { return };
    let given = [
        ("k8s.env", !settings.env.is_empty()),
        ("k8s.resources", !settings.resources.is_empty()),
        ("k8s.nodeSelector", !settings.node_selector.is_empty()),
        ("k8s.tolerations", !settings.tolerations.is_empty()),
        ("k8s.affinity", !settings.affinity.is_empty()),
        ("k8s.podAnnotations", !settings.pod_annotations.is_empty()),
        ("k8s.serviceAnnotations", !settings.service_annotations.is_empty()),
        ("k8s.replicaCount", settings.replica_count.is_some()),
    ];
    for (field, _) in given.iter().filter(|(_, given)| *given) {
        refuse((*field).to_owned(), settings.place);
    }
    let Some(service) = &settings.service else { return };
    if let Some(kind) = service.kind.as_ref().filter(|kind| !KINDS.contains(&kind.as_str())) {
        refuse(format!("k8s.service.type: {kind}"), kind.place);
    }
    for (field, spot) in [
        ("loadBalancerIP", &service.load_balancer_ip),
        ("externalTrafficPolicy", &service.external_traffic_policy),
        ("ipFamilyPolicy", &service.ip_family_policy),
        ("ipFamilies", &service.ip_families.first().cloned()),
        ("loadBalancerSourceRanges", &service.load_balancer_source_ranges.first().cloned()),
    ] {
        if let Some(spot) = spot {
            refuse(format!("k8s.service.{field}"), spot.place);
        }
    }
    for port in service.ports.iter().filter(|port| !PORTS.contains(&port.port.get())) {
        refuse(format!("k8s.service.ports: {}", port.port), port.port.place);
    }
}
