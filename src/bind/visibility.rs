//! WorkspaceSettings → isolation, and which Service is visible to whom (SPEC section 4).

use std::collections::BTreeSet;

use super::mesh::{Cluster, Direction, Filter, Resource, ResourceKind, Share, Workspace, WorkspaceId, takes};
use super::origin;
use super::selection::{glob, matches};
use super::tenancy::ConfigEnabled;
use crate::kinds::workspace_settings::{ResourceSelector, Share as Entry};
use crate::kinds::{ADMIN_NAMESPACE, Intents, Object, Spot, WorkspaceSettingsSpec};
use crate::report::codes::{FC304, FC309};
use crate::report::{Finding, Findings};
use crate::source::{Origin, Place};

/// The settings in the admin namespace whose `options` hold for every workspace.
const GLOBAL: &str = "global";

/// One entry of a workspace, its workspaces resolved.
#[derive(Debug)]
pub struct Shared<'a> {
    /// The workspace whose entry it is.
    owner: WorkspaceId,
    direction: Direction,
    entry: &'a Entry,
    filters: Vec<Filter>,
    workspaces: BTreeSet<WorkspaceId>,
    settings: Origin,
}

/// Binds all settings: sets isolation, the workspaces' shares, and `visible_to` of every Service. The entries stay
/// useful: whether a VirtualDestination is shared is asked of them too.
pub fn bind_settings<'a>(
    intents: &'a Intents,
    enabled: &ConfigEnabled,
    clusters: &mut [Cluster],
    workspaces: &mut [Workspace],
    findings: &mut Findings,
) -> Vec<Shared<'a>> {
    let mut entries = Vec::new();
    let (global, local): (Vec<_>, Vec<_>) = intents
        .workspace_settings
        .iter()
        .partition(|object| object.name.value == GLOBAL && object.namespace.value == ADMIN_NAMESPACE);
    for object in local {
        let Some(owner) = owner_of(object, enabled, clusters, workspaces, findings) else { continue };
        let Some(workspace) = workspaces.get_mut(owner.0) else { continue };
        let settings = origin("WorkspaceSettings", object);
        if let Some(first) = &workspace.settings {
            findings.push(
                Finding::new(FC304, format!("workspace `{}` has two WorkspaceSettings", workspace.name))
                    .at(object.place)
                    .object(&*settings.name)
                    .because("the first one", first.place)
                    .help("a workspace has one: merge them"),
            );
            continue;
        }
        workspace.settings = Some(settings.clone());
        if let Some(isolated) = isolation(object) {
            workspace.isolated = isolated;
            workspace.isolation_origins = vec![settings];
        }
        entries.extend(bind_entries(owner, object, workspaces));
    }
    for object in global {
        if let Some(isolated) = isolation(object) {
            for workspace in workspaces.iter_mut() {
                workspace.isolated = isolated;
                workspace.isolation_origins = vec![origin("WorkspaceSettings", object)];
            }
        }
        if let Some(entry) = object.spec.import_from.iter().chain(&object.spec.export_to).next() {
            findings.push(
                Finding::new(FC304, "the global settings belong to no workspace, so they cannot import or export")
                    .at(entry.place)
                    .object(object.reference("WorkspaceSettings"))
                    .help("`options` of the global settings override those of every workspace; move the entry to the settings of a workspace"),
            );
        }
    }
    set_visibility(clusters, workspaces, &entries);
    set_shares(clusters, workspaces, &entries);
    entries
}

/// A workspace to which a resource of another one is visible.
#[derive(Debug)]
pub struct Visible {
    /// The workspace.
    pub to: WorkspaceId,
    /// The settings with the export, and those with the import.
    pub settings: Vec<Origin>,
    /// The export and the import.
    pub entries: [Place; 2],
}

/// The workspaces to which a resource of another one is visible: an export and an import both say so.
pub fn visible_to(owner: WorkspaceId, resource: Resource<'_>, entries: &[Shared<'_>]) -> Vec<Visible> {
    let of = |direction| entries.iter().filter(move |share| share.direction == direction);
    let mut visible: Vec<Visible> = Vec::new();
    for export in of(Direction::Export).filter(|share| share.owner == owner && share.matches(resource)) {
        let asked = |import: &&Shared<'_>| {
            import.workspaces.contains(&owner) && export.workspaces.contains(&import.owner)
        };
        for import in of(Direction::Import).filter(asked).filter(|import| import.matches(resource)) {
            if !visible.iter().any(|visible| visible.to == import.owner) {
                visible.push(Visible {
                    to: import.owner,
                    settings: vec![export.settings.clone(), import.settings.clone()],
                    entries: [export.entry.place, import.entry.place],
                });
            }
        }
    }
    visible
}

impl Shared<'_> {
    fn matches(&self, resource: Resource<'_>) -> bool {
        takes(&self.filters, resource)
    }

    /// Whether it is about Services at all.
    fn about_services(&self) -> bool {
        let services = |filter: &Filter| matches!(filter.kind, ResourceKind::All | ResourceKind::Service);
        self.filters.is_empty() || self.filters.iter().any(services)
    }
}

fn filter(selector: &ResourceSelector) -> Filter {
    let value = |said: &Option<Spot<String>>| said.as_ref().map(|said| said.value.clone());
    Filter {
        kind: selector.kind(),
        labels: selector.labels.clone(),
        name: value(&selector.name),
        namespace: value(&selector.namespace),
        cluster: value(&selector.cluster),
    }
}

fn isolation(object: &Object<WorkspaceSettingsSpec>) -> Option<bool> {
    let isolation = object.spec.options.as_ref()?.service_isolation.as_ref()?;
    isolation.enabled.map(|enabled| *enabled)
}

