//! `fleetc cluster`: what a fourth, or a thirteenth, cluster costs; and how one leaves.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test sets up the disk that the program meets, and fails where it cannot"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use support::program::{fleetc, stderr, stdout};
use tempfile::TempDir;

/// A copy of the example fleet.
fn demo() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for (path, bytes) in support::files(&support::root().join("fleets/solo-demo")) {
        let path = home.path().join("fleets/solo-demo").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    home
}

/// A fleet of twelve clusters: mesh, gateways, a shop and a payments team everywhere, one service global.
fn twelve() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let fleet = home.path().join("fleets/prod");
    fs::create_dir_all(fleet.join("clusters/_all")).unwrap();
    let name = |number: usize| format!("eu-{number:02}");
    let numbers = || 1..=12_usize;
    let clusters: String = numbers()
        .map(|number| {
            format!(
                "---\napiVersion: admin.gloo.solo.io/v2\nkind: KubernetesCluster\nmetadata:\n  name: {}\n  labels: {{tier: prod}}\nspec:\n  \
                 eastWestGateway:\n    addresses:\n    - {{type: IPAddress, value: 192.0.2.{number}}}\n",
                name(number)
            )
        })
        .collect();
    let listed: String = numbers().map(|number| format!("    - name: {}\n", name(number))).collect();
    let owned: String = numbers()
        .map(|number| format!("  - name: {}\n    namespaces: [{{name: shop}}]\n", name(number)))
        .collect();
    let lifecycle = format!(
        "apiVersion: admin.gloo.solo.io/v2\nkind: IstioLifecycleManager\nmetadata: {{name: istio}}\nspec:\n  installations:\n  - version: 1.26.2\n    \
         revision: 1-26\n    clusters:\n{listed}    istioOperatorSpec:\n      profile: ambient\n      components:\n        cni: {{enabled: true}}\n        \
         ztunnel: {{enabled: true}}\n---\napiVersion: admin.gloo.solo.io/v2\nkind: GatewayLifecycleManager\nmetadata: {{name: eastwest}}\nspec:\n  \
         installations:\n  - clusters:\n{listed}    istioOperatorSpec:\n      profile: empty\n      components:\n        ingressGateways:\n        - name: eastwest\n          \
         enabled: true\n          k8s: {{service: {{ports: [{{port: 15008, name: tls}}]}}}}\n"
    );
    let tenancy = format!(
        "apiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata: {{name: shop}}\nspec:\n  workloadClusters:\n{owned}---\n\
         apiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata: {{name: payments}}\nspec:\n  workloadClusters:\n  - selector: {{tier: prod}}\n    \
         namespaces: [{{name: payments}}]\n---\napiVersion: networking.solo.io/v2alpha1\nkind: Segment\nmetadata: {{name: cart}}\nspec:\n  \
         hosts: [cart.shop.mesh.internal]\n  selector: {{namespace: shop, name: cart}}\n  ports: [{{number: 80, protocol: HTTP}}]\n"
    );
    let inventory: String = ["shop", "payments"]
        .iter()
        .map(|name| {
            format!("---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{istio.io/dataplane-mode: ambient}}}}\n")
        })
        .collect();
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {selector: {app: cart}, ports: [{port: 80}]}\n";
    let root = "apiVersion: fleetc.dev/v1alpha1\nkind: Fleet\nmetadata: {name: prod}\nspec:\n  delivery: {repoURL: 'https://git.example/fleet.git'}\n";
    for (path, text) in [
        ("clusters.yaml", clusters),
        ("lifecycle.yaml", lifecycle),
        ("tenancy.yaml", tenancy),
        ("fleet.yaml", root.to_owned()),
        ("clusters/_all/inventory.yaml", inventory + service),
    ] {
        fs::write(fleet.join(path), text).unwrap();
    }
    home
}

fn files(home: &TempDir, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = support::files(&home.path().join(folder));
    files.retain(|path, _| !path.ends_with("fleetc.lock") && !path.ends_with(".fleetc-cache"));
    files
}

