//! The program as a user meets it: defaults, exit codes, what goes to which stream.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test sets up the disk that the program meets, and fails where it cannot"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use support::program::{fleetc, stderr, stdout};
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
    let mut written = support::files(&home.join("schemas"));
    for kind in kinds.lines() {
        let printed = stdout(&fleetc(home, &format!("schema {kind}")).code(0));
        let name = format!("{}.json", kind.to_lowercase());
        let file = written.remove(&name).or_else(|| written.remove(&format!("output/{name}")));
        assert_eq!(Some(printed.into_bytes()), file, "{kind}");
    }
    assert!(written.is_empty(), "{:?}", written.keys());
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
    file.set_len((32 << 20) + 1).unwrap();
    let said = stderr(&fleetc(home.path(), "check").code(2));
    assert!(said.starts_with("error: `fleets/one/huge.yaml` is larger than 32 MiB"), "{said}");
}

/// The fleet `one` of a repository, with further documents.
fn with(home: &TempDir, documents: &str) {
    fs::write(home.path().join("fleets/one/more.yaml"), documents).unwrap();
}

/// A waiver that waives nothing is a warning.
const WAIVER: &str = "\
apiVersion: fleetc.dev/v1alpha1
kind: Fleet
metadata:
  name: one
spec:
  waivers:
    - {code: FC303, object: Workspace/gloo-mesh/web, reason: a test, owner: platform, expires: 2027-01-31}
";

const OTHER_CLUSTER: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata:
  name: west
spec:
  eastWestGateway: {pending: true}
";

#[test]
fn an_error_is_1_and_nothing_is_written() {
    let home = repository(&["one", "two"]);
    with(&home, "apiVersion: admin.gloo.solo.io/v2\nkind: Worksapce\nmetadata: {name: web}\n");
    let home = home.path();
    let said = stderr(&fleetc(home, "build").code(1).stdout(""));
    assert!(said.contains("error[FC106]: unknown kind `Worksapce`"), "{said}");
    assert!(
        said.contains("--> fleets/one/more.yaml:2:7") && said.ends_with("nothing is written\n"),
        "{said}"
    );
    assert!(!home.join("out").exists());
    fleetc(home, "build --check").code(1);
    fleetc(home, "check fleets/two").code(0);
    assert!(stderr(&fleetc(home, "check").code(1).stdout("")).contains("did you mean `kind: Workspace`"));
}

