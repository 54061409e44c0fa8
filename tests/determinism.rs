//! Same meaning in, same bytes out: however the files are named, ordered, split, merged or placed, on any number of threads.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

use std::collections::BTreeMap;

use fleetc::source::Sources;
use support::{fleet_files, rendered, root};

type Files = BTreeMap<String, Vec<u8>>;

/// Every fleet that the repository holds, with its name.
fn fleets() -> Vec<(String, Files)> {
    let mut fleets = Vec::new();
    for parent in ["fleets", "fixtures"] {
        for entry in std::fs::read_dir(root().join(parent)).expect("a folder") {
            let folder = entry.expect("an entry").path();
            let fleet = if parent == "fixtures" { folder.join("fleet") } else { folder.clone() };
            if fleet.is_dir() {
                let name = fleet.file_name().expect("a name").to_string_lossy().into_owned();
                fleets.push((name, fleet_files(&fleet)));
            }
        }
    }
    fleets.sort();
    fleets
}

/// The rendered files and the digest of the inputs; `None` for a fleet that is refused.
fn output(fleet: &str, shown: &str, files: Files) -> Option<(BTreeMap<String, String>, String)> {
    let sources = Sources::new(fleet, shown, files);
    let (tree, _) = rendered(&sources).ok()?;
    let digest = fleetc::compile(&sources).ok()?.inputs_sha256().to_owned();
    Some((tree, digest))
}

fn unchanged_by(rearrange: impl Fn(Files) -> Files) {
    let mut built = 0;
    for (fleet, files) in fleets().into_iter().filter(|(_, files)| is_movable(files)) {
        let expected = output(&fleet, "here", files.clone());
        built += usize::from(expected.is_some());
        assert_eq!(output(&fleet, "elsewhere", rearrange(files)), expected, "{fleet}");
    }
    assert!(built > 3, "only {built} fleets build");
}

/// Whether files may be renamed and rewritten: text, and none that is known by its name: to other tools, or to objects of
/// the fleet, as certificates and what the offline CA wrote are.
fn is_movable(files: &Files) -> bool {
    let foreign = |path: &str| {
        let named = ["Chart.yaml", "kustomization.yaml", ".pem", ".crt"];
        path.starts_with("trust/") || named.iter().any(|end| path.ends_with(end))
    };
    files.iter().all(|(path, bytes)| !foreign(path) && std::str::from_utf8(bytes).is_ok())
}

/// The folder that gives a file its meaning: `clusters/<cluster>`, or none.
fn meaning(path: &str) -> String {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["clusters", cluster, _, ..] => format!("clusters/{cluster}/"),
        _ => String::new(),
    }
}

/// A file without the byte order mark, which may stand at its beginning only.
fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes)
}

/// YAML that may be moved: the encrypted keys of the offline CA are known by their paths, as certificates are.
fn is_yaml(path: &str) -> bool {
    let yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    yaml && fleetc::kinds::ca_source::files::cluster_of_key(path).is_none()
}

#[test]
fn twice_and_elsewhere() {
    unchanged_by(|files| files);
}

#[test]
fn files_under_other_names() {
    unchanged_by(|files| {
        let renamed =
            files.into_iter().rev().enumerate().map(|(index, (path, bytes))| match is_yaml(&path) {
                true => (format!("{}moved/{index:04}.yml", meaning(&path)), bytes),
                false => (path, bytes),
            });
        renamed.collect()
    });
}

#[test]
fn documents_merged_into_one_file_and_reversed() {
    unchanged_by(|files| {
        let mut merged: Files = BTreeMap::new();
        for (path, bytes) in files.into_iter().rev() {
            if is_yaml(&path) {
                let file = merged.entry(format!("{}all.yaml", meaning(&path))).or_default();
                file.extend_from_slice(b"\n---\n");
                file.extend_from_slice(unmarked(&bytes));
            } else {
                merged.insert(path, bytes);
            }
        }
        merged
    });
}

#[test]
fn documents_split_into_files_of_their_own() {
    unchanged_by(|files| {
        let mut split: Files = BTreeMap::new();
        for (path, bytes) in files {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if !is_yaml(&path) || text.contains("|") {
                split.insert(path, bytes);
                continue;
            }
            for (index, document) in text.split("\n---").enumerate() {
                split.insert(format!("{path}.{index}.yaml"), document.as_bytes().to_vec());
            }
        }
        split
    });
}

#[test]
fn comments_blank_lines_and_line_ends() {
    unchanged_by(|files| {
        let changed = files.into_iter().map(|(path, bytes)| match is_yaml(&path) {
            true => {
                let text =
                    String::from_utf8_lossy(unmarked(&bytes)).replace("\r\n", "\n").replace('\n', "\r\n");
                (path, format!("\u{feff}# a comment\r\n\r\n{text}").into_bytes())
            }
            false => (path, bytes),
        });
        changed.collect()
    });
}

#[test]
fn one_thread_and_eight() {
    for (fleet, files) in fleets() {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| output(&fleet, "here", files.clone()))
        };
        assert_eq!(on(1), on(8), "{fleet}");
    }
}
