//! How fast questions are answered: `cargo bench --bench questions`.
//!
//! A seeded fleet of 50 clusters with 100 Services each, 5,000 in all, in 20 namespaces of 10 isolated workspaces with
//! exports and imports between them, and 100 AccessPolicies. Measured is what comes after the files are read and compiled.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark touches the clock and may fail loudly"
)]

use std::fmt::Write as _;
use std::time::Instant;

use fleetc::advice::fixes;
use fleetc::question::{Places, Requested, Scene, To, can, reaches, who_can};
use fleetc::source::Sources;

const CLUSTERS: usize = 50;
const NAMESPACES: usize = 20;
const SERVICES: usize = 100;
const POLICIES: usize = 100;

fn main() {
    let sources = fleet(|policy| (policy * 7 + 1) % SERVICES);
    let compiled = timed("compile", || fleetc::compile(&sources)).expect("a fleet without errors");
    let world = timed("world: what every cluster enforces", || compiled.world());
    let places = Places { fleet: Some(&sources), tree: None };
    let scene = Scene { world: &world, mesh: Some(compiled.mesh()), places: &places };
    let requested = Requested::default();
    let to = |text: &str| To::read(text, None).expect("a destination");
    let from = |text: &str| text.parse().expect("a caller");
    let yes = timed("can, in 50 clusters: a yes", || {
        can(scene, &from("ns0/s1"), &to("s0.ns0"), &requested).expect("an answer")
    });
    let no = timed("can, in 50 clusters: a no", || {
        can(scene, &from("ns5/s26"), &to("s0.ns0"), &requested).expect("an answer")
    });
    assert!(yes.admitted && !no.admitted);
    let how = timed("what would change the no", || {
        fixes(&sources, scene, &from("ns5/s26"), &to("s0.ns0"), &requested, &no)
    });
    println!("  {} changes, each tried by a build of the fleet", how.len());
    let who = timed("who-can, in 50 clusters", || who_can(scene, &to("s0.ns0"), &requested).expect("rows"));
    let all =
        timed("reaches, 5,000 services", || reaches(scene, &from("ns0/s1"), None, &requested).expect("rows"));
    println!("  {} and {} rows", who.rows.len(), all.rows.len());
    let changed = fleet(|policy| (policy * 11 + 3) % SERVICES);
    let after = fleetc::compile(&changed).expect("a fleet without errors");
    let found =
        timed("every state of a sync that changes each policy, a build of the old state included", || {
            after.since(&sources, None)
        });
    println!("  {} findings", found.iter().count());
}

fn timed<A>(what: &str, work: impl FnOnce() -> A) -> A {
    let start = Instant::now();
    let result = work();
    println!("{what}: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    result
}

fn fleet(client: impl Fn(usize) -> usize) -> Sources {
    let mut files = Vec::new();
    let mut put = |path: String, text: String| files.push((path, text.into_bytes()));
    for cluster in 0..CLUSTERS {
        put(
            format!("clusters/c{cluster}.yaml"),
            format!(
                "apiVersion: admin.gloo.solo.io/v2\nkind: KubernetesCluster\nmetadata:\n  name: c{cluster}\n  namespace: gloo-mesh\n\
                 spec:\n  eastWestGateway:\n    addresses:\n    - type: IPAddress\n      value: 10.0.{cluster}.1\n"
            ),
        );
        for namespace in 0..NAMESPACES {
            put(format!("clusters/c{cluster}/ns{namespace}.yaml"), inventory(namespace));
        }
    }
    for workspace in 0..NAMESPACES / 2 {
        let (first, second) = (workspace * 2, workspace * 2 + 1);
        put(
            format!("workspaces/w{workspace}.yaml"),
            format!(
                "apiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata:\n  name: w{workspace}\n  namespace: gloo-mesh\nspec:\n  \
                 workloadClusters:\n  - name: '*'\n    namespaces:\n    - name: ns{first}\n    - name: ns{second}\n---\n\
                 apiVersion: admin.gloo.solo.io/v2\nkind: WorkspaceSettings\nmetadata:\n  name: w{workspace}\n  namespace: ns{first}\nspec:\n  \
                 importFrom:\n  - workspaces:\n    - name: '*'\n  exportTo:\n  - workspaces:\n    - name: w{}\n    resources:\n    - kind: SERVICE\n      labels:\n        shared: 'true'\n",
                (workspace + 1) % (NAMESPACES / 2)
            ),
        );
    }
    for policy in 0..POLICIES {
        put(
            format!("policies/p{policy}.yaml"),
            format!(
                "apiVersion: security.policy.gloo.solo.io/v2\nkind: AccessPolicy\nmetadata:\n  name: p{policy}\n  namespace: gloo-mesh\nspec:\n  \
                 applyToDestinations:\n  - selector:\n      labels:\n        app: s{}\n  config:\n    authz:\n      allowedClients:\n      - serviceAccountSelector:\n          labels:\n            app: s{}\n",
                policy % SERVICES,
                client(policy)
            ),
        );
    }
    Sources::new("bench", "fleets/bench", files)
}

fn inventory(namespace: usize) -> String {
    let name = format!("ns{namespace}");
    let mut text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    istio.io/dataplane-mode: ambient\n"
    );
    for index in 0..SERVICES / NAMESPACES {
        let app = format!("s{}", namespace * (SERVICES / NAMESPACES) + index);
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
