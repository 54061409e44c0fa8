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
        n6["ns payments-prod"]
        n7["sa payments-prod/checkout"]
        n8["sa payments-prod/payments"]
        o0["svc checkout.payments-prod:8080, payments.payments-prod:8080 (from within: payments-prod)"]
      end
      subgraph g1["platform (workspace)"]
        direction TB
        n2["svc ledger.platform-shared:9090, rates.platform-shared:80 (from within: platform-shared)"]
        n3["svc ledger.platform-shared:8443"]
        o1["svc rates-admin.platform-shared:9901 (from within: platform-shared)"]
      end
      subgraph g2["billing (namespace of no workspace)"]
        direction TB
        n4["svc billing.billing:80"]
      end
      subgraph g3["other namespaces (of no workspace)"]
        direction TB
        o3["svc productpage.bookinfo:9080 (open)"]
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
        o0["ns payments-prod (3 clusters)"]
      end
      subgraph g1["platform (isolated)"]
        direction TB
        n4["svc ledger.platform-shared, rates.platform-shared (shared)"]
        o1["ns platform-shared (3 clusters)"]
      end
      subgraph g2["no workspace (open)"]
        direction TB
        o2["ns billing (2 clusters)<br/>ns bookinfo (2 clusters)"]
      end
      g0 --> n4
    "#);
}

