//! Where the fleet is in each commit, and which of its states.

use std::collections::BTreeMap;
use std::path::Path;

use super::Repository;
use super::ask::{converse, git};
use crate::shell::disk;
use crate::shell::revision::run;
use crate::shell::trouble::Trouble;

impl Repository {
    /// Says of each commit where the fleet is in it, and which of its states that is. A folder that a commit renamed is
    /// followed to its old name.
    pub(super) fn find_states(&mut self, head: usize, prefix: String) -> Result<(), Trouble> {
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
}
