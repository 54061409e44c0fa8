//! One class of pods as its callers meet it: every way in, and what stands in each.
//!
//! Traffic that is addressed to an enrolled Service passes the waypoint, which judges the caller, and then the pods'
//! ztunnel, which judges the waypoint. Traffic that is addressed to a pod comes straight, and ztunnel judges the caller,
//! unless the pods are enrolled in a waypoint for workloads; then it passes that one (ztunnel src/proxy/outbound.rs,
//! `build_request`: not what is addressed to a Service). Whoever is not captured comes straight in any case.
//!
//! Pods with a sidecar have Envoy in ztunnel's place. Where nothing is captured (`istio.io/dataplane-mode: none`, the
//! host's network), nothing is enforced and everybody comes in (SPEC section 5, "enforcement needs capture").

use std::borrow::Cow;
use std::net::IpAddr;

use crate::bind::{Capture, Namespace, PolicyObject, Service, ServicePort, Waypoint, Workload as Inventory};
use crate::manifest::{AuthorizationPolicy, Labels};

use super::decision::{Decision, Enforced, Layer};
use super::{
    Attachment, Backend, ClusterWorld, Connection, HttpRequest, Identity, Marks, PolicyName, Request,
    Requests, Scope, SidecarScope, WaypointScope, Workload,
};

/// A class of pods: those of one workload, or pods to come.
#[derive(Debug)]
pub struct Destination<'w> {
    /// The cluster.
    pub cluster: &'w ClusterWorld<'w>,
    /// The pods' namespace.
    pub namespace: &'w str,
    /// The pods' labels.
    pub labels: Cow<'w, Labels>,
    /// What the inventory has of them; `None`: pods to come.
    pub workload: Option<&'w Inventory>,
    /// What stands before them.
    pub capture: Capture,
    scope: Scope<'w>,
    sidecar: Option<SidecarScope<'w>>,
}

/// A caller and what it asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'c> {
    /// Its identity; `None`: plaintext.
    pub peer: Option<&'c Identity>,
    /// The request, for waypoints; `None`: a connection on a port whose protocol is not HTTP.
    pub request: Option<&'c HttpRequest>,
    /// Where it comes from; an address that is not known is in no block.
    pub source: Option<IpAddr>,
    /// Where it goes.
    pub destination: Option<IpAddr>,
}

impl<'c> Call<'c> {
    /// A connection whose addresses are not known.
    pub fn of(peer: Option<&'c Identity>) -> Self {
        Call { peer, ..Call::default() }
    }

    /// The same with a request.
    pub fn with(self, request: Option<&'c HttpRequest>) -> Self {
        Call { request, ..self }
    }
}

/// A way to a pod's port.
#[derive(Debug)]
pub struct Way<'w> {
    /// The pod's port.
    pub port: u16,
    /// The waypoint that it leads through; `None`: straight to the pod.
    pub through: Option<Through<'w>>,
}

/// The waypoint of an enrolled Service, or of the pods themselves, on the way to a pod.
#[derive(Debug)]
pub struct Through<'w> {
    /// The port that is addressed: the Service's, or the pod's.
    pub port: u16,
    /// The namespace of the waypoint's Gateway.
    pub gateway_namespace: &'w str,
    /// The name of the waypoint's Gateway.
    pub gateway: &'w str,
    /// Who the waypoint is to the pods: in whichever cluster it has judged the call.
    pub identities: Vec<Identity>,
    cluster: &'w ClusterWorld<'w>,
    scope: WaypointScope<'w>,
}

impl<'w> ClusterWorld<'w> {
    /// The pods of a workload of the inventory.
    pub fn pods_of(&'w self, namespace: &'w str, workload: &'w Inventory) -> Destination<'w> {
        self.destination(namespace, Cow::Borrowed(&workload.labels), Some(workload), workload.capture)
    }

    /// Pods that do not exist yet, with these labels. They are captured as the namespace says, and in a namespace that the
    /// inventory does not know it is assumed that they are.
    pub fn pods_to_come(&'w self, namespace: &'w str, labels: Labels) -> Destination<'w> {
        let capture = self.namespaces.get(namespace).map_or(Capture::Assumed, |namespace| namespace.capture);
        self.destination(namespace, Cow::Owned(labels), None, capture)
    }

    /// The classes of pods behind a Service: its workloads; without any, pods to come with the labels it selects. None for
    /// a Service that selects nothing.
    pub fn behind(&'w self, namespace: &'w str, service: &'w Service) -> Vec<Destination<'w>> {
        let own = self.namespaces.get(namespace);
        let workloads = own.into_iter().flat_map(|own| workloads_of(own, service));
        let known: Vec<Destination<'w>> =
            workloads.map(|workload| self.pods_of(namespace, workload)).collect();
        match (&service.selector, known.is_empty()) {
            (Some(selector), true) => vec![self.pods_to_come(namespace, selector.clone())],
            _ => known,
        }
    }

    /// The waypoint of an enrolled Service, for calls to a port of it.
    pub fn through(
        &'w self,
        namespace: &'w str,
        name: &'w str,
        service: &'w Service,
        port: u16,
    ) -> Option<Through<'w>> {
        let waypoint = service.waypoint.as_ref()?;
        Some(self.at_waypoint(waypoint, Backend::Service { namespace, name }, port))
    }

