//! `fleetc get`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;

use super::Verdict;
use super::asked::the_fleet;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::Part;
use crate::pane::{self, Resource};
use crate::trust::Day;
use crate::yaml;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc get clusters                   version, revision, trust domain, network, peers, objects
  fleetc get policies -o wide           where each AccessPolicy is in force and what it selects
  fleetc get certificates --now 2027-01-31   what has ended by that day, and what soon will
  fleetc get services -o json           an array of objects, for programs")]
pub struct Arguments {
    /// What to list
    #[arg(value_enum)]
    resource: What,

    /// The fleet that is asked; default: the one around, or the only one below the current directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,

    /// The day by which certificates are judged, YYYY-MM-DD; without one they are not
    #[arg(long, value_name = "DATE", value_parser = day)]
    now: Option<Day>,

    /// How to show it
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Clusters,
    Workspaces,
    Policies,
    Segments,
    Services,
    Peers,
    Certificates,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Wide,
    Json,
    Yaml,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    if arguments.now.is_some() && arguments.resource != What::Certificates {
        return Err(Trouble::new("`--now` judges certificates, and nothing else").help("leave it out"));
    }
    let Some((_, compiled)) = the_fleet(arguments.fleet.as_deref(), terminal)? else {
        return Ok(Verdict::Refused);
    };
    let resource = match arguments.resource {
        What::Clusters => Resource::Clusters,
        What::Workspaces => Resource::Workspaces,
        What::Policies => Resource::Policies,
        What::Segments => Resource::Segments,
        What::Services => Resource::Services,
        What::Peers => Resource::Peers,
        What::Certificates => Resource::Certificates,
    };
    let mut rendered = BTreeMap::new();
    if resource == Resource::Clusters {
        for part in compiled.parts() {
            let objects = compiled.render(&part).files.len();
            if let Part::Cluster(name) = part {
                rendered.insert(name, objects);
            }
        }
    }
    let table = match resource {
        Resource::Certificates => pane::certificates(compiled.mesh(), arguments.now),
        _ => pane::get(compiled.mesh(), resource, &rendered),
    };
    match arguments.format {
        Format::Text | Format::Wide if table.is_empty() => terminal.say("none"),
        Format::Text => terminal.print(&table.text(false))?,
        Format::Wide => terminal.print(&table.text(true))?,
        Format::Json => terminal.print(&format!("{:#}\n", table.objects()))?,
        Format::Yaml => {
            let text = yaml::to_string(&table.objects());
            terminal
                .print(&text.map_err(|error| Trouble::new(format!("cannot write this as YAML: {error}")))?)?;
        }
    }
    Ok(Verdict::Good)
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "not a day as YYYY-MM-DD".to_owned())
}
