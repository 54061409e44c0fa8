//! Workspaces → the teams that deploy into what they own.

use super::cluster::role_subjects;
use super::delivery::target;
use super::delivery_intent::Team;
use super::intent::Origins;
use super::names::joined;
use crate::bind::{Cluster, ClusterId, Delivery, Engine, Mesh, WorkspaceId};

/// Kubernetes' limit for the name of an object.
const NAME: usize = 253;

/// One team for each workspace that owns a namespace in one of the clusters, if the fleet gives teams a place.
pub fn teams(mesh: &Mesh, delivery: &Delivery, clusters: &[(ClusterId, &Cluster)]) -> Vec<Team> {
    let Engine::ArgoCd { team_repositories, .. } = &delivery.engine else { return Vec::new() };
    if team_repositories.is_empty() {
        return Vec::new();
    }
    let workspaces = mesh.workspaces.iter().enumerate().map(|(index, workspace)| {
        let owner = WorkspaceId(index);
        let owned = clusters.iter().flat_map(|(_, cluster)| {
            let names = cluster.namespaces.iter().filter(|(_, namespace)| namespace.owner() == Some(owner));
            names.map(|(name, _)| (target(delivery, cluster), name.clone()))
        });
        Team {
            name: joined(&[&mesh.fleet, &workspace.name], NAME),
            workspace: workspace.name.clone(),
            repositories: team_repositories.clone(),
            destinations: owned.collect(),
            roles: workspace
                .owners
                .iter()
                .map(|owners| (owners.role.clone(), role_subjects(owners)))
                .collect(),
            origins: Origins::from([delivery.origin.clone(), workspace.origin.clone()]),
        }
    });
    workspaces.filter(|team| !team.destinations.is_empty()).collect()
}
