//! Who may call what, folded: what says the same to everybody, in every cluster, stands there once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::clusters::Names;
use super::firsts::{Firsts, Told};
use super::who::{Known, Said, Verdict, Who, Why};
use crate::bind::{Mesh, Tenancy};
use crate::page::{Broken, Html, Section, fill};
use crate::question::{Line, Scene, service_gates};
use crate::source::Sources;

/// The access of a fleet.
#[derive(Debug, Serialize)]
pub struct Access {
    /// Workspaces, and the namespaces that none owns.
    groups: Vec<Group>,
    /// Namespaces.
    spaces: Vec<Space>,
    /// What can be said to callers, each once: a destination's list is an index.
    classes: Vec<Vec<Heard>>,
    /// Why it is said, each once.
    reasons: Vec<Reason>,
    /// Groups × groups: how many of the destinations some caller of the group may call.
    matrix: Vec<Vec<usize>>,
    /// How many destinations there are.
    total: usize,
    /// The names of the clusters.
    clusters: Vec<String>,
}

/// A workspace, or what stands in for one.
#[derive(Debug, Serialize)]
struct Group {
    name: String,
    /// `isolated`, `open`, or what it is instead of a workspace.
    kind: &'static str,
    /// Indices of its namespaces.
    spaces: Vec<usize>,
    /// How many destinations are in it.
    destinations: usize,
}

/// A namespace as far as one group owns it.
#[derive(Debug, Serialize)]
struct Space {
    name: String,
    group: usize,
    /// The service accounts that are known.
    accounts: Vec<String>,
    /// What can be called there, those that say the same together.
    rows: Vec<Row>,
    /// How many destinations are in it.
    destinations: usize,
}

/// Destinations that say the same to everybody in the same clusters.
#[derive(Debug, Serialize)]
struct Row {
    /// `service:port`.
    names: Vec<String>,
    clusters: String,
    /// Indices of clusters, as ranges: `0-2 7`.
    members: String,
    class: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Heard {
    who: Who,
    verdict: Verdict,
    only: Option<String>,
    why: usize,
}

#[derive(Debug, Serialize)]
struct Reason {
    because: String,
    lines: Vec<Shown>,
}

/// A line of the fleet, with what stands in it.
#[derive(Debug, Serialize)]
struct Shown {
    place: String,
    says: String,
    text: String,
}

/// Whose a namespace is: the sort of group, and its name.
type Owner = (u8, String);
/// One destination and what it says to everybody.
type Destination = ((Owner, String), String, Arc<Vec<Said>>);
/// Destinations, the clusters in which they are, and why they say what they say.
type Folded = BTreeMap<Destination, (BTreeSet<usize>, Arc<Vec<Why>>)>;

/// What destinations of one row have in common: their class and their clusters.
type Alike = (usize, BTreeSet<usize>);

impl Access {
    /// Asks every port of every Service of every cluster.
    pub fn of(scene: Scene<'_>, mesh: &Mesh, sources: &Sources, names: &Names) -> Self {
        let known = Known::of(scene.world);
        let clusters = &scene.world.clusters;
        let firsts = Firsts::of(scene, &known);
        let heard_in: Vec<Vec<(Destination, Arc<Vec<Why>>)>> = clusters
            .par_iter()
            .map(|cluster| {
                let mut found = Vec::new();
                for (space, namespace) in cluster.namespaces {
                    let owner = owner(mesh, &namespace.tenancy);
                    for (name, service) in &namespace.services {
                        for gate in service_gates(cluster, space, name, service) {
                            let port = format!("{name}:{}", gate.port);
                            let Told { said, why } = firsts
                                .told(cluster, (space, name), &gate)
                                .unwrap_or_else(|| Told::of(scene, cluster, &gate, &known));
                            found.push((((owner.clone(), space.clone()), port, said), why));
                        }
                    }
                }
                found
            })
            .collect();
        // the same in several clusters: the reasons are those of the first
        let mut folded: Folded = BTreeMap::new();
        for (index, found) in heard_in.into_iter().enumerate() {
            for (destination, why) in found {
                folded.entry(destination).or_insert_with(|| (BTreeSet::new(), why)).0.insert(index);
            }
        }
        let mut spaces: BTreeMap<(Owner, String), Vec<String>> = BTreeMap::new();
        for cluster in &mesh.clusters {
            for (space, namespace) in &cluster.namespaces {
                spaces.entry((owner(mesh, &namespace.tenancy), space.clone())).or_default();
            }
        }
        for (space, accounts) in known.accounts() {
            for (_, own) in spaces.iter_mut().filter(|((_, name), _)| name == space) {
                own.extend(accounts.iter().cloned());
            }
        }
        Folding { sources: Files::of(sources), ..Folding::default() }.finish(mesh, spaces, folded, names)
    }

