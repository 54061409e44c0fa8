//! Text → trees with places, and what does not parse.

use granit_parser::{Parser, options};

use super::build::Builder;
use super::syntax;
use super::tree::Node;
use crate::source::{FileId, Place};

/// The largest file that is read, in bytes.
pub(super) const FILE_BYTES: usize = 32 << 20;
/// How deep mappings and sequences may nest. Whoever walks a tree may recurse.
pub(super) const DEPTH: usize = 100;
/// How many nodes a file may have, keys included and aliases expanded.
pub(super) const NODES: usize = 2_000_000;
/// How many nodes of a file may come from aliases.
pub(super) const ALIASED_NODES: usize = 100_000;
/// How many bytes of text may be held a second time for anchors and aliases.
pub(super) const COPIED_BYTES: usize = 64 << 20;
/// How many problems of a file are told.
pub(super) const PROBLEMS: usize = 1_000;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The documents without a problem, in order. A document in which nothing is written is left out.
    pub documents: Vec<Node>,
    /// What is wrong, in order of place. Documents after a [`ProblemKind::Limit`] are not read.
    pub problems: Vec<Problem>,
}

/// Something that keeps a document, or the rest of a file, from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// Which sort of problem.
    pub kind: ProblemKind,
    /// What is wrong: lower case, no full stop, user text in backticks.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// The sorts of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The bytes are not the UTF-8 text that YAML allows.
    Encoding,
    /// The text is not YAML.
    Syntax,
    /// A key that is no text to every reader: a mapping, a sequence, nothing, or a word like `on`.
    Key,
    /// A key that stands twice in one mapping; the place is the second one.
    DuplicateKey,
    /// A tag such as `!secret`, or one that does not fit its value.
    Tag,
    /// Too large, too deep, or too much once aliases are expanded. Nothing after it is read.
    Limit,
}

/// Reads every document of a file. A broken document does not hide the others.
///
/// A byte order mark, CRLF, comments, anchors and aliases are read; merge keys (`<<`) are expanded as YAML
/// 1.1 has it: a key of the mapping itself wins over a merged one, an earlier merged one over a later. A node
/// that an alias stands for keeps the place of its definition. A value that is not written (`key:`) stands at
/// its key.
pub fn read(file: FileId, bytes: &[u8]) -> Reading {
    let text = match printable(file, bytes) {
        Ok(text) => text,
        Err(problem) => return Reading { documents: Vec::new(), problems: vec![problem] },
    };
    let mut parser = Parser::new_from_str_with_options(text, options! { emit_comments: false });
    let mut builder = Builder::new(file, text);
    while let Some(event) = parser.next_event() {
        let failed = event.is_err();
        let step = match event {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => match syntax::problem(file, text, &error) {
                limit if limit.kind == ProblemKind::Limit => Err(limit),
                problem => builder.abandon_document(problem),
            },
        };
        if let Err(limit) = step {
            return builder.stop(limit);
        }
        if failed && !matches!(parser.proceed_next_document(), Ok(true)) {
            break;
        }
    }
    builder.finish()
}

/// The bytes as text, if YAML allows every character of it.
fn printable(file: FileId, bytes: &[u8]) -> Result<&str, Problem> {
    let problem = |(start, end), kind, message: String, help: Option<&str>| {
        let place = Place::new(file, start, end);
        Err(Problem { place, kind, message, help: help.map(str::to_owned) })
    };
    if bytes.len() > FILE_BYTES {
        let message = format!("file is larger than {} MiB", FILE_BYTES >> 20);
        return problem((0, 0), ProblemKind::Limit, message, None);
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let start = error.valid_up_to();
            let end = error.error_len().map_or(bytes.len(), |length| start + length);
            let message = "file is not UTF-8".to_owned();
            return problem((start, end), ProblemKind::Encoding, message, Some("save the file as UTF-8"));
        }
    };
    match text.char_indices().find(|(_, character)| is_refused(*character)) {
        None => Ok(text),
        Some((start, character)) => {
            let message = format!("the character U+{:04X} cannot stand in YAML", u32::from(character));
            let help = Some("write it as an escape in double quotes, or remove it");
            problem((start, start + character.len_utf8()), ProblemKind::Encoding, message, help)
        }
    }
}

/// The characters outside `c-printable` of YAML 1.1 and 1.2.
fn is_refused(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'
    )
}
