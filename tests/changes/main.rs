//! Scripted changes to a fleet of ten clusters (`bank/`), and what `fleetc diff` must say of each.
//!
//! A folder of `laws/` is a change: `change.patch` opens with the change in words, then shows it as a patch of the fleet;
//! `before.patch`, where there is one, is what leads from the fleet to where the change begins; `now`, the day. `expect.txt`
//! is what the report must say (`BLESS=1 cargo test --test changes` rewrites it: read the diff), every gate closed.
//! `FLEETC_CHANGES=word` takes only the folders with that word in their name.
//!
//! Whatever a report is expected to say, its rows are held against the oracle on both sides: who may call whom by SPEC §5,
//! read naively from the text of the fleet before and after. No row may be missing and none may be false. So are those of
//! generated fleets and random edits of them.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is a test: it runs the program and stops where it cannot go on"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use serde_json::Value;

use support::{files, root, sources};

mod expect;
mod generated;
mod oracle;
#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "the oracle of tests/meaning.rs, of which a part is used here")]
#[path = "../meaning"]
mod meaning {
    pub mod generate;
    pub mod naive;
    pub mod world;
}

/// The fleet that is changed.
const FLEET: &str = "bank";
const GATES: &str = "new-access,unsafe-order,mass-delete,downtime,unpinned";

#[test]
fn every_change_is_reported_as_it_is() {
    let folder = root().join("tests/changes/laws");
    let filter = std::env::var("FLEETC_CHANGES").unwrap_or_default();
    let entries = std::fs::read_dir(folder).expect("laws/").map(|entry| entry.expect("an entry").path());
    let mut laws: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    laws.sort();
    assert!(laws.len() >= 40, "{} changes", laws.len());
    laws.retain(|law| name(law).contains(&filter));
    let judged: Vec<Judged> = laws.par_iter().map(|law| judge(law)).collect();
    let (rows, wrong) = judged.iter().fold((0, Vec::new()), |(rows, mut wrong), judged| {
        wrong.extend(judged.wrong.iter().cloned());
        (rows + judged.rows, wrong)
    });
    println!("{} changes, {rows} rows of access gained or lost", laws.len());
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

/// How a change went.
struct Judged {
    rows: usize,
    wrong: Vec<String>,
}

fn judge(law: &Path) -> Judged {
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (folder.path().join("before").join(FLEET), folder.path().join("after").join(FLEET));
    copy(&root().join("tests/changes").join(FLEET), &before);
    if law.join("before.patch").exists() {
        patch(&before, &law.join("before.patch"));
    }
    copy(&before, &after);
    patch(&after, &law.join("change.patch"));

    let now = std::fs::read_to_string(law.join("now")).ok();
    let (said, errors) = diff(&after, &before, now.as_deref().map(str::trim));
    let text = match &said {
        Some(report) => expect::text(report),
        None => expect::refused(&errors),
    };
    let mut wrong = compare(law, &text);
    let mut rows = 0;
    if let Some(report) = &said {
        let meant = [&before, &after]
            .map(|folder| oracle::rows(&meaning::world::World::read(&sources(folder, FLEET))));
        let found = oracle::differences(oracle::said(report), &meant[0], &meant[1]);
        wrong.extend(found.into_iter().map(|found| format!("{}: {found}", name(law))));
        rows = expect::rows(report, "gained").len() + expect::rows(report, "lost").len();
    }
    Judged { rows, wrong }
}

/// What the program says; what it complains of if it says nothing.
fn diff(after: &Path, before: &Path, now: Option<&str>) -> (Option<Value>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleetc"));
    command.args(["diff", "-o", "json", "--deny", GATES, "--against"]).arg(before).arg(after);
    command.args(now.iter().flat_map(|now| ["--now", now]));
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let fires =
        report.as_ref().is_some_and(|report| report["gates"].as_array().is_some_and(|all| !all.is_empty()));
    let expected = if report.is_none() || fires { 1 } else { 0 };
    assert_eq!(output.status.code(), Some(expected), "{}: {errors}", after.display());
    (report, errors)
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in files(from) {
        let path = to.join(path);
        std::fs::create_dir_all(path.parent().expect("in a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("writable");
    }
}

/// `git apply` takes a folder that is in no repository for its own root; within one it would pass over what is elsewhere.
fn patch(folder: &Path, patch: &Path) {
    let before = files(folder);
    let output = Command::new("git")
        .args(["apply", "--whitespace=nowarn"])
        .arg(patch)
        .current_dir(folder)
        .env("GIT_CEILING_DIRECTORIES", folder.parent().expect("a parent"))
        .output()
        .expect("git");
    assert!(output.status.success(), "{}: {}", patch.display(), String::from_utf8_lossy(&output.stderr));
    assert!(files(folder) != before, "{}: nothing is changed", patch.display());
}

fn compare(law: &Path, text: &str) -> Vec<String> {
    let path = law.join("expect.txt");
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected == text {
        return Vec::new();
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, text).expect("writable");
        return Vec::new();
    }
    let diff = similar::TextDiff::from_lines(expected.as_str(), text);
    vec![format!("{}:\n{}", name(law), diff.unified_diff().header("expected", "said"))]
}

fn name(law: &Path) -> String {
    law.file_name().expect("a name").to_string_lossy().into_owned()
}
