//! What the questions have in common: of what they are asked, and how they are answered.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::Verdict;
use super::disk;
use super::findings;
use super::fleets::{self, Fleet};
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::Compiled;
use crate::manifest::Labels;
use crate::question::{NoAnswer, Places, Requested, Scene, To};
use crate::report::Findings;
use crate::source::Sources;
use crate::world::Exported;

#[derive(Debug, clap::Args)]
pub struct Asked {
    /// The fleet that is asked; default: the one around, or the only one below the current directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,

    /// Ask a tree of manifests instead: a rendered one, one written by hand, an export of a cluster. Its first folders are
    /// clusters, if they are named as the fleet's; else it is one cluster
    #[arg(long, value_name = "DIR")]
    tree: Option<PathBuf>,

    /// The HTTP method that is asked about, at waypoints
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,

    /// The path that is asked about, at waypoints
    #[arg(long, value_name = "PATH")]
    path: Option<String>,

    /// How to answer
    #[arg(long, short = 'o', value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    #[default]
    Text,
    Json,
    Csv,
}

/// How a command answers that has nothing for a spreadsheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TextOrJson {
    #[default]
    Text,
    Json,
}

/// What is called.
#[derive(Debug, clap::Args)]
pub struct Called {
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
    #[arg(long, value_name = "LABELS", value_parser = labels)]
    labels: Option<Labels>,
}

impl Called {
    /// The destination; a port or a cluster is named once.
    pub fn destination(&self) -> Result<To, Trouble> {
        let text = &self.to;
        let mut to = To::read(text, self.labels.clone()).map_err(no_answer)?;
        let twice = |what: &str| {
            Err(Trouble::new(format!("`{text}` names another {what} than `--{what}`")).help("name it once"))
        };
        if to.port.is_some_and(|own| self.port.is_some_and(|port| port != own)) {
            return twice("port");
        }
        if to.cluster.as_ref().is_some_and(|own| self.cluster.as_ref().is_some_and(|one| one != own)) {
            return twice("cluster");
        }
        to.port = to.port.or(self.port);
        to.cluster = to.cluster.or(self.cluster.clone());
        Ok(to)
    }
}

impl Asked {
    /// The request that is asked about.
    pub fn requested(&self) -> Requested {
        Requested { method: self.method.clone(), path: self.path.clone() }
    }

    /// Reads what is asked and puts the question, with the files of the fleet if it is the fleet that is asked. A fleet or tree that cannot be judged is refused with its findings.
    pub fn ask<A>(
        &self,
        terminal: &Terminal,
        question: impl FnOnce(Scene<'_>, Option<&Sources>) -> Result<A, NoAnswer>,
    ) -> Result<Option<A>, Trouble> {
        let answered = match &self.tree {
            None => {
                let Some((sources, compiled)) = the_fleet(self.fleet.as_deref(), terminal)? else {
                    return Ok(None);
                };
                let world = compiled.world();
                let places = Places { fleet: Some(&sources), tree: None };
                question(
                    Scene { world: &world, mesh: Some(compiled.mesh()), places: &places },
                    Some(&sources),
                )
            }
            Some(folder) => {
                let fleet = match (&self.fleet, fleets::find(None)) {
                    (None, Err(_)) => None,
                    _ => match the_fleet(self.fleet.as_deref(), terminal)? {
                        Some(fleet) => Some(fleet),
                        None => return Ok(None),
                    },
                };
                let mesh = fleet.as_ref().map(|(_, compiled)| compiled.mesh());
                let sources = disk::read_fleet(folder)?;
                let mut found = Findings::default();
                let exported = Exported::read(&sources, mesh, &mut found);
                if found.has_errors() {
                    terminal.complain(&findings::text(&[(&sources, &found.sorted())], terminal));
                    return Ok(None);
                }
                exported.notes.iter().for_each(|note| terminal.say(&format!("drift: {note}")));
                let world = exported.world(mesh);
                let places =
                    Places { fleet: fleet.as_ref().map(|(sources, _)| sources), tree: Some(&sources) };
                question(Scene { world: &world, mesh: None, places: &places }, None)
            }
        };
        answered.map(Some).map_err(no_answer)
    }
}

/// The one fleet that a command is about ([`fleets::find`]), compiled; `None` if it holds an error, which is said.
pub fn the_fleet(given: Option<&Path>, terminal: &Terminal) -> Result<Option<(Sources, Compiled)>, Trouble> {
    let folder = fleets::find(given)?;
    let Some(fleet) = fleets::compile(&[folder], None, None)?.pop() else { return Ok(None) };
    let Fleet { sources, compiled, findings: found, .. } = fleet;
    let Some(compiled) = compiled else {
        terminal.complain(&findings::errors(&sources, &found, terminal));
        return Ok(None);
    };
    Ok(Some((sources, compiled)))
}

/// A question that has no answer is wrong usage.
pub fn no_answer(none: NoAnswer) -> Trouble {
    Trouble::new(none.message).help(none.help)
}

/// The verdict of a question that could not be put.
pub const NOT_ASKED: Verdict = Verdict::Refused;

/// Reads `key=value,key=value`.
pub fn labels(text: &str) -> Result<Labels, String> {
    let pairs = text.split(',').map(|pair| match pair.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err(format!("`{pair}` is not `key=value`")),
    });
    pairs.collect()
}
