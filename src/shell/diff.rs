//! `fleetc diff`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Verdict;
use super::findings;
use super::fleets::{self, Fleet};
use super::revision;
use super::sides::{self, Earlier, Side, Without};
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::report::Findings;
use crate::review::{self, Change, Compared, Gate, Look};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc diff --against origin/main              what this branch does, for people
  fleetc diff fleets/prod --against HEAD~1 -o json
  fleetc diff --against ../yesterday/fleets      two directories
  fleetc diff --against ../yesterday/out         a rendered tree: what was meant is not known there
  fleetc diff --against origin/main -o markdown > comment.md           for a pull request
  fleetc diff --against origin/main -o html > review.html              to read in a browser
  fleetc diff --against origin/main --deny new-access,unsafe-order     in CI

Both sides are compiled from source, but for a rendered tree, of which every reason is a file of it and
the order of syncing is not judged. Exit code: 0 said, 1 a side does not compile or a gate fires, 2 wrong usage.")]
pub struct Arguments {
    /// Directories that hold a fleet each; without any, every folder of ./fleets
    #[arg(value_name = "FLEET_DIR")]
    fleets: Vec<PathBuf>,

    /// What to compare with: a git revision, or a directory that holds the fleet as it was or a tree rendered from it
    #[arg(long, value_name = "REV|DIR")]
    against: String,

    /// How to say it
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: Format,

    /// What must not happen: new-access, unsafe-order, mass-delete, downtime, unpinned; several with commas
    #[arg(long, value_enum, value_name = "GATE", value_delimiter = ',')]
    deny: Vec<Deny>,

    /// The share of a cluster's objects, in percent, that mass-delete lets go
    #[arg(long, value_name = "PERCENT", default_value_t = 25)]
    share: usize,

    /// The day that waiting times and grants are judged by, `YYYY-MM-DD`
    #[arg(long, value_name = "DATE")]
    now: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    /// Access that no AccessGrant of the same change covers
    NewAccess,
    /// An order of syncing that is not safe
    UnsafeOrder,
    /// The last policy of a namespace, or more than a share of a cluster's objects
    MassDelete,
    /// Connections that break
    Downtime,
    /// Versions that are ranges
    Unpinned,
}

impl Deny {
    fn gate(self) -> Gate {
        match self {
            Deny::NewAccess => Gate::NewAccess,
            Deny::UnsafeOrder => Gate::UnsafeOrder,
            Deny::MassDelete => Gate::MassDelete,
            Deny::Downtime => Gate::Downtime,
            Deny::Unpinned => Gate::Unpinned,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For a terminal
    #[default]
    Text,
    /// For a comment on a pull request, within GitHub's 65,536 characters
    Markdown,
    /// One page that stands alone
    Html,
    /// Unfolded, for programs: schemas/output/diff.json
    Json,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let fleets = fleets::compile(&arguments.fleets, arguments.now.as_deref(), None)?;
    let mut changes = Vec::new();
    for fleet in &fleets {
        match compare(fleet, arguments, fleets.len() == 1, terminal)? {
            Some(change) => changes.push(change),
            None => return Ok(Verdict::Refused),
        }
    }
    match (arguments.format, changes.as_slice()) {
        (Format::Json, [only]) => terminal.print(&review::change_json(only))?,
        (Format::Json, several) => {
            let array: Vec<String> = several.iter().map(review::change_json).collect();
            terminal.print(&format!("[\n{}]\n", array.join(",\n")))?;
        }
        (Format::Html, several) => {
            let page = review::change_html(several).map_err(|broken| Trouble::new(broken.to_string()))?;
            terminal.print(&page)?;
        }
        (Format::Markdown, several) => terminal.print(&review::change_markdown(several))?,
        (Format::Text, several) => {
            let look = Look { colour: terminal.data_colour, width: terminal.width };
            let texts: Vec<String> = several.iter().map(|change| review::change_text(change, look)).collect();
            terminal.print(&texts.join("\n"))?;
        }
    }
    Ok(Verdict::good_if(changes.iter().all(|change| change.gates.is_empty())))
}

/// What becomes of one fleet; `None` if a side does not compile, which is said.
fn compare(
    fleet: &Fleet,
    arguments: &Arguments,
    only: bool,
    terminal: &Terminal,
) -> Result<Option<Change>, Trouble> {
    let Some(compiled) = &fleet.compiled else {
        terminal.complain(&findings::errors(&fleet.sources, &fleet.findings, terminal));
        return Ok(None);
    };
    let before = revision::read_at(&fleet.folder, &arguments.against, only)?;
    let Some(earlier) = sides::earlier(before, compiled, terminal)? else { return Ok(None) };
    let mut step = Findings::default();
    let mut without = None;
    match &earlier {
        Earlier::Nothing => terminal.say(&format!(
            "fleet `{}` is new: there is none at `{}`",
            fleet.sources.fleet(),
            arguments.against
        )),
        Earlier::Fleet(old, before) => without = sides::without_new(fleet, compiled, old, before),
        Earlier::Tree(..) => {}
    }
    let (old, new) = rayon::join(|| earlier.side(fleet, compiled), || Side::fleet(&fleet.sources, compiled));
    if let Earlier::Fleet(before, _) = &earlier {
        step = compiled.step_from(before, &old.world, &new.world, arguments.now.as_deref());
    }
    let other = match &without {
        Some(Without::Fleet(sources, compiled)) => Some(Side::fleet(sources, compiled)),
        Some(Without::AsBefore) | None => None,
    };
    let (old, new) = (old.state(), new.state());
    let mut change = review::change(&Compared {
        fleet: fleet.sources.fleet(),
        against: &arguments.against,
        old,
        new,
        without_new: match without {
            Some(Without::AsBefore) => Some(old),
            Some(Without::Fleet(..)) | None => other.as_ref().map(Side::state),
        },
        step: &step,
    });
    let gates = arguments.deny.iter().map(|deny| deny.gate());
    let fired =
        gates.filter_map(|gate| gate.judge(&change, &old, &new, arguments.share, arguments.now.as_deref()));
    change.gates = fired.collect();
    Ok(Some(change))
}
