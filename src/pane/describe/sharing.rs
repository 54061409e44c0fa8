//! Which Services a workspace gives to another, and why the others not.

use std::collections::{BTreeMap, BTreeSet};

use super::{At, Fact, Ground};
use crate::bind::{Direction, Miss, Resource, ResourceKind, Service, Share, Workspace, WorkspaceId};
use crate::pane::words::shortened;
use crate::source::Place;

/// How many Services a statement names before the others are counted.
const SHOWN: usize = 6;

/// What a workspace exports to each other one that it names, or that asks for something of it.
pub fn exports(ground: &Ground<'_>, owner: WorkspaceId) -> Vec<Fact> {
    let others = ground.related(owner, Direction::Export, Direction::Import);
    let pairs: Vec<_> = others.into_iter().map(|other| (owner, other)).collect();
    let mut facts = ground.shared(&pairs, Direction::Export);
    facts.extend(ground.idle(owner, Direction::Export));
    facts
}

/// What a workspace imports from each other one that it names, or that offers something to it.
pub fn imports(ground: &Ground<'_>, importer: WorkspaceId) -> Vec<Fact> {
    let others = ground.related(importer, Direction::Import, Direction::Export);
    let pairs: Vec<_> = others.into_iter().map(|other| (other, importer)).collect();
    let mut facts = ground.shared(&pairs, Direction::Import);
    facts.extend(ground.idle(importer, Direction::Import));
    facts
}

/// To whom one Service is given: every workspace that either side's entries name.
pub fn of_service(ground: &Ground<'_>, owner: WorkspaceId, namespace: &str, name: &str) -> Vec<Fact> {
    let mut verdicts = Verdicts::default();
    for importer in ground.related(owner, Direction::Export, Direction::Import) {
        for (cluster, space, own) in ground.namespaces() {
            if let Some(service) = own.services.get(name).filter(|_| space == namespace)
                && own.owner() == Some(owner)
            {
                let verdict = ground.verdict((owner, importer), cluster, space, name, service);
                let to = ground.mesh.workspace(importer).map_or("", |workspace| &workspace.name);
                verdicts
                    .entry((to.to_owned(), verdict))
                    .or_default()
                    .entry(String::new())
                    .or_default()
                    .insert(cluster);
            }
        }
    }
    facts(ground, verdicts, |_, other| format!("to workspace `{other}`"))
}

/// By the other workspace and the verdict: Services, and the clusters where it is so.
type Verdicts<'m> = BTreeMap<(String, Verdict), BTreeMap<String, BTreeSet<&'m str>>>;

/// Whether a Service is shared, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Verdict {
    not: bool,
    because: String,
    places: Vec<At>,
}

impl Ground<'_> {
    /// The workspaces that one names in entries of a direction, and those whose entries of the other direction name it.
    fn related(&self, id: WorkspaceId, own: Direction, theirs: Direction) -> BTreeSet<WorkspaceId> {
        let named = self.mesh.workspace(id).into_iter().flat_map(|workspace| &workspace.shares);
        let mut related: BTreeSet<WorkspaceId> = named
            .filter(|share| share.direction == own)
            .flat_map(|share| share.workspaces.iter().copied())
            .collect();
        for (index, workspace) in self.mesh.workspaces.iter().enumerate() {
            if workspace
                .shares
                .iter()
                .any(|share| share.direction == theirs && share.workspaces.contains(&id))
            {
                related.insert(WorkspaceId(index));
            }
        }
        related.remove(&id);
        related
    }

    /// The entries of a direction by which nothing can be shared, whatever the other side says.
    fn idle(&self, id: WorkspaceId, direction: Direction) -> Vec<Fact> {
        let list = list(direction);
        let shares = self.mesh.workspace(id).into_iter().flat_map(|workspace| &workspace.shares);
        let idle = shares.filter(|share| share.direction == direction).filter_map(|share| {
            let says = match (share.workspaces.is_empty(), share.services) {
                (true, _) => format!("this `{list}` names no other workspace that there is"),
                (false, 0) => format!("the `resources` of this `{list}` match no Service of the exporter's"),
                (false, _) => return None,
            };
            Some(Fact::held(false, says, self.at(share.place)))
        });
        idle.collect()
    }

    fn shared(&self, pairs: &[(WorkspaceId, WorkspaceId)], seen_as: Direction) -> Vec<Fact> {
        let mut verdicts = Verdicts::default();
        for (owner, importer) in pairs {
            let other = if seen_as == Direction::Export { importer } else { owner };
            let other = self.mesh.workspace(*other).map_or("", |workspace| &workspace.name);
            let before = verdicts.len();
            for (cluster, space, own) in self.namespaces().filter(|(.., own)| own.owner() == Some(*owner)) {
                for (name, service) in own.services.iter().filter(|(_, service)| !service.serves_mesh) {
                    let verdict = self.verdict((*owner, *importer), cluster, space, name, service);
                    let services = verdicts.entry((other.to_owned(), verdict)).or_default();
                    services.entry(format!("{name}.{space}")).or_default().insert(cluster);
                }
            }
            if verdicts.len() == before {
                let because = "no Service of the inventory is its own".to_owned();
                let verdict = Verdict { not: true, because, places: Vec::new() };
                verdicts.insert((other.to_owned(), verdict), BTreeMap::new());
            }
        }
        facts(self, verdicts, |services, other| match seen_as {
            Direction::Export => format!("{services} to workspace `{other}`"),
            Direction::Import => format!("{services} from workspace `{other}`"),
        })
    }

    fn verdict(
        &self,
        (owner, importer): (WorkspaceId, WorkspaceId),
        cluster: &str,
        namespace: &str,
        name: &str,
        service: &Service,
    ) -> Verdict {
        if let Some(entries) = service.shared_by.get(&importer) {
            return Verdict { not: false, because: String::new(), places: self.all_at(*entries) };
        }
        let resource = Resource {
            kind: ResourceKind::Service,
            cluster: Some(cluster),
            namespace,
            name,
            labels: &service.labels,
        };
        let mut because = Vec::new();
        let mut places = BTreeSet::new();
        let sides = [(owner, importer, Direction::Export), (importer, owner, Direction::Import)];
        for (of, other, direction) in sides {
            let (Some(of), Some(to)) = (self.mesh.workspace(of), self.mesh.workspace(other)) else {
                continue;
            };
            if let Some((said, at)) = missing(of, (to, other), direction, resource) {
                because.push(said);
                places.extend(at);
            }
        }
        Verdict { not: true, because: because.join("; "), places: self.all_at(places) }
    }
}

