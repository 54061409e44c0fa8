//! The law itself on a fleet small enough to judge by eye, so that the oracle is not the only one to say it is right.

use fleetc::source::Sources;

use super::naive::{Destination, Identity, Intent};
use super::world::World;

/// Workspace `pay` isolates itself and exports `api` to `shop`; `billing` takes one account of `pay` on port 80, and one that
/// is still to come; `shop` is not isolated; `tools` has no owner.
const FLEET: &str = r#"
{apiVersion: admin.gloo.solo.io/v2, kind: KubernetesCluster, metadata: {name: east, namespace: gloo-mesh}}
---
{apiVersion: admin.gloo.solo.io/v2, kind: KubernetesCluster, metadata: {name: west, namespace: gloo-mesh}, spec: {trustDomain: west.example}}
---
{apiVersion: admin.gloo.solo.io/v2, kind: Workspace, metadata: {name: pay, namespace: gloo-mesh},
 spec: {workloadClusters: [{name: east, namespaces: [{name: pay-*}]}]}}
---
{apiVersion: admin.gloo.solo.io/v2, kind: Workspace, metadata: {name: shop, namespace: gloo-mesh},
 spec: {workloadClusters: [{name: '*', namespaces: [{name: shop}]}]}}
---
{apiVersion: admin.gloo.solo.io/v2, kind: WorkspaceSettings, metadata: {name: pay, namespace: pay-core},
 spec: {exportTo: [{workspaces: [{name: shop}], resources: [{kind: SERVICE, name: api}]}]}}
---
{apiVersion: admin.gloo.solo.io/v2, kind: WorkspaceSettings, metadata: {name: shop, namespace: shop},
 spec: {importFrom: [{workspaces: [{name: p*}]}], options: {serviceIsolation: {enabled: false}}}}
---
{apiVersion: security.policy.gloo.solo.io/v2, kind: AccessPolicy, metadata: {name: billing, namespace: pay-core},
 spec: {applyToDestinations: [{selector: {name: billing}, port: {number: 80}}], config: {authz: {allowedClients: [
   {serviceAccountSelector: {labels: {app: api}}}, {serviceAccountSelector: {name: future, namespace: shop}}]}}}}
---
{apiVersion: security.policy.gloo.solo.io/v2, kind: AccessPolicy, metadata: {name: strict, namespace: shop},
 spec: {applyToWorkloads: [{selector: {labels: {app: web}}}], config: {authn: {tlsMode: STRICT}}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: pay-core}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: api, namespace: pay-core, labels: {app: api}}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: pay-core}, spec: {selector: {app: api}, ports: [{port: 80, targetPort: http}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: billing, namespace: pay-core}, spec: {selector: {app: billing}, ports: [{port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: api, namespace: pay-core, labels: {app: api}},
 spec: {containers: [{name: a, ports: [{name: http, containerPort: 8080}, {containerPort: 9090}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: billing, namespace: pay-core, labels: {app: billing}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: gateway, namespace: pay-core, labels: {istio: ingressgateway}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, labels: {app: web}}, spec: {containers: [{name: a}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: job, namespace: tools}, spec: {containers: [{name: a}]}}
"#;

/// Client, cluster, pod, port, allowed.
const LAW: &[(&str, &str, &str, u16, bool)] = &[
    // Boundary: the own workspace on all ports, an importer on the exported Service's target port alone, nobody else.
    ("cluster.local/pay-core/anyone", "east", "api", 9090, true),
    ("cluster.local/shop/anyone", "east", "api", 8080, true),
    ("cluster.local/shop/anyone", "east", "api", 80, false),
    ("cluster.local/shop/anyone", "east", "api", 9090, false),
    ("west.example/shop/anyone", "east", "api", 8080, true),
    ("west.example/pay-core/anyone", "east", "api", 8080, false),
    ("stranger.example/pay-core/anyone", "east", "api", 8080, false),
    ("cluster.local/tools/anyone", "east", "api", 8080, false),
    ("", "east", "api", 8080, false),
    // Access, on the port it names; Boundary still holds for whom it allows.
    ("cluster.local/pay-core/api", "east", "billing", 8080, true),
    ("cluster.local/pay-core/billing", "east", "billing", 8080, false),
    ("cluster.local/pay-core/billing", "east", "billing", 9090, true),
    ("cluster.local/shop/future", "east", "billing", 8080, false),
    // Boundary does not apply to a gateway, to a workspace that is not isolated, to a namespace without owner.
    ("", "east", "gateway", 8443, true),
    ("cluster.local/tools/anyone", "east", "web", 8080, true),
    ("", "east", "job", 8080, true),
    ("", "west", "api", 8080, true),
    // A policy without `authz` restricts nobody, and refuses plaintext.
    ("", "west", "web", 8080, false),
    ("stranger.example/nowhere/anyone", "west", "web", 8080, true),
];

pub fn hold() {
    let sources = Sources::new("law", "", [("fleet.yaml".to_owned(), FLEET.as_bytes().to_vec())]);
    let world = World::read(&sources);
    let intent = Intent::new(&world);
    for (client, cluster, pod, port, allowed) in LAW {
        let identity = |client: &str| {
            let mut parts = client.split('/').map(str::to_owned);
            let mut part = || parts.next();
            Some(Identity { trust_domain: part()?, namespace: part()?, service_account: part()? })
        };
        let index = world.clusters.iter().position(|known| known.name == *cluster).expect("a cluster");
        let workload = format!("Pod/{pod}");
        let pod = world.clusters[index].pods.iter().find(|known| known.workload == workload).expect("a pod");
        let answer = intent.allowed(identity(client).as_ref(), Destination { cluster: index, pod }, *port);
        assert_eq!(answer, *allowed, "{client} → {cluster}/{workload}, port {port}");
    }
}
