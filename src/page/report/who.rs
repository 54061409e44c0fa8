//! Callers as the access matrix tells them apart, and what one port says to each of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::question::{AtPort, Caller, Gate, Line, Scene, admits, explain};
use crate::reach::{ClusterWorld, Identity, Marks, STRANGER, World};

/// A set of callers, the widest first. Of one caller the narrowest set that it is in decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Every identity that the mesh takes.
    Anyone,
    /// Every identity of the fleet's own trust domains.
    Fleet,
    /// Every service account of a namespace.
    Namespace(String),
    /// One service account, by namespace and name.
    Account(String, String),
    /// Callers without identity, which are in no other set.
    Plaintext,
}

impl std::fmt::Display for Who {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Who::Anyone => formatter.write_str("anyone"),
            Who::Fleet => formatter.write_str("anyone of the fleet"),
            Who::Namespace(namespace) => write!(formatter, "{namespace}/*"),
            Who::Account(namespace, account) => write!(formatter, "{namespace}/{account}"),
            Who::Plaintext => formatter.write_str("plaintext"),
        }
    }
}

impl Serialize for Who {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a port says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It refuses.
    No,
    /// It admits from some trust domains, at some pods or with some requests only.
    Part,
    /// It admits.
    Yes,
}

/// What a port says to a set of callers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// The callers.
    pub who: Who,
    /// The answer.
    pub verdict: Verdict,
    /// What limits a [`Verdict::Part`].
    pub only: Option<String>,
}

/// Why: what decided, and the lines that make it so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Why {
    /// Layer by layer, lower case, no full stop.
    pub because: String,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Every service account that the inventories know, by namespace, and the trust domains that have the namespace.
#[derive(Debug, Default)]
pub struct Known {
    domains: BTreeSet<String>,
    namespaces: BTreeMap<String, Members>,
}

#[derive(Debug, Clone, Default)]
struct Members {
    domains: BTreeSet<String>,
    accounts: BTreeSet<String>,
}

impl Known {
    /// Reads the inventories.
    pub fn of(world: &World<'_>) -> Self {
        let mut known = Known::default();
        for cluster in &world.clusters {
            known.domains.insert(cluster.trust_domain().to_owned());
            for (name, namespace) in cluster.namespaces {
                let members = known.namespaces.entry(name.clone()).or_default();
                members.domains.insert(cluster.trust_domain().to_owned());
                members.accounts.extend(namespace.accounts.keys().cloned());
                members.accounts.extend(namespace.workloads.iter().map(|workload| workload.account.clone()));
            }
        }
        known
    }

    /// Namespace → service accounts.
    pub fn accounts(&self) -> impl Iterator<Item = (&String, &BTreeSet<String>)> {
        self.namespaces.iter().map(|(name, members)| (name, &members.accounts))
    }

    /// The identities to ask about, by the set they stand for. What no policy in scope tells apart from a wider set is
    /// left out.
    fn asked(&self, cluster: &ClusterWorld<'_>, marks: &Marks) -> BTreeMap<Who, Vec<Identity>> {
        let taken = |domains: &BTreeSet<String>| -> Vec<String> {
            domains.iter().filter(|domain| cluster.takes(domain)).cloned().collect()
        };
        let abroad =
            if cluster.takes("elsewhere.example") { "elsewhere.example" } else { cluster.trust_domain() };
        let mut asked = BTreeMap::from([(Who::Anyone, vec![Identity::new(abroad, STRANGER, STRANGER)])]);
        let fleet = taken(&self.domains);
        asked.insert(
            Who::Fleet,
            fleet.iter().map(|domain| Identity::new(domain, STRANGER, STRANGER)).collect(),
        );
        let mut namespaces = self.namespaces.clone();
        // what policies name may be still to come
        for identity in marks.identities() {
            let (namespace, account) = (identity.namespace(), identity.service_account());
            if namespace == STRANGER || !cluster.takes(identity.trust_domain()) {
                continue;
            }
            let members = namespaces.entry(namespace.to_owned()).or_default();
            members.domains.insert(identity.trust_domain().to_owned());
            if account != STRANGER {
                members.accounts.insert(account.to_owned());
            }
        }
        for (name, members) in &namespaces {
            let domains = taken(&members.domains);
            let of = |account: &str| -> Vec<Identity> {
                domains.iter().map(|domain| Identity::new(domain, name, account)).collect()
            };
            if !domains.iter().any(|domain| marks.names_namespace(domain, name)) {
                continue;
            }
            asked.insert(Who::Namespace(name.clone()), of(STRANGER));
            for account in &members.accounts {
                let identities = of(account);
                if identities.iter().any(|identity| marks.names_account(identity)) {
                    asked.insert(Who::Account(name.clone(), account.clone()), identities);
                }
            }
        }
        asked.retain(|_, identities| !identities.is_empty());
        asked
    }
}

