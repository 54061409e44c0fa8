//! `fleetc diff`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;

use super::Verdict;
use super::cluster;
use super::findings;
use super::fleets::{self, Fleet};
use super::revision;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::Compiled;
use crate::question::{Places, Scene};
use crate::reach::World;
use crate::report::Findings;
use crate::review::{self, Change, Files, Gate, State};
use crate::source::Sources;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc diff --against origin/main              what this branch does, for people
  fleetc diff fleets/prod --against HEAD~1 -o json
  fleetc diff --against ../yesterday/fleets      two directories
  fleetc diff --against origin/main --deny new-access,unsafe-order     in CI

Both sides are compiled from source. Exit code: 0 said, 1 a side does not compile or a gate fires, 2 wrong usage.")]
pub struct Arguments {
    /// Directories that hold a fleet each; without any, every folder of ./fleets
    #[arg(value_name = "FLEET_DIR")]
    fleets: Vec<PathBuf>,

    /// What to compare with: a git revision, or a directory that holds the fleet as it was
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
    #[default]
    Text,
    Json,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let fleets = fleets::compile(&arguments.fleets, arguments.now.as_deref(), None)?;
    let mut changes = Vec::new();
    for fleet in &fleets {
        match compare(fleet, arguments, terminal)? {
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
        (Format::Text, several) => {
            let texts: Vec<String> = several.iter().map(review::change_text).collect();
            terminal.print(&texts.join("\n"))?;
        }
    }
    Ok(Verdict::good_if(changes.iter().all(|change| change.gates.is_empty())))
}

/// What becomes of one fleet; `None` if a side does not compile, which is said.
fn compare(fleet: &Fleet, arguments: &Arguments, terminal: &Terminal) -> Result<Option<Change>, Trouble> {
    let Some(compiled) = &fleet.compiled else {
        terminal.complain(&findings::errors(&fleet.sources, &fleet.findings, terminal));
        return Ok(None);
    };
    let before = revision::read_fleet_at(&fleet.folder, &arguments.against)?;
    let earlier = match &before {
        None => {
            terminal.say(&format!(
                "fleet `{}` is new: there is none at `{}`",
                fleet.sources.fleet(),
                arguments.against
            ));
            None
        }
        Some(sources) => match crate::compile(sources) {
            Ok(compiled) => Some(compiled),
            Err(found) => {
                terminal.complain(&findings::errors(sources, &found, terminal));
                return Ok(None);
            }
        },
    };
    let step = match &earlier {
        Some(earlier) => compiled.since_state(earlier, arguments.now.as_deref()),
        None => Findings::default(),
    };
    if let Some(earlier) = &earlier {
        let found = cluster::changed_by_new_clusters(earlier, &fleet.sources, compiled);
        terminal.complain(&findings::text(&[(&fleet.sources, &found)], terminal));
    }
    let old = Side::new(before.as_ref(), earlier.as_ref());
    let new = Side::new(Some(&fleet.sources), Some(compiled));
    let (old, new) = (old.state(), new.state());
    let mut change = review::change(fleet.sources.fleet(), old, new, &step);
    let gates = arguments.deny.iter().map(|deny| deny.gate());
    let fired =
        gates.filter_map(|gate| gate.judge(&change, &old, &new, arguments.share, arguments.now.as_deref()));
    change.gates = fired.collect();
    Ok(Some(change))
}

/// Everything of one side that a report reads.
struct Side<'a> {
    compiled: Option<&'a Compiled>,
    world: World<'a>,
    places: Places<'a>,
    files: Files,
}

impl<'a> Side<'a> {
    fn new(sources: Option<&'a Sources>, compiled: Option<&'a Compiled>) -> Self {
        let trees = compiled
            .iter()
            .flat_map(|compiled| compiled.parts().into_iter().map(|part| compiled.render(&part)));
        let files: BTreeMap<String, String> = trees.flat_map(|tree| tree.files).collect();
        Side {
            compiled,
            world: compiled.map(Compiled::world).unwrap_or_default(),
            places: Places { fleet: sources, tree: None },
            files,
        }
    }

    fn state(&self) -> State<'_> {
        let mesh = self.compiled.map(Compiled::mesh);
        State { scene: Scene { world: &self.world, mesh, places: &self.places }, mesh, files: &self.files }
    }
}
