//! How far a policy reaches, and which namespaces a selector wants within that.

use std::collections::BTreeSet;

use super::Binding;
use crate::bind::mesh::{Cluster, ClusterId, Namespace, Tenancy, WorkspaceId};
use crate::bind::tenancy::{ConfigEnabled, unknown_cluster};
use crate::kinds::selector::ObjectSelector;
use crate::kinds::{ADMIN_NAMESPACE, AccessPolicySpec, Object, Spot};
use crate::report::codes::{FC203, FC309, FC415};
use crate::report::{Finding, Findings, closest};

/// How far a policy reaches: what its selectors mean where they say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach<'a> {
    /// Every namespace but the system's.
    Fleet,
    /// The namespaces of the workspace that owns the policy's own.
    Workspace(WorkspaceId),
    /// The policy's own namespace, which no workspace owns.
    Namespace(&'a str),
}

pub(super) fn reach<'a>(
    object: &'a Object<AccessPolicySpec>,
    enabled: &ConfigEnabled,
    clusters: &[Cluster],
    findings: &mut Findings,
) -> Option<Reach<'a>> {
    let name = object.namespace.value.as_str();
    if name == ADMIN_NAMESPACE {
        return Some(Reach::Fleet);
    }
    let applied = |cluster: &&Cluster| object.scope.cluster().is_none_or(|scope| scope == cluster.name);
    let known: Vec<&Namespace> =
        clusters.iter().filter(applied).filter_map(|cluster| cluster.namespaces.get(name)).collect();
    let owners: BTreeSet<WorkspaceId> = known.iter().filter_map(|namespace| namespace.owner()).collect();
    if !owners.is_empty() && !reads_configuration(object, enabled, clusters) {
        findings.push(
            Finding::new(
                FC309,
                format!("namespace `{name}` is not enabled for configuration, so this policy would not count"),
            )
            .at(object.place)
            .object(object.reference("AccessPolicy"))
            .help(
                "set `configEnabled: true` where the workspace names the namespace, or move the policy to one that is enabled",
            ),
        );
        return None;
    }
    let finding = match (owners.first(), owners.len()) {
        (Some(owner), 1) => return Some(Reach::Workspace(*owner)),
        (None, _) if known.iter().any(|namespace| matches!(namespace.tenancy, Tenancy::Unowned { .. })) => {
            return Some(Reach::Namespace(name));
        }
        (None, _) => Finding::new(FC415, format!("namespace `{name}` is no workspace's and not in the inventory, so this policy reaches nothing"))
            .help(format!("put the policy into `{ADMIN_NAMESPACE}`, where it reaches the fleet, or into a namespace of the workspace it is about")),
        (Some(_), _) => Finding::new(FC415, format!("namespace `{name}` belongs to several workspaces, so the reach of this policy is ambiguous"))
            .help("put the policy into a namespace of one workspace, or below `clusters/<cluster>/` where one owns it"),
    };
    findings.push(finding.at(object.place).object(object.reference("AccessPolicy")));
    None
}

/// Whether Gloo would read the policy where it stands.
fn reads_configuration(
    object: &Object<AccessPolicySpec>,
    enabled: &ConfigEnabled,
    clusters: &[Cluster],
) -> bool {
    let applied = |id: ClusterId| {
        let name = clusters.get(id.0).map(|cluster| cluster.name.as_str());
        object.scope.cluster().is_none_or(|scope| Some(scope) == name)
    };
    enabled
        .iter()
        .any(|((id, namespace), enabled)| *enabled && applied(*id) && *namespace == object.namespace.value)
}

/// What one selector asks of a namespace: the parts of an object selector that are not the object's own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    pub(super) cluster: Option<&'a Spot<String>>,
    pub(super) namespace: Option<&'a Spot<String>>,
    pub(super) workspace: Option<&'a Spot<String>>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(selector: &'a ObjectSelector) -> Self {
        Wanted {
            cluster: selector.cluster.as_ref(),
            namespace: selector.namespace.as_ref(),
            workspace: selector.workspace.as_ref(),
        }
    }
}

impl<'a> Binding<'a> {
    /// Clusters and workspaces that a selector names must exist.
    pub(super) fn names_exist(&mut self, wanted: Wanted<'_>) -> bool {
        if let Some(name) = wanted.cluster
            && !self.clusters.iter().any(|cluster| cluster.name == name.value)
        {
            let finding = unknown_cluster(&name.value, name.place, self.clusters);
            self.push(finding);
            return false;
        }
        if let Some(name) = wanted.workspace
            && !self.workspaces.iter().any(|workspace| workspace.name == name.value)
        {
            let names = self.workspaces.iter().map(|workspace| workspace.name.as_str());
            let help = match closest(&name.value, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a Workspace of the fleet".to_owned(),
            };
            self.push(
                Finding::new(FC203, format!("no Workspace is named `{}`", name.value))
                    .at(name.place)
                    .help(help),
            );
            return false;
        }
        true
    }

    /// The namespaces within reach that a selector wants.
    pub(super) fn namespaces(
        &self,
        wanted: Wanted<'_>,
    ) -> Vec<(ClusterId, &'a Cluster, &'a str, &'a Namespace)> {
        let mut found = Vec::new();
        for (index, cluster) in self.clusters.iter().enumerate() {
            if wanted.cluster.is_some_and(|name| name.value != cluster.name) {
                continue;
            }
            match wanted.namespace {
                Some(name) => found.extend(
                    cluster
                        .namespaces
                        .get_key_value(&name.value)
                        .map(|(name, namespace)| (index, cluster, name, namespace)),
                ),
                None => found.extend(
                    cluster.namespaces.iter().map(|(name, namespace)| (index, cluster, name, namespace)),
                ),
            }
        }
        found
            .into_iter()
            .filter(|(_, _, name, namespace)| {
                let within = match self.reach {
                    Reach::Fleet => wanted.namespace.is_some() || namespace.tenancy != Tenancy::System,
                    Reach::Workspace(owner) => namespace.owner() == Some(owner),
                    Reach::Namespace(own) => *name == own && namespace.owner().is_none(),
                };
                within && self.owned_by(wanted.workspace, namespace)
            })
            .map(|(index, cluster, name, namespace)| (ClusterId(index), cluster, name.as_str(), namespace))
            .collect()
    }

    pub(super) fn owned_by(&self, workspace: Option<&Spot<String>>, namespace: &Namespace) -> bool {
        workspace.is_none_or(|wanted| {
            namespace
                .owner()
                .and_then(|owner| self.workspaces.get(owner.0))
                .is_some_and(|owner| owner.name == wanted.value)
        })
    }
}