/// `+`, `-` or `~` and the path of each file that differs.
fn difference(old: &BTreeMap<String, Vec<u8>>, new: &BTreeMap<String, Vec<u8>>) -> BTreeSet<String> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let sign = |path: &String| match (old.get(path), new.get(path)) {
        (None, _) => Some('+'),
        (_, None) => Some('-'),
        (before, after) => (before != after).then_some('~'),
    };
    paths.into_iter().filter_map(|path| Some(format!("{} {path}", sign(path)?))).collect()
}

#[test]
fn a_thirteenth_cluster_is_one_tree_and_one_peer_in_each_other() {
    let home = twelve();
    fleetc(home.path(), "build --quiet").code(0);
    let before = files(&home, "out/prod");
    let shown = fleetc(home.path(), "cluster add eu-13 --like eu-12 --address 192.0.2.13").code(0);
    assert!(!stderr(&shown).contains("FC732"), "{}", stderr(&shown));
    fleetc(home.path(), "build --quiet").code(0);
    let after = files(&home, "out/prod");

    let mut peers = BTreeSet::new();
    let mut delivery = BTreeSet::new();
    let mut own = BTreeSet::new();
    for change in difference(&before, &after) {
        let (sign, path) = change.split_once(' ').unwrap();
        let area = path.split('/').next().unwrap();
        match area {
            "_delivery" => assert!(delivery.insert(format!("{sign} {}", path.rsplit('/').next().unwrap()))),
            "eu-13" => assert_eq!(sign, "+"),
            "_scope" => assert_eq!(change, "+ _scope/eu-13/shop/service-cart.yaml"),
            _ => {
                let peer = format!("{area}/4-federation/istio-eastwest/gateway-istio-remote-peer-eu-13.yaml");
                assert_eq!(change, format!("+ {peer}"));
                assert!(peers.insert(area.to_owned()));
            }
        }
        if area == "eu-13" {
            own.insert(path.replace("eu-13", "eu-12").replace("peer-eu-12", "peer-eu-13"));
        }
    }
    assert_eq!(peers.len(), 12);
    let model = after.keys().filter(|path| path.starts_with("eu-12/")).count();
    assert_eq!(own.len(), model, "the new tree is as large as the model's");
    let (changed, added): (BTreeSet<_>, BTreeSet<_>) =
        delivery.iter().partition(|file| file.starts_with('~'));
    assert!(changed.iter().all(|file| file.ends_with("appproject-prod.yaml")), "{changed:?}");
    assert!(added.iter().all(|file| file.starts_with("+ ") && file.contains("eu-13")), "{added:?}");
}

