//! A fleet of any size: isolated workspaces of two namespaces each, exports and imports between neighbours, and an
//! AccessPolicy for every Service.

use std::fmt::Write as _;

use fleetc::source::Sources;

/// How a fleet is laid out.
#[derive(Clone, Copy)]
pub struct Size {
    pub clusters: usize,
    /// Of each cluster; a multiple of `namespaces`.
    pub services: usize,
    /// Of each cluster; even.
    pub namespaces: usize,
    /// Whether every cluster has the same Services, or each its own.
    pub alike: bool,
}

impl Size {
    /// Services of the fleet.
    pub fn total(self) -> usize {
        self.clusters * self.services
    }
}

pub fn fleet(size: Size) -> Sources {
    let mut files = Vec::new();
    let mut put = |path: String, text: String| files.push((path, text.into_bytes()));
    let per = size.services / size.namespaces;
    let kinds = if size.alike { 1 } else { size.clusters };
    for cluster in 0..size.clusters {
        put(
            format!("clusters/c{cluster}.yaml"),
            format!(
                "apiVersion: admin.gloo.solo.io/v2\nkind: KubernetesCluster\nmetadata:\n  name: c{cluster}\n  namespace: gloo-mesh\n\
                 spec:\n  eastWestGateway:\n    addresses:\n    - type: IPAddress\n      value: 10.0.{cluster}.1\n"
            ),
        );
        let kind = cluster % kinds;
        for namespace in 0..size.namespaces {
            put(
                format!("clusters/c{cluster}/ns{namespace}.yaml"),
                inventory(namespace, (0..per).map(|index| kind * size.services + namespace * per + index)),
            );
        }
    }
    for workspace in 0..size.namespaces / 2 {
        let (first, second) = (workspace * 2, workspace * 2 + 1);
        put(
            format!("workspaces/w{workspace}.yaml"),
            format!(
                "apiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata:\n  name: w{workspace}\n  namespace: gloo-mesh\nspec:\n  \
                 workloadClusters:\n  - name: '*'\n    namespaces:\n    - name: ns{first}\n    - name: ns{second}\n---\n\
                 apiVersion: admin.gloo.solo.io/v2\nkind: WorkspaceSettings\nmetadata:\n  name: w{workspace}\n  namespace: ns{first}\nspec:\n  \
                 importFrom:\n  - workspaces:\n    - name: '*'\n  exportTo:\n  - workspaces:\n    - name: w{}\n    resources:\n    - kind: SERVICE\n      labels:\n        shared: 'true'\n",
                (workspace + 1) % (size.namespaces / 2)
            ),
        );
    }
    let services = kinds * size.services;
    for policy in 0..services {
        put(
            format!("policies/p{policy}.yaml"),
            format!(
                "apiVersion: security.policy.gloo.solo.io/v2\nkind: AccessPolicy\nmetadata:\n  name: p{policy}\n  namespace: gloo-mesh\nspec:\n  \
                 applyToDestinations:\n  - selector:\n      labels:\n        app: s{policy}\n  config:\n    authz:\n      allowedClients:\n      - serviceAccountSelector:\n          labels:\n            app: s{}\n",
                (policy * 7 + 1) % services
            ),
        );
    }
    Sources::new("large", "fleets/large", files)
}

fn inventory(namespace: usize, services: impl Iterator<Item = usize>) -> String {
    let name = format!("ns{namespace}");
    let mut text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    istio.io/dataplane-mode: ambient\n"
    );
    for service in services {
        let app = format!("s{service}");
        write!(
            text,
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {app}\n  namespace: {name}\n  labels:\n    app: {app}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata:\n  name: {app}\n  namespace: {name}\n  labels:\n    app: {app}\n    shared: '{}'\nspec:\n  \
             selector:\n    app: {app}\n  ports:\n  - name: http\n    port: 80\n    targetPort: 8080\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {app}\n  namespace: {name}\nspec:\n  template:\n    metadata:\n      labels:\n        app: {app}\n    \
             spec:\n      serviceAccountName: {app}\n      containers:\n      - name: {app}\n        ports:\n        - containerPort: 8080\n",
            service % 2 == 0
        )
        .expect("text");
    }
    text
}
