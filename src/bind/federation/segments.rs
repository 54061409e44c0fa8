//! Segments: Services under one name in every cluster.

use std::collections::BTreeSet;

use super::claim::{Backing, Claim, MESH_INTERNAL};
use super::{Federation, Scoped};
use crate::bind::{Capability, ClusterId, Distribution};
use crate::kinds::{Object, SegmentSpec};
use crate::report::Finding;
use crate::report::codes::{FC112, FC503, FC511};
use crate::source::Place;

/// Binds one.
pub fn segment(
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
        if claim.is_own_host(&host.value, &backing) {
            continue;
        }
        if host.value.ends_with(MESH_INTERNAL) && claim.grounds.distribution == Distribution::Solo {
            claim.push(
                Finding::new(FC503, format!("host `{}` is the name of a Service that this Segment does not select", host.value))
                    .at(host.place)
                    .help("`<service>.<namespace>.mesh.internal` names itself: write the Service's own name and namespace, or select it"),
            );
            continue;
        }
        own.push((host.value.clone(), host.place));
    }
    if let Some((host, place)) = own.first().cloned()
        && !claim.carries_hosts(&host, place, &backing)
    {
        return;
    }
    let Some((_, place)) = own.first().cloned().filter(|_| resolved && !claim.withdrawn) else { return };
    let hosts = own.into_iter().map(|(host, _)| host).collect();
    if let Some(mut host) = claim.host(hosts, place, &ports, &backing) {
        for (index, cluster) in claim.grounds.clusters.iter().enumerate() {
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

impl<'a> Claim<'a> {
    /// Whether a host is the name that one of the Services has in the mesh anyway.
    pub fn is_own_host(&self, host: &str, backing: &[Backing<'a>]) -> bool {
        backing.iter().any(|one| one.own_host(self.grounds.distribution) == host)
    }

    /// Whether the distribution carries a host that is no Service's own to other networks; FC510 if not.
    pub fn carries_hosts(&mut self, host: &str, place: Place, backing: &[Backing<'a>]) -> bool {
        let names: BTreeSet<String> =
            backing.iter().map(|one| one.own_host(self.grounds.distribution)).collect();
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        let help =
            format!("`{host}` reaches no other cluster: use the Service's own name, {}", names.join(" or "));
        self.can(Capability::OwnHosts, place, backing, &help)
    }
}
