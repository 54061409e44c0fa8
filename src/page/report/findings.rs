//! What compiling said.

use std::collections::BTreeMap;

use serde::Serialize;

use super::clusters::standing;
use crate::page::{Broken, Section, fill};
use crate::report::{Finding, Findings, Level};
use crate::source::Sources;

/// The findings of one code.
#[derive(Serialize)]
struct Kind<'a> {
    code: &'static str,
    title: &'static str,
    level: &'static str,
    meaning: String,
    findings: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    message: &'a str,
    place: Option<String>,
    /// The line that the place is in.
    text: Option<String>,
    because: Vec<(String, &'a str)>,
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct All<'a> {
    /// The graver first, then by code.
    kinds: Vec<Kind<'a>>,
}

/// The section. A page is of a fleet without errors.
pub fn section(findings: &Findings, sources: &Sources) -> Result<Section, Broken> {
    let mut kinds: BTreeMap<(Level, &str), Kind<'_>> = BTreeMap::new();
    for finding in findings.iter() {
        let code = finding.code;
        let kind = kinds.entry((code.level, code.id)).or_insert_with(|| Kind {
            code: code.id,
            title: code.title,
            level: code.level.name(),
            meaning: code.meaning(),
            findings: Vec::new(),
        });
        kind.findings.push(shown(finding, sources));
    }
    Ok(Section {
        id: "findings",
        title: "Findings".into(),
        count: Some(findings.iter().count()),
        body: fill("report/findings.html", &All { kinds: kinds.into_values().collect() })?,
    })
}

fn shown<'a>(finding: &'a Finding, sources: &Sources) -> Shown<'a> {
    Shown {
        message: &finding.message,
        place: finding.place.map(|place| standing(sources, place)),
        text: finding.place.and_then(|place| {
            let line = sources.line_column(place).0.checked_sub(1)?;
            Some(sources.text(place.file).lines().nth(line)?.trim().to_owned())
        }),
        because: finding
            .because
            .iter()
            .map(|because| (standing(sources, because.place), because.message.as_str()))
            .collect(),
        help: finding.help.as_deref(),
    }
}
