//! Questions about access: may this caller call that, who may, what may it call, and why.
//!
//! Answers come from what is rendered, judged by [`reach`](crate::reach); the reasons come from the intent: each policy
//! knows the objects that caused it, and here those become the lines that say so.

mod ask;
mod because;
mod callers;
mod fixes;
mod lists;
mod show;

pub use ask::{
    Answer, AtPods, AtPort, Gate, InCluster, Requested, Step, WayIn, admits, can, explain, service_gates,
    shown, shown_request,
};
pub use because::{Line, Places};
pub use callers::{Caller, From, Target, To};
pub use fixes::{Fix, FixEdit, candidates, edits};
pub use lists::{Row, Rows, reaches, who_can};
pub use show::{answer_csv, answer_json, answer_text, fixes_text, rows_csv, rows_json, rows_text};

use crate::bind::Mesh;
use crate::reach::World;

/// What questions are asked of.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What is enforced, and what runs there.
    pub world: &'a World<'a>,
    /// The intent that it came from, for reasons; `None` for a tree of somebody else.
    pub mesh: Option<&'a Mesh>,
    /// Where things stand.
    pub places: &'a Places<'a>,
}

/// Why a question has no answer: lower case, no full stop, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswer {
    /// What is wrong with the question.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl NoAnswer {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        NoAnswer { message: message.into(), help: help.into() }
    }
}
