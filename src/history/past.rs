//! What each commit of a history holds: objects by name, told apart by what they mean, and trust domains.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::Value as Json;

use super::graph::History;
use super::objects::{Found, Key, Reader, Said, State};
use crate::admit::admit;
use crate::bind::bind;
use crate::report::{Finding, Findings, Level};
use crate::source::Sources;

/// What a commit holds.
pub type Snapshot = BTreeMap<Key, Here>;

/// An object as a commit holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// Which of its versions: two that mean the same have one number.
    pub version: usize,
    /// The file it stands in, from the fleet directory.
    pub file: Arc<str>,
}

/// Cluster → trust domain; `None`: it cannot be told.
type Domains = BTreeMap<String, Option<String>>;

/// The kinds that decide a cluster's trust domain (SPEC section 6).
const DECIDES: [&str; 8] = [
    "Fleet",
    "KubernetesCluster",
    "ClusterDomain",
    "IstioLifecycleManager",
    "ZTunnelLifecycleManager",
    "CNILifecycleManager",
    "GatewayLifecycleManager",
    "IdentityProvider",
];

/// The files of the fleet in a commit, by its index; the error says why they cannot be read.
pub type Files<'a> = dyn Fn(usize) -> Result<Sources, String> + Sync + 'a;

/// A history with its objects.
pub struct Past<'a> {
    /// The commits.
    pub history: &'a History,
    /// The commit that is asked from; only what it reaches counts.
    pub tip: usize,
    /// The files of a commit.
    pub files: &'a Files<'a>,
    snapshots: Vec<Option<Arc<Snapshot>>>,
    domains: Vec<Option<Arc<Domains>>>,
    versions: BTreeMap<Key, Vec<Found>>,
}

impl<'a> Past<'a> {
    /// Reads every state that `tip` reaches, each once. `step` is called for each.
    pub fn new(history: &'a History, tip: usize, files: &'a Files<'a>, step: &(dyn Fn() + Sync)) -> Self {
        let reached = reached(history, tip);
        let mut examples: BTreeMap<usize, usize> = BTreeMap::new();
        for commit in &reached {
            if let Some(state) = history.commit(*commit).and_then(|commit| commit.state) {
                examples.entry(state).or_insert(*commit);
            }
        }
        let reader = Reader::default();
        let read: Vec<(usize, Option<State>)> = examples
            .par_iter()
            .map(|(state, commit)| {
                let read = files(*commit).ok().map(|sources| reader.read(&sources));
                step();
                (*state, read)
            })
            .collect();
        let mut versions = Versions::default();
        let mut states: BTreeMap<usize, Option<(State, Arc<Snapshot>)>> = BTreeMap::new();
        for (number, read) in read {
            let with_snapshot = read.map(|state| {
                let snapshot = versions.snapshot(&state);
                (state, Arc::new(snapshot))
            });
            states.insert(number, with_snapshot);
        }
        let mut past = Past {
            history,
            tip,
            files,
            snapshots: vec![None; history.commits.len()],
            domains: vec![None; history.commits.len()],
            versions: versions.known,
        };
        let decided = past.decided(&states, &examples);
        // parents first: what a state cannot tell it has from the one before
        for commit in reached.iter().rev() {
            past.fill(*commit, &states, &decided);
        }
        past
    }

    /// The objects of a commit; none where there is no fleet.
    pub fn snapshot(&self, commit: usize) -> Option<&Snapshot> {
        self.snapshots.get(commit)?.as_deref()
    }

    /// Which version of an object a commit holds.
    pub fn version(&self, commit: usize, key: &Key) -> Option<usize> {
        self.snapshot(commit)?.get(key).map(|here| here.version)
    }

    /// What a version of an object says, as it was first seen.
    pub fn said(&self, key: &Key, version: usize) -> Option<&Found> {
        self.versions.get(key)?.get(version)
    }

