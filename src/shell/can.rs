//! `fleetc can`.

use super::Verdict;
use super::asked::{self, Asked, Format, NOT_ASKED};
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::advice;
use crate::manifest::Labels;
use crate::question::{self, From, To};

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

    /// What is called: `service.namespace[:port][@cluster]`; with --labels `namespace[:port][@cluster]`
    #[arg(value_name = "TO")]
    to: String,

    /// The Service's port; without one, every port
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// The one cluster that is asked
    #[arg(long, value_name = "CLUSTER")]
    cluster: Option<String>,

    /// The labels of pods that are not deployed yet, `app=web,tier=front`
    #[arg(long, value_name = "LABELS", value_parser = asked::labels)]
    labels: Option<Labels>,

    #[command(flatten)]
    asked: Asked,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let from: From = arguments.from.parse().map_err(asked::no_answer)?;
    let to = destination(&arguments.to, arguments.labels.clone(), arguments.port, arguments.cluster.clone())?;
    let requested = arguments.asked.requested();
    let answer = arguments.asked.ask(terminal, |scene, fleet| match fleet {
        Some(sources) => advice::can_and_how(sources, scene, &from, &to, &requested),
        None => question::can(scene, &from, &to, &requested),
    })?;
    let Some(answer) = answer else { return Ok(NOT_ASKED) };
    terminal.print(&match arguments.asked.format {
        Format::Text => question::answer_text(&answer),
        Format::Json => question::answer_json(&answer),
        Format::Csv => question::answer_csv(&answer),
    })?;
    Ok(Verdict::good_if(answer.admitted))
}

/// The destination; a port or a cluster is named once.
pub fn destination(
    text: &str,
    labels: Option<Labels>,
    port: Option<u16>,
    cluster: Option<String>,
) -> Result<To, Trouble> {
    let mut to = To::read(text, labels).map_err(asked::no_answer)?;
    if to.port.is_some_and(|own| port.is_some_and(|port| port != own)) {
        return Err(Trouble::new(format!("`{text}` names another port than `--port`")).help("name it once"));
    }
    if to.cluster.as_ref().is_some_and(|own| cluster.as_ref().is_some_and(|cluster| cluster != own)) {
        return Err(
            Trouble::new(format!("`{text}` names another cluster than `--cluster`")).help("name it once")
        );
    }
    to.port = to.port.or(port);
    to.cluster = to.cluster.or(cluster);
    Ok(to)
}
