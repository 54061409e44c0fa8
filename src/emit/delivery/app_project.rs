//! The fleet and its teams → Argo CD's `AppProject`: which sources may go to which destinations.

use super::super::SYNC_WAVE;
use super::application::{name_or_server, without_scheme};
use super::metadata;
use crate::distribute::{DeliveryIntent, RoleSubject, Site, Target, Team};
use crate::manifest::{AppProject, AppProjectSpec, GroupKind, Object, ProjectDestination, ProjectRole};

/// Kinds by which a team could widen who may call its Services, or what it may do itself: they are the fleet's to write.
const FORBIDDEN: [(&str, &str); 4] = [
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("security.istio.io", "AuthorizationPolicy"),
    ("security.istio.io", "PeerAuthentication"),
];

/// Bounds what the fleet's own applications may read and write.
pub fn fleet(intent: &DeliveryIntent, site: &Site) -> Object {
    let mut metadata = metadata(&intent.fleet, intent, &intent.origins);
    metadata.annotations.insert(SYNC_WAVE.into(), "-1".into());
    let repositories = site.chart_repositories.values().chain([&intent.source.repository]);
    let mut source_repos: Vec<String> = repositories.map(|repository| without_scheme(repository)).collect();
    source_repos.sort();
    source_repos.dedup();
    let spec = AppProjectSpec {
        description: format!("the rendered trees of fleet {}", intent.fleet),
        source_repos,
        destinations: site.targets.iter().map(|target| destination(target, "*")).collect(),
        // Istio's charts bring definitions, roles and webhooks of the whole cluster
        cluster_resource_whitelist: vec![GroupKind { group: "*".into(), kind: "*".into() }],
        ..AppProjectSpec::default()
    };
    AppProject::new(metadata, spec).into()
}

/// What a workspace's team may deploy: anything of a namespace but what governs it, into the namespaces it owns.
pub fn team(intent: &DeliveryIntent, team: &Team) -> Object {
    let mut metadata = metadata(&team.name, intent, &team.origins);
    metadata.annotations.insert(SYNC_WAVE.into(), "-1".into());
    let forbidden =
        FORBIDDEN.iter().map(|(group, kind)| GroupKind { group: (*group).into(), kind: (*kind).into() });
    let spec = AppProjectSpec {
        description: format!("what the team of workspace {} deploys", team.workspace),
        source_repos: team.repositories.clone(),
        destinations: team
            .destinations
            .iter()
            .map(|(target, namespace)| destination(target, namespace))
            .collect(),
        namespace_resource_blacklist: forbidden.collect(),
        roles: team
            .roles
            .iter()
            .filter_map(|(role, subjects)| project_role(&team.name, role, subjects))
            .collect(),
        ..AppProjectSpec::default()
    };
    AppProject::new(metadata, spec).into()
}

/// Argo CD knows groups alone. `admin` and `edit` may do anything with the project's applications, other roles may look.
fn project_role(project: &str, role: &str, subjects: &[RoleSubject]) -> Option<ProjectRole> {
    let groups: Vec<String> = subjects
        .iter()
        .filter_map(|subject| match subject {
            RoleSubject::Group(name) => Some(name.clone()),
            RoleSubject::User(_) | RoleSubject::ServiceAccount { .. } => None,
        })
        .collect();
    let plain = role.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if groups.is_empty() || !plain {
        return None;
    }
    let actions = if matches!(role, "admin" | "edit") { "*" } else { "get" };
    let policy = format!("p, proj:{project}:{role}, applications, {actions}, {project}/*, allow");
    Some(ProjectRole { name: role.to_owned(), groups, policies: vec![policy] })
}

fn destination(target: &Target, namespace: &str) -> ProjectDestination {
    let (name, server) = name_or_server(target);
    ProjectDestination { name, server, namespace: namespace.to_owned() }
}
