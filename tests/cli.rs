//! The program as a user meets it: defaults, exit codes, what goes to which stream.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test sets up the disk that the program meets, and fails where it cannot"
)]

use std::fs;
use std::path::Path;
use std::process::Stdio;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

const CLUSTER: &str = "\
apiVersion: multicluster.solo.io/v1alpha1
kind: KubernetesCluster
metadata:
  name: east
  namespace: gloo-mesh
spec:
  clusterDomain: cluster.local
";

/// A repository with the given fleets, of one cluster each.
fn repository(fleets: &[&str]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for fleet in fleets {
        let folder = home.path().join("fleets").join(fleet);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("cluster.yaml"), CLUSTER).unwrap();
    }
    home
}

fn fleetc(folder: &Path, line: &str) -> Assert {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("fleetc"));
    command.current_dir(folder).args(line.split_whitespace()).assert()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn builds_every_folder_of_fleets_into_out() {
    let home = repository(&["one", "two"]);
    let home = home.path();
    fs::create_dir(home.join("fleets/.hidden")).unwrap();
    fs::write(home.join("fleets/README.md"), "").unwrap();
    let built = stderr(&fleetc(home, "build").code(0).stdout(""));
    assert!(built.contains("`out/one`: "), "{built}");
    assert!(home.join("out/two/fleetc.lock").exists());
    assert_eq!(fs::read_dir(home.join("out")).unwrap().count(), 2);
    fleetc(home, "build --check").code(0).stdout("");
    fleetc(home, "build --quiet").code(0).stdout("").stderr("");
}

#[test]
fn names_a_fleet_after_its_folder_however_it_is_given() {
    let home = repository(&["prod"]);
    let fleet = home.path().join("fleets/prod");
    for (folder, given) in [
        (home.path(), "fleets/prod/"),
        (home.path(), "./fleets/../fleets/prod/."),
        (home.path(), "fleets/prod/../prod"),
        (&fleet, "."),
    ] {
        let out = tempfile::tempdir().unwrap();
        fleetc(folder, &format!("build {given} --out {}", out.path().display())).code(0);
        assert!(out.path().join("prod/fleetc.lock").exists(), "{given}");
    }
}

