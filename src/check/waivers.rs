//! Findings that the fleet accepts.

use crate::bind::Waiver;
use crate::report::codes::FC209;
use crate::report::{Finding, Findings};

/// What only `build` finds, or only the comparison with an earlier state, so that a waiver for it cannot be judged here.
const FOUND_LATER: [&str; 6] = ["FC602", "FC620", "FC621", "FC622", "FC705", "FC706"];

/// Removes what is waived. A waiver that is past its last day counts no more; one that waives nothing is a finding.
pub fn waive(waivers: &[Waiver], now: Option<&str>, findings: &mut Findings) {
    for waiver in waivers {
        if now.is_some_and(|now| now > waiver.expires.as_str()) {
            let message =
                format!("the waiver of {} for `{}` ended on {}", waiver.code, waiver.object, waiver.expires);
            findings
                .push(Finding::new(FC209, message).at(waiver.place).help("mend what it waived, or renew it"));
            continue;
        }
        let mut waived = 0;
        findings.retain(|finding| {
            let hit =
                finding.code.id == waiver.code && finding.object.as_deref() == Some(waiver.object.as_str());
            waived += usize::from(hit);
            !hit
        });
        if waived == 0 && !FOUND_LATER.contains(&waiver.code.as_str()) {
            let message = format!("nothing is found of {} for `{}`", waiver.code, waiver.object);
            findings.push(
                Finding::new(FC209, message).at(waiver.place).help("the waiver is not needed: remove it"),
            );
        }
    }
}

/// Removes what is waived by a waiver that still holds, and says nothing of waivers that waive nothing.
pub fn drop_waived(waivers: &[Waiver], now: Option<&str>, findings: &mut Findings) {
    let holds = |waiver: &&Waiver| now.is_none_or(|now| now <= waiver.expires.as_str());
    for waiver in waivers.iter().filter(holds) {
        findings.retain(|finding| {
            finding.code.id != waiver.code || finding.object.as_deref() != Some(waiver.object.as_str())
        });
    }
}
