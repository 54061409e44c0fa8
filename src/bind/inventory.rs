//! What runs in the clusters → namespaces with their Services, service accounts and workloads.

use std::collections::{BTreeMap, BTreeSet};

use super::lifecycle::minor;
use super::mesh::{
    Capture, Cluster, ForeignPeer, InventoryPolicy, Namespace, PolicyObject, Ports, Service, ServicePort,
    TokenIssuers, Workload,
};
use super::selection::{is_volatile, matches, stable};
use super::waypoints::bind_waypoints;
use crate::kinds::Labels;
use crate::kinds::inventory::{self, InventoryObject, Item};
use crate::kinds::istio_operator::TargetPort;

/// Says whether ztunnel captures a pod or a namespace's pods (istio.io, "add workloads to the mesh").
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";
/// On what istiod made for a Gateway: which controller of its did.
const MANAGED: &str = "gateway.istio.io/managed";
/// One name reaches the Services of all clusters that say so, in Solo's distribution.
const SERVICE_SCOPE: &str = "solo.io/service-scope";
/// Its controllers of waypoints and of east-west gateways (istio pkg/config/constants/constants.go).
const SERVES_MESH: [&str; 2] = ["istio.io-mesh-controller", "istio.io-eastwest-controller"];
/// On the pods that a Gateway of the Gateway API deploys.
pub const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// On a Gateway: whom its pods run as (istio pilot/pkg/serviceregistry/kube/conversion.go, `GatewaySA`).
const SERVICE_ACCOUNT: &str = "gateway.istio.io/service-account";
/// The port on which every gateway that istiod runs says that it is ready (istio
/// pilot/pkg/config/kube/gatewaycommon/deploymentcontroller.go, `extractServicePorts`).
const STATUS_PORT: u16 = 15021;

/// Whether Gateways of a class are no gateway to callers from outside: waypoints, east-west gateways, and the address of
/// another cluster. istiod tells them by parts of the name too, and ztunnel does not stand before what it runs for them
/// (the same file, `setLabelOverrides`, and files/waypoint.yaml of its chart); `istio-eastwest` is Solo's.
pub fn runs_no_gateway(class: &str) -> bool {
    class.contains("waypoint")
        || class.contains("east-west")
        || class == "istio-eastwest"
        || class == "istio-remote"
}

/// A cluster of which nothing is known but its trust domain and what runs there.
pub fn inventory_of(name: &str, trust_domain: &str, objects: &[InventoryObject]) -> Cluster {
    let trust_domain = trust_domain.into();
    let mut clusters = [Cluster { name: name.to_owned(), trust_domain, ..Cluster::default() }];
    bind_inventory(objects, &mut clusters);
    bind_waypoints(objects, &mut clusters);
    let [cluster] = clusters;
    cluster
}

/// What Argo Rollouts adds to the selectors of its Services, one value for each phase.
const ROLLOUT_PHASE: &str = "rollouts-pod-template-hash";