#[test]
fn every_format_says_the_error_and_is_1() {
    let home = repository(&["one"]);
    with(&home, "apiVersion: admin.gloo.solo.io/v2\nkind: Worksapce\nmetadata: {name: web}\n");
    let found =
        |format: &str| stdout(&fleetc(home.path(), &format!("check --format {format}")).code(1).stderr(""));
    let json: serde_json::Value = serde_json::from_str(&found("json")).unwrap();
    let error = json["findings"].as_array().unwrap().iter().find(|one| one["level"] == "error").unwrap();
    assert_eq!((&error["code"], &error["line"]), (&"FC106".into(), &2.into()));
    assert_eq!(error["file"], "fleets/one/more.yaml");
    let sarif: serde_json::Value = serde_json::from_str(&found("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let error = results.iter().find(|one| one["level"] == "error").unwrap();
    assert_eq!(error["ruleId"], "FC106");
    let place = &error["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "fleets/one/more.yaml");
    let github = found("github");
    assert!(github.contains("::error file=fleets/one/more.yaml,line=2,col=7,title=FC106::"), "{github}");
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let home = repository(&["one"]);
    with(&home, WAIVER);
    assert!(
        stderr(&fleetc(home.path(), "check").code(0)).contains("warning[FC209]: nothing is found of FC303")
    );
    fleetc(home.path(), "check --deny warnings").code(1);
    fleetc(home.path(), "check --deny warnings --format json").code(1).stderr("");
    with(&home, "");
    fleetc(home.path(), "check --deny warnings").code(0);
}

#[test]
fn expiry_is_judged_against_the_day_that_is_given() {
    let home = repository(&["one"]);
    with(&home, WAIVER);
    for (line, ended) in
        [("check", false), ("check --now 2027-01-31", false), ("check --now 2027-02-01", true)]
    {
        let said = stderr(&fleetc(home.path(), line).code(0));
        assert_eq!(said.contains("the waiver of FC303 for `Workspace/gloo-mesh/web` ended"), ended, "{said}");
    }
}

#[test]
fn a_hand_edit_is_refused_and_kept() {
    let home = repository(&["one"]);
    with(&home, OTHER_CLUSTER);
    let home = home.path();
    let cluster = fs::read_to_string(home.join("fleets/one/cluster.yaml")).unwrap();
    let addressed =
        format!("{cluster}  eastWestGateway: {{addresses: [{{type: IPAddress, value: 192.0.2.1}}]}}\n");
    fs::write(home.join("fleets/one/cluster.yaml"), addressed).unwrap();
    fleetc(home, "build").code(0);
    let file = home.join("out/one/west/1-trust/_cluster/namespace-istio-system.yaml");
    let written = fs::read_to_string(&file).unwrap();
    fs::write(&file, "mine").unwrap();
    let said = stderr(&fleetc(home, "build").code(1));
    assert!(
        said.contains("error[FC709]: `out/one/west/1-trust/_cluster/namespace-istio-system.yaml`"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    fleetc(home, "build --check").code(1);
    fleetc(home, "build --force").code(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), written);
}

#[test]
fn a_cluster_is_lost_only_by_waiver() {
    let home = repository(&["one"]);
    let addresses = "  eastWestGateway: {addresses: [{type: IPAddress, value: 192.0.2.1}]}\n";
    fs::write(home.path().join("fleets/one/cluster.yaml"), format!("{CLUSTER}{addresses}")).unwrap();
    with(&home, OTHER_CLUSTER);
    fleetc(home.path(), "build").code(0);
    with(&home, "");
    for line in ["build", "build --check"] {
        let said = stderr(&fleetc(home.path(), line).code(1));
        assert!(
            said.contains("error[FC705]: this build would delete the whole tree of cluster `west`"),
            "{said}"
        );
    }
    assert!(home.path().join("out/one/west").exists());
    with(
        &home,
        &WAIVER.replace("FC303", "FC705").replace("Workspace/gloo-mesh/web", "KubernetesCluster/west"),
    );
    fleetc(home.path(), "build").code(0);
    assert!(!home.path().join("out/one/west").exists());
}

#[test]
fn a_global_service_is_withdrawn_before_its_segment_goes() {
    let home = repository(&["one"]);
    let inventory = home.path().join("fleets/one/clusters/east");
    fs::create_dir_all(&inventory).unwrap();
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n\
                   spec: {selector: {app: cart}, ports: [{port: 80}]}\n";
    fs::write(inventory.join("cart.yaml"), service).unwrap();
    let segment = |annotations: &str| {
        format!(
            "apiVersion: networking.solo.io/v2alpha1\nkind: Segment\nmetadata:\n  name: cart\n  annotations: {{{annotations}}}\n\
             spec:\n  hosts: [cart.shop.mesh.internal]\n  selector: {{namespace: shop, name: cart}}\n"
        )
    };
    let refused = "error[FC706]: service `shop/cart` in cluster `east` would stay global";
    with(&home, &segment(""));
    fleetc(home.path(), "build").code(0);
    with(&home, "");
    assert!(stderr(&fleetc(home.path(), "build").code(1)).contains(refused));
    with(&home, &segment("fleetc.dev/withdrawn: 'true'"));
    fleetc(home.path(), "build").code(0);
    with(&home, "");
    fleetc(home.path(), "build").code(0);

    with(&home, &segment(""));
    fleetc(home.path(), "build").code(0);
    with(&home, &WAIVER.replace("FC303", "FC706").replace("Workspace/gloo-mesh/web", "Service/shop/cart"));
    fleetc(home.path(), "build").code(0);
}

#[test]
fn a_lock_that_cannot_be_read_is_named() {
    let home = repository(&["one"]);
    fleetc(home.path(), "build").code(0);
    fs::write(home.path().join("out/one/fleetc.lock"), "<<<<<<< ours\n").unwrap();
    let said = stderr(&fleetc(home.path(), "build").code(1));
    assert!(said.contains("error[FC711]: `out/one/fleetc.lock` cannot be read in line 1"), "{said}");
}

/// Every file is whole or not there, and the next build puts the tree right.
#[cfg(unix)]
#[test]
fn a_build_that_is_killed_heals() {
    const CLUSTERS: u32 = 25;
    let home = repository(&["one"]);
    let clusters: String = (1..=CLUSTERS)
        .map(|number| {
            format!(
                "---\napiVersion: admin.gloo.solo.io/v2\nkind: KubernetesCluster\nmetadata: {{name: c{number}}}\n\
                 spec: {{eastWestGateway: {{addresses: [{{type: IPAddress, value: 192.0.2.{number}}}]}}}}\n"
            )
        })
        .collect();
    fs::write(home.path().join("fleets/one/cluster.yaml"), clusters).unwrap();
    let home = home.path();
    fleetc(home, "build --out whole").code(0);
    let whole = tree(&home.join("whole"));
    assert!(whole.len() as u32 > CLUSTERS * CLUSTERS);

    let mut interrupted = false;
    for attempt in 0..10 {
        let out = home.join(format!("out{attempt}"));
        let mut build = std::process::Command::new(assert_cmd::cargo::cargo_bin!("fleetc"))
            .current_dir(home)
            .args(["build", "--quiet", "--out"])
            .arg(&out)
            .spawn()
            .unwrap();
        while build.try_wait().unwrap().is_none() && !out.join("one/c1").exists() {
            std::thread::yield_now();
        }
        build.kill().unwrap();
        build.wait().unwrap();
        interrupted = !out.join("one/fleetc.lock").exists();
        let left = tree(&out);
        for (path, bytes) in left.iter().filter(|(path, _)| path.ends_with(".yaml")) {
            assert_eq!(Some(bytes), whole.get(path), "{path} is half written");
        }
        fleetc(home, &format!("build --out out{attempt}")).code(0);
        assert!(tree(&out) == whole, "the next build does not heal");
        if interrupted && left.len() > 10 {
            break;
        }
    }
    assert!(interrupted, "no build was killed in the middle");
}

/// Path → bytes of every file below a folder.
fn tree(folder: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            (path, fs::read(entry.path()).unwrap())
        })
        .collect()
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
