//! A change for people and programs.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::access::AccessRow;
use super::change::Change;

/// The report as JSON, unfolded.
pub fn change_json(change: &Change) -> String {
    serde_json::to_string_pretty(change).map(|text| text + "\n").unwrap_or_default()
}

/// The report for a terminal: the verdict first, identical rows over several clusters in one.
pub fn change_text(change: &Change) -> String {
    let mut text = format!("fleet `{}`: {}\n", change.fleet, change.verdict);
    section(&mut text, "gates that fire", change.gates.len());
    for fired in &change.gates {
        let _ = writeln!(text, "  {}", fired.gate);
        fired.because.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
        let _ = writeln!(text, "    help: {}", fired.help);
    }
    for (title, rows) in [("access gained", &change.access.gained), ("access lost", &change.access.lost)] {
        section(&mut text, title, rows.len());
        for (row, clusters) in folded(rows) {
            let mark = if row.one_side { " (it is on one side only)" } else { "" };
            let _ =
                writeln!(text, "  {} → {}:{} in {}{mark}", row.from, row.to, row.port, clusters.join(", "));
            let _ = writeln!(text, "    before  {}\n    after   {}", row.before, row.after);
            for line in &row.because {
                let _ = writeln!(text, "    {}:{}  {}", line.path, line.line, line.says);
            }
        }
    }
    if !change.order.safe {
        section(&mut text, "order of syncing", change.order.hazards.len());
        for hazard in &change.order.hazards {
            let _ = writeln!(text, "  {}: {}", hazard.code, hazard.message);
            hazard.help.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
        }
    }
    for (title, differences) in [("peers", &change.peers), ("hosts", &change.hosts)] {
        section(&mut text, title, differences.added.len() + differences.removed.len());
        differences.added.iter().for_each(|one| text.push_str(&format!("  + {one}\n")));
        differences.removed.iter().for_each(|one| text.push_str(&format!("  - {one}\n")));
    }
    section(&mut text, "restarts", change.restarts.len());
    for restart in &change.restarts {
        let breaks = if restart.breaks_connections { ", connections break" } else { "" };
        let _ = writeln!(text, "  {} in {}: {}{breaks}", restart.release, restart.cluster, restart.because);
    }
    section(&mut text, "files", change.files.by_cluster.len());
    for (area, files) in &change.files.by_cluster {
        let _ = writeln!(
            text,
            "  {area}: {} added, {} changed, {} removed",
            files.added.len(),
            files.changed.len(),
            files.removed.len()
        );
    }
    text.push_str("\nnot modelled\n");
    change.not_modelled.iter().for_each(|one| text.push_str(&format!("  {one}\n")));
    text
}

fn section(text: &mut String, title: &str, count: usize) {
    if count > 0 {
        let _ = write!(text, "\n{title}\n");
    }
}

/// Rows that say the same of several clusters, with these clusters.
pub fn folded(rows: &[AccessRow]) -> Vec<(&AccessRow, Vec<&str>)> {
    let mut groups: BTreeMap<_, (&AccessRow, Vec<&str>)> = BTreeMap::new();
    for row in rows {
        let alike = (&row.from, &row.to, row.port, &row.before, &row.after, &row.because, row.one_side);
        groups.entry(alike).or_insert_with(|| (row, Vec::new())).1.push(&row.cluster);
    }
    groups.into_values().collect()
}
