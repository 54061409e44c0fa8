//! `fleetc can`.

use super::Verdict;
use super::asked::{self, Asked, Called, Format, NOT_ASKED};
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::advice;
use crate::question::{self, From};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc can payments-prod/payments billing.billing          in every cluster that has billing, on every port
  fleetc can shop/web cart.shop:80@east                      one port, one cluster
  fleetc can plaintext cart.shop                             a caller without identity
  fleetc can anyone cart.shop --method GET --path /v1/carts  every identity there can be, one request
  fleetc can shop/web shop:8080 --labels app=new             pods that are not deployed yet
  fleetc can shop/web cart.shop --tree out/prod              what a rendered tree enforces

Each reason is a line of the fleet, `path:line`. Exit code: 0 every cluster that has the destination says yes, 1 one says
no, 2 none has it, or wrong usage.")]
pub struct Arguments {
    /// Who calls: `namespace/service-account[@cluster]`, `anyone`, or `plaintext`
    #[arg(value_name = "FROM")]
    from: String,

    #[command(flatten)]
    called: Called,

    #[command(flatten)]
    asked: Asked,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let from: From = arguments.from.parse().map_err(asked::no_answer)?;
    let to = arguments.called.destination()?;
    let requested = arguments.asked.requested();
    let format = arguments.asked.format;
    let mut printed = Ok(());
    let answer = arguments.asked.ask(terminal, |scene, fleet| {
        let mut answer = question::can(scene, &from, &to, &requested)?;
        // a person has the answer at once, what would change it takes builds of the fleet
        if let Format::Text = format {
            printed = terminal.print(&question::answer_text(&answer));
        }
        if let Some(sources) = fleet {
            answer.fixes = advice::fixes(sources, scene, &from, &to, &requested, &answer);
        }
        Ok(answer)
    })?;
    let Some(answer) = answer else { return Ok(NOT_ASKED) };
    printed?;
    terminal.print(&match format {
        Format::Text => question::fixes_text(&answer.fixes),
        Format::Json => question::answer_json(&answer),
        Format::Csv => question::answer_csv(&answer),
    })?;
    Ok(Verdict::good_if(answer.admitted))
}
