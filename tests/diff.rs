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
