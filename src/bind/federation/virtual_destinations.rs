//! VirtualDestinations: what ambient honours of them.

use std::collections::BTreeSet;

use super::claim::{Backing, Claim};
use super::{Federation, Resource, Scoped, visible_to};
use crate::bind::{ClusterId, Distribution, WorkspaceId};
use crate::kinds::virtual_destination::VirtualDestinationPort;
use crate::kinds::workspace_settings::ResourceKind;
use crate::kinds::{ADMIN_NAMESPACE, Object, Spot, VirtualDestinationSpec};
use crate::report::Finding;
use crate::report::codes::{FC203, FC504, FC506, FC511};

/// Binds one.
pub fn virtual_destination(
    mut claim: Claim<'_>,
    object: &Object<VirtualDestinationSpec>,
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
    federation.claims.extend(claim.hosts(&spec.hosts, &backing));
    claim.push(honoured(object, &backing, claim.grounds.distribution));
    let (own, foreign): (Vec<_>, Vec<_>) =
        spec.hosts.iter().partition(|host| claim.is_own_host(&host.value, &backing));
    if let Some(host) = own.first() {
        own_ports(&mut claim, host, &spec.ports, &backing);
    }
    let refused = foreign.iter().filter(|host| !claim.may_claim(host, &backing)).count();
    if foreign.is_empty() {
        claim.check_segments(&spec.hosts, object.place, &backing);
    }
    if foreign.is_empty() || refused > 0 || claim.withdrawn {
        return;
    }
    let ports: Vec<_> = spec
        .ports
        .iter()
        .map(|port| {
            (port.number.get(), port.protocol.text().to_owned(), port.target_port.as_ref(), port.number.place)
        })
        .collect();
    let hosts = foreign.iter().map(|host| host.value.clone()).collect();
    let Some(mut host) = claim.host(hosts, place, &ports, &backing) else { return };
    let resource = Resource {
        kind: ResourceKind::VirtualDestination,
        cluster: None,
        namespace: &object.namespace.value,
        name: &object.name.value,
        labels: &object.labels,
    };
    let internal = backing.first().map_or_else(String::new, |one| one.own_host(claim.grounds.distribution));
    let owner = claim.owner();
    let mut reaching: BTreeSet<WorkspaceId> = owner.into_iter().collect();
    if let Some(owner) = owner {
        reaching
            .extend(visible_to(owner, resource, claim.grounds.shares).into_iter().map(|visible| visible.to));
    }
    for one in &backing {
        reaching.extend(one.service.visible_to.keys().copied());
    }
    for (index, cluster) in claim.grounds.clusters.iter().enumerate() {
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
                    .and_then(|id| claim.grounds.workspaces.get(id.0))
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
    claim.check_pods(&host, place, &backing);
    federation.hosts.push(host);
}

/// FC504: a name that Services have anyway has their ports, and no others.
fn own_ports<'a>(
    claim: &mut Claim<'a>,
    host: &Spot<String>,
    ports: &[VirtualDestinationPort],
    backing: &[Backing<'a>],
) {
    for port in ports {
        let (number, place) = (port.number.get(), port.number.place);
        let other = backing.iter().find_map(|one| service_port(port, one).filter(|other| *other != number));
        match other {
            None => drop(claim.target(number, None, place, backing)),
            Some(other) => claim.push(
                Finding::new(
                    FC504,
                    format!(
                        "`{host}` is a Service's own name: its port {number} cannot stand for port {other}"
                    ),
                )
                .at(place)
                .help(
                    "leave `targetPort` out and list the Service's ports, or use a host that is no Service's",
                ),
            ),
        }
    }
}

/// FC506: what ambient makes of a VirtualDestination, and the Segment that says the same.
fn honoured(
    object: &Object<VirtualDestinationSpec>,
    backing: &[Backing<'_>],
    distribution: Distribution,
) -> Finding {
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
             hosts:\n  - {}\n  selector:\n    namespace: {}\n    name: {}\n  ports:{ports}",
            object.name.value, one.own_host(distribution), one.namespace_name, one.name
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
