//! What lies in `out/<fleet>` before a build: names only, nothing is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use walkdir::WalkDir;

use super::{BESIDE_THE_TREE, file};
use crate::shell::disk::slashed;
use crate::shell::trouble::Trouble;

/// The entries below a folder, by path with `/`.
#[derive(Debug, Default)]
pub struct Scan {
    /// Whatever is not a folder.
    pub entries: BTreeMap<String, Entry>,
    /// The folders.
    pub folders: BTreeSet<String>,
    /// Files that a killed build had not put in their place.
    pub temporary: Vec<String>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A regular file.
    File,
    /// A symbolic link, a socket, …: never fleetc's, never followed.
    Other,
}

impl Scan {
    /// Lists a folder; one that does not exist is empty.
    pub fn of(folder: &Path) -> Result<Self, Trouble> {
        let mut scan = Scan::default();
        if !folder.exists() {
            return Ok(scan);
        }
        for entry in WalkDir::new(folder).min_depth(1) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(folder).to_owned();
                Trouble::disk("read", &path, &error.into())
            })?;
            let path = slashed(folder, entry.path())?;
            let kind = entry.file_type();
            let name = entry.file_name().as_encoded_bytes();
            if kind.is_dir() {
                scan.folders.insert(path);
            } else if kind.is_file() && name.starts_with(file::TEMPORARY.as_bytes()) {
                scan.temporary.push(path);
            } else if !BESIDE_THE_TREE.contains(&path.as_str()) {
                scan.entries.insert(path, if kind.is_file() { Entry::File } else { Entry::Other });
            }
        }
        Ok(scan)
    }
}
