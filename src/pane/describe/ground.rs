//! What a description rests on.

use std::collections::{BTreeMap, BTreeSet};

use super::{At, Fact};
use crate::bind::{Mesh, Namespace, Tenancy};
use crate::pane::words::shortened;
use crate::question::Scene;
use crate::source::{Origin, Place};

/// The fleet that is asked.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What is enforced, and where things stand.
    pub scene: Scene<'a>,
    /// The intent.
    pub mesh: &'a Mesh,
    /// What caused each file that is rendered for a cluster: the path from the fleet's tree → `Kind/namespace/name`.
    pub causes: &'a BTreeMap<String, BTreeSet<String>>,
}

/// How many names a statement has before the others are counted.
pub const SHOWN: usize = 6;

impl Ground<'_> {
    /// A place as people open it.
    pub fn at(&self, place: Place) -> Vec<At> {
        let sources = self.scene.places.fleet.filter(|sources| sources.file(place.file).is_some());
        let at = sources
            .map(|sources| At { path: sources.shown_path(place.file), line: sources.line_column(place).0 });
        at.into_iter().collect()
    }

    /// Several places, each once.
    pub fn all_at(&self, places: impl IntoIterator<Item = Place>) -> Vec<At> {
        let places: BTreeSet<Place> = places.into_iter().collect();
        places.into_iter().flat_map(|place| self.at(place)).collect()
    }

    /// Where objects stand.
    pub fn origins<'o>(&self, origins: impl IntoIterator<Item = &'o Origin>) -> Vec<At> {
        self.all_at(origins.into_iter().map(|origin| origin.place))
    }

    /// ` in a, b`; nothing for all of them.
    pub fn in_clusters(clusters: &BTreeSet<&str>, of: &BTreeSet<&str>) -> String {
        if clusters == of {
            return String::new();
        }
        let names: Vec<&str> = clusters.iter().copied().collect();
        format!(" in {}", shortened(&names, SHOWN))
    }

    /// Statements that hold in some clusters: what several say is said once, with the places of all. `of` is what all of them
    /// are, which are not named.
    pub fn folded<'c>(
        said: impl IntoIterator<Item = (&'c str, String, Vec<At>)>,
        of: &BTreeSet<&str>,
    ) -> Vec<Fact> {
        let mut by_text: BTreeMap<String, (BTreeSet<&str>, BTreeSet<At>)> = BTreeMap::new();
        for (cluster, says, places) in said {
            let (clusters, all) = by_text.entry(says).or_default();
            clusters.insert(cluster);
            all.extend(places);
        }
        let fact = |(says, (clusters, places)): (String, (BTreeSet<&str>, BTreeSet<At>))| {
            let here = Self::in_clusters(&clusters, of);
            Fact::new(format!("{says}{here}"), places.into_iter().collect())
        };
        by_text.into_iter().map(fact).collect()
    }

    /// A principal, or a set of them, as questions are asked: without its trust domain, where the fleet has one.
    pub fn caller(&self, principal: &str) -> String {
        let domains: BTreeSet<&str> =
            self.mesh.clusters.iter().map(|cluster| &*cluster.trust_domain).collect();
        let own =
            principal.split_once("/ns/").filter(|(domain, _)| domains.len() == 1 && domains.contains(domain));
        let parts = own.and_then(|(_, rest)| rest.split_once("/sa/"));
        parts.map_or_else(|| principal.to_owned(), |(namespace, account)| format!("{namespace}/{account}"))
    }

    /// The clusters of the fleet.
    pub fn clusters(&self) -> BTreeSet<&str> {
        self.mesh.clusters.iter().map(|cluster| cluster.name.as_str()).collect()
    }

    /// Every namespace: its cluster's name, its own, and it.
    pub fn namespaces(&self) -> impl Iterator<Item = (&str, &str, &Namespace)> {
        self.mesh.clusters.iter().flat_map(|cluster| {
            cluster
                .namespaces
                .iter()
                .map(move |(name, namespace)| (cluster.name.as_str(), name.as_str(), namespace))
        })
    }

    /// The files that some objects caused, or that are named: each path once, with the clusters that have it.
    pub fn files(&self, wanted: impl Fn(&str, &BTreeSet<String>) -> bool) -> Vec<Fact> {
        let mut files: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (path, _) in self.causes.iter().filter(|(path, causes)| wanted(path, causes)) {
            let (scope, below) = match path.strip_prefix("_scope/") {
                Some(below) => ("_scope/", below),
                None => ("", path.as_str()),
            };
            let Some((cluster, file)) = below.split_once('/') else { continue };
            files.entry(format!("{scope}<cluster>/{file}")).or_default().insert(cluster);
        }
        let shown = |(path, clusters): (String, BTreeSet<&str>)| {
            let names: Vec<&str> = clusters.into_iter().collect();
            Fact::new(format!("{path} in {}", shortened(&names, SHOWN)), Vec::new())
        };
        files.into_iter().map(shown).collect()
    }

    /// The files that an object caused.
    pub fn files_of(&self, reference: &str) -> Vec<Fact> {
        self.files(|_, causes| causes.contains(reference))
    }

    /// Whose a namespace is, in words.
    pub fn tenancy(&self, namespace: &Namespace) -> (String, Vec<At>) {
        match namespace.tenancy {
            Tenancy::Owned { workspace, place } => {
                let name = self.mesh.workspace(workspace).map_or("", |workspace| &workspace.name);
                (format!("workspace `{name}`"), self.at(place))
            }
            Tenancy::Unowned { closed: true } => {
                ("no workspace, closed".to_owned(), self.all_at(namespace.place))
            }
            Tenancy::Unowned { closed: false } => {
                ("no workspace, open".to_owned(), self.all_at(namespace.place))
            }
            Tenancy::System => ("no workspace, the system's".to_owned(), self.all_at(namespace.place)),
        }
    }
}

/// Labels as kubectl prints them.
pub fn labels<'l>(labels: impl IntoIterator<Item = (&'l String, &'l String)>) -> String {
    labels.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}
