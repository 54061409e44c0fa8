//! The rendered tree: which files, how big, and which of them say the same in several clusters.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::clusters::Names;
use crate::page::{Broken, Section, fill};

/// A file of a rendered tree, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The path below `out/<fleet>/`.
    pub path: String,
    /// Bytes.
    pub size: usize,
    hash: Vec<u8>,
}

impl File {
    /// What is remembered of a file.
    pub fn new(path: &str, text: &str) -> Self {
        File { path: path.to_owned(), size: text.len(), hash: Sha256::digest(text.as_bytes()).to_vec() }
    }
}

#[derive(Serialize)]
struct Rendered {
    fleet: String,
    files: usize,
    size: usize,
    clusters: Vec<Part>,
    folds: Vec<Fold>,
}

/// A folder of the tree.
#[derive(Serialize)]
struct Part {
    name: String,
    files: usize,
    size: usize,
}

/// Files that stand in the same folders.
#[derive(Serialize)]
struct Fold {
    place: String,
    /// Whether they say the same in each of them.
    same: bool,
    several: bool,
    files: usize,
    folders: Vec<Folder>,
}

#[derive(Serialize)]
struct Folder {
    name: String,
    files: Vec<String>,
}

/// A path below the folder of a cluster.
type Below = String;

/// The section.
pub fn section(fleet: &str, files: &[File], names: &Names) -> Result<Section, Broken> {
    let mut parts: BTreeMap<&str, Part> = BTreeMap::new();
    let mut of_clusters: BTreeMap<Below, (BTreeSet<usize>, BTreeSet<&[u8]>)> = BTreeMap::new();
    let mut elsewhere: BTreeMap<&str, Vec<Below>> = BTreeMap::new();
    for file in files {
        let (top, below) = file.path.split_once('/').unwrap_or(("", &file.path));
        let part = parts.entry(top).or_insert_with(|| Part { name: top.to_owned(), files: 0, size: 0 });
        part.files += 1;
        part.size += file.size;
        match names.index(top) {
            Some(index) => {
                let (clusters, texts) = of_clusters.entry(below.to_owned()).or_default();
                clusters.insert(index);
                texts.insert(&file.hash);
            }
            None => elsewhere.entry(top).or_default().push(below.to_owned()),
        }
    }
    let mut folds: BTreeMap<(BTreeSet<usize>, bool), Vec<Below>> = BTreeMap::new();
    for (below, (clusters, texts)) in of_clusters {
        let same = texts.len() == 1;
        folds.entry((clusters, same)).or_default().push(below);
    }
    let mut shown: Vec<Fold> = folds
        .into_iter()
        .map(|((clusters, same), files)| Fold {
            place: names.of(&clusters),
            same,
            several: clusters.len() > 1,
            files: files.len(),
            folders: folders(&files),
        })
        .collect();
    // what most clusters have comes first
    shown.sort_by_key(|fold| (!fold.several, fold.place.clone(), !fold.same));
    shown.extend(elsewhere.into_iter().map(|(top, files)| Fold {
        place: top.to_owned(),
        same: true,
        several: false,
        files: files.len(),
        folders: folders(&files),
    }));
    let rendered = Rendered {
        fleet: fleet.to_owned(),
        files: files.len(),
        size: files.iter().map(|file| file.size).sum(),
        clusters: parts.into_values().collect(),
        folds: shown,
    };
    Ok(Section {
        id: "tree",
        title: "Rendered tree".into(),
        count: Some(files.len()),
        body: fill("report/tree.html", &rendered)?,
    })
}

fn folders(files: &[Below]) -> Vec<Folder> {
    let mut folders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in files {
        let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
        folders.entry(folder).or_default().push(name.to_owned());
    }
    folders.into_iter().map(|(name, files)| Folder { name: name.to_owned(), files }).collect()
}
