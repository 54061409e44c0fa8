//! What a build would do to a tree. Reads the disk, changes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::Output;
use super::file;
use super::journal::Journal;
use super::lock::{Digest, Lock, is_tree_path};
use super::scan::{Entry, Scan};
use crate::Part;
use crate::shell::progress::Progress;
use crate::shell::trouble::Trouble;

/// Text that waits to be written is kept up to this many bytes; beyond that a part is rendered again when its turn comes,
/// so that a fleet of any size fits.
const KEPT_TEXT: usize = 256 << 20;

/// Every file that will be there, and what becomes of every file that is.
#[derive(Debug)]
pub struct Plan {
    /// The lock of the tree to come.
    pub lock: Lock,
    /// What could not be rendered: bugs in fleetc.
    pub defects: Vec<String>,
    /// The files to write, part by part.
    pub parts: Vec<PartPlan>,
    /// Files of an earlier build that are planned no more.
    pub deletions: Vec<String>,
    /// Files whose path is fleetc's and whose bytes are not.
    pub edited: Vec<String>,
    /// Those of the edited files that are planned no more.
    pub outdated: Vec<String>,
    /// Entries that fleetc knows nothing of.
    pub strangers: Vec<String>,
    /// Entries that stand where a planned file or its folder belongs, and that no force may remove.
    pub in_the_way: Vec<String>,
    /// Folders that hold nothing after the build, deepest first.
    pub empty_folders: Vec<String>,
    /// Files of a killed build that are not in their place.
    pub temporary: Vec<String>,
}

/// The files of one part that are not on disk as they should be.
#[derive(Debug)]
pub struct PartPlan {
    /// The part, to render it again.
    pub part: Part,
    /// What to write, in order of path.
    pub writes: Vec<Write>,
}

/// One file to write.
#[derive(Debug)]
pub struct Write {
    /// Its path from `out/<fleet>/`.
    pub path: String,
    /// What its text will be, as a digest.
    pub digest: Digest,
    /// True if a file is there already.
    pub replaces: bool,
    /// `None` if it was too much to keep.
    pub text: Option<String>,
}

/// Whose a file on disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Fleetc,
    /// fleetc's path with somebody else's bytes.
    Edited,
    Stranger,
}

/// What earlier builds left word of.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What the last complete build wrote.
    pub lock: &'a Lock,
    /// What killed builds meant to write.
    pub journal: &'a Journal,
}

impl Plan {
    /// Compares what renders with what is there.
    pub fn new(
        output: &Output<'_>,
        folder: &Path,
        scan: Scan,
        known: Known<'_>,
        progress: &Progress,
    ) -> Result<Self, Trouble> {
        let disk = Disk { folder, entries: &scan.entries, known, kept: AtomicUsize::new(0) };
        let parts: Vec<_> = output
            .parts
            .par_iter()
            .map(|part| {
                let mut tree = (output.render)(part);
                let defects = std::mem::take(&mut tree.defects);
                let planned = disk.compare(tree)?;
                progress.step();
                Ok((part, planned, defects))
            })
            .collect();

        let inputs = output.inputs_sha256.to_owned();
        let mut lock = Lock { inputs, facts: output.facts.iter().cloned().collect(), files: BTreeMap::new() };
        let mut edited = Vec::new();
        let mut plans = Vec::new();
        let mut defects = Vec::new();
        for part in parts {
            let (part, planned, broken) = part?;
            defects.extend(broken);
            let mut writes = Vec::new();
            for Planned { path, digest, found, text } in planned {
                lock.files.insert(path.clone(), digest);
                match found {
                    Found::Same => continue,
                    Found::Other(Owner::Fleetc) | Found::Nothing => {}
                    Found::Other(_) => edited.push(path.clone()),
                }
                writes.push(Write { path, digest, replaces: found != Found::Nothing, text });
            }
            plans.push(PartPlan { part: part.clone(), writes });
        }

        let mut plan = Plan {
            lock,
            defects,
            parts: plans,
            deletions: Vec::new(),
            edited,
            outdated: Vec::new(),
            strangers: Vec::new(),
            in_the_way: Vec::new(),
            empty_folders: Vec::new(),
            temporary: scan.temporary,
        };
        for (path, owner) in disk.owners_beside(&plan.lock)? {
            match owner {
                Owner::Fleetc => plan.deletions.push(path),
                Owner::Edited => {
                    plan.edited.push(path.clone());
                    plan.outdated.push(path);
                }
                Owner::Stranger => plan.strangers.push(path),
            }
        }
        plan.edited.sort();
        plan.in_the_way = plan.strangers.iter().filter(|path| plan.needs_folder(path)).cloned().collect();
        plan.in_the_way
            .extend(scan.folders.iter().filter(|path| plan.lock.files.contains_key(*path)).cloned());
        let stays = |folder: &&String| plan.needs_folder(folder) || plan.holds_stranger(folder);
        plan.empty_folders = scan.folders.iter().rev().filter(|folder| !stays(folder)).cloned().collect();
        Ok(plan)
    }

