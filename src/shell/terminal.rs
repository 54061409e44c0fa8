//! Standard output, standard error, and what they can show.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

use super::progress::Progress;
use super::trouble::Trouble;

/// When standard error is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Where a command speaks: data on standard output, everything else on standard error.
#[derive(Debug)]
pub struct Terminal {
    quiet: bool,
    interactive: bool,
    /// Whether text on standard error is coloured.
    pub colour: bool,
    /// Whether text on standard output is coloured.
    pub data_colour: bool,
    /// Columns to wrap text for people at: `COLUMNS`, else 80.
    pub width: usize,
}

impl Terminal {
    /// The terminal of this process.
    pub fn new(quiet: bool, colour: Colour) -> Self {
        let interactive = io::stderr().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let coloured = |interactive: bool| match colour {
            Colour::Auto => interactive && !dumb && !set("NO_COLOR"),
            Colour::Always => true,
            Colour::Never => false,
        };
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Terminal {
            quiet,
            interactive: interactive && !dumb,
            colour: coloured(interactive),
            data_colour: coloured(io::stdout().is_terminal()),
            width: columns.filter(|columns| *columns > 0).unwrap_or(80),
        }
    }

    /// Says nothing but complaints.
    #[cfg(test)]
    pub fn silent() -> Self {
        Terminal { quiet: true, interactive: false, colour: false, data_colour: false, width: 80 }
    }

    /// Prints data. A reader that has gone away (`| head`) is no trouble.
    pub fn print(&self, data: &str) -> Result<(), Trouble> {
        let mut out = io::stdout().lock();
        match out.write_all(data.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Trouble::new(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Says what a user may want to know, unless `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// Says what a user must know. Nothing can be done where nobody listens.
    pub fn complain(&self, text: &str) {
        if !text.is_empty() {
            let _ = writeln!(io::stderr().lock(), "{}", text.trim_end_matches('\n'));
        }
    }

    /// Shows how far long work is, while the value lives: on a terminal only.
    pub fn progress(&self, label: impl Into<String>, total: usize) -> Progress {
        Progress::new(label.into(), total, self.interactive && !self.quiet)
    }

    /// True if `--quiet` was given.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }
}
