//! A directory to compare with: a fleet as it was, several, or a tree that was rendered from one.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk;
use super::trouble::Trouble;
use super::write::LOCK;
use crate::source::Sources;

/// What stands on the other side of a comparison.
#[derive(Debug)]
pub enum Before {
    /// There was no such fleet.
    Nothing,
    /// The fleet's sources.
    Fleet(Sources),
    /// A tree that was rendered from it, `out/<fleet>`.
    Tree(Sources),
}

/// The folders of a rendered cluster.
const STAGES: [&str; 4] = ["1-trust", "2-mesh", "3-policy", "4-federation"];

/// Reads what a directory holds of the fleet of `name`. It is the fleet or its tree, or has a folder of the fleet's name
/// that is; under another name it is taken for the fleet only where there is `no_other` to take it for.
pub fn read(name: &str, directory: &Path, no_other: bool) -> Result<Before, Trouble> {
    let below = directory.join(name);
    let own = disk::fleet_name(directory)? == name || no_other;
    if is_tree(&below)? {
        return tree(&below, name);
    }
    if own && is_tree(directory)? {
        return tree(directory, name);
    }
    if disk::fleet_name(directory)? == name || (own && holds_sources(directory)?) {
        let sources = disk::read_fleet_as(directory, name)?;
        if sources.files().next().is_some() {
            return Ok(Before::Fleet(sources));
        }
    }
    if below.is_dir() {
        return disk::read_fleet(&below).map(Before::Fleet);
    }
    for folder in folders(directory)? {
        if is_tree(&folder)? || holds_sources(&folder)? {
            return Ok(Before::Nothing);
        }
    }
    Err(Trouble::new(format!(
        "`{}` holds neither fleet `{name}`, nor a tree rendered from it, nor other fleets",
        directory.display()
    ))
    .help("name the fleet's directory as it was, the folder of the fleets, or `out` of a build"))
}

fn tree(folder: &Path, name: &str) -> Result<Before, Trouble> {
    disk::read_fleet_as(folder, name).map(Before::Tree)
}

/// True for what a build left: it has the lock, or clusters' folders with stages.
fn is_tree(folder: &Path) -> Result<bool, Trouble> {
    if folder.join(LOCK).is_file() {
        return Ok(true);
    }
    let of_cluster = |folder: &PathBuf| STAGES.iter().any(|stage| folder.join(stage).is_dir());
    Ok(folder.is_dir() && folders(folder)?.iter().any(of_cluster))
}

/// True if a directory has sources of its own, and not only in folders.
fn holds_sources(directory: &Path) -> Result<bool, Trouble> {
    Ok(entries(directory)?.iter().any(|path| disk::is_named_so(path) && path.is_file()))
}

fn folders(directory: &Path) -> Result<Vec<PathBuf>, Trouble> {
    Ok(entries(directory)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// What is in a directory and not hidden, sorted.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let trouble = |error: std::io::Error| Trouble::disk("read", directory, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        if entry.file_name().as_encoded_bytes().first() != Some(&b'.') {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