    /// The section of the page.
    pub fn section(&self) -> Result<Section, Broken> {
        Ok(Section {
            id: "access",
            title: "Access".into(),
            count: Some(self.total),
            body: fill("report/access.html", self)?,
        })
    }

    /// What the script reads: the same again, as small as it gets.
    pub fn data(&self) -> Html {
        let classes: Vec<Vec<(String, u8, usize)>> = self
            .classes
            .iter()
            .map(|class| class.iter().map(|one| (one.who.to_string(), one.verdict as u8, one.why)).collect())
            .collect();
        let data = serde_json::json!({
            "clusters": self.clusters,
            "groups": self.groups.iter().map(|group| &group.name).collect::<Vec<_>>(),
            "spaces": self.spaces.iter().map(|space| serde_json::json!([space.group, space.name, space.accounts])).collect::<Vec<_>>(),
            "classes": classes,
        });
        // the one way out of a data block of a script is its end tag
        Html::trusted(data.to_string().replace('<', "\\u003c"))
    }
}

fn owner(mesh: &Mesh, tenancy: &Tenancy) -> Owner {
    match tenancy {
        Tenancy::Owned { workspace, .. } => {
            (0, mesh.workspace(*workspace).map(|workspace| workspace.name.clone()).unwrap_or_default())
        }
        Tenancy::Unowned { .. } => (1, "no workspace".to_owned()),
        Tenancy::System => (2, "system namespaces".to_owned()),
    }
}

/// Files by the path that people see.
#[derive(Default)]
struct Files(BTreeMap<String, Vec<String>>);

impl Files {
    fn of(sources: &Sources) -> Self {
        let text = |(id, _): (crate::source::FileId, _)| {
            let lines = sources.text(id).lines().map(|line| line.trim().to_owned()).collect();
            (sources.shown_path(id), lines)
        };
        Files(sources.files().filter(|(_, file)| is_yaml(&file.path)).map(text).collect())
    }

