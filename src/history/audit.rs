//! Who allowed each cluster, policy, workspace and root, when, in which commit, and with what permissions.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::commit::{Commit, Signature, Trailer, pull_request};
use super::graph::{Event, Tracer};
use super::objects::{Key, ROOT};
use super::past::Past;
use super::permissions::{Permissions, permissions};
use super::roll::{At, Lifetime, lifetimes, settled};
use crate::report::{Finding, Findings, Level};
use crate::source::Sources;

/// The kinds that are told, in the order of the lists of [`Audit`].
const KINDS: [&str; 5] = ["KubernetesCluster", "AccessPolicy", "Workspace", "RootTrustPolicy", ROOT];

/// Judges the signatures of commits, by their indices.
pub type Signatures<'a> = dyn Fn(&BTreeSet<usize>) -> BTreeMap<usize, Signature> + 'a;

/// What a history says of a fleet.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// The fleet.
    pub fleet: String,
    /// What is meant by now.
    pub now: Written,
    /// What is wrong with the fleet now, if it does not compile: no permissions of now are known.
    pub finding: Option<Found>,
    /// The KubernetesClusters, in order of name; of one that came back each time, oldest first.
    pub clusters: Vec<Row>,
    /// The AccessPolicies.
    pub policies: Vec<Row>,
    /// The Workspaces.
    pub workspaces: Vec<Row>,
    /// The RootTrustPolicies, and the roots of their bundles.
    pub roots: Vec<Row>,
}

/// From when to when something was there, and who made it so.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its namespace; of a root the `namespace/name` of its RootTrustPolicy.
    pub namespace: String,
    /// Its kind; `Root` for an entry of a bundle.
    pub kind: &'static str,
    /// Of a root, the hex SHA-256 of its certificate.
    pub fingerprint: Option<String>,
    /// Whether it is there now.
    pub current: bool,
    /// The file that it was added in, from the fleet directory.
    pub file: String,
    /// When it was added: the date of the commit's author, RFC 3339 in UTC.
    pub added: String,
    /// Whether it may have been there before: the clone holds nothing older.
    pub at_or_before: bool,
    /// The commit that added it.
    #[serde(flatten)]
    pub by: Written,
    /// The merge that brought it to the branch, if one did.
    pub merge: Option<Written>,
    /// The name that it had in the commit before, if the commit changed nothing else of it.
    pub renamed_from: Option<String>,
    /// Of a cluster.
    #[serde(flatten)]
    pub trust: Option<TrustDomain>,
    /// What it permits.
    pub permissions: ThenAndNow,
    /// What was wrong with the fleet when it was added, if it did not compile: its permissions then are unknown.
    pub finding: Option<Found>,
    /// Who removed it, if it is gone.
    pub removed: Option<Removed>,
}

/// The trust domain of a cluster over its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustDomain {
    /// The one it was added under; `None`: it cannot be told.
    pub trust_domain: Option<String>,
    /// The one it has now; `None`: it is gone, or it cannot be told.
    pub trust_domain_now: Option<String>,
    /// How it changed.
    pub trust_domain_changes: Vec<TrustDomainChange>,
}

/// A cluster that came to another trust domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrustDomainChange {
    /// The old one; `None`: it could not be told.
    pub from: Option<String>,
    /// The new one.
    pub to: String,
    /// Who made it so.
    #[serde(flatten)]
    pub by: Written,
    /// The merge that brought it to the branch, if one did.
    pub merge: Option<Written>,
}

/// What something permitted when it was added, and what it permits now; `None`: unknown, or it is gone.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ThenAndNow {
    /// When it was added.
    pub then: Option<Permissions>,
    /// Now.
    pub now: Option<Permissions>,
}

/// Who removed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// The commit that did.
    #[serde(flatten)]
    pub by: Written,
    /// The merge that brought it to the branch, if one did.
    pub merge: Option<Written>,
    /// The name that it got, if the commit changed nothing else of it.
    pub renamed_to: Option<String>,
}

/// A commit, for a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// The whole hash.
    pub commit: String,
    /// `Name <address>`.
    pub author: String,
    /// When its author wrote it.
    pub authored: String,
    /// `Name <address>`.
    pub committer: String,
    /// When it was committed.
    pub committed: String,
    /// The first line of its message.
    pub subject: String,
    /// The pull request that its message names.
    pub pull_request: Option<String>,
    /// The trailers of its message.
    pub trailers: Vec<Trailer>,
    /// Who vouches for it.
    pub signature: Signature,
}

/// The first thing that is wrong with a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    /// `FC105`.
    pub code: Option<String>,
    /// Lower case, no full stop.
    pub message: String,
    /// `<commit>:<path>:<line>`.
    pub at: Option<String>,
}