#[test]
fn wrong_usage_is_2_and_says_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    for command in ["build", "check"] {
        let said = stderr(&fleetc(home, command).code(2).stdout(""));
        assert!(said.starts_with("error: there is no folder `fleets` here\n  help: "), "{said}");
    }
    let said = stderr(&fleetc(home, "check nowhere --format json").code(2).stdout(""));
    assert!(said.starts_with("error: there is no fleet directory `nowhere`\n  help: "), "{said}");
    fs::create_dir(home.join("fleets")).unwrap();
    let said = stderr(&fleetc(home, "build").code(2));
    assert!(said.starts_with("error: there is no fleet in `fleets`"), "{said}");

    let home = repository(&["one"]);
    for line in [
        "",
        "biuld",
        "build fleets/one ./fleets/one",
        "build --check --force",
        "check --deny infos",
        "check --format xml",
        "check --now tomorrow",
    ] {
        fleetc(home.path(), line).code(2).stdout("");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_2() {
    let home = repository(&["one"]);
    fs::write(home.path().join("out"), "a file").unwrap();
    let said = stderr(&fleetc(home.path(), "build").code(2));
    assert!(said.contains("error: cannot create `out/one`: "), "{said}");
}

#[test]
fn a_stale_tree_is_1_and_nothing_is_written() {
    let home = repository(&["one"]);
    let said = stderr(&fleetc(home.path(), "build --check").code(1).stdout(""));
    assert!(said.contains("`out/one` is stale") && said.contains("missing  fleetc.lock"), "{said}");
    assert!(!home.path().join("out").exists());
}

#[test]
fn a_stranger_in_one_tree_stops_all_and_is_1() {
    let home = repository(&["one", "two"]);
    let home = home.path();
    fleetc(home, "build").code(0);
    fs::write(home.join("out/two/notes.md"), "mine").unwrap();
    fs::remove_file(home.join("out/one/fleetc.lock")).unwrap();
    let said = stderr(&fleetc(home, "build").code(1).stdout(""));
    assert!(said.contains("error[FC709]: `out/two/notes.md` was not written by fleetc"), "{said}");
    assert!(said.contains("--force"), "{said}");
    assert!(!home.join("out/one/fleetc.lock").exists());
    let said = stderr(&fleetc(home, "build --check fleets/two").code(1));
    assert!(said.contains("extra    notes.md"), "{said}");
    fleetc(home, "build --force").code(0);
    assert_eq!(fs::read_to_string(home.join("out/two/notes.md")).unwrap(), "mine");
}

#[test]
fn data_goes_alone_to_standard_output() {
    let home = repository(&["one", "two"]);
    let home = home.path();
    for line in ["check --format json", "check -o json fleets/one fleets/two"] {
        let report = stdout(&fleetc(home, line).code(0).stderr(""));
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert!(report["findings"].is_array());
        assert_eq!(report.as_object().unwrap().len(), 1);
    }
    let sarif = stdout(&fleetc(home, "check --format sarif").code(0).stderr(""));
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    fleetc(home, "check --format github").code(0).stderr("");
    fleetc(home, "check --now 2026-11-22").code(0).stdout("");
}

#[test]
fn colour_is_for_terminals_and_where_asked() {
    let home = repository(&["one"]);
    let home = home.path();
    fleetc(home, "build").code(0);
    fs::write(home.join("out/one/notes.md"), "").unwrap();
    assert!(!stderr(&fleetc(home, "build").code(1)).contains('\x1b'));
    assert!(!stderr(&fleetc(home, "build --color never").code(1)).contains('\x1b'));
    assert!(stderr(&fleetc(home, "build --color always").code(1)).contains('\x1b'));
}

#[test]
fn explains_codes() {
    let home = tempfile::tempdir().unwrap();
    let listed = stdout(&fleetc(home.path(), "explain").code(0).stderr(""));
    assert!(listed.lines().any(|line| line.starts_with("FC709  error ")), "{listed}");
    assert!(stdout(&fleetc(home.path(), "explain fc709").code(0)).contains("FC709"));
    let said = stderr(&fleetc(home.path(), "explain FC7O9").code(2).stdout(""));
    assert!(said.contains("did you mean `FC709`?"), "{said}");
}

#[test]
fn writes_schemas_and_completions() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let kinds = stdout(&fleetc(home, "schema").code(0));
    fleetc(home, "schema --write schemas").code(0).stdout("");
    assert_eq!(fs::read_dir(home.join("schemas")).unwrap().count(), kinds.lines().count());
    for kind in kinds.lines() {
        let printed = stdout(&fleetc(home, &format!("schema {kind}")).code(0));
        let path = home.join("schemas").join(format!("{}.json", kind.to_lowercase()));
        assert_eq!(printed, fs::read_to_string(path).unwrap());
    }
    fleetc(home, "schema Nonesuch").code(2).stdout("");
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&fleetc(home, &format!("completions {shell}")).code(0)).contains("fleetc"));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_trouble() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("fleetc"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(unix)]
#[test]
fn a_fleet_reads_nothing_outside_itself() {
    use std::os::unix::fs::symlink;
    let home = repository(&["one"]);
    let fleet = home.path().join("fleets/one");
    symlink("cluster.yaml", fleet.join("readme.txt")).unwrap();
    fs::create_dir(fleet.join(".git")).unwrap();
    symlink("/etc", fleet.join(".git/link")).unwrap();
    fleetc(home.path(), "check").code(0);
    fs::write(home.path().join("outside.yaml"), CLUSTER).unwrap();
    for (target, said) in [
        ("../../outside.yaml", "`fleets/one/link.yaml` is a symbolic link to a file outside the fleet"),
        ("/etc", "`fleets/one/link.yaml` is a symbolic link to a folder"),
        ("nowhere.yaml", "cannot read `fleets/one/link.yaml`: no such file"),
        ("/dev/zero", "`fleets/one/link.yaml` is a symbolic link to a file outside the fleet"),
    ] {
        symlink(target, fleet.join("link.yaml")).unwrap();
        let found = stderr(&fleetc(home.path(), "check").code(2));
        assert!(found.starts_with(&format!("error: {said}")), "{found}");
        fs::remove_file(fleet.join("link.yaml")).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_name_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt;
    let home = repository(&["one"]);
    let name = std::ffi::OsStr::from_bytes(b"\xff.yaml");
    fs::write(home.path().join("fleets/one").join(name), CLUSTER).unwrap();
    let said = stderr(&fleetc(home.path(), "check").code(2));
    assert!(said.starts_with("error: the name of `fleets/one/\u{fffd}.yaml` is not UTF-8"), "{said}");
}

#[test]
fn a_file_beyond_the_limit_is_not_read() {
    let home = repository(&["one"]);
    let file = fs::File::create(home.path().join("fleets/one/huge.yaml")).unwrap();
    file.set_len((64 << 20) + 1).unwrap();
    let said = stderr(&fleetc(home.path(), "check").code(2));
    assert!(said.starts_with("error: `fleets/one/huge.yaml` is larger than 64 MiB"), "{said}");
}

#[test]
fn the_reference_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/shell/cli-reference.md");
    let reference = fleetc::shell::reference();
    if std::env::var_os("BLESS").is_some_and(|bless| bless == "1") {
        fs::write(&path, &reference).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, reference, "run `BLESS=1 cargo test --test cli`");
}
