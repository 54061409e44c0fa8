//! The one place where the shell meets the room `report`: codes it raises itself, and how findings are shown.

use serde_json::{Value, json};

use super::terminal::Terminal;
use crate::report::{Code, Finding, Findings, Level};
use crate::source::Sources;

/// A tree would lose a cluster, or a cluster its last policy of a namespace.
pub const FC705: Code = Code {
    id: "FC705",
    level: Level::Error,
    title: "a cluster or the last policy of a namespace would go",
    page: "The lock of the last build holds a cluster, or the last AuthorizationPolicy or PeerAuthentication of a \
           namespace, that this build would delete. Where that is meant, a waiver says who decided it and until when.",
};

/// A global Service would go without having been withdrawn.
pub const FC706: Code = Code {
    id: "FC706",
    level: Level::Error,
    title: "a global service was deleted before it was withdrawn",
    page: "The partial Service that made a Service global is never pruned, so its label would stay in the cluster. \
           Annotate the Segment or VirtualDestination with `fleetc.dev/withdrawn: \"true\"`, let that sync, then delete it.",
};

/// A file in the tree is not what fleetc wrote.
pub const FC709: Code = Code {
    id: "FC709",
    level: Level::Error,
    title: "a file in the output is a hand edit or a stranger",
    page: "Everything below `out/<fleet>` is written by fleetc. A file that it did not write, or that was changed since, \
           is never overwritten or deleted unasked.",
};

/// The lock of a tree was changed by hand, or by a merge.
pub const FC711: Code = Code {
    id: "FC711",
    level: Level::Error,
    title: "lock file cannot be read",
    page: "The lock says which files fleetc wrote. Without it nothing in the tree can be told from a hand edit.",
};

/// Fleets with what was found in them.
pub type Found<'a> = [(&'a Sources, &'a Findings)];

/// Every code there is, sorted.
pub fn codes() -> &'static [Code] {
    &[FC705, FC706, FC709, FC711]
}

/// `error`, `warning`, `info`.
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "info",
    }
}

/// The candidate that a mistyped word most likely meant.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |candidate: &&str| {
        let differing = candidate.chars().zip(word.chars()).filter(|(a, b)| a != b).count();
        candidate.len().abs_diff(word.len()) + differing <= 1
    };
    candidates.into_iter().find(near)
}

/// For people, on standard error. With `--quiet`, infos are left out.
pub fn text(found: &Found<'_>, terminal: &Terminal) -> String {
    let mut text = String::new();
    for (sources, finding) in flat(found) {
        if terminal.is_quiet() && finding.code.level == Level::Info {
            continue;
        }
        let head = format!("{}[{}]", level_word(finding.code.level), finding.code.id);
        let head = if terminal.colour { format!("\x1b[1m{head}\x1b[0m") } else { head };
        text.push_str(&format!("{head}: {}\n", finding.message));
        if let Some(place) = finding.place {
            let (line, column) = sources.line_column(place);
            text.push_str(&format!("  --> {}:{line}:{column}\n", sources.shown_path(place.file)));
        }
        if let Some(help) = &finding.help {
            text.push_str(&format!("  help: {help}\n"));
        }
    }
    text
}

/// One object for all fleets.
pub fn json(found: &Found<'_>) -> String {
    let place = |sources: &Sources, place: Option<crate::source::Place>| match place {
        Some(place) => {
            let (line, column) = sources.line_column(place);
            (Value::from(sources.shown_path(place.file)), Value::from(line), Value::from(column))
        }
        None => (Value::Null, Value::Null, Value::Null),
    };
    let findings: Vec<Value> = flat(found)
        .map(|(sources, finding)| {
            let (file, line, column) = place(sources, finding.place);
            let because: Vec<Value> = finding
                .because
                .iter()
                .map(|step| {
                    let (file, line, column) = place(sources, Some(step.place));
                    json!({"message": step.message, "file": file, "line": line, "column": column})
                })
                .collect();
            json!({
                "code": finding.code.id, "level": level_word(finding.code.level), "message": finding.message,
                "file": file, "line": line, "column": column, "help": finding.help, "because": because,
            })
        })
        .collect();
    format!("{}\n", json!({ "findings": findings }))
}

/// SARIF 2.1.0.
pub fn sarif(found: &Found<'_>) -> String {
    let results: Vec<Value> = flat(found)
        .map(|(_, finding)| json!({"ruleId": finding.code.id, "message": {"text": finding.message}}))
        .collect();
    let run = json!({"tool": {"driver": {"name": "fleetc"}}, "results": results});
    format!("{}\n", json!({"version": "2.1.0", "runs": [run]}))
}

/// Workflow commands that GitHub turns into annotations.
pub fn github(found: &Found<'_>) -> String {
    flat(found)
        .map(|(_, finding)| {
            format!("::{} title={}::{}\n", level_word(finding.code.level), finding.code.id, finding.message)
        })
        .collect()
}

fn flat<'a>(found: &'a Found<'a>) -> impl Iterator<Item = (&'a Sources, &'a Finding)> {
    found.iter().flat_map(|(sources, findings)| findings.iter().map(move |finding| (*sources, finding)))
}
