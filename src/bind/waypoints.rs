//! Enrolment: which waypoint stands before a Service, and before the pods of a workload.
//!
//! As istiod decides it (istio pilot/pkg/serviceregistry/ambient/waypoints.go, `fetchWaypointForService` and
//! `fetchWaypointForWorkload`): the object's own label wins over its namespace's, `none` opts out, and one that names a
//! waypoint which cannot take it has none, its namespace's waypoint neither.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::mesh::{
    Cluster, Identity, Member, Obstacle, Unattached, Waypoint, WaypointGateway, WaypointTraffic,
};
use crate::kinds::Labels;
use crate::kinds::inventory::{AllowedNamespaces, Gateway, InventoryObject, Item};

/// The class of the waypoints that istiod programs and that Istio's policies are for.
const WAYPOINT_CLASS: &str = "istio-waypoint";
/// Enrols an object, or a namespace's objects, in a waypoint.
const USE_WAYPOINT: &str = "istio.io/use-waypoint";
/// The namespace of that waypoint where it is another one.
const USE_WAYPOINT_NAMESPACE: &str = "istio.io/use-waypoint-namespace";
/// What traffic a waypoint takes.
const WAYPOINT_FOR: &str = "istio.io/waypoint-for";
/// On a Gateway: the service account of its pods, which else is called like the Gateway.
const SERVICE_ACCOUNT: &str = "gateway.istio.io/service-account";
/// The port of the listener whose `allowedRoutes` say who may enrol.
const HBONE_PORT: u16 = 15008;

/// Fills [`Cluster::waypoints`] and the enrolment of every Service and workload.
pub fn bind_waypoints(objects: &[InventoryObject], clusters: &mut [Cluster]) {
    let gateways: Vec<Gateways<'_>> = clusters.iter().map(|cluster| gateways_of(objects, cluster)).collect();
    let identities = identities(&gateways, clusters);
    for (cluster, gateways) in clusters.iter_mut().zip(&gateways) {
        cluster.waypoints = gateways
            .iter()
            .filter(|(_, found)| found.is_waypoint())
            .map(|(key, found)| {
                let (namespace, name) = key;
                ((namespace.to_string(), name.to_string()), found.waypoint())
            })
            .collect();
        let enrolment = Enrolment { gateways, identities: &identities };
        for (name, namespace) in &mut cluster.namespaces {
            let labels = &namespace.labels;
            if let Some((key, Some(found))) = enrolment.named(labels, labels, name) {
                let takes = found.is_waypoint() && found.admits(name, labels);
                let before = |traffic: bool| (takes && traffic).then(|| enrolment.waypoint(key));
                namespace.waypoint = before(found.traffic().services());
                namespace.pods_waypoint = before(found.traffic().workloads());
            }
            for service in namespace.services.values_mut() {
                if service.serves_mesh || service.headless {
                    continue;
                }
                match enrolment.named(&service.labels, labels, name) {
                    None => {}
                    Some((key, found)) => match enrolment.obstacle(found, name, labels) {
                        None => service.waypoint = Some(enrolment.waypoint(key)),
                        Some(because) => {
                            let (namespace, name) = (key.0.to_owned(), key.1.to_owned());
                            service.unattached = Some(Unattached { namespace, name, because });
                        }
                    },
                }
            }
            for workload in &mut namespace.workloads {
                let Some((key, Some(found))) = enrolment.named(&workload.labels, labels, name) else {
                    continue;
                };
                let takes = found.is_waypoint() && found.admits(name, labels) && found.traffic().workloads();
                workload.waypoint = takes.then(|| enrolment.waypoint(key));
            }
        }
    }
    know_namesakes(clusters);
}

/// A call to a Service passes the waypoint of the cluster it starts in, whatever that is called there: each of them is
/// one that the Service's pods may meet.
fn know_namesakes(clusters: &mut [Cluster]) {
    let mut known: BTreeMap<(String, String), BTreeSet<Identity>> = BTreeMap::new();
    for (name, namespace) in clusters.iter().flat_map(|cluster| &cluster.namespaces) {
        for (service, waypoint) in
            namespace.services.iter().filter_map(|(service, bound)| Some((service, bound.waypoint.as_ref()?)))
        {
            let identities = known.entry((name.clone(), service.clone())).or_default();
            identities.extend(waypoint.identities.iter().cloned());
        }
    }
    for (name, namespace) in clusters.iter_mut().flat_map(|cluster| &mut cluster.namespaces) {
        for (service, bound) in &mut namespace.services {
            let identities = known.get(&(name.clone(), service.clone()));
            if let (Some(waypoint), Some(identities)) = (&mut bound.waypoint, identities) {
                waypoint.identities.clone_from(identities);
            }
        }
    }
}

/// The Gateways of one cluster, by namespace and name.
type Gateways<'a> = BTreeMap<(&'a str, &'a str), Found<'a>>;
/// Who each waypoint of the fleet is, by namespace and name.
type Identities<'a> = BTreeMap<(&'a str, &'a str), BTreeSet<Identity>>;

