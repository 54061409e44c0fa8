//! `fleetc diff`: what a change of a fleet does, said of both sides. `fleetc verify`: whether a tree is what its sources say.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests run the program and may fail loudly"
)]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// A copy of the example fleet in which one file says something else, and one may be new.
struct Changed {
    folder: tempfile::TempDir,
}

impl Changed {
    fn new(file: &str, from: &str, to: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = folder.path().join("solo-demo");
        for entry in walkdir::WalkDir::new(example()).into_iter().map(|entry| entry.expect("readable")) {
            let target = copy.join(entry.path().strip_prefix(example()).expect("below"));
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(&target).expect("created");
            } else {
                std::fs::copy(entry.path(), &target).expect("copied");
            }
        }
        let text = std::fs::read_to_string(copy.join(file)).expect("a file");
        assert!(text.contains(from), "{file} does not hold `{from}`");
        std::fs::write(copy.join(file), text.replace(from, to)).expect("written");
        Changed { folder }
    }

    fn with(self, file: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join("solo-demo").join(file), text).expect("written");
        self
    }

    /// What the change does, and the exit code.
    fn diff(&self, arguments: &[&str]) -> (Value, Option<i32>) {
        let mut command = Command::cargo_bin("fleetc").expect("the program is built");
        command.args(["diff", "-o", "json", "--against"]).arg(example());
        command.arg(self.folder.path().join("solo-demo")).args(arguments);
        let output = command.output().expect("it runs");
        let report = serde_json::from_slice(&output.stdout);
        let report = report.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (report, output.status.code())
    }
}

fn example() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fleets/solo-demo")
}

fn changed(file: &str, from: &str, to: &str) -> Value {
    let (report, code) = Changed::new(file, from, to).diff(&[]);
    assert_eq!(code, Some(0));
    report
}

fn rows(change: &Value, which: &str) -> Vec<String> {
    let rows = change["access"][which].as_array().expect("rows").iter();
    rows.map(|row| {
        let text = |key: &str| row[key].as_str().expect("text").to_owned();
        format!("{}: {} → {}:{}", text("cluster"), text("from"), text("to"), row["port"])
    })
    .collect()
}

#[test]
fn who_is_allowed_instead_of_whom() {
    let change = changed(
        "tenancy/billing-allow-payments.yaml",
        "labels: { app: payments }",
        "labels: { app: checkout }",
    );
    let row = |cluster: &str, account: &str| {
        format!("{cluster}: cluster.local/ns/payments-prod/sa/{account} → billing.billing:80")
    };
    assert_eq!(rows(&change, "gained"), [row("cluster-east", "checkout"), row("cluster-west", "checkout")]);
    assert_eq!(rows(&change, "lost"), [row("cluster-east", "payments"), row("cluster-west", "payments")]);
    assert_eq!(change["clusters"], serde_json::json!(["cluster-east", "cluster-west"]));
    assert_eq!(change["order"]["safe"], true);
    let because = change["access"]["gained"][0]["because"][0]["path"].as_str().expect("a path");
    assert!(because.ends_with("tenancy/billing-allow-payments.yaml"), "{because}");
}

#[test]
fn a_comment_changes_nothing() {
    let change = changed(
        "tenancy/billing-allow-payments.yaml",
        "kind: AccessPolicy",
        "kind: AccessPolicy # as agreed",
    );
    assert_eq!(change["verdict"], "nothing that is rendered changes");
    assert_eq!((rows(&change, "gained").len(), rows(&change, "lost").len()), (0, 0));
}

const OTHER_CLIENT: (&str, &str, &str) =
    ("tenancy/billing-allow-payments.yaml", "labels: { app: payments }", "labels: { app: checkout }");

fn grant(account: &str, expires: &str) -> String {
    format!(
        "apiVersion: fleetc.dev/v1alpha1\nkind: AccessGrant\nmetadata: {{name: one, namespace: gloo-mesh}}\nspec:\n  from:\n    serviceAccounts: [{account}]\n  to:\n    services: [billing.billing]\n  ports: [80]\n  reason: invoices\n  owner: payments\n  expires: {expires}\n"
    )
}