/// Fills the namespaces and the foreign policy of every cluster.
pub fn bind_inventory(objects: &[InventoryObject], clusters: &mut [Cluster]) {
    for cluster in clusters.iter_mut() {
        let own = cluster.name.clone();
        let here = objects.iter().filter(|object| object.scope.cluster().is_none_or(|scope| scope == own));
        let mut services = Vec::new();
        let mut gateways = Vec::new();
        let mut workloads: Vec<(&InventoryObject, &inventory::Workload)> = Vec::new();
        for object in here {
            match &object.item {
                Item::Namespace => {
                    let namespace = cluster.namespaces.entry(object.name.clone()).or_default();
                    namespace.place = Some(object.place);
                    namespace.labels = object.labels.clone();
                    namespace.capture = capture(&object.labels);
                }
                Item::Service(service) => services.push((object, service)),
                Item::ServiceAccount => {
                    let namespace = known(cluster, object);
                    namespace.accounts.insert(object.name.clone(), object.labels.clone());
                }
                Item::Workload(workload) => workloads.push((object, workload)),
                Item::AuthorizationPolicy(policy) => {
                    hold(cluster, object, PolicyObject::Authorization(policy.clone()));
                }
                Item::PeerAuthentication(policy) => hold(cluster, object, PolicyObject::Peer(policy.clone())),
                Item::Gateway(gateway) => {
                    cluster.foreign_peers.extend(foreign_peer(object, gateway));
                    gateways.push((object, gateway));
                }
                Item::RequestAuthentication(authentication) => {
                    let spec = &authentication.spec;
                    cluster.token_issuers.push(TokenIssuers {
                        namespace: object.namespace.clone(),
                        targets: spec.target_refs.iter().chain(&spec.target_ref).cloned().collect(),
                        issuers: spec.jwt_rules.iter().map(|rule| rule.issuer.clone()).collect(),
                    });
                }
                Item::Node(Some(version)) => {
                    if let Some(minor) = minor(version) {
                        cluster.kubernetes.entry(minor).or_insert(version.place);
                    }
                }
                Item::NetworkPolicy(_) => {
                    known(cluster, object);
                }
                Item::Node(None) | Item::Calls(_) | Item::CaCertificates(_) | Item::TrustedRoots(_) => {}
            }
        }
        // of two in one scope the older counts; what has no age comes last
        let age = |policy: &InventoryPolicy| {
            let created = policy.object.metadata().creation_timestamp.clone();
            (created.is_none(), created)
        };
        cluster.foreign.sort_by_key(age);
        // a waypoint's pods have no ztunnel before them, and what is said about others' pods is not about them
        let waypoints: BTreeSet<(&str, &str)> = gateways
            .iter()
            .filter(|(_, gateway)| runs_no_gateway(&gateway.gateway_class_name))
            .map(|(object, _)| (object.namespace.as_str(), object.name.as_str()))
            .collect();
        workloads.retain(|(object, workload)| {
            let gateway = workload.labels.get(GATEWAY_NAME);
            let known = gateway.is_some_and(|name| waypoints.contains(&(object.namespace.as_str(), name)));
            !known && workload.labels.get(MANAGED).is_none_or(|by| by != SERVES_MESH[0])
        });
        workloads.sort_by(|(a, _), (b, _)| {
            (&a.namespace, &a.kind, &a.name).cmp(&(&b.namespace, &b.kind, &b.name))
        });
        let mut templates: BTreeMap<&str, Vec<&inventory::Workload>> = BTreeMap::new();
        for (object, workload) in &workloads {
            let namespace = known(cluster, object);
            let bound = bind_workload(object, workload, namespace);
            namespace.workloads.push(bound);
            templates.entry(&object.namespace).or_default().push(workload);
        }
        for (object, service) in services {
            let pods = templates.get(object.namespace.as_str()).map_or(&[][..], Vec::as_slice);
            let namespace = known(cluster, object);
            let bound = bind_service(object, service, pods, &namespace.workloads);
            namespace.services.insert(object.name.clone(), bound);
        }
        for namespace in cluster.namespaces.values_mut() {
            let Namespace { workloads, services, .. } = namespace;
            for (index, workload) in workloads.iter_mut().enumerate().filter(|(_, workload)| workload.gateway)
            {
                workload.listens = targets(index, services);
            }
        }
        for (object, gateway) in gateways {
            if !runs_no_gateway(&gateway.gateway_class_name) {
                let namespace = known(cluster, object);
                // its pods in the inventory listen where it says, whatever the Services before them say
                let is_its_own =
                    |workload: &&mut Workload| workload.labels.get(GATEWAY_NAME) == Some(&object.name);
                for workload in namespace.workloads.iter_mut().filter(is_its_own) {
                    workload.listens = listeners(gateway);
                }
                let bound = bind_gateway(object, gateway, namespace);
                namespace.workloads.push(bound);
            }
        }
    }
}

/// A Gateway that stands for another cluster, under a name that what is rendered does not replace.
fn foreign_peer(object: &InventoryObject, gateway: &inventory::Gateway) -> Option<ForeignPeer> {
    let cluster = object.labels.get("topology.istio.io/cluster")?;
    let foreign = !is_own(object) && object.name != format!("istio-remote-peer-{cluster}");
    (foreign && *gateway.gateway_class_name == *"istio-remote").then(|| ForeignPeer {
        name: object.reference(),
        cluster: cluster.clone(),
        trust_domain: object.annotations.get("gateway.istio.io/trust-domain").cloned(),
        place: object.place,
    })
}

/// Keeps a policy with those of its author.
fn hold(cluster: &mut Cluster, object: &InventoryObject, policy: PolicyObject) {
    let held = InventoryPolicy { object: policy, place: object.place };
    if is_own(object) { cluster.claimed.push(held) } else { cluster.foreign.push(held) }
}

/// The namespace of an object; one without a Namespace object is known by the first object in it.
fn known<'a>(cluster: &'a mut Cluster, object: &InventoryObject) -> &'a mut Namespace {
    let namespace = cluster.namespaces.entry(object.namespace.clone()).or_default();
    namespace.place.get_or_insert(object.place);
    namespace
}

