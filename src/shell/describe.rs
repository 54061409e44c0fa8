//! `fleetc describe`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Verdict;
use super::asked::{TextOrJson, no_answer, the_fleet};
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::pane::describe::{self, Ground, Subject};
use crate::question::{Places, Scene};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc describe workspace payments              what it owns, gives and takes, and why the rest is not shared
  fleetc describe service ledger -n platform-shared   who may call it, who enforces that, in which files
  fleetc describe ap billing-allow-payments       where an AccessPolicy is in force, and where not
  fleetc describe cluster east -o json            for programs

Short names are those of kubectl: ws, vd, seg, ap, kc, svc. Behind each statement stand the lines that make it so, `path:line`.
`yes` and `no` tell what could be otherwise; a no says why.")]
pub struct Arguments {
    /// What to describe
    #[arg(value_enum)]
    kind: Kind,

    /// Its name; of a Service `name.namespace` too
    name: String,

    /// Its namespace, where several have the name
    #[arg(long, short = 'n')]
    namespace: Option<String>,

    /// The fleet that is asked; default: the one around, or the only one below the current directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,

    /// How to show it
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: TextOrJson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A Workspace
    #[value(alias = "workspaces", alias = "ws")]
    Workspace,
    /// A VirtualDestination
    #[value(name = "virtualdestination", alias = "virtualdestinations", alias = "vd")]
    VirtualDestination,
    /// A Segment
    #[value(alias = "segments", alias = "seg")]
    Segment,
    /// An AccessPolicy
    #[value(name = "accesspolicy", alias = "accesspolicies", alias = "policy", alias = "ap")]
    AccessPolicy,
    /// A KubernetesCluster
    #[value(alias = "clusters", alias = "kubernetescluster", alias = "kc")]
    Cluster,
    /// A Service of the inventory
    #[value(alias = "services", alias = "svc")]
    Service,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let Some((sources, compiled)) = the_fleet(arguments.fleet.as_deref(), terminal)? else {
        return Ok(Verdict::Refused);
    };
    let subject = match arguments.kind {
        Kind::Workspace => Subject::Workspace,
        Kind::VirtualDestination => Subject::VirtualDestination,
        Kind::Segment => Subject::Segment,
        Kind::AccessPolicy => Subject::AccessPolicy,
        Kind::Cluster => Subject::Cluster,
        Kind::Service => Subject::Service,
    };
    let world = compiled.world();
    let places = Places { fleet: Some(&sources), tree: None };
    let causes = compiled.causes();
    let ground = Ground {
        scene: Scene { world: &world, mesh: Some(compiled.mesh()), places: &places },
        mesh: compiled.mesh(),
        causes: &causes,
    };
    let namespace = arguments.namespace.as_deref();
    let said = describe::describe(&ground, subject, &arguments.name, namespace).map_err(no_answer)?;
    terminal.print(&match arguments.format {
        TextOrJson::Text => said.text(),
        TextOrJson::Json => said.json(),
    })?;
    Ok(Verdict::Good)
}
