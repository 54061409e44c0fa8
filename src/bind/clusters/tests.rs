use super::*;
use crate::admit::admit;
use crate::source::Sources;

/// Binds the clusters of a fleet in one file, and lists what was found: code and message.
fn bind(text: &str) -> (Vec<Cluster>, Vec<String>) {
    let sources = Sources::new("bank", "fleet", [("fleet.yaml".to_owned(), text.as_bytes().to_vec())]);
    let mut findings = Findings::default();
    let admitted = admit(&sources, &mut findings);
    let clusters = bind_clusters(&admitted, &mut findings);
    let found = findings.sorted();
    (clusters, found.iter().map(|finding| format!("{} {}", finding.code.id, finding.message)).collect())
}

const EAST_AND_WEST: &str = "
apiVersion: multicluster.solo.io/v1alpha1
kind: KubernetesCluster
metadata: {name: east, labels: {region: us}}
spec: {clusterDomain: cluster.local}
---
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata: {name: west}
spec:
  network: wide
  server: https://west.example
  eastWestGateway: {addresses: [{type: Hostname, value: west.example}], serviceAccount: door}
---
";

fn with(rest: &str) -> (Vec<Cluster>, Vec<String>) {
    bind(&format!("{EAST_AND_WEST}{rest}"))
}

#[test]
fn a_cluster_has_defaults() {
    let (clusters, found) = with("");
    let [east, west] = clusters.as_slice() else { panic!("two clusters") };
    assert_eq!(found, [""; 0]);
    assert_eq!((&*east.name, &*east.network, &*east.trust_domain), ("east", "east", "cluster.local"));
    assert_eq!((&*east.cluster_domain, east.server.as_deref()), ("cluster.local", None));
    assert_eq!(east.labels.get("region").map(String::as_str), Some("us"));
    assert_eq!(
        (&*east.east_west.namespace, &*east.east_west.service_account),
        ("istio-eastwest", "istio-eastwest")
    );
    assert_eq!((&*west.network, west.server.as_deref()), ("wide", Some("https://west.example")));
    assert_eq!((&*west.east_west.namespace, &*west.east_west.service_account), ("istio-eastwest", "door"));
    assert_eq!(west.east_west.addresses.first().map(|address| address.kind), Some(AddressKind::Hostname));
    assert_eq!(&*east.origin.name, "KubernetesCluster/gloo-mesh/east");
}

#[test]
fn trust_domains_have_a_precedence_and_must_agree() {
    let (clusters, found) = with(
        "
apiVersion: fleetc.dev/v1alpha1
kind: Fleet
metadata: {name: bank}
spec: {defaults: {trustDomain: default.example}}
---
apiVersion: admin.gloo.solo.io/v2
kind: IstioLifecycleManager
metadata: {name: fleet}
spec:
  installations:
    - clusters: [{name: east, trustDomain: one.example}]
      istioOperatorSpec: {meshConfig: {trustDomain: two.example}}
",
    );
    let domains: Vec<&str> = clusters.iter().map(|cluster| &*cluster.trust_domain).collect();
    assert_eq!(domains, ["one.example", "default.example"]);
    assert_eq!(found, ["FC206 cluster `east` gets a second trust domain, `two.example`"]);
}

