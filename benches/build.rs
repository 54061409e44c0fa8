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

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CLUSTERS: usize = 20;
const NAMESPACES: usize = 20;
const SERVICES: usize = 200;
const POLICIES: usize = 200;
const PAIRS: usize = 7;

fn main() {
    let base = if Path::new("/dev/shm").is_dir() { PathBuf::from("/dev/shm") } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(base).expect("a folder");
    let fleet = folder.path().join("fleets/bench");
    write_fleet(&fleet);
    let out = folder.path().join("out");
    build(folder.path());
    println!(
        "{CLUSTERS} clusters × {SERVICES} services × {POLICIES} access policies: {} input files, {} output files",
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

/// One file per namespace and cluster, as teams keep their inventory, and one per intent.
fn write_fleet(fleet: &Path) {
    let put = |path: String, text: String| {
        let path = fleet.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("writable");
    };
    for cluster in 0..CLUSTERS {
        put(
            format!("clusters/c{cluster}.yaml"),
            format!(
                "apiVersion: admin.gloo.solo.io/v2\nkind: KubernetesCluster\nmetadata:\n  name: c{cluster}\n  namespace: gloo-mesh\n\
                 spec:\n  eastWestGateway:\n    addresses:\n    - type: IPAddress\n      value: 10.0.{cluster}.1\n"
            ),
        );
        for namespace in 0..NAMESPACES {
            put(format!("clusters/c{cluster}/ns{namespace}.yaml"), inventory(namespace));
        }
    }
    for workspace in 0..NAMESPACES / 2 {
        let (first, second) = (workspace * 2, workspace * 2 + 1);
        put(
            format!("workspaces/w{workspace}.yaml"),
            format!(
                "apiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata:\n  name: w{workspace}\n  namespace: gloo-mesh\nspec:\n  \
                 workloadClusters:\n  - name: '*'\n    namespaces:\n    - name: ns{first}\n    - name: ns{second}\n---\n\
                 apiVersion: admin.gloo.solo.io/v2\nkind: WorkspaceSettings\nmetadata:\n  name: w{workspace}\n  namespace: ns{first}\nspec:\n  \
                 importFrom:\n  - workspaces:\n    - name: '*'\n  exportTo:\n  - workspaces:\n    - name: w{}\n    resources:\n    - kind: SERVICE\n      labels:\n        shared: 'true'\n",
                (workspace + 1) % (NAMESPACES / 2)
            ),
        );
    }
    for policy in 0..POLICIES {
        put(
            format!("policies/p{policy}.yaml"),
            format!(
                "apiVersion: security.policy.gloo.solo.io/v2\nkind: AccessPolicy\nmetadata:\n  name: p{policy}\n  namespace: gloo-mesh\nspec:\n  \
                 applyToDestinations:\n  - selector:\n      labels:\n        app: s{}\n  config:\n    authz:\n      allowedClients:\n      - serviceAccountSelector:\n          labels:\n            app: s{}\n",
                policy % SERVICES,
                (policy * 7 + 1) % SERVICES
            ),
        );
    }
}

fn inventory(namespace: usize) -> String {
    let name = format!("ns{namespace}");
    let mut text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    istio.io/dataplane-mode: ambient\n"
    );
    for index in 0..SERVICES / NAMESPACES {
        let app = format!("s{}", namespace * (SERVICES / NAMESPACES) + index);
        write!(
            text,
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {app}\n  namespace: {name}\n  labels:\n    app: {app}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata:\n  name: {app}\n  namespace: {name}\n  labels:\n    app: {app}\n    shared: '{}'\nspec:\n  \
             selector:\n    app: {app}\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {app}\n  namespace: {name}\nspec:\n  template:\n    metadata:\n      labels:\n        app: {app}\n    \
             spec:\n      serviceAccountName: {app}\n      containers:\n      - name: {app}\n        ports:\n        - containerPort: 8080\n",
            index % 2 == 0
        )
        .expect("text");
    }
    text
}
