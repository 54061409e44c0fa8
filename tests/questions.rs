//! `can`, `who-can` and `reaches` as a user meets them: answers, reasons, exit codes.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test sets up the disk that the program meets, and fails where it cannot"
)]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value as Json;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of a fixture.
fn fixture(name: &str) -> PathBuf {
    repository().join("fixtures").join(name)
}

/// Exit code, standard output and standard error.
fn fleetc(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("fleetc"));
    let output = command.current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A question about the fleet of a fixture.
fn ask(fixture_name: &str, question: &str) -> (i32, String, String) {
    let mut arguments: Vec<&str> = question.split_whitespace().collect();
    arguments.extend(["--fleet", "fleet"]);
    fleetc(&fixture(fixture_name), &arguments)
}

const SHARED: &str = "tenancy-import-and-export";

#[test]
fn a_yes_shows_the_lines_that_make_it_so() {
    let (code, said, errors) = ask(SHARED, "can web/web cart.shop");
    assert_eq!((code, errors.as_str()), (0, ""));
    assert_eq!(
        said,
        "\
east: yes
  port 80: yes for cluster.local/ns/web/sa/web
    Deployment cart on port 8080: `AuthorizationPolicy/shop/export-cart` allows it (rule 2)
      fleet/fleet.yaml:17: workspace `shop` owns `shop`, and is isolated
      fleet/fleet.yaml:28: workspace `web` owns `web`
      fleet/fleet.yaml:37: workspace `shop` exports to `web`
      fleet/fleet.yaml:47: workspace `web` imports from `shop`
"
    );
}

#[test]
fn a_no_is_1_and_says_what_does_not_allow_it() {
    let (code, said, _) = ask(SHARED, "can shop/cart web.web:80@east");
    assert_eq!(code, 1);
    assert!(said.starts_with("east: no\n  port 80: no for cluster.local/ns/shop/sa/cart\n"), "{said}");
    assert!(said.contains("fleet/fleet.yaml:28: workspace `web` owns `web`, and is isolated"), "{said}");
    let (code, said, _) = ask(SHARED, "can plaintext web.web");
    assert_eq!(code, 1);
    assert!(said.contains("`PeerAuthentication/web/boundary` refuses plaintext"), "{said}");
    let (code, said, _) = ask(SHARED, "can anyone web.web");
    assert_eq!(code, 1);
    assert!(said.contains("no for cluster.local/ns/someone-else/sa/someone-else"), "{said}");
}

#[test]
fn a_no_shows_what_would_make_it_a_yes() {
    // an AccessPolicy that does not allow it: one more client, or an exception
    let demo = ["--fleet", "fleets/solo-demo"];
    let ask =
        |line: &str| fleetc(&repository(), &[line.split(' ').collect::<Vec<_>>(), demo.to_vec()].concat());
    let (code, said, _) = ask("can platform-shared/rates billing.billing -o json");
    assert_eq!(code, 1);
    let answer: Json = serde_json::from_str(&said).unwrap();
    let fixes = answer["fixes"].as_array().unwrap();
    assert_eq!(fixes.len(), 2, "{said}");
    let edit = &fixes[0]["edits"][0];
    assert_eq!(edit["path"], "fleets/solo-demo/tenancy/billing-allow-payments.yaml");
    assert_eq!(
        edit["text"],
        "      - serviceAccountSelector:\n          name: rates\n          namespace: platform-shared\n"
    );
    assert_eq!(fixes[0]["alsoOpens"].as_array().unwrap().len(), 0);
    assert!(fixes[1]["edits"][0]["text"].as_str().unwrap().contains("exceptions:"), "{said}");
    // a boundary: the export and the import together, and who else of the workspace gains by it
    let (_, said, _) = ask("can platform-shared/rates checkout.payments-prod@cluster-east");
    assert!(said.contains("platform-settings.yaml:15:\n    +   importFrom:\n"), "{said}");
    assert!(
        said.contains("payments-settings.yaml:20:\n    +   - workspaces:\n    +     - name: platform\n"),
        "{said}"
    );
    assert!(
        said.contains(
            "also opens cluster.local/ns/platform-shared/sa/ledger -> checkout.payments-prod:8080 in"
        ),
        "{said}"
    );
    assert!(said.contains("    +       clusters:\n    +       - cluster-east\n"), "{said}");
}

