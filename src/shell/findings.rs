//! The one place where the shell meets the room `report`: codes it raises itself, and how findings are shown.

use super::terminal::Terminal;
use crate::report::{self, Findings, Level, TextStyle};
use crate::source::Sources;

pub use crate::report::{github, json, sarif};

/// For people, on standard error. With `--quiet`, infos are left out.
pub fn text(found: &[(&Sources, &Findings)], terminal: &Terminal) -> String {
    let style = TextStyle { colour: terminal.colour, ..TextStyle::default() };
    if !terminal.is_quiet() {
        return report::text(found, style);
    }
    let grave = |(sources, findings): &(_, &Findings)| {
        let mut findings = (*findings).clone();
        findings.retain(|finding| finding.code.level != Level::Info);
        (*sources, findings)
    };
    let found: Vec<(&Sources, Findings)> = found.iter().map(grave).collect();
    let found: Vec<_> = found.iter().map(|(sources, findings)| (*sources, findings)).collect();
    report::text(&found, style)
}

/// The errors alone: what keeps a command from its work.
pub fn errors(sources: &Sources, findings: &Findings, terminal: &Terminal) -> String {
    let mut errors = findings.clone();
    errors.retain(|finding| finding.code.level == Level::Error);
    text(&[(sources, &errors)], terminal)
}