#[test]
fn a_workspace_says_what_is_shared_and_why_the_rest_is_not() {
    insta::assert_snapshot!(said(&["describe", "workspace", "platform"]), @r"
    Name:        platform
    Kind:        Workspace
    Source:      fleets/solo-demo/tenancy/platform-workspace.yaml:5
    Labels:      <none>
    Isolation:   isolated, by default: callers from outside are refused, but for what is exported to them
    Settings:    WorkspaceSettings/platform-shared/platform  (fleets/solo-demo/tenancy/platform-settings.yaml:5)
    Owners:      admin: Group platform-team
    Namespaces:  platform-shared in cluster-central, cluster-east, cluster-west  (fleets/solo-demo/tenancy/platform-workspace.yaml:11)
    Exports:
      yes  ledger.platform-shared, rates.platform-shared to workspace `payments`
             fleets/solo-demo/tenancy/payments-settings.yaml:9
             fleets/solo-demo/tenancy/platform-settings.yaml:9
      no   rates-admin.platform-shared to workspace `payments`: `exportTo` of workspace `platform` asks for label `shared=true`; `importFrom` of workspace `payments` asks for label `shared=true`
             fleets/solo-demo/tenancy/payments-settings.yaml:9
             fleets/solo-demo/tenancy/platform-settings.yaml:9
    Imports:     <none>
    Policies:    AccessPolicy/platform-shared/ledger-allow-checkout: Service platform-shared/ledger, 1 workload: DENY by ztunnel, within the boundary  (fleets/solo-demo/tenancy/ledger-allow-checkout.yaml:5)
    Called by, from outside:
      payments-prod/checkout on ledger.platform-shared:8443
             fleets/solo-demo/tenancy/payments-settings.yaml:9
             fleets/solo-demo/tenancy/payments-workspace.yaml:17
             fleets/solo-demo/tenancy/platform-settings.yaml:9
             fleets/solo-demo/tenancy/platform-workspace.yaml:11
      payments-prod/* on ledger.platform-shared:9090, rates.platform-shared:80
             fleets/solo-demo/tenancy/payments-settings.yaml:9
             fleets/solo-demo/tenancy/payments-workspace.yaml:17
             fleets/solo-demo/tenancy/platform-settings.yaml:9
             fleets/solo-demo/tenancy/platform-workspace.yaml:11
    May call, outside:
      productpage.bookinfo:9080 as platform-shared/ledger, platform-shared/rates in cluster-central, cluster-east
             fleets/solo-demo/clusters/cluster-central/bookinfo.yaml:4
             fleets/solo-demo/clusters/cluster-east/bookinfo.yaml:4
    Rendered files:
      <cluster>/3-policy/platform-shared/authorizationpolicy-boundary.yaml in cluster-central, cluster-east, cluster-west
      <cluster>/3-policy/platform-shared/authorizationpolicy-export-ledger.yaml in cluster-central, cluster-east, cluster-west
      <cluster>/3-policy/platform-shared/authorizationpolicy-export-rates.yaml in cluster-central, cluster-east, cluster-west
      <cluster>/3-policy/platform-shared/peerauthentication-boundary.yaml in cluster-central, cluster-east, cluster-west
      <cluster>/3-policy/platform-shared/rolebinding-fleetc-platform-admin.yaml in cluster-central, cluster-east, cluster-west
    ");
}

#[test]
fn a_policy_says_where_it_is_in_force_and_where_not() {
    insta::assert_snapshot!(said(&["describe", "ap", "billing-allow-payments"]), @r"
    Name:                          billing-allow-payments
    Namespace:                     gloo-mesh
    Kind:                          AccessPolicy
    Source:                        fleets/solo-demo/tenancy/billing-allow-payments.yaml:5
    Allowed clients:               payments-prod/payments  (fleets/solo-demo/tenancy/billing-allow-payments.yaml:16)
    TLS:                           STRICT: plaintext is refused  (fleets/solo-demo/tenancy/billing-allow-payments.yaml:13)
    In force:
      yes  Service billing/billing, 1 workload: ALLOW by ztunnel in cluster-east, cluster-west
             fleets/solo-demo/clusters/cluster-east/billing.yaml:19
             fleets/solo-demo/clusters/cluster-west/billing.yaml:19
      no   in cluster-central: it selects nothing that the inventory shows  (fleets/solo-demo/tenancy/billing-allow-payments.yaml:5)
    Who may call what it governs:  payments-prod/payments on billing.billing:80 in cluster-east, cluster-west  (fleets/solo-demo/tenancy/billing-allow-payments.yaml:16)
    Rendered files:
      <cluster>/3-policy/billing/authorizationpolicy-access-billing.yaml in cluster-east, cluster-west
      <cluster>/3-policy/billing/peerauthentication-access-billing.yaml in cluster-east, cluster-west
    ");
}

#[test]
fn a_name_of_several_clusters_says_who_serves_it() {
    insta::assert_snapshot!(said(&["describe", "segment", "productpage-global"]), @r"
    Name:            productpage-global
    Namespace:       gloo-mesh
    Kind:            Segment
    Source:          fleets/solo-demo/federation/productpage-global.yaml:5
    Hosts:           productpage.bookinfo.mesh.internal  (fleets/solo-demo/federation/productpage-global.yaml:9)
    Backing Services:
      yes  bookinfo/productpage in cluster-central, cluster-east
             fleets/solo-demo/clusters/cluster-central/bookinfo.yaml:19
             fleets/solo-demo/clusters/cluster-east/bookinfo.yaml:19
      no   bookinfo/productpage in cluster-west: no namespace `bookinfo`  (fleets/solo-demo/clusters.yaml:27)
    Who may call:
      anyone, plaintext on productpage.bookinfo:9080 in cluster-central, cluster-east
             fleets/solo-demo/clusters/cluster-central/bookinfo.yaml:4
             fleets/solo-demo/clusters/cluster-east/bookinfo.yaml:4
    Rendered files:  _scope/<cluster>/bookinfo/service-productpage.yaml in cluster-central, cluster-east
    ");
    insta::assert_snapshot!(said(&["describe", "vd", "checkout"]), @r"
    Name:           checkout
    Namespace:      payments-prod
    Kind:           VirtualDestination
    Source:         fleets/solo-demo/federation/checkout-virtual.yaml:5
    Hosts:          checkout.payments.global  (fleets/solo-demo/federation/checkout-virtual.yaml:9)
    Backing Services:
      yes  payments-prod/checkout in cluster-central, cluster-east, cluster-west  (fleets/solo-demo/clusters/_all/payments-prod.yaml:66)
    Ports:          8080 HTTP
    Pods:           app=checkout of payments-prod
    Nearest first:  <none>
    Reached from:
      yes  cluster-central, cluster-east, cluster-west  (fleets/solo-demo/federation/checkout-virtual.yaml:5)
    Who may call:
      payments-prod/* on checkout.payments-prod:8080
             fleets/solo-demo/tenancy/payments-workspace.yaml:11
             fleets/solo-demo/tenancy/payments-workspace.yaml:14
             fleets/solo-demo/tenancy/payments-workspace.yaml:17
    Rendered files:
      <cluster>/4-federation/payments-prod/serviceentry-checkout.payments.global.yaml in cluster-central, cluster-east, cluster-west
      <cluster>/4-federation/payments-prod/workloadentry-app-checkout-6136073910.cluster-central.yaml in cluster-east, cluster-west
      <cluster>/4-federation/payments-prod/workloadentry-app-checkout-6136073910.cluster-east.yaml in cluster-central, cluster-west
      <cluster>/4-federation/payments-prod/workloadentry-app-checkout-6136073910.cluster-west.yaml in cluster-central, cluster-east
      _scope/<cluster>/payments-prod/service-checkout.yaml in cluster-central, cluster-east, cluster-west
    ");
}

#[test]
fn a_cluster_says_whom_it_knows_and_why_not() {
    let draining = "fixtures/federation-draining-cluster/fleet";
    insta::assert_snapshot!(said_of(draining, &["describe", "cluster", "east"]), @r"
    Name:               east
    Kind:               KubernetesCluster
    Source:             fixtures/federation-draining-cluster/fleet/fleet.yaml:5
    Labels:             <none>
    Releases:           <none>
    Trust domain:       cluster.local
    Cluster domain:     cluster.local
    Network:            east
    Segment:            <none>
    Lifecycle:          member
    Wave:               <none>
    East-west gateway:  192.0.2.1  (fixtures/federation-draining-cluster/fleet/fleet.yaml:9)
    Certificates:       istio-ca-secret (root) from istiod itself
    Peers:
      yes  west both ways  (fixtures/federation-draining-cluster/fleet/fleet.yaml:24)
      yes  south from there alone, since that one leaves the fleet  (fixtures/federation-draining-cluster/fleet/fleet.yaml:14)
    Namespaces:         shop of workspace `shop`: 1 Service, 1 workload  (fixtures/federation-draining-cluster/fleet/fleet.yaml:37)
    Policies:           <none>
    Global Services:    shop/cart by VirtualDestination/shop/cart  (fixtures/federation-draining-cluster/fleet/fleet.yaml:42)
    Rendered files:
      _scope/east: 1 file
      east/1-trust: 2 files
      east/3-policy: 2 files
      east/4-federation: 3 files
    ");
}

#[test]
fn a_share_that_fails_says_on_which_side() {
    let of = |fixture: &str, workspace: &str| {
        let said =
            said_of(&format!("fixtures/{fixture}/fleet"), &["describe", "ws", workspace, "-o", "json"]);
        let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
        let sections = said["sections"].as_array().expect("sections").iter();
        let shares = sections
            .filter(|section| ["Exports", "Imports"].contains(&section["title"].as_str().expect("a title")));
        let facts: Vec<(bool, String, usize)> = shares
            .flat_map(|section| section["facts"].as_array().expect("facts"))
            .map(|fact| {
                let places = fact["places"].as_array().expect("places").len();
                (
                    fact["holds"].as_bool().expect("yes or no"),
                    fact["says"].as_str().expect("text").to_owned(),
                    places,
                )
            })
            .collect();
        facts
    };
    for (fixture, workspace, expected) in [
        (
            "tenancy-share-by-cluster",
            "shop",
            vec![
                (true, "cart.shop to workspace `web` in east", 2),
                (
                    false,
                    "cart.shop to workspace `web` in west: `exportTo` of workspace `shop` asks for cluster `east`",
                    1,
                ),
            ],
        ),
        (
            "tenancy-share-of-another-kind",
            "web",
            vec![(
                false,
                "cart.shop from workspace `shop`: `exportTo` of workspace `shop` asks for another kind, `VIRTUAL_DESTINATION`",
                1,
            )],
        ),
        (
            "tenancy-import-that-nothing-exports",
            "web",
            vec![(false, "cart.shop from workspace `shop`: workspace `shop` has no WorkspaceSettings", 1)],
        ),
    ] {
        let found = of(fixture, workspace);
        let found: Vec<(bool, &str, usize)> =
            found.iter().map(|(holds, says, at)| (*holds, says.as_str(), *at)).collect();
        assert_eq!(found, expected, "{fixture}");
    }
}

#[test]
fn a_service_names_the_files_that_decide_about_it_and_each_place_is_a_line() {
    let said = said(&["describe", "svc", "ledger.platform-shared", "-o", "json"]);
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let section = |title: &str| {
        let sections = said["sections"].as_array().expect("sections");
        let found = sections.iter().find(|section| section["title"] == title);
        found.unwrap_or_else(|| panic!("{title}"))["facts"].as_array().expect("facts").clone()
    };
    let files: Vec<String> = section("Rendered files")
        .iter()
        .map(|fact| fact["says"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(files.len(), 4, "{files:#?}");
    for file in files {
        let (path, _) = file.split_once(" in ").expect("clusters");
        let path = path.replace("<cluster>", "cluster-east");
        let rendered = format!("{}/out/solo-demo/{path}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&rendered).is_file(), "{rendered}");
    }
    let callers = section("Called by");
    assert!(
        callers.iter().any(|fact| fact["says"] == "payments-prod/checkout on ledger.platform-shared:8443")
    );
    for section in said["sections"].as_array().expect("sections") {
        for place in section["facts"]
            .as_array()
            .expect("facts")
            .iter()
            .flat_map(|fact| fact["places"].as_array().expect("places"))
        {
            let path = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), place["path"].as_str().expect("a path"));
            let lines = std::fs::read_to_string(&path).expect("a file").lines().count();
            let line = usize::try_from(place["line"].as_u64().expect("a line")).expect("small");
            assert!((1..=lines).contains(&line), "{place}");
        }
    }
}

#[test]
fn a_name_that_is_not_there_is_answered_with_one_that_is() {
    let refused = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("fleetc").expect("the program is built");
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    let demo = ["--fleet", "fleets/solo-demo"];
    let asked = |arguments: &[&str]| refused(&[arguments, &demo[..]].concat());
    assert_eq!(
        asked(&["describe", "ws", "platfrom"]),
        "error: there is no Workspace `platfrom`\n  help: did you mean `platform`?\n"
    );
    assert_eq!(
        asked(&["describe", "svc", "ledger", "-n", "billing"]),
        "error: there is no Service `ledger` in namespace `billing`\n  help: there is one in `platform-shared`\n"
    );
    assert_eq!(
        asked(&["get", "peers", "--now", "2027-01-01"]),
        "error: `--now` judges certificates, and nothing else\n  help: leave it out\n"
    );
    let several = "fixtures/access-foreign-allow-alone/fleet";
    assert_eq!(
        refused(&["describe", "svc", "cart", "--fleet", several]),
        "error: there is a Service `cart` in `legacy` and `shop`\n  help: name the one that is meant: `-n NAMESPACE`\n"
    );
}

#[test]
fn a_policy_is_in_force_where_a_waypoint_stands_before_the_service_of_another_cluster() {
    let fleet = "fixtures/waypoint-in-a-cluster-without-the-service/fleet";
    insta::assert_snapshot!(said_of(fleet, &["get", "policies"]), @r"
    NAME  NAMESPACE  CLUSTERS   WORKLOADS  CLIENTS  TLS
    cart  gloo-mesh  east,west  1          1        -
    ");
}
