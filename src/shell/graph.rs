//! `fleetc graph`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Verdict;
use super::asked::the_fleet;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::pane::graph;
use crate::question::{Places, Scene};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc graph peers > peers.svg                which clusters know each other
  fleetc graph workspaces -o mermaid            what workspaces share, for a page of Markdown
  fleetc graph access -o dot | dot -Tpng        who may call whom, laid out by Graphviz

What nothing tells apart is drawn once: a full mesh is one box, Services with the same callers are one line. The same fleet
gives the same picture, so one that is committed changes when what it shows does.")]
pub struct Arguments {
    /// What to draw
    #[arg(value_enum)]
    subject: Subject,

    /// The fleet that is drawn; default: the one around, or the only one below the current directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,

    /// As what
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Clusters, and which know each other
    Peers,
    /// Workspaces, what they own and what they share
    Workspaces,
    /// Services, and who may call them
    Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Svg,
    Dot,
    Mermaid,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let Some((sources, compiled)) = the_fleet(arguments.fleet.as_deref(), terminal)? else {
        return Ok(Verdict::Refused);
    };
    let drawn = match arguments.subject {
        Subject::Peers => graph::peers(compiled.mesh()),
        Subject::Workspaces => graph::workspaces(compiled.mesh()),
        Subject::Access => {
            let world = compiled.world();
            let places = Places { fleet: Some(&sources), tree: None };
            graph::access(Scene { world: &world, mesh: Some(compiled.mesh()), places: &places })
        }
    };
    terminal.print(&match arguments.format {
        Format::Svg => graph::svg(&drawn),
        Format::Dot => graph::dot(&drawn),
        Format::Mermaid => graph::mermaid(&drawn),
    })?;
    Ok(Verdict::Good)
}
