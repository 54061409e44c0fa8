//! A history as people read it. Names and messages are anybody's: what a terminal would obey is not passed on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::audit::{Audit, Found, Removed, Row, Written};
use super::log::{Change, Effect, Log, What};
use super::permissions::{Caller, Permissions};
use super::show::Horizon;
use crate::review::{AccessRow, folded};

/// How many access rows of a change are shown; JSON has them all.
const SHOWN: usize = 8;

pub(super) fn audit(audit: &Audit, history: &Horizon) -> String {
    let mut text = head(&audit.fleet, history);
    if let Some(found) = &audit.finding {
        let _ = writeln!(
            text,
            "it does not compile there, so permissions of now are unknown: {}",
            finding(found)
        );
    }
    let lists = [
        ("clusters", &audit.clusters),
        ("policies", &audit.policies),
        ("workspaces", &audit.workspaces),
        ("roots", &audit.roots),
    ];
    for (title, rows) in lists {
        if !rows.is_empty() {
            let _ = write!(text, "\n{title}\n");
            rows.iter().for_each(|row| row_text(&mut text, row));
        }
    }
    shown(&text)
}

fn head(fleet: &str, history: &Horizon) -> String {
    let Horizon { commit, committed, commits, states, oldest, since, complete, uncommitted, .. } = history;
    let mut text = format!(
        "fleet `{fleet}` at {} of {committed}, over {commits} commits with {states} states of it since {since}\n",
        short(commit)
    );
    if !complete {
        let _ = writeln!(
            text,
            "this clone is shallow and sees no further back than {} of {since}: what was there then came at or before it (`git fetch --unshallow` brings the rest)",
            short(oldest)
        );
    }
    if *uncommitted {
        text.push_str("what is not committed is not told\n");
    }
    text
}

fn row_text(text: &mut String, row: &Row) {
    let name = match row.kind {
        "AccessPolicy" => format!("{}/{}", row.namespace, row.name),
        "Root" => {
            let print = row.fingerprint.as_deref().unwrap_or("unknown");
            format!("{} of {}, SHA-256 {print}", row.name, row.namespace)
        }
        _ => row.name.clone(),
    };
    let _ = writeln!(text, "  {name}{}", if row.current { "" } else { " (gone)" });
    let at_or_before = if row.at_or_before { " at or before" } else { "" };
    let _ = writeln!(text, "    added{at_or_before} {}", by(&row.by));
    details(text, &row.by, row.merge.as_ref());
    if let Some(from) = &row.renamed_from {
        let _ = writeln!(text, "    it was `{from}` before, and the commit changed its name alone");
    }
    if let Some(domain) = &row.trust {
        let under = domain.trust_domain.as_deref().unwrap_or("unknown");
        let _ = writeln!(text, "    under trust domain {under}");
        for change in &domain.trust_domain_changes {
            let from = change.from.as_deref().unwrap_or("unknown");
            let _ = writeln!(text, "      {from} → {}, {}", change.to, by(&change.by));
        }
    }
    if let Some(found) = &row.finding {
        let _ = writeln!(text, "    the fleet did not compile then: {}", finding(found));
    }
    let _ = writeln!(text, "    permissions then: {}", permissions(row.permissions.then.as_ref()));
    match &row.removed {
        None => {
            let now = permissions(row.permissions.now.as_ref());
            let same = row.permissions.then.is_some() && row.permissions.then == row.permissions.now;
            let _ = writeln!(text, "    permissions now: {}", if same { "the same" } else { &now });
        }
        Some(Removed { by: remover, merge, renamed_to }) => {
            let _ = writeln!(text, "    removed {}", by(remover));
            details(text, remover, merge.as_ref());
            if let Some(to) = renamed_to {
                let _ = writeln!(text, "    it is `{to}` since, and the commit changed its name alone");
            }
        }
    }
}

/// `2026-02-12T10:14:00Z by Jane Doe <jane@bank.example> in 1a2b3c4d5e6f, Add cluster north`
pub(super) fn by(written: &Written) -> String {
    format!("{} by {} in {}: {}", written.authored, written.author, short(&written.commit), written.subject)
}

/// What else is known of a commit and of the merge that brought it.
fn details(text: &mut String, written: &Written, merge: Option<&Written>) {
    if written.committer != written.author || written.committed != written.authored {
        let _ = writeln!(text, "      committed {} by {}", written.committed, written.committer);
    }
    one_of(text, written);
    if let Some(merge) = merge {
        let _ = writeln!(text, "      merged {}", by(merge));
        one_of(text, merge);
    }
}

fn one_of(text: &mut String, written: &Written) {
    if let Some(number) = &written.pull_request {
        let mark = if number.contains('!') { "merge request " } else { "pull request #" };
        let _ = writeln!(text, "      {mark}{number}");
    }
    for trailer in &written.trailers {
        let _ = writeln!(text, "      {}: {}", trailer.key, trailer.value);
    }
    let signature = &written.signature;
    if signature.status != "none" && !signature.status.is_empty() {
        let signer = signature.signer.as_ref().or(signature.key.as_ref());
        let signer = signer.map_or_else(String::new, |signer| format!(", of {signer}"));
        let _ = writeln!(text, "      signature {}{signer}", signature.status);
    }
}

fn permissions(permissions: Option<&Permissions>) -> String {
    match permissions {
        None => "unknown".to_owned(),
        Some(Permissions::Cluster(access)) => format!(
            "{} into it, {} out of it into other clusters",
            pairs(access.admitted),
            pairs(access.calls)
        ),
        Some(Permissions::Object(row)) => object(row),
    }
}

