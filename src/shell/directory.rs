//! A directory to compare with: a fleet as it was, several, or a tree that was rendered from one.

use std::fs;
use std::path::{Path, PathBuf};

use super::disk;
use super::fleets;
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

/// Reads what a directory holds of the fleet of `name`: it is the fleet or its tree, whatever a copy of it is called, or has
/// a folder of the fleet's name that is. The tree of another name is that of the `only` fleet that is asked about.
pub fn read(name: &str, directory: &Path, only: bool) -> Result<Before, Trouble> {
    let below = directory.join(name);
    if is_tree(&below)? {
        return tree(&below, name);
    }
    let is_itself = fleets::is_fleet(directory) || disk::fleet_name(directory)? == name;
    if is_tree(directory)? {
        return match is_itself || only {
            true => tree(directory, name),
            false => Err(Trouble::new(format!("`{}` is the tree of one fleet", directory.display()))
                .help("name the fleet that is to be compared with it, or the folder of all trees")),
        };
    }
    if !is_itself && below.is_dir() {
        return disk::read_fleet(&below).map(Before::Fleet);
    }
    if !is_itself && (fleets::holds_fleets(directory)? || holds_trees(directory)?) {
        return Ok(Before::Nothing);
    }
    let sources = disk::read_fleet_as(name.to_owned(), directory)?;
    if sources.files().next().is_some() {
        return Ok(Before::Fleet(sources));
    }
    Err(Trouble::new(format!(
        "`{}` holds neither fleet `{name}`, nor a tree rendered from it, nor other fleets",
        directory.display()
    ))
    .help("name the fleet's directory as it was, the folder of the fleets, or `out` of a build"))
}

fn tree(folder: &Path, name: &str) -> Result<Before, Trouble> {
    disk::read_fleet_as(name.to_owned(), folder).map(Before::Tree)
}

/// True for what a build left: it has the lock, or clusters' folders with stages.
fn is_tree(folder: &Path) -> Result<bool, Trouble> {
    if folder.join(LOCK).is_file() {
        return Ok(true);
    }
    let of_cluster = |folder: &PathBuf| STAGES.iter().any(|stage| folder.join(stage).is_dir());
    Ok(folder.is_dir() && folders(folder)?.iter().any(of_cluster))
}

fn holds_trees(directory: &Path) -> Result<bool, Trouble> {
    for folder in folders(directory)? {
        if is_tree(&folder)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The folders of a folder that are not hidden.
fn folders(directory: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let trouble = |error: std::io::Error| Trouble::disk("read", directory, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        let hidden = entry.file_name().as_encoded_bytes().first() == Some(&b'.');
        if !hidden && entry.path().is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
