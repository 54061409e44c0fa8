//! The parser's errors in a user's words: what stands there, and what to do.

use granit_parser::{ErrorKind, ScanError};

use super::read::{DEPTH, Problem, ProblemKind};
use crate::source::{FileId, Place};

const QUOTE_IT: &str = "put the value in quotes";
const INDENTATION: &str = "check the indentation of this line and of the one above";

/// The problem that a syntax error is; its place is the first bad character.
pub(super) fn problem(file: FileId, text: &str, error: &ScanError) -> Problem {
    let start = error.marker().byte_offset().unwrap_or(text.len());
    let rest = text.get(start..).unwrap_or_default();
    let end = start + rest.chars().next().map_or(0, char::len_utf8);
    let problem = |kind, message: String, help: Option<&str>| Problem {
        place: Place::new(file, start, end),
        kind,
        message,
        help: help.map(str::to_owned),
    };
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return problem(ProblemKind::Limit, too_deep(), None);
    }
    let (message, help) = explain(error.kind(), rest);
    problem(ProblemKind::Syntax, message, help)
}

/// The message for nesting past the limit.
pub(super) fn too_deep() -> String {
    format!("nested deeper than {DEPTH} levels")
}

/// Message and help; `rest` is the text from the bad character on.
fn explain(kind: &ErrorKind, rest: &str) -> (String, Option<&'static str>) {
    use ErrorKind as E;
    let (message, help) = match kind {
        E::TabInBlockIndentation | E::TabInIndentation | E::TabNotAllowed | E::TabAtBlockScalarStart => {
            ("a tab cannot indent", Some("indent with spaces"))
        }
        E::UnexpectedCharacter { character } => {
            return (format!("`{character}` cannot start a value"), Some(QUOTE_IT));
        }
        E::UnknownAnchor => {
            let alias = rest.split([' ', '\t', '\r', '\n', ',', ']', '}']).next().unwrap_or_default();
            return (format!("`{alias}` names no anchor above it in this document"), None);
        }
        E::MappingValueNotAllowed | E::InvalidColonPlacement => (
            "`:` makes a key where none can stand",
            Some("put a value that holds `: ` in quotes, or check the indentation"),
        ),
        E::ExpectedBlockMappingKey | E::SimpleKeyExpected | E::InvalidSimpleKey | E::MappingKeyNotAllowed => {
            ("expected a `key:` here", Some(INDENTATION))
        }
        E::ExpectedBlockSequenceEntry => ("expected `- ` here", Some(INDENTATION)),
        E::InvalidIndentation | E::InvalidBlockScalarIndent | E::InvalidFlowScalarIndent => {
            ("this line is indented differently from its neighbours", Some(INDENTATION))
        }
        E::BlockSequenceEntryNotAllowed => {
            ("a list cannot start here", Some("start the list on a line of its own"))
        }
        E::UnclosedFlowCollection { open } => return (format!("`{open}` is never closed"), None),
        E::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("`{open}` is closed by `{close}`"), None);
        }
        E::MisplacedFlowCollectionEnd => ("this bracket closes nothing", None),
        E::ExpectedFlowMappingSeparator => ("expected `,` or `}`", None),
        E::ExpectedFlowSequenceSeparator => ("expected `,` or `]`", None),
        E::UnclosedQuotedScalar | E::InvalidQuotedScalarIndent | E::DocumentIndicatorInQuotedScalar => {
            ("quoted text is not closed", Some("text in quotes ends with the quote it starts with"))
        }
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => (
            "text follows the closing quote",
            Some("in single quotes, write a quote as `''`; in double quotes, as `\\\"`"),
        ),
        E::UnknownQuotedScalarEscape => (
            "unknown escape in double quotes",
            Some("in double quotes, write a backslash as `\\\\`; in single quotes, it stands for itself"),
        ),
        E::BomInsideDocument => ("a byte order mark can stand only at the start of a file", None),
        other => return (other.to_string().replace('\'', "`"), None),
    };
    (message.to_owned(), help)
}