fn pairs(count: usize) -> String {
    if count == 1 {
        "1 pair of caller and service".to_owned()
    } else {
        format!("{count} pairs of caller and service")
    }
}

/// `anyone except a/ns/b/sa/c → billing.billing:80`
pub(super) fn caller(caller: &Caller) -> String {
    let except = match caller.except.as_slice() {
        [] => String::new(),
        except => format!(" except {}", except.join(", ")),
    };
    format!("{}{except} → {}:{}", caller.from, caller.to, caller.port)
}

/// `clusters: east, west; namespaces: pay`: what is set.
pub(super) fn object(row: &BTreeMap<String, Json>) -> String {
    let said = row.iter().filter_map(|(key, value)| {
        let value = match value {
            Json::Null => return None,
            Json::Array(items) if items.is_empty() => return None,
            Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
            other => plain(other),
        };
        Some(format!("{key}: {value}"))
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() { "nothing".to_owned() } else { said.join("; ") }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn finding(found: &Found) -> String {
    let code = found.code.as_ref().map_or_else(String::new, |code| format!("{code}: "));
    let at = found.at.as_ref().map_or_else(String::new, |at| format!(" ({at})"));
    format!("{code}{}{at}", found.message)
}

pub(super) fn what(what: What) -> &'static str {
    match what {
        What::Added => "added",
        What::Changed => "changed",
        What::Affected => "affected",
        What::Removed => "removed",
    }
}

pub(super) fn log(log: &Log, history: &Horizon) -> String {
    let mut text = head(&log.fleet, history);
    let _ = writeln!(text, "{}{}", log.object, if log.current { "" } else { " (gone)" });
    for change in &log.changes {
        text.push('\n');
        change_text(&mut text, change);
    }
    shown(&text)
}

fn change_text(text: &mut String, change: &Change) {
    let at_or_before = if change.at_or_before { " at or before" } else { "" };
    let _ = writeln!(text, "{}{at_or_before} {}", what(change.what), by(&change.by));
    details(text, &change.by, change.merge.as_ref());
    for field in &change.fields {
        let _ = match (&field.before, &field.after) {
            (Json::Null, after) => writeln!(text, "  {}: + {after}", field.path),
            (before, Json::Null) => writeln!(text, "  {}: - {before}", field.path),
            (before, after) => writeln!(text, "  {}: {before} → {after}", field.path),
        };
    }
    permissions_text(text, change.permissions.before.as_ref(), change.permissions.after.as_ref());
    if let Some(found) = &change.finding {
        let _ = writeln!(text, "  its effect is unknown, the fleet does not compile: {}", finding(found));
    }
    if let Some(effect) = &change.effect {
        effect_text(text, effect);
    }
}

/// What an object permits before and after a change: of a list what came and went.
fn permissions_text(text: &mut String, before: Option<&Permissions>, after: Option<&Permissions>) {
    let of_object = |side: Option<&Permissions>| match side {
        Some(Permissions::Object(row)) => Some(row.clone()),
        _ => None,
    };
    match (of_object(before), of_object(after)) {
        (Some(before), Some(after)) => {
            for (key, old) in &before {
                let new = after.get(key).unwrap_or(&Json::Null);
                let entries = |value: &Json| value.as_array().cloned().unwrap_or_default();
                let (gone, come) = (entries(old), entries(new));
                if old.is_array() || new.is_array() {
                    let went =
                        gone.iter().filter(|one| !come.contains(one)).map(|one| format!("- {}", plain(one)));
                    let came =
                        come.iter().filter(|one| !gone.contains(one)).map(|one| format!("+ {}", plain(one)));
                    let moved: Vec<String> = went.chain(came).collect();
                    if !moved.is_empty() {
                        let _ = writeln!(text, "  {key}: {}", moved.join(", "));
                    }
                } else if old != new {
                    let _ = writeln!(text, "  {key}: {} → {}", plain(old), plain(new));
                }
            }
        }
        _ if before == after => {}
        _ => {
            for (when, side) in [("before", before), ("after", after)] {
                if let Some(side) = side {
                    let _ = writeln!(text, "  permissions {when}: {}", permissions(Some(side)));
                }
            }
        }
    }
}

fn effect_text(text: &mut String, effect: &Effect) {
    let files: usize = effect.files.values().sum();
    if files == 0 && effect.gained.is_empty() && effect.lost.is_empty() {
        text.push_str("  nothing that is rendered changes\n");
        return;
    }
    let others = if effect.with_others { ", with all else that the commit changes" } else { "" };
    let places: Vec<String> = effect.files.iter().map(|(area, count)| format!("{area} {count}")).collect();
    let _ = writeln!(
        text,
        "  access gained {}, lost {}; files {files} ({}){others}",
        effect.gained.len(),
        effect.lost.len(),
        places.join(", ")
    );
    access(text, '+', &effect.gained);
    access(text, '-', &effect.lost);
}

fn access(text: &mut String, sign: char, rows: &[AccessRow]) {
    let folded = folded(rows);
    for (row, clusters) in folded.iter().take(SHOWN) {
        let _ =
            writeln!(text, "    {sign} {} → {}:{} in {}", row.from, row.to, row.port, clusters.join(", "));
    }
    if let Some(more) = folded.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(text, "    {sign} and {more} more");
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Text without what moves a cursor, changes a colour or turns the direction of writing.
pub(super) fn shown(text: &str) -> String {
    let is_obeyed = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|character| if is_obeyed(character) { '\u{fffd}' } else { character }).collect()
}
