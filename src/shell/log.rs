//! `fleetc log`.

use std::path::PathBuf;

use super::Verdict;
use super::asked::{Format, no_answer};
use super::audit;
use super::fleets;
use super::history::Repository;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::history::{self, Wanted};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc log cluster east                        since when, and every change of what it means
  fleetc log AccessPolicy/gloo-mesh/billing      with who gained and lost access by each commit
  fleetc log workspace payments -o json

Comments, formatting, the order of keys and moves between files are no change. Read from git, as `fleetc audit` does.
Exit code: 0 said, 2 wrong usage or no history.")]
pub struct Arguments {
    /// The object: `Kind/namespace/name`, `Kind/name`, or a kind and a name
    #[arg(value_name = "OBJECT", required = true, num_args = 1..=2)]
    object: Vec<String>,

    /// Its namespace, where several have the name
    #[arg(long, short = 'n', value_name = "NAMESPACE")]
    namespace: Option<String>,

    /// The fleet that is asked; default: the one around, or the only one below the current directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,

    /// The day (`YYYY-MM-DD`) or git revision to look back from; default: HEAD
    #[arg(long, value_name = "DATE|REV")]
    at: Option<String>,

    /// How to say it
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: Format,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let wanted = Wanted::read(&arguments.object, arguments.namespace.as_deref()).map_err(no_answer)?;
    let folder = fleets::find(arguments.fleet.as_deref())?;
    let mut repository = Repository::walk(&folder, arguments.at.as_deref())?;
    audit::warn(&repository, terminal);
    let log = repository.tell(terminal, |past, fleet, signatures, step| {
        history::log(past, fleet, &wanted, signatures, step)
    })?;
    let (log, horizon) = (log.map_err(no_answer)?, repository.horizon());
    terminal.print(&match arguments.format {
        Format::Text => history::log_text(&log, &horizon),
        Format::Json => history::log_json(&log, &horizon),
        Format::Csv => history::log_csv(&log),
    })?;
    Ok(Verdict::Good)
}