#[test]
fn the_example_gets_a_fourth_cluster_with_comments_and_order_kept() {
    let home = demo();
    let home = home.path();
    let line =
        "cluster add cluster-north --like cluster-east --address 203.0.113.40 --labels region=eu-north";
    let before = fs::read_to_string(home.join("fleets/solo-demo/lifecycle/istio.yaml")).unwrap();
    fleetc(home, &format!("{line} --dry-run")).code(0);
    assert_eq!(before, fs::read_to_string(home.join("fleets/solo-demo/lifecycle/istio.yaml")).unwrap());
    let shown = fleetc(home, line).code(0);
    let said = stdout(&shown);
    for part in [
        "+++ fleets/solo-demo/clusters.yaml",
        "+    - { name: cluster-north }",
        "+    - name: cluster-north\n+      defaultRevision: true",
        "cluster-north    new, ",
        "+ 4-federation/istio-eastwest/gateway-istio-remote-peer-cluster-north.yaml",
        "not taken over from `cluster-east`: `spec.kubeConfig`",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // `diff` blames the cluster for what is its doing, and for nothing else that changed beside it.
    let more = "apiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata: {name: more}\nspec: {workloadClusters: [{name: '*', namespaces: [{name: more}]}]}\n";
    fs::write(home.join("fleets/solo-demo/more.yaml"), more).unwrap();
    let against = support::root().join("fleets/solo-demo");
    let said = stdout(&fleetc(home, &format!("diff --against {}", against.display())).code(0));
    let statement = "the 3 existing clusters: 3 peer files added, 3 changed, 0 new access";
    assert!(said.contains(statement), "{said}");
    fs::remove_file(home.join("fleets/solo-demo/more.yaml")).unwrap();
    // The example has inventory that every cluster has: the new one serves its VirtualDestination at once, and it is said.
    assert!(
        stderr(&shown).contains("warning[FC732]: adding cluster `cluster-north` changes 3 files"),
        "{}",
        stderr(&shown)
    );
    let after = fs::read_to_string(home.join("fleets/solo-demo/lifecycle/istio.yaml")).unwrap();
    assert_eq!(after.replace("    - name: cluster-north\n      defaultRevision: true\n", ""), before);
    fleetc(home, "check --quiet").code(0);
    fleetc(home, line).code(1).stdout("");
}

#[test]
fn what_is_asked_wrongly_is_refused_and_nothing_is_written() {
    let home = demo();
    let before = files(&home, "fleets");
    let folder = home.path();
    for (line, code, part) in [
        ("north --like cluster-aest --address 192.0.2.1", 1, "did you mean `cluster-east`?"),
        (
            "cluster-west --like cluster-east --address 192.0.2.1",
            1,
            "error[FC201]: there is a cluster `cluster-west` already",
        ),
        (
            "north --like cluster-east --address 203.0.113.20",
            1,
            "error[FC502]: the address `203.0.113.20` is that of cluster `cluster-west`",
        ),
        ("north --like cluster-east", 2, "--address <ADDR>"),
        ("North --like cluster-east --address 192.0.2.1", 2, "not a name"),
        ("north --like cluster-east --address http://x", 2, "neither an IP address nor a DNS name"),
        ("north --like cluster-east --pending --labels a", 2, "not `key=value`"),
        ("north --like cluster-east --pending --fleet nowhere", 2, "there is no fleet directory `nowhere`"),
    ] {
        let said = stderr(&fleetc(folder, &format!("cluster add {line}")).code(code).stdout(""));
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(files(&home, "fleets"), before);
}

#[test]
fn a_fleet_that_would_hold_errors_is_not_written() {
    let home = demo();
    fs::write(
        home.path().join("fleets/solo-demo/more.yaml"),
        "apiVersion: admin.gloo.solo.io/v2\nkind: IdentityProvider\nmetadata: {name: a}\nspec: {trustDomain: a.example, clusters: ['cluster-n*']}\n\
         ---\napiVersion: admin.gloo.solo.io/v2\nkind: IdentityProvider\nmetadata: {name: b}\nspec: {trustDomain: b.example, clusters: [cluster-east]}\n",
    )
    .unwrap();
    let before = files(&home, "fleets");
    let said = stderr(
        &fleetc(home.path(), "cluster add cluster-north --like cluster-east --address 192.0.2.1").code(1),
    );
    assert!(said.contains("error[FC") && said.contains("nothing is written"), "{said}");
    assert_eq!(files(&home, "fleets"), before);
}

#[test]
fn data_is_json_where_asked() {
    let home = demo();
    let line = "cluster add north --like cluster-east --pending --dry-run --quiet -o json";
    let said: serde_json::Value = serde_json::from_str(&stdout(&fleetc(home.path(), line).code(0))).unwrap();
    assert_eq!(said["fleet"], "solo-demo");
    assert!(said["trees"]["north"]["whole"].as_bool().unwrap());
    assert_eq!(said["edits"][0]["path"], "clusters.yaml");
}

#[test]
fn a_cluster_leaves_in_three_merges_and_loses_nothing_unasked() {
    let home = twelve();
    let folder = home.path();
    fs::create_dir_all(folder.join("fleets/prod/clusters/eu-12")).unwrap();
    fs::write(
        folder.join("fleets/prod/clusters/eu-12/extra.yaml"),
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: extra}\n",
    )
    .unwrap();
    fleetc(folder, "build --quiet").code(0);
    let before = files(&home, "out/prod");
    let said = stderr(&fleetc(folder, "cluster remove eu-12 --step remove").code(1).stdout(""));
    assert!(said.contains("the next step is `drain`"), "{said}");

    let said = stdout(&fleetc(folder, "cluster remove eu-12").code(0));
    assert!(said.contains("+  lifecycle: draining") && said.contains("before `detach`"), "{said}");
    fleetc(folder, "build --quiet").code(0);
    let drained = files(&home, "out/prod");
    let changes = difference(&before, &drained);
    let peers = changes.iter().filter(|path| path.ends_with("/gateway-istio-remote-peer-eu-12.yaml"));
    assert_eq!(peers.filter(|path| path.starts_with("- ")).count(), 11);
    assert!(changes.contains("~ _scope/eu-12/shop/service-cart.yaml"), "{changes:?}");
    assert_eq!(changes.len(), 12, "{changes:?}");

    let said = stdout(&fleetc(folder, "cluster remove eu-12 --step detach").code(0));
    assert!(said.contains("kubectl delete -n argocd application prod.eu-12.1-trust"), "{said}");
    fleetc(folder, "build --quiet").code(0);
    let detached = files(&home, "out/prod");
    let changes = difference(&drained, &detached);
    assert!(changes.iter().all(|path| path.contains(" _delivery/")), "{changes:?}");
    assert!(changes.iter().filter(|path| path.starts_with("- ")).all(|path| path.contains("eu-12")));
    assert!(detached.keys().any(|path| path.starts_with("eu-12/")), "its tree stands");
    fleetc(folder, "cluster remove eu-12 --step drain").code(0).stdout("");

    fleetc(folder, "cluster remove eu-12").code(0);
    assert!(!folder.join("fleets/prod/clusters/eu-12").exists());
    fleetc(folder, "check --quiet").code(0);
    fleetc(folder, "build --quiet").code(0);
    let removed = files(&home, "out/prod");
    let changes = difference(&detached, &removed);
    assert!(
        changes.iter().all(|path| path.starts_with("- eu-12/") || path.starts_with("- _scope/eu-12/")),
        "{changes:?}"
    );
    assert!(!files(&home, "fleets").values().any(|bytes| String::from_utf8_lossy(bytes).contains("eu-12")));
    let said = stderr(&fleetc(folder, "cluster remove eu-12").code(1));
    assert!(said.contains("FC202"), "{said}");
}

#[test]
fn a_step_that_is_left_out_is_refused_by_the_build() {
    let home = twelve();
    let folder = home.path();
    fleetc(folder, "build --quiet").code(0);
    let clusters = folder.join("fleets/prod/clusters.yaml");
    let text = fs::read_to_string(&clusters).unwrap();
    let (rest, last) = text.rsplit_once("spec:\n").unwrap();
    fs::write(&clusters, format!("{rest}spec:\n  lifecycle: detached\n{last}")).unwrap();
    let said = stderr(&fleetc(folder, "build --quiet").code(1));
    assert!(
        said.contains("error[FC730]: cluster `eu-12` would be detached while the others still call it"),
        "{said}"
    );
    fs::write(&clusters, text).unwrap();
    fleetc(folder, "build --quiet").code(0);
}

#[test]
fn what_would_be_orphaned_is_told_before_it_is() {
    let home = twelve();
    let folder = home.path();
    let alone = "apiVersion: networking.solo.io/v2alpha1\nkind: Segment\nmetadata: {name: till}\nspec:\n  hosts: [till.shop.mesh.internal]\n  \
                 selector: {namespace: shop, name: till, cluster: eu-12}\n  ports: [{number: 80, protocol: HTTP}]\n";
    fs::write(folder.join("fleets/prod/till.yaml"), alone).unwrap();
    fs::create_dir_all(folder.join("fleets/prod/clusters/eu-12")).unwrap();
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: till, namespace: shop}\nspec: {selector: {app: till}, ports: [{port: 80}]}\n";
    fs::write(folder.join("fleets/prod/clusters/eu-12/till.yaml"), service).unwrap();
    let said = fleetc(folder, "cluster remove eu-12").code(0);
    assert!(stderr(&said).contains("warning[FC731]: service `shop/till` is global"), "{}", stderr(&said));
    let orphaned = "orphaned once it is removed: fleets/prod/till.yaml:6: error[FC";
    assert!(stdout(&said).contains(orphaned), "{}", stdout(&said));
    fleetc(folder, "cluster remove eu-12").code(0);
    let before = files(&home, "fleets");
    let said = stderr(&fleetc(folder, "cluster remove eu-12").code(1).stdout(""));
    assert!(said.contains("--> fleets/prod/till.yaml:6") && said.contains("nothing is written"), "{said}");
    assert_eq!(files(&home, "fleets"), before);
}

