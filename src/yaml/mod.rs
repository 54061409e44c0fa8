//! Text ⇄ a tree with places. Leaf room: it knows `source` and nothing else.
//!
//! Reading keeps every scalar as it is written; what a plain scalar means is decided by whoever wants a
//! string, a boolean or a number, so that a word on which YAML 1.1 and 1.2 disagree can be refused with its
//! place.

mod build;
mod de;
pub mod edit;
mod open;
mod quote;
mod read;
mod resolve;
mod serialize;
mod syntax;
pub mod tree;
mod write;

pub use de::{DeError, from_node};
pub use read::{Problem, ProblemKind, Reading, read};
pub use tree::{Entry, Node, Resolved, Scalar, Value};
pub use write::{WriteError, to_string};
