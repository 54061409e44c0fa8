//! Pictures of a fleet: what knows what, what is shared, who may call.
//!
//! A [`Graph`] is what is drawn, folded already: [`svg`] lays it out, [`dot`] and [`mermaid`] leave that to others.
//! Nothing is drawn per pair of clusters or per pair of caller and pod, so a picture grows with what is told apart, not
//! with how often it stands somewhere.

mod access;
mod dot;
mod layers;
mod layout;
mod mermaid;
mod peers;
mod svg;
mod workspaces;

pub use access::access;
pub use dot::dot;
pub use mermaid::mermaid;
pub use peers::peers;
pub use svg::svg;
pub use workspaces::workspaces;

use super::words::{counted, shortened};

/// What is drawn: boxes with lines in them, and arrows between boxes or lines. Every index in it exists, and no arrow stays
/// within its box.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// What it is, in one word of ASCII letters: `peers`.
    pub name: &'static str,
    /// What it shows, in a line.
    pub title: String,
    /// The boxes.
    pub groups: Vec<Group>,
    /// The lines in them; those of a box in the order in which they stand here.
    pub nodes: Vec<Node>,
    /// The arrows.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Its heading.
    pub title: String,
    /// What is said beside the heading; may be empty.
    pub note: String,
}

/// A line in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The box: an index into [`Graph::groups`].
    pub group: usize,
    /// What it stands for.
    pub kind: Kind,
    /// Its name.
    pub label: String,
    /// What is said beside it; may be empty.
    pub note: String,
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A cluster.
    Cluster,
    /// A namespace.
    Namespace,
    /// A service account.
    Account,
    /// A Service.
    Service,
    /// Nothing by itself: something about the box.
    Fact,
}

impl Kind {
    /// As kubectl abbreviates it; empty for what needs none.
    pub fn tag(self) -> &'static str {
        match self {
            Kind::Namespace => "ns",
            Kind::Account => "sa",
            Kind::Service => "svc",
            Kind::Cluster | Kind::Fact => "",
        }
    }
}

/// An arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: End,
    /// Where it ends.
    pub to: End,
    /// Whether it holds the other way round too.
    pub both: bool,
    /// What it says, as a sentence without a full stop.
    pub says: String,
}

/// An end of an arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A box: an index into [`Graph::groups`].
    Group(usize),
    /// A line: an index into [`Graph::nodes`].
    Node(usize),
}

impl Graph {
    /// An empty one.
    fn new(name: &'static str, title: String) -> Self {
        Graph { name, title, ..Graph::default() }
    }

    /// Adds a box; gives its index.
    fn group(&mut self, title: impl Into<String>, note: impl Into<String>) -> usize {
        self.groups.push(Group { title: title.into(), note: note.into() });
        self.groups.len() - 1
    }

    /// Adds a line to a box; gives its index.
    fn node(&mut self, group: usize, kind: Kind, label: impl Into<String>, note: impl Into<String>) -> usize {
        self.nodes.push(Node { group, kind, label: label.into(), note: note.into() });
        self.nodes.len() - 1
    }

    /// The box that an end is, or is in.
    pub fn group_of(&self, end: End) -> Option<usize> {
        match end {
            End::Group(group) => Some(group),
            End::Node(node) => self.nodes.get(node).map(|node| node.group),
        }
    }

    /// The lines of a box, with their indices.
    pub fn lines(&self, group: usize) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.group == group)
    }

    /// Everything that is drawn, in words: for those who do not see it.
    pub fn description(&self) -> String {
        const SAID: usize = 60;
        let mut said: Vec<&str> = self.edges.iter().map(|edge| edge.says.as_str()).take(SAID).collect();
        let more = format!("and {} more", self.edges.len().saturating_sub(SAID));
        if self.edges.len() > SAID {
            said.push(&more);
        }
        match said.is_empty() {
            true => format!("{}. Nothing is connected.", self.title),
            false => format!("{}. {}.", self.title, said.join(". ")),
        }
    }
}