#[test]
fn every_change_that_is_told_was_tried() {
    let home = tempfile::tempdir().unwrap();
    let fleet = home.path().join("fleets/one");
    let copied = fixture(SHARED).join("fleet");
    for file in ["fleet.yaml", "clusters/east/inventory.yaml"] {
        fs::create_dir_all(fleet.join(file).parent().unwrap()).unwrap();
        fs::copy(copied.join(file), fleet.join(file)).unwrap();
    }
    let ask = || fleetc(home.path(), &["can", "shop/cart", "web.web", "-o", "json"]);
    let (code, said, _) = ask();
    let answer: Json = serde_json::from_str(&said).unwrap();
    assert_eq!((code, answer["fixes"].as_array().unwrap().len()), (1, 2), "{said}");
    // an import here and an export there, each a run of lines of one file
    let fix = &answer["fixes"][0];
    let path = home.path().join(fix["edits"][0]["path"].as_str().unwrap());
    let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    for edit in fix["edits"].as_array().unwrap() {
        let at = usize::try_from(edit["line"].as_u64().unwrap()).unwrap() - 1;
        let new = edit["text"].as_str().unwrap().lines().map(str::to_owned);
        lines.splice(at..at, new);
    }
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    assert_eq!(ask().0, 0);
}

#[test]
fn what_nobody_has_is_2_and_says_what_may_be_meant() {
    for (question, wanted) in [
        ("can web/web crat.shop", "did you mean `cart.shop`?"),
        ("can web/web cart.shpo", "did you mean `shop`?"),
        ("can web/web cart.shop:81", "its ports are 80"),
        ("can web/web cart.shop@esat", "did you mean `east`?"),
        ("can web cart.shop", "a caller is"),
        ("can web/web cart", "a destination is"),
        ("can web/web cart.shop:80 --port 81", "name it once"),
        ("who-can crat.shop", "did you mean `cart.shop`?"),
        ("reaches web/web@esat", "did you mean `east`?"),
    ] {
        let (code, said, errors) = ask(SHARED, question);
        assert_eq!((code, said.as_str()), (2, ""), "{question}");
        assert!(errors.contains(wanted), "{question}: {errors}");
    }
}

#[test]
fn clusters_without_the_destination_do_not_count() {
    let (code, said, _) = fleetc(
        &repository(),
        &["can", "payments-prod/payments", "billing.billing", "--fleet", "fleets/solo-demo"],
    );
    assert_eq!(code, 0);
    assert!(said.contains("cluster-east: yes") && said.contains("cluster-west: yes"), "{said}");
    assert!(said.contains("not there: cluster-central"), "{said}");
}

#[test]
fn everybody_who_may_is_in_one_row() {
    let (code, said, _) = ask(SHARED, "who-can cart.shop -o csv");
    assert_eq!(code, 0);
    let callers: Vec<&str> = said.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(callers, ["cluster.local/ns/shop/sa/*", "cluster.local/ns/web/sa/*"]);
    let (_, said, _) =
        fleetc(&repository(), &["who-can", "productpage.bookinfo", "--fleet", "fleets/solo-demo"]);
    assert!(said.contains("cluster-east: anyone -> productpage.bookinfo:9080"), "{said}");
    assert!(said.contains("cluster-east: plaintext -> productpage.bookinfo:9080"), "{said}");
}

