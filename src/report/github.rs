//! Findings as GitHub workflow commands, which annotate the lines of a pull request.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>; the escapes are those of
//! `actions/toolkit`, `packages/core/src/command.ts`.

use std::fmt::Write as _;

use super::position::{Position, Positions};
use super::{Finding, Findings, Level};
use crate::source::Sources;

/// One line a finding: `::error file=…,line=…,col=…,title=FC301::message`, then the trace and the help, each after `%0A`.
/// A finding without a place has no `file`, and GitHub shows it with the run.
pub fn github(fleets: &[(&Sources, &Findings)]) -> String {
    let mut commands = String::new();
    for (sources, findings) in fleets {
        let positions = Positions::new(sources, findings);
        for finding in findings.iter() {
            commands.push_str(&command(finding, &positions));
            commands.push('\n');
        }
    }
    commands
}

fn command(finding: &Finding, positions: &Positions<'_>) -> String {
    let name = match finding.code.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let at = match finding.place.and_then(|place| positions.of(place)) {
        Some(Position { file, line, column, .. }) => {
            format!("file={},line={line},col={column},", escape_property(&file))
        }
        None => String::new(),
    };
    let mut body = finding.message.clone();
    for because in &finding.because {
        body.push('\n');
        if let Some(Position { file, line, column, .. }) = positions.of(because.place) {
            let _ = write!(body, "{file}:{line}:{column}: ");
        }
        body.push_str(&because.message);
    }
    if let Some(help) = &finding.help {
        body.push('\n');
        body.push_str(help);
    }
    format!("::{name} {at}title={}::{}", finding.code.id, escape_data(&body))
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::codes;
    use crate::source::{FileId, Place};

    #[test]
    fn one_command_a_finding() {
        let files = [("a,b:c.yaml".to_owned(), b"kind: X\nname: x\n".to_vec())];
        let sources = Sources::new("acme", "fleets/acme", files);
        let mut findings = Findings::default();
        let place = Place::new(FileId(0), 14, 15);
        findings.push(
            Finding::new(codes::FC106, "unknown kind `X`, 100%")
                .at(place)
                .because("called so", place)
                .help("a:\r\n  b"),
        );
        findings.push(Finding::new(codes::FC704, "nothing to deliver"));
        findings.push(Finding::new(codes::FC701, "not pinned").at(Place::new(FileId(9), 1, 2)));
        insta::assert_snapshot!(github(&[(&sources, &findings)]), @r#"
        ::error file=fleets/acme/a%2Cb%3Ac.yaml,line=2,col=7,title=FC106::unknown kind `X`, 100%25%0Afleets/acme/a,b:c.yaml:2:7: called so%0Aa:%0D%0A  b
        ::notice title=FC704::nothing to deliver
        ::warning title=FC701::not pinned
        "#);
    }
}