#[test]
fn an_identity_provider_is_for_all_clusters_unless_it_names_some() {
    let (clusters, found) = with(
        "
apiVersion: admin.gloo.solo.io/v2
kind: IdentityProvider
metadata: {name: bank}
spec: {trustDomain: bank.example}
",
    );
    assert!(clusters.iter().all(|cluster| &*cluster.trust_domain == "bank.example"));
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_cluster_domain_must_agree() {
    let (clusters, found) = with(
        "
apiVersion: multicluster.solo.io/v1alpha1
kind: ClusterDomain
metadata: {name: bank}
spec: {domain: bank.local, clusters: ['*']}
",
    );
    let domains: Vec<&str> = clusters.iter().map(|cluster| &*cluster.cluster_domain).collect();
    assert_eq!(domains, ["cluster.local", "bank.local"]);
    assert_eq!(found, ["FC115 cluster `east` gets a second cluster domain, `bank.local`"]);
}

#[test]
fn names_of_clusters_exist() {
    let (_, found) = with(
        "
apiVersion: admin.gloo.solo.io/v2
kind: CNILifecycleManager
metadata: {name: cni}
spec:
  installations:
    - clusters: [{name: eats}, {name: 'prod-*'}, {name: 'e*'}]
",
    );
    assert_eq!(
        found,
        ["FC202 no KubernetesCluster is named `eats`", "FC203 no cluster is named like `prod-*`"]
    );
}

#[test]
fn one_name_is_one_cluster() {
    let (clusters, found) = with(
        "
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata: {name: east, namespace: other}
",
    );
    assert_eq!(clusters.len(), 2);
    assert_eq!(found, ["FC201 two clusters are named `east`"]);
}

const EAST_WEST_GATEWAY: &str = "
apiVersion: admin.gloo.solo.io/v2
kind: GatewayLifecycleManager
metadata: {name: eastwest-fleet}
spec:
  installations:
    - clusters: [{name: east}]
      gatewayRevision: 1-26
      istioOperatorSpec:
        profile: empty
        components:
          ingressGateways:
            - name: istio-eastwestgateway
              namespace: doors
              enabled: true
              k8s:
                service: {type: LoadBalancer, ports: [{port: 15008, targetPort: 15008, name: tls, protocol: TCP}]}
";

#[test]
fn port_15008_rolls_out_the_east_west_gateway() {
    let (clusters, found) = with(EAST_WEST_GATEWAY);
    assert_eq!(found, [""; 0]);
    let [east, west] = clusters.as_slice() else { panic!("two clusters") };
    let rollout = east.east_west.rollout.as_ref().map(|origin| &*origin.name);
    assert_eq!(rollout, Some("GatewayLifecycleManager/gloo-mesh/eastwest-fleet"));
    assert_eq!(east.east_west.namespace, "doors");
    assert!(west.east_west.rollout.is_none());
}

#[test]
fn an_east_west_gateway_says_what_a_gateway_object_can() {
    let settings = "service: {type: ClusterIP, ports: [{port: 15008}, {port: 15443}]}\n                serviceAnnotations: {internal: 'true'}\n                dropped:";
    let (_, found) =
        with(&EAST_WEST_GATEWAY.replace("service: {type: LoadBalancer, ports:", settings).replace(
            "                dropped: [{port: 15008, targetPort: 15008, name: tls, protocol: TCP}]}\n",
            "",
        ));
    assert_eq!(
        found,
        [
            "FC703 `k8s.serviceAnnotations` of the east-west gateway `istio-eastwestgateway` has no counterpart",
            "FC703 `k8s.service.type: ClusterIP` of the east-west gateway `istio-eastwestgateway` has no counterpart",
            "FC703 `k8s.service.ports: 15443` of the east-west gateway `istio-eastwestgateway` has no counterpart",
        ]
    );
}

#[test]
fn an_east_west_gateway_is_rolled_out_once_and_in_one_namespace() {
    let second = EAST_WEST_GATEWAY.replace("eastwest-fleet", "second");
    let (_, found) = with(&format!("{EAST_WEST_GATEWAY}---{second}"));
    assert_eq!(found, ["FC201 cluster `east` gets a second east-west gateway"]);
    let west = EAST_WEST_GATEWAY.replace("name: east}", "name: west}");
    let (_, found) =
        bind(&format!("{}{west}", EAST_AND_WEST.replace("serviceAccount: door", "namespace: door")));
    assert_eq!(found, ["FC115 the east-west gateway of `west` gets a second namespace, `doors`"]);
}
