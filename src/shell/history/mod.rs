//! A fleet's history, through git: its commits, the files of the fleet in each, who signed. A few calls of git for all of
//! it, whatever the number of commits.

mod ask;
mod commits;
mod load;
mod signatures;
mod states;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::disk;
use super::revision::{self, no_git, run};
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::history::{Commit, History, Horizon, Past, Signatures};
use crate::source::Sources;

use ask::git;
use commits::{commits, is_day, on_day};

/// The history of one fleet.
pub struct Repository {
    /// Its commits.
    pub history: History,
    /// The commit that is asked from.
    pub tip: usize,
    folder: PathBuf,
    /// By commit, where the fleet was: `fleets/prod/`, or nothing for the top of the repository.
    prefixes: Vec<String>,
    /// By state, the fleet's name and the tree of its folder.
    states: Vec<(String, String)>,
    /// By state, the files that a fleet is read from, and their blobs; or why they cannot be read.
    files: BTreeMap<usize, Result<Vec<(String, String)>, String>>,
    blobs: BTreeMap<String, Vec<u8>>,
    uncommitted: bool,
}

impl Repository {
    /// Walks the history from HEAD, or from what `at` names: a day (`YYYY-MM-DD`: the last commit on HEAD's line of first
    /// parents by its end, UTC), or a revision. Reads no files yet.
    pub fn walk(folder: &Path, at: Option<&str>) -> Result<Self, Trouble> {
        let prefix = prefix(folder)?;
        let head = revision::commit(folder, "HEAD")?.ok_or_else(|| {
            Trouble::new("this repository has no commit yet").help("commit the fleet: an audit reads commits")
        })?;
        let day = at.filter(|at| is_day(at));
        let asked = match (at, day) {
            (Some(at), None) => Some(revision::commit(folder, at)?.ok_or_else(|| {
                Trouble::new(format!("`{at}` is neither a day nor a git revision"))
                    .help("write a day as `YYYY-MM-DD`, or name a branch, a tag or a commit")
            })?),
            _ => None,
        };
        let tips: Vec<&str> = std::iter::once(head.as_str()).chain(asked.as_deref()).collect();
        let history = History { commits: commits(folder, &tips)? };
        let index = |hash: &str| history.commits.iter().position(|commit| commit.hash == hash);
        let head = index(&head).unwrap_or_default();
        let tip = match (day, &asked) {
            (Some(day), _) => on_day(&history, head, day)?,
            (_, Some(hash)) => index(hash).unwrap_or_default(),
            _ => head,
        };
        let uncommitted = uncommitted(folder)?;
        let mut repository = Repository {
            history,
            tip,
            folder: folder.to_owned(),
            prefixes: Vec::new(),
            states: Vec::new(),
            files: BTreeMap::new(),
            blobs: BTreeMap::new(),
            uncommitted,
        };
        repository.find_states(head, prefix)?;
        if repository.history.commit(tip).is_none_or(|commit| commit.state.is_none()) {
            let shown = folder.display();
            return Err(match at {
                Some(at) => Trouble::new(format!("there was no fleet `{shown}` at `{at}`"))
                    .help("name a later day or revision; `fleetc audit` says when its clusters came"),
                None => Trouble::new(format!("`{shown}` is in no commit of this branch"))
                    .help("commit the fleet: an audit reads commits, not the work tree"),
            });
        }
        Ok(repository)
    }

    /// How far it sees.
    pub fn horizon(&self) -> Horizon {
        let line: Vec<usize> = self.history.line(self.tip).collect();
        let commit = |index: usize| self.history.commit(index).cloned().unwrap_or_default();
        let (tip, oldest) = (commit(self.tip), commit(line.last().copied().unwrap_or(self.tip)));
        Horizon {
            commit: tip.hash,
            committed: tip.committed,
            folder: self
                .prefixes
                .get(self.tip)
                .map(|prefix| prefix.trim_end_matches('/').to_owned())
                .unwrap_or_default(),
            commits: line.len(),
            states: self.states.len(),
            oldest: oldest.hash,
            since: oldest.committed,
            complete: !self.history.commits.iter().any(|commit| commit.cut),
            uncommitted: self.uncommitted,
        }
    }

