//! The safe way to where an unsafe change wanted to go: one merge a step.

use std::collections::BTreeSet;

use super::order::{Break, Hazard};

/// Steps that reach what the change wanted, one merge each, each safe in every order; empty where none is.
pub fn split(breaks: &[Break]) -> Vec<String> {
    let mut steps = roots(breaks);
    steps.extend(addresses(breaks));
    steps.extend(identities(breaks));
    steps
}

/// Trust first, then sign, then drop: whichever of the three the change needs.
fn roots(breaks: &[Break]) -> Vec<String> {
    let of = |shows_new: bool, verifies_new: bool| -> BTreeSet<String> {
        let roots = breaks.iter().filter_map(|found| match &found.hazard {
            Hazard::UntrustedRoot(root)
                if (found.shows.is_new, found.verifies.is_new) == (shows_new, verifies_new) =>
            {
                Some(root.to_string())
            }
            _ => None,
        });
        roots.collect()
    };
    let (early, dropped, never) = (of(true, false), of(false, true), of(true, true));
    let list = |roots: &BTreeSet<String>| roots.iter().cloned().collect::<Vec<_>>().join(", ");
    let mut steps = Vec::new();
    if !never.is_subset(&early) {
        let missing: BTreeSet<String> = never.difference(&early).cloned().collect();
        steps.push(format!(
            "keep {} in every cluster's bundle for as long as a cluster signs under it",
            list(&missing)
        ));
    }
    if !early.is_empty() {
        steps.push(format!(
            "let every cluster trust {} too, and sign as before (`phase: trust-both`)",
            list(&early)
        ));
    }
    if !early.is_empty() || !dropped.is_empty() {
        steps.push(
            "then let every cluster sign under the new root, the bundles unchanged (`phase: sign-new`)"
                .to_owned(),
        );
    }
    if !dropped.is_empty() {
        steps.push(format!("then drop {} from the bundles (`phase: drop-old`)", list(&dropped)));
    }
    steps
}

fn addresses(breaks: &[Break]) -> Vec<String> {
    let clusters: BTreeSet<&str> = breaks
        .iter()
        .filter(|found| matches!(found.hazard, Hazard::OtherAddress { .. }))
        .map(|found| found.shows.cluster.as_str())
        .collect();
    let steps = clusters.into_iter().flat_map(|cluster| {
        [
            format!("give the gateway of `{cluster}` its new address beside the old one, the old one first"),
            "then put the new address first".to_owned(),
            "then remove the old one".to_owned(),
        ]
    });
    steps.collect()
}

/// One identity is verified, so no merge can change it under traffic: the traffic is taken away first.
fn identities(breaks: &[Break]) -> Vec<String> {
    let changed: BTreeSet<&str> = breaks
        .iter()
        .filter(|found| matches!(found.hazard, Hazard::OtherIdentity { .. } | Hazard::RefusedTrustDomain(_)))
        .filter(|found| found.shows.cluster != found.verifies.cluster)
        .map(|found| found.shows.cluster.as_str())
        .collect();
    let steps = changed.into_iter().flat_map(|cluster| {
        [
            format!("take the traffic to `{cluster}` away: `eastWestGateway.pending: true` without addresses, so that the others lose their peer Gateways to it"),
            "then make the change".to_owned(),
            format!("then give `{cluster}` its addresses again"),
        ]
    });
    steps.collect()
}
