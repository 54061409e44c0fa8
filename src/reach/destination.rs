//! One class of pods as its callers meet it: every way in, and what stands in each.
//!
//! Traffic that is addressed to an enrolled Service passes the waypoint, which judges the caller, and then the pods'
//! ztunnel, which judges the waypoint. Traffic that is addressed to a pod comes straight, and ztunnel judges the caller.
//! Where ztunnel captures nothing (`istio.io/dataplane-mode: none`, the host's network, a sidecar), nothing is enforced
//! by it and everybody comes in (SPEC section 5, "enforcement needs capture").

use std::borrow::Cow;

use crate::bind::{Capture, Namespace, PolicyObject, Service, ServicePort, Workload as Inventory};
use crate::manifest::Labels;

use super::decision::{Decision, Enforced, Layer};
use super::{
    Attachment, Backend, ClusterWorld, Connection, HttpRequest, Identity, Marks, PolicyName, Request, Scope,
    WaypointScope, Workload,
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
    /// Whether a ztunnel stands before them.
    pub capture: Capture,
    scope: Scope<'w>,
}

/// A caller and what it asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'c> {
    /// Its identity; `None`: plaintext.
    pub peer: Option<&'c Identity>,
    /// The request, for waypoints; `None`: a connection on a port whose protocol is not HTTP.
    pub request: Option<&'c HttpRequest>,
}

/// A way to a pod's port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way<'w> {
    /// The pod's port.
    pub port: u16,
    /// The waypoint that it leads through; `None`: straight to the pod.
    pub through: Option<Through<'w>>,
}

/// An enrolled Service's waypoint on the way to a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Through<'w> {
    /// The Service's namespace.
    pub namespace: &'w str,
    /// The Service's name.
    pub service: &'w str,
    /// The Service's port.
    pub port: u16,
    /// The namespace of the waypoint's Gateway.
    pub gateway_namespace: &'w str,
    /// The name of the waypoint's Gateway.
    pub gateway: &'w str,
    /// Who the waypoint is to the pods: in whichever cluster it has judged the call.
    pub identities: Vec<Identity>,
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

    fn marks<'n>(&self, names: impl Iterator<Item = &'n PolicyName>) -> Marks {
        let held = names.filter_map(|name| self.policy(name));
        let mut marks = Marks::of(held.filter_map(|held| match &held.object {
            PolicyObject::Authorization(policy) => Some(&**policy),
            PolicyObject::Peer(_) => None,
        }));
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
        Destination { cluster: self, namespace, labels, workload, capture, scope }
    }
}

fn workloads_of<'w>(namespace: &'w Namespace, service: &'w Service) -> impl Iterator<Item = &'w Inventory> {
    service.workloads.iter().filter_map(|index| namespace.workloads.get(*index))
}