    fn at_waypoint(&'w self, waypoint: &'w Waypoint, backend: Backend<'_>, port: u16) -> Through<'w> {
        let identities = waypoint.identities.iter().map(|identity| {
            let member = &identity.member;
            Identity::new(&member.trust_domain, &member.namespace, &identity.account)
        });
        let attachment = Attachment { namespace: &waypoint.namespace, gateway: &waypoint.name, backend };
        Through {
            port,
            gateway_namespace: &waypoint.namespace,
            gateway: &waypoint.name,
            identities: identities.collect(),
            cluster: self,
            scope: self.waypoints().at(&attachment),
        }
    }

    /// The AuthorizationPolicies of these names.
    fn authorization(&self, names: &[&PolicyName]) -> Vec<&AuthorizationPolicy> {
        let named = names.iter().filter_map(|name| match &self.policy(name)?.object {
            PolicyObject::Authorization(policy) => Some(&**policy),
            PolicyObject::Peer(_) => None,
        });
        named.collect()
    }

    fn marks(&self, names: &[&PolicyName]) -> Marks {
        let mut marks = Marks::of(self.authorization(names));
        marks.add_trust_domain(self.trust_domain());
        marks
    }

    fn destination(
        &'w self,
        namespace: &'w str,
        labels: Cow<'w, Labels>,
        workload: Option<&'w Inventory>,
        capture: Capture,
    ) -> Destination<'w> {
        let scope = self.policies().at(&Workload::new(namespace, &labels));
        let sidecar = (capture == Capture::Sidecar).then(|| self.sidecars().at(namespace, &labels));
        Destination { cluster: self, namespace, labels, workload, capture, scope, sidecar }
    }
}

fn workloads_of<'w>(namespace: &'w Namespace, service: &'w Service) -> impl Iterator<Item = &'w Inventory> {
    service.workloads.iter().filter_map(|index| namespace.workloads.get(*index))
}

