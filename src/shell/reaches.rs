//! `fleetc reaches`.

use super::Verdict;
use super::asked::{self, Asked, NOT_ASKED};
use super::terminal::Terminal;
use super::trouble::Trouble;
use super::who_can::print;
use crate::question::{self, From};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc reaches payments-prod/payments             every Service and port that it may call
  fleetc reaches shop/web --cluster east -o json    in one cluster
  fleetc reaches shop/still-to-come                 what a workload that is not deployed yet could call
  fleetc reaches anyone                             what every identity may call
  fleetc reaches plaintext                          what takes callers without identity

Each reason is a line of the fleet, `path:line`.")]
pub struct Arguments {
    /// Who calls: `namespace/service-account[@cluster]`, `anyone`, or `plaintext`
    #[arg(value_name = "FROM")]
    from: String,

    /// The one cluster whose Services are asked
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,

    #[command(flatten)]
    asked: Asked,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let from: From = arguments.from.parse().map_err(asked::no_answer)?;
    let requested = arguments.asked.requested();
    let cluster = arguments.cluster.as_deref();
    let rows =
        arguments.asked.ask(terminal, |scene, _| question::reaches(scene, &from, cluster, &requested))?;
    let Some(rows) = rows else { return Ok(NOT_ASKED) };
    print(&rows, arguments.asked.format, terminal)
}
