//! A seeded fleet of any size: isolated workspaces of two namespaces each, with exports and imports between them, and
//! AccessPolicies that each allow one account to one Service.
#![allow(clippy::expect_used, dead_code, reason = "benchmarks may fail loudly, and each uses a part of this")]

use std::fmt::Write as _;
use std::path::Path;

/// How big a fleet is.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub clusters: usize,
    pub namespaces: usize,
    /// Services of each cluster, in all namespaces.
    pub services: usize,
    pub policies: usize,
}

/// The Service whose account a policy allows, where nothing else is said.
pub fn client(policy: usize) -> usize {
    policy * 7 + 1
}

/// Writes a fleet below a folder.
pub fn write(folder: &Path, files: &[(String, String)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("writable");
    }
}

impl Shape {
    /// Path → text: one file per namespace and cluster, as teams keep their inventory, and one per intent. `client` is the
    /// Service whose account a policy allows.
    pub fn files(&self, client: impl Fn(usize) -> usize) -> Vec<(String, String)> {
        let Shape { clusters, namespaces, services, policies } = *self;
        let mut files = Vec::new();
        let mut put = |path: String, text: String| files.push((path, text));
        for cluster in 0..clusters {
            put(
                format!("clusters/c{cluster}.yaml"),
                format!(
                    "apiVersion: admin.gloo.solo.io/v2\nkind: KubernetesCluster\nmetadata:\n  name: c{cluster}\n  namespace: gloo-mesh\n\
                 spec:\n  eastWestGateway:\n    addresses:\n    - type: IPAddress\n      value: 10.0.{cluster}.1\n"
                ),
            );
            for namespace in 0..namespaces {
                put(
                    format!("clusters/c{cluster}/ns{namespace}.yaml"),
                    inventory(namespace, services / namespaces),
                );
            }
        }
        for workspace in 0..namespaces / 2 {
            let (first, second) = (workspace * 2, workspace * 2 + 1);
            put(
                format!("workspaces/w{workspace}.yaml"),
                format!(
                    "apiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata:\n  name: w{workspace}\n  namespace: gloo-mesh\nspec:\n  \
                 workloadClusters:\n  - name: '*'\n    namespaces:\n    - name: ns{first}\n    - name: ns{second}\n---\n\
                 apiVersion: admin.gloo.solo.io/v2\nkind: WorkspaceSettings\nmetadata:\n  name: w{workspace}\n  namespace: ns{first}\nspec:\n  \
                 importFrom:\n  - workspaces:\n    - name: '*'\n  exportTo:\n  - workspaces:\n    - name: w{}\n    resources:\n    - kind: SERVICE\n      labels:\n        shared: 'true'\n",
                    (workspace + 1) % (namespaces / 2)
                ),
            );
        }
        for policy in 0..policies {
            put(
                format!("policies/p{policy}.yaml"),
                format!(
                    "apiVersion: security.policy.gloo.solo.io/v2\nkind: AccessPolicy\nmetadata:\n  name: p{policy}\n  namespace: gloo-mesh\nspec:\n  \
                 applyToDestinations:\n  - selector:\n      labels:\n        app: s{}\n  config:\n    authz:\n      allowedClients:\n      - serviceAccountSelector:\n          labels:\n            app: s{}\n",
                    policy % services,
                    client(policy) % services
                ),
            );
        }
        files
    }
}

fn inventory(namespace: usize, services: usize) -> String {
    let name = format!("ns{namespace}");
    let mut text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    istio.io/dataplane-mode: ambient\n"
    );
    for index in 0..services {
        let app = format!("s{}", namespace * services + index);
        write!(
            text,
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {app}\n  namespace: {name}\n  labels:\n    app: {app}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata:\n  name: {app}\n  namespace: {name}\n  labels:\n    app: {app}\n    shared: '{}'\nspec:\n  \
             selector:\n    app: {app}\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {app}\n  namespace: {name}\nspec:\n  template:\n    metadata:\n      labels:\n        app: {app}\n    \
             spec:\n      serviceAccountName: {app}\n      containers:\n      - name: {app}\n        ports:\n        - containerPort: 8080\n",
            index % 2 == 0
        )
        .expect("text");
    }
    text
}