/// The workspace whose namespace the settings live in.
fn owner_of(
    object: &Object<WorkspaceSettingsSpec>,
    enabled: &ConfigEnabled,
    clusters: &[Cluster],
    workspaces: &[Workspace],
    findings: &mut Findings,
) -> Option<WorkspaceId> {
    let applied = |cluster: &Cluster| object.scope.cluster().is_none_or(|scope| scope == cluster.name);
    let name = object.namespace.value.as_str();
    let owned: Vec<_> = clusters
        .iter()
        .enumerate()
        .filter(|(_, cluster)| applied(cluster))
        .filter_map(|(index, cluster)| Some((index, cluster.namespaces.get(name)?.owner()?)))
        .collect();
    let owners: BTreeSet<WorkspaceId> = owned.iter().map(|(_, owner)| *owner).collect();
    let read = owned.iter().any(|(index, _)| {
        enabled.get(&(super::mesh::ClusterId(*index), name.to_owned())).copied().unwrap_or(true)
    });
    let names =
        || owners.iter().filter_map(|id| workspaces.get(id.0)).map(|workspace| workspace.name.as_str());
    let finding = match owners.len() {
        1 if read => return owners.first().copied(),
        1 => Finding::new(FC309, format!("namespace `{name}` is not enabled for configuration, so these settings would not count"))
            .help("set `configEnabled: true` where the workspace names the namespace, or move the settings to one that is enabled"),
        0 => Finding::new(FC304, format!("no workspace owns namespace `{name}`, so these settings belong to none"))
            .help("put the settings into a namespace that their workspace owns"),
        _ => Finding::new(
            FC304,
            format!("namespace `{name}` belongs to several workspaces: {}", names().collect::<Vec<_>>().join(", ")),
        )
        .help("put the settings into a namespace of one workspace, or below `clusters/<cluster>/` where one owns it"),
    };
    findings.push(finding.at(object.place).object(object.reference("WorkspaceSettings")));
    None
}

fn bind_entries<'a>(
    owner: WorkspaceId,
    object: &'a Object<WorkspaceSettingsSpec>,
    workspaces: &[Workspace],
) -> Vec<Shared<'a>> {
    let settings = origin("WorkspaceSettings", object);
    let imports = object.spec.import_from.iter().map(|entry| (Direction::Import, entry));
    let exports = object.spec.export_to.iter().map(|entry| (Direction::Export, entry));
    let named = |entry: &Entry| {
        let others = workspaces.iter().enumerate().filter(|(index, _)| *index != owner.0);
        let matching = others.filter(|(_, workspace)| {
            entry.workspaces.iter().any(|selector| {
                selector.name.as_ref().is_none_or(|pattern| glob(pattern, &workspace.name))
                    && matches(&selector.selector, &workspace.labels)
            })
        });
        matching.map(|(index, _)| WorkspaceId(index)).collect()
    };
    imports
        .chain(exports)
        .map(|(direction, entry)| Shared {
            owner,
            direction,
            entry,
            filters: entry.resources.iter().map(filter).collect(),
            workspaces: named(entry),
            settings: settings.clone(),
        })
        .collect()
}

fn set_visibility(clusters: &mut [Cluster], workspaces: &[Workspace], entries: &[Shared<'_>]) {
    for cluster in clusters {
        for (namespace_name, namespace) in &mut cluster.namespaces {
            let Some(owner) = namespace.owner().filter(|owner| workspaces.get(owner.0).is_some()) else {
                continue;
            };
            for (name, service) in &mut namespace.services {
                let resource = Resource {
                    kind: ResourceKind::Service,
                    cluster: Some(&cluster.name),
                    namespace: namespace_name,
                    name,
                    labels: &service.labels,
                };
                for Visible { to, settings, entries } in visible_to(owner, resource, entries) {
                    service.visible_to.insert(to, settings);
                    service.shared_by.insert(to, entries);
                }
            }
        }
    }
}

/// What became of each entry: who answers it, and how many Services its `resources` match on the exporter's side.
fn set_shares(clusters: &[Cluster], workspaces: &mut [Workspace], entries: &[Shared<'_>]) {
    for share in entries {
        let opposite = match share.direction {
            Direction::Import => Direction::Export,
            Direction::Export => Direction::Import,
        };
        let answers = entries
            .iter()
            .filter(|other| other.direction == opposite && other.workspaces.contains(&share.owner));
        let answered =
            answers.map(|other| other.owner).filter(|other| share.workspaces.contains(other)).collect();
        let exporter = |owner: WorkspaceId| match share.direction {
            Direction::Import => share.workspaces.contains(&owner),
            Direction::Export => owner == share.owner,
        };
        let services = clusters.iter().flat_map(|cluster| {
            let owned =
                cluster.namespaces.iter().filter(|(_, namespace)| namespace.owner().is_some_and(exporter));
            owned.flat_map(move |(namespace_name, namespace)| {
                namespace.services.iter().map(move |(name, service)| Resource {
                    kind: ResourceKind::Service,
                    cluster: Some(&cluster.name),
                    namespace: namespace_name,
                    name,
                    labels: &service.labels,
                })
            })
        });
        let matching = match share.about_services() {
            true => services.filter(|resource| share.matches(*resource)).count(),
            false => 1,
        };
        if let Some(workspace) = workspaces.get_mut(share.owner.0) {
            workspace.shares.push(Share {
                direction: share.direction,
                place: share.entry.place,
                workspaces: share.workspaces.clone(),
                answered,
                services: matching,
                filters: share.filters.clone(),
            });
        }
    }
}
