//! `fleetc report`.

use std::path::PathBuf;

use rayon::prelude::*;

use super::Verdict;
use super::findings;
use super::fleets;
use super::terminal::Terminal;
use super::trouble::Trouble;
use super::write::file;
use crate::page::report::{Facts, File, report};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc report --html fleet.html                    opens from disk, asks the network for nothing
  fleetc report --fleet fleets/bank --html -         to standard output
  fleetc report --html fleet.html --now 2027-01-31   with the days that certificates have left

The page is about a fleet without errors; of another its errors are said, and nothing is written. A
page that stands there is replaced. The same fleet is the same bytes.")]
pub struct Arguments {
    /// The fleet; default: the one around, or the only one below the current directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,

    /// Where the page goes; `-` is standard output
    #[arg(long, value_name = "FILE", required = true)]
    html: PathBuf,

    /// The day that expiry is judged by and that is counted from; without it, expiry is not judged
    #[arg(long, value_name = "DATE", value_parser = super::check::date)]
    now: Option<String>,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let folder = fleets::find(arguments.fleet.as_deref())?;
    let now = arguments.now.as_deref();
    let Some(fleet) = fleets::compile(&[folder], now, None)?.pop() else { return Ok(Verdict::Good) };
    let Some(compiled) = &fleet.compiled else {
        terminal.complain(&findings::errors(&fleet.sources, &fleet.findings, terminal));
        return Ok(Verdict::Refused);
    };
    let files: Vec<Vec<File>> = compiled
        .parts()
        .par_iter()
        .map(|part| {
            let tree = compiled.render(part);
            tree.files.iter().map(|(path, text)| File::new(path, text)).collect()
        })
        .collect();
    let world = compiled.world();
    let page = report(&Facts {
        sources: &fleet.sources,
        mesh: compiled.mesh(),
        world: &world,
        findings: compiled.findings(),
        files: &files.concat(),
        now,
    });
    let page = page.map_err(|broken| Trouble::new(broken.to_string()))?;
    if arguments.html.as_os_str() == "-" {
        terminal.print(&page)?;
        return Ok(Verdict::Good);
    }
    file::put(&arguments.html, page.as_bytes())?;
    terminal.say(&format!("wrote {}, {} bytes", arguments.html.display(), page.len()));
    Ok(Verdict::Good)
}
