//! Findings as one JSON object.

use serde::Serialize;

use super::position::{Position, Positions};
use super::{Findings, Level};
use crate::source::{Place, Sources};

/// One JSON object `{"findings": […]}`, pretty-printed, ending in a newline. Every key is always there: what a finding
/// lacks is `null`, a trace it lacks is `[]`.
pub fn json(fleets: &[(&Sources, &Findings)]) -> String {
    let findings = fleets.iter().flat_map(|(sources, findings)| shown(sources, findings)).collect();
    let mut text = serde_json::to_string_pretty(&Report { findings }).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Report<'a> {
    findings: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    code: &'static str,
    level: Level,
    message: &'a str,
    #[serde(flatten)]
    place: ShownPlace,
    help: Option<&'a str>,
    because: Vec<ShownBecause<'a>>,
}

#[derive(Serialize)]
struct ShownBecause<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: ShownPlace,
}

#[derive(Serialize, Default)]
struct ShownPlace {
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
}

fn shown<'a>(sources: &Sources, findings: &'a Findings) -> Vec<Shown<'a>> {
    let positions = Positions::new(sources, findings);
    let shown_place = |place: Place| positions.of(place).map(ShownPlace::from).unwrap_or_default();
    findings
        .iter()
        .map(|finding| Shown {
            code: finding.code.id,
            level: finding.code.level,
            message: &finding.message,
            place: finding.place.map(shown_place).unwrap_or_default(),
            help: finding.help.as_deref(),
            because: finding
                .because
                .iter()
                .map(|because| ShownBecause { message: &because.message, place: shown_place(because.place) })
                .collect(),
        })
        .collect()
}

impl From<Position> for ShownPlace {
    fn from(position: Position) -> Self {
        ShownPlace { file: Some(position.file), line: Some(position.line), column: Some(position.column) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Finding, codes};
    use crate::source::FileId;

    #[test]
    fn every_key_is_always_there() {
        let files = [("a.yaml".to_owned(), b"kind: X\nname: x\n".to_vec())];
        let sources = Sources::new("acme", "fleets/acme", files);
        let mut findings = Findings::default();
        let place = Place::new(FileId(0), 14, 15);
        findings.push(
            Finding::new(codes::FC106, "unknown kind `X`")
                .at(place)
                .because("so it is called", place)
                .help("no"),
        );
        findings.push(Finding::new(codes::FC704, "nothing to deliver"));
        insta::assert_snapshot!(json(&[(&sources, &findings)]), @r#"
        {
          "findings": [
            {
              "code": "FC106",
              "level": "error",
              "message": "unknown kind `X`",
              "file": "fleets/acme/a.yaml",
              "line": 2,
              "column": 7,
              "help": "no",
              "because": [
                {
                  "message": "so it is called",
                  "file": "fleets/acme/a.yaml",
                  "line": 2,
                  "column": 7
                }
              ]
            },
            {
              "code": "FC704",
              "level": "info",
              "message": "nothing to deliver",
              "file": null,
              "line": null,
              "column": null,
              "help": null,
              "because": []
            }
          ]
        }
        "#);
    }

    #[test]
    fn no_findings_are_an_empty_list() {
        assert_eq!(json(&[]), "{\n  \"findings\": []\n}\n");
    }
}
