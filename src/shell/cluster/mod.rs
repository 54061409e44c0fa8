//! `fleetc cluster`: edits the fleet's own files, and shows what that changes.

mod add;
mod carry;
mod others;
mod remove;
mod summary;

use clap::Subcommand;

use super::Verdict;
use super::terminal::Terminal;
use super::trouble::Trouble;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Add a cluster that is like another one
    Add(add::Arguments),
    /// Take a cluster out of the fleet, one step a merge: drain, detach, remove
    Remove(remove::Arguments),
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    match &arguments.task {
        Task::Add(arguments) => add::run(arguments, terminal),
        Task::Remove(arguments) => remove::run(arguments, terminal),
    }
}
