//! What became of a fleet: its states in the order of a history → who added what, when, and with what permissions.
//!
//! Knows no git and no disk: commits are plain values, and a function gives the files of each. Objects are told apart by
//! what they mean, so that comments, formatting and moves between files show nothing. Everything is told along the line
//! of first parents, the states that a branch had; what a merge brought is traced to the commit that wrote it.

mod audit;
mod change;
mod commit;
mod could_call;
mod graph;
mod log;
mod objects;
mod past;
mod permissions;
mod resolved;
mod roll;
mod show;
mod text;

pub use audit::{Audit, Signatures, Written, audit, written};
pub use commit::{Commit, Signature, Trailer, pull_request};
pub use could_call::{CouldCall, could_call, could_call_json, could_call_text};
pub use graph::{Event, History};
pub use log::{Log, Wanted, log};
pub use past::{Files, Past};
pub use show::{Horizon, audit_csv, audit_json, audit_schema, audit_text, log_csv, log_json, log_text};
