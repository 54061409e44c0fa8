//! Who peers with whom.

use std::collections::BTreeSet;

use super::mesh::{
    Boundary, Cluster, ClusterId, Form, GlobalHost, GlobalService, Member, Namespace, Service, Tenancy,
    Workspace,
};
use super::selection::matches;
use crate::kinds::FleetSpec;
use crate::kinds::fleet::Peering;

/// Sets [`Cluster::peers`]: all others that stay in the fleet, or with `peering: by-need` those of them that something here
/// may call.
pub fn bind_peering(
    fleet: Option<&FleetSpec>,
    clusters: &mut [Cluster],
    workspaces: &[Workspace],
    services: &[GlobalService],
    hosts: &[GlobalHost],
) {
    let by_need = fleet.and_then(|fleet| fleet.peering).is_some_and(|said| said.value == Peering::ByNeed);
    let peers = match by_need {
        true => needed(clusters, workspaces, services, hosts),
        false => vec![(0..clusters.len()).map(ClusterId).collect(); clusters.len()],
    };
    let leaving: BTreeSet<ClusterId> = clusters
        .iter()
        .enumerate()
        .filter(|(_, cluster)| cluster.leaves())
        .map(|(index, _)| ClusterId(index))
        .collect();
    for (index, (cluster, peers)) in clusters.iter_mut().zip(peers).enumerate() {
        let others = peers.into_iter().filter(|peer| *peer != ClusterId(index) && !leaving.contains(peer));
        cluster.peers = others.collect();
    }
}

/// For each cluster those that serve a host which it reaches, or a global Service that somebody in it may call. Where that
/// cannot be told, it does.
fn needed(
    clusters: &[Cluster],
    workspaces: &[Workspace],
    services: &[GlobalService],
    hosts: &[GlobalHost],
) -> Vec<BTreeSet<ClusterId>> {
    let mut peers = vec![BTreeSet::new(); clusters.len()];
    for host in hosts {
        for here in &host.reach {
            if let Some(peers) = peers.get_mut(here.0) {
                peers.extend(host.backing.keys().copied());
            }
        }
    }
    for global in services.iter().filter(|global| !global.withdrawn) {
        let serving = clusters.get(global.cluster.0);
        let namespace = serving.and_then(|serving| serving.namespaces.get(&global.namespace));
        let Some(namespace) = namespace else { continue };
        let Some(service) = namespace.services.get(&global.name) else { continue };
        let callers = callers(namespace, &global.name, service, workspaces);
        for (cluster, peers) in clusters.iter().zip(&mut peers) {
            if !peers.contains(&global.cluster) && callers.is_in(cluster) {
                peers.insert(global.cluster);
            }
        }
    }
    peers
}

/// Who may call a Service, at most.
enum Callers {
    /// Anybody.
    Anybody,
    /// Service accounts of these namespaces.
    Members(BTreeSet<Member>),
}

impl Callers {
    /// Whether some of them are in a cluster, by what is known of it.
    fn is_in(&self, cluster: &Cluster) -> bool {
        match self {
            Callers::Anybody => cluster
                .namespaces
                .values()
                .any(|namespace| namespace.tenancy != Tenancy::System || !namespace.workloads.is_empty()),
            Callers::Members(members) => members.iter().any(|member| {
                member.trust_domain == cluster.trust_domain
                    && cluster.namespaces.contains_key(&*member.namespace)
            }),
        }
    }
}

/// The callers that the boundary admits, cut by what AccessPolicies say about all pods and ports of the Service, and those
/// of exceptions.
fn callers(namespace: &Namespace, name: &str, service: &Service, workspaces: &[Workspace]) -> Callers {
    let access = &namespace.access;
    let gateway = |index: &usize| namespace.workloads.get(*index).is_some_and(|workload| workload.gateway);
    if service.workloads.iter().any(gateway) {
        return Callers::Anybody;
    }
    let mut admitted = match access.boundary {
        Boundary::Open => None,
        Boundary::Closed => Some(BTreeSet::new()),
        Boundary::Namespace => {
            let owner = namespace.owner().and_then(|owner| workspaces.get(owner.0));
            owner.map(|owner| owner.members.clone())
        }
    };
    if let Some(admitted) = &mut admitted {
        let exports = access.exports.iter().filter(|export| export.service == name);
        admitted.extend(exports.flat_map(|export| export.members.iter().cloned()));
    }
    let mut members = match (admitted, governed(namespace, service)) {
        (None, None) => return Callers::Anybody,
        (None, Some(clients)) => clients,
        (Some(admitted), None) => admitted,
        (Some(admitted), Some(clients)) => &admitted & &clients,
    };
    for exception in &access.exceptions {
        if exception.callers.plaintext {
            return Callers::Anybody;
        }
        members.extend(exception.callers.members.iter().cloned());
        members.extend(exception.callers.identities.iter().map(|identity| identity.member.clone()));
    }
    Callers::Members(members)
}

/// Whom AccessPolicies let call the Service, on any of its ports; `None` where some port of it is not restricted, or a
/// waypoint decides.
fn governed(namespace: &Namespace, service: &Service) -> Option<BTreeSet<Member>> {
    if service.waypoint.is_some() {
        return None;
    }
    let selector = service.selector.as_ref()?;
    let over_all = || namespace.access.governed.iter().filter(|class| matches(&class.selector, selector));
    let mut allowed = BTreeSet::new();
    for port in &service.ports {
        let target = *port.target.as_ref().ok()?;
        let clients = |form: Form| -> Vec<BTreeSet<Member>> {
            let rules = over_all().filter(|class| class.form == form).flat_map(|class| &class.rules);
            let rules = rules.filter(|rule| rule.ports.contain(target));
            rules.map(|rule| rule.clients.iter().map(|client| client.member.clone()).collect()).collect()
        };
        let (allow, deny) = (clients(Form::Allow), clients(Form::Deny));
        let open: Option<BTreeSet<Member>> =
            (!allow.is_empty()).then(|| allow.into_iter().flatten().collect());
        let cut = deny.into_iter().reduce(|one, other| &one & &other);
        allowed.extend(match (open, cut) {
            (None, None) => return None,
            (Some(one), Some(other)) => &one & &other,
            (Some(one), None) | (None, Some(one)) => one,
        });
    }
    (!service.ports.is_empty()).then_some(allowed)
}
