//! Scope, clauses and TLS at ztunnel, where the observed verdicts are silent.

use fleetc::manifest::TargetRef;
use fleetc::reach::{Cluster, Connection, Identity};
use serde_json::{Value, json};

use super::{PLAINTEXT, World};

const X: &str = "cluster.local/ns/a/sa/x";

fn from(source: Value) -> Value {
    json!({"rules": [{"from": [{"source": source}]}]})
}

#[test]
fn the_root_namespace_rules_the_cluster_and_others_themselves() {
    let nothing = json!({});
    assert!(!World::default().policy("istio-system", nothing.clone()).admits_at("dst", &[]));
    assert!(World::default().policy("a", nothing.clone()).admits_at("dst", &[]));
    assert!(!World::default().policy("istio-system", nothing.clone()).admits_at("istio-system", &[]));

    let selecting = json!({"selector": {"matchLabels": {"app": "p"}}});
    let world = World::default().policy("istio-system", selecting);
    assert!(
        !world.admits_at("dst", &[("app", "p"), ("tier", "t")]) && world.admits_at("dst", &[("app", "q")])
    );
}

#[test]
fn a_selector_without_labels_attaches_to_nothing() {
    assert!(World::of(json!({"selector": {}})).admits(X, 80));
}

#[test]
fn only_allow_and_deny_without_targets_reach_ztunnel() {
    for action in ["AUDIT", "CUSTOM"] {
        assert!(World::of(json!({"action": action, "rules": [{}]})).admits(X, 80));
    }
    assert!(World::of(json!({"targetRefs": [{"kind": "Service", "name": "s"}]})).admits(X, 80));
    let mut older = World::of(json!({}));
    older.authorization[0].spec.target_ref =
        Some(TargetRef { kind: "Service".into(), ..TargetRef::default() });
    assert!(older.admits(X, 80));
}

#[test]
fn a_dry_run_is_not_enforced_and_an_unreadable_one_is() {
    for (value, admitted) in [("true", true), ("1", true), ("false", false), ("yes", false), ("", false)] {
        let world = World::of(json!({})).annotated("istio.io/dry-run", value);
        assert_eq!(world.admits(X, 80), admitted, "{value}");
    }
}

#[test]
fn deny_goes_before_allow_and_the_verdict_names_the_rule() {
    let on_port = |port: &str| json!({"to": [{"operation": {"ports": [port]}}]});
    let world = World::of(json!({"rules": [{}]}))
        .policy("istio-system", json!({"action": "DENY", "rules": [on_port("81"), on_port("80")]}));
    assert_eq!(world.because(X, 80), "rule 1 of `AuthorizationPolicy/istio-system/p1` denies it");
    assert_eq!(world.because(X, 82), "rule 0 of `AuthorizationPolicy/dst/p0` allows it");
    assert_eq!(World::default().because(X, 82), "no ALLOW policy is in scope");
}

#[test]
fn the_index_counts_rules_that_were_left_out() {
    let world = World::of(json!({"rules": [{"to": [{"operation": {"methods": ["GET"]}}]}, {}]}));
    assert_eq!(world.because(X, 80), "rule 1 of `AuthorizationPolicy/dst/p0` allows it");
}

#[test]
fn trust_domains_are_dropped_without_a_word() {
    let wider = from(json!({"namespaces": ["a"], "trustDomains": ["west.local"]}));
    assert!(World::of(wider).admits(X, 80));
    assert!(!World::of(from(json!({"trustDomains": ["cluster.local"]}))).admits(X, 80));
    let mut dead = from(json!({"notTrustDomains": ["west.local"]}));
    dead["action"] = "DENY".into();
    assert!(World::of(dead).admits(X, 80));
}

#[test]
fn negative_identities_admit_plaintext() {
    for source in [
        json!({"notNamespaces": ["b"]}),
        json!({"notPrincipals": ["b"]}),
        json!({"notServiceAccounts": ["b/x"]}),
    ] {
        assert!(World::of(from(source)).admits(PLAINTEXT, 80));
    }
}

#[test]
fn conditions_know_five_keys() {
    let when =
        |key: &str, value: &str| World::of(json!({"rules": [{"when": [{"key": key, "values": [value]}]}]}));
    assert!(when("source.principal", X).admits(X, 80) && !when("source.principal", "b").admits(X, 80));
    assert!(when("source.namespace", "a").admits(X, 80) && when("destination.port", "80").admits(X, 80));
    for key in ["source.serviceAccount", "source.trustDomain", "connection.sni", "request.headers[x]"] {
        assert!(!when(key, "*").admits(X, 80), "{key}");
    }
    let not = json!({"rules": [{"when": [{"key": "source.namespace", "notValues": ["a"]}]}]});
    assert!(!World::of(not.clone()).admits(X, 80) && World::of(not).admits(PLAINTEXT, 80));
}

#[test]
fn addresses_match_by_block_and_family() {
    let world = World::of(from(json!({"ipBlocks": ["10.0.0.7/24", "nonsense"]})));
    let admits = |source: &str| {
        let connection = Connection { source_ip: Some(source.parse().unwrap()), ..Connection::new(None, 80) };
        world.judge(&connection, |verdict| verdict.allowed)
    };
    assert!(admits("10.0.0.200") && admits("::ffff:10.0.0.200") && !admits("10.0.1.1") && !admits("::1"));
    assert!(!world.admits(X, 80), "an address that is not known is in no block");
}

#[test]
fn an_own_service_account_needs_no_namespace() {
    let world = World::of(from(json!({"serviceAccounts": ["x"]})));
    assert!(world.admits("west.local/ns/dst/sa/x", 80) && !world.admits(X, 80));
}

#[test]
fn another_trust_domain_is_refused_at_tls() {
    let trust_domain = Some("cluster.local".to_owned());
    let mut world = World::of(json!({"rules": [{}]}));
    world.cluster = Cluster { trust_domain, ..Cluster::default() };
    assert!(world.admits(X, 80) && world.admits(PLAINTEXT, 80));
    assert_eq!(
        world.because("west.local/ns/a/sa/x", 80),
        "the peer's trust domain is not the server's own, `cluster.local`"
    );
    world.cluster.trust_domain_aliases = vec!["west.local".to_owned()];
    assert!(!world.admits("west.local/ns/a/sa/x", 80), "ztunnel knows no aliases");
    world.cluster.skip_trust_domain_validation = true;
    assert!(world.admits("west.local/ns/a/sa/x", 80));
}

#[test]
fn bound_waypoints_can_be_allowed_by_istiod() {
    let waypoint = "cluster.local/ns/dst/sa/waypoint";
    let mut world = World::of(from(json!({"principals": [X]})));
    assert!(!world.admits(waypoint, 80));
    world.cluster.auto_allow_waypoints = true;
    assert!(world.admits(waypoint, 80) && world.admits(X, 80) && !world.admits(PLAINTEXT, 80));
    world.authorization.clear();
    assert!(!world.admits(X, 80), "it is an ALLOW like any other");
}

#[test]
fn identities_are_read_strictly() {
    let identity = Identity::parse("spiffe://td/ns/n/sa/s").unwrap();
    assert_eq!(identity, Identity::new("td", "n", "s"));
    assert_eq!(identity.principal(), "td/ns/n/sa/s");
    assert!(
        ["td/ns/n/sa", "td/ns/n/sa/s/t", "td/n/n/sa/s", ""]
            .iter()
            .all(|text| Identity::parse(text).is_none())
    );
}
