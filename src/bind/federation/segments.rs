//! Segments: Services under one name in every cluster.

use super::claim::Claim;
use super::{Federation, Scoped};
use crate::bind::ClusterId;
use crate::kinds::{Object, SegmentSpec};
use crate::report::Finding;
use crate::report::codes::{FC503, FC511};

/// Binds one that names Services; one with a domain is bound by [`super::bind_domains`].
pub fn segment(
    mut claim: Claim<'_>,
    object: &Object<SegmentSpec>,
    scoped: &mut Scoped,
    federation: &mut Federation,
) {
    let spec = &object.spec;
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
    federation.claims.extend(claim.hosts(&spec.hosts, &backing));
    let mut foreign = Vec::new();
    for host in &spec.hosts {
        if !claim.is_own_host(&host.value, &backing) {
            if !claim.may_claim(host, &backing) {
                return;
            }
            foreign.push(host);
        }
    }
    if foreign.is_empty() {
        claim.check_segments(&spec.hosts, object.place, &backing);
    }
    let Some(place) = foreign.first().map(|host| host.place).filter(|_| resolved && !claim.withdrawn) else {
        return;
    };
    let hosts = foreign.into_iter().map(|host| host.value.clone()).collect();
    if let Some(mut host) = claim.host(hosts, place, &ports, &backing) {
        for (index, cluster) in claim.grounds.clusters.iter().enumerate() {
            if cluster.namespaces.contains_key(&host.namespace) {
                host.reach.insert(ClusterId(index));
            } else {
                claim.push(
                    Finding::new(
                        FC511,
                        format!(
                            "cluster `{}` has no namespace `{}` to put this host in",
                            cluster.name, host.namespace
                        ),
                    )
                    .at(place)
                    .help(format!(
                        "callers there can use {}; or give the cluster the namespace",
                        claim.own_hosts(&backing)
                    )),
                );
            }
        }
        claim.check_pods(&host, place, &backing);
        federation.hosts.push(host);
    }
}