#[test]
fn new_access_needs_a_grant_in_the_same_change() {
    let (file, from, to) = OTHER_CLIENT;
    let gate = ["--deny", "new-access", "--now", "2026-11-22"];
    let (report, code) = Changed::new(file, from, to).diff(&gate);
    assert_eq!((code, report["gates"][0]["gate"].as_str()), (Some(1), Some("new-access")));
    let granted = |account: &str, expires: &str| {
        Changed::new(file, from, to).with("grant.yaml", &grant(account, expires)).diff(&gate).1
    };
    assert_eq!(granted("payments-prod/checkout", "2027-01-01"), Some(0));
    assert_eq!(granted("payments-prod/payments", "2027-01-01"), Some(1), "somebody else's");
    assert_eq!(granted("payments-prod/checkout", "2026-11-21"), Some(1), "of yesterday");
}

#[test]
fn a_gate_that_does_not_fire_says_nothing() {
    let (file, from, to) = OTHER_CLIENT;
    let gates = ["--deny", "unsafe-order,mass-delete,downtime"];
    let (report, code) = Changed::new(file, from, to).diff(&gates);
    assert_eq!((code, report["gates"].as_array().map(Vec::len)), (Some(0), Some(0)));
}

#[test]
fn a_new_version_of_the_data_plane_breaks_connections() {
    let change = Changed::new("fleet.yaml", "1.26.2-solo", "1.26.3-solo").diff(&["--deny", "downtime"]);
    assert_eq!(change.1, Some(1), "{:#}", change.0);
}

/// Builds a copy of the example, lets somebody edit the tree, and verifies it.
fn verified(edit: impl Fn(&Path)) -> (Option<i32>, String) {
    let (file, from, _) = OTHER_CLIENT;
    let copy = Changed::new(file, from, from);
    let out = copy.folder.path().join("out");
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("fleetc").expect("the program is built");
        let output = command.current_dir(copy.folder.path()).args(arguments).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run(&["build", "solo-demo", "--quiet"]).0, Some(0));
    edit(&out.join("solo-demo"));
    run(&["verify", "out", "--fleets", "solo-demo"])
}

#[test]
fn a_tree_is_verified_byte_for_byte() {
    assert_eq!(verified(|_| ()).0, Some(0));
    let edited = "cluster-east/3-policy/billing/authorizationpolicy-access-billing.yaml";
    let (code, said) = verified(|tree| {
        let text = std::fs::read_to_string(tree.join(edited)).expect("a file");
        std::fs::write(tree.join(edited), text.replace("payments\n", "anybody\n")).expect("written");
    });
    assert_eq!(code, Some(1));
    assert!(said.contains("edited by hand") && said.contains(edited), "{said}");
    let (code, said) = verified(|tree| std::fs::remove_file(tree.join(edited)).expect("removed"));
    assert!(code == Some(1) && said.contains("missing"), "{said}");
    let (code, said) =
        verified(|tree| std::fs::write(tree.join("cluster-east/mine.yaml"), "a: 1\n").expect("written"));
    assert!(code == Some(1) && said.contains("mine.yaml"), "{said}");
}

/// A copy of the example below `before/` and one below `fleets/`, in which one file says something else: the program runs
/// where a user would, so that paths are those of a repository.
fn repository(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let now = Changed::new(file, from, to).folder;
    let then = Changed::new(file, from, from).folder;
    let home = tempfile::tempdir().expect("a folder");
    for (folder, name) in [(&now, "fleets"), (&then, "before")] {
        std::fs::rename(folder.path(), home.path().join(name)).expect("moved");
    }
    home
}

fn said(home: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let mut command = Command::cargo_bin("fleetc").expect("the program is built");
    let output = command.current_dir(home).args(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// The comment of the docs is what the program says: `BLESS=1` rewrites it.
#[test]
fn the_recorded_comment_is_the_real_one() {
    let (file, from, to) = OTHER_CLIENT;
    let home = repository(file, from, to);
    let (comment, errors, code) =
        said(home.path(), &["diff", "--against", "before", "-o", "markdown", "--deny", "new-access"]);
    assert_eq!(code, Some(1), "{errors}");
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/review-comment.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&recorded, &comment).expect("written");
    }
    let recorded = std::fs::read_to_string(&recorded).expect("docs/review-comment.md");
    assert_eq!(recorded, comment, "BLESS=1 cargo test --test diff");
    assert!(comment.starts_with("<!-- fleetc diff -->\n"));
}

