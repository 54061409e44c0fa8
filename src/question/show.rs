//! Answers for people and for machines.

use std::fmt::Write as _;

use super::{Answer, AtPods, AtPort, Fix, Line, Rows};

/// For people: cluster by cluster, port by port, each reason as `path:line`; without what would make it a yes.
pub fn answer_text(answer: &Answer) -> String {
    let mut text = String::new();
    for cluster in &answer.clusters {
        let _ = writeln!(text, "{}: {}", cluster.cluster, yes(cluster.admitted));
        cluster.ports.iter().for_each(|port| port_text(&mut text, answer, port));
    }
    closing(&mut text, &answer.without, &answer.notes);
    text
}

/// For people: what would make a no a yes.
pub fn fixes_text(fixes: &[Fix]) -> String {
    let mut text = String::new();
    fixes.iter().for_each(|fix| fix_text(&mut text, fix));
    text
}

fn fix_text(text: &mut String, fix: &Fix) {
    const SHOWN: usize = 3;
    text.push_str("it would be a yes with\n");
    for edit in &fix.edits {
        let _ = writeln!(text, "  {}:{}:", edit.path, edit.line);
        edit.text.lines().for_each(|line| {
            let _ = writeln!(text, "    + {line}");
        });
    }
    let _ = match fix.also_opens.as_slice() {
        [] => writeln!(text, "  which opens nothing else to anybody whom the inventory knows"),
        others => {
            let more = others.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let shown: Vec<&str> = others.iter().take(SHOWN).map(String::as_str).collect();
            writeln!(text, "  which also opens {}{more}", shown.join("; "))
        }
    };
}

fn port_text(text: &mut String, answer: &Answer, port: &AtPort) {
    let some = if port.some_pods_only { ", of some pods only" } else { "" };
    let caller = if port.caller == answer.from { String::new() } else { format!(" for {}", port.caller) };
    let _ = writeln!(text, "  port {}: {}{some}{caller}", port.port, yes(port.admitted));
    if port.pods.is_empty() {
        text.push_str("    no pods are behind it\n");
    }
    for pods in &port.pods {
        pods_text(text, port, pods);
    }
}

/// Of pods that admit, the ways that do; of pods that refuse, all.
fn pods_text(text: &mut String, port: &AtPort, pods: &AtPods) {
    if pods.ways.is_empty() {
        let _ = writeln!(text, "    {}: no, its port cannot be told", pods.pods);
    }
    for way in pods.ways.iter().filter(|way| way.admitted == pods.admitted) {
        let through =
            way.through.as_ref().map_or_else(String::new, |name| format!(" through waypoint {name}"));
        let target = if way.port == port.port { String::new() } else { format!(" on port {}", way.port) };
        let steps: Vec<String> = match way.steps.as_slice() {
            [only] => vec![only.because.clone()],
            steps => steps.iter().map(|step| format!("{}: {}", step.layer, step.because)).collect(),
        };
        let request = match (&way.request, way.some_requests_only) {
            (Some(request), true) => format!(", {request} for one"),
            (Some(request), false) => format!(", {request}"),
            (None, _) => String::new(),
        };
        let _ = writeln!(text, "    {}{target}{through}{request}: {}", pods.pods, steps.join("; "));
        way.steps.iter().flat_map(|step| &step.lines).for_each(|line| line_text(text, line));
    }
}

fn line_text(text: &mut String, line: &Line) {
    let _ = writeln!(text, "      {}:{}: {}", line.path, line.line, line.says);
}

fn closing(text: &mut String, without: &[String], notes: &[String]) {
    if !without.is_empty() {
        let _ = writeln!(text, "not there: {}", without.join(", "));
    }
    for note in notes {
        let _ = writeln!(text, "note: {note}");
    }
}

fn yes(admitted: bool) -> &'static str {
    if admitted { "yes" } else { "no" }
}

/// For machines: the answer as it is.
pub fn answer_json(answer: &Answer) -> String {
    json(answer)
}

/// For spreadsheets: a line for each way to each class of pods.
pub fn answer_csv(answer: &Answer) -> String {
    let mut text = record(&[
        "cluster", "to", "port", "caller", "pods", "podPort", "through", "request", "answer", "because",
        "lines",
    ]);
    for cluster in &answer.clusters {
        for port in &cluster.ports {
            for pods in &port.pods {
                for way in &pods.ways {
                    let because: Vec<&str> = way.steps.iter().map(|step| step.because.as_str()).collect();
                    let lines = lines_of(way.steps.iter().flat_map(|step| &step.lines));
                    text.push_str(&record(&[
                        &cluster.cluster,
                        &answer.to,
                        &port.port.to_string(),
                        &port.caller,
                        &pods.pods,
                        &way.port.to_string(),
                        way.through.as_deref().unwrap_or_default(),
                        way.request.as_deref().unwrap_or_default(),
                        yes(way.admitted),
                        &because.join("; "),
                        &lines,
                    ]));
                }
            }
        }
    }
    text
}

/// For people: a line for each yes, and its reasons below it.
pub fn rows_text(rows: &Rows) -> String {
    let mut text = String::new();
    for row in &rows.rows {
        let except = match row.except.as_slice() {
            [] => String::new(),
            except => format!(" except {}", except.join(", ")),
        };
        let request = row.request.as_ref().map_or_else(String::new, |request| format!(", {request} for one"));
        let some = if row.some_pods_only { ", of some pods only" } else { "" };
        let through =
            row.through.as_ref().map_or_else(String::new, |name| format!(" through waypoint {name}"));
        let _ = writeln!(
            text,
            "{}: {}{except} -> {}:{}{through}{request}{some}",
            row.cluster, row.caller, row.to, row.port
        );
        row.because.iter().for_each(|because| {
            let _ = writeln!(text, "    {because}");
        });
        row.lines.iter().for_each(|line| line_text(&mut text, line));
    }
    if rows.rows.is_empty() {
        text.push_str("nobody and nothing\n");
    }
    closing(&mut text, &rows.without, &rows.notes);
    text
}

/// For machines: the list as it is.
pub fn rows_json(rows: &Rows) -> String {
    json(rows)
}

/// For spreadsheets.
pub fn rows_csv(rows: &Rows) -> String {
    let mut text = record(&[
        "cluster",
        "caller",
        "except",
        "to",
        "port",
        "through",
        "request",
        "somePodsOnly",
        "because",
        "lines",
    ]);
    for row in &rows.rows {
        text.push_str(&record(&[
            &row.cluster,
            &row.caller,
            &row.except.join(" "),
            &row.to,
            &row.port.to_string(),
            row.through.as_deref().unwrap_or_default(),
            row.request.as_deref().unwrap_or_default(),
            yes(row.some_pods_only),
            &row.because.join("; "),
            &lines_of(&row.lines),
        ]));
    }
    text
}

fn lines_of<'l>(lines: impl IntoIterator<Item = &'l Line>) -> String {
    lines.into_iter().map(|line| format!("{}:{}", line.path, line.line)).collect::<Vec<_>>().join(" ")
}

fn json(value: &impl serde::Serialize) -> String {
    // nothing in it can fail to be JSON: keys are strings, numbers are finite
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}

/// One line of RFC 4180, which ends in a line feed here.
fn record(fields: &[&str]) -> String {
    let quoted = fields.iter().map(|field| match field.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => (*field).to_owned(),
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}
