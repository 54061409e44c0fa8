//! Segments and VirtualDestinations → global services and hosts.

use std::collections::{BTreeMap, BTreeSet};

use super::mesh::{
    Cluster, ClusterId, GlobalHost, GlobalService, Namespace, Service, Tenancy, Workspace, WorkspaceId,
};
use super::origin;
use super::selection::matches;
use super::visibility::{Resource, Shared, visible_to};
use crate::kinds::selector::{ObjectSelector, PortSelector};
use crate::kinds::virtual_destination::VirtualDestinationPort;
use crate::kinds::workspace_settings::ResourceKind;
use crate::kinds::{ADMIN_NAMESPACE, Intents, Object, SegmentSpec, Spot, VirtualDestinationSpec};
use crate::report::codes::{FC112, FC203, FC503, FC504, FC506, FC507, FC511};
use crate::report::{Finding, Findings};
use crate::source::{Origin, Place};

/// What Segments and VirtualDestinations come to.
#[derive(Debug, Default)]
pub struct Federation {
    /// Services that one name reaches in every cluster.
    pub services: Vec<GlobalService>,
    /// Host names of their own for such services.
    pub hosts: Vec<GlobalHost>,
    /// Every host that is claimed, who claims it, and where.
    pub claims: Vec<(String, Origin, Place)>,
}

/// Takes the label off again before the object is deleted (SPEC section 6).
const WITHDRAWN: &str = "fleetc.dev/withdrawn";
/// The domain that Solo's istiod gives every global service.
const MESH_INTERNAL: &str = "mesh.internal";

/// Binds all Segments and VirtualDestinations.
pub fn bind_federation(
    intents: &Intents,
    clusters: &[Cluster],
    workspaces: &[Workspace],
    shares: &[Shared<'_>],
    findings: &mut Findings,
) -> Federation {
    let mut federation = Federation::default();
    let mut scoped = BTreeMap::new();
    for object in &intents.segments {
        let claim = Claim::new("Segment", object, clusters, findings);
        segment(claim, object, &mut scoped, &mut federation);
    }
    for object in &intents.virtual_destinations {
        let claim = Claim::new("VirtualDestination", object, clusters, findings);
        virtual_destination(claim, object, workspaces, shares, &mut scoped, &mut federation);
    }
    federation.services = scoped.into_values().collect();
    federation
}

/// By cluster, namespace and name.
type Scoped = BTreeMap<(ClusterId, String, String), GlobalService>;

/// A Service behind a global name.
#[derive(Clone, Copy)]
struct Backing<'a> {
    id: ClusterId,
    cluster: &'a Cluster,
    namespace_name: &'a str,
    namespace: &'a Namespace,
    name: &'a str,
    service: &'a Service,
}

/// One object that asks for global names.
struct Claim<'a> {
    reference: String,
    origin: Origin,
    withdrawn: bool,
    home: &'a str,
    clusters: &'a [Cluster],
    findings: &'a mut Findings,
}

impl<'a> Claim<'a> {
    fn new<S>(
        kind: &str,
        object: &'a Object<S>,
        clusters: &'a [Cluster],
        findings: &'a mut Findings,
    ) -> Self {
        let withdrawn = object.annotations.get(WITHDRAWN).is_some_and(|value| value == "true");
        let reference = object.reference(kind);
        Claim {
            reference,
            origin: origin(kind, object),
            withdrawn,
            home: &object.namespace.value,
            clusters,
            findings,
        }
    }

    fn push(&mut self, finding: Finding) {
        self.findings.push(finding.object(self.reference.clone()));
    }

    /// The workspace that owns the object's namespace; `None` in the admin namespace and where nobody does.
    fn owner(&self) -> Option<WorkspaceId> {
        self.clusters.iter().find_map(|cluster| cluster.namespaces.get(self.home)?.owner())
    }