    /// Every object there ever was.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.versions.keys()
    }

    /// The trust domain that a cluster has in a commit; `None`: there is no such cluster, or it cannot be told.
    pub fn trust_domain(&self, commit: usize, cluster: &str) -> Option<&str> {
        self.domains.get(commit)?.as_ref()?.get(cluster)?.as_deref()
    }

    fn fill(
        &mut self,
        commit: usize,
        states: &BTreeMap<usize, Option<(State, Arc<Snapshot>)>>,
        decided: &BTreeMap<usize, Arc<Domains>>,
    ) {
        let Some(number) = self.history.commit(commit).and_then(|commit| commit.state) else { return };
        let parent = self.history.first_parent(commit);
        let before = parent.and_then(|parent| self.snapshots.get(parent)?.clone());
        let domains_before = parent.and_then(|parent| self.domains.get(parent)?.clone());
        let snapshot = match (states.get(&number).and_then(Option::as_ref), before) {
            (None, before) => before.unwrap_or_default(),
            (Some((state, own)), Some(before)) if !state.unreadable.is_empty() => {
                Arc::new(Self::carried(state, own, &before))
            }
            (Some((_, own)), _) => Arc::clone(own),
        };
        let domains = match decided.get(&number) {
            Some(decided) => Arc::clone(decided),
            None => Arc::new(self.written_domains(&snapshot, domains_before.as_deref())),
        };
        if let Some(place) = self.snapshots.get_mut(commit) {
            *place = Some(snapshot);
        }
        if let Some(place) = self.domains.get_mut(commit) {
            *place = Some(domains);
        }
    }

    /// The objects of a state of which some files cannot be read: what those held before is taken to stand.
    fn carried(state: &State, own: &Snapshot, before: &Snapshot) -> Snapshot {
        let mut carried = own.clone();
        for (key, here) in before {
            if !carried.contains_key(key) && state.unreadable.contains(&*here.file) {
                carried.insert(key.clone(), here.clone());
            }
        }
        carried
    }

    /// Trust domains by state, where they can be told: decided once for all states in which the same objects decide them.
    fn decided(
        &self,
        states: &BTreeMap<usize, Option<(State, Arc<Snapshot>)>>,
        examples: &BTreeMap<usize, usize>,
    ) -> BTreeMap<usize, Arc<Domains>> {
        let mut groups: BTreeMap<Vec<(&Key, usize)>, Vec<usize>> = BTreeMap::new();
        for (number, state) in states {
            let Some((state, snapshot)) = state else { continue };
            if state.unreadable.is_empty() {
                let deciding = snapshot.iter().filter(|(key, _)| DECIDES.contains(&key.kind));
                let deciding = deciding.map(|(key, here)| (key, here.version)).collect();
                groups.entry(deciding).or_default().push(*number);
            }
        }
        let groups: Vec<Vec<usize>> = groups.into_values().collect();
        let decided = groups.into_par_iter().filter_map(|numbers| {
            let commit = examples.get(numbers.first()?)?;
            let domains = Arc::new(domains(&(self.files)(*commit).ok()?)?);
            Some(numbers.into_iter().map(|number| (number, Arc::clone(&domains))).collect::<Vec<_>>())
        });
        decided.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    /// What KubernetesClusters say themselves; else what held before.
    fn written_domains(&self, snapshot: &Snapshot, before: Option<&Domains>) -> Domains {
        let clusters = snapshot.iter().filter(|(key, _)| key.kind == "KubernetesCluster");
        let domain = |(key, here): (&Key, &Here)| {
            let found = self.said(key, here.version);
            let own = found.and_then(|found| found.said.fields.pointer("/spec/trustDomain"));
            let own = own.and_then(Json::as_str).map(str::to_owned);
            let domain = own.or_else(|| before?.get(&key.name)?.clone());
            (key.name.clone(), domain)
        };
        clusters.map(domain).collect()
    }
}

/// The trust domain of each cluster; `None` if something that decides them was refused.
fn domains(sources: &Sources) -> Option<Domains> {
    let mut findings = Findings::default();
    let admitted = admit(sources, &mut findings);
    // a field that is misspelt may be the one that decides
    let decides = |finding: &Finding| {
        let kind = finding.object.as_deref().and_then(|object| object.split('/').next());
        finding.code.level == Level::Error && kind.is_none_or(|kind| DECIDES.contains(&kind))
    };
    if findings.iter().any(decides) {
        return None;
    }
    let mesh = bind(sources.fleet(), &admitted, &mut findings);
    let clusters = mesh.clusters.iter();
    Some(clusters.map(|cluster| (cluster.name.clone(), Some(cluster.trust_domain.to_string()))).collect())
}

/// Every commit that one reaches, itself first; in order.
fn reached(history: &History, tip: usize) -> Vec<usize> {
    let mut seen = vec![false; history.commits.len()];
    if let Some(seen) = seen.get_mut(tip) {
        *seen = true;
    }
    // parents come later, so one pass is enough
    for commit in tip..history.commits.len() {
        if seen.get(commit) == Some(&true) {
            for parent in history.commit(commit).iter().flat_map(|commit| &commit.parents) {
                if let Some(seen) = seen.get_mut(*parent) {
                    *seen = true;
                }
            }
        }
    }
    seen.iter().enumerate().filter(|(_, seen)| **seen).map(|(commit, _)| commit).collect()
}

/// The versions of each object: what means the same is one.
#[derive(Default)]
struct Versions {
    known: BTreeMap<Key, Vec<Found>>,
    /// Which version a text is, by the fields that were read from it.
    texts: BTreeMap<Key, BTreeMap<String, usize>>,
}

impl Versions {
    fn snapshot(&mut self, state: &State) -> Snapshot {
        let here = |(key, found): (&Key, &Found)| {
            let here = Here { version: self.version(key, found), file: found.file.as_str().into() };
            (key.clone(), here)
        };
        state.objects.iter().map(here).collect()
    }

    fn version(&mut self, key: &Key, found: &Found) -> usize {
        let known = self.known.entry(key.clone()).or_default();
        let is_same = |other: &Found| Arc::ptr_eq(&other.said, &found.said);
        if let Some(version) = known.iter().position(is_same) {
            return version;
        }
        let texts = self.texts.entry(key.clone()).or_default();
        let text = found.said.fields.to_string();
        if let Some(version) = texts.get(&text) {
            return *version;
        }
        let said: &Said = &found.said;
        let version = known.iter().position(|other| said.means_the_same(&other.said, key));
        let version = version.unwrap_or_else(|| {
            known.push(found.clone());
            known.len() - 1
        });
        texts.insert(text, version);
        version
    }
}
