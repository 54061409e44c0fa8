//! What a run of the oracle says: how often each feature and each refusal occurred, and the smallest fleet that shows a
//! disagreement.

use std::collections::BTreeMap;
use std::fmt::Write;

use fleetc::report::Level;

use super::generate::Fleet;
use super::judge::{Disagreement, Judgement, judge};

/// What the generated fleets are about, each with the beginnings of the names of its features.
const SUBJECTS: &[(&str, &[&str])] = &[
    ("isolated workspaces", &["workspace: isolation on", "global settings"]),
    ("exports and imports", &["export and import", "share:"]),
    ("AccessPolicies", &["policy: of", "policy: on", "authz:"]),
    ("several policies on one Service", &["several policies on one service"]),
    ("ports by name or number", &["destination: port", "target port"]),
    ("policies on workloads", &["policy: on workloads"]),
    ("Services that share pods", &["services that overlap", "two services with one selector"]),
    ("headless Services", &["headless service"]),
    ("several trust domains", &["trust domains differ"]),
    ("unowned namespaces", &["unowned namespace", "fleet default: unowned"]),
    ("system and root namespaces", &["system namespace", "foreign policy: in the root"]),
    ("waypoints", &["waypoint"]),
    ("requests at waypoints", &["attributes:"]),
    ("gateways", &["gateway workload"]),
    ("exceptions", &["exception"]),
    ("callers from outside", &["service called from outside", "exception: plaintext"]),
    ("foreign policy", &["foreign policy"]),
    ("sidecars", &["namespace of sidecars", "workload with a sidecar"]),
    ("host network and opted out", &["workload on the host network", "workload opted out"]),
    ("TLS modes", &["tls:"]),
    ("dry runs", &["authz: dry run"]),
    ("network policies", &["network policy"]),
];

/// What became of one generated fleet.
#[derive(Debug)]
pub enum Outcome {
    Built(Judgement),
    /// The codes of its errors, each with a message.
    Refused(BTreeMap<&'static str, String>),
}

impl Outcome {
    pub fn of(fleet: &Fleet) -> Outcome {
        let sources = fleet.sources();
        match fleetc::compile(&sources) {
            Ok(compiled) => Outcome::Built(judge(&sources, &compiled)),
            Err(findings) => {
                let errors = findings.iter().filter(|finding| finding.code.level == Level::Error);
                Outcome::Refused(errors.map(|finding| (finding.code.id, finding.message.clone())).collect())
            }
        }
    }
}

/// The sums of a run.
#[derive(Debug, Default)]
pub struct Summary {
    pub fleets: usize,
    pub built: usize,
    pub pairs: usize,
    pub allowed: usize,
    pub admitted_not_meant: usize,
    pub meant_but_refused: usize,
    /// Feature → fleets generated with it, fleets built with it.
    pub features: BTreeMap<&'static str, (usize, usize)>,
    /// Two features, in order of name → fleets built with both.
    pub together: BTreeMap<(&'static str, &'static str), usize>,
    /// Two of [`SUBJECTS`], by index → fleets built with features of both.
    pub subjects: BTreeMap<(usize, usize), usize>,
    pub refusals: BTreeMap<&'static str, Refusals>,
}

/// How often a code refused fleets.
#[derive(Debug)]
pub struct Refusals {
    pub fleets: usize,
    /// Fleets that it alone refused.
    pub alone: usize,
    /// Where it was first seen: seed and message.
    pub example: (u64, String),
}

impl Summary {
    pub fn of(outcomes: &[(Fleet, Outcome)]) -> Summary {
        let mut summary = Summary::default();
        for (fleet, outcome) in outcomes {
            summary.fleets += 1;
            let built = matches!(outcome, Outcome::Built(_));
            for feature in &fleet.features {
                let counts = summary.features.entry(feature).or_default();
                *counts = (counts.0 + 1, counts.1 + usize::from(built));
            }
            match outcome {
                Outcome::Built(judgement) => {
                    summary.combine(fleet);
                    summary.built += 1;
                    summary.pairs += judgement.pairs;
                    summary.allowed += judgement.allowed;
                    summary.meant_but_refused += judgement.meant_but_refused;
                    summary.admitted_not_meant += judgement.admitted_not_meant;
                }
                Outcome::Refused(codes) => {
                    for (code, message) in codes {
                        let first =
                            || Refusals { fleets: 0, alone: 0, example: (fleet.seed, message.clone()) };
                        let refusals = summary.refusals.entry(code).or_insert_with(first);
                        refusals.fleets += 1;
                        refusals.alone += usize::from(codes.len() == 1);
                    }
                }
            }
        }
        summary
    }

    fn combine(&mut self, fleet: &Fleet) {
        for one in &fleet.features {
            for other in fleet.features.iter().filter(|other| *other >= one) {
                *self.together.entry((one, other)).or_default() += 1;
            }
        }
        let of_fleet: Vec<usize> = (0..SUBJECTS.len())
            .filter(|index| {
                SUBJECTS[*index].1.iter().any(|start| fleet.features.iter().any(|own| own.starts_with(start)))
            })
            .collect();
        for one in &of_fleet {
            for other in of_fleet.iter().filter(|other| *other >= one) {
                *self.subjects.entry((*one, *other)).or_default() += 1;
            }
        }
    }