#[test]
fn every_format_says_the_same_change() {
    let (file, from, to) = OTHER_CLIENT;
    let home = repository(file, from, to);
    let diff = |format: &str| said(home.path(), &["diff", "--against", "before", "-o", format]).0;
    let (text, markdown, html, json) = (diff("text"), diff("markdown"), diff("html"), diff("json"));
    for (format, shown) in [("text", &text), ("markdown", &markdown), ("html", &html), ("json", &json)] {
        for part in
            ["cluster.local/ns/payments-prod/sa/checkout", "billing-allow-payments.yaml", "not modelled"]
        {
            let shown = shown.replace("&#x2f;", "/").replace("notModelled", "not modelled");
            assert!(shown.contains(part), "{part} in {format}:\n{shown}");
        }
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80 || !line.trim().contains(' ')), "{text}");
    let coloured = said(home.path(), &["--color", "always", "diff", "--against", "before"]).0;
    assert!(coloured.contains("\u{1b}[32m") && !text.contains('\u{1b}'));
    assert!(html.starts_with("<!doctype html>") && html.contains("prefers-color-scheme"));
    assert!(!html.contains("src=\"http") && !html.contains("href=\"http"));
}

/// What `-o json` says is what its schema says, of a change and of a new cluster.
#[test]
fn json_is_what_the_schema_describes() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/output/diff.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(schema).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let (file, from, to) = OTHER_CLIENT;
    let home = repository(file, from, to);
    let check = |report: &Value| {
        let wrong: Vec<String> = validator.iter_errors(report).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    };
    let diff = || -> Value {
        let (json, errors, _) = said(
            home.path(),
            &["diff", "--against", "before", "-o", "json", "--deny", "new-access,unpinned"],
        );
        serde_json::from_str(&json).unwrap_or_else(|_| panic!("{errors}"))
    };
    let report = diff();
    check(&report);
    for key in ["verdict", "access", "order", "clusters", "files"] {
        assert!(report.get(key).is_some(), "{key}");
    }
    assert_eq!(report["gates"][0]["gate"], "new-access");
    let row = &report["access"]["gained"][0];
    assert_eq!(row["from"], "cluster.local/ns/payments-prod/sa/checkout");
    assert_eq!((row["to"].as_str(), row["port"].as_u64()), (Some("billing.billing"), Some(80)));
    let objects = report["objects"].as_array().expect("objects");
    assert_eq!(objects.len(), 1, "{objects:#?}");
    assert_eq!(objects[0]["clusters"], serde_json::json!(["cluster-east", "cluster-west"]));
    assert_eq!(objects[0]["fields"][0]["path"], "spec.rules[0].from[0].source.principals[0]");
    let mut broken = report.clone();
    broken["order"]["safe"] = "yes".into();
    assert!(!validator.is_valid(&broken), "the schema takes anything");

    let added = said(
        home.path(),
        &["cluster", "add", "cluster-north", "--like", "cluster-east", "--address", "203.0.113.40"],
    );
    assert_eq!(added.2, Some(0), "{}", added.1);
    let report = diff();
    check(&report);
    let others = &report["nonInterference"];
    assert_eq!((others["existing"].as_u64(), others["peerFiles"].as_u64()), (Some(3), Some(3)), "{others:#}");
    assert_eq!(others["clusters"], serde_json::json!(["cluster-north"]));
    assert_eq!(report["blastRadius"]["ofClusters"], 4);
}