    /// True if a planned file lies below this path.
    pub fn needs_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.lock.files.range(below.clone()..).next().is_some_and(|(next, _)| next.starts_with(&below))
    }

    fn holds_stranger(&self, folder: &str) -> bool {
        let below = format!("{folder}/");
        let next = self.strangers.partition_point(|path| *path < below);
        self.strangers.get(next).is_some_and(|path| path.starts_with(&below))
    }

    /// All files to write.
    pub fn writes(&self) -> impl Iterator<Item = &Write> {
        self.parts.iter().flat_map(|part| &part.writes)
    }
}

/// The tree as it is.
struct Disk<'a> {
    folder: &'a Path,
    entries: &'a BTreeMap<String, Entry>,
    known: Known<'a>,
    kept: AtomicUsize,
}

struct Planned {
    path: String,
    digest: Digest,
    found: Found,
    text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Same,
    Other(Owner),
}

impl Disk<'_> {
    fn compare(&self, tree: crate::format::Tree) -> Result<Vec<Planned>, Trouble> {
        let compare = |(path, text): (String, String)| {
            if !is_tree_path(&path) {
                return Err(Trouble::new(format!("`{path}` is no path of a tree: this is a bug in fleetc")));
            }
            let digest = Digest::of(text.as_bytes());
            let found = self.found(&path, &text)?;
            let keep = found != Found::Same
                && self.kept.fetch_add(text.len(), Ordering::Relaxed) + text.len() <= KEPT_TEXT;
            Ok(Planned { path, digest, found, text: keep.then_some(text) })
        };
        let planned: Vec<_> = tree.files.into_par_iter().map(compare).collect();
        planned.into_iter().collect()
    }

    fn found(&self, path: &str, text: &str) -> Result<Found, Trouble> {
        match self.entries.get(path) {
            None => Ok(Found::Nothing),
            Some(Entry::Other) => Ok(Found::Other(Owner::Stranger)),
            Some(Entry::File) if file::surely_holds(&self.folder.join(path), text.as_bytes()) => {
                Ok(Found::Same)
            }
            Some(Entry::File) => Ok(match file::read(&self.folder.join(path))? {
                None => Found::Nothing,
                Some(bytes) if bytes == text.as_bytes() => Found::Same,
                Some(bytes) => Found::Other(self.owner(path, &bytes)),
            }),
        }
    }

    /// The owners of what is there and not planned.
    fn owners_beside(&self, lock: &Lock) -> Result<Vec<(String, Owner)>, Trouble> {
        let owner = |(path, entry): (&String, &Entry)| {
            let bytes = match entry {
                Entry::File => file::read(&self.folder.join(path))?,
                Entry::Other => None,
            };
            Ok((path.clone(), bytes.map_or(Owner::Stranger, |bytes| self.owner(path, &bytes))))
        };
        let beside = self.entries.par_iter().filter(|(path, _)| !lock.files.contains_key(*path));
        let owners: Vec<_> = beside.map(owner).collect();
        owners.into_iter().collect()
    }

    /// An empty file is what a loss of power makes of one of ours: there is nothing in it to lose.
    fn owner(&self, path: &str, bytes: &[u8]) -> Owner {
        let Known { lock, journal } = self.known;
        let digest = Digest::of(bytes);
        let locked = lock.files.get(path);
        if locked == Some(&digest) || journal.holds(path, digest) {
            Owner::Fleetc
        } else if locked.is_none() && !journal.knows(path) {
            Owner::Stranger
        } else if bytes.is_empty() {
            Owner::Fleetc
        } else {
            Owner::Edited
        }
    }
}