    /// The fleet's name in a commit.
    pub fn fleet(&self, commit: usize) -> &str {
        let state = self.history.commit(commit).and_then(|commit| commit.state);
        state.and_then(|state| self.states.get(state)).map_or("", |(name, _)| name)
    }

    /// Reads the files of every state and has their past told, with progress on the terminal.
    pub fn tell<T>(
        &mut self,
        terminal: &Terminal,
        telling: impl FnOnce(&Past<'_>, &str, &Signatures<'_>, &(dyn Fn() + Sync)) -> T,
    ) -> Result<T, Trouble> {
        self.load(&(0..self.states.len()).collect::<Vec<_>>())?;
        let files = |commit: usize| self.sources(commit);
        let progress = terminal.progress("reading states", self.states.len());
        let past = Past::new(&self.history, self.tip, &files, &|| progress.step());
        drop(progress);
        let progress = terminal.progress("compiling commits", self.states.len());
        let signatures = |asked: &BTreeSet<usize>| self.signatures(asked);
        Ok(telling(&past, self.fleet(self.tip), &signatures, &|| progress.step()))
    }

    /// Reads the files of a commit.
    pub fn load_commit(&mut self, commit: usize) -> Result<(), Trouble> {
        let state = self.history.commit(commit).and_then(|commit| commit.state);
        self.load(&state.into_iter().collect::<Vec<_>>())
    }

    /// The fleet of a commit whose state has been read; the error says why it cannot be.
    pub fn sources(&self, commit: usize) -> Result<Sources, String> {
        let at = self.history.commit(commit).ok_or("there is no such commit")?;
        let state = at.state.ok_or("there is no fleet in this commit")?;
        let files = self.files.get(&state).ok_or("its files are not read")?.as_ref().map_err(Clone::clone)?;
        let files = files.iter().map(|(path, blob)| {
            let bytes = self.blobs.get(blob).cloned().unwrap_or_default();
            (path.clone(), bytes)
        });
        Ok(Sources::new(self.fleet(commit), self.shown(commit), files))
    }

    /// As git itself reads it: `1a2b3c4d5e6f:fleets/prod`.
    fn shown(&self, commit: usize) -> String {
        let prefix = self.prefixes.get(commit).map_or("", |prefix| prefix.trim_end_matches('/'));
        let short = self.history.commit(commit).map_or("", Commit::short);
        format!("{short}:{}", if prefix.is_empty() { "." } else { prefix })
    }
}

/// The folder of the fleet from the top of its repository.
fn prefix(folder: &Path) -> Result<String, Trouble> {
    let mut command = git(folder);
    let output = command.args(["rev-parse", "--show-prefix"]).output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end_matches(['\n', '\r']).to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("not a git repository") {
        let message = format!("`{}` is in no git repository", folder.display());
        return Err(
            Trouble::new(message).help("a history is read from git: clone the repository of the fleet")
        );
    }
    let reason = said.lines().next().unwrap_or("no reason given").trim_start_matches("fatal: ").to_owned();
    Err(Trouble::new(format!("git refuses: {reason}")))
}

/// True if what a fleet is read from says something else in the work tree than in HEAD.
fn uncommitted(folder: &Path) -> Result<bool, Trouble> {
    let mut command = git(folder);
    command.args(["-c", "core.fsmonitor=false", "status", "--porcelain", "-z", "--untracked-files=all"]);
    let said = run(command.args(["--no-renames", "--", "."]))?;
    let said = String::from_utf8_lossy(&said);
    let paths = said.split('\0').filter_map(|line| line.get(3..));
    Ok(paths.into_iter().any(|path| {
        let hidden = path.split('/').any(|part| part.starts_with('.'));
        !hidden && disk::is_named_so(Path::new(path))
    }))
}
