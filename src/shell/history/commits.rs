//! Commits, and the one that is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::ask::{git, records};
use crate::history::{Commit, History, Trailer};
use crate::shell::revision::run;
use crate::shell::trouble::Trouble;

const FIELDS: [&str; 9] =
    ["%H", "%P", "%aN <%aE>", "%ad", "%cN <%cE>", "%cd", "%s", "%b", "%(trailers:only=true,unfold=true)"];

/// The commits that some reach, each before its parents.
pub fn commits(folder: &Path, tips: &[&str]) -> Result<Vec<Commit>, Trouble> {
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

/// The newest commit of a line that was made by the end of a day, UTC.
pub fn on_day(history: &History, head: usize, day: &str) -> Result<usize, Trouble> {
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
pub fn is_day(text: &str) -> bool {
    let is = |(index, byte): (usize, u8)| {
        if [4, 7].contains(&index) { byte == b'-' } else { byte.is_ascii_digit() }
    };
    text.len() == 10 && text.bytes().enumerate().all(is)
}
