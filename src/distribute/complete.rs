//! Every guard that admits says in full who may call its pods.
//!
//! The first such guard in force shuts its pods to all whom it does not name. While a sync is under way it may be the only
//! one: so it repeats what wider ones say of its pods. For the same reason guards with more labels sync first
//! ([`GuardOrder`](super::GuardOrder)). Two guards that meet on a pod and of which neither is wider cannot repeat each other:
//! what they said of other pods would be too much.

use std::collections::BTreeMap;

use super::intent::{Callers, Clause, Guard, Verdict};
use crate::manifest::Labels;

/// Completes the guards of one namespace.
pub fn complete(guards: &mut [Guard]) {
    let mut wide = Vec::new();
    // a guard is wider than another only if the other has its first label too
    let mut by_first_label: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, guard) in guards.iter().enumerate().filter(|(_, guard)| guard.verdict == Verdict::Admit) {
        match guard.pods.labels().and_then(Labels::first_key_value) {
            None => wide.push(index),
            Some((key, value)) => by_first_label.entry((key.clone(), value.clone())).or_default().push(index),
        }
    }
    let mut completed = Vec::new();
    for (index, guard) in guards.iter().enumerate().filter(|(_, guard)| guard.verdict == Verdict::Admit) {
        let own = guard.pods.labels();
        let firsts = own.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone()));
        let narrower = firsts.filter_map(|first| by_first_label.get(&first)).flatten();
        let mut wider: Vec<(usize, &Guard)> = wide
            .iter()
            .chain(narrower)
            .filter_map(|other| Some((*other, guards.get(*other)?)))
            .filter(|(other, guard)| *other != index && covers(guard.pods.labels(), own))
            .collect();
        wider.sort_by_key(|(other, guard)| (guard.pods.labels().map_or(0, Labels::len), *other));
        let others = wider.iter().flat_map(|(_, guard)| &guard.clauses);
        let clauses = without_repetition(others.chain(&guard.clauses));
        if clauses.len() != guard.clauses.len() || !wider.is_empty() {
            let origins =
                wider.iter().flat_map(|(_, guard)| guard.origins.iter().cloned()).collect::<Vec<_>>();
            completed.push((index, clauses, origins));
        }
    }
    for (index, clauses, origins) in completed {
        if let Some(guard) = guards.get_mut(index) {
            guard.clauses = clauses;
            guard.origins.extend(origins);
        }
    }
}

/// Whether one selection is about every pod of another; `None` is about all.
fn covers(wider: Option<&Labels>, narrower: Option<&Labels>) -> bool {
    wider.is_none_or(|wider| narrower.is_some_and(|narrower| crate::bind::matches(wider, narrower)))
}

/// Without the clauses that another one says too; of two that say the same the first stays.
fn without_repetition<'c>(clauses: impl Iterator<Item = &'c Clause>) -> Vec<Clause> {
    let mut kept: Vec<&Clause> = Vec::new();
    for clause in clauses {
        if !kept.iter().any(|other| includes(other, clause)) {
            kept.retain(|other| !includes(clause, other));
            kept.push(clause);
        }
    }
    kept.into_iter().cloned().collect()
}

fn includes(wider: &Clause, narrower: &Clause) -> bool {
    let callers = match (&wider.callers, &narrower.callers) {
        (Callers::Everybody, _) => true,
        (Callers::Only { callers, plaintext }, Callers::Only { callers: others, plaintext: other }) => {
            callers.is_superset(others) && *plaintext >= *other
        }
        _ => false,
    };
    callers && narrower.ports.clone().without(wider.ports.clone()).is_empty()
}
