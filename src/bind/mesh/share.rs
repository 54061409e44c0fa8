//! What a workspace gives and takes.

use std::collections::BTreeSet;

use super::WorkspaceId;
pub use crate::kinds::workspace_settings::ResourceKind;
use crate::manifest::Labels;
use crate::source::Place;

/// One entry of `importFrom` or `exportTo`.
#[derive(Debug)]
pub struct Share {
    /// Which list it stands in.
    pub direction: Direction,
    /// Where it stands.
    pub place: Place,
    /// The workspaces it names.
    pub workspaces: BTreeSet<WorkspaceId>,
    /// The workspaces it names that have a matching entry on their side.
    pub answered: BTreeSet<WorkspaceId>,
    /// How many Services its `resources` match.
    pub services: usize,
    /// Its `resources`, of which one must match; none: everything does.
    pub filters: Vec<Filter>,
}

/// Which list a [`Share`] stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// `importFrom`.
    Import,
    /// `exportTo`.
    Export,
}

/// A Service or VirtualDestination as import and export entries match it.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// What it is.
    pub kind: ResourceKind,
    /// The cluster it is in, for a Service.
    pub cluster: Option<&'a str>,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its labels.
    pub labels: &'a Labels,
}

/// One of an entry's `resources`; what is `None` or empty restricts nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// What is meant.
    pub kind: ResourceKind,
    /// Labels that it must have.
    pub labels: Labels,
    /// Its name.
    pub name: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
    /// The cluster it is in.
    pub cluster: Option<String>,
}

/// What a [`Filter`] asks for and a resource has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Miss<'f> {
    /// Another kind.
    Kind(&'static str),
    /// A label, key and value.
    Label(&'f str, &'f str),
    /// Another name.
    Name(&'f str),
    /// Another namespace.
    Namespace(&'f str),
    /// Another cluster.
    Cluster(&'f str),
}

impl Share {
    /// Whether it is about a resource.
    pub fn takes(&self, resource: Resource<'_>) -> bool {
        takes(&self.filters, resource)
    }
}

/// Whether some of an entry's `resources` match, or it has none.
pub fn takes(filters: &[Filter], resource: Resource<'_>) -> bool {
    filters.is_empty() || filters.iter().any(|filter| filter.misses(resource).is_empty())
}

impl Filter {
    /// What a resource lacks; nothing: it matches.
    pub fn misses(&self, resource: Resource<'_>) -> Vec<Miss<'_>> {
        let mut misses = Vec::new();
        if self.kind != ResourceKind::All && self.kind != resource.kind {
            misses.push(Miss::Kind(self.kind.text()));
        }
        let lacking = self.labels.iter().filter(|(key, value)| resource.labels.get(*key) != Some(*value));
        misses.extend(lacking.map(|(key, value)| Miss::Label(key, value)));
        let own = [
            (&self.name, Some(resource.name), Miss::Name as fn(_) -> _),
            (&self.namespace, Some(resource.namespace), Miss::Namespace),
            (&self.cluster, resource.cluster, Miss::Cluster),
        ];
        for (wanted, value, miss) in own {
            misses.extend(wanted.as_deref().filter(|wanted| Some(*wanted) != value).map(miss));
        }
        misses
    }
}