/// Whether an object of the inventory is one that fleetc rendered, as a dump of a cluster holds it.
pub fn is_own(object: &InventoryObject) -> bool {
    object.labels.get("app.kubernetes.io/managed-by").is_some_and(|value| value == "fleetc")
        && object.annotations.contains_key("fleetc.dev/source")
}

/// Whether pods with these labels are a gateway's.
pub fn is_gateway(labels: &Labels) -> bool {
    let istio = labels.get("istio").is_some_and(|value| value.ends_with("gateway"));
    istio || labels.contains_key(GATEWAY_NAME)
}

fn capture(labels: &Labels) -> Capture {
    let mode = labels.get(DATAPLANE_MODE).map(String::as_str);
    let injected = labels.get("istio-injection").is_some_and(|value| value == "enabled");
    match mode {
        Some("ambient") => Capture::Ambient,
        Some("none") => Capture::Opted,
        _ if injected || labels.contains_key("istio.io/rev") => Capture::Sidecar,
        _ => Capture::Assumed,
    }
}

fn bind_workload(
    object: &InventoryObject,
    workload: &inventory::Workload,
    namespace: &Namespace,
) -> Workload {
    let own = capture(&workload.labels);
    let injected =
        |labels: &Labels| labels.get("sidecar.istio.io/inject").map(String::as_str) == Some("true");
    let capture = if workload.host_network {
        Capture::HostNetwork
    } else if injected(&workload.labels) || injected(&workload.annotations) {
        Capture::Sidecar
    } else if own == Capture::Assumed {
        namespace.capture
    } else {
        own
    };
    Workload {
        kind: object.kind.clone(),
        name: object.name.clone(),
        labels: stable(&workload.labels),
        account: workload.service_account.clone(),
        names_account: workload.names_account,
        capture,
        gateway: is_gateway(&workload.labels),
        listens: Ports::all(),
        ports: container_ports(workload),
        scraped: scraped(&workload.annotations),
        waypoint: None,
        place: object.place,
    }
}

/// The port that a scraper is told to call (the Prometheus Helm chart's convention).
fn scraped(annotations: &Labels) -> Option<u16> {
    let asked = annotations.get("prometheus.io/scrape").is_some_and(|value| value == "true");
    let port = annotations.get("prometheus.io/port").and_then(|port| port.parse().ok());
    asked.then(|| port.unwrap_or(80))
}

/// The pods' ports behind the Services of a gateway; every one where there is none, or one that cannot be told.
fn targets(index: usize, services: &BTreeMap<String, Service>) -> Ports {
    let before = services.values().filter(|service| service.workloads.contains(&index));
    let targets = before.flat_map(|service| &service.ports).map(|port| port.target.as_ref().ok().copied());
    match targets.collect::<Option<BTreeSet<u16>>>() {
        Some(ports) if !ports.is_empty() => Ports::Only(ports),
        _ => Ports::all(),
    }
}

/// A gateway that istiod runs listens on the port of each listener itself, 80 and 443 as well (files/kube-gateway.yaml of
/// its chart); a ListenerSet may add others.
fn listeners(gateway: &inventory::Gateway) -> Ports {
    let others = gateway.allowed_listeners.as_ref().and_then(|allowed| allowed.namespaces.as_ref());
    let from = others.and_then(|others| others.from.as_ref());
    if from.is_some_and(|from| from.value != "None") {
        return Ports::all();
    }
    let ports = gateway.listeners.iter().map(|listener| listener.port.get());
    Ports::Only(ports.chain([STATUS_PORT]).collect())
}

fn container_ports(workload: &inventory::Workload) -> Vec<(String, u16)> {
    let tcp = workload
        .ports
        .iter()
        .filter(|port| port.protocol.as_ref().is_none_or(|protocol| protocol.value == "TCP"));
    tcp.map(|port| {
        let name = port.name.as_ref().map_or_else(String::new, |name| name.value.clone());
        (name, port.container_port.get())
    })
    .collect()
}

/// What istiod runs for a Gateway, before or without the inventory showing it (istio.io, "automated deployment").
fn bind_gateway(object: &InventoryObject, gateway: &inventory::Gateway, namespace: &Namespace) -> Workload {
    let of_its_own = || format!("{}-{}", object.name, gateway.gateway_class_name.value);
    Workload {
        kind: object.kind.clone(),
        name: object.name.clone(),
        labels: Labels::from([(GATEWAY_NAME.to_owned(), object.name.clone())]),
        account: object.annotations.get(SERVICE_ACCOUNT).cloned().unwrap_or_else(of_its_own),
        names_account: false,
        capture: namespace.capture,
        gateway: true,
        listens: listeners(gateway),
        scraped: None,
        ports: gateway.listeners.iter().map(|listener| (String::new(), listener.port.get())).collect(),
        waypoint: None,
        place: object.place,
    }
}