/// What one side's entries lack for a resource to be shared, and where; `None` if they lack nothing.
fn missing(
    of: &Workspace,
    (other, id): (&Workspace, WorkspaceId),
    direction: Direction,
    resource: Resource<'_>,
) -> Option<(String, Vec<Place>)> {
    let list = list(direction);
    let Some(settings) = &of.settings else {
        return Some((format!("workspace `{}` has no WorkspaceSettings", of.name), vec![of.origin.place]));
    };
    let naming: Vec<&Share> = of
        .shares
        .iter()
        .filter(|share| share.direction == direction && share.workspaces.contains(&id))
        .collect();
    if naming.is_empty() {
        let said = format!("no `{list}` of workspace `{}` names `{}`", of.name, other.name);
        return Some((said, vec![settings.place]));
    }
    if naming.iter().any(|share| share.takes(resource)) {
        return None;
    }
    let wanted: BTreeSet<String> =
        naming.iter().flat_map(|share| &share.filters).map(|filter| asks(&filter.misses(resource))).collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let said = format!("`{list}` of workspace `{}` asks for {}", of.name, wanted.join(", or "));
    Some((said, naming.iter().map(|share| share.place).collect()))
}

fn list(direction: Direction) -> &'static str {
    match direction {
        Direction::Export => "exportTo",
        Direction::Import => "importFrom",
    }
}

fn asks(misses: &[Miss<'_>]) -> String {
    let words = misses.iter().map(|miss| match miss {
        Miss::Kind(kind) => format!("another kind, `{kind}`"),
        Miss::Label(key, value) => format!("label `{key}={value}`"),
        Miss::Name(name) => format!("name `{name}`"),
        Miss::Namespace(namespace) => format!("namespace `{namespace}`"),
        Miss::Cluster(cluster) => format!("cluster `{cluster}`"),
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// What is shared first, then what is not.
fn facts(ground: &Ground<'_>, verdicts: Verdicts<'_>, says: impl Fn(&str, &str) -> String) -> Vec<Fact> {
    let mut facts = Vec::new();
    for ((other, verdict), services) in verdicts {
        // by where it is so
        let mut by_clusters: BTreeMap<BTreeSet<&str>, Vec<String>> = BTreeMap::new();
        for (name, clusters) in services {
            by_clusters.entry(clusters).or_default().push(name);
        }
        if by_clusters.is_empty() {
            by_clusters.insert(ground.clusters(), vec!["nothing".to_owned()]);
        }
        for (clusters, names) in by_clusters {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let here = Ground::in_clusters(&clusters, &ground.clusters());
            let because = if verdict.not { format!(": {}", verdict.because) } else { String::new() };
            let says = format!("{}{here}{because}", says(&shortened(&names, SHOWN), &other));
            facts.push(Fact::held(!verdict.not, says.trim_start(), verdict.places.clone()));
        }
    }
    facts.sort_by_key(|fact| fact.holds == Some(false));
    facts
}
