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
use crate::history;
use crate::question::{self, Places, Scene};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc audit                                   who added what, when, with what permissions
  fleetc audit fleets/prod -o json               with every pair of caller and service
  fleetc audit --at 2026-03-01                   as of that day
  fleetc audit --at 2026-03-01 --to billing      who could call billing on that day
  fleetc audit --at v3 --to api.billing:80@east -o csv

Read from git: from HEAD, along first parents; what a merge brought is traced to the commit that
wrote it. What is not committed does not count. Exit code: 0 said, 1 the fleet at --at does not
compile, 2 wrong usage or no history.")]
pub struct Arguments {
    /// Directories that hold a fleet each; without any, every folder of ./fleets, or the fleet around
    #[arg(value_name = "FLEET_DIR")]
    fleets: Vec<PathBuf>,

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
    let folders = fleets::all_or_around(&arguments.fleets)?;
    let mut said = Vec::new();
    let mut refused = false;
    let mut trouble = None;
    for folder in &folders {
        let mut repository = Repository::walk(folder, arguments.at.as_deref())?;
        warn(&repository, terminal);
        match &arguments.to {
            None => said.push(audit(&mut repository, arguments.format, terminal)?),
            Some(to) => match who_could_call(&mut repository, to, arguments.format, terminal) {
                Ok(Some(text)) => said.push(text),
                Ok(None) => refused = true,
                // another fleet may know it
                Err(unknown) => trouble = Some(unknown),
            },
        }
    }
    if let (true, false, Some(trouble)) = (said.is_empty(), refused, trouble) {
        return Err(trouble);
    }
    terminal.print(&match (arguments.format, said.as_slice()) {
        (_, [only]) => only.clone(),
        (Format::Json, several) => format!("[\n{}]\n", several.join(",\n")),
        (Format::Text | Format::Csv, several) => several.join("\n"),
    })?;
    Ok(Verdict::good_if(!refused))
}

fn audit(repository: &mut Repository, format: Format, terminal: &Terminal) -> Result<String, Trouble> {
    let audit = repository.tell(terminal, history::audit)?;
    let horizon = repository.horizon();
    Ok(match format {
        Format::Text => history::audit_text(&audit, &horizon),
        Format::Json => history::audit_json(&audit, &horizon),
        Format::Csv => history::audit_csv(&audit),
    })
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

/// Who could call something at the commit that is meant by now; `None` if the fleet does not compile there, which is said.
fn who_could_call(
    repository: &mut Repository,
    to: &str,
    format: Format,
    terminal: &Terminal,
) -> Result<Option<String>, Trouble> {
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
            return Ok(None);
        }
    };
    let world = compiled.world();
    let places = Places { fleet: Some(&sources), tree: None };
    let scene = Scene { world: &world, mesh: Some(compiled.mesh()), places: &places };
    let signature = repository.signatures(&BTreeSet::from([tip])).remove(&tip).unwrap_or_default();
    let commit = repository.history.commit(tip).cloned().unwrap_or_default();
    let answer = history::could_call(scene, history::written(&commit, signature), to).map_err(no_answer)?;
    Ok(Some(match format {
        Format::Text => history::could_call_text(&answer),
        Format::Json => history::could_call_json(&answer),
        Format::Csv => question::rows_csv(&answer.rows),
    }))
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