#[test]
fn a_place_that_is_shared_is_shown() {
    let home = demo();
    let path = home.path().join("fleets/solo-demo/lifecycle/cni.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let shared = text.replace("- clusters:\n", "- clusters: &all\n")
        + "  - clusters: *all\n    revision: 1-26\n    istioOperatorSpec: {components: {cni: {enabled: true}}}\n";
    fs::write(&path, shared).unwrap();
    let said =
        stderr(&fleetc(home.path(), "cluster add north --like cluster-east --pending").code(1).stdout(""));
    assert!(
        said.contains("error[FC733]: ") && said.contains("--> fleets/solo-demo/lifecycle/cni.yaml:"),
        "{said}"
    );
}

#[test]
fn a_new_repository_builds_and_grows() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    fs::write(folder.join(".gitignore"), "mine\n").unwrap();
    let line = "init mesh --name bank --cluster eu-west --repo git@git.example:mesh.git";
    fs::create_dir_all(folder.join("mesh")).unwrap();
    fs::write(folder.join("mesh/.gitignore"), "mine\n").unwrap();
    let said = stderr(&fleetc(folder, line).code(0).stdout(""));
    assert!(said.contains("`.gitignore` is there and stays as it is"), "{said}");
    let mesh = folder.join("mesh");
    assert_eq!(fs::read_to_string(mesh.join(".gitignore")).unwrap(), "mine\n");
    fleetc(&mesh, "build --quiet").code(0).stderr("");
    fleetc(&mesh, "build --check --quiet").code(0).stderr("");
    fleetc(&mesh, "cluster add eu-north --like eu-west --address 192.0.2.7 --quiet").code(0).stderr("");
    fleetc(&mesh, "check --deny warnings --quiet").code(0);

    let before = support::files(&mesh);
    let said = stderr(&fleetc(folder, line).code(1));
    assert!(said.contains("there is a fleet `mesh/fleets/bank` already"), "{said}");
    assert_eq!(support::files(&mesh), before);
    fleetc(folder, "init mesh --name second --distribution upstream --ci gitlab").code(0);
    assert!(mesh.join("fleets/second/fleet.yaml").exists() && mesh.join(".gitlab-ci.yml").exists());
    assert!(mesh.join("out/bank/_delivery/_root/argocd/application-bank.yaml").exists());
    for (path, bytes) in before {
        assert_eq!(fs::read(mesh.join(&path)).unwrap(), bytes, "{path}");
    }
    fleetc(folder, "init mesh --name Bank").code(2);
    fleetc(folder, "init mesh --repo nonsense").code(2);
}

#[test]
fn a_cluster_that_flux_holds_is_let_go_without_an_uninstall() {
    let home = twelve();
    let folder = home.path();
    let fleet = folder.join("fleets/prod/fleet.yaml");
    let text = fs::read_to_string(&fleet).unwrap();
    fs::write(&fleet, text.replace("{repoURL:", "{engine: flux, repoURL:")).unwrap();
    fleetc(folder, "cluster remove eu-12").code(0);
    let said = stdout(&fleetc(folder, "cluster remove eu-12").code(0));
    let at = |part: &str| said.find(part).unwrap_or_else(|| panic!("{part}\n{said}"));
    assert!(
        at("kubectl delete -n flux-system kustomization") < at("kubectl patch -n flux-system helmrelease")
    );
    assert!(at(r#"{"spec":{"suspend":true}}"#) < at("kubectl delete -n flux-system helmrelease"));
}
