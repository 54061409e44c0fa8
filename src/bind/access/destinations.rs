//! `applyToDestinations` and `applyToWorkloads` → classes of pods.

use std::collections::BTreeSet;

use super::reach::Wanted;
use super::{Binding, Class};
use crate::bind::ROOT_NAMESPACE;
use crate::bind::mesh::{ClusterId, Destination, Ports, Service, ServicePort, Workload};
use crate::bind::selection::{is_volatile, matches};
use crate::kinds::Labels;
use crate::kinds::selector::{DestinationKind, DestinationSelector, PortSelector, WorkloadSelector};
use crate::report::Finding;
use crate::report::codes::{FC112, FC115, FC203, FC406, FC407, FC410, FC412};
use crate::source::Place;

impl<'a> Binding<'a> {
    /// Adds every class of pods that the policy selects.
    pub(super) fn select(&mut self) {
        let spec = &self.object.spec;
        if let (Some(destination), Some(workload)) =
            (spec.apply_to_destinations.first(), spec.apply_to_workloads.first())
        {
            self.push(
                Finding::new(
                    FC115,
                    "`applyToDestinations` and `applyToWorkloads` are both set, and Gloo ignores the former",
                )
                .at(destination.place)
                .because("with this set", workload.place)
                .help("write two policies, or keep one of the lists"),
            );
            return;
        }
        if spec.apply_to_destinations.is_empty() && spec.apply_to_workloads.is_empty() {
            self.destinations(None, self.object.place);
        }
        for destination in &spec.apply_to_destinations {
            self.destinations(Some(destination), destination.place);
        }
        for workload in &spec.apply_to_workloads {
            self.workloads(workload);
        }
    }

    pub(super) fn destinations(&mut self, destination: Option<&'a DestinationSelector>, place: Place) {
        if let Some(kind) = destination.and_then(|destination| destination.kind)
            && *kind != DestinationKind::Service
        {
            self.push(
                Finding::new(
                    FC112,
                    format!("`kind: {kind}` is real, but fleetc does not compile it as a destination"),
                )
                .at(kind.place)
                .help("select the Services behind it; they are where access is enforced"),
            );
            return;
        }
        let selector = destination.and_then(|destination| destination.selector.as_ref());
        let port = destination.and_then(|destination| destination.port.as_ref());
        let wanted = selector.map(Wanted::of).unwrap_or_default();
        if !self.names_exist(wanted) {
            return;
        }
        let mut met = Vec::new();
        for (id, cluster, name, namespace) in self.namespaces(wanted) {
            for (service_name, service) in &namespace.services {
                let named = selector
                    .and_then(|selector| selector.name.as_ref())
                    .is_none_or(|wanted| wanted.value == *service_name);
                // what istiod runs for the mesh itself is nobody's destination, unless it is meant by name
                let meant = !service.serves_mesh || selector.is_some_and(|selector| selector.name.is_some());
                if named
                    && meant
                    && selector.is_none_or(|selector| matches(&selector.labels, &service.labels))
                {
                    met.push((id, cluster, name, service_name, service));
                }
            }
        }
        if met.is_empty() {
            self.nothing("Service", selector.map_or(place, |selector| selector.place), selector);
        }
        // a Service without the port has nothing to govern there, as long as another one has it
        let serves = |service: &Service| port.is_none_or(|port| service_port(port, service).is_some());
        let some_serve = met.iter().any(|(.., service)| serves(service));
        for (id, cluster, name, service_name, service) in met {
            if some_serve && !serves(service) {
                continue;
            }
            let shown = format!("`{name}/{service_name}` in cluster `{}`", cluster.name);
            let Some(pods) = self.pods(name, &shown, service, place) else { continue };
            let Some(ports) = self.ports(port, &shown, service) else { continue };
            self.add(id, name, Destination::Service(service_name.clone()), pods, ports);
        }
    }

    fn add(
        &mut self,
        cluster: ClusterId,
        namespace: &str,
        destination: Destination,
        selector: Labels,
        ports: Ports,
    ) {
        self.selected.push(Class { cluster, namespace: namespace.to_owned(), destination, selector, ports });
    }

    /// The labels of a Service's pods, if they can be selected.
    pub(super) fn pods(
        &mut self,
        namespace: &str,
        shown: &str,
        service: &Service,
        place: Place,
    ) -> Option<Labels> {
        let finding = match &service.selector {
            None => Finding::new(FC407, format!("service {shown} selects no pods, so this policy governs nothing there"))
                .help("access is enforced at pods; a Service without a selector, or of type ExternalName, has none of its own"),
            Some(_) if service.serves_mesh => Finding::new(FC407, format!("service {shown} is a waypoint's or an east-west gateway's own, so this policy governs nothing there"))
                .help("no ztunnel stands before the pods of a waypoint; select the Services behind it"),
            Some(_) if namespace == ROOT_NAMESPACE => Finding::new(
                FC410,
                format!("service {shown} is in Istio's root namespace, where a policy would rule every namespace"),
            )
            .help("move it to a namespace of its own, or select by a namespace or labels that leave it out"),
            Some(_) if !service.volatile.is_empty() => Finding::new(
                FC406,
                format!("service {shown} selects pods by `{}`, which changes with every pod or revision", service.volatile.join("`, `")),
            )
            .help("a rendered selector would soon select nothing: select the pods by a label that stays"),
            Some(selector) => return Some(selector.clone()),
        };
        self.push(finding.at(place).because("the Service", service.place));
        None
    }

