//! Why a command could not do its work.

use std::fmt;
use std::io;
use std::path::Path;

/// Wrong usage, or a disk that refuses: the command ends with exit code 2. What is wrong with a fleet is a finding instead.
#[derive(Debug)]
pub struct Trouble {
    message: String,
    help: Option<String>,
}

impl Trouble {
    /// Lower case, no full stop, user text in backticks.
    pub fn new(message: impl Into<String>) -> Self {
        Trouble { message: message.into(), help: None }
    }

    /// `cannot <action> <path>: <the system's reason>`.
    pub fn disk(action: &str, path: &Path, error: &io::Error) -> Self {
        let reason = error.to_string();
        let reason = reason.split_once(" (os error").map_or(reason.as_str(), |(reason, _)| reason);
        Trouble::new(format!("cannot {action} `{}`: {}", path.display(), reason.to_lowercase()))
    }

    /// What went wrong, without what to do.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Sets what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "error: {}", self.message)?;
        match &self.help {
            Some(help) => write!(out, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}
