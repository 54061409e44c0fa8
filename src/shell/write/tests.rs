//! The writer, fed with trees by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use proptest::prelude::*;
use tempfile::TempDir;

use super::compare::Comparison;
use super::journal::Journal;
use super::lock::Digest;
use super::{Output, compare, prepare};
use crate::Part;
use crate::format::Tree;
use crate::shell::terminal::Terminal;

type Files<'a> = &'a [(&'a str, &'a str)];

const FIRST: Files<'_> = &[
    ("east/1-trust/_cluster/namespace-pay.yaml", "kind: Namespace\n"),
    ("east/3-policy/pay/authorizationpolicy-a.yaml", "a: 1\n"),
    ("east/3-policy/pay/authorizationpolicy-b.yaml", "b: 1\n"),
    ("_scope/east/pay/service-a.yaml", "s: 1\n"),
];
const SECOND: Files<'_> = &[
    ("east/1-trust/_cluster/namespace-pay.yaml", "kind: Namespace\n"),
    ("east/3-policy/pay/authorizationpolicy-a.yaml", "a: 2\n"),
    ("east/4-federation/mesh/gateway-peer.yaml", "g: 1\n"),
];
const A: &str = "east/3-policy/pay/authorizationpolicy-a.yaml";
const B: &str = "east/3-policy/pay/authorizationpolicy-b.yaml";

/// An `out` folder of its own, and the tree that the fleet `demo` would have.
struct World {
    _home: TempDir,
    out: PathBuf,
    folder: PathBuf,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("out");
        World { folder: out.join("demo"), out, _home: home }
    }

    fn built(files: Files<'_>) -> Self {
        let world = World::new();
        assert!(world.build(files, false).is_ok());
        world
    }

    /// Builds, and returns (written, deleted) or the messages of what was refused.
    fn build(&self, files: Files<'_>, force: bool) -> Result<(usize, usize), Vec<String>> {
        let terminal = Terminal::silent();
        let prepared = prepare(output(files), &self.out, force, &terminal).unwrap();
        if prepared.findings().has_errors() {
            let below = format!("{}/", self.folder.display());
            let message = |finding: &crate::report::Finding| {
                format!("{} {}", finding.code.id, finding.message.replace(&below, ""))
            };
            return Err(prepared.findings().iter().map(message).collect());
        }
        let written = prepared.apply(&terminal).unwrap();
        Ok((written.written, written.deleted))
    }

    fn compare(&self, files: Files<'_>) -> Comparison {
        compare(&output(files), &self.out, &Terminal::silent()).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path)).unwrap()
    }

    fn holds(&self, path: &str) -> bool {
        self.folder.join(path).exists()
    }

    /// Everything on the disk but the lock.
    fn files(&self) -> BTreeMap<String, String> {
        let entries = walkdir::WalkDir::new(&self.folder).into_iter().map(Result::unwrap);
        let files = entries.filter(|entry| !entry.file_type().is_dir()).map(|entry| {
            let path = entry.path().strip_prefix(&self.folder).unwrap().to_str().unwrap().to_owned();
            (path, fs::read_to_string(entry.path()).unwrap())
        });
        files.filter(|(path, _)| path != super::LOCK).collect()
    }

    fn times(&self) -> BTreeMap<PathBuf, SystemTime> {
        let entries = walkdir::WalkDir::new(&self.folder).into_iter().map(Result::unwrap);
        entries
            .map(|entry| (entry.path().to_owned(), entry.metadata().unwrap().modified().unwrap()))
            .collect()
    }
}

fn output<'a>(files: Files<'a>) -> Output<'a> {
    let render = move |part: &Part| {
        let belongs = |path: &str| (*part == Part::Scope) == path.starts_with("_scope/");
        let files = files.iter().filter(|(path, _)| belongs(path));
        let files = files.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Tree { files, defects: Vec::new() }
    };
    Output {
        fleet: "demo",
        inputs_sha256: "00",
        facts: vec!["fact one".to_owned()],
        parts: vec![Part::Cluster("east".to_owned()), Part::Scope],
        render: Box::new(render),
        waives: Box::new(|_, _| true),
    }
}

