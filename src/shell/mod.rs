//! The only room that touches the world: command line, disk, terminal. Nobody uses it but `main`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "shell is the room that touches the world"
)]

mod asked;
mod attest;
mod audit;
mod build;
mod ca;
mod can;
mod check;
mod cluster;
mod command_line;
mod completions;
mod describe;
mod diff;
mod directory;
mod disk;
mod explain;
mod findings;
mod fleets;
mod get;
mod graph;
mod history;
mod init;
mod log;
mod man;
mod memory;
mod progress;
mod reaches;
mod report;
mod revision;
mod schema;
mod sides;
mod terminal;
mod trouble;
mod verify;
mod who_can;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

pub use command_line::reference;
pub use schema::output_schemas;

use command_line::{Command, CommandLine};
use terminal::Terminal;

/// Runs one command line, the program's own name first. Exit code 0: good; 1: findings, or a stale tree; 2: wrong
/// usage, or a disk that refuses.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(message) => {
            // A reader that has gone away is no reason to fail.
            let _ = message.print();
            return u8::try_from(message.exit_code()).unwrap_or(2).into();
        }
    };
    let terminal = Terminal::new(line.quiet, line.color);
    let verdict = match &line.command {
        Command::Build(arguments) => build::run(arguments, &terminal),
        Command::Check(arguments) => check::run(arguments, &terminal),
        Command::Cluster(arguments) => cluster::run(arguments, &terminal),
        Command::Ca(arguments) => ca::run(arguments, &terminal),
        Command::Can(arguments) => can::run(arguments, &terminal),
        Command::WhoCan(arguments) => who_can::run(arguments, &terminal),
        Command::Reaches(arguments) => reaches::run(arguments, &terminal),
        Command::Diff(arguments) => diff::run(arguments, &terminal),
        Command::Verify(arguments) => verify::run(arguments, &terminal),
        Command::Audit(arguments) => audit::run(arguments, &terminal),
        Command::Log(arguments) => log::run(arguments, &terminal),
        Command::Get(arguments) => get::run(arguments, &terminal),
        Command::Describe(arguments) => describe::run(arguments, &terminal),
        Command::Graph(arguments) => graph::run(arguments, &terminal),
        Command::Report(arguments) => report::run(arguments, &terminal),
        Command::Init(arguments) => init::run(arguments, &terminal),
        Command::Explain(arguments) => explain::run(arguments, &terminal),
        Command::Schema(arguments) => schema::run(arguments, &terminal),
        Command::Man(arguments) => man::run(arguments, &terminal),
        Command::Completions(arguments) => completions::run(arguments, &terminal),
    };
    match verdict {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Refused) => ExitCode::from(1),
        Err(trouble) => {
            terminal.complain(&trouble.to_string());
            ExitCode::from(2)
        }
    }
}

/// What a command that could do its work found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Refused,
}

impl Verdict {
    fn good_if(good: bool) -> Self {
        if good { Verdict::Good } else { Verdict::Refused }
    }
}
