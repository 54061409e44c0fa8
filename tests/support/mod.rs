//! What the tests share: fleets from disk, whole rendered trees, expected output as real files.
#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    reason = "tests touch the disk and may fail loudly, and each uses a part of this"
)]

pub mod program;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fleetc::report::Findings;
use fleetc::source::Sources;

/// The repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder by path, parts separated by `/`.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).expect("below the folder");
            let parts: Vec<_> =
                path.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            files.insert(parts.join("/"), std::fs::read(entry.path()).expect("readable"));
        }
    }
    files
}

/// What a fleet is made of: YAML and certificates, hidden files left out.
pub fn fleet_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |path: &str| [".yaml", ".yml", ".pem", ".crt"].iter().any(|ending| path.ends_with(ending));
    let hidden = |path: &str| path.split('/').any(|part| part.starts_with('.'));
    files(folder).into_iter().filter(|(path, _)| read(path) && !hidden(path)).collect()
}

/// A fleet from disk; `name` is its name and stands for its folder in messages.
pub fn sources(folder: &Path, name: &str) -> Sources {
    Sources::new(name, name, fleet_files(folder))
}

/// What `build` would write below `out/<fleet>/`, the lock left out; or the findings.
pub fn rendered(sources: &Sources) -> Result<(BTreeMap<String, String>, Findings), Findings> {
    rendered_at(sources, None)
}

/// [`rendered`], with what depends on a day judged by it.
pub fn rendered_at(
    sources: &Sources,
    now: Option<&str>,
) -> Result<(BTreeMap<String, String>, Findings), Findings> {
    let compiled = fleetc::compile_at(sources, now)?;
    let trees: Vec<_> = compiled.parts().iter().map(|part| compiled.render(part)).collect();
    let defects: Vec<_> = trees.iter().flat_map(|tree| &tree.defects).collect();
    assert!(defects.is_empty(), "{defects:?}");
    Ok((trees.into_iter().flat_map(|tree| tree.files).collect(), compiled.findings().clone()))
}

/// Compares a tree with the files of a folder, both ways; with `BLESS=1` the folder becomes the tree.
pub fn compare(folder: &Path, tree: &BTreeMap<String, String>) -> Vec<String> {
    let mut found: BTreeMap<String, String> = files(folder)
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8_lossy(&bytes).into_owned()))
        .collect();
    // what a build keeps beside the tree
    found.retain(|path, _| !["fleetc.lock", ".fleetc-cache"].contains(&path.as_str()));
    if std::env::var_os("BLESS").is_some() {
        for path in found.keys().filter(|path| !tree.contains_key(*path)) {
            std::fs::remove_file(folder.join(path)).expect("removable");
        }
        for (path, text) in tree.iter().filter(|(path, text)| found.get(*path) != Some(text)) {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().expect("in a folder")).expect("a folder");
            std::fs::write(path, text).expect("writable");
        }
        return Vec::new();
    }
    let mut differences = Vec::new();
    for (path, text) in tree {
        match found.get(path) {
            None => differences.push(format!("{path}: rendered, but not expected")),
            Some(expected) if expected != text => {
                let diff = similar::TextDiff::from_lines(expected, text);
                differences.push(format!("{path}:\n{}", diff.unified_diff().header("expected", "rendered")));
            }
            Some(_) => {}
        }
    }
    let missing = found.keys().filter(|path| !tree.contains_key(*path));
    differences.extend(missing.map(|path| format!("{path}: expected, but not rendered")));
    differences
}
