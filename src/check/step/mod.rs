//! Reads two Meshes, the one before a change and the one after it, and writes findings; one file per rule.
//!
//! Clusters sync on their own, so between the two every mix of old and new clusters may exist. Nothing here knows git: where
//! the earlier state comes from is the caller's matter. Places are in the files of the later state.

mod issuers;
mod order;
mod rotation;
mod trusts;

pub use trusts::certificate_hours;

use crate::bind::Mesh;
use crate::report::codes::FC624;
use crate::report::{Finding, Findings, Level};
use crate::source::Sources;

/// The two sides of a change, and the day that waiting times are judged by.
#[derive(Debug, Clone, Copy)]
pub struct Step<'m> {
    /// What the clusters run.
    pub before: &'m Mesh,
    /// What they shall run.
    pub after: &'m Mesh,
    /// `YYYY-MM-DD`; `None`: time is not judged.
    pub now: Option<&'m str>,
}

/// A rule about a change.
type Rule = fn(&Step<'_>, &mut Findings);

/// Every rule, in order of code.
const RULES: &[Rule] = &[order::order, rotation::rotation, issuers::issuers];

/// Applies every rule, and leaves out what the later state waives.
pub fn step(step: &Step<'_>) -> Findings {
    let mut findings = Findings::default();
    for rule in RULES {
        rule(step, &mut findings);
    }
    super::waivers::drop_waived(&step.after.waivers, step.now, &mut findings);
    findings
}

/// What is said where the earlier state has errors: what the clusters run cannot be read from it.
pub fn uncompared(before: &Sources, errors: &Findings) -> Findings {
    let first = errors.iter().find(|finding| finding.code.level == Level::Error).map(|finding| {
        let place = finding.place.map_or_else(String::new, |place| {
            let (line, column) = before.line_column(place);
            format!("\n{}:{line}:{column}", before.shown_path(place.file))
        });
        format!("the first is {}: {}{place}\n", finding.code.id, finding.message)
    });
    let count = match errors.count(Level::Error) {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    };
    let message = format!("the earlier state of fleet `{}` does not compile: {count}", before.fleet());
    let help = format!("{}compare with the last commit that does", first.unwrap_or_default());
    let mut findings = Findings::default();
    findings.push(Finding::new(FC624, message).help(help));
    findings
}