/// What a port says to everybody, the widest set first: a set is there where it is told otherwise than the one around it.
pub fn heard<'w>(
    scene: Scene<'_>,
    cluster: &'w ClusterWorld<'w>,
    gate: &Gate<'w>,
    known: &Known,
) -> Vec<(Said, Why)> {
    let mut marks = Marks::default();
    for (destination, ways) in &gate.behind {
        marks.extend(destination.marks());
        ways.iter().filter_map(|way| way.through.as_ref()).for_each(|through| marks.extend(through.marks()));
    }
    let mut all: BTreeMap<Who, (Said, Why)> = BTreeMap::new();
    for (who, identities) in known.asked(cluster, &marks) {
        let admitted: Vec<&Identity> =
            identities.iter().filter(|one| admits(scene, cluster, gate, Some(one))).collect();
        let Some(example) = admitted.first().copied().or(identities.first()) else { continue };
        let answer = explain(scene, cluster, gate, &Caller::Identity(example.clone()));
        let mut only = part(&answer);
        if !admitted.is_empty() && admitted.len() < identities.len() {
            let domains: Vec<&str> = admitted.iter().map(|one| one.trust_domain()).collect();
            only.push(format!("from trust domain {}", domains.join(", ")));
        }
        let said =
            Said { who: who.clone(), verdict: verdict(!admitted.is_empty(), &only), only: limits(only) };
        if around(&all, &who).is_none_or(|wider| (wider.verdict, &wider.only) != (said.verdict, &said.only)) {
            all.insert(who, (said, why(&answer)));
        }
    }
    let answer = explain(scene, cluster, gate, &Caller::Plaintext);
    let only = part(&answer);
    let said = Said { who: Who::Plaintext, verdict: verdict(answer.admitted, &only), only: limits(only) };
    all.insert(Who::Plaintext, (said, why(&answer)));
    all.into_values().collect()
}

/// The next wider set that is told something.
fn around<'a>(all: &'a BTreeMap<Who, (Said, Why)>, who: &Who) -> Option<&'a Said> {
    let namespace = match who {
        Who::Account(namespace, _) => Some(Who::Namespace(namespace.clone())),
        _ => None,
    };
    let wider = namespace.into_iter().chain([Who::Fleet, Who::Anyone]).filter(|wider| wider < who);
    wider.filter_map(|wider| all.get(&wider)).map(|(said, _)| said).next()
}

fn verdict(admitted: bool, only: &[String]) -> Verdict {
    match (admitted, only.is_empty()) {
        (false, _) => Verdict::No,
        (true, true) => Verdict::Yes,
        (true, false) => Verdict::Part,
    }
}

fn limits(only: Vec<String>) -> Option<String> {
    (!only.is_empty()).then(|| only.join(", "))
}

/// What limits a yes.
fn part(answer: &AtPort) -> Vec<String> {
    let mut only = Vec::new();
    if !answer.admitted {
        return only;
    }
    if answer.some_pods_only {
        only.push("at some pods".to_owned());
    }
    let way = answer.pods.iter().flat_map(|pods| &pods.ways).find(|way| way.admitted);
    if let Some(request) = way.filter(|way| way.some_requests_only).and_then(|way| way.request.as_ref()) {
        only.push(format!("some requests, as {request}"));
    }
    only
}

/// The way that decides, as `can` shows it.
fn why(answer: &AtPort) -> Why {
    let ways = || answer.pods.iter().flat_map(|pods| &pods.ways);
    let Some(way) = ways().find(|way| way.admitted == answer.admitted).or(ways().next()) else {
        return Why { because: "no pods are behind it".to_owned(), lines: Vec::new() };
    };
    let because = match way.steps.as_slice() {
        [only] => only.because.clone(),
        steps => {
            let steps: Vec<String> =
                steps.iter().map(|step| format!("{}: {}", step.layer, step.because)).collect();
            steps.join("; ")
        }
    };
    Why { because, lines: way.steps.iter().flat_map(|step| step.lines.iter().cloned()).collect() }
}
