//! What a history says, for people and programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::audit::{Audit, Row};
use super::log::Log;
use super::permissions::Permissions;
use super::text;

/// How far a report can see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Horizon {
    /// The commit that was asked from.
    pub commit: String,
    /// Its date.
    pub committed: String,
    /// The folder of the fleet in that commit, from the top of the repository; empty: the top itself.
    pub folder: String,
    /// How many commits the line of first parents has.
    pub commits: usize,
    /// How many different states of the fleet all commits hold.
    pub states: usize,
    /// The oldest commit of the line that this clone holds.
    pub oldest: String,
    /// Its date.
    pub since: String,
    /// Whether that is where the history begins: not so in a shallow clone.
    pub complete: bool,
    /// Whether the work tree says something else than HEAD, which is not part of any answer.
    pub uncommitted: bool,
}

#[derive(Serialize, JsonSchema)]
struct Report<'a, T> {
    /// How far it sees.
    history: &'a Horizon,
    #[serde(flatten)]
    told: &'a T,
}

/// The JSON Schema (draft 2020-12) of [`audit_json`].
pub fn audit_schema() -> String {
    let mut schema = schemars::schema_for!(Report<'_, Audit>);
    schema.insert("title".into(), "What `fleetc audit -o json` prints".into());
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").unwrap_or_default()
}

/// For machines: everything.
pub fn audit_json(audit: &Audit, history: &Horizon) -> String {
    json(&Report { history, told: audit })
}

/// For machines: everything.
pub fn log_json(log: &Log, history: &Horizon) -> String {
    json(&Report { history, told: log })
}

fn json(value: &impl Serialize) -> String {
    // nothing in it can fail to be JSON: keys are strings, numbers are finite
    serde_json::to_string_pretty(value).map(|text| text + "\n").unwrap_or_default()
}

/// For people: a paragraph for each row.
pub fn audit_text(audit: &Audit, history: &Horizon) -> String {
    text::audit(audit, history)
}

/// For people: a paragraph for each change.
pub fn log_text(log: &Log, history: &Horizon) -> String {
    text::log(log, history)
}

/// For spreadsheets: a line for each row of all lists.
pub fn audit_csv(audit: &Audit) -> String {
    let mut csv = record(&[
        "kind",
        "name",
        "namespace",
        "fingerprint",
        "current",
        "added",
        "atOrBefore",
        "author",
        "committer",
        "committed",
        "commit",
        "subject",
        "signature",
        "pullRequest",
        "trailers",
        "merged",
        "mergedBy",
        "mergeCommit",
        "trustDomain",
        "trustDomainNow",
        "permissionsThen",
        "permissionsNow",
        "finding",
        "removed",
        "removedBy",
        "removedCommit",
        "fleet",
    ]);
    let lists = [&audit.clusters, &audit.policies, &audit.workspaces, &audit.roots];
    lists.into_iter().flatten().for_each(|row| csv.push_str(&audit_record(&audit.fleet, row)));
    csv
}

fn audit_record(fleet: &str, row: &Row) -> String {
    let trailers = |trailers: &[super::commit::Trailer]| {
        let lines: Vec<String> =
            trailers.iter().map(|trailer| format!("{}: {}", trailer.key, trailer.value)).collect();
        lines.join("; ")
    };
    let merge = row.merge.as_ref();
    let pull_request = merge.and_then(|merge| merge.pull_request.as_ref()).or(row.by.pull_request.as_ref());
    let domain = row.trust.as_ref();
    let removed = row.removed.as_ref();
    let of_all = [Some(&row.by), merge].into_iter().flatten().map(|written| trailers(&written.trailers));
    let of_all: Vec<String> = of_all.filter(|trailers| !trailers.is_empty()).collect();
    record(&[
        row.kind,
        &row.name,
        &row.namespace,
        row.fingerprint.as_deref().unwrap_or_default(),
        if row.current { "yes" } else { "no" },
        &row.added,
        if row.at_or_before { "yes" } else { "no" },
        &row.by.author,
        &row.by.committer,
        &row.by.committed,
        &row.by.commit,
        &row.by.subject,
        &row.by.signature.status,
        pull_request.map_or("", |number| number),
        &of_all.join("; "),
        merge.map_or("", |merge| &merge.committed),
        merge.map_or("", |merge| &merge.author),
        merge.map_or("", |merge| &merge.commit),
        domain.and_then(|domain| domain.trust_domain.as_deref()).unwrap_or_default(),
        domain.and_then(|domain| domain.trust_domain_now.as_deref()).unwrap_or_default(),
        &permissions(row.permissions.then.as_ref()),
        &permissions(row.permissions.now.as_ref()),
        &row.finding.as_ref().map(text::finding).unwrap_or_default(),
        removed.map_or("", |removed| &removed.by.authored),
        removed.map_or("", |removed| &removed.by.author),
        removed.map_or("", |removed| &removed.by.commit),
        fleet,
    ])
}

/// Permissions in one cell: of a cluster who may call what, of anything else where and about whom.
fn permissions(permissions: Option<&Permissions>) -> String {
    match permissions {
        None => String::new(),
        Some(Permissions::Cluster(access)) => {
            let rows = access.may_call.iter().map(text::caller);
            rows.collect::<Vec<_>>().join("; ")
        }
        Some(Permissions::Object(row)) => text::object(row),
    }
}

/// For spreadsheets: a line for each field that changed, and for each change at least one.
pub fn log_csv(log: &Log) -> String {
    let mut csv = record(&[
        "object",
        "what",
        "date",
        "author",
        "committer",
        "commit",
        "subject",
        "signature",
        "pullRequest",
        "mergeCommit",
        "field",
        "before",
        "after",
        "gained",
        "lost",
        "finding",
    ]);
    for change in &log.changes {
        let count = |rows: Option<usize>| rows.map_or_else(String::new, |count| count.to_string());
        let effect = change.effect.as_ref();
        let merge = change.merge.as_ref();
        let pull_request =
            merge.and_then(|merge| merge.pull_request.as_ref()).or(change.by.pull_request.as_ref());
        let line = |path: &str, before: &str, after: &str| {
            record(&[
                &log.object,
                text::what(change.what),
                &change.date,
                &change.by.author,
                &change.by.committer,
                &change.by.commit,
                &change.by.subject,
                &change.by.signature.status,
                pull_request.map_or("", |number| number),
                merge.map_or("", |merge| &merge.commit),
                path,
                before,
                after,
                &count(effect.map(|effect| effect.gained.len())),
                &count(effect.map(|effect| effect.lost.len())),
                &change.finding.as_ref().map(text::finding).unwrap_or_default(),
            ])
        };
        if change.fields.is_empty() {
            csv.push_str(&line("", "", ""));
        }
        for field in &change.fields {
            csv.push_str(&line(&field.path, &field.before.to_string(), &field.after.to_string()));
        }
    }
    csv
}

/// One line of RFC 4180, which ends in a line feed here. Names and messages are anybody's: a field that a spreadsheet
/// would take for a formula begins with an apostrophe.
fn record(fields: &[&str]) -> String {
    let quoted = fields.iter().map(|field| {
        let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let field = if formula { format!("'{field}") } else { (*field).to_owned() };
        match field.contains(['"', ',', '\n', '\r']) {
            true => format!("\"{}\"", field.replace('"', "\"\"")),
            false => field,
        }
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_computes_nothing() {
        assert_eq!(record(&["=1+1", "a,b", "say \"x\"", "plain"]), "'=1+1,\"a,b\",\"say \"\"x\"\"\",plain\n");
    }
}
