//! What of the inventory calls Services from outside the mesh → which pods, on which of their ports.

use std::collections::BTreeMap;

use super::inventory::{GATEWAY_NAME, runs_no_gateway};
use super::mesh::{Cluster, Identity, Member, OutsideCall, OutsideCaller, Service, ServicePort, Workload};
use crate::kinds::callers::{Backend, Calls, ParentReference};
use crate::kinds::inventory::{self, InventoryObject, Item};
use crate::kinds::istio_operator::TargetPort;
use crate::source::Place;

/// Types of Services that a port of each node, or a load balancer, leads to.
const EXPOSED: [&str; 2] = ["NodePort", "LoadBalancer"];

/// Fills [`Cluster::calls`]. Services that the inventory does not have are left out.
pub fn bind_calls(objects: &[InventoryObject], clusters: &mut [Cluster]) {
    for cluster in clusters.iter_mut() {
        let own = &cluster.name;
        let here = || objects.iter().filter(|object| object.scope.cluster().is_none_or(|scope| scope == own));
        let gateways: BTreeMap<(&str, &str), &inventory::Gateway> = here()
            .filter_map(|object| match &object.item {
                Item::Gateway(gateway) => Some(((object.namespace.as_str(), object.name.as_str()), gateway)),
                _ => None,
            })
            .collect();
        let mut calls = Vec::new();
        for object in here() {
            let from = From { cluster, object };
            match &object.item {
                Item::Service(service) if EXPOSED.contains(&service.kind()) => {
                    calls.extend(from.everything(service));
                }
                Item::Calls(Calls::ApiServer(backends)) => {
                    calls.extend(backends.iter().filter_map(|one| from.call(one, OutsideCaller::ApiServer)));
                }
                Item::Calls(Calls::Ingress(backends)) => {
                    calls.extend(backends.iter().filter_map(|one| from.call(one, OutsideCaller::Unknown)));
                }
                Item::Calls(Calls::Route { gateways: parents, backends }) => {
                    for parent in parents {
                        let Some(caller) = from.gateway(parent, &gateways) else { continue };
                        calls.extend(backends.iter().filter_map(|one| from.call(one, caller.clone())));
                    }
                }
                _ => {}
            }
        }
        cluster.calls = calls;
    }
}

/// An object of a cluster that calls.
struct From<'a> {
    cluster: &'a Cluster,
    object: &'a InventoryObject,
}

impl From<'_> {
    fn everything(&self, service: &inventory::Service) -> Option<OutsideCall> {
        let bound = self.service(&self.object.namespace, &self.object.name)?;
        let place = service.kind.as_ref().map_or(self.object.place, |kind| kind.place);
        let name = (self.object.namespace.as_str(), self.object.name.as_str());
        Some(self.made(OutsideCaller::Network, name, place, bound.ports.iter()))
    }

    fn call(&self, backend: &Backend, caller: OutsideCaller) -> Option<OutsideCall> {
        let namespace = backend.namespace.as_deref().unwrap_or(&self.object.namespace);
        let service = self.service(namespace, &backend.name)?;
        let called = |port: &&ServicePort| match &backend.port {
            None => true,
            Some(TargetPort::Number(number)) => number.get() == port.number,
            Some(TargetPort::Name(name)) => *name == port.name,
        };
        let name = (namespace, backend.name.value.as_str());
        Some(self.made(caller, name, backend.name.place, service.ports.iter().filter(called)))
    }

    fn service(&self, namespace: &str, name: &str) -> Option<&Service> {
        self.cluster.namespaces.get(namespace)?.services.get(name)
    }

    fn made<'p>(
        &self,
        caller: OutsideCaller,
        (namespace, service): (&str, &str),
        place: Place,
        ports: impl Iterator<Item = &'p ServicePort>,
    ) -> OutsideCall {
        OutsideCall {
            object: self.object.reference(),
            place,
            caller,
            namespace: namespace.to_owned(),
            service: service.to_owned(),
            ports: ports.map(|port| port.target.clone()).collect(),
        }
    }

    /// Who a Gateway is to those it calls: whom its pods run as. `None` for one that calls only for the mesh, or that the
    /// inventory does not have.
    fn gateway(
        &self,
        parent: &ParentReference,
        gateways: &BTreeMap<(&str, &str), &inventory::Gateway>,
    ) -> Option<OutsideCaller> {
        let namespace =
            parent.namespace.as_ref().map_or(&self.object.namespace, |namespace| &namespace.value);
        let class = &gateways.get(&(namespace.as_str(), parent.name.as_str()))?.gateway_class_name;
        let runs = |workload: &&Workload| {
            workload.gateway && workload.labels.get(GATEWAY_NAME) == Some(&parent.name.value)
        };
        // what runs comes before what istiod would run, and is known better
        let workloads = &self.cluster.namespaces.get(namespace)?.workloads;
        let workload = workloads.iter().find(runs).filter(|_| !runs_no_gateway(class))?;
        if workload.kind == "Gateway" && !class.starts_with("istio") {
            return Some(OutsideCaller::Unknown);
        }
        let member =
            Member { trust_domain: self.cluster.trust_domain.clone(), namespace: namespace.as_str().into() };
        Some(OutsideCaller::Gateway(Identity { member, account: workload.account.as_str().into() }))
    }
}
