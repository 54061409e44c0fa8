//! How long a review takes, as ratios to the two builds that it compares: `cargo bench --bench review`.
//!
//! A seeded fleet of 100 clusters × 100 Services × 100 AccessPolicies on a memory file system (`/dev/shm`, else the temporary
//! directory), before and after a change. `fleetc diff -o json` of the two against `fleetc build` of the one and then the
//! other, each into an empty folder; the median of several pairs, run in turn.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark touches disk and clock and may fail loudly"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

mod fleet;

use fleet::Shape;

const SHAPE: Shape = Shape { clusters: 100, namespaces: 20, services: 100, policies: 100 };
const PAIRS: usize = 5;

fn main() {
    let base = if Path::new("/dev/shm").is_dir() { PathBuf::from("/dev/shm") } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(base).expect("a folder");
    let before = SHAPE.files(fleet::client);
    fleet::write(&folder.path().join("before/bench"), &before);
    let Shape { clusters, services, policies, .. } = SHAPE;
    println!("{clusters} clusters × {services} services × {policies} access policies");
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: batch\n  namespace: ns0\n";
    let appears = before.iter().map(|(path, text)| match path.as_str() {
        "clusters/c0/ns0.yaml" => (path.clone(), format!("{text}{account}")),
        _ => (path.clone(), text.clone()),
    });
    let changes = [
        ("nothing", before.clone()),
        (
            "the client of one policy",
            SHAPE.files(|policy| if policy == 3 { 5 } else { fleet::client(policy) }),
        ),
        ("an account appears in one cluster", appears.collect()),
        ("the client of each policy", SHAPE.files(|policy| policy * 11 + 3)),
    ];
    for (name, after) in changes {
        let path = folder.path().join("after");
        fleet::write(&path.join("bench"), &after);
        measure(name, folder.path());
        std::fs::remove_dir_all(path).expect("removable");
    }
}

fn measure(change: &str, folder: &Path) {
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        let out = folder.join("out");
        let building = time(|| {
            for side in ["before", "after"] {
                run(folder, &["build", "--quiet", "--out", &format!("out/{side}"), &format!("{side}/bench")]);
            }
        });
        std::fs::remove_dir_all(out).expect("removable");
        let comparing =
            time(|| run(folder, &["diff", "-o", "json", "--against", "before/bench", "after/bench"]));
        pairs.push((comparing.as_secs_f64(), building.as_secs_f64()));
    }
    let median = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!(
        "{change}: {:.2} ({:.0} ms / {:.0} ms for two builds, medians of {PAIRS} pairs)",
        median(&|(ours, theirs)| ours / theirs),
        median(&|pair| pair.0 * 1e3),
        median(&|pair| pair.1 * 1e3),
    );
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn run(folder: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleetc"));
    let status =
        command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("a program").success(), "{arguments:?}");
}
