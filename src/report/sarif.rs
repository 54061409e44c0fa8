//! Findings as SARIF 2.1.0, which code hosts and editors read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::position::{Position, Positions};
use super::{Because, Code, Finding, Findings, Level};
use crate::source::Sources;

/// One SARIF log with one run. Its rules are the codes that occur, in order, each with its page; an info is a `note`.
/// A finding about the fleet as a whole stands at the fleet directory, as GitHub refuses results without a location.
pub fn sarif(fleets: &[(&Sources, &Findings)]) -> String {
    let codes: BTreeMap<&str, Code> =
        fleets.iter().flat_map(|(_, findings)| findings.iter()).map(|it| (it.code.id, it.code)).collect();
    let rule_indexes: BTreeMap<&str, usize> =
        codes.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let mut results = Vec::new();
    for (sources, findings) in fleets {
        let positions = Positions::new(sources, findings);
        results.extend(findings.iter().map(|finding| {
            let rule_index = rule_indexes.get(finding.code.id).copied();
            result(finding, rule_index, &positions, &directory(sources))
        }));
    }
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "fleetc",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": codes.values().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.id,
        "name": pascal_case(code.title),
        "shortDescription": { "text": code.title },
        "fullDescription": { "text": code.meaning() },
        "help": { "text": code.page, "markdown": code.page },
        "defaultConfiguration": { "level": level(code.level) },
    })
}

fn result(finding: &Finding, rule_index: Option<usize>, positions: &Positions<'_>, directory: &str) -> Value {
    let location = finding.place.and_then(|place| positions.of(place)).map_or_else(
        || json!({ "artifactLocation": { "uri": uri(directory) } }),
        |at| physical_location(&at),
    );
    let message = match &finding.help {
        Some(help) => format!("{}\n\n{help}", finding.message),
        None => finding.message.clone(),
    };
    let mut result = json!({
        "ruleId": finding.code.id,
        "ruleIndex": rule_index,
        "level": level(finding.code.level),
        "message": { "text": message },
        "locations": [{ "physicalLocation": location }],
    });
    let related: Vec<Value> = finding
        .because
        .iter()
        .enumerate()
        .filter_map(|(index, because)| related_location(index, because, positions))
        .collect();
    if let (Some(result), false) = (result.as_object_mut(), related.is_empty()) {
        result.insert("relatedLocations".to_owned(), related.into());
    }
    result
}

fn related_location(index: usize, because: &Because, positions: &Positions<'_>) -> Option<Value> {
    Some(json!({
        "id": index + 1,
        "message": { "text": because.message },
        "physicalLocation": physical_location(&positions.of(because.place)?),
    }))
}

fn physical_location(at: &Position) -> Value {
    json!({
        "artifactLocation": { "uri": uri(&at.file) },
        "region": {
            "startLine": at.line,
            "startColumn": at.column,
            "endLine": at.end_line,
            "endColumn": at.end_column,
        },
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

/// The fleet directory as the user wrote it, with a closing slash; `./` if it holds no file.
fn directory(sources: &Sources) -> String {
    let shown = sources
        .files()
        .next()
        .and_then(|(id, file)| sources.shown_path(id).strip_suffix(&file.path).map(str::to_owned));
    shown.filter(|path| !path.is_empty()).unwrap_or_else(|| "./".to_owned())
}

/// A path as a URI reference: what may not stand in a path is percent-encoded, and so is a colon, which would make a
/// scheme of a relative path's first part.
fn uri(path: &str) -> String {
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let encoded = path.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b',' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    std::iter::once(scheme.to_owned()).chain(encoded).collect()
}

/// `two trust domains` → `TwoTrustDomains`, the form SARIF recommends for a rule's name.
fn pascal_case(title: &str) -> String {
    title
        .split(|letter: char| !letter.is_alphanumeric())
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::codes;
    use crate::source::{FileId, Place};

    fn log_of(root: &str) -> Value {
        let files = [("a b.yaml".to_owned(), b"kind: X\nname: x\n".to_vec())];
        let sources = Sources::new("acme", root, files);
        let mut findings = Findings::default();
        let place = Place::new(FileId(0), 14, 15);
        let lost = Place::new(FileId(9), 0, 1);
        findings.push(Finding::new(codes::FC704, "nothing to deliver"));
        findings.push(
            Finding::new(codes::FC106, "unknown kind `X`")
                .at(place)
                .because("lost", lost)
                .because("called so", place)
                .help("write `Y`"),
        );
        serde_json::from_str(&sarif(&[(&sources, &findings)])).unwrap()
    }

    #[test]
    fn rules_are_the_codes_that_occur() {
        let log = log_of("fleets/acme");
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["FC106", "FC704"]);
        assert_eq!(rules[1]["name"], "NothingToDeliver");
        assert_eq!(rules[1]["defaultConfiguration"]["level"], "note");
        assert_eq!(rules[0]["help"]["markdown"], codes::FC106.page);
        for result in log["runs"][0]["results"].as_array().unwrap() {
            assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        }
    }

    #[test]
    fn results_have_places() {
        let log = log_of("fleets/acme");
        assert_eq!(
            log["runs"][0]["results"][1],
            json!({
                "ruleId": "FC106",
                "ruleIndex": 0,
                "level": "error",
                "message": { "text": "unknown kind `X`\n\nwrite `Y`" },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": "fleets/acme/a%20b.yaml" },
                    "region": { "startLine": 2, "startColumn": 7, "endLine": 2, "endColumn": 8 },
                } }],
                "relatedLocations": [{
                    "id": 2,
                    "message": { "text": "called so" },
                    "physicalLocation": {
                        "artifactLocation": { "uri": "fleets/acme/a%20b.yaml" },
                        "region": { "startLine": 2, "startColumn": 7, "endLine": 2, "endColumn": 8 },
                    },
                }],
            })
        );
    }

    #[test]
    fn a_finding_without_a_place_stands_at_the_fleet() {
        let place_of = |root| {
            let log = log_of(root);
            log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                .clone()
        };
        assert_eq!(place_of("fleets/acme"), "fleets/acme/");
        assert_eq!(place_of("/fleets/acme/"), "file:///fleets/acme/");
        assert_eq!(place_of(""), "./");
    }
}