impl Found {
    /// The first error of some findings.
    pub fn first(findings: &Findings, sources: &Sources) -> Option<Self> {
        let is_error = |finding: &&Finding| finding.code.level == Level::Error;
        let finding = findings.iter().find(is_error)?;
        let at = finding
            .place
            .map(|place| format!("{}:{}", sources.shown_path(place.file), sources.line_column(place).0));
        Some(Found { code: Some(finding.code.id.to_owned()), message: finding.message.clone(), at })
    }

    /// A state whose files cannot be read.
    pub fn unread(message: String) -> Self {
        Found { code: None, message, at: None }
    }
}

/// Commits as a report has them: with what is known of their signatures.
pub(super) struct Writers<'a> {
    past: &'a Past<'a>,
    signatures: BTreeMap<usize, Signature>,
}

impl<'a> Writers<'a> {
    pub(super) fn new(past: &'a Past<'a>, asked: &BTreeSet<usize>, signatures: &Signatures<'_>) -> Self {
        Writers { past, signatures: signatures(asked) }
    }

    pub(super) fn written(&self, index: usize) -> Written {
        let signature = self.signatures.get(&index).cloned().unwrap_or_default();
        self.past.history.commit(index).map(|commit| written(commit, signature)).unwrap_or_default()
    }

    pub(super) fn merge(&self, at: &At) -> Option<Written> {
        (at.arrived != at.commit).then(|| self.written(at.arrived))
    }
}

/// A commit as a report has it.
pub fn written(commit: &Commit, signature: Signature) -> Written {
    let Commit { hash, author, authored, committer, committed, subject, trailers, .. } = commit.clone();
    Written {
        commit: hash,
        author,
        authored,
        committer,
        committed,
        subject,
        pull_request: pull_request(commit),
        trailers,
        signature,
    }
}

/// What a state of the fleet permits, or why that is not known.
type Permitted = Result<BTreeMap<Key, Permissions>, Found>;

/// Tells the whole history. `step` is called for each commit that is compiled.
pub fn audit(past: &Past<'_>, fleet: &str, signatures: &Signatures<'_>, step: &(dyn Fn() + Sync)) -> Audit {
    let tracer = Tracer::new(past.history);
    let told: Vec<(&Key, Vec<Lifetime>)> = past
        .keys()
        .filter(|key| KINDS.contains(&key.kind))
        .map(|key| (key, lifetimes(past, &tracer, key)))
        .collect();
    let moves: BTreeMap<&str, Vec<Event<Option<String>>>> = told
        .iter()
        .filter(|(key, _)| key.kind == "KubernetesCluster")
        .map(|(key, _)| {
            let domain = |commit: usize| past.trust_domain(commit, &key.name).map(str::to_owned);
            (key.name.as_str(), settled(tracer.trace(past.tip, domain)))
        })
        .collect();

    let mut asked = BTreeSet::from([past.tip]);
    let mut wanted: BTreeMap<usize, BTreeSet<&Key>> = BTreeMap::from([(past.tip, BTreeSet::new())]);
    for (key, lifetimes) in &told {
        for lifetime in lifetimes {
            wanted.entry(lifetime.added.arrived).or_default().insert(key);
            if lifetime.removed.is_none() {
                wanted.entry(past.tip).or_default().insert(key);
            }
            for at in std::iter::once(&lifetime.added).chain(&lifetime.removed) {
                asked.extend([at.commit, at.arrived]);
            }
        }
    }
    asked.extend(moves.values().flatten().flat_map(|event| [event.commit, event.arrived]));
    let permitted: BTreeMap<usize, Permitted> = wanted
        .par_iter()
        .map(|(commit, keys)| {
            let permitted = permitted(past, *commit, keys);
            step();
            (*commit, permitted)
        })
        .collect();

    let telling =
        Telling { past, writers: Writers::new(past, &asked, signatures), permitted, moves, told: &told };
    let rows = |kinds: &[&str]| -> Vec<Row> {
        let told = told.iter().filter(|(key, _)| kinds.contains(&key.kind));
        let mut rows: Vec<Row> = told
            .flat_map(|(key, lifetimes)| lifetimes.iter().map(|lifetime| telling.row(key, lifetime)))
            .collect();
        rows.sort_by(|a, b| (&a.name, &a.namespace).cmp(&(&b.name, &b.namespace)));
        rows
    };
    Audit {
        fleet: fleet.to_owned(),
        now: telling.writers.written(past.tip),
        finding: telling.permitted.get(&past.tip).and_then(|permitted| permitted.as_ref().err().cloned()),
        clusters: rows(&["KubernetesCluster"]),
        policies: rows(&["AccessPolicy"]),
        workspaces: rows(&["Workspace"]),
        roots: rows(&["RootTrustPolicy", ROOT]),
    }
}

