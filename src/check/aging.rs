//! FC623, FC630, FC631: what only a day can judge. A build asks for none.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{Cluster, KeySource, Mesh, Phase};
use crate::report::codes::{FC623, FC630, FC631};
use crate::report::{Finding, Findings};
use crate::source::{Origin, Place};
use crate::trust::{Certificate, Day, Life, ROOT_LEAD, life};

/// Certificates that have ended or soon will, and rotations that do not say since when.
pub fn aging(mesh: &Mesh, now: &str, findings: &mut Findings) {
    let Some(now) = Day::parse(now) else { return };
    let mut roots = BTreeMap::new();
    let mut rotations = BTreeSet::new();
    for cluster in &mesh.clusters {
        let Some(trust) = &cluster.trust else { continue };
        let policy = trust.origins.iter().find(|origin| origin.name.starts_with("RootTrustPolicy/"));
        for root in &trust.roots {
            roots.entry(&*root.pem).or_insert((root, policy));
        }
        if let Some(rotation) = &trust.rotation
            && rotation.phase_since.is_none()
            && rotation.phase != Phase::DropOld
            && rotations.insert(rotation.place)
        {
            let finding = Finding::new(
                FC623,
                "nothing says since when this phase is in force, so its end is not judged",
            );
            let help = "`phaseSince: YYYY-MM-DD`, the day on which the last cluster had synced it";
            findings.push(with(finding.at(rotation.place).help(help), policy));
        }
        intermediate(cluster, trust.intermediate.renew_before_hours, now, findings);
    }
    for (root, policy) in roots.into_values() {
        if let Ok(certificate) = Certificate::from_pem(&root.pem) {
            let what = format!("root `{}`", root.name);
            let help = "rotate the root: `fleetc ca rotate begin`, or by hand as `fleetc explain FC620` says";
            told(&certificate, &what, now, ROOT_LEAD, help, root.place, policy, findings);
        }
    }
}

fn intermediate(cluster: &Cluster, renew_before_hours: u32, now: Day, findings: &mut Findings) {
    let Some(KeySource::Generated(generated)) = cluster.trust.as_ref().map(|trust| &trust.source) else {
        return;
    };
    let Some(minted) = &generated.minted else { return };
    // the root at the end of the chain is told as a root
    let count = minted.chain.certificates.len().saturating_sub(1);
    for pem in minted.chain.certificates.iter().take(count) {
        let Ok(certificate) = Certificate::from_pem(pem) else { continue };
        let what = format!("`{}` of cluster `{}`", certificate.subject, cluster.name);
        let lead = i64::from(renew_before_hours.div_ceil(24));
        let help = format!("mint a new one: `fleetc ca issue {}`", cluster.name);
        told(&certificate, &what, now, lead, &help, minted.chain.place, Some(&cluster.origin), findings);
    }
}

#[expect(clippy::too_many_arguments, reason = "what is judged, by what, and where it is told")]
fn told(
    certificate: &Certificate,
    what: &str,
    now: Day,
    lead: i64,
    help: &str,
    place: Place,
    object: Option<&Origin>,
    findings: &mut Findings,
) {
    let finding = match life(certificate, now, lead) {
        Life::Good => return,
        Life::NotYet => Finding::new(FC630, format!("{what} begins on {}", certificate.not_before.day())),
        Life::Ended => Finding::new(FC630, format!("{what} ends on {}", certificate.not_after.day())),
        Life::EndsSoon => Finding::new(FC631, format!("{what} ends on {}", certificate.not_after.day())),
    };
    findings.push(with(finding.at(place).help(help), object));
}

fn with(finding: Finding, object: Option<&Origin>) -> Finding {
    match object {
        Some(object) => finding.object(&*object.name),
        None => finding,
    }
}
