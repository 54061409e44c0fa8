//! Workspaces → who owns which namespace (SPEC section 4).

use std::collections::{BTreeMap, BTreeSet};

use super::mesh::{Cluster, ClusterId, Member, Owner, Owners, Tenancy, Workspace, WorkspaceId};
use super::selection::{glob, is_glob, matches};
use super::{ROOT_NAMESPACE, origin};
use crate::kinds::fleet::{Defaults, UnownedNamespaces};
use crate::kinds::object::is_dns_label;
use crate::kinds::workspace::{ClusterSelector, NamespaceSelector, OwnerKind};
use crate::kinds::{ADMIN_NAMESPACE, Intents, Object, WorkspaceSpec};
use crate::report::codes::{FC109, FC202, FC301, FC302, FC309, FC310};
use crate::report::{Finding, Findings, closest};
use crate::source::Place;

/// Whether Gloo reads configuration in a namespace of a cluster, for every owned one.
pub type ConfigEnabled = BTreeMap<(ClusterId, String), bool>;

/// Binds every Workspace and gives each namespace of each cluster its tenancy.
pub fn bind_workspaces(
    intents: &Intents,
    defaults: Option<&Defaults>,
    delivery_namespace: &str,
    clusters: &mut [Cluster],
    findings: &mut Findings,
) -> (Vec<Workspace>, ConfigEnabled) {
    let mut objects: Vec<&Object<WorkspaceSpec>> = intents.workspaces.iter().collect();
    objects.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    let isolated = defaults.and_then(|defaults| defaults.service_isolation).is_none_or(|isolated| *isolated);
    let closed = defaults
        .and_then(|defaults| defaults.unowned_namespaces)
        .is_some_and(|unowned| *unowned == UnownedNamespaces::Deny);
    let mut enabled = ConfigEnabled::new();
    for cluster in clusters.iter_mut() {
        let east_west = cluster.east_west.namespace.clone();
        for (name, namespace) in &mut cluster.namespaces {
            let system = is_system(name, &east_west, delivery_namespace);
            namespace.tenancy = if system { Tenancy::System } else { Tenancy::Unowned { closed } };
        }
    }
    let mut workspaces = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        let mut claims = Claims {
            workspace: WorkspaceId(index),
            object,
            delivery_namespace,
            clusters,
            enabled: &mut enabled,
            findings,
        };
        siblings(&object.spec.workload_clusters, claims.findings);
        for entry in &object.spec.workload_clusters {
            claims.cluster_entry(entry);
        }
        workspaces.push(Workspace {
            name: object.name.value.clone(),
            origin: origin("Workspace", object),
            labels: object.labels.clone(),
            isolated,
            isolation_origins: Vec::new(),
            settings: None,
            members: BTreeSet::new(),
            owners: owners(&object.spec),
            shares: Vec::new(),
        });
    }
    for cluster in clusters.iter() {
        for (name, namespace) in &cluster.namespaces {
            if let Some(workspace) = namespace.owner().and_then(|owner| workspaces.get_mut(owner.0)) {
                let member =
                    Member { trust_domain: cluster.trust_domain.clone(), namespace: name.as_str().into() };
                workspace.members.insert(member);
            }
        }
    }
    (workspaces, enabled)
}

/// The platform's own namespaces: a glob never matches them.
pub fn is_system(name: &str, east_west: &str, delivery: &str) -> bool {
    let own = [ROOT_NAMESPACE, ADMIN_NAMESPACE, "istio-cni", "argocd", "flux-system", east_west, delivery];
    name.starts_with("kube-") || own.contains(&name)
}

struct Claims<'a> {
    workspace: WorkspaceId,
    object: &'a Object<WorkspaceSpec>,
    delivery_namespace: &'a str,
    clusters: &'a mut [Cluster],
    enabled: &'a mut ConfigEnabled,
    findings: &'a mut Findings,
}

