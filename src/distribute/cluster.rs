//! One cluster's share of the mesh.

use std::collections::BTreeMap;

use super::access::access;
use super::delivery::kept_releases;
use super::federation::{federation, scoped_services};
use super::intent::{
    ClusterIntent, EnrolledSpace, Origins, RoleGrant, RoleSubject, ScopeIntent, Space, Syncer,
};
use super::names::hashed;
use super::observability::observed;
use super::trust::signer;
use crate::bind::{
    Capture, Cluster, ClusterId, Delivery, Engine, Mesh, Owner, Owners, ROOT_NAMESPACE, Tenancy,
};

/// Kubernetes' limit for the name of an object.
const NAME: usize = 253;

/// Everything the cluster's own tree holds.
pub fn cluster_intent(mesh: &Mesh, id: ClusterId) -> ClusterIntent {
    let Some(cluster) = mesh.cluster(id) else { return ClusterIntent::default() };
    let mut intent = ClusterIntent {
        cluster: cluster.name.clone(),
        distribution: mesh.distribution,
        ..ClusterIntent::default()
    };
    access(mesh, cluster, &mut intent);
    federation(mesh, id, cluster, &mut intent);
    intent.signer = signer(cluster);
    intent.roles = roles(mesh, cluster);
    intent.observed = observed(mesh, id, cluster);
    intent.spaces = spaces(mesh, cluster, &intent);
    if let Some(delivery) = &mesh.delivery {
        intent.syncer = syncer(delivery);
        intent.releases = kept_releases(mesh, delivery, cluster);
        intent.engine_namespace.clone_from(&delivery.namespace);
    }
    intent
}

fn syncer(delivery: &Delivery) -> Syncer {
    match &delivery.engine {
        Engine::ArgoCd { .. } => Syncer::ArgoCd,
        Engine::Flux => Syncer::Flux,
    }
}

/// What the cluster's `_scope` tree holds.
pub fn scope_intent(mesh: &Mesh, id: ClusterId) -> ScopeIntent {
    let Some(cluster) = mesh.cluster(id) else { return ScopeIntent::default() };
    let enrolled = match mesh.enrol {
        true => enrolled(cluster),
        false => Vec::new(),
    };
    ScopeIntent {
        cluster: cluster.name.clone(),
        distribution: mesh.distribution,
        services: scoped_services(mesh, id),
        enrolled,
    }
}

/// The namespaces of a workspace that say nothing about capture themselves.
fn enrolled(cluster: &Cluster) -> Vec<EnrolledSpace> {
    let silent = cluster.namespaces.iter().filter(|(_, namespace)| {
        matches!(namespace.tenancy, Tenancy::Owned { .. }) && namespace.capture == Capture::Assumed
    });
    silent.map(|(name, _)| EnrolledSpace { name: name.clone() }).collect()
}

/// The namespaces that what is rendered needs: the root namespace, the own door's, the peers'. The peers are no origin of
/// theirs, so that one more cluster changes nothing here.
fn spaces(mesh: &Mesh, cluster: &Cluster, intent: &ClusterIntent) -> Vec<Space> {
    let mut spaces: BTreeMap<&str, Origins> = BTreeMap::new();
    if let Some(door) = &intent.door {
        spaces.entry(&door.namespace).or_default().extend(door.origins.iter().cloned());
    }
    for peer in &intent.peers {
        spaces.entry(&peer.namespace).or_default().insert(cluster.origin.clone());
    }
    // others ask for the network of a cluster that itself knows nobody, too
    if intent.door.is_some()
        || mesh.clusters.len() > 1
        || !intent.domains.is_empty()
        || intent.signer.is_some()
        || !cluster.releases.is_empty()
    {
        spaces.entry(ROOT_NAMESPACE).or_default().insert(cluster.origin.clone());
    }
    let network = |name: &str| (name == ROOT_NAMESPACE).then(|| cluster.network.clone());
    let segment = |name: &str| {
        let joined = cluster.segment.as_ref().filter(|_| name == ROOT_NAMESPACE);
        joined.map(|segment| segment.name.clone())
    };
    spaces
        .into_iter()
        .map(|(name, origins)| Space {
            name: name.to_owned(),
            network: network(name),
            segment: segment(name),
            origins,
        })
        .collect()
}

fn roles(mesh: &Mesh, cluster: &Cluster) -> Vec<RoleGrant> {
    let mut grants = Vec::new();
    for (name, namespace) in &cluster.namespaces {
        let Some(workspace) = namespace.owner().and_then(|owner| mesh.workspace(owner)) else { continue };
        for owners in &workspace.owners {
            grants.push(RoleGrant {
                name: role_binding(&workspace.name, &owners.role),
                namespace: name.clone(),
                role: owners.role.clone(),
                subjects: role_subjects(owners),
                origins: Origins::from([workspace.origin.clone()]),
            });
        }
    }
    grants
}

/// `fleetc-<workspace>-<role>`; one workspace owns a namespace, so that the role alone tells its bindings apart. Names of
/// roles may hold what a DNS name may not.
fn role_binding(workspace: &str, role: &str) -> String {
    let name = format!("fleetc-{workspace}-{role}");
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    match name.len() <= NAME && name.bytes().all(plain) && !name.ends_with(['-', '.']) && !name.contains("..")
    {
        true => name,
        false => hashed(&name, &name, NAME),
    }
}

/// Who has a role.
pub fn role_subjects(owners: &Owners) -> Vec<RoleSubject> {
    owners.subjects.iter().map(subject).collect()
}

fn subject(owner: &Owner) -> RoleSubject {
    match owner {
        Owner::Group(name) => RoleSubject::Group(name.clone()),
        Owner::User(name) => RoleSubject::User(name.clone()),
        Owner::ServiceAccount { namespace, name } => {
            RoleSubject::ServiceAccount { namespace: namespace.clone(), name: name.clone() }
        }
    }
}
