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
    said_of("fleets/solo-demo", arguments)
}

fn said_of(fleet: &str, arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("fleetc").expect("the program is built");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).args(["--fleet", fleet]);
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
    for resource in ["clusters", "workspaces", "policies", "segments", "services", "peers", "certificates"] {
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

#[test]
fn certificates_are_judged_by_a_day_that_is_given() {
    let fleet = "fixtures/trust-rotation-sign-new/fleet";
    insta::assert_snapshot!(said_of(fleet, &["get", "certificates"]), @r"
    NAME       CLUSTER  TYPE          SOURCE                     SIGNED BY  NOT AFTER             PHASE
    cacerts    east     intermediate  cert-manager               root-2026  -                     sign-new
    root-2025  east     root          trust/roots/root-2025.pem  -          2036-11-19T05:51:37Z  sign-new (going)
    root-2026  east     root          trust/roots/root-2026.pem  -          2036-11-19T05:51:37Z  sign-new (coming)
    ");
    insta::assert_snapshot!(said_of(fleet, &["get", "certificates", "--now", "2036-10-01"]), @r"
    NAME       CLUSTER  TYPE          SOURCE                     SIGNED BY  NOT AFTER             PHASE              STATUS     DAYS LEFT
    cacerts    east     intermediate  cert-manager               root-2026  -                     sign-new           -          -
    root-2025  east     root          trust/roots/root-2025.pem  -          2036-11-19T05:51:37Z  sign-new (going)   ends soon  49
    root-2026  east     root          trust/roots/root-2026.pem  -          2036-11-19T05:51:37Z  sign-new (coming)  ends soon  49
    ");
    let list: serde_json::Value = serde_json::from_str(&said_of(
        "fixtures/trust-generated/fleet",
        &["get", "certificates", "-o", "json"],
    ))
    .expect("JSON");
    let east = &list[0];
    assert_eq!((&east["cluster"], &east["type"]), (&"east".into(), &"intermediate".into()));
    let prints =
        format!("{}/fixtures/trust-generated/fleet/trust/east/ca-cert.pem", env!("CARGO_MANIFEST_DIR"));
    let pem = std::fs::read_to_string(prints).expect("the certificate");
    let read = fleetc::trust::Certificate::from_pem(&pem).expect("a certificate");
    assert_eq!(east["sha256"], read.fingerprint.as_str());
}

#[test]
fn peers_are_listed_in_each_direction() {
    insta::assert_snapshot!(said_of("fleets/upstream-flux", &["get", "peers"]), @r"
    NAME                           CLUSTER    PEER       NETWORK    PASSAGE  ADDRESSES  TRUST DOMAIN
    istio-remote-secret-dublin     amsterdam  dublin     dublin     gateway  -          shop.example
    istio-remote-secret-frankfurt  amsterdam  frankfurt  frankfurt  gateway  -          shop.example
    istio-remote-secret-amsterdam  dublin     amsterdam  amsterdam  gateway  -          shop.example
    istio-remote-secret-frankfurt  dublin     frankfurt  frankfurt  gateway  -          shop.example
    istio-remote-secret-amsterdam  frankfurt  amsterdam  amsterdam  gateway  -          shop.example
    istio-remote-secret-dublin     frankfurt  dublin     dublin     gateway  -          shop.example
    ");
    // nobody peers with a cluster that leaves; it still knows the others
    insta::assert_snapshot!(said_of("fixtures/federation-draining-cluster/fleet", &["get", "peers"]), @r"
    NAME                    CLUSTER  PEER  NETWORK  PASSAGE  ADDRESSES  TRUST DOMAIN
    istio-remote-peer-west  east     west  west     gateway  192.0.2.2  cluster.local
    istio-remote-peer-east  south    east  east     gateway  192.0.2.1  cluster.local
    istio-remote-peer-west  south    west  west     gateway  192.0.2.2  cluster.local
    istio-remote-peer-east  west     east  east     gateway  192.0.2.1  cluster.local
    ");
}

#[test]
fn a_picture_is_one_element_that_needs_nothing_else() {
    for subject in ["peers", "workspaces", "access"] {
        let picture = said(&["graph", subject]);
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"), "{subject}");
        let beside_the_namespace = picture.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        assert!(!beside_the_namespace.contains("://"), "{subject} refers to something");
        assert_eq!(picture, said(&["graph", subject]), "{subject}");
    }
}

#[test]
fn who_may_call_is_drawn_once_for_what_nothing_tells_apart() {
    insta::assert_snapshot!(said(&["graph", "access", "-o", "mermaid"]), @r#"
    flowchart LR
      accTitle: Who may call whom in solo-demo
      subgraph g0["payments (workspace)"]
        direction TB
        n0["svc checkout.payments-prod:8080, payments.payments-prod:8080 (from within: payments-prod)"]
        n6["ns payments-prod"]
        n7["sa payments-prod/checkout"]
        n8["sa payments-prod/payments"]
      end
      subgraph g1["platform (workspace)"]
        direction TB
        n1["svc rates-admin.platform-shared:9901 (from within: platform-shared)"]
        n2["svc ledger.platform-shared:9090, rates.platform-shared:80 (from within: platform-shared)"]
        n3["svc ledger.platform-shared:8443"]
      end
      subgraph g2["billing (namespace of no workspace)"]
        direction TB
        n4["svc billing.billing:80"]
      end
      subgraph g3["other namespaces (of no workspace)"]
        direction TB
        n5["svc productpage.bookinfo:9080 (open)"]
      end
      n6 --> n2
      n7 --> n3
      n8 --> n4
    "#);
    insta::assert_snapshot!(said(&["graph", "workspaces", "-o", "mermaid"]), @r#"
    flowchart LR
      accTitle: Workspaces of fleet solo-demo and what they share
      subgraph g0["payments (isolated)"]
        direction TB
        n0["ns payments-prod (3 clusters)"]
      end
      subgraph g1["platform (isolated)"]
        direction TB
        n1["ns platform-shared (3 clusters)"]
        n4["svc ledger.platform-shared, rates.platform-shared (shared)"]
      end
      subgraph g2["no workspace (open)"]
        direction TB
        n2["ns billing (2 clusters)"]
        n3["ns bookinfo (2 clusters)"]
      end
      g0 --> n4
    "#);
}