impl Claims<'_> {
    fn cluster_entry(&mut self, entry: &ClusterSelector) {
        let pattern = entry.name.as_ref();
        if let Some(name) = pattern
            && !is_glob(name)
            && !self.clusters.iter().any(|cluster| cluster.name == name.value)
        {
            self.findings.push(unknown_cluster(&name.value, name.place, self.clusters));
            return;
        }
        if entry.namespaces.is_empty() {
            let message =
                format!("workspace `{}` names a cluster without a namespace", self.object.name.value);
            self.findings.push(
                Finding::new(crate::report::codes::FC107, message)
                    .at(entry.place)
                    .object(self.object.reference("Workspace"))
                    .help("list the namespaces that the workspace owns there; `- name: '*'` owns all"),
            );
        }
        let selected = |cluster: &Cluster| {
            pattern.is_none_or(|pattern| glob(pattern, &cluster.name))
                && matches(&entry.selector, &cluster.labels)
        };
        let chosen: Vec<usize> = (0..self.clusters.len())
            .filter(|index| self.clusters.get(*index).is_some_and(selected))
            .collect();
        for namespace in &entry.namespaces {
            let mut matched = 0;
            for index in &chosen {
                matched += self.namespace_entry(ClusterId(*index), entry, namespace);
            }
            if matched == 0 {
                self.findings.push(
                    Finding::new(FC310, "no namespace of the inventory is matched here")
                        .at(namespace.name.as_ref().map_or(namespace.place, |name| name.place))
                        .object(self.object.reference("Workspace"))
                        .help("a pattern and labels match Namespaces below `clusters/`, and never system ones: add them, or name the namespace in full"),
                );
            }
        }
    }

    /// A literal name is owned whether or not the inventory knows it; a glob or labels match what it knows.
    /// Returns how many that are.
    fn namespace_entry(
        &mut self,
        id: ClusterId,
        entry: &ClusterSelector,
        selector: &NamespaceSelector,
    ) -> usize {
        let Some(cluster) = self.clusters.get_mut(id.0) else { return 0 };
        let east_west = cluster.east_west.namespace.clone();
        let literal = selector.name.as_ref().filter(|name| !is_glob(name) && selector.labels.is_empty());
        if let Some(name) = literal.filter(|name| !is_dns_label(name)) {
            self.findings.push(
                Finding::new(FC109, format!("`{}` is no name that a Namespace can have", name.value))
                    .at(name.place)
                    .object(self.object.reference("Workspace"))
                    .help("Kubernetes takes lower case letters, digits and `-`, at most 63; `*` stands for any run of them"),
            );
            return 1;
        }
        let names: Vec<String> = match literal {
            Some(name) => vec![name.value.clone()],
            None => cluster
                .namespaces
                .iter()
                .filter(|(name, namespace)| {
                    selector.name.as_ref().is_none_or(|pattern| glob(pattern, name))
                        && matches(&selector.labels, &namespace.labels)
                        && !is_system(name, &east_west, self.delivery_namespace)
                })
                .map(|(name, _)| name.clone())
                .collect(),
        };
        let place = selector.name.as_ref().map_or(selector.place, |name| name.place);
        let config = selector.config_enabled.or(entry.config_enabled).is_none_or(|enabled| *enabled);
        let matched = names.len();
        for name in names {
            if is_system(&name, &east_west, self.delivery_namespace) && !self.object.spec.allow_system {
                self.findings.push(
                    Finding::new(FC302, format!("workspace `{}` names the system namespace `{name}`", self.object.name.value))
                        .at(place)
                        .object(self.object.reference("Workspace"))
                        .help("what runs there serves the whole cluster: leave it out, or set `allowSystem: true` in the workspace"),
                );
                continue;
            }
            self.claim(id, name, place, config);
        }
        matched
    }

    fn claim(&mut self, id: ClusterId, name: String, place: Place, config: bool) {
        let Some(cluster) = self.clusters.get_mut(id.0) else { return };
        let shown = cluster.name.clone();
        let namespace = cluster.namespaces.entry(name.clone()).or_default();
        match namespace.tenancy {
            Tenancy::Owned { workspace, place: first } if workspace != self.workspace => self.findings.push(
                Finding::new(
                    FC301,
                    format!("namespace `{name}` in cluster `{shown}` is owned by two workspaces"),
                )
                .at(place)
                .object(self.object.reference("Workspace"))
                .because("another workspace owns it here", first)
                .help("a namespace has one owner: take it out of one of the workspaces"),
            ),
            Tenancy::Owned { .. } => {}
            Tenancy::Unowned { .. } | Tenancy::System => {
                namespace.tenancy = Tenancy::Owned { workspace: self.workspace, place };
                self.enabled.insert((id, name), config);
            }
        }
    }
}

/// Gloo's rule: once `configEnabled` is set on one sibling, it is set on all.
fn siblings(entries: &[ClusterSelector], findings: &mut Findings) {
    let mut check = |flags: Vec<(bool, Place)>, what: &str| {
        let set = flags.iter().find(|(set, _)| *set);
        let unset = flags.iter().find(|(set, _)| !*set);
        if let (Some((_, first)), Some((_, place))) = (set, unset) {
            findings.push(
                Finding::new(
                    FC309,
                    format!("`configEnabled` is set on some {what} of this workspace, but not on this one"),
                )
                .at(*place)
                .because("it is set here", *first)
                .help("once it is set on one, it must be set on all of them"),
            );
        }
    };
    check(entries.iter().map(|entry| (entry.config_enabled.is_some(), entry.place)).collect(), "clusters");
    for entry in entries {
        let flags =
            entry.namespaces.iter().map(|namespace| (namespace.config_enabled.is_some(), namespace.place));
        check(flags.collect(), "namespaces");
    }
}

/// FC202 for a literal name, with the nearest one that exists.
pub fn unknown_cluster(name: &str, place: Place, clusters: &[Cluster]) -> Finding {
    let help = match closest(name, clusters.iter().map(|cluster| cluster.name.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => all_named(clusters),
    };
    Finding::new(FC202, format!("no KubernetesCluster is named `{name}`")).at(place).help(help)
}

/// Help where a cluster is named that does not exist, and none is near.
pub fn all_named(clusters: &[Cluster]) -> String {
    let names: Vec<String> = clusters.iter().map(|cluster| format!("`{}`", cluster.name)).collect();
    match names.as_slice() {
        [] => "the fleet has no KubernetesCluster".to_owned(),
        names => format!("the clusters of the fleet are {}", names.join(", ")),
    }
}

fn owners(spec: &WorkspaceSpec) -> Vec<Owners> {
    let mut by_role: BTreeMap<String, BTreeSet<Owner>> = BTreeMap::new();
    for owner in &spec.owners {
        let role = owner.role.as_ref().map_or("edit", |role| role.as_str());
        let name = owner.name.value.clone();
        let subject = match owner.kind.value {
            OwnerKind::Group => Owner::Group(name),
            OwnerKind::User => Owner::User(name),
            OwnerKind::ServiceAccount => Owner::ServiceAccount {
                namespace: owner
                    .namespace
                    .as_ref()
                    .map_or_else(|| "default".into(), |namespace| namespace.value.clone()),
                name,
            },
        };
        by_role.entry(role.to_owned()).or_default().insert(subject);
    }
    by_role.into_iter().map(|(role, subjects)| Owners { role, subjects }).collect()
}
