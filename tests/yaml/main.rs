//! The room `yaml` from outside: what is read, what is refused and where, and that whatever is written reads
//! back.

#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, in its helper functions too"
)]

mod decoding;
mod limits;
mod nasty;
mod reading;
mod writing;

use fleetc::source::{FileId, Place};
use fleetc::yaml::{Node, Problem, read};

/// The documents of a text that has no problems.
fn documents(text: &str) -> Vec<Node> {
    let reading = read(FileId(0), text.as_bytes());
    assert_eq!(reading.problems, [], "in {text:?}");
    reading.documents
}

/// The one document of a text.
fn document(text: &str) -> Node {
    let mut documents = documents(text);
    assert_eq!(documents.len(), 1, "documents in {text:?}");
    documents.remove(0)
}

/// The problems of a text.
fn problems(text: &str) -> Vec<Problem> {
    read(FileId(0), text.as_bytes()).problems
}

/// The part of a text that a place covers.
fn at(text: &str, place: Place) -> &str {
    &text[place.start as usize..place.end as usize]
}
