//! `fleetc audit`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::Verdict;
use super::asked::{Format, no_answer};
use super::findings;
use super::fleets;
use super::history::Repository;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::history::{self, Past};
use crate::question::{self, Places, Scene};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc audit                                   every cluster, policy, workspace and root: since when, by whom, with what permissions
  fleetc audit -o json                           with every pair of caller and service
  fleetc audit --at 2026-03-01                   as of that day
  fleetc audit --at 2026-03-01 --to billing      who could call billing on that day
  fleetc audit --at v3 --to api.billing:80@east -o csv

Read from git: from HEAD, along first parents; what a merge brought is traced to the commit that wrote it. What is not
committed does not count. Exit code: 0 said, 1 the fleet at --at does not compile, 2 wrong usage or no history.")]
pub struct Arguments {
    /// The fleet that is asked; default: the one around, or the only one below the current directory
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,

    /// The day (`YYYY-MM-DD`: the last commit by its end, UTC) or git revision that is meant by now; default: HEAD
    #[arg(long, value_name = "DATE|REV")]
    at: Option<String>,

    /// Ask who could call this instead: `service.namespace[:port][@cluster]`, or a workspace, a namespace or a service by
    /// its name alone
    #[arg(long, value_name = "TO", visible_alias = "who-could-call")]
    to: Option<String>,

    /// How to say it
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: Format,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let folder = fleets::find(arguments.fleet.as_deref())?;
    let mut repository = Repository::walk(&folder, arguments.at.as_deref())?;
    warn(&repository, terminal);
    if let Some(to) = &arguments.to {
        return who_could_call(&mut repository, to, arguments.format, terminal);
    }
    repository.load_all()?;
    let files = |commit: usize| repository.sources(commit);
    let progress = terminal.progress("reading states", repository.states());
    let past = Past::new(&repository.history, repository.tip, &files, &|| progress.step());
    drop(progress);
    let progress = terminal.progress("compiling commits", repository.states());
    let signatures = |asked: &BTreeSet<usize>| repository.signatures(asked);
    let audit = history::audit(&past, repository.fleet(repository.tip), &signatures, &|| progress.step());
    drop(progress);
    let horizon = repository.horizon();
    terminal.print(&match arguments.format {
        Format::Text => history::audit_text(&audit, &horizon),
        Format::Json => history::audit_json(&audit, &horizon),
        Format::Csv => history::audit_csv(&audit),
    })?;
    Ok(Verdict::Good)
}

/// Says what the answer does not see.
pub fn warn(repository: &Repository, terminal: &Terminal) {
    let horizon = repository.horizon();
    if !horizon.complete {
        terminal.say(&format!(
            "warning: this clone is shallow and sees no further back than {} of {}; `git fetch --unshallow` brings the rest",
            horizon.oldest.get(..12).unwrap_or_default(),
            horizon.since
        ));
    }
    if horizon.uncommitted {
        terminal.say(
            "warning: the work tree holds changes of the fleet that are not committed; they are not told",
        );
    }
}

fn who_could_call(
    repository: &mut Repository,
    to: &str,
    format: Format,
    terminal: &Terminal,
) -> Result<Verdict, Trouble> {
    let tip = repository.tip;
    repository.load_commit(tip)?;
    let sources = repository.sources(tip).map_err(|message| {
        Trouble::new(message).help("name another commit: what this one permits cannot be told")
    })?;
    let compiled = match crate::compile(&sources) {
        Ok(compiled) => compiled,
        Err(found) => {
            terminal.complain(&findings::errors(&sources, &found, terminal));
            terminal.complain(&earlier(repository)?);
            return Ok(Verdict::Refused);
        }
    };
    let world = compiled.world();
    let places = Places { fleet: Some(&sources), tree: None };
    let scene = Scene { world: &world, mesh: Some(compiled.mesh()), places: &places };
    let signature = repository.signatures(&BTreeSet::from([tip])).remove(&tip).unwrap_or_default();
    let commit = repository.history.commit(tip).cloned().unwrap_or_default();
    let answer = history::could_call(scene, history::written(&commit, signature), to).map_err(no_answer)?;
    terminal.print(&match format {
        Format::Text => history::could_call_text(&answer),
        Format::Json => history::could_call_json(&answer),
        Format::Csv => question::rows_csv(&answer.rows),
    })?;
    Ok(Verdict::Good)
}

/// How many commits are tried.
const TRIED: usize = 50;

/// What to ask instead of a commit that does not compile.
fn earlier(repository: &mut Repository) -> Result<String, Trouble> {
    let line: Vec<usize> = repository.history.line(repository.tip).skip(1).take(TRIED).collect();
    for commit in line {
        repository.load_commit(commit)?;
        if repository.sources(commit).is_ok_and(|sources| crate::compile(&sources).is_ok()) {
            let commit = repository.history.commit(commit).cloned().unwrap_or_default();
            return Ok(format!(
                "error: the fleet does not compile there, so who could call what is unknown\n  help: the last commit before it that does is {} of {}: `--at {}`",
                commit.short(),
                commit.committed,
                commit.short()
            ));
        }
    }
    Ok("error: the fleet does not compile there, so who could call what is unknown".to_owned())
}
