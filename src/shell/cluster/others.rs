//! FC732: what a new cluster changes in the trees of the others, beyond their peer to it.

use similar::TextDiff;

use crate::report::Finding;
use crate::report::codes::FC732;
use crate::review::{Files, beyond_peers};
use crate::source::Place;

/// Files that a finding lists, and those of them whose diff it shows; the rest is counted.
const LISTED: usize = 10;
const SHOWN: usize = 2;
/// Lines of each diff.
const LINES: usize = 16;

/// The finding for one cluster, from the trees without and with it.
pub fn changed_by(name: &str, place: Place, without: &Files, with: &Files) -> Option<Finding> {
    let beyond = beyond_peers(without, with, name);
    if beyond.is_empty() {
        return None;
    }
    let noun = if beyond.len() == 1 { "file" } else { "files" };
    let message = format!(
        "adding cluster `{name}` changes {} {noun} of the other clusters beyond their new peer",
        beyond.len()
    );
    let mut help: String = beyond.iter().take(LISTED).map(|path| format!("{path}\n")).collect();
    if let Some(more @ 1..) = beyond.len().checked_sub(LISTED) {
        help.push_str(&format!("… and {more} more\n"));
    }
    for path in beyond.iter().take(SHOWN) {
        let text = |files: &Files| files.get(path).cloned().unwrap_or_default();
        let (before, after) = (text(without), text(with));
        let diff = TextDiff::from_lines(&before, &after);
        let diff = diff.unified_diff().context_radius(1).header(path, path).to_string();
        let mut lines = diff.lines();
        lines.by_ref().take(LINES).for_each(|line| help.push_str(&format!("{line}\n")));
        if let more @ 1.. = lines.count() {
            help.push_str(&format!("… and {more} more lines\n"));
        }
    }
    help.push_str("see that this is meant before it is merged");
    Some(Finding::new(FC732, message).at(place).help(help))
}
