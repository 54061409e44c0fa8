#![allow(clippy::unwrap_used, reason = "tests may fail loudly")]

use super::*;
use crate::report::Findings;

const CLUSTERS: &str = "\
# yaml-language-server: $schema=cluster.json
# all of them
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata:
  name: east
  labels: {region: eu, tier: prod} # where it is
  annotations: {note: old}
spec:
  network: east-vpc
  trustDomain: east.bank.example
  server: https://east.example:6443
  lifecycle: draining
  installed: [cert-manager]
  eastWestGateway:
    namespace: edge
    addresses:
    # the load balancer
    - {type: Hostname, value: ew.east.example}
---
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata: {name: west}
";

const MANAGERS: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: IstioLifecycleManager
metadata: {name: istio}
spec:
  installations:
    - revision: old
      clusters: [{name: east, trustDomain: east.bank.example}]
    - revision: new
      clusters:
        - name: west # first
        -   name: east
            defaultRevision: true
      istioOperatorSpec: {values: {clusters: [{name: east}]}}
---
apiVersion: multicluster.solo.io/v1alpha1
kind: ClusterDomain
metadata: {name: domain}
spec: {domain: bank.example, clusters: ['east']}
---
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: shop}
spec:
  workloadClusters:
  - name: ea*
    namespaces: [{name: cart}]
  - {name: east, namespaces: [{name: shop}]}
";

const FLEET: &str = "\
apiVersion: fleetc.dev/v1alpha1
kind: Fleet
metadata: {name: fleet}
spec:
  exceptions:
  - name: scraper
    from: {plaintext: true}
    to: {clusters: [east]}
    ports: [9090]
    reason: metrics
    owner: platform
  waivers:
  - {code: FC705, object: KubernetesCluster/east, reason: r, owner: o, expires: 2027-01-01}
  - {code: FC705, object: Namespace/west/shop, reason: r, owner: o, expires: 2027-01-01}
";

const POLICY: &str = "\
apiVersion: security.policy.gloo.solo.io/v2
kind: AccessPolicy
metadata: {name: cart, namespace: shop}
spec:
  applyToDestinations:
  - selector: {cluster: east}
  config: {authz: {}}
";

fn fleet(files: &[(&str, &str)]) -> Sources {
    Sources::new(
        "fleet",
        "fleet",
        files.iter().map(|(path, text)| ((*path).into(), text.as_bytes().to_vec())),
    )
}

fn whole() -> Sources {
    fleet(&[
        ("clusters.yaml", CLUSTERS),
        ("clusters/east/policy.yaml", POLICY),
        ("clusters/east/ca.pem", ""),
        ("fleet.yaml", FLEET),
        ("managers.yaml", MANAGERS),
        ("policy.yaml", POLICY),
    ])
}

/// The lines that a revision takes out of each file and puts in.
fn diff(sources: &Sources, revision: &Revision) -> String {
    let mut out = String::new();
    for (path, after) in &revision.files {
        let before = sources.by_path(path).map(|(id, _)| sources.text(id)).unwrap_or_default();
        let Some(after) = after else {
            out.push_str(&format!("{path} is deleted\n"));
            continue;
        };
        out.push_str(&format!("{path}\n"));
        let after = String::from_utf8(after.clone()).unwrap();
        for change in similar::TextDiff::from_lines(&*before, &after).iter_all_changes() {
            if change.tag() != similar::ChangeTag::Equal {
                out.push_str(&format!("{}{}", change.tag(), change.value()));
            }
        }
    }
    for note in &revision.notes {
        out.push_str(&format!("note: {note}\n"));
    }
    out.trim_end().to_owned()
}

fn wish(name: &str, like: &str) -> Addition {
    Addition {
        name: name.into(),
        like: like.into(),
        addresses: vec!["192.0.2.9".into()],
        ..Addition::default()
    }
}

fn codes(findings: Findings) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}", finding.code.id, finding.message)).collect()
}

