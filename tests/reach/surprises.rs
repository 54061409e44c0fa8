//! What the Kubernetes API server accepts and few expect: ten verdicts observed at ztunnel.

use serde_json::json;

use super::{PLAINTEXT, World};

const X: &str = "cluster.local/ns/a/sa/x";

#[test]
fn a_principal_with_a_scheme_never_matches() {
    let world =
        World::of(json!({"rules": [{"from": [{"source": {"principals": [format!("spiffe://{X}")]}}]}]}));
    assert!(!world.admits(X, 80));
}

#[test]
fn any_principal_is_not_plaintext() {
    let world = World::of(json!({"rules": [{"from": [{"source": {"principals": ["*"]}}]}]}));
    assert!(world.admits(X, 80) && !world.admits(PLAINTEXT, 80));
}

#[test]
fn an_empty_rule_allows_even_plaintext() {
    assert!(World::of(json!({"rules": [{}]})).admits(PLAINTEXT, 80));
}

#[test]
fn no_rules_allow_nothing() {
    assert!(!World::of(json!({"rules": []})).admits(X, 80));
    assert_eq!(
        World::of(json!({})).because(X, 80),
        "no ALLOW policy in scope matches: `AuthorizationPolicy/dst/p0`"
    );
}

#[test]
fn an_allow_rule_with_http_attributes_is_left_out() {
    for operation in [json!({"methods": ["GET"]}), json!({"paths": ["/"], "ports": ["80"]})] {
        let world = World::of(json!({"rules": [{"to": [{"operation": operation}]}]}));
        assert!(!world.admits(X, 80));
    }
}

#[test]
fn a_deny_of_http_attributes_alone_does_nothing() {
    let world =
        World::of(json!({"action": "DENY", "rules": [{"to": [{"operation": {"methods": ["GET"]}}]}]}));
    assert!(world.admits(X, 80));
}

#[test]
fn an_http_clause_disarms_the_rest_of_a_deny_rule() {
    let from = json!([{"source": {"namespaces": ["a"]}}]);
    let rule = json!({"from": from, "to": [{"operation": {"paths": ["/admin"]}}]});
    assert!(World::of(json!({"action": "DENY", "rules": [rule]})).admits(X, 80));
    assert!(!World::of(json!({"action": "DENY", "rules": [{"from": from}]})).admits(X, 80));
}

#[test]
fn denying_what_has_no_principal_refuses_plaintext() {
    let world =
        World::of(json!({"action": "DENY", "rules": [{"from": [{"source": {"notPrincipals": ["*"]}}]}]}));
    assert!(!world.admits(PLAINTEXT, 80) && world.admits(X, 80));
}

#[test]
fn service_accounts_ignore_the_trust_domain() {
    let world = World::of(json!({"rules": [{"from": [{"source": {"serviceAccounts": ["a/x"]}}]}]}));
    assert!(world.admits("other.domain/ns/a/sa/x", 80) && !world.admits("cluster.local/ns/dst/sa/x", 80));
}

#[test]
fn a_range_of_ports_is_dropped() {
    let world = World::of(json!({"rules": [{"to": [{"operation": {"ports": ["8080-8090"]}}]}]}));
    assert!(!world.admits(X, 8085));
}
