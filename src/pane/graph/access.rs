//! Who may call whom.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{Edge, End, Graph, Kind, shortened};
use crate::bind::{Member, Mesh, Tenancy};
use crate::question::{Requested, Row, Scene, Target, To, who_can};

/// How many names a line has before the others are counted.
const SHOWN: usize = 3;
/// How many clusters are named.
const CLUSTERS: usize = 3;

/// The Services in the boxes of their workspaces, or of their namespaces where nobody owns these, and an arrow from whoever
/// else may call them. Services that the same callers may call are one line, callers that may call the same one another; who
/// may call from within the box, and that anybody may, stands beside the Service. System namespaces are left out.
pub fn access(scene: Scene<'_>) -> Graph {
    let fleet = scene.mesh.map_or("the tree", |mesh| mesh.fleet.as_str());
    let mut graph = Graph::new("access", format!("Who may call whom in {fleet}"));
    let lines = lines(scene, &doors(scene));
    let sources = sources(&lines);
    let mut boxes = Boxes { mesh: scene.mesh, ..Boxes::default() };
    let touched: BTreeSet<&Home> =
        (lines.keys().filter(|line| !line.callers.is_empty()).map(|line| &line.home))
            .chain(sources.keys().map(|(home, _)| home))
            .collect();
    let mut targets: Vec<(&Line, usize)> = Vec::new();
    for (line, services) in &lines {
        let home = if touched.contains(&line.home) || matches!(line.home, Home::Workspace(_)) {
            line.home.clone()
        } else {
            Home::Untouched
        };
        let group = boxes.of(&home, &mut graph);
        let names: Vec<&str> = services.iter().map(String::as_str).collect();
        targets.push((line, graph.node(group, Kind::Service, shortened(&names, SHOWN), line.note())));
    }
    for ((home, called), callers) in &sources {
        let group = boxes.of(home, &mut graph);
        let names: Vec<&str> = callers.iter().map(|caller| caller.name.as_str()).collect();
        let kind = callers.first().map_or(Kind::Fact, |caller| caller.kind);
        let from = graph.node(group, kind, shortened(&names, SHOWN), "");
        for (line, to) in targets.iter().filter(|(line, _)| called.contains(*line)) {
            let services: Vec<&str> = lines.get(*line).into_iter().flatten().map(String::as_str).collect();
            let says = format!("{} may call {}", shortened(&names, 6), shortened(&services, 6));
            let edge = Edge { from: End::Node(from), to: End::Node(*to), both: false, says };
            graph.edges.push(edge);
        }
    }
    graph
}

/// Where something is drawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Home {
    Workspace(String),
    Namespace(String),
    TrustDomain(String),
    /// Namespaces that nobody owns and that nothing tells apart from others.
    Untouched,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Caller {
    home: Home,
    kind: Kind,
    name: String,
}

/// What Services have in common that are one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    home: Home,
    /// From other boxes.
    callers: BTreeSet<Caller>,
    /// From the own one.
    within: BTreeSet<String>,
    /// All identities, those to come included.
    anyone: bool,
    plaintext: bool,
    /// Where it is so; empty: wherever the Service is.
    clusters: BTreeSet<String>,
}

impl Line {
    fn note(&self) -> String {
        let mut said = Vec::new();
        match (self.anyone, self.plaintext) {
            (true, true) => said.push("open".to_owned()),
            (true, false) => said.push("anyone with an identity".to_owned()),
            (false, true) => said.push("plaintext".to_owned()),
            (false, false) if self.callers.is_empty() && self.within.is_empty() => {
                said.push("nobody".to_owned());
            }
            (false, false) => {}
        }
        if !self.within.is_empty() && !self.anyone {
            let within: Vec<&str> = self.within.iter().map(String::as_str).collect();
            said.push(format!("from within: {}", shortened(&within, SHOWN)));
        }
        if !self.clusters.is_empty() {
            let clusters: Vec<&str> = self.clusters.iter().map(String::as_str).collect();
            said.push(format!("in {}", shortened(&clusters, CLUSTERS)));
        }
        said.join("; ")
    }
}

/// Namespace, Service and port.
type Door = (String, String, u16);
/// What is said of a Service's port, and the clusters where it is so.
type Said = BTreeMap<Line, BTreeSet<String>>;
type Doors = BTreeMap<Door, Said>;

fn doors(scene: Scene<'_>) -> Doors {
    let services: BTreeSet<(&str, &str)> = scene
        .world
        .clusters
        .iter()
        .flat_map(|cluster| cluster.namespaces)
        .filter(|(_, namespace)| namespace.tenancy != Tenancy::System)
        .flat_map(|(space, namespace)| {
            let own = namespace.services.iter().filter(|(_, service)| !service.serves_mesh);
            own.map(move |(name, _)| (space.as_str(), name.as_str()))
        })
        .collect();
    let doors = services.into_par_iter().flat_map_iter(|(space, name)| {
        let target = Target::Service { namespace: space.to_owned(), name: name.to_owned() };
        let to = To { target, port: None, cluster: None };
        let rows = who_can(scene, &to, &Requested::default()).map(|rows| rows.rows).unwrap_or_default();
        doors_of(scene, space, name, &rows)
    });
    doors.collect()
}

