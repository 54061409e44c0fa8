//! Findings: code, place, message, because, help; the code table and one page per code; text, JSON, SARIF, GitHub.

pub mod finding;

pub use finding::{Because, Code, Finding, Findings, Level};
