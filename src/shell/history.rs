//! A fleet's history, through git: its commits, the files of the fleet in each, who signed. A few calls of git for all of
//! it, whatever the number of commits.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use super::disk;
use super::revision::{self, Entry, no_git, objects, run};
use super::trouble::Trouble;
use crate::history::{Commit, History, Horizon, Signature, Trailer};
use crate::source::Sources;

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

    /// How many states there are.
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// Reads the files of every state.
    pub fn load_all(&mut self) -> Result<(), Trouble> {
        self.load(&(0..self.states.len()).collect::<Vec<_>>())
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

    /// What git says of the signatures of commits. One that cannot be judged is none that is good.
    pub fn signatures(&self, asked: &BTreeSet<usize>) -> BTreeMap<usize, Signature> {
        let hashes: Vec<(usize, &str)> = asked
            .iter()
            .filter_map(|index| Some((*index, self.history.commit(*index)?.hash.as_str())))
            .collect();
        let wanted: Vec<(String, String)> =
            hashes.iter().map(|(_, hash)| ((*hash).to_owned(), (*hash).to_owned())).collect();
        // git says `N` of a signature that it has no means to judge as well: the commit itself tells
        let raw = objects(&self.folder, "commit", &wanted).unwrap_or_default();
        let signed: BTreeSet<String> =
            raw.into_iter().filter(|(_, bytes)| is_signed(bytes)).map(|(hash, _)| hash).collect();
        let mut judged = BTreeMap::new();
        if !signed.is_empty() {
            let list: String = signed.iter().map(|hash| format!("{hash}\n")).collect();
            let mut command = git(&self.folder);
            command.args(["log", "--no-walk=unsorted", "--stdin", "-z", "--no-color", "--no-show-signature"]);
            command.arg("--format=%H%x00%G?%x00%GS%x00%GF");
            let said = converse(&mut command, list).unwrap_or_default();
            for fields in records(&said, 4) {
                if let [hash, status, signer, key] = fields.as_slice() {
                    judged.insert(hash.clone(), signature(status, signer, key));
                }
            }
        }
        let of = |(index, hash): (usize, &str)| {
            let signature = match (signed.contains(hash), judged.get(hash)) {
                (false, _) => Signature { status: "none".into(), ..Signature::default() },
                (true, Some(judged)) => judged.clone(),
                (true, None) => signature("E", "", ""),
            };
            (index, signature)
        };
        hashes.into_iter().map(of).collect()
    }

    /// As git itself reads it: `1a2b3c4d5e6f:fleets/prod`.
    fn shown(&self, commit: usize) -> String {
        let prefix = self.prefixes.get(commit).map_or("", |prefix| prefix.trim_end_matches('/'));
        let short = self.history.commit(commit).map_or("", Commit::short);
        format!("{short}:{}", if prefix.is_empty() { "." } else { prefix })
    }

    /// Says of each commit where the fleet is in it, and which of its states that is. A folder that a commit renamed is
    /// followed to its old name.
    fn find_states(&mut self, head: usize, prefix: String) -> Result<(), Trouble> {
        let count = self.history.commits.len();
        let mut prefixes: Vec<Option<String>> = vec![None; count];
        if let Some(of_head) = prefixes.get_mut(head) {
            *of_head = Some(prefix.clone());
        }
        let mut trees: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        trees.insert(prefix.clone(), self.trees(&prefix)?);
        let tree = |trees: &BTreeMap<String, Vec<Option<String>>>, prefix: &str, commit: usize| {
            trees.get(prefix).and_then(|trees| trees.get(commit)?.clone())
        };
        for commit in 0..count {
            let own = prefixes.get(commit).cloned().flatten().unwrap_or_else(|| prefix.clone());
            let parents =
                self.history.commit(commit).map(|commit| commit.parents.clone()).unwrap_or_default();
            for parent in parents {
                if prefixes.get(parent).is_some_and(Option::is_some) {
                    continue;
                }
                let mut of_parent = own.clone();
                let born = tree(&trees, &own, commit).is_some() && tree(&trees, &own, parent).is_none();
                if born && let Some(old) = self.renamed_from(parent, commit, &own)? {
                    if !trees.contains_key(&old) {
                        trees.insert(old.clone(), self.trees(&old)?);
                    }
                    if tree(&trees, &old, parent).is_some() {
                        of_parent = old;
                    }
                }
                if let Some(place) = prefixes.get_mut(parent) {
                    *place = Some(of_parent);
                }
            }
            if let Some(place) = prefixes.get_mut(commit) {
                *place = Some(own);
            }
        }
        self.prefixes =
            prefixes.into_iter().map(|of_commit| of_commit.unwrap_or_else(|| prefix.clone())).collect();
        let top = disk::fleet_name(&self.folder)?;
        let mut numbers: BTreeMap<(String, String), usize> = BTreeMap::new();
        for (index, commit) in self.history.commits.iter_mut().enumerate() {
            let Some(of_commit) = self.prefixes.get(index) else { continue };
            let Some(tree) = tree(&trees, of_commit, index) else { continue };
            let name = of_commit.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty());
            let state = (name.unwrap_or(&top).to_owned(), tree);
            let next = numbers.len();
            let number = *numbers.entry(state.clone()).or_insert(next);
            if number == next {
                self.states.push(state);
            }
            commit.state = Some(number);
        }
        Ok(())
    }

    /// The tree at a folder in every commit.
    fn trees(&self, prefix: &str) -> Result<Vec<Option<String>>, Trouble> {
        let folder = prefix.trim_end_matches('/');
        if folder.contains('\n') {
            return Err(Trouble::new("the name of the fleet's folder holds a line break").help("rename it"));
        }
        let questions = self.history.commits.iter().map(|commit| match folder {
            "" => format!("{}^{{tree}}\n", commit.hash),
            folder => format!("{}:{folder}\n", commit.hash),
        });
        let mut command = git(&self.folder);
        let answers = converse(command.args(["cat-file", "--batch-check"]), questions.collect())?;
        let answers = String::from_utf8_lossy(&answers);
        let tree = |line: &str| {
            let mut words = line.split(' ');
            let (hash, kind) = (words.next()?, words.next()?);
            (kind == "tree").then(|| hash.to_owned())
        };
        Ok(answers.lines().map(tree).collect())
    }

    /// The folder that most files of a folder that is new in a commit were in before.
    fn renamed_from(&self, parent: usize, commit: usize, prefix: &str) -> Result<Option<String>, Trouble> {
        let hash = |index: usize| self.history.commit(index).map_or("", |commit| &commit.hash);
        let mut command = git(&self.folder);
        command.args(["diff-tree", "-r", "-z", "-M", "--name-status", "--no-commit-id"]);
        let said = run(command.args([hash(parent), hash(commit)]))?;
        let said = String::from_utf8_lossy(&said);
        let mut words = said.split('\0');
        let (mut votes, mut new): (BTreeMap<String, usize>, usize) = (BTreeMap::new(), 0);
        while let Some(status) = words.next().filter(|status| !status.is_empty()) {
            let first = words.next().unwrap_or_default();
            let renamed = status.starts_with(['R', 'C']);
            let path = if renamed { words.next().unwrap_or_default() } else { first };
            let Some(below) = path.strip_prefix(prefix).filter(|below| disk::is_named_so(Path::new(below)))
            else {
                continue;
            };
            new += 1;
            let old = first.strip_suffix(below).filter(|old| old.is_empty() || old.ends_with('/'));
            if let Some(old) = old.filter(|_| renamed) {
                *votes.entry(old.to_owned()).or_default() += 1;
            }
        }
        let most = votes.into_iter().max_by_key(|(_, votes)| *votes);
        Ok(most.filter(|(_, votes)| votes * 2 > new).map(|(old, _)| old))
    }

    /// Reads states: their trees level by level, then all their blobs, each object once.
    fn load(&mut self, states: &[usize]) -> Result<(), Trouble> {
        let new: Vec<usize> =
            states.iter().copied().filter(|state| !self.files.contains_key(state)).collect();
        let mut trees: BTreeMap<String, Vec<TreeEntry>> = BTreeMap::new();
        let mut open: BTreeSet<String> =
            new.iter().filter_map(|state| Some(self.states.get(*state)?.1.clone())).collect();
        while !open.is_empty() {
            let wanted: Vec<(String, String)> =
                open.iter().map(|tree| (tree.clone(), tree.clone())).collect();
            let read = objects(&self.folder, "tree", &wanted)?;
            let read = read.into_iter().map(|(tree, bytes)| {
                let entries = tree_entries(&bytes, tree.len() / 2);
                (tree, entries)
            });
            trees.extend(read);
            let below = open.iter().filter_map(|tree| trees.get(tree)).flatten();
            let below = below.filter(|entry| entry.is_tree() && !entry.name.starts_with(b"."));
            open = below.map(|entry| entry.hash.clone()).filter(|hash| !trees.contains_key(hash)).collect();
        }
        let mut wanted: BTreeMap<usize, Result<Vec<(String, String)>, String>> = BTreeMap::new();
        for state in new {
            let Some((name, tree)) = self.states.get(state) else { continue };
            let mut entries = BTreeMap::new();
            let files = match flatten(&trees, tree, "", &mut entries) {
                Ok(()) => revision::wanted(&entries, name, |link| revision::blob(&self.folder, link))
                    .map_err(|trouble| trouble.message().to_owned()),
                Err(message) => Err(message),
            };
            wanted.insert(state, files);
        }
        let blobs: BTreeSet<String> =
            wanted.values().flatten().flatten().map(|(_, blob)| blob.clone()).collect();
        let blobs: Vec<String> = blobs.into_iter().filter(|blob| !self.blobs.contains_key(blob)).collect();
        let too_large = self.too_large(&blobs)?;
        for files in wanted.values_mut() {
            let large = files.iter().flatten().find(|(_, blob)| too_large.contains(blob));
            if let Some((path, _)) = large {
                *files = Err(disk::too_large(Path::new(path)).message().to_owned());
            }
        }
        let read: Vec<(String, String)> = blobs
            .into_iter()
            .filter(|blob| !too_large.contains(blob))
            .map(|blob| (blob.clone(), blob))
            .collect();
        let read = objects(&self.folder, "blob", &read)?;
        self.blobs.extend(read);
        self.files.extend(wanted);
        Ok(())
    }

    fn too_large(&self, blobs: &[String]) -> Result<BTreeSet<String>, Trouble> {
        let questions: String = blobs.iter().map(|blob| format!("{blob}\n")).collect();
        let mut command = git(&self.folder);
        let answers = converse(command.args(["cat-file", "--batch-check"]), questions)?;
        let answers = String::from_utf8_lossy(&answers);
        let large = answers.lines().filter_map(|line| {
            let mut words = line.split(' ');
            let (blob, size) = (words.next()?, words.nth(1)?);
            (size.parse::<u64>().ok()? > disk::LARGEST_FILE).then(|| blob.to_owned())
        });
        Ok(large.collect())
    }
}