#[test]
fn reaches_lists_every_yes_of_a_caller() {
    let (code, said, _) = ask(SHARED, "reaches web/web -o json");
    assert_eq!(code, 0);
    let rows: Json = serde_json::from_str(&said).unwrap();
    let reached: Vec<(&str, u64)> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["to"].as_str().unwrap(), row["port"].as_u64().unwrap()))
        .collect();
    assert_eq!(reached, [("cart.shop", 80), ("ledger.shop", 443), ("web.web", 80)]);
    let (_, said, _) = ask(SHARED, "reaches plaintext");
    assert_eq!(said, "nobody and nothing\n");
}

#[test]
fn pods_that_are_not_deployed_yet_are_judged_by_their_labels() {
    let (code, said, _) = ask(SHARED, "can web/web shop:8080 --labels app=cart");
    assert_eq!(code, 0, "{said}");
    let (code, said, _) = ask(SHARED, "can web/web shop:8080 --labels app=new");
    assert_eq!(code, 1);
    assert!(said.contains("pods app=new: none of the policies that allow callers matches"), "{said}");
    let (_, said, _) = ask(SHARED, "who-can shop --labels app=cart,tier=front -o csv");
    assert!(
        said.contains("cluster.local/ns/web/sa/*,,pods app=cart,tier=front of shop,8080")
            || said.contains("8080"),
        "{said}"
    );
    let (_, said, _) = ask(SHARED, "can shop/still-to-come cart.shop");
    assert!(said.contains("note: the inventory has no service account `shop/still-to-come`"), "{said}");
}

#[test]
fn at_a_waypoint_the_request_counts() {
    let ask = |line: &str| ask("waypoint-requests", line);
    // what is not asked about is left open: some request passes
    let (code, said, _) = ask("can web/web cart.shop:80");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("through waypoint shop/waypoint, GET /books"), "{said}");
    assert!(said.contains(" for one: waypoint `shop/waypoint`: `AuthorizationPolicy/shop/"), "{said}");
    assert!(said.contains("; ztunnel: `AuthorizationPolicy/shop/"), "{said}");
    for (request, expected) in [
        ("--method GET --path /books/1", 0),
        ("--method POST --path /books/1", 1),
        ("--method HEAD --path /v1/status", 0),
        ("--method GET --path /carts", 1),
    ] {
        assert_eq!(ask(&format!("can web/web cart.shop:80 {request}")).0, expected, "{request}");
    }
    assert_eq!(ask("can web/admin cart.shop:80 --method POST --path /carts").0, 0);
    // past the waypoint nobody comes in, and plaintext never passes one
    let (code, said, _) = ask("can web/other cart.shop:80");
    assert_eq!(code, 1);
    assert!(said.contains("Deployment cart on port 8080: none of the policies"), "{said}");
    assert!(said.contains("through waypoint shop/waypoint: none of the policies"), "{said}");
    let (code, said, _) = ask("can plaintext cart.shop:80");
    assert_eq!(code, 1);
    assert!(said.contains("plaintext does not pass a waypoint"), "{said}");
    let (_, said, _) = ask("who-can cart.shop:80 -o json");
    let rows: Json = serde_json::from_str(&said).unwrap();
    let callers: Vec<&str> =
        rows["rows"].as_array().unwrap().iter().map(|row| row["caller"].as_str().unwrap()).collect();
    let own = "cluster.local/ns/shop/sa/waypoint";
    assert_eq!(callers, [own, "cluster.local/ns/web/sa/admin", "cluster.local/ns/web/sa/web"]);
    assert!(rows["rows"][1]["request"].is_null() && rows["rows"][2]["request"].is_string(), "{said}");
}

#[test]
fn pods_with_a_waypoint_of_their_own_are_called_through_it() {
    let (code, said, _) = ask("waypoint-of-the-pods", "can web/web pay.bank");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("bank/waypoint"), "{said}");
    let (code, said, _) = ask("waypoint-of-the-pods", "can dev/tester pay.bank");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("AuthorizationPolicy/bank/only-web"), "{said}");
}

