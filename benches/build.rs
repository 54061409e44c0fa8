//! How fast a fleet builds, as ratios to what the disk alone costs: `cargo bench`.
//!
//! A seeded fleet of 20 clusters × 200 Services × 200 AccessPolicies on a memory file system (`/dev/shm`, else the
//! temporary directory). Cold: the whole build against `cp -r` of the tree it writes. Unchanged: a build that changes
//! nothing against reading the inputs and the tree. Each is the median of several pairs, run in turn, so that a machine
//! whose speed drifts drifts for both.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark touches disk and clock and may fail loudly"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

mod fleet;

use fleet::Shape;

const SHAPE: Shape = Shape { clusters: 20, namespaces: 20, services: 200, policies: 200 };
const PAIRS: usize = 7;

fn main() {
    let base = if Path::new("/dev/shm").is_dir() { PathBuf::from("/dev/shm") } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(base).expect("a folder");
    let fleet = folder.path().join("fleets/bench");
    fleet::write(&fleet, &SHAPE.files(fleet::client));
    let out = folder.path().join("out");
    build(folder.path());
    let Shape { clusters, services, policies, .. } = SHAPE;
    println!(
        "{clusters} clusters × {services} services × {policies} access policies: {} input files, {} output files",
        count(&fleet),
        count(&out)
    );
    let (mut cold, mut unchanged) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let copy = folder.path().join("copy");
        let copying = time(|| run(Command::new("cp").arg("-r").arg(&out).arg(&copy)));
        std::fs::remove_dir_all(&copy).expect("removable");
        std::fs::remove_dir_all(&out).expect("removable");
        let building = time(|| build(folder.path()));
        cold.push((building, copying));

        let reading = time(|| {
            read(&fleet);
            read(&out);
        });
        let rebuilding = time(|| build(folder.path()));
        unchanged.push((rebuilding, reading));
    }
    row("cold build / cp -r of its tree", &cold);
    row("unchanged build / reading inputs and tree", &unchanged);
}

fn row(name: &str, pairs: &[(Duration, Duration)]) {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let ratio =
        median(pairs.iter().map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()).collect());
    let ours = median(pairs.iter().map(|(ours, _)| ours.as_secs_f64() * 1e3).collect());
    let theirs = median(pairs.iter().map(|(_, theirs)| theirs.as_secs_f64() * 1e3).collect());
    println!("{name}: {ratio:.2} ({ours:.0} ms / {theirs:.0} ms, medians of {} pairs)", pairs.len());
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn build(folder: &Path) {
    run(Command::new(env!("CARGO_BIN_EXE_fleetc")).args(["build", "--quiet"]).current_dir(folder));
}

fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("a program");
    assert!(status.success(), "{command:?}");
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path)
}

fn count(folder: &Path) -> usize {
    files(folder).count()
}

fn read(folder: &Path) {
    for path in files(folder) {
        std::hint::black_box(std::fs::read(path).expect("readable"));
    }
}
