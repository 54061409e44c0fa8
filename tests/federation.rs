//! One more cluster changes nothing in the others but what they know of it, whatever the distribution and whoever peers.

#![allow(clippy::panic, clippy::expect_used, reason = "tests may fail loudly")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fleetc::source::Sources;
use support::rendered;

const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop, labels: {app: cart}}
spec:
  selector: {app: cart}
  ports: [{port: 80, targetPort: 8080, name: http}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: cart, namespace: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec:
      serviceAccountName: cart
      containers: [{name: cart, image: registry.bank.example/cart:1, ports: [{containerPort: 8080}]}]
";

/// A fleet of so many clusters: mesh, gateways, a Workspace of one namespace, one global Service. The shop runs in clusters
/// of an odd number; in the others nothing does.
fn fleet(clusters: usize, spec: &str, host: &str) -> BTreeMap<String, String> {
    let mut text = format!(
        "apiVersion: fleetc.dev/v1alpha1\nkind: Fleet\nmetadata: {{name: fleet}}\nspec:\n{spec}\
         \n  delivery: {{repoURL: 'https://git.bank.example/fleet.git'}}\n"
    );
    let mut named = String::new();
    let mut owned = String::new();
    let mut files = BTreeMap::new();
    for number in 1..=clusters {
        write!(
            text,
            "---\napiVersion: admin.gloo.solo.io/v2\nkind: KubernetesCluster\nmetadata:\n  name: eu-{number:02}\n  labels: \
             {{topology.kubernetes.io/region: region-{number}}}\nspec:\n  eastWestGateway:\n    addresses: [{{type: IPAddress, value: 192.0.2.{number}}}]\n"
        )
        .expect("a string");
        write!(named, "{{name: eu-{number:02}}}, ").expect("a string");
        if number % 2 == 1 {
            write!(owned, "    - name: eu-{number:02}\n      namespaces: [{{name: shop}}]\n")
                .expect("a string");
            files.insert(format!("clusters/eu-{number:02}/shop.yaml"), SHOP.to_owned());
        }
    }
    write!(
        text,
        "---\napiVersion: admin.gloo.solo.io/v2\nkind: IstioLifecycleManager\nmetadata: {{name: istio}}\nspec:\n  installations:\n    \
         - clusters: [{named}]\n      istioOperatorSpec: {{profile: ambient}}\n\
         ---\napiVersion: admin.gloo.solo.io/v2\nkind: GatewayLifecycleManager\nmetadata: {{name: eastwest}}\nspec:\n  installations:\n    \
         - clusters: [{named}]\n      istioOperatorSpec:\n        components:\n          ingressGateways:\n            - name: istio-eastwestgateway\n              \
         k8s: {{service: {{type: LoadBalancer, ports: [{{port: 15008, name: tls}}]}}}}\n\
         ---\napiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata: {{name: shop}}\nspec:\n  workloadClusters:\n{owned}\
         ---\napiVersion: networking.solo.io/v2alpha1\nkind: Segment\nmetadata: {{name: cart}}\nspec:\n  hosts: [{host}]\n  \
         selector: {{namespace: shop, name: cart}}\n  ports: [{{number: 80, protocol: HTTP}}]\n"
    )
    .expect("a string");
    files.insert("fleet.yaml".to_owned(), text);
    files
}

fn tree(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let bytes = files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    let sources = Sources::new("fleet", "fleet", bytes);
    match rendered(&sources) {
        Ok((tree, _)) => tree,
        Err(findings) => panic!("{findings:#?}"),
    }
}

/// What of the other clusters changes: the cluster, and the file after it.
fn changes_elsewhere(spec: &str, host: &str) -> BTreeSet<String> {
    let (before, after) = (tree(&fleet(12, spec, host)), tree(&fleet(13, spec, host)));
    let mut elsewhere = BTreeSet::new();
    for path in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        if before.get(path) == after.get(path) {
            continue;
        }
        assert!(after.contains_key(path), "{path} is gone");
        match path.split('/').next() {
            Some("eu-13") => assert!(!before.contains_key(path)),
            Some("_scope") => assert_eq!(path, "_scope/eu-13/shop/service-cart.yaml"),
            Some("_delivery") => {
                let own = path.contains("eu-13") && !before.contains_key(path);
                assert!(own || path.ends_with("appproject-fleet.yaml"), "{path}");
            }
            _ => {
                assert!(!before.contains_key(path), "{path} has changed");
                elsewhere.insert(path.clone());
            }
        }
    }
    elsewhere
}

fn in_each(clusters: impl Iterator<Item = usize>, file: &str) -> BTreeSet<String> {
    clusters.map(|number| format!("eu-{number:02}/4-federation/{file}")).collect()
}

#[test]
fn a_full_mesh_of_solo_gets_one_peer_each() {
    let changed = changes_elsewhere("  distribution: solo", "cart.shop.mesh.internal");
    assert_eq!(changed, in_each(1..=12, "istio-eastwest/gateway-istio-remote-peer-eu-13.yaml"));
}

#[test]
fn an_upstream_mesh_gets_one_remote_secret_each() {
    let changed = changes_elsewhere("  distribution: upstream", "cart.shop.svc.cluster.local");
    assert_eq!(changed, in_each(1..=12, "istio-system/externalsecret-istio-remote-secret-eu-13.yaml"));
}

#[test]
fn by_need_only_those_that_may_call_it_get_one() {
    let odd = || (1..=12).filter(|number| number % 2 == 1);
    let solo = "  distribution: solo\n  peering: by-need";
    let changed = changes_elsewhere(solo, "cart.shop.mesh.internal");
    assert_eq!(changed, in_each(odd(), "istio-eastwest/gateway-istio-remote-peer-eu-13.yaml"));
    let upstream = "  distribution: upstream\n  peering: by-need";
    let changed = changes_elsewhere(upstream, "cart.shop.svc.cluster.local");
    assert_eq!(changed, in_each(odd(), "istio-system/externalsecret-istio-remote-secret-eu-13.yaml"));
}

#[test]
fn remote_secrets_are_a_matrix_without_its_diagonal_and_hold_no_secret() {
    let tree = tree(&fleet(4, "  distribution: upstream", "cart.shop.svc.cluster.local"));
    let secrets: Vec<(&String, &String)> =
        tree.iter().filter(|(path, _)| path.contains("externalsecret-istio-remote-secret")).collect();
    assert_eq!(secrets.len(), 12);
    for (path, text) in secrets {
        let here = path.split('/').next().expect("a cluster");
        let there = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("networking.istio.io/cluster: "))
            .expect("the annotation");
        assert_ne!(here, there);
        assert!(path.ends_with(&format!("/istio-system/externalsecret-istio-remote-secret-{there}.yaml")));
        for part in
            ["istio/multiCluster: \"true\"", &format!("secretKey: {there}"), "kind: ClusterSecretStore"]
        {
            assert!(text.contains(part), "{part}\n{text}");
        }
        for part in ["token", "password", "client-key-data", "kind: Secret\n"] {
            assert!(!text.contains(part), "{part}\n{text}");
        }
    }
    assert!(tree.values().all(|text| !text.contains("solo.io/")), "a name of Solo's in an upstream tree");
}