/// The ports of one Service, by what is said of them; with those that nobody may call.
fn doors_of(scene: Scene<'_>, space: &str, name: &str, rows: &[Row]) -> Vec<(Door, Said)> {
    let mut doors: BTreeMap<u16, Said> = BTreeMap::new();
    for cluster in &scene.world.clusters {
        let service = cluster.namespaces.get(space).and_then(|namespace| namespace.services.get(name));
        for port in service.into_iter().flat_map(|service| &service.ports) {
            let home = home(scene.mesh, cluster.trust_domain(), space);
            let mut line = Line {
                home,
                callers: BTreeSet::new(),
                within: BTreeSet::new(),
                anyone: false,
                plaintext: false,
                clusters: BTreeSet::new(),
            };
            for row in rows.iter().filter(|row| row.port == port.number && row.cluster == cluster.name) {
                line.admit(scene.mesh, row);
            }
            doors.entry(port.number).or_default().entry(line).or_default().insert(cluster.name.clone());
        }
    }
    let keyed = |(port, said)| ((space.to_owned(), name.to_owned(), port), said);
    doors.into_iter().map(keyed).collect()
}

impl Line {
    fn admit(&mut self, mesh: Option<&Mesh>, row: &Row) {
        let but = match row.except.as_slice() {
            [] => String::new(),
            except => format!(" but {}", except.join(", ")),
        };
        match row.caller.as_str() {
            "anyone" if but.is_empty() => self.anyone = true,
            "plaintext" => self.plaintext = true,
            caller => {
                let caller = Caller::read(mesh, caller, &but);
                if caller.home == self.home {
                    self.within.insert(caller.name);
                } else {
                    self.callers.insert(caller);
                }
            }
        }
    }
}

impl Caller {
    /// From a row: a principal, `<trust-domain>/ns/<namespace>/sa/*`, `<trust-domain>/*`, or `anyone`.
    fn read(mesh: Option<&Mesh>, caller: &str, but: &str) -> Self {
        let parts = caller.split_once("/ns/").and_then(|(domain, rest)| {
            rest.split_once("/sa/").map(|(namespace, account)| (domain, namespace, account))
        });
        match parts {
            Some((domain, namespace, "*")) => Caller {
                home: home(mesh, domain, namespace),
                kind: Kind::Namespace,
                name: format!("{namespace}{but}"),
            },
            Some((domain, namespace, account)) => Caller {
                home: home(mesh, domain, namespace),
                kind: Kind::Account,
                name: format!("{namespace}/{account}{but}"),
            },
            None => {
                let domain = caller.trim_end_matches("/*");
                Caller {
                    home: Home::TrustDomain(domain.to_owned()),
                    kind: Kind::Fact,
                    name: format!("all identities{but}"),
                }
            }
        }
    }
}

fn home(mesh: Option<&Mesh>, trust_domain: &str, namespace: &str) -> Home {
    let member = Member { trust_domain: trust_domain.into(), namespace: namespace.into() };
    let owner = mesh.and_then(|mesh| mesh.workspace(mesh.owner_of(&member)?));
    match owner {
        Some(workspace) => Home::Workspace(workspace.name.clone()),
        None => Home::Namespace(namespace.to_owned()),
    }
}

/// What is drawn of Services: by what is said of them, `name.namespace:port,port`.
fn lines(scene: Scene<'_>, doors: &Doors) -> BTreeMap<Line, Vec<String>> {
    let mut ports: BTreeMap<Line, BTreeMap<(&str, &str), BTreeSet<u16>>> = BTreeMap::new();
    for ((space, name, port), said) in doors {
        for (line, clusters) in said {
            let mut line = line.clone();
            if said.len() > 1 && scene.world.clusters.len() > 1 {
                line.clusters.clone_from(clusters);
            }
            ports.entry(line).or_default().entry((name, space)).or_default().insert(*port);
        }
    }
    let shown = |((name, space), ports): ((&str, &str), BTreeSet<u16>)| {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        format!("{name}.{space}:{}", ports.join(","))
    };
    ports.into_iter().map(|(line, services)| (line, services.into_iter().map(shown).collect())).collect()
}

/// The callers that may call the same from one box.
fn sources(lines: &BTreeMap<Line, Vec<String>>) -> BTreeMap<(Home, BTreeSet<&Line>), BTreeSet<Caller>> {
    let mut called: BTreeMap<&Caller, BTreeSet<&Line>> = BTreeMap::new();
    for line in lines.keys() {
        for caller in &line.callers {
            called.entry(caller).or_default().insert(line);
        }
    }
    let mut sources: BTreeMap<(Home, BTreeSet<&Line>), BTreeSet<Caller>> = BTreeMap::new();
    for (caller, called) in called {
        sources.entry((caller.home.clone(), called)).or_default().insert(caller.clone());
    }
    sources
}

/// The boxes that there are so far.
#[derive(Default)]
struct Boxes<'m> {
    mesh: Option<&'m Mesh>,
    by_home: BTreeMap<Home, usize>,
}

impl Boxes<'_> {
    fn of(&mut self, home: &Home, graph: &mut Graph) -> usize {
        if let Some(group) = self.by_home.get(home) {
            return *group;
        }
        let (title, note) = match home {
            Home::Workspace(name) => (name.clone(), "workspace"),
            Home::Namespace(name) => {
                (name.clone(), if self.mesh.is_some() { "namespace of no workspace" } else { "namespace" })
            }
            Home::TrustDomain(name) => (name.clone(), "trust domain"),
            Home::Untouched => ("other namespaces".to_owned(), "of no workspace"),
        };
        let group = graph.group(title, note);
        self.by_home.insert(home.clone(), group);
        group
    }
}
