//! Edits of YAML text in place: one value, one entry, one item or one document changes, and every other byte stays:
//! comments, order, quotes, indentation, line ends.
//!
//! Every edit is proved before it is given out: the edited text is read again, and must be the tree that the edit makes
//! of the tree that was there. So what cannot be edited without reaching further (an anchor that other places share, a
//! merge key) is refused, never guessed.

mod layout;
mod model;
mod page;
mod put;
mod render;
mod splice;
mod take;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use super::read::read;
use super::tree::Node;
use crate::source::FileId;
use layout::Layout;

/// One change of one place in a file. Edits are applied in order; each sees what those before it left.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The place.
    pub path: Path,
    /// What becomes of it.
    pub change: Change,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// The document, counted from 0 as [`read`](super::read()) gives them: one in which nothing is written counts not.
    pub document: usize,
    /// From its root inwards; none: the whole document.
    pub steps: Vec<Step>,
}

/// One step inwards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To an item, counted from 0.
    Index(usize),
}

/// What becomes of a place.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The value becomes this one; a key that is missing is added at the end of its mapping. Not for whole documents.
    Set(Node),
    /// The list gets another item at its end, laid out as the last one is; a key that is missing gets a list of one.
    Append(Node),
    /// The item appears once more at the end of its list, or the document at the end of its file: as it is written,
    /// without its comments.
    Copy,
    /// The entry, item or document goes, and the comments that stand directly above it or inside of it.
    Remove,
}

/// Why an edit is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The bytes at which the edit fails.
    pub at: Range<usize>,
    /// Why: lower case, no full stop, user text in backticks.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl Path {
    /// The root of a document.
    pub fn document(document: usize) -> Self {
        Path { document, steps: Vec::new() }
    }

    /// The value of a key of this place.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.steps.push(Step::Key(key.to_owned()));
        self
    }

    /// An item of this place.
    #[must_use]
    pub fn item(mut self, index: usize) -> Self {
        self.steps.push(Step::Index(index));
        self
    }

    /// The mapping, list or document that this place is in; `None` for a whole document.
    pub fn parent(&self) -> Option<(Path, &Step)> {
        let (last, steps) = self.steps.split_last()?;
        Some((Path { document: self.document, steps: steps.to_vec() }, last))
    }

    /// The change of this place.
    pub fn change(self, change: Change) -> Edit {
        Edit { path: self, change }
    }
}

/// The text after all the edits.
///
/// Fails for a text that is not YAML, a place that is not there, and a change that would reach further than meant.
pub fn edit(text: &str, edits: &[Edit]) -> Result<String, Refusal> {
    edits.iter().try_fold(text.to_owned(), |text, edit| apply(&text, edit))
}

/// The path of the scalar or key that starts at a byte of a text: how a place of a finding becomes a place to edit.
/// `None` where none starts, in what an alias brings too, and for a text that is not YAML.
pub fn find(text: &str, start: usize) -> Option<Path> {
    Layout::read(text).ok()?.find(start)
}

fn apply(text: &str, edit: &Edit) -> Result<String, Refusal> {
    let mut wanted = documents(text)?;
    let edited = splice::splice(text, &Layout::read(text)?, edit)?;
    let place = edited.at;
    let refuse = |message: String| Refusal { at: place.clone(), message };
    model::apply(&mut wanted, edit).map_err(refuse)?;
    let further = "the change would reach further than this place: an anchor, an alias or a merge key shares it, \
                   or its layout is unusual; edit it by hand";
    let got = documents(&edited.text).map_err(|_| refuse(further.to_owned()))?;
    if !model::same_all(&wanted, &got) {
        return Err(refuse(further.to_owned()));
    }
    Ok(edited.text)
}

fn documents(text: &str) -> Result<Vec<Node>, Refusal> {
    let reading = read(FileId(0), text.as_bytes());
    match reading.problems.into_iter().next() {
        None => Ok(reading.documents),
        Some(problem) => Err(Refusal {
            at: problem.place.start as usize..problem.place.end as usize,
            message: problem.message,
        }),
    }
}
