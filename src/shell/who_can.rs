//! `fleetc who-can`.

use super::Verdict;
use super::asked::{Asked, Called, Format, NOT_ASKED};
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::question;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc who-can billing.billing                    in every cluster that has it, on every port
  fleetc who-can cart.shop:80@east -o csv           one port of one cluster, for a spreadsheet
  fleetc who-can shop:8080 --labels app=new         of pods that are not deployed yet

Everybody who may is in one row: `anyone`, all of a trust domain, all of a namespace, one service account; whoever of a row
may not is named in it. Each reason is a line of the fleet, `path:line`.")]
pub struct Arguments {
    #[command(flatten)]
    called: Called,

    #[command(flatten)]
    asked: Asked,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let to = arguments.called.destination()?;
    let requested = arguments.asked.requested();
    let rows = arguments.asked.ask(terminal, |scene, _| question::who_can(scene, &to, &requested))?;
    let Some(rows) = rows else { return Ok(NOT_ASKED) };
    print(&rows, arguments.asked.format, terminal)
}

/// Prints a list.
pub fn print(rows: &question::Rows, format: Format, terminal: &Terminal) -> Result<Verdict, Trouble> {
    terminal.print(&match format {
        Format::Text => question::rows_text(rows),
        Format::Json => question::rows_json(rows),
        Format::Csv => question::rows_csv(rows),
    })?;
    Ok(Verdict::Good)
}
