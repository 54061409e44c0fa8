//! What compiling said.

use serde::Serialize;

use super::clusters::standing;
use crate::page::{Broken, Section, fill};
use crate::report::{Findings, Level};
use crate::source::Sources;

#[derive(Serialize)]
struct Shown<'a> {
    code: &'static str,
    title: &'static str,
    level: &'static str,
    message: &'a str,
    place: Option<String>,
    /// The line that the place is in.
    text: Option<String>,
    because: Vec<(String, &'a str)>,
    help: Option<&'a str>,
    meaning: String,
}

#[derive(Serialize)]
struct All<'a> {
    warnings: usize,
    infos: usize,
    findings: Vec<Shown<'a>>,
}

/// The section. A page is of a fleet without errors.
pub fn section(findings: &Findings, sources: &Sources) -> Result<Section, Broken> {
    let shown = findings.iter().map(|finding| Shown {
        code: finding.code.id,
        title: finding.code.title,
        level: finding.code.level.name(),
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
        meaning: finding.code.meaning(),
    });
    let all = All {
        warnings: findings.count(Level::Warning),
        infos: findings.count(Level::Info),
        findings: shown.collect(),
    };
    Ok(Section {
        id: "findings",
        title: "Findings".into(),
        count: Some(all.findings.len()),
        body: fill("report/findings.html", &all)?,
    })
}