/// A Gateway of the inventory.
struct Found<'a> {
    object: &'a InventoryObject,
    gateway: &'a Gateway,
}

fn gateways_of<'a>(objects: &'a [InventoryObject], cluster: &Cluster) -> Gateways<'a> {
    let here =
        objects.iter().filter(|object| object.scope.cluster().is_none_or(|scope| scope == cluster.name));
    let gateways = here.filter_map(|object| match &object.item {
        Item::Gateway(gateway) => {
            Some(((object.namespace.as_str(), object.name.as_str()), Found { object, gateway }))
        }
        _ => None,
    });
    gateways.collect()
}

fn identities<'a>(gateways: &[Gateways<'a>], clusters: &[Cluster]) -> Identities<'a> {
    let mut identities = Identities::new();
    for (gateways, cluster) in gateways.iter().zip(clusters) {
        for (key, found) in gateways.iter().filter(|(_, found)| found.is_waypoint()) {
            let member = Member { trust_domain: cluster.trust_domain.clone(), namespace: Arc::from(key.0) };
            let identity = Identity { member, account: found.account().into() };
            identities.entry(*key).or_default().insert(identity);
        }
    }
    identities
}

/// What decides enrolment in one cluster.
struct Enrolment<'a> {
    gateways: &'a Gateways<'a>,
    identities: &'a Identities<'a>,
}

impl<'a> Enrolment<'a> {
    /// The Gateway that an object names, or its namespace for it.
    fn named<'l>(
        &self,
        own: &'l Labels,
        of_namespace: &'l Labels,
        namespace: &'l str,
    ) -> Option<((&'l str, &'l str), Option<&'l Found<'l>>)>
    where
        'a: 'l,
    {
        let labels = if own.contains_key(USE_WAYPOINT) { own } else { of_namespace };
        let name = labels.get(USE_WAYPOINT).filter(|name| *name != "none")?;
        let key = (labels.get(USE_WAYPOINT_NAMESPACE).map_or(namespace, String::as_str), name.as_str());
        Some((key, self.gateways.get(&key)))
    }

    /// What keeps a Service of a namespace from the Gateway that it names.
    fn obstacle(&self, found: Option<&Found<'_>>, namespace: &str, labels: &Labels) -> Option<Obstacle> {
        let Some(found) = found else { return Some(Obstacle::Missing) };
        let place = found.object.place;
        if !found.is_waypoint() {
            Some(Obstacle::Class(found.gateway.gateway_class_name.value.clone(), place))
        } else if !found.admits(namespace, labels) {
            Some(Obstacle::NamespaceRefused(place))
        } else if !found.traffic().services() {
            Some(Obstacle::NotForServices(place))
        } else {
            None
        }
    }

    fn waypoint(&self, key: (&str, &str)) -> Waypoint {
        Waypoint {
            namespace: key.0.to_owned(),
            name: key.1.to_owned(),
            identities: self.identities.get(&key).cloned().unwrap_or_default(),
        }
    }
}

impl Found<'_> {
    fn is_waypoint(&self) -> bool {
        self.gateway.gateway_class_name.value == WAYPOINT_CLASS
    }

    /// istiod names the account like the Gateway (pilot/pkg/config/kube/gatewaycommon/deploymentcontroller.go).
    fn account(&self) -> &str {
        self.object.annotations.get(SERVICE_ACCOUNT).map_or(&self.object.name, String::as_str)
    }

    fn traffic(&self) -> WaypointTraffic {
        match self.object.labels.get(WAYPOINT_FOR).map(String::as_str) {
            None | Some("service") => WaypointTraffic::Services,
            Some("workload") => WaypointTraffic::Workloads,
            Some("all") => WaypointTraffic::All,
            Some(_) => WaypointTraffic::Nothing,
        }
    }

    /// Whether objects of a namespace may enrol: as the HBONE listener says, and its own namespace's where nothing does
    /// (`makeAllowedRoutes`).
    fn admits(&self, namespace: &str, labels: &Labels) -> bool {
        let same = self.object.namespace == namespace;
        let hbone = self
            .gateway
            .listeners
            .iter()
            .find(|listener| listener.protocol.value == "HBONE" && listener.port.get() == HBONE_PORT);
        let namespaces = hbone
            .and_then(|listener| listener.allowed_routes.as_ref())
            .and_then(|routes| routes.namespaces.as_ref());
        match namespaces {
            Some(AllowedNamespaces { from: Some(from), .. }) if from.value == "All" => true,
            Some(AllowedNamespaces { from: Some(from), selector, .. }) if from.value == "Selector" => {
                selector.as_ref().is_some_and(|selector| selector.matches(labels))
            }
            _ => same,
        }
    }

    fn waypoint(&self) -> WaypointGateway {
        WaypointGateway {
            account: self.account().to_owned(),
            traffic: self.traffic(),
            place: self.object.place,
        }
    }
}