fn bind_service(
    object: &InventoryObject,
    service: &inventory::Service,
    pods: &[&inventory::Workload],
    bound: &[Workload],
) -> Service {
    let has_pods = !service.selector.is_empty() && service.kind() != "ExternalName";
    let selector = has_pods.then(|| stable(&service.selector)).filter(|selector| !selector.is_empty());
    let selected = |selector: &Labels| -> Vec<usize> {
        let matching = pods.iter().enumerate().filter(|(_, pod)| matches(selector, &pod.labels));
        matching.map(|(index, _)| index).collect()
    };
    let workloads = selector.as_ref().map(selected).unwrap_or_default();
    let exact = has_pods && is_exact_without_volatile(&service.selector, &workloads, pods, bound);
    let volatile = service.selector.keys().filter(|key| is_volatile(key) && !exact).cloned().collect();
    let behind: Vec<_> = workloads.iter().filter_map(|index| pods.get(*index).copied()).collect();
    let tcp = service
        .ports
        .iter()
        .filter(|port| port.protocol.as_ref().is_none_or(|protocol| protocol.value == "TCP"));
    let ports = tcp.map(|port| ServicePort {
        named: port.target_port.as_ref().and_then(|target| match &target.value {
            TargetPort::Number(_) => None,
            TargetPort::Name(name) => Some(name.clone()),
        }),
        name: port.name.as_ref().map_or_else(String::new, |name| name.value.clone()),
        number: port.port.get(),
        target: match port.target_port.as_ref().map(|target| &target.value) {
            None => Ok(port.port.get()),
            Some(TargetPort::Number(number)) => Ok(number.get()),
            Some(TargetPort::Name(name)) => named_port(name, &behind),
        },
    });
    Service {
        place: object.place,
        labels: object.labels.clone(),
        annotations: annotations(object),
        ports: ports.collect(),
        volatile: if has_pods { volatile } else { Vec::new() },
        selector: if has_pods && selector.is_none() { Some(Labels::new()) } else { selector },
        workloads,
        visible_to: BTreeMap::new(),
        shared_by: BTreeMap::new(),
        headless: service.is_headless(),
        global: object.labels.get(SERVICE_SCOPE).is_some_and(|scope| scope == "global"),
        waypoint: None,
        unattached: None,
        serves_mesh: object.labels.get(MANAGED).is_some_and(|by| SERVES_MESH.contains(&by.as_str())),
    }
}

/// kubectl keeps the whole object in one.
fn annotations(object: &InventoryObject) -> Labels {
    let kept = object.annotations.iter().filter(|(key, _)| !key.starts_with("kubectl.kubernetes.io/"));
    kept.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Whether a selector without its volatile labels still selects the same workloads, and there are any to tell. A template
/// does not carry such a label, its controller gives it to the pods. What a Rollout gives them tells its phases apart and
/// no workloads, so where a single Rollout is behind the Service nothing is lost.
fn is_exact_without_volatile(
    selector: &Labels,
    workloads: &[usize],
    pods: &[&inventory::Workload],
    bound: &[Workload],
) -> bool {
    let volatile = || selector.iter().filter(|(key, _)| is_volatile(key));
    let behind = || workloads.iter().filter_map(|index| Some((pods.get(*index)?, bound.get(*index)?)));
    let rollouts = behind().filter(|(_, workload)| workload.kind == "Rollout").count();
    let selects = |(pod, workload): (&&inventory::Workload, &Workload)| {
        volatile().all(|(key, value)| match pod.labels.get(key) {
            Some(own) => own == value,
            None => key == ROLLOUT_PHASE && workload.kind == "Rollout" && rollouts == 1,
        })
    };
    !workloads.is_empty() && behind().all(selects)
}

/// The number that a named target port has in every workload behind a Service, or why there is none.
fn named_port(name: &str, behind: &[&inventory::Workload]) -> Result<u16, String> {
    let mut found = None;
    for pod in behind {
        let declared = pod.ports.iter().find(|port| port.name.as_ref().is_some_and(|own| own.value == name));
        let Some(number) = declared.map(|port| port.container_port.get()) else {
            return Err(format!("not every workload behind it declares a container port `{name}`"));
        };
        match found {
            Some(other) if other != number => {
                return Err(format!(
                    "container port `{name}` is {other} in one workload and {number} in another"
                ));
            }
            _ => found = Some(number),
        }
    }
    found.ok_or_else(|| {
        format!("no workload of the inventory is behind it that would declare a container port `{name}`")
    })
}