    /// The Services that a selector picks: in the admin namespace of the whole fleet, elsewhere of the own workspace, or of
    /// the own namespace where no workspace owns it.
    fn services(&self, selector: &ObjectSelector) -> Vec<Backing<'a>> {
        let owner = self.owner();
        let within = |name: &str, namespace: &Namespace| match owner {
            _ if self.home == ADMIN_NAMESPACE => {
                selector.namespace.is_some() || namespace.tenancy != Tenancy::System
            }
            Some(owner) => namespace.owner() == Some(owner),
            None => name == self.home,
        };
        let is = |wanted: &Option<Spot<String>>, value: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.value == value)
        };
        let mut found = Vec::new();
        for (index, cluster) in
            self.clusters.iter().enumerate().filter(|(_, cluster)| is(&selector.cluster, &cluster.name))
        {
            for (namespace_name, namespace) in &cluster.namespaces {
                if !is(&selector.namespace, namespace_name) || !within(namespace_name, namespace) {
                    continue;
                }
                for (name, service) in &namespace.services {
                    if is(&selector.name, name) && matches(&selector.labels, &service.labels) {
                        let id = ClusterId(index);
                        found.push(Backing { id, cluster, namespace_name, namespace, name, service });
                    }
                }
            }
        }
        found
    }

    /// One name in every cluster means one set of ports in every cluster.
    fn same_ports(&mut self, backing: &[Backing<'a>], place: Place) {
        let mut first: BTreeMap<(&str, &str), Backing<'a>> = BTreeMap::new();
        for one in backing {
            let other = *first.entry((one.namespace_name, one.name)).or_insert(*one);
            let ports = |backing: Backing<'a>| -> BTreeSet<(u16, &'a str)> {
                backing.service.ports.iter().map(|port| (port.number, port.name.as_str())).collect()
            };
            let has = |backing: Backing<'a>| {
                let shown = ports(backing).into_iter().map(|(number, name)| match name {
                    "" => number.to_string(),
                    name => format!("{number} `{name}`"),
                });
                format!("in `{}` it has {}", backing.cluster.name, shown.collect::<Vec<_>>().join(", "))
            };
            if ports(other) != ports(*one) {
                self.push(
                    Finding::new(
                        FC504,
                        format!(
                            "service `{}/{}` has other ports in cluster `{}` than in `{}`",
                            one.namespace_name, one.name, one.cluster.name, other.cluster.name
                        ),
                    )
                    .at(place)
                    .because(has(other), other.service.place)
                    .because(has(*one), one.service.place)
                    .help("callers do not choose the cluster that answers: give the Service the same ports everywhere"),
                );
            }
        }
    }

    fn scope(&self, backing: &[Backing<'a>], scoped: &mut Scoped) {
        for one in backing {
            let key = (one.id, one.namespace_name.to_owned(), one.name.to_owned());
            let service = scoped.entry(key).or_insert_with(|| GlobalService {
                cluster: one.id,
                namespace: one.namespace_name.to_owned(),
                name: one.name.to_owned(),
                withdrawn: true,
                origins: BTreeSet::new(),
            });
            service.withdrawn &= self.withdrawn;
            service.origins.insert(self.origin.clone());
        }
    }

    /// A host with a ServiceEntry of its own. `ports`: number, protocol, the Service's port where it differs.
    fn host(
        &mut self,
        hosts: Vec<String>,
        place: Place,
        ports: &[(u16, String, Option<&PortSelector>, Place)],
        backing: &[Backing<'a>],
    ) -> Option<GlobalHost> {
        let first = *backing.first()?;
        let selector = first.service.selector.clone().unwrap_or_default();
        for one in backing {
            if one.namespace_name != first.namespace_name {
                self.push(
                    Finding::new(
                        FC507,
                        format!(
                            "the host is backed by Services in two namespaces, `{}` and `{}`",
                            first.namespace_name, one.namespace_name
                        ),
                    )
                    .at(place)
                    .because("one of them", first.service.place)
                    .because("and another", one.service.place)
                    .help("a ServiceEntry selects pods of its own namespace: select Services of one, or write one object for each"),
                );
                return None;
            }
            if one.service.selector.as_ref() != Some(&selector) || selector.is_empty() {
                self.push(
                    Finding::new(
                        FC504,
                        format!(
                            "`{}` in cluster `{}` and `{}` in `{}` select pods by different labels, or by none",
                            first.name, first.cluster.name, one.name, one.cluster.name
                        ),
                    )
                    .at(place)
                    .because("the first Service", first.service.place)
                    .because("the other one", one.service.place)
                    .help("the pods behind one host carry the same labels in every cluster: select Services with the same selector"),
                );
                return None;
            }
        }
        let mut bound = Vec::new();
        for (number, protocol, target, port_place) in ports {
            bound.push((*number, protocol.clone(), self.target(*number, *target, *port_place, backing)?));
        }
        let account = |one: &Backing<'_>| {
            let behind = one.service.workloads.iter().filter_map(|index| one.namespace.workloads.get(*index));
            let accounts: BTreeSet<&str> = behind.map(|workload| workload.account.as_str()).collect();
            accounts.first().filter(|_| accounts.len() == 1).map(|account| (*account).to_owned())
        };
        Some(GlobalHost {
            name: hosts.first()?.clone(),
            namespace: first.namespace_name.to_owned(),
            hosts,
            ports: bound,
            selector,
            backing: backing.iter().map(|one| (one.id, account(one))).collect(),
            reach: BTreeSet::new(),
            origins: BTreeSet::from([self.origin.clone()]),
        })
    }

    /// The pods' port behind a port of the host; `Some(None)` where it is the same number.
    fn target(
        &mut self,
        number: u16,
        selector: Option<&PortSelector>,
        place: Place,
        backing: &[Backing<'a>],
    ) -> Option<Option<u16>> {
        let mut found: Option<(u16, Backing<'a>)> = None;
        for one in backing {
            let port = one.service.ports.iter().find(|port| match selector {
                None => port.number == number,
                Some(selector) => {
                    selector.number.is_none_or(|number| number.get() == port.number)
                        && selector.name.as_ref().is_none_or(|name| name.value == port.name)
                }
            });
            let shown =
                format!("service `{}/{}` in cluster `{}`", one.namespace_name, one.name, one.cluster.name);
            let (message, other) = match (port.map(|port| port.target.clone()), found) {
                (Some(Ok(target)), Some((first, other))) if first != target => {
                    (format!("{shown} sends this port to {target}, another cluster to {first}"), Some(other))
                }
                (Some(Ok(target)), _) => {
                    found.get_or_insert((target, *one));
                    continue;
                }
                (Some(Err(why)), _) => (format!("the target port of {shown} cannot be told: {why}"), None),
                (None, _) => (format!("{shown} has no such port"), None),
            };
            let finding = Finding::new(FC504, message).at(place).because("the Service", one.service.place);
            let finding = match other {
                Some(other) => finding.because("the other one", other.service.place),
                None => finding,
            };
            self.push(
                finding.help(
                    "give the Services behind one host the same ports and the same numeric target ports",
                ),
            );
            return None;
        }
        found.map(|(target, _)| (target != number).then_some(target))
    }
}

/// The name that istiod itself gives a global Service.
fn internal_host(one: &Backing<'_>) -> String {
    format!("{}.{}.{MESH_INTERNAL}", one.name, one.namespace_name)
}

fn segment(
    mut claim: Claim<'_>,
    object: &Object<SegmentSpec>,
    scoped: &mut Scoped,
    federation: &mut Federation,
) {
    let spec = &object.spec;
    if let Some(domain) = &spec.domain {
        claim.push(
            Finding::new(FC112, "a Segment with a `domain` is real, but fleetc does not compile it")
                .at(domain.place)
                .help("name the services by `hosts` and `selector`; every cluster then stays in the default segment, `mesh.internal`"),
        );
        return;
    }
    let Some(selector) = &spec.selector else { return };
    let backing = claim.services(selector);
    if backing.is_empty() {
        claim.push(
            Finding::new(FC503, "no Service of the inventory matches this Segment")
                .at(selector.place)
                .help("check the selector against the Services below `clusters/`"),
        );
        return;
    }
    claim.same_ports(&backing, object.place);
    let ports: Vec<_> = spec
        .ports
        .iter()
        .map(|port| (port.number.get(), port.protocol.text().to_owned(), None, port.number.place))
        .collect();
    let resolved = ports
        .iter()
        .all(|(number, _, target, place)| claim.target(*number, *target, *place, &backing).is_some());
    claim.scope(&backing, scoped);
    let mut own = Vec::new();
    for host in &spec.hosts {
        federation.claims.push((host.value.clone(), claim.origin.clone(), host.place));
        if backing.iter().any(|one| internal_host(one) == host.value) {
            continue;
        }
        if host.value.ends_with(MESH_INTERNAL) {
            claim.push(
                Finding::new(FC503, format!("host `{}` is the name of a Service that this Segment does not select", host.value))
                    .at(host.place)
                    .help("`<service>.<namespace>.mesh.internal` names itself: write the Service's own name and namespace, or select it"),
            );
            continue;
        }
        own.push((host.value.clone(), host.place));
    }
    let Some((_, place)) = own.first().cloned().filter(|_| resolved && !claim.withdrawn) else { return };
    let hosts = own.into_iter().map(|(host, _)| host).collect();
    if let Some(mut host) = claim.host(hosts, place, &ports, &backing) {
        for (index, cluster) in claim.clusters.iter().enumerate() {
            if cluster.namespaces.contains_key(&host.namespace) {
                host.reach.insert(ClusterId(index));
            } else {
                claim.push(
                    Finding::new(
                        FC511,
                        format!("cluster `{}` has no namespace `{}` to put this host in", cluster.name, host.namespace),
                    )
                    .at(place)
                    .help("callers there can use `<service>.<namespace>.mesh.internal`; or give the cluster the namespace"),
                );
            }
        }
        federation.hosts.push(host);
    }
}

fn virtual_destination(
    mut claim: Claim<'_>,
    object: &Object<VirtualDestinationSpec>,
    workspaces: &[Workspace],
    shares: &[Shared<'_>],
    scoped: &mut Scoped,
    federation: &mut Federation,
) {
    let spec = &object.spec;
    let place = spec.services.first().map_or(object.place, |selector| selector.place);
    let mut backing: Vec<Backing<'_>> = Vec::new();
    for selector in &spec.services {
        for one in claim.services(selector) {
            let known = |other: &Backing<'_>| {
                (other.id, other.namespace_name, other.name) == (one.id, one.namespace_name, one.name)
            };
            if !backing.iter().any(known) {
                backing.push(one);
            }
        }
    }
    if backing.is_empty() {
        claim.push(
            Finding::new(FC203, "no Service of the inventory within reach backs this VirtualDestination")
                .at(place)
                .help("check `services` against the Services below `clusters/`; outside the admin namespace they are those of the own workspace"),
        );
        return;
    }
    claim.same_ports(&backing, object.place);
    claim.scope(&backing, scoped);
    for host in &spec.hosts {
        federation.claims.push((host.value.clone(), claim.origin.clone(), host.place));
    }
    claim.push(honoured(object, &backing));
    if claim.withdrawn {
        return;
    }
    let ports: Vec<_> = spec
        .ports
        .iter()
        .map(|port| {
            (port.number.get(), port.protocol.text().to_owned(), port.target_port.as_ref(), port.number.place)
        })
        .collect();
    let hosts = spec.hosts.iter().map(|host| host.value.clone()).collect();
    let Some(mut host) = claim.host(hosts, place, &ports, &backing) else { return };
    let resource = Resource {
        kind: ResourceKind::VirtualDestination,
        cluster: None,
        namespace: &object.namespace.value,
        name: &object.name.value,
        labels: &object.labels,
    };
    let internal = backing.first().map_or_else(String::new, internal_host);
    let owner = claim.owner();
    let mut reaching: BTreeSet<WorkspaceId> = owner.into_iter().collect();
    if let Some(owner) = owner {
        reaching.extend(visible_to(owner, resource, shares).into_iter().map(|(importer, _)| importer));
    }
    for one in &backing {
        reaching.extend(one.service.visible_to.keys().copied());
    }
    for (index, cluster) in claim.clusters.iter().enumerate() {
        let importer = cluster
            .namespaces
            .values()
            .find_map(|namespace| namespace.owner().filter(|owner| reaching.contains(owner)));
        let here = importer.is_some() || owner.is_none();
        match (here, cluster.namespaces.contains_key(&host.namespace)) {
            (true, true) => {
                host.reach.insert(ClusterId(index));
            }
            (true, false) => {
                let workspace = importer
                    .and_then(|id| workspaces.get(id.0))
                    .map_or("its workspace", |workspace| &workspace.name);
                claim.findings.push(
                    Finding::new(
                        FC511,
                        format!(
                            "cluster `{}`, where `{workspace}` reaches this host, has no namespace `{}` to put it in",
                            cluster.name, host.namespace
                        ),
                    )
                    .at(object.place)
                    .object(claim.reference.clone())
                    .help(format!(
                        "callers there can use `{internal}`; or give the cluster the namespace, and the workspace with it"
                    )),
                );
            }
            (false, _) => {}
        }
    }
    federation.hosts.push(host);
}

/// FC506: what ambient makes of a VirtualDestination, and the Segment that says the same.
fn honoured(object: &Object<VirtualDestinationSpec>, backing: &[Backing<'_>]) -> Finding {
    let segment = backing.first().map_or_else(String::new, |one| {
        let ports: String = object
            .spec
            .ports
            .iter()
            .map(|port| {
                let number = service_port(port, one).unwrap_or(port.number.get());
                format!("\n  - number: {number}\n    protocol: {}", port.protocol.text())
            })
            .collect();
        format!(
            "apiVersion: networking.solo.io/v2alpha1\nkind: Segment\nmetadata:\n  name: {}\n  namespace: {ADMIN_NAMESPACE}\nspec:\n  \
             hosts:\n  - {}.{}.{MESH_INTERNAL}\n  selector:\n    namespace: {}\n    name: {}\n  ports:{ports}",
            object.name.value, one.name, one.namespace_name, one.namespace_name, one.name
        )
    });
    Finding::new(
        FC506,
        "a VirtualDestination is of the sidecar era: ambient honours its hosts, ports and backing Services, not `clientMode` or who may see it",
    )
    .at(object.place)
    .help(format!("the Segment that says the same without a host of its own:\n{segment}"))
}

/// The Service's port behind a port of the host: a Segment names that one.
fn service_port(port: &VirtualDestinationPort, one: &Backing<'_>) -> Option<u16> {
    let target = port.target_port.as_ref()?;
    let named = |name: &Spot<String>| one.service.ports.iter().find(|port| port.name == name.value);
    let number = target.number.map(|number| number.get());
    number.or_else(|| target.name.as_ref().and_then(named).map(|port| port.number))
}