    /// The pods' ports behind a port of the Service; every port without one.
    pub(super) fn ports(
        &mut self,
        port: Option<&PortSelector>,
        shown: &str,
        service: &Service,
    ) -> Option<Ports> {
        let Some(port) = port else { return Some(Ports::all()) };
        let offered = || {
            let ports = service.ports.iter().map(|port| match port.name.as_str() {
                "" => port.number.to_string(),
                name => format!("{} ({name})", port.number),
            });
            ports.collect::<Vec<_>>().join(", ")
        };
        let finding = match service_port(port, service).map(|port| &port.target) {
            Some(Ok(target)) => return Some(Ports::Only(BTreeSet::from([*target]))),
            Some(Err(why)) => Finding::new(FC412, format!("the target port of service {shown} cannot be told: {why}"))
                .help("give the Service a numeric targetPort, or the same named port to the containers of all its workloads"),
            None => Finding::new(FC203, format!("service {shown} has no such port"))
                .help(format!("its ports are {}; a policy names the Service's port, not the pod's", offered())),
        };
        self.push(finding.at(port.place).because("the Service", service.place));
        None
    }

    pub(super) fn workloads(&mut self, workload: &'a WorkloadSelector) {
        let selector = workload.selector.as_ref();
        let wanted = selector.map_or_else(Wanted::default, |selector| Wanted {
            cluster: selector.cluster.as_ref(),
            namespace: selector.namespace.as_ref(),
            workspace: selector.workspace.as_ref(),
        });
        if !self.names_exist(wanted) {
            return;
        }
        let Some(labels) = selector.map(|selector| &selector.labels).filter(|labels| !labels.is_empty())
        else {
            self.every_workload(wanted, workload.place);
            return;
        };
        if let Some(volatile) = labels.keys().find(|key| is_volatile(key)) {
            self.push(
                Finding::new(FC406, format!("`{volatile}` changes with every pod or revision"))
                    .at(workload.place)
                    .help("select the pods by a label that stays"),
            );
            return;
        }
        let mut met = 0;
        for (id, _, name, namespace) in self.namespaces(wanted) {
            let Some(first) = namespace.workloads.iter().find(|workload| matches(labels, &workload.labels))
            else {
                continue;
            };
            met += 1;
            if name == ROOT_NAMESPACE {
                self.in_root_namespace(first, workload.place);
            } else {
                self.add(id, name, Destination::Labels(labels.clone()), labels.clone(), Ports::all());
            }
        }
        if met == 0 {
            let place = selector.map_or(workload.place, |selector| selector.place);
            self.push(
                Finding::new(FC203, "no workload of the inventory within reach carries these labels")
                    .at(place)
                    .help("check the labels against the pod templates below `clusters/`"),
            );
        }
    }

    /// Without labels the class is the namespace: every pod of it, those to come included.
    pub(super) fn every_workload(&mut self, wanted: Wanted<'a>, place: Place) {
        let mut met = 0;
        for (id, _, name, namespace) in self.namespaces(wanted) {
            met += namespace.workloads.len();
            match (name, namespace.workloads.first()) {
                (ROOT_NAMESPACE, Some(first)) => self.in_root_namespace(first, place),
                (ROOT_NAMESPACE, None) => {}
                _ => self.add(id, name, Destination::Namespace, Labels::new(), Ports::all()),
            }
        }
        if met == 0 {
            self.push(
                Finding::new(FC203, "the inventory has no workload within reach of this policy")
                    .at(place)
                    .help("add what runs there below `clusters/<cluster>/`"),
            );
        }
    }

    pub(super) fn in_root_namespace(&mut self, workload: &Workload, place: Place) {
        let message = format!(
            "{} `{ROOT_NAMESPACE}/{}` is in Istio's root namespace, where a policy would rule every namespace",
            workload.kind, workload.name
        );
        self.push(
            Finding::new(FC410, message).at(place).because("the workload", workload.place).help(
                "move it to a namespace of its own, or select by a namespace or labels that leave it out",
            ),
        );
    }
}

/// The port of a Service that a selector names.
fn service_port<'s>(port: &PortSelector, service: &'s Service) -> Option<&'s ServicePort> {
    service.ports.iter().find(|candidate| {
        let number = port.number.is_none_or(|number| number.get() == candidate.number);
        number && port.name.as_ref().is_none_or(|name| name.value == candidate.name)
    })
}