#[test]
fn a_cluster_is_added_wherever_its_model_stands_by_name() {
    let sources = whole();
    let labels = [("tier".to_owned(), "test".to_owned())].into();
    let revision = add(&sources, &Addition { labels, ..wish("north", "east") }).unwrap();
    insta::assert_snapshot!(diff(&sources, &revision), @r"
    clusters.yaml
    +---
    +apiVersion: admin.gloo.solo.io/v2
    +kind: KubernetesCluster
    +metadata:
    +  name: north
    +  labels: {region: eu, tier: test}
    +spec:
    +  trustDomain: north.bank.example
    +  installed: [cert-manager]
    +  eastWestGateway:
    +    namespace: edge
    +    addresses:
    +    - type: IPAddress
    +      value: 192.0.2.9
    fleet.yaml
    -    to: {clusters: [east]}
    +    to: {clusters: [east, north]}
    managers.yaml
    -      clusters: [{name: east, trustDomain: east.bank.example}]
    +      clusters: [{name: east, trustDomain: east.bank.example}, {name: north, trustDomain: north.bank.example}]
    +        -   name: north
    +            defaultRevision: true
    -spec: {domain: bank.example, clusters: ['east']}
    +spec: {domain: bank.example, clusters: ['east', north]}
    +  - {name: north, namespaces: [{name: shop}]}
    note: `north` gets the trust domain `north.bank.example`, as `east` has `east.bank.example`
    note: fleet/clusters.yaml:6: not taken over from `east`: `metadata.annotations`, `spec.network`, `spec.server`, `spec.lifecycle`
    note: fleet/clusters/east/policy.yaml:3: `AccessPolicy/shop/cart` is applied in `east` alone and is not copied
    note: fleet/fleet.yaml:8: this holds for `north` too from now on: see that it is meant to
    note: fleet/managers.yaml:25: `ea*` means `east` here, and not `north`
    note: fleet/policy.yaml:6: this names `east` alone, and `north` is not added to it
    ");
    let other = Addition { addresses: vec!["ew.south.example".into()], ..wish("south", "west") };
    let again = add(&revision.apply(&sources), &other).unwrap();
    insta::assert_snapshot!(diff(&revision.apply(&sources), &again), @r"
    clusters.yaml
    +---
    +apiVersion: admin.gloo.solo.io/v2
    +kind: KubernetesCluster
    +metadata: {name: south}
    +spec:
    +  eastWestGateway:
    +    addresses:
    +    - type: Hostname
    +      value: ew.south.example
    managers.yaml
    +        - name: south
    ");
}

#[test]
fn a_model_with_a_file_of_its_own_gets_a_neighbour() {
    let east = CLUSTERS.split_inclusive("---\n").next().unwrap().trim_end_matches("---\n");
    let sources = fleet(&[("hubs/east/cluster.yaml", east)]);
    let revision = add(&sources, &Addition { addresses: Vec::new(), ..wish("north", "east") }).unwrap();
    insta::assert_snapshot!(diff(&sources, &revision), @r"
    hubs/north/cluster.yaml
    +# yaml-language-server: $schema=cluster.json
    +---
    +apiVersion: admin.gloo.solo.io/v2
    +kind: KubernetesCluster
    +metadata:
    +  name: north
    +  labels: {region: eu, tier: prod}
    +spec:
    +  trustDomain: north.bank.example
    +  installed: [cert-manager]
    +  eastWestGateway:
    +    namespace: edge
    +    pending: true
    note: `north` gets the trust domain `north.bank.example`, as `east` has `east.bank.example`
    note: fleet/hubs/east/cluster.yaml:6: not taken over from `east`: `metadata.annotations`, `spec.network`, `spec.server`, `spec.lifecycle`
    ");
}

#[test]
fn a_list_of_objects_gets_an_item() {
    let list = "\
apiVersion: v1
kind: List
items:
- apiVersion: admin.gloo.solo.io/v2
  kind: KubernetesCluster
  metadata:
    name: east
  spec:
    eastWestGateway: {pending: true}
";
    let sources = fleet(&[("list.yaml", list)]);
    let revision = add(&sources, &wish("north", "east")).unwrap();
    insta::assert_snapshot!(diff(&sources, &revision), @r"
    list.yaml
    +- apiVersion: admin.gloo.solo.io/v2
    +  kind: KubernetesCluster
    +  metadata:
    +    name: north
    +  spec:
    +    eastWestGateway: {addresses: [{type: IPAddress, value: 192.0.2.9}]}
    ");
}

#[test]
fn what_cannot_be_added_is_refused() {
    let refused = |wish: Addition| codes(add(&whole(), &wish).unwrap_err());
    assert_eq!(refused(wish("north", "aest")), ["FC202 no KubernetesCluster is named `aest`"]);
    assert_eq!(refused(wish("west", "east")), ["FC201 there is a cluster `west` already"]);
    let taken = Addition { addresses: vec!["ew.east.example".into()], ..wish("north", "west") };
    assert_eq!(refused(taken), ["FC502 the address `ew.east.example` is that of cluster `east`"]);
    let shared = MANAGERS.replace("clusters: ['east']", "clusters: &all ['east']")
        + "---\napiVersion: admin.gloo.solo.io/v2\nkind: IdentityProvider\nmetadata: {name: a}\nspec: {trustDomain: a, clusters: [east]}\n";
    let shared = shared.replace(
        "spec: {domain: bank.example, clusters: &all ['east']}",
        "spec: {domain: bank.example, clusters: &all ['east'], again: *all}",
    );
    let sources = fleet(&[("clusters.yaml", CLUSTERS), ("managers.yaml", &shared)]);
    let said = codes(add(&sources, &wish("north", "east")).unwrap_err());
    assert!(said[0].starts_with("FC733 the change would reach further than this place"), "{said:?}");
}

#[test]
fn a_cluster_leaves_step_by_step() {
    let sources = whole();
    assert_eq!(standing(&sources, "west"), Ok(Standing::Member));
    assert_eq!(standing(&sources, "east"), Ok(Standing::Draining));
    assert_eq!(
        codes(standing(&sources, "wset").unwrap_err()),
        ["FC202 no KubernetesCluster is named `wset`"]
    );
    let drained = leave(&sources, "west", Step::Drain).unwrap();
    insta::assert_snapshot!(diff(&sources, &drained), @r"
    clusters.yaml
    +spec:
    +  lifecycle: draining
    ");
    let sources = drained.apply(&sources);
    assert_eq!(standing(&sources, "west"), Ok(Standing::Draining));
    let detached = leave(&sources, "east", Step::Detach).unwrap();
    insta::assert_snapshot!(diff(&sources, &detached), @r"
    clusters.yaml
    -  lifecycle: draining
    +  lifecycle: detached
    ");
    assert_eq!(standing(&detached.apply(&sources), "east"), Ok(Standing::Detached));
}

#[test]
fn what_is_said_of_a_removed_cluster_alone_goes_with_it() {
    let sources = whole();
    let removed = leave(&sources, "east", Step::Remove).unwrap();
    insta::assert_snapshot!(diff(&sources, &removed), @r"
    clusters.yaml
    -# all of them
    -apiVersion: admin.gloo.solo.io/v2
    -kind: KubernetesCluster
    -metadata:
    -  name: east
    -  labels: {region: eu, tier: prod} # where it is
    -  annotations: {note: old}
    -spec:
    -  network: east-vpc
    -  trustDomain: east.bank.example
    -  server: https://east.example:6443
    -  lifecycle: draining
    -  installed: [cert-manager]
    -  eastWestGateway:
    -    namespace: edge
    -    addresses:
    -    # the load balancer
    -    - {type: Hostname, value: ew.east.example}
    clusters/east/ca.pem is deleted
    clusters/east/policy.yaml is deleted
    fleet.yaml
    -  exceptions:
    -  - name: scraper
    -    from: {plaintext: true}
    -    to: {clusters: [east]}
    -    ports: [9090]
    -    reason: metrics
    -    owner: platform
    +  exceptions: []
    -  - {code: FC705, object: KubernetesCluster/east, reason: r, owner: o, expires: 2027-01-01}
    managers.yaml
    -    - revision: old
    -      clusters: [{name: east, trustDomain: east.bank.example}]
    -        -   name: east
    -            defaultRevision: true
    -apiVersion: multicluster.solo.io/v1alpha1
    -kind: ClusterDomain
    -metadata: {name: domain}
    -spec: {domain: bank.example, clusters: ['east']}
    ----
    -  - {name: east, namespaces: [{name: shop}]}
    note: fleet/fleet.yaml:6: this entry is about `east` alone and goes with it
    note: fleet/managers.yaml:6: this entry is about `east` alone and goes with it
    note: fleet/managers.yaml:17: `ClusterDomain/gloo-mesh/domain` is about `east` alone and goes with it
    note: fleet/policy.yaml:6: this names `east` alone: say what it is to mean without it
    ");
}
