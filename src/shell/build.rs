//! `fleetc build`.

use std::path::{Path, PathBuf};

use super::Verdict;
use super::findings;
use super::fleets::{self, Fleet};
use super::memory;
use super::terminal::Terminal;
use super::trouble::Trouble;
use super::write::{self, Output, file};
use crate::Compiled;
use crate::report::Findings;
use crate::source::Sources;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc build                          every fleet below ./fleets into ./out
  fleetc build fleets/prod --out out    one fleet
  fleetc build --check                  in CI: write nothing, fail if ./out is stale
  fleetc build --attest build.json      and write an in-toto Statement of what was built
  fleetc build --force                  overwrite files of fleetc that were edited by hand

With one error in any fleet nothing is written. A build may be killed at any moment: no file is half
written, and the next build puts the tree right.")]
pub struct Arguments {
    /// Directories that hold a fleet each; without any, every folder of ./fleets
    #[arg(value_name = "FLEET_DIR")]
    fleets: Vec<PathBuf>,

    /// Where the trees go: <DIR>/<fleet>/<cluster>/…
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,

    /// Write nothing; fail if the trees are not what a build would write
    #[arg(long)]
    check: bool,

    /// Overwrite files of fleetc that were edited by hand, and build around files that are not its own
    #[arg(long, conflicts_with = "check")]
    force: bool,

    /// Write what the build says of itself into a file: an in-toto Statement of the trees, to be signed
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    attest: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let asks = !arguments.check && !arguments.force && arguments.attest.is_none();
    let fleets = fleets::compile(&arguments.fleets, None, asks.then_some(arguments.out.as_path()))?;
    let found: Vec<(&Sources, &Findings)> =
        fleets.iter().map(|fleet| (&fleet.sources, &fleet.findings)).collect();
    terminal.complain(&findings::text(&found, terminal));
    if fleets.iter().any(|fleet| fleet.findings.has_errors()) {
        terminal.complain("nothing is written");
        return Ok(Verdict::Refused);
    }
    for (fleet, files) in fleets.iter().filter_map(|fleet| Some((fleet, fleet.standing?))) {
        let folder = arguments.out.join(fleet.sources.fleet());
        terminal.say(&format!("`{}`: {files} files, unchanged", folder.display()));
    }
    let outputs: Vec<(&Sources, Output<'_>)> = fleets.iter().filter_map(Fleet::output).collect();
    if arguments.check {
        return compare(arguments, &outputs, terminal);
    }
    let verdict = write(arguments, outputs, terminal)?;
    if verdict == Verdict::Good {
        for fleet in fleets.iter().filter(|fleet| fleet.compiled.is_some()) {
            memory::keep(&arguments.out.join(fleet.sources.fleet()), &fleet.sources, &fleet.findings);
        }
        if let Some(path) = &arguments.attest {
            attest(path, &arguments.out, &fleets)?;
            terminal.say(&format!("`{}`: what this build says of itself", path.display()));
        }
    }
    Ok(verdict)
}

/// Writes the statement, which must not become a part of what it is about.
fn attest(path: &Path, out: &Path, fleets: &[Fleet]) -> Result<(), Trouble> {
    if fleets.iter().any(|fleet| path.starts_with(out.join(fleet.sources.fleet()))) {
        return Err(Trouble::new(format!("`{}` is in a tree that it would speak of", path.display()))
            .help("write it elsewhere, beside the folder of the trees"));
    }
    let built: Vec<(&Fleet, &Compiled)> =
        fleets.iter().filter_map(|fleet| Some((fleet, fleet.compiled.as_ref()?))).collect();
    file::put(path, super::attest::statement(&built, out)?.as_bytes())
}

/// Every fleet is prepared before the first is written, so that a refusal of one leaves all trees as they are.
fn write(
    arguments: &Arguments,
    outputs: Vec<(&Sources, Output<'_>)>,
    terminal: &Terminal,
) -> Result<Verdict, Trouble> {
    let mut prepared = Vec::new();
    let mut refused = false;
    for (sources, output) in outputs {
        let fleet = write::prepare(output, &arguments.out, arguments.force, terminal)?;
        terminal.complain(&findings::text(&[(sources, fleet.findings())], terminal));
        refused |= fleet.findings().has_errors();
        prepared.push(fleet);
    }
    if refused {
        terminal.complain("nothing is written");
        return Ok(Verdict::Refused);
    }
    for fleet in prepared {
        terminal.say(&fleet.apply(terminal)?.to_string());
    }
    Ok(Verdict::Good)
}

fn compare(
    arguments: &Arguments,
    outputs: &[(&Sources, Output<'_>)],
    terminal: &Terminal,
) -> Result<Verdict, Trouble> {
    let mut current = true;
    for (sources, output) in outputs {
        let comparison = write::compare(output, &arguments.out, terminal)?;
        terminal.complain(&findings::text(&[(sources, &comparison.findings)], terminal));
        if comparison.is_current() {
            terminal.say(&comparison.to_string());
        } else {
            current = false;
            terminal.complain(&comparison.to_string());
        }
    }
    Ok(Verdict::good_if(current))
}

impl Fleet {
    /// What there is to write: `None` if the fleet holds an error, or its tree stands.
    fn output(&self) -> Option<(&Sources, Output<'_>)> {
        self.compiled.as_ref().map(|compiled| (&self.sources, Output::of(compiled)))
    }
}
