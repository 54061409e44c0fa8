//! Findings: code, place, message, because, help; the code table and one page per code; text, JSON, SARIF, GitHub.
//!
//! A new code is one line in [`codes`] and one page in `pages/`. The four ways to print take the findings of several
//! fleets at once, each with the sources its places are in, and keep the order in which they are given.

mod closest;
pub mod codes;
pub mod finding;
mod github;
mod json;
mod position;
mod sarif;
mod text;

pub use closest::closest;
pub use finding::{Because, Code, Finding, Findings, Level};
pub use github::github;
pub use json::json;
pub use sarif::sarif;
pub use text::{TextStyle, text};
