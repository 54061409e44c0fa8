//! The one pane: what commands say of a declared fleet. `BLESS=1` rewrites what they are expected to say.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests run the program and may fail loudly"
)]

use assert_cmd::Command;

/// What a command prints about the example fleet.
fn said(arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("fleetc").expect("the program is built");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).args(["--fleet", "fleets/solo-demo"]);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn policies_say_where_they_are_in_force() {
    insta::assert_snapshot!(said(&["get", "policies"]), @r"
    NAME                    NAMESPACE        CLUSTERS                                   WORKLOADS  CLIENTS  TLS
    billing-allow-payments  gloo-mesh        cluster-east,cluster-west                  2          1        STRICT
    ledger-allow-checkout   platform-shared  cluster-central,cluster-east,cluster-west  3          1        STRICT
    ");
}

#[test]
fn every_list_is_an_array_of_objects_with_a_name() {
    for resource in ["clusters", "workspaces", "policies", "segments", "services", "peers"] {
        let list: serde_json::Value =
            serde_json::from_str(&said(&["get", resource, "-o", "json"])).expect("JSON");
        let objects = list.as_array().expect("an array");
        assert!(!objects.is_empty(), "{resource}");
        assert!(objects.iter().all(|object| object["name"].is_string()), "{resource}: {list:#}");
        let yaml = said(&["get", resource, "-o", "yaml"]);
        assert_eq!(yaml.matches("\n- ").count() + 1, objects.len(), "{resource}: {yaml}");
    }
}

#[test]
fn a_cluster_says_what_is_rendered_for_it() {
    let list: serde_json::Value =
        serde_json::from_str(&said(&["get", "clusters", "-o", "json"])).expect("JSON");
    for cluster in list.as_array().expect("an array") {
        let name = cluster["name"].as_str().expect("a name");
        let tree = format!("{}/out/solo-demo/{name}", env!("CARGO_MANIFEST_DIR"));
        let files = walkdir::WalkDir::new(tree).into_iter().filter_map(Result::ok);
        let files = files.filter(|entry| entry.file_type().is_file()).count();
        assert_eq!(cluster["objects"], files, "{name}");
        assert_eq!(cluster["trustDomain"], "cluster.local");
    }
}