/// Against a tree, reasons of before are its files, and what was meant is not known.
#[test]
fn a_rendered_tree_is_a_side_too() {
    let (file, from, to) = OTHER_CLIENT;
    let home = repository(file, from, to);
    let built = said(home.path(), &["build", "before/solo-demo", "--out", "then", "--quiet"]);
    assert_eq!(built.2, Some(0), "{}", built.1);
    let reports = ["then", "then/solo-demo"].map(|against| {
        let (json, errors, code) = said(home.path(), &["diff", "--against", against, "-o", "json"]);
        assert_eq!(code, Some(0), "{errors}");
        serde_json::from_str::<Value>(&json).expect("JSON")
    });
    let sources: Value =
        serde_json::from_str(&said(home.path(), &["diff", "--against", "before", "-o", "json"]).0)
            .expect("JSON");
    for report in &reports {
        for which in ["gained", "lost"] {
            assert_eq!(rows(report, which), rows(&sources, which));
        }
        for same in ["objects", "files", "clusters", "peers", "hosts", "restarts"] {
            assert_eq!(report[same], sources[same], "{same}");
        }
        assert_eq!((&report["order"]["safe"], &report["order"]["judged"]), (&false.into(), &false.into()));
        assert!(report["trust"].as_array().expect("rows").iter().all(|row| row["changed"] == false));
    }
    let denied = said(home.path(), &["diff", "--against", "then", "--deny", "unsafe-order"]);
    assert_eq!(denied.2, Some(1), "what is not judged is not safe");
    std::fs::create_dir(home.path().join("nothing")).expect("a folder");
    let neither = said(home.path(), &["diff", "--against", "nothing"]);
    assert!(neither.2 == Some(2) && neither.1.contains("holds neither fleet `solo-demo`"), "{}", neither.1);
}

/// The in-toto Statement speaks of every file of the tree, and is the same for the same build.
#[test]
fn a_build_says_what_it_built() {
    let (file, from, _) = OTHER_CLIENT;
    let home = repository(file, from, from);
    let attest = |name: &str| {
        let (_, errors, code) = said(home.path(), &["build", "--quiet", "--attest", name]);
        assert_eq!(code, Some(0), "{errors}");
        std::fs::read_to_string(home.path().join(name)).expect("a statement")
    };
    let text = attest("a.json");
    assert_eq!(text, attest("b.json"));
    let statement: Value = serde_json::from_str(&text).expect("JSON");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/output/attestation.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(schema).expect("a schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&statement), "{statement:#}");
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    let subjects = statement["subject"].as_array().expect("subjects");
    let lock = std::fs::read_to_string(home.path().join("out/solo-demo/fleetc.lock")).expect("a lock");
    let files: Vec<&str> = lock.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(subjects.len(), files.len() + 1);
    for line in files {
        let (digest, path) = line.split_once("  ").expect("as sha256sum prints it");
        let named = |subject: &&Value| subject["name"] == format!("solo-demo/{path}");
        let subject = subjects.iter().find(named).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(subject["digest"]["sha256"], digest);
    }
    let fleet = &statement["predicate"]["fleets"][0];
    assert!(lock.contains(fleet["inputs"]["canonical"]["sha256"].as_str().expect("a digest")));
    assert_eq!(statement["predicate"]["builder"]["version"], env!("CARGO_PKG_VERSION"));
    let refused = said(home.path(), &["build", "--attest", "out/solo-demo/x.json"]);
    assert!(
        refused.2 == Some(2) && refused.1.contains("is in a tree that it would speak of"),
        "{}",
        refused.1
    );
}

/// A comment holds what GitHub takes, whatever a fleet is called and however much changes.
#[test]
fn a_comment_fits_and_says_what_it_leaves_out() {
    let (file, from, _) = OTHER_CLIENT;
    let home = repository(file, from, from);
    let many: String = (0..400)
        .map(|at| {
            format!(
                "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: caller-with-a-rather-long-name-{at}, namespace: payments-prod, labels: {{app: payments}}}}\n"
            )
        })
        .collect();
    std::fs::write(home.path().join("fleets/solo-demo/clusters/_all/many.yaml"), many).expect("written");
    let (comment, errors, code) = said(home.path(), &["diff", "--against", "before", "-o", "markdown"]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(comment.encode_utf16().count() <= 65_536, "{}", comment.len());
    assert!(comment.chars().count() > 40_000, "{} characters", comment.chars().count());
    assert!(comment.contains("left out here for want of room"), "{comment}");
    assert!(comment.contains("what this proves, and what not"));
    assert_eq!(comment.matches("<details").count(), comment.matches("</details>").count());
}