fn map(files: Files<'_>) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn a_first_build_writes_the_tree_and_its_lock() {
    let world = World::new();
    assert_eq!(world.build(FIRST, false), Ok((4, 0)));
    assert_eq!(world.files(), map(FIRST));
    let lock = world.read("fleetc.lock");
    assert!(lock.contains("# inputs sha256:00\n#: fact one\n"), "{lock}");
    assert!(lock.contains(&format!("{}  {A}\n", Digest::of(b"a: 1\n"))), "{lock}");
    assert!(world.compare(FIRST).is_current());
}

#[test]
fn a_build_that_changes_nothing_touches_nothing() {
    let world = World::built(FIRST);
    let before = world.times();
    assert_eq!(world.build(FIRST, false), Ok((0, 0)));
    assert_eq!(world.times(), before);
}

#[test]
fn unchanged_files_stay_and_old_ones_go_with_their_folders() {
    let world = World::built(FIRST);
    let namespace = world.folder.join("east/1-trust/_cluster/namespace-pay.yaml");
    let time = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let before = time(&namespace);
    assert_eq!(world.build(SECOND, false), Ok((2, 2)));
    assert_eq!(world.files(), map(SECOND));
    assert_eq!(time(&namespace), before);
    assert!(!world.holds("_scope"));
}

#[test]
fn a_hand_edit_is_refused_and_overwritten_with_force() {
    let world = World::built(FIRST);
    world.write(A, "by hand");
    world.write(B, "by hand");
    let message = |path: &str| format!("FC709 `{path}` was changed by hand");
    assert_eq!(world.build(SECOND, false), Err(vec![message(A), message(B)]));
    assert_eq!(world.read(A), "by hand");
    assert!(!world.holds("east/4-federation"));
    assert!(world.build(SECOND, true).is_ok());
    assert_eq!(world.files(), map(SECOND));
}

#[test]
fn a_hand_edit_that_says_what_a_build_would_is_none() {
    let world = World::built(FIRST);
    world.write(A, "a: 2\n");
    assert_eq!(world.build(SECOND, false), Ok((1, 2)));
    assert_eq!(world.files(), map(SECOND));
}

#[test]
fn a_deleted_file_comes_back() {
    let world = World::built(FIRST);
    fs::remove_file(world.folder.join(A)).unwrap();
    assert_eq!(world.build(FIRST, false), Ok((1, 0)));
    assert_eq!(world.files(), map(FIRST));
}

#[test]
fn a_stranger_is_refused_and_never_deleted() {
    let world = World::built(FIRST);
    world.write("east/notes.md", "mine");
    let refused = vec!["FC709 `east/notes.md` was not written by fleetc".to_owned()];
    assert_eq!(world.build(SECOND, false), Err(refused.clone()));
    assert!(world.build(SECOND, true).is_ok());
    assert_eq!(world.read("east/notes.md"), "mine");
    assert_eq!(world.build(SECOND, false), Err(refused));
}

#[test]
fn without_a_lock_nothing_on_disk_is_ours_but_what_would_be_written() {
    let world = World::built(FIRST);
    fs::remove_file(world.folder.join("fleetc.lock")).unwrap();
    assert_eq!(world.build(FIRST, false), Ok((0, 0)));
    assert!(world.holds("fleetc.lock"));
    fs::remove_file(world.folder.join("fleetc.lock")).unwrap();
    assert!(world.build(SECOND, false).is_err());
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_never_written_through() {
    let world = World::new();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::create_dir_all(&world.folder).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), world.folder.join("east")).unwrap();
    for force in [false, true] {
        let refused = world.build(FIRST, force).unwrap_err();
        assert_eq!(refused, ["FC709 `east` stands where fleetc would write and is not its own"]);
    }
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn a_lock_with_a_merge_conflict_is_refused_and_rewritten_with_force() {
    let world = World::built(FIRST);
    let lock = world.read("fleetc.lock");
    world.write("fleetc.lock", &format!("<<<<<<< ours\n{lock}>>>>>>> theirs\n"));
    let refused = world.build(FIRST, false).unwrap_err();
    assert_eq!(refused, ["FC711 `fleetc.lock` cannot be read in line 1"]);
    assert!(world.build(FIRST, true).is_ok());
    assert_eq!(world.read("fleetc.lock"), lock);
}

