//! FC709 and FC711: what lies in the tree and is not fleetc's; FC001: what fleetc itself got wrong.

use std::path::Path;

use super::LOCK;
use super::plan::Plan;
use crate::report::codes::{FC001, FC709, FC711};
use crate::report::{Finding, Findings};

/// Paths named one by one; the rest is counted.
const NAMED: usize = 20;

/// A finding for each file that is not fleetc's and that `force` does not settle.
pub fn refuse(folder: &Path, strange_lines: &[usize], plan: &Plan, force: bool) -> Findings {
    let mut findings = Findings::default();
    for defect in &plan.defects {
        findings.push(
            Finding::new(FC001, defect.clone())
                .help("nothing was written: report it with the fleet that shows it"),
        );
    }
    let shown = |path: &str| folder.join(path).display().to_string();
    let mut refuse = |paths: &[String], what: &str, help: &str| {
        for path in paths.iter().take(NAMED) {
            findings.push(Finding::new(FC709, format!("`{}` {what}", shown(path))).help(help));
        }
        if let Some(more @ 1..) = paths.len().checked_sub(NAMED) {
            let message = format!("`{}` holds {more} more files of which each {what}", folder.display());
            findings.push(Finding::new(FC709, message).help(help));
        }
    };
    refuse(
        &plan.in_the_way,
        "stands where fleetc would write and is not its own",
        "move it away; `--force` does not remove it",
    );
    if force {
        return findings;
    }
    refuse(
        &plan.edited,
        "was changed by hand",
        "say it in the fleet's own files instead, or overwrite the change with `--force`",
    );
    let strangers: Vec<String> =
        plan.strangers.iter().filter(|path| !plan.in_the_way.contains(path)).cloned().collect();
    refuse(
        &strangers,
        "was not written by fleetc",
        "move it away, or build around it with `--force`, which never deletes it",
    );
    if let Some(line) = strange_lines.first() {
        let message = format!("`{}` cannot be read in line {line}", shown(LOCK));
        findings.push(Finding::new(FC711, message).help(
            "take the file of one branch whole and build again, or rewrite it with `--force`, \
             which remembers both sides of a merge conflict",
        ));
    }
    findings
}
