//! The fleets a command is about: found, read, compiled.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::disk;
use super::memory;
use super::trouble::Trouble;
use crate::Compiled;
use crate::report::Findings;
use crate::source::{FileId, Sources};
use crate::yaml;

/// A fleet that was read, and what compiling it said.
#[derive(Debug)]
pub struct Fleet {
    /// Where it was read from.
    pub folder: PathBuf,
    /// Its files.
    pub sources: Sources,
    /// `None` if it holds an error, or its tree stands.
    pub compiled: Option<Compiled>,
    /// What was found, sorted.
    pub findings: Findings,
    /// How many files its tree holds, if an earlier build of the same left it exactly as it would be.
    pub standing: Option<usize>,
}

/// Reads and compiles the fleets of the given directories, in order of their names; none given: every folder of
/// `./fleets`. With a date, what depends on it is judged too. With a folder of trees, a fleet whose tree stands as an
/// earlier build of the same left it is not compiled again.
pub fn compile(given: &[PathBuf], now: Option<&str>, out: Option<&Path>) -> Result<Vec<Fleet>, Trouble> {
    let folders = if given.is_empty() { all_below(Path::new("fleets"))? } else { given.to_vec() };
    let mut named = BTreeMap::new();
    for folder in folders {
        if !folder.is_dir() {
            let message = format!("there is no fleet directory `{}`", folder.display());
            return Err(Trouble::new(message).help("name a folder that holds the YAML files of a fleet"));
        }
        let name = disk::fleet_name(&folder)?;
        if let Some(other) = named.insert(name.clone(), folder.clone()) {
            let message = format!("`{}` and `{}` are both fleet `{name}`", other.display(), folder.display());
            return Err(
                Trouble::new(message).help("their trees would be one: build one at a time, or rename one")
            );
        }
    }
    let fleets: Vec<_> = named.into_par_iter().map(|(_, folder)| Fleet::compile(&folder, now, out)).collect();
    fleets.into_iter().collect()
}

/// The given directories; none given: every folder of `./fleets`, or, where there is no such folder, the one fleet of
/// [`find`].
pub fn all_or_around(given: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let fleets = Path::new("fleets");
    match given {
        [] if fleets.is_dir() => all_below(fleets).map(|mut folders| {
            folders.sort();
            folders
        }),
        [] => find(None).map(|folder| vec![folder]),
        given => Ok(given.to_vec()),
    }
}

/// The one fleet that a command is about: the given directory; else the one around the current directory; else the only
/// one below it, in `./fleets` or, where there is no such folder, beside each other.
pub fn find(given: Option<&Path>) -> Result<PathBuf, Trouble> {
    if let Some(folder) = given {
        return Ok(folder.to_owned());
    }
    let here = std::env::current_dir().map_err(|error| Trouble::disk("read", Path::new("."), &error))?;
    let signs = [is_below_fleets, holds_fleet, holds_clusters];
    if let Some(folder) = signs.iter().find_map(|is_one| here.ancestors().find(|folder| is_one(folder))) {
        // as the user would write it
        let up = here.strip_prefix(folder).map_or(0, |below| below.components().count());
        return Ok(if up == 0 { PathBuf::from(".") } else { PathBuf::from(vec![".."; up].join("/")) });
    }
    let fleets = Path::new("fleets");
    let beside = || -> Vec<PathBuf> {
        let folders = folders_of(Path::new(".")).unwrap_or_default();
        folders.into_iter().filter(|folder| is_fleet(folder)).collect()
    };
    let mut found = if fleets.is_dir() { all_below(fleets)? } else { beside() };
    found.sort();
    match found.as_slice() {
        [only] => Ok(only.strip_prefix(".").unwrap_or(only).to_owned()),
        [] => Err(Trouble::new("there is no fleet here").help(
            "run fleetc in a fleet directory or where the folder `fleets` is, or name one: `--fleet DIR`",
        )),
        several => {
            let names: Vec<String> = several.iter().map(|folder| format!("`{}`", folder.display())).collect();
            Err(Trouble::new(format!("there are several fleets: {}", names.join(", ")))
                .help("name one: `--fleet DIR`"))
        }
    }
}

/// Whether a folder says itself that it is a fleet: a Fleet or a KubernetesCluster lies in it.
pub fn is_fleet(folder: &Path) -> bool {
    holds_fleet(folder) || holds_clusters(folder)
}

/// Whether a folder is one like `fleets`: folders in it are fleets.
pub fn holds_fleets(folder: &Path) -> Result<bool, Trouble> {
    Ok(folder.file_name().is_some_and(|name| name == "fleets")
        || folders_of(folder)?.iter().any(|folder| is_fleet(folder)))
}

fn is_below_fleets(folder: &Path) -> bool {
    folder.parent().and_then(Path::file_name).is_some_and(|parent| parent == "fleets") && folder.is_dir()
}

fn holds_fleet(folder: &Path) -> bool {
    holds(folder, "fleetc.dev/", "Fleet")
}

/// A Fleet object is optional; where the clusters are declared is the next best sign.
fn holds_clusters(folder: &Path) -> bool {
    holds(folder, "admin.gloo.solo.io/", "KubernetesCluster")
        || holds(folder, "multicluster.solo.io/", "KubernetesCluster")
}

/// Whether an object of a kind lies in this very folder.
fn holds(folder: &Path, group: &str, kind: &str) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let read = |path: &PathBuf| {
        let small = fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= disk::LARGEST_FILE);
        small.then(|| fs::read(path).ok()).flatten()
    };
    files.filter(|path| disk::is_yaml(path)).filter_map(|path| read(&path)).any(|bytes| {
        yaml::read(FileId(0), &bytes).documents.iter().any(|document| {
            let says = |key: &str| document.get(key).and_then(yaml::Node::as_text).unwrap_or_default();
            says("kind") == kind && says("apiVersion").starts_with(group)
        })
    })
}

impl Fleet {
    fn compile(folder: &Path, now: Option<&str>, out: Option<&Path>) -> Result<Self, Trouble> {
        let sources = disk::read_fleet(folder)?;
        let remembered = out.and_then(|out| memory::recall(&out.join(sources.fleet()), &sources));
        if let Some((findings, files)) = remembered {
            return Ok(Fleet {
                folder: folder.to_owned(),
                sources,
                compiled: None,
                findings,
                standing: Some(files),
            });
        }
        let (compiled, findings) = match crate::compile_at(&sources, now) {
            Ok(compiled) => {
                let findings = compiled.findings().clone();
                (Some(compiled), findings)
            }
            Err(findings) => (None, findings),
        };
        Ok(Fleet { folder: folder.to_owned(), sources, compiled, findings, standing: None })
    }
}

fn all_below(folder: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let help =
        "run fleetc where the folder `fleets` is, or name fleet directories: `fleetc build path/to/fleet`";
    if !folder.is_dir() {
        return Err(Trouble::new(format!("there is no folder `{}` here", folder.display())).help(help));
    }
    let found = folders_of(folder)?;
    if found.is_empty() {
        return Err(Trouble::new(format!("there is no fleet in `{}`", folder.display())).help(help));
    }
    Ok(found)
}

fn folders_of(folder: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let trouble = |error: std::io::Error| Trouble::disk("read", folder, &error);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        let hidden = entry.file_name().as_encoded_bytes().first() == Some(&b'.');
        if !hidden && entry.path().is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