    /// What a long run leaves behind, as Markdown: how often each subject met each other one, each feature, each refusal.
    pub fn page(&self) -> String {
        let mut text = String::new();
        let mut line = |line: String| writeln!(text, "{line}").expect("a string takes all");
        let numbers: Vec<String> = (1..=SUBJECTS.len()).map(|number| number.to_string()).collect();
        line(format!("| | subject | {} |", numbers.join(" | ")));
        line(format!("|---|---|{}", "--:|".repeat(SUBJECTS.len())));
        for (index, (subject, _)) in SUBJECTS.iter().enumerate() {
            let met = |other: usize| {
                let pair = (index.min(other), index.max(other));
                self.subjects.get(&pair).copied().unwrap_or_default().to_string()
            };
            let row: Vec<String> = (0..SUBJECTS.len()).map(met).collect();
            line(format!("| {} | {subject} | {} |", index + 1, row.join(" | ")));
        }
        line("\n| feature | generated | built |\n|---|--:|--:|".to_owned());
        for (feature, (generated, built)) in &self.features {
            line(format!("| {feature} | {generated} | {built} |"));
        }
        line("\n| refused with | fleets | by it alone |\n|---|--:|--:|".to_owned());
        for (code, Refusals { fleets, alone, .. }) in &self.refusals {
            line(format!("| {code} | {fleets} | {alone} |"));
        }
        text
    }

    /// Every feature against every other one, as CSV: fleets built with both.
    pub fn combinations(&self) -> String {
        let features: Vec<&'static str> = self.features.keys().copied().collect();
        let mut text = format!("feature,{}\n", features.join(","));
        for one in &features {
            let met = |other: &&'static str| {
                let pair = (*one.min(other), *one.max(other));
                self.together.get(&pair).copied().unwrap_or_default().to_string()
            };
            let row: Vec<String> = features.iter().map(met).collect();
            text.push_str(&format!("{one},{}\n", row.join(",")));
        }
        text
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |line: String| writeln!(text, "{line}").expect("a string takes all");
        line(format!("{:<48} {:>9} {:>9}", "feature", "generated", "built"));
        for (feature, (generated, built)) in &self.features {
            line(format!("{feature:<48} {generated:>9} {built:>9}"));
        }
        line(format!("\n{:<12} {:>6} {:>6}  for example", "refused with", "fleets", "alone"));
        for (code, Refusals { fleets, alone, example: (seed, message) }) in &self.refusals {
            line(format!("{code:<12} {fleets:>6} {alone:>6}  seed {seed}: {message}"));
        }
        line(format!(
            "\n{} of {} fleets build; {} pairs, {} of them allowed; {} admitted but not meant, {} meant but refused",
            self.built,
            self.fleets,
            self.pairs,
            self.allowed,
            self.admitted_not_meant,
            self.meant_but_refused
        ));
        text
    }
}

/// Takes documents away as long as the fleet still builds and still shows a disagreement of the same sort.
pub fn smallest(fleet: &Fleet, like: &Disagreement) -> (Fleet, Disagreement) {
    let shows = |fleet: &Fleet| match Outcome::of(fleet) {
        Outcome::Built(judgement) => {
            judgement.shown.into_iter().find(|disagreement| disagreement.meant == like.meant)
        }
        Outcome::Refused(_) => None,
    };
    let (mut fleet, mut shown) = (fleet.clone(), like.clone());
    loop {
        let paths: Vec<String> = fleet.files.keys().cloned().collect();
        for path in &paths {
            let mut smaller = fleet.clone();
            smaller.files.remove(path);
            if let Some(disagreement) = shows(&smaller) {
                (fleet, shown) = (smaller, disagreement);
            }
        }
        if fleet.files.len() == paths.len() {
            return (fleet, shown);
        }
    }
}

/// A disagreement as a person would file it.
pub fn describe(disagreement: &Disagreement) -> String {
    let Disagreement { client, cluster, pod, port, through, request, meant, because } = disagreement;
    let client = match client {
        None => "a client without identity".to_owned(),
        Some(client) => {
            format!("{}/ns/{}/sa/{}", client.trust_domain, client.namespace, client.service_account)
        }
    };
    let (meant, found) = if *meant { ("allowed", "refused") } else { ("refused", "allowed") };
    let through = match through {
        None => String::new(),
        Some((service, waypoint)) => format!(" as service {service}, through the waypoint of {waypoint}"),
    };
    let request = request.as_ref().map_or_else(String::new, |request| format!(", {request:?}"));
    format!(
        "{client}\n  → {cluster}/{}/{} {:?}, port {port}{through}{request}\n  meant to be {meant}, but {found}: {because}",
        pod.namespace, pod.workload, pod.labels
    )
}

/// A disagreement and the fleet that shows it.
pub fn describe_with_fleet(fleet: &Fleet, disagreement: &Disagreement) -> String {
    let mut text = format!("seed {}: {}\n", fleet.seed, describe(disagreement));
    for (path, yaml) in &fleet.files {
        write!(text, "--- # {path}\n{yaml}").expect("a string takes all");
    }
    text
}