    fn shown(&self, line: &Line) -> Shown {
        const LONGEST: usize = 160;
        let text = self.0.get(&line.path).and_then(|lines| lines.get(line.line.checked_sub(1)?));
        Shown {
            place: format!("{}:{}", line.path, line.line),
            says: line.says.clone(),
            text: text.map(|text| text.chars().take(LONGEST).collect()).unwrap_or_default(),
        }
    }
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// Numbers one after the other as `first-last`.
fn ranges(numbers: &BTreeSet<usize>) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers.iter().copied() {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown = ranges.into_iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// Tables in which each thing stands once.
#[derive(Default)]
struct Folding {
    sources: Files,
    reasons: BTreeMap<Why, usize>,
    shown: Vec<Reason>,
    classes: BTreeMap<Vec<Heard>, usize>,
}

impl Folding {
    fn finish(
        mut self,
        mesh: &Mesh,
        spaces: BTreeMap<(Owner, String), Vec<String>>,
        folded: Folded,
        names: &Names,
    ) -> Access {
        let owners: BTreeSet<&Owner> = spaces.keys().map(|(owner, _)| owner).collect();
        let position: BTreeMap<Owner, usize> =
            owners.iter().enumerate().map(|(index, owner)| ((*owner).clone(), index)).collect();
        let mut groups: Vec<Group> = owners
            .iter()
            .map(|(sort, name)| Group {
                name: name.clone(),
                kind: match sort {
                    0 if mesh.workspaces.iter().any(|own| own.name == *name && own.isolated) => "isolated",
                    0 => "open",
                    _ => "",
                },
                spaces: Vec::new(),
                destinations: 0,
            })
            .collect();
        let mut rows: BTreeMap<(Owner, String), BTreeMap<Alike, Vec<String>>> = BTreeMap::new();
        for ((space, name, said), (clusters, why)) in folded {
            let class = self.class(&said, &why);
            rows.entry(space).or_default().entry((class, clusters)).or_default().push(name);
        }
        let mut all = Vec::new();
        for (key, mut accounts) in spaces {
            accounts.sort();
            accounts.dedup();
            let Some(group) = position.get(&key.0).copied() else { continue };
            let mut rows: Vec<Row> = rows
                .remove(&key)
                .unwrap_or_default()
                .into_iter()
                .map(|((class, members), services)| Row {
                    names: services,
                    clusters: names.of(&members),
                    members: ranges(&members),
                    class,
                })
                .collect();
            rows.sort_by(|one, other| one.names.cmp(&other.names));
            let destinations = rows.iter().map(|row| row.names.len()).sum();
            if let Some(group) = groups.get_mut(group) {
                group.spaces.push(all.len());
                group.destinations += destinations;
            }
            all.push(Space { name: key.1, group, accounts, rows, destinations });
        }
        let mut classes: Vec<(Vec<Heard>, usize)> = self.classes.into_iter().collect();
        classes.sort_by_key(|(_, index)| *index);
        let mut access = Access {
            total: groups.iter().map(|group| group.destinations).sum(),
            groups,
            spaces: all,
            classes: classes.into_iter().map(|(class, _)| class).collect(),
            reasons: self.shown,
            matrix: Vec::new(),
            clusters: mesh.clusters.iter().map(|cluster| cluster.name.clone()).collect(),
        };
        access.matrix = access.count();
        access
    }

    fn class(&mut self, said: &[Said], why: &[Why]) -> usize {
        let class: Vec<Heard> = said
            .iter()
            .zip(why)
            .map(|(said, why)| Heard {
                who: said.who.clone(),
                verdict: said.verdict,
                only: said.only.clone(),
                why: self.reason(why),
            })
            .collect();
        let next = self.classes.len();
        *self.classes.entry(class).or_insert(next)
    }

    fn reason(&mut self, why: &Why) -> usize {
        if let Some(index) = self.reasons.get(why) {
            return *index;
        }
        let lines = why.lines.iter().map(|line| self.sources.shown(line)).collect();
        self.shown.push(Reason { because: why.because.clone(), lines });
        let index = self.reasons.len();
        self.reasons.insert(why.clone(), index);
        index
    }
}

impl Access {
    fn count(&self) -> Vec<Vec<usize>> {
        let reached = |from: &Group, to: &Group| -> usize {
            let callers: Vec<&str> = self.named(from);
            let rows = self.named_spaces(to).flat_map(|space| &space.rows);
            rows.filter(|row| self.classes.get(row.class).is_some_and(|class| some(class, &callers)))
                .map(|row| row.names.len())
                .sum()
        };
        self.groups.iter().map(|from| self.groups.iter().map(|to| reached(from, to)).collect()).collect()
    }

    fn named_spaces<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = &'a Space> {
        group.spaces.iter().filter_map(|index| self.spaces.get(*index))
    }

    fn named<'a>(&'a self, group: &'a Group) -> Vec<&'a str> {
        self.named_spaces(group).map(|space| space.name.as_str()).collect()
    }
}

/// Whether some service account of some namespaces is admitted.
fn some(class: &[Heard], namespaces: &[&str]) -> bool {
    let wide = class
        .iter()
        .rfind(|one| matches!(one.who, Who::Anyone | Who::Fleet))
        .is_some_and(|one| one.verdict > Verdict::No);
    namespaces.iter().any(|namespace| {
        let own = class.iter().find(|one| matches!(&one.who, Who::Namespace(own) if own == namespace));
        own.map_or(wide, |own| own.verdict > Verdict::No)
            || class.iter().any(|one| {
                matches!(&one.who, Who::Account(own, _) if own == namespace) && one.verdict > Verdict::No
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_a_range() {
        assert_eq!(ranges(&BTreeSet::from([0, 1, 2, 7, 9, 10])), "0-2 7 9-10");
        assert_eq!(ranges(&BTreeSet::new()), "");
    }
}
