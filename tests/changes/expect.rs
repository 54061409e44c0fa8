//! A report as `expect.txt` has it: what is of a change rather than of the report's own words, folded as a reader would.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

/// The rows of `gained` or `lost`.
pub fn rows<'r>(report: &'r Value, which: &str) -> &'r [Value] {
    report["access"][which].as_array().expect("rows")
}

/// A side does not compile: the errors alone.
pub fn refused(errors: &str) -> String {
    let errors =
        errors.lines().filter(|line| line.starts_with("error[")).fold(String::new(), |mut all, line| {
            let _ = writeln!(all, "{line}");
            all
        });
    format!("refused\n{errors}")
}

/// The report.
pub fn text(report: &Value) -> String {
    let mut text = String::new();
    for which in ["gained", "lost"] {
        access(&mut text, which, rows(report, which));
    }
    for (which, mark) in [("gained", "gained without a name"), ("lost", "lost without a name")] {
        access(&mut text, mark, list(&report["access"]["unnamed"][which]));
    }
    altered(&mut text, list(&report["access"]["altered"]));
    if report["order"]["safe"] != true {
        text.push_str("order is not safe\n");
        for hazard in list(&report["order"]["hazards"]) {
            let _ = writeln!(text, "  {}: {}", word(&hazard["code"]), word(&hazard["message"]));
            word(&hazard["help"]).lines().for_each(|line| text.push_str(&format!("    {line}\n")));
        }
    }
    for which in ["peers", "hosts"] {
        for (sign, side) in [('+', "added"), ('-', "removed")] {
            for one in list(&report[which][side]) {
                let _ = writeln!(text, "{which} {sign} {}", word(one));
            }
        }
    }
    let restarts = list(&report["restarts"]).iter().map(|restart| {
        let breaks = if restart["breaksConnections"] == true { ", connections break" } else { "" };
        let what = format!("restart {}: {}{breaks}", word(&restart["release"]), word(&restart["because"]));
        (what, word(&restart["cluster"]))
    });
    folded(&mut text, restarts);
    let files =
        report["files"]["byCluster"].as_object().expect("files").iter().flat_map(|(area, changes)| {
            [('+', "added"), ('~', "changed"), ('-', "removed")].into_iter().flat_map(move |(sign, kind)| {
                list(&changes[kind]).iter().map(move |path| {
                    let path = word(path).replacen(&format!("{area}/"), "", 1);
                    (format!("file {sign} {path}"), area.as_str())
                })
            })
        });
    folded(&mut text, files);
    for gate in list(&report["gates"]) {
        let because = list(&gate["because"]);
        let _ = writeln!(text, "gate {}: {}", word(&gate["gate"]), because.len());
        // new access is above, row by row
        let told = because.iter().filter(|_| gate["gate"] != "new-access");
        told.for_each(|line| text.push_str(&format!("  {}\n", word(line))));
    }
    if text.is_empty() { "nothing\n".to_owned() } else { text }
}

/// Pairs that are admitted on both sides, but not alike.
fn altered(text: &mut String, rows: &[Value]) {
    alike(text, "altered", rows, |row| {
        let mut group = format!("→ {}:{}\n", word(&row["to"]), row["port"]);
        for (sign, side) in [('+', "gained"), ('-', "lost")] {
            list(&row[side]).iter().for_each(|one| group.push_str(&format!("    {sign} {}\n", word(one))));
        }
        group
    });
}

fn access(text: &mut String, which: &str, rows: &[Value]) {
    alike(text, which, rows, |row| {
        let mark = if row["onlyOneSide"] == true { " (on one side only)" } else { "" };
        format!(
            "→ {}:{}{mark}\n    before  {}\n    after   {}\n",
            word(&row["to"]),
            row["port"],
            word(&row["before"]),
            word(&row["after"])
        )
    });
}

/// Rows that differ in the caller or the cluster alone in one.
fn alike(text: &mut String, which: &str, rows: &[Value], says: impl Fn(&Value) -> String) {
    let mut groups: BTreeMap<String, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for row in rows {
        let mut group = says(row);
        for line in list(&row["because"]) {
            let path = word(&line["path"]);
            let path = path.split_once("/bank/").map_or(path, |(_, path)| path);
            let _ = writeln!(group, "    {path}:{}  {}", line["line"], word(&line["says"]));
        }
        groups.entry(group).or_default().entry(word(&row["from"])).or_default().insert(word(&row["cluster"]));
    }
    for (group, callers) in groups {
        let mut alike: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
        callers.into_iter().for_each(|(caller, clusters)| alike.entry(clusters).or_default().push(caller));
        for (clusters, callers) in alike {
            let _ = write!(text, "{which} in {}\n  {}\n  {group}", shown(&clusters), callers.join("\n  "));
        }
    }
}

/// What is said of several clusters alike, once.
fn folded<'r>(text: &mut String, all: impl Iterator<Item = (String, &'r str)>) {
    let mut groups: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    all.for_each(|(what, cluster)| _ = groups.entry(what).or_default().insert(cluster));
    for (what, clusters) in groups {
        let _ = writeln!(text, "{what} in {}", shown(&clusters));
    }
}

fn shown(clusters: &BTreeSet<&str>) -> String {
    if clusters.len() < 4 {
        return clusters.iter().copied().collect::<Vec<_>>().join(", ");
    }
    let all = ["ap-1", "edge-1", "eu-1", "eu-2", "eu-3", "eu-4", "lab-1", "us-1", "us-2", "us-3"];
    let others: Vec<&str> = all.into_iter().filter(|name| !clusters.contains(name)).collect();
    let strangers: Vec<&str> = clusters.iter().copied().filter(|name| !all.contains(name)).collect();
    let mut shown = format!("{} clusters", clusters.len());
    if !strangers.is_empty() {
        let _ = write!(shown, ", {} among them", strangers.join(", "));
    }
    if !others.is_empty() {
        let _ = write!(shown, ", not {}", others.join(", "));
    }
    shown
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