#[test]
fn a_sidecar_enforces_what_selects_its_pods_and_reads_requests() {
    let asked = |question: &str| {
        let (code, said, _) = ask("access-at-a-sidecar", question);
        (code, said)
    };
    assert_eq!(asked("can web/web cart.shop").0, 0);
    let (code, said) = asked("can dev/tester cart.shop");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("AuthorizationPolicy/shop/access-cart"), "{said}");
    assert_eq!(asked("can plaintext cart.shop").0, 1);
    assert_eq!(asked("can dev/tester stock.stock --method GET").0, 0);
    assert_eq!(asked("can dev/tester stock.stock --method DELETE").0, 1);
}

#[test]
fn a_rendered_tree_says_what_the_fleet_says() {
    for question in ["can web/web cart.shop", "can shop/cart web.web", "who-can cart.shop", "reaches web/web"]
    {
        let (code, said, _) = ask(SHARED, question);
        for tree in ["out/fleet", "out/fleet/east"] {
            let (of_tree, said_of_tree, drift) = ask(SHARED, &format!("{question} --tree {tree}"));
            assert_eq!((of_tree, drift.as_str()), (code, ""), "{question} {tree}");
            let answers = |text: &str| -> Vec<String> {
                // what would change the answer is the fleet's matter
                let lines = text.lines().take_while(|line| *line != "it would be a yes with");
                lines.filter(|line| !line.contains(".yaml:")).map(str::to_owned).collect()
            };
            assert_eq!(answers(&said_of_tree), answers(&said), "{question} {tree}");
        }
    }
}

#[test]
fn a_tree_that_differs_is_judged_as_it_is_and_said_to_drift() {
    let home = tempfile::tempdir().unwrap();
    let policies = home.path().join("east/3-policy/shop");
    fs::create_dir_all(&policies).unwrap();
    let from = fixture(SHARED).join("out/fleet/east/3-policy/shop");
    let text = fs::read_to_string(from.join("authorizationpolicy-export-cart.yaml")).unwrap();
    fs::write(policies.join("export.yaml"), text.replace("/ns/web/", "/ns/other/")).unwrap();
    let fleet = fixture(SHARED).join("fleet");
    let (fleet, tree) = (fleet.to_str().unwrap(), home.path().to_str().unwrap());
    let ask =
        |from: &str| fleetc(&repository(), &["can", from, "cart.shop", "--fleet", fleet, "--tree", tree]);
    let (code, said, drift) = ask("other/x");
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("east/3-policy/shop/export.yaml:4: AuthorizationPolicy/shop/export-cart"),
        "{said}"
    );
    assert!(
        drift.contains("`AuthorizationPolicy/shop/export-cart` is not what the fleet renders"),
        "{drift}"
    );
    assert!(
        drift.contains("the fleet renders `AuthorizationPolicy/shop/boundary`, which the tree does not hold"),
        "{drift}"
    );
    assert_eq!(ask("web/web").0, 1);
}

/// What `kubectl get … -o yaml` prints of one cluster: one file, no fleet.
const EXPORT: &str = "\
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: a, labels: {istio.io/dataplane-mode: ambient}}
- apiVersion: v1
  kind: Service
  metadata: {name: s, namespace: a}
  spec:
    selector: {app: s}
    ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 9090}]
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: one, namespace: a}
  spec:
    template:
      metadata: {labels: {app: s, v: '1'}}
      spec: {containers: [{name: c, ports: [{name: http, containerPort: 8080}]}]}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: two, namespace: a}
  spec:
    template:
      metadata: {labels: {app: s, v: '2', istio.io/dataplane-mode: none}}
      spec: {containers: [{name: c, ports: [{name: http, containerPort: 8081}]}]}
