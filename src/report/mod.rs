//! Findings: code, place, message, because, help; the code table and one page per code; text, JSON, SARIF, GitHub.
//!
//! A new code is one line in [`codes`] and one page in `pages/`.

mod closest;
pub mod codes;
pub mod finding;

pub use closest::closest;
pub use finding::{Because, Code, Finding, Findings, Level};
