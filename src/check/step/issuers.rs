//! FC634: another issuer, where no root is committed.

use std::collections::BTreeMap;

use super::Step;
use super::trusts::named;
use crate::bind::{Issuer, KeySource, PresentRoots};
use crate::report::codes::FC634;
use crate::report::{Finding, Findings};

/// Without a bundle a cluster trusts the root that its own issuer names. Whether the new issuer signs under the old one's
/// root is not in the fleet: if not, calls fail between clusters on either side of the change, and within a cluster until
/// every workload has a new certificate. Clusters of one policy are told once.
pub fn issuers(step: &Step<'_>, findings: &mut Findings) {
    let mut told: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for after in &step.after.clusters {
        let Some(before) = named(step.before, &after.name) else { continue };
        let (Some(old), Some(new)) = (&before.trust, &after.trust) else { continue };
        let committed = !old.roots.is_empty() && !new.roots.is_empty();
        let judged = match after.present_roots {
            PresentRoots::Greenfield => true,
            // the root of before is said, and every order of syncing is judged by it
            PresentRoots::Known(..) => !new.roots.is_empty(),
            PresentRoots::Unknown | PresentRoots::Dropped(_) => false,
        };
        if committed || judged || same(&old.source, &new.source) {
            continue;
        }
        let policy = new.origins.iter().find(|origin| origin.name.starts_with("RootTrustPolicy/"));
        told.entry(policy.unwrap_or(&after.origin)).or_default().push(&after.name);
    }
    for (policy, clusters) in told {
        let names: Vec<String> = clusters.iter().map(|name| format!("`{name}`")).collect();
        let (what, verb) = if names.len() == 1 { ("cluster", "gets") } else { ("clusters", "get") };
        let message = format!(
            "{what} {} {verb} `cacerts` from another issuer, and no committed root says that it signs under the same one",
            names.join(", ")
        );
        let help = "safe, one merge each:\n\
                    1. commit the present root: `rootBundle: [{name: old, file: …}]`, with the issuer as it was\n\
                    2. list the new issuer's root after it: `rotation: {from: old, to: new, phase: trust-both}`\n\
                    3. name the new issuer, with `phase: sign-new`; then `phase: drop-old`\n\
                    if both sign under one root, waive FC634 for this merge";
        findings.push(Finding::new(FC634, message).at(policy.place).object(&*policy.name).help(help));
    }
}

/// Whether two sources lead to one CA. How a cluster logs in to it is another matter.
fn same(old: &KeySource, new: &KeySource) -> bool {
    match (old, new) {
        (KeySource::Issued(old), KeySource::Issued(new)) => match (old, new) {
            (Issuer::Vault(old), Issuer::Vault(new)) => {
                (&old.server, &old.namespace, &old.path) == (&new.server, &new.namespace, &new.path)
            }
            (Issuer::AwsPrivateCa { arn: old, .. }, Issuer::AwsPrivateCa { arn: new, .. }) => old == new,
            _ => old == new,
        },
        (KeySource::Stored(old), KeySource::Stored(new)) => {
            (&old.kind, &old.store, &old.key) == (&new.kind, &new.store, &new.key)
        }
        (KeySource::Generated(_), KeySource::Generated(_)) => true,
        _ => false,
    }
}
