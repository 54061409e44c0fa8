//! `build --check`: is the tree what a build would write? Every file is read; nothing is written.

use std::fmt;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::plan::{Plan, Write};
use super::{Before, LOCK, Output, file, guard, journal};
use crate::report::Findings;
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;

/// Changed files that are shown as a diff, and lines of each.
const SHOWN_DIFFS: usize = 3;
const SHOWN_LINES: usize = 30;

/// Paths of a kind that are listed; the rest is counted.
const LISTED: usize = 20;

/// How a tree differs from what a build would write.
#[derive(Debug, Default)]
pub struct Comparison {
    folder: PathBuf,
    /// What the guard of the lock would refuse.
    pub findings: Findings,
    /// Files that a build would change.
    pub changed: Vec<String>,
    /// Files that a build would add.
    pub missing: Vec<String>,
    /// Files that a build would delete or refuse.
    pub extra: Vec<String>,
    /// Of the changed and the extra ones: those that neither the lock nor a build knows as they are.
    pub by_hand: Vec<String>,
    /// The first changes as unified diffs, from what is there to what would be.
    pub diffs: String,
}

/// Compares the tree of a fleet below `out` with what renders.
pub fn compare(output: &Output<'_>, out: &Path, terminal: &Terminal) -> Result<Comparison, Trouble> {
    let folder = out.join(output.fleet);
    let before = Before::read(&folder)?;
    let plan = before.plan(output, &folder, terminal)?;
    let mut comparison = Comparison {
        findings: guard::guard(&before.lock, &plan.lock, &*output.waives).sorted(),
        diffs: diffs(output, &folder, &plan)?,
        folder,
        ..Comparison::default()
    };
    for write in plan.writes() {
        let list = if write.replaces { &mut comparison.changed } else { &mut comparison.missing };
        list.push(write.path.clone());
    }
    match before.lock_text {
        None => comparison.missing.push(LOCK.to_owned()),
        Some(text) if text != plan.lock.print().as_bytes() => comparison.changed.push(LOCK.to_owned()),
        Some(_) => {}
    }
    let Plan { deletions, edited, outdated, strangers, temporary, .. } = plan;
    comparison.by_hand = [edited, outdated.clone(), strangers.clone()].concat();
    comparison.extra = [deletions, outdated, strangers, temporary].concat();
    if before.journal.is_some() {
        comparison.extra.push(journal::NAME.to_owned());
    }
    let Comparison { changed, missing, extra, by_hand, .. } = &mut comparison;
    for list in [changed, missing, extra, by_hand] {
        list.sort();
    }
    Ok(comparison)
}

impl Comparison {
    /// True if a build would change nothing and refuse nothing.
    pub fn is_current(&self) -> bool {
        self.changed.is_empty()
            && self.missing.is_empty()
            && self.extra.is_empty()
            && !self.findings.has_errors()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_current() {
            return write!(out, "`{}` is current", self.folder.display());
        }
        writeln!(out, "`{}` is stale: run `fleetc build` and commit the result", self.folder.display())?;
        for (word, paths) in [("changed", &self.changed), ("missing", &self.missing), ("extra", &self.extra)]
        {
            for path in paths.iter().take(LISTED) {
                writeln!(out, "  {word:<7}  {path}")?;
            }
            if let Some(more @ 1..) = paths.len().checked_sub(LISTED) {
                writeln!(out, "  {word:<7}  … and {more} more")?;
            }
        }
        out.write_str(&self.diffs)
    }
}

fn diffs(output: &Output<'_>, folder: &Path, plan: &Plan) -> Result<String, Trouble> {
    let changed = plan.parts.iter().flat_map(|part| part.writes.iter().map(move |write| (&part.part, write)));
    let mut shown = String::new();
    for (part, write) in changed.filter(|(_, write)| write.replaces).take(SHOWN_DIFFS) {
        let Write { path, text, .. } = write;
        let again = || (output.render)(part).files.remove(path).unwrap_or_default();
        let after = text.clone().unwrap_or_else(again);
        let before = file::read(&folder.join(path))?.unwrap_or_default();
        let before = String::from_utf8_lossy(&before);
        let diff = TextDiff::from_lines(before.as_ref(), after.as_str());
        let diff = diff.unified_diff().context_radius(2).header(path, "what a build would write").to_string();
        let mut lines = diff.lines();
        shown.push('\n');
        for line in lines.by_ref().take(SHOWN_LINES) {
            shown.push_str(line);
            shown.push('\n');
        }
        if let more @ 1.. = lines.count() {
            shown.push_str(&format!("… and {more} more lines\n"));
        }
    }
    Ok(shown)
}