impl<'w> Destination<'w> {
    /// What ztunnel holds for these pods.
    pub(super) fn scope(&self) -> &Scope<'w> {
        &self.scope
    }

    /// What their sidecars hold, if they have any.
    pub(super) fn sidecar(&self) -> Option<&SidecarScope<'w>> {
        self.sidecar.as_ref()
    }

    /// What the policies that ztunnel, or the sidecar, holds for these pods tell callers apart by.
    pub fn marks(&self) -> Marks {
        self.cluster.marks(&self.names())
    }

    fn names(&self) -> Vec<&'w PolicyName> {
        match &self.sidecar {
            Some(sidecar) => sidecar.names().collect(),
            None => self.scope.allow().iter().copied().chain(self.scope.deny()).collect(),
        }
    }

    /// One request of each sort that is told apart on a way: by the waypoint, and by a sidecar of the pods. `None` among
    /// them is a connection on a port that speaks no HTTP.
    pub fn requests(&self, way: &Way<'w>) -> Vec<Option<HttpRequest>> {
        let mut requests = Requests::default();
        requests.extend(way.through.as_ref().map(Through::requests).unwrap_or_default());
        if self.sidecar.is_some() {
            requests.extend(Requests::of(self.cluster.authorization(&self.names())));
        }
        requests.samples()
    }

    /// The ways to a port of the pods by their own addresses: straight, and through a waypoint that they are enrolled in
    /// themselves.
    pub fn ways_to_port(&self, port: u16) -> Vec<Way<'w>> {
        let waypoint = match self.workload {
            Some(workload) => workload.waypoint.as_ref(),
            None => {
                let namespaces = self.cluster.namespaces;
                namespaces.get(self.namespace).and_then(|namespace| namespace.pods_waypoint.as_ref())
            }
        };
        let through = waypoint.map(|waypoint| self.cluster.at_waypoint(waypoint, Backend::Workload, port));
        let through = through.map(|through| Way { port, through: Some(through) });
        std::iter::once(Way { port, through: None }).chain(through).collect()
    }

    /// The pods' port behind a port of a Service; `None` if it is a name that these pods do not resolve.
    pub fn target(&self, port: &ServicePort) -> Option<u16> {
        let Some(name) = &port.named else { return port.target.clone().ok() };
        let declared = self.workload?.ports.iter().find(|(own, _)| own == name);
        declared.map(|(_, number)| *number).or_else(|| port.target.clone().ok())
    }

    /// The ways to the pods behind a port of a Service: to the pods themselves, and through its waypoint if it has one.
    pub fn ways(
        &self,
        namespace: &'w str,
        name: &'w str,
        service: &'w Service,
        port: &ServicePort,
    ) -> Vec<Way<'w>> {
        let Some(target) = self.target(port) else { return Vec::new() };
        let through = self.cluster.through(namespace, name, service, port.number);
        let through = through.map(|through| Way { port: target, through: Some(through) });
        self.ways_to_port(target).into_iter().chain(through).collect()
    }

    /// Whether a caller comes in on a way.
    pub fn admits(&self, way: &Way<'w>, call: &Call<'_>) -> bool {
        match &way.through {
            None => self.lets_in(call, way.port),
            Some(through) => {
                let relayed = |own| Call::of(Some(own)).with(call.request);
                through.admits(call)
                    && through.identities.iter().any(|own| self.lets_in(&relayed(own), way.port))
            }
        }
    }

    /// What each layer of a way says, in the order in which a caller meets them; the last one refuses or all admit.
    pub fn decide(&self, way: &Way<'w>, call: &Call<'_>) -> Vec<Decision> {
        let Some(through) = &way.through else { return vec![self.at_pods(call, way.port)] };
        let first = through.decide(call);
        if !first.admitted {
            return vec![first];
        }
        // several identities: the waypoint of whichever cluster has judged the call already
        let relayed = |own| Call::of(Some(own)).with(call.request);
        let admitted = through.identities.iter().map(|own| self.at_pods(&relayed(own), way.port));
        let mut second: Vec<Decision> = admitted.collect();
        second.sort_by_key(|decision| !decision.admitted);
        std::iter::once(first).chain(second.into_iter().next()).collect()
    }

    /// Whether what stands before the pods admits a call: ztunnel, a sidecar, or nothing.
    pub fn lets_in(&self, call: &Call<'_>, port: u16) -> bool {
        match (&self.sidecar, self.capture) {
            (Some(sidecar), _) => sidecar.verdict(&request(call, port)).verdict.allowed,
            (None, Capture::Opted | Capture::HostNetwork) => true,
            (None, _) => self.scope.verdict(&connection(call, port)).allowed,
        }
    }

    /// What stands before the pods, and what it says of a call.
    pub fn at_pods(&self, call: &Call<'_>, port: u16) -> Decision {
        match (&self.sidecar, self.capture) {
            (Some(sidecar), _) => {
                let answer = sidecar.verdict(&request(call, port));
                Decision::of(Layer::Sidecar, &answer.verdict, &answer.not_modelled)
            }
            (None, Capture::Opted | Capture::HostNetwork) => Decision {
                layer: Layer::Ztunnel,
                admitted: true,
                because: Enforced::NotCaptured(self.capture),
                not_modelled: Vec::new(),
            },
            (None, _) => Decision::of(Layer::Ztunnel, &self.scope.verdict(&connection(call, port)), &[]),
        }
    }
}

impl<'w> Through<'w> {
    /// What the waypoint holds for the Service.
    pub fn scope(&self) -> &WaypointScope<'w> {
        &self.scope
    }

    /// What its policies tell callers apart by.
    pub fn marks(&self) -> Marks {
        self.cluster.marks(&self.names())
    }

    /// What its policies tell requests apart by.
    pub fn requests(&self) -> Requests {
        Requests::of(self.cluster.authorization(&self.names()))
    }

    /// Whether the waypoint lets a call pass. Plaintext never comes there.
    pub fn admits(&self, call: &Call<'_>) -> bool {
        call.peer.is_some() && self.scope.verdict(&request(call, self.port)).verdict.allowed
    }

    /// What the waypoint says.
    pub fn decide(&self, call: &Call<'_>) -> Decision {
        let layer =
            Layer::Waypoint { namespace: self.gateway_namespace.to_owned(), name: self.gateway.to_owned() };
        if call.peer.is_none() {
            let because = Enforced::NoWayThrough;
            return Decision { layer, admitted: false, because, not_modelled: Vec::new() };
        }
        let answer = self.scope.verdict(&request(call, self.port));
        Decision::of(layer, &answer.verdict, &answer.not_modelled)
    }

    fn names(&self) -> Vec<&'w PolicyName> {
        let scope = &self.scope;
        scope.allow().iter().copied().chain(scope.deny()).chain(scope.custom()).collect()
    }
}

/// A call as Envoy sees it, at a waypoint or in a sidecar.
fn request<'c>(call: &Call<'c>, port: u16) -> Request<'c> {
    Request {
        source_ip: call.source,
        remote_ip: call.source,
        destination_ip: call.destination,
        ..Request::new(call.peer, port, call.request)
    }
}

fn connection<'c>(call: &Call<'c>, port: u16) -> Connection<'c> {
    Connection {
        source_ip: call.source,
        destination_ip: call.destination,
        ..Connection::new(call.peer, port)
    }
}