impl<'w> Destination<'w> {
    /// What ztunnel holds for these pods.
    pub fn scope(&self) -> &Scope<'w> {
        &self.scope
    }

    /// What the policies that ztunnel holds for these pods tell callers apart by.
    pub fn marks(&self) -> Marks {
        self.cluster.marks(self.scope.allow().iter().copied().chain(self.scope.deny()))
    }

    /// What the policies at an enrolled Service's waypoint tell callers apart by.
    pub fn waypoint_marks(&self, through: &Through<'w>) -> Marks {
        let scope = self.waypoint_scope(through);
        self.cluster.marks(scope.allow().iter().copied().chain(scope.deny()))
    }

    /// Whether a ztunnel stands before the pods. A namespace that says nothing is taken for captured.
    pub fn is_captured(&self) -> bool {
        matches!(self.capture, Capture::Ambient | Capture::Assumed)
    }

    /// The pods' port behind a port of a Service; `None` if it is a name that these pods do not resolve.
    pub fn target(&self, port: &ServicePort) -> Option<u16> {
        let Some(name) = &port.named else { return port.target.clone().ok() };
        let declared = self.workload?.ports.iter().find(|(own, _)| own == name);
        declared.map(|(_, number)| *number).or_else(|| port.target.clone().ok())
    }

    /// The ways to the pods behind a port of a Service: straight, and through its waypoint if it has one.
    pub fn ways(
        &self,
        namespace: &'w str,
        name: &'w str,
        service: &'w Service,
        port: &ServicePort,
    ) -> Vec<Way<'w>> {
        let Some(target) = self.target(port) else { return Vec::new() };
        let through = self.waypoint(service).map(|(gateway_namespace, gateway, identities)| {
            let port = port.number;
            Way {
                port: target,
                through: Some(Through {
                    namespace,
                    service: name,
                    port,
                    gateway_namespace,
                    gateway,
                    identities,
                }),
            }
        });
        std::iter::once(Way { port: target, through: None }).chain(through).collect()
    }

    /// The Gateway of a Service's waypoint, by namespace and name, and its identities.
    fn waypoint(&self, service: &'w Service) -> Option<(&'w str, &'w str, Vec<Identity>)> {
        let waypoint = service.waypoint.as_ref()?;
        let identities = waypoint.identities.iter().map(|identity| {
            let member = &identity.member;
            Identity::new(&member.trust_domain, &member.namespace, &identity.account)
        });
        Some((&waypoint.namespace, &waypoint.name, identities.collect()))
    }

    /// Whether a caller comes in on a way.
    pub fn admits(&self, way: &Way<'w>, call: &Call<'_>) -> bool {
        match &way.through {
            None => self.ztunnel_admits(call.peer, way.port),
            Some(through) => {
                let first = self.waypoint_scope(through);
                let passes = call.peer.is_some() && first.verdict(&request(call, through)).verdict.allowed;
                passes && through.identities.iter().any(|own| self.ztunnel_admits(Some(own), way.port))
            }
        }
    }

    /// What each layer of a way says, in the order in which a caller meets them; the last one refuses or all admit.
    pub fn decide(&self, way: &Way<'w>, call: &Call<'_>) -> Vec<Decision> {
        let Some(through) = &way.through else { return vec![self.at_ztunnel(call.peer, way.port)] };
        let layer = Layer::Waypoint {
            namespace: through.gateway_namespace.to_owned(),
            name: through.gateway.to_owned(),
        };
        if call.peer.is_none() {
            return vec![Decision {
                layer,
                admitted: false,
                because: Enforced::NoWayThrough,
                not_modelled: Vec::new(),
            }];
        }
        let scope = self.waypoint_scope(through);
        let answer = scope.verdict(&request(call, through));
        let first = Decision::of(layer, &answer.verdict, &answer.not_modelled);
        if !first.admitted {
            return vec![first];
        }
        // several identities: the waypoint of whichever cluster has judged the call already
        let admitted = through.identities.iter().map(|own| self.at_ztunnel(Some(own), way.port));
        let mut second: Vec<Decision> = admitted.collect();
        second.sort_by_key(|decision| !decision.admitted);
        std::iter::once(first).chain(second.into_iter().next()).collect()
    }

    fn ztunnel_admits(&self, peer: Option<&Identity>, port: u16) -> bool {
        !self.is_captured() || self.scope.verdict(&Connection::new(peer, port)).allowed
    }

    fn at_ztunnel(&self, peer: Option<&Identity>, port: u16) -> Decision {
        match self.is_captured() {
            true => Decision::of(Layer::Ztunnel, &self.scope.verdict(&Connection::new(peer, port)), &[]),
            false => Decision {
                layer: Layer::Ztunnel,
                admitted: true,
                because: Enforced::NotCaptured(self.capture),
                not_modelled: Vec::new(),
            },
        }
    }

    /// What the waypoint of an enrolled Service holds.
    pub fn waypoint_scope(&self, through: &Through<'w>) -> WaypointScope<'w> {
        self.cluster.waypoints().at(&Attachment {
            namespace: through.gateway_namespace,
            gateway: through.gateway,
            backend: Backend::Service { namespace: through.namespace, name: through.service },
        })
    }
}

fn request<'c>(call: &Call<'c>, through: &Through<'_>) -> Request<'c> {
    Request::new(call.peer, through.port, call.request)
}