fn permitted(past: &Past<'_>, commit: usize, keys: &BTreeSet<&Key>) -> Permitted {
    let sources = (past.files)(commit).map_err(Found::unread)?;
    match crate::compile(&sources) {
        Ok(compiled) => Ok(permissions(&compiled, &sources, keys)),
        Err(findings) => Err(Found::first(&findings, &sources)
            .unwrap_or_else(|| Found::unread("the fleet does not compile".to_owned()))),
    }
}

struct Telling<'a> {
    past: &'a Past<'a>,
    writers: Writers<'a>,
    permitted: BTreeMap<usize, Permitted>,
    moves: BTreeMap<&'a str, Vec<Event<Option<String>>>>,
    told: &'a [(&'a Key, Vec<Lifetime>)],
}

impl Telling<'_> {
    fn row(&self, key: &Key, lifetime: &Lifetime) -> Row {
        let Lifetime { added, removed } = lifetime;
        let by = self.writers.written(added.commit);
        let here = self.past.snapshot(added.arrived).and_then(|snapshot| snapshot.get(key));
        let then = self.permitted.get(&added.arrived);
        let now = self.permitted.get(&self.past.tip).filter(|_| removed.is_none());
        let of_key = |permitted: Option<&Permitted>| permitted?.as_ref().ok()?.get(key).cloned();
        Row {
            name: key.name.clone(),
            namespace: key.namespace.clone(),
            kind: key.kind,
            fingerprint: Some(key.fingerprint.clone()).filter(|print| !print.is_empty()),
            current: removed.is_none(),
            file: here.map(|here| here.file.to_string()).unwrap_or_default(),
            added: by.authored.clone(),
            at_or_before: added.at_or_before,
            merge: self.writers.merge(added),
            by,
            renamed_from: self.renamed(key, added.arrived, |lifetime| lifetime.removed),
            trust: (key.kind == "KubernetesCluster").then(|| self.trust(key, lifetime)),
            permissions: ThenAndNow { then: of_key(then), now: of_key(now) },
            finding: then.and_then(|then| then.as_ref().err().cloned()),
            removed: removed.map(|removed| Removed {
                by: self.writers.written(removed.commit),
                merge: self.writers.merge(&removed),
                renamed_to: self.renamed(key, removed.arrived, |lifetime| Some(lifetime.added)),
            }),
        }
    }

    fn trust(&self, key: &Key, lifetime: &Lifetime) -> TrustDomain {
        let domain = |commit| self.past.trust_domain(commit, &key.name).map(str::to_owned);
        let moves = self.moves.get(key.name.as_str());
        let change = |event: &Event<Option<String>>| {
            let before = self.past.history.first_parent(event.arrived)?;
            let (from, to) = (domain(before), domain(event.arrived)?);
            if from.as_ref() == Some(&to) {
                return None;
            }
            let at = At { commit: event.commit, arrived: event.arrived, at_or_before: false };
            let within = lifetime.holds(event.arrived) && event.arrived != lifetime.added.arrived;
            within.then(|| TrustDomainChange {
                from,
                to,
                by: self.writers.written(at.commit),
                merge: self.writers.merge(&at),
            })
        };
        TrustDomain {
            trust_domain: domain(lifetime.added.arrived),
            trust_domain_now: domain(self.past.tip).filter(|_| lifetime.removed.is_none()),
            trust_domain_changes: moves.into_iter().flatten().filter_map(change).collect(),
        }
    }

    /// The other name of an object of which a commit of the line changed nothing but the name.
    fn renamed(
        &self,
        key: &Key,
        arrived: usize,
        other_end: impl Fn(&Lifetime) -> Option<At>,
    ) -> Option<String> {
        let spec = |key: &Key| {
            let before = self.past.history.first_parent(arrived);
            let version = self.past.version(arrived, key).or(self.past.version(before?, key))?;
            self.past.said(key, version)?.said.fields.get("spec").cloned()
        };
        let own = spec(key)?;
        let others = self.told.iter().filter(|(other, lifetimes)| {
            other.kind == key.kind
                && other.name != key.name
                && lifetimes.iter().filter_map(&other_end).any(|at| at.arrived == arrived)
                && spec(other).as_ref() == Some(&own)
        });
        let names: Vec<&String> = others.map(|(other, _)| &other.name).collect();
        match names.as_slice() {
            [only] => Some((*only).clone()),
            _ => None,
        }
    }
}