- apiVersion: security.istio.io/v1
  kind: AuthorizationPolicy
  metadata: {name: only-b, namespace: a}
  spec:
    rules:
    - from: [{source: {principals: [mesh.example/ns/b/sa/*]}}]
      to: [{operation: {ports: ['8080']}}]
";

#[test]
fn a_tree_of_somebody_else_is_asked_without_a_fleet() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("east")).unwrap();
    fs::write(home.path().join("east/all.yaml"), EXPORT).unwrap();
    let ask = |line: &str| fleetc(home.path(), &line.split_whitespace().collect::<Vec<_>>());
    // the trust domain is the one that the policies name, and a named port is each workload's own
    let (code, said, _) = ask("can b/x s.a:80 --tree east");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("yes for mesh.example/ns/b/sa/x"), "{said}");
    assert!(
        said.contains("Deployment one on port 8080: `AuthorizationPolicy/a/only-b` allows it (rule 1)"),
        "{said}"
    );
    assert!(said.contains("east/all.yaml:29: AuthorizationPolicy/a/only-b"), "{said}");
    // where nothing is captured everybody comes in, and it is said
    assert!(said.contains("Deployment two on port 8081: the pods are not captured by ztunnel"), "{said}");
    let (code, said, _) = ask("can c/x s.a --tree east");
    assert_eq!(code, 0);
    assert!(said.contains("port 80: yes, of some pods only"), "{said}");
    fs::write(home.path().join("east/bad.yaml"), "kind: [").unwrap();
    let (code, said, errors) = ask("can b/x s.a --tree east");
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(errors.contains("error[FC101]") && errors.contains("east/bad.yaml:1"), "{errors}");
}

#[test]
fn the_fleet_is_the_one_around_or_the_only_one() {
    let home = tempfile::tempdir().unwrap();
    let copy = |name: &str| {
        for file in ["fleet.yaml", "clusters/east/inventory.yaml"] {
            let to = home.path().join("fleets").join(name).join(file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            let text = fs::read_to_string(fixture(SHARED).join("fleet").join(file)).unwrap();
            fs::write(to, text).unwrap();
        }
    };
    copy("prod");
    let question = ["can", "web/web", "cart.shop"];
    let (code, said, _) = fleetc(home.path(), &question);
    assert!(code == 0 && said.contains("fleets/prod/fleet.yaml:37: "), "{said}");
    let (code, said, _) = fleetc(&home.path().join("fleets/prod/clusters/east"), &question);
    assert!(code == 0 && said.contains("../../fleet.yaml:37: "), "{said}");
    copy("test");
    let (code, _, errors) = fleetc(home.path(), &question);
    assert!(
        code == 2 && errors.contains("there are several fleets: `fleets/prod`, `fleets/test`"),
        "{errors}"
    );
    assert!(errors.contains("`--fleet DIR`"), "{errors}");
    // a fleet of a team that has no folder `fleets`: its Fleet or its clusters tell
    let alone = home.path().join("elsewhere/mesh");
    fs::create_dir_all(alone.join("clusters/east")).unwrap();
    for file in ["fleet.yaml", "clusters/east/inventory.yaml"] {
        fs::copy(home.path().join("fleets/test").join(file), alone.join(file)).unwrap();
    }
    for (folder, place) in
        [("mesh/clusters/east", "../../fleet.yaml"), ("mesh", "./fleet.yaml"), ("", "mesh/fleet.yaml")]
    {
        let (code, said, errors) = fleetc(&home.path().join("elsewhere").join(folder), &question);
        assert!(code == 0 && said.contains(place), "{folder}: {said}{errors}");
    }
    let (code, _, errors) = fleetc(&alone.join("../.."), &["get", "clusters", "--fleet", "nowhere"]);
    assert!(code == 2, "{errors}");
    // a fleet that holds an error is not judged
    fs::write(home.path().join("fleets/prod/more.yaml"), "kind: [").unwrap();
    let (code, said, errors) = fleetc(&home.path().join("fleets/prod"), &question);
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(errors.contains("error[FC101]"), "{errors}");
}