#[test]
fn several_killed_builds_heal() {
    let world = World::built(FIRST);
    let mut journal = Journal::default();
    journal.intend([(A.to_owned(), Digest::of(b"a: killed first\n"))]);
    journal.intend([
        (A.to_owned(), Digest::of(b"a: killed second\n")),
        ("new.yaml".to_owned(), Digest::of(b"n\n")),
    ]);
    journal.write(&world.folder).unwrap();
    world.write(A, "a: killed first\n");
    world.write("new.yaml", "n\n");
    world.write("east/3-policy/.fleetc-tmp-1-7", "half wri");
    world.write("east/9-empty/.fleetc-tmp-1-8", "");
    assert!(!world.compare(FIRST).is_current());
    assert!(world.build(SECOND, false).is_ok());
    assert_eq!(world.files(), map(SECOND));
    assert!(!world.holds("east/9-empty"));
    assert!(world.compare(SECOND).is_current());
}

#[test]
fn a_file_that_lost_its_bytes_with_the_power_heals() {
    let world = World::built(FIRST);
    world.write(A, "");
    assert_eq!(world.build(FIRST, false), Ok((1, 0)));
}

#[test]
fn a_comparison_lists_what_differs_and_writes_nothing() {
    let world = World::built(FIRST);
    world.write("east/notes.md", "mine");
    let before = world.times();
    let comparison = world.compare(SECOND);
    assert_eq!(world.times(), before);
    let shown = comparison.to_string().replace(&world.folder.display().to_string(), "out/demo");
    insta::assert_snapshot!(shown, @r"
    `out/demo` is stale: run `fleetc build` and commit the result
      changed  east/3-policy/pay/authorizationpolicy-a.yaml
      changed  fleetc.lock
      missing  east/4-federation/mesh/gateway-peer.yaml
      extra    _scope/east/pay/service-a.yaml
      extra    east/3-policy/pay/authorizationpolicy-b.yaml
      extra    east/notes.md

    --- east/3-policy/pay/authorizationpolicy-a.yaml
    +++ what a build would write
    @@ -1 +1 @@
    -a: 1
    +a: 2
    ");
    assert_eq!(World::new().compare(FIRST).missing.len(), FIRST.len() + 1);
}

#[test]
fn a_cache_is_neither_output_nor_stranger() {
    let world = World::built(FIRST);
    world.write(".fleetc-cache", "whatever");
    assert!(world.compare(FIRST).is_current());
    assert_eq!(world.build(FIRST, false), Ok((0, 0)));
    assert!(world.holds(".fleetc-cache"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Kill a build of SECOND over FIRST after any of its steps, on any subset of its files: no build is refused after
    /// that, whichever tree it is for.
    #[test]
    fn a_build_killed_anywhere_heals(done in prop::collection::vec(any::<bool>(), 4), back in any::<bool>()) {
        let world = World::built(FIRST);
        let mut journal = Journal::default();
        journal.intend(SECOND.iter().map(|(path, text)| ((*path).to_owned(), Digest::of(text.as_bytes()))));
        journal.write(&world.folder).unwrap();
        let changes = [(A, Some("a: 2\n")), (SECOND[2].0, Some("g: 1\n")), (B, None), (FIRST[3].0, None)];
        for ((path, text), _) in changes.into_iter().zip(done).filter(|(_, done)| *done) {
            match text {
                Some(text) => world.write(path, text),
                None => fs::remove_file(world.folder.join(path)).unwrap(),
            }
        }
        let next = if back { FIRST } else { SECOND };
        prop_assert!(world.build(next, false).is_ok());
        prop_assert_eq!(world.files(), map(next));
        prop_assert!(world.compare(next).is_current());
    }
}
