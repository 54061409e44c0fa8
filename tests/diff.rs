//! `fleetc diff`: what a change of a fleet does, said of both sides.
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

/// Copies the example fleet, changes one of its files, and says what that does.
fn changed(file: &str, from: &str, to: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("fleets/solo-demo");
    let copy = folder.path().join("solo-demo");
    for entry in walkdir::WalkDir::new(&example).into_iter().map(|entry| entry.expect("readable")) {
        let target = copy.join(entry.path().strip_prefix(&example).expect("below"));
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(&target).expect("created");
        } else {
            std::fs::copy(entry.path(), &target).expect("copied");
        }
    }
    let text = std::fs::read_to_string(copy.join(file)).expect("a file");
    assert!(text.contains(from), "{file} does not hold `{from}`");
    std::fs::write(copy.join(file), text.replace(from, to)).expect("written");
    let mut command = Command::cargo_bin("fleetc").expect("the program is built");
    command.args(["diff", "-o", "json", "--against"]).arg(&example).arg(&copy);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
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
