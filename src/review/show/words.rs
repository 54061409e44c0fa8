//! Sentences that every format has in common.

use super::super::change::{BlastRadius, Change};
use super::super::objects::{Becomes, ObjectChange};
use super::super::rollout::{Restart, RestartCounts};
use super::super::trust::{CertificateFacts, TrustState};

/// `1 file`, `2 files`.
pub fn count(number: usize, one: &str) -> String {
    match (number, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (number, Some(stem)) => format!("{number} {stem}ies"),
        (number, None) => format!("{number} {one}s"),
    }
}

/// `2 of 3 clusters, 4 objects (1 added, 3 changed, 0 removed), 4 files`.
pub fn touched(blast: &BlastRadius) -> String {
    let objects = blast.objects;
    format!(
        "{} of {}, {} ({} added, {} changed, {} removed), {}",
        blast.clusters,
        count(blast.of_clusters, "cluster"),
        count(objects.added + objects.changed + objects.removed, "object"),
        objects.added,
        objects.changed,
        objects.removed,
        count(blast.files, "file")
    )
}

/// `istiod 0, ztunnel 3, CNI 3, gateways 0; connections of 40 workloads break`.
pub fn restarting(blast: &BlastRadius) -> String {
    let restarts = blast.restarts;
    let counts = format!(
        "istiod {}, ztunnel {}, CNI {}, gateways {}",
        restarts.istiod, restarts.ztunnel, restarts.cni, restarts.gateways
    );
    match restarts.workloads {
        _ if restarts == RestartCounts::default() => "nothing that runs is rolled".to_owned(),
        0 => format!("{counts}; no workload restarts"),
        some => {
            format!("{counts}; no workload restarts, open connections of {} break", count(some, "workload"))
        }
    }
}

/// Whether the order of syncing matters.
pub fn order(change: &Change) -> &'static str {
    match (change.order.safe, change.order.judged) {
        (true, _) => "safe in any order of syncing",
        (false, true) => "NOT safe in every order of syncing",
        (false, false) => {
            "not judged: before is a rendered tree, which says nothing of what was meant; name a revision instead"
        }
    }
}

/// One release, and what becomes of it.
pub fn restart(restart: &Restart) -> String {
    let breaks = if restart.breaks_connections { ", connections break" } else { "" };
    format!("{}: {}{breaks}", restart.release, restart.because)
}

/// `AuthorizationPolicy billing/access`, with what it was called.
pub fn object(change: &ObjectChange) -> String {
    let namespace = change.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    let was = change.was.as_ref().map(|was| format!(", which was {was}")).unwrap_or_default();
    format!("{} {namespace}{}{was}", change.kind, change.name)
}

/// A sign for what becomes of an object.
pub fn sign(becomes: Becomes) -> char {
    match becomes {
        Becomes::Added => '+',
        Becomes::Changed => '~',
        Becomes::Renamed => '>',
        Becomes::Removed => '-',
    }
}

/// Lines that say what a cluster signs with and trusts.
pub fn trust(state: Option<&TrustState>) -> Vec<String> {
    let Some(state) = state else { return vec!["nothing of fleetc's".to_owned()] };
    let mut lines = Vec::new();
    if let Some(domain) = &state.trust_domain {
        lines.push(format!("trust domain {domain}"));
    }
    let by = state.signed_by.as_ref().map(|root| format!(", under root {root}")).unwrap_or_default();
    lines.push(format!("signer {}{by}", if state.signer.is_empty() { "unknown" } else { &state.signer }));
    if let Some(own) = &state.intermediate {
        lines.push(format!("intermediate {}", certificate(own)));
    }
    for root in &state.roots {
        lines.push(format!("root {}", certificate(root)));
    }
    if state.roots.is_empty() {
        lines.push("no root is committed: the one that the signer reports is trusted".to_owned());
    }
    if let Some(rotation) = &state.rotation {
        let since = rotation.since.as_ref().map(|since| format!(" since {since}")).unwrap_or_default();
        lines.push(format!("rotation {} → {}, {}{since}", rotation.from, rotation.to, rotation.phase));
    }
    lines
}

fn certificate(facts: &CertificateFacts) -> String {
    let name = facts.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    format!(
        "{name}{}, SHA-256 {}, valid {} to {}",
        facts.subject, facts.sha256, facts.not_before, facts.not_after
    )
}

/// Two values that differ, each of at most so many characters: of long ones what they begin with alike is cut.
pub fn apart(
    before: Option<&str>,
    after: Option<&str>,
    characters: usize,
) -> (Option<String>, Option<String>) {
    const CONTEXT: usize = 20;
    let (was, is) = (before.unwrap_or_default(), after.unwrap_or_default());
    let alike = was.chars().zip(is.chars()).take_while(|(one, other)| one == other).count();
    let skipped = if was.chars().count().max(is.chars().count()) > characters {
        alike.saturating_sub(CONTEXT)
    } else {
        0
    };
    let shown = |text: &str| match skipped {
        0 => cut(text, characters),
        skipped => format!("…{}", cut(&text.chars().skip(skipped).collect::<String>(), characters)),
    };
    (before.map(shown), after.map(shown))
}

/// A text of at most so many characters, its end cut.
pub fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some(_) => text.chars().take(characters.saturating_sub(1)).chain(['…']).collect(),
    }
}