/// An entry of a tree.
struct TreeEntry {
    mode: String,
    name: Vec<u8>,
    hash: String,
}

impl TreeEntry {
    fn is_tree(&self) -> bool {
        self.mode == "40000"
    }
}

/// `<mode> <name>\0<hash>` one after the other; the hash has `width` bytes.
fn tree_entries(mut bytes: &[u8], width: usize) -> Vec<TreeEntry> {
    let mut entries = Vec::new();
    while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
        let (mode, rest) = bytes.split_at(space);
        let rest = rest.get(1..).unwrap_or_default();
        let Some(end) = rest.iter().position(|byte| *byte == 0) else { break };
        let (name, rest) = rest.split_at(end);
        let Some((hash, rest)) = rest.get(1..).and_then(|rest| rest.split_at_checked(width)) else { break };
        entries.push(TreeEntry {
            mode: String::from_utf8_lossy(mode).into_owned(),
            name: name.to_vec(),
            hash: crate::trust::hex(hash),
        });
        bytes = rest;
    }
    entries
}

/// All files of a tree, hidden ones left out; an error for a name that is not UTF-8.
fn flatten(
    trees: &BTreeMap<String, Vec<TreeEntry>>,
    tree: &str,
    below: &str,
    entries: &mut BTreeMap<String, Entry>,
) -> Result<(), String> {
    for entry in trees.get(tree).into_iter().flatten().filter(|entry| !entry.name.starts_with(b".")) {
        let name = str::from_utf8(&entry.name).map_err(|_| {
            format!("the name of `{below}{}` is not UTF-8", String::from_utf8_lossy(&entry.name))
        })?;
        let path = format!("{below}{name}");
        if entry.is_tree() {
            flatten(trees, &entry.hash, &format!("{path}/"), entries)?;
        } else {
            entries.insert(path, Entry { mode: entry.mode.clone(), blob: entry.hash.clone(), size: 0 });
        }
    }
    Ok(())
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

const FIELDS: [&str; 9] =
    ["%H", "%P", "%aN <%aE>", "%ad", "%cN <%cE>", "%cd", "%s", "%b", "%(trailers:only=true,unfold=true)"];

/// The commits that some reach, each before its parents.
fn commits(folder: &Path, tips: &[&str]) -> Result<Vec<Commit>, Trouble> {
    let mut command = git(folder);
    command.args(["log", "--topo-order", "-z", "--no-color", "--no-show-signature", "--encoding=UTF-8"]);
    command.arg("--date=format-local:%Y-%m-%dT%H:%M:%SZ").arg(format!("--format={}", FIELDS.join("%x00")));
    let said = run(command.args(tips).arg("--"))?;
    let records = records(&said, FIELDS.len());
    let cut = shallow(folder)?;
    let hashes = records.iter().filter_map(|fields| fields.first().map(String::as_str));
    let indices: BTreeMap<&str, usize> = hashes.enumerate().map(|(index, hash)| (hash, index)).collect();
    let commit = |fields: &Vec<String>| {
        let [hash, parents, author, authored, committer, committed, subject, body, trailers] =
            fields.as_slice()
        else {
            return Commit::default();
        };
        let known: Vec<usize> =
            parents.split(' ').filter_map(|parent| indices.get(parent).copied()).collect();
        Commit {
            cut: cut.contains(hash),
            parents: known,
            hash: hash.clone(),
            state: None,
            author: author.clone(),
            authored: authored.clone(),
            committer: committer.clone(),
            committed: committed.clone(),
            subject: subject.clone(),
            body: body.clone(),
            trailers: trailers.lines().filter_map(trailer).collect(),
        }
    };
    Ok(records.iter().map(commit).collect())
}

fn trailer(line: &str) -> Option<Trailer> {
    let (key, value) = line.split_once(':')?;
    Some(Trailer { key: key.trim().to_owned(), value: value.trim().to_owned() })
}

/// The commits at which a shallow clone ends.
fn shallow(folder: &Path) -> Result<BTreeSet<String>, Trouble> {
    let path = run(git(folder).args(["rev-parse", "--git-path", "shallow"]))?;
    let path = folder.join(String::from_utf8_lossy(&path).trim_end_matches(['\n', '\r']));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(Trouble::disk("read", &path, &error)),
    }
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

/// The newest commit of a line that was made by the end of a day, UTC.
fn on_day(history: &History, head: usize, day: &str) -> Result<usize, Trouble> {
    let by_then = |index: &usize| {
        let committed = history.commit(*index).and_then(|commit| commit.committed.get(..10));
        committed.is_some_and(|committed| committed <= day)
    };
    history.line(head).find(by_then).ok_or_else(|| {
        let oldest = history.line(head).last().and_then(|index| history.commit(index));
        let since = oldest.map_or("", |commit| &commit.committed);
        let message = format!("no commit of this branch is as old as {day}");
        match oldest.is_some_and(|commit| commit.cut) {
            true => Trouble::new(format!("{message}: this clone is shallow and begins {since}"))
                .help("fetch the rest: `git fetch --unshallow`"),
            false => Trouble::new(message).help(format!("its history begins {since}")),
        }
    })
}

/// `YYYY-MM-DD`. A tag that is named so is `refs/tags/YYYY-MM-DD`.
fn is_day(text: &str) -> bool {
    let is = |(index, byte): (usize, u8)| {
        if [4, 7].contains(&index) { byte == b'-' } else { byte.is_ascii_digit() }
    };
    text.len() == 10 && text.bytes().enumerate().all(is)
}

/// What git's letter for a signature means (git-log, `%G?`).
fn signature(status: &str, signer: &str, key: &str) -> Signature {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let status = match status {
        "G" => "good",
        "U" => "good, of unknown trust",
        "X" => "good, but expired",
        "Y" => "good, by an expired key",
        "R" => "good, by a revoked key",
        "B" => "bad",
        // `N`: there is one, and nothing to judge it by
        _ => "not verifiable here",
    };
    Signature { status: status.to_owned(), signer: some(signer), key: some(key) }
}

/// True if the head of a commit holds a signature.
fn is_signed(commit: &[u8]) -> bool {
    let head = commit.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    head.into_iter().any(|line| line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 "))
}

/// git with dates in UTC.
fn git(folder: &Path) -> Command {
    let mut command = revision::git(folder);
    command.env("TZ", "UTC0");
    command
}

/// Records of so many fields, every field ended by a NUL.
fn records(said: &[u8], fields: usize) -> Vec<Vec<String>> {
    let all: Vec<&[u8]> = said.split(|byte| *byte == 0).collect();
    let text = |field: &&[u8]| String::from_utf8_lossy(field).into_owned();
    all.chunks_exact(fields).map(|record| record.iter().map(text).collect()).collect()
}

/// Asks git by its standard input.
fn converse(command: &mut Command, questions: String) -> Result<Vec<u8>, Trouble> {
    let broken = |error: std::io::Error| Trouble::new(format!("git ended early: {error}"));
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| no_git(&error))?;
    let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Trouble::new("git has neither input nor output"));
    };
    // Both pipes are finite: who asks everything before he reads an answer may wait for ever.
    let asker = thread::spawn(move || input.write_all(questions.as_bytes()));
    let mut answers = Vec::new();
    output.read_to_end(&mut answers).map_err(broken)?;
    // An error of the asker has shown itself in the answers.
    let _ = asker.join();
    child.wait().map_err(broken)?;
    Ok(answers)
}
