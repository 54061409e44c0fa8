//! `fleetc verify`.

use std::path::PathBuf;

use super::Verdict;
use super::findings;
use super::fleets;
use super::terminal::Terminal;
use super::trouble::Trouble;
use super::write::{self, Output};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc verify                         ./out is what ./fleets say, byte for byte
  fleetc verify release/out --fleets fleets/prod

Rebuilds from source, asks no cache, writes nothing. Exit code: 0 every byte is as built, 1 something differs.")]
pub struct Arguments {
    /// The folder of the trees
    #[arg(value_name = "DIR", default_value = "out")]
    out: PathBuf,

    /// Directories that hold a fleet each; without any, every folder of ./fleets
    #[arg(long, value_name = "FLEET_DIR", num_args = 1..)]
    fleets: Vec<PathBuf>,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let fleets = fleets::compile(&arguments.fleets, None, None)?;
    let broken: Vec<_> = fleets.iter().filter(|fleet| fleet.findings.has_errors()).collect();
    if !broken.is_empty() {
        for fleet in broken {
            terminal.complain(&findings::errors(&fleet.sources, &fleet.findings, terminal));
        }
        terminal.complain("nothing is verified");
        return Ok(Verdict::Refused);
    }
    let mut verified = true;
    for fleet in &fleets {
        let Some(compiled) = &fleet.compiled else { continue };
        let comparison = write::compare(&Output::of(compiled), &arguments.out, terminal)?;
        let folder = arguments.out.join(fleet.sources.fleet());
        terminal.complain(&findings::text(&[(&fleet.sources, &comparison.findings)], terminal));
        if comparison.is_current() {
            terminal.say(&format!("`{}` is what its sources say, byte for byte", folder.display()));
            continue;
        }
        verified = false;
        for path in &comparison.by_hand {
            terminal.complain(&format!("edited by hand: {}", folder.join(path).display()));
        }
        terminal.complain(&comparison.to_string());
    }
    Ok(Verdict::good_if(verified))
}
