//! The files of states, each object of git read once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Repository;
use super::ask::{converse, git};
use crate::shell::disk;
use crate::shell::revision::{self, Entry, objects};
use crate::shell::trouble::Trouble;

impl Repository {
    /// Reads states: their trees level by level, then all their blobs, each object once.
    pub(super) fn load(&mut self, states: &[usize]) -> Result<(), Trouble> {
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
