//! FC621, FC622, FC633: the phases of a rotation, one by one, each for as long as it takes.

use std::collections::BTreeSet;

use super::Step;
use super::trusts::{certificate_hours, declared, named};
use crate::bind::{Cluster, Trust};
use crate::report::codes::{FC621, FC622, FC633};
use crate::report::{Finding, Findings};
use crate::source::Place;
use crate::trust::{Day, Declared, Phase, earliest_next, one_phase_at_a_time, waiting_hours};

/// Every cluster that a policy with a bundle governs before and after the change; clusters of one policy are told once.
pub fn rotation(step: &Step<'_>, findings: &mut Findings) {
    let mut told = BTreeSet::new();
    for after in &step.after.clusters {
        let Some(before) = named(step.before, &after.name) else { continue };
        let (Some(old), Some(new)) = (&before.trust, &after.trust) else { continue };
        let (Some(was), Some(now)) = (declared(old), declared(new)) else { continue };
        let place = place(new);
        let object = new.origins.iter().find(|origin| origin.name.starts_with("RootTrustPolicy/"));
        let mut push = |finding: Finding| {
            if told.insert((finding.code.id, finding.message.clone())) {
                let finding = finding.at(place);
                findings.push(match object {
                    Some(object) => finding.object(&*object.name),
                    None => finding,
                });
            }
        };
        if let Err(skipped) = one_phase_at_a_time(&was, &now) {
            let help = format!(
                "one phase a merge, and every cluster syncs it before the next: first {}",
                skipped.first
            );
            push(Finding::new(FC621, skipped.what).help(help));
        }
        if let Some(finding) = bundle_changed(&was, &now) {
            push(finding);
        }
        if let Some(finding) =
            step.now.and_then(Day::parse).and_then(|today| too_early(before, &was, &now, today))
        {
            push(finding);
        }
    }
}

/// Where a policy says what changed: its rotation, else its first root.
fn place(trust: &Trust) -> Place {
    let rotation = trust.rotation.as_ref().map(|rotation| rotation.place);
    rotation.or_else(|| trust.roots.first().map(|root| root.place)).unwrap_or_default()
}

/// istiod before 1.30 takes a changed bundle without a restart only if the bytes of the one contain those of the other
/// (istio: pilot/pkg/bootstrap/istio_ca.go, ISTIO_MULTIROOT_MESH).
fn bundle_changed(was: &Declared, now: &Declared) -> Option<Finding> {
    let bytes = |declared: &Declared| {
        declared.bundle.iter().map(|root| root.fingerprint.as_str()).collect::<String>()
    };
    let (old, new) = (bytes(was), bytes(now));
    let phase = |declared: &Declared| declared.rotation.as_ref().map(|rotation| rotation.phase);
    let both = |phase: Option<Phase>| matches!(phase, Some(Phase::TrustBoth | Phase::SignNew));
    let within = was
        .rotation
        .as_ref()
        .zip(now.rotation.as_ref())
        .is_some_and(|(was, now)| (&was.from, &was.to) == (&now.from, &now.to));
    if within && both(phase(was)) && both(phase(now)) && old != new {
        let message = "the bundle changes between `trust-both` and `sign-new`";
        let help = "leave the files and the order of `rootBundle` as they are until `drop-old`: istiod would not take the new signer, or not without a restart";
        return Some(Finding::new(FC633, message).help(help));
    }
    if !old.contains(&new) && !new.contains(&old) {
        let message = "the new bundle neither continues the old one nor is a part of it";
        let help = "list the roots that stay in their order, and new ones after them: istiod ignores any other change of its roots until it is restarted";
        return Some(Finding::new(FC633, message).help(help));
    }
    None
}

/// An advance before the workload certificates have turned over.
fn too_early(cluster: &Cluster, was: &Declared, now: &Declared, today: Day) -> Option<Finding> {
    let rotation = was.rotation.as_ref()?;
    let phase = now.rotation.as_ref().map(|rotation| rotation.phase);
    let advances = match rotation.phase {
        Phase::TrustBoth => phase == Some(Phase::SignNew) || now.signed_by == rotation.to,
        Phase::SignNew => {
            phase == Some(Phase::DropOld) || (phase.is_none() && now.bundle.len() < was.bundle.len())
        }
        Phase::DropOld => false,
    };
    if !advances {
        return None;
    }
    let since = rotation.since?;
    let hours = certificate_hours(cluster);
    let earliest = earliest_next(since, rotation.phase, hours);
    if today >= earliest {
        return None;
    }
    let name = rotation.phase.name();
    let why = match rotation.phase {
        Phase::TrustBoth => {
            "workloads learn the new root with their next certificate, after half of its life"
        }
        _ => "until then workloads hold certificates that the old root vouches for",
    };
    let finding =
        Finding::new(FC622, format!("`{name}` is in force since {since}, and has to last until {earliest}"));
    let waiting = waiting_hours(rotation.phase, hours);
    Some(finding.help(format!(
        "{why}: with certificates of {hours} hours that takes {waiting} hours after the last cluster has synced; merge on {earliest} or later, \
         or restart ztunnel, waypoints and gateways everywhere and waive FC622"
    )))
}
