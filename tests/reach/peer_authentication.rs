//! Inheritance and port modes of PeerAuthentication at ztunnel.

use serde_json::{Value, json};

use super::{PLAINTEXT, World};

const ROOT: &str = "istio-system";

fn mode(mode: &str) -> Value {
    json!({"mtls": {"mode": mode}})
}

/// Selects the pod; its ports by mode.
fn workload(mode: &str, ports: &[(&str, &str)]) -> Value {
    let ports: serde_json::Map<_, _> =
        ports.iter().map(|(port, mode)| ((*port).to_owned(), json!({"mode": mode}))).collect();
    json!({"selector": {"matchLabels": {"app": "p"}}, "mtls": {"mode": mode}, "portLevelMtls": ports})
}

fn world(policies: &[(&str, Value)]) -> World {
    policies
        .iter()
        .fold(World::default(), |world, (namespace, spec)| world.peer_authentication(namespace, spec.clone()))
}

/// The ports of 80 and 81 on which plaintext is taken.
fn plaintext(policies: &[(&str, Value)]) -> Vec<u16> {
    let world = world(policies);
    [80, 81].into_iter().filter(|port| world.admits(PLAINTEXT, *port)).collect()
}

const BOTH: [u16; 2] = [80, 81];
const NONE: [u16; 0] = [];

#[test]
fn strict_refuses_plaintext_and_nothing_else() {
    let world = world(&[("dst", mode("STRICT"))]);
    assert!(world.admits("cluster.local/ns/a/sa/x", 80));
    assert_eq!(world.because(PLAINTEXT, 80), "`PeerAuthentication/dst/a0` refuses plaintext");
    assert!(world.admits_at("a", &[]));
}

#[test]
fn the_narrower_scope_wins_and_unset_inherits() {
    assert_eq!(plaintext(&[(ROOT, mode("STRICT"))]), NONE);
    assert_eq!(plaintext(&[(ROOT, mode("STRICT")), ("dst", mode("PERMISSIVE"))]), BOTH);
    assert_eq!(plaintext(&[(ROOT, mode("STRICT")), ("dst", mode("DISABLE"))]), BOTH);
    assert_eq!(plaintext(&[(ROOT, mode("STRICT")), ("dst", json!({}))]), NONE);
    assert_eq!(plaintext(&[("dst", mode("STRICT")), ("dst", workload("PERMISSIVE", &[]))]), BOTH);
    assert_eq!(plaintext(&[("dst", mode("STRICT")), ("dst", workload("UNSET", &[]))]), NONE);
    assert_eq!(plaintext(&[("dst", workload("STRICT", &[]))]), NONE);
}

#[test]
fn of_one_scope_only_the_oldest_counts() {
    assert_eq!(plaintext(&[("dst", mode("PERMISSIVE")), ("dst", mode("STRICT"))]), BOTH);
    assert_eq!(plaintext(&[("dst", mode("STRICT")), ("dst", mode("PERMISSIVE"))]), NONE);
    assert_eq!(plaintext(&[("dst", workload("PERMISSIVE", &[])), ("dst", workload("STRICT", &[]))]), BOTH);
}

#[test]
fn a_selector_in_the_root_namespace_is_ignored() {
    assert_eq!(plaintext(&[(ROOT, workload("STRICT", &[("80", "STRICT")]))]), BOTH);
    let world = world(&[(ROOT, workload("STRICT", &[])), (ROOT, mode("PERMISSIVE"))]);
    assert!(world.admits_at(ROOT, &[("app", "p")]));
}

#[test]
fn ports_except_themselves_from_strict() {
    assert_eq!(plaintext(&[("dst", workload("STRICT", &[("80", "PERMISSIVE")]))]), [80]);
    assert_eq!(plaintext(&[("dst", workload("STRICT", &[("80", "DISABLE")]))]), [80]);
    assert_eq!(plaintext(&[("dst", workload("STRICT", &[("80", "STRICT")]))]), NONE);
    assert_eq!(
        plaintext(&[("dst", mode("STRICT")), ("dst", workload("UNSET", &[("80", "PERMISSIVE")]))]),
        [80]
    );
    assert_eq!(
        plaintext(&[(ROOT, mode("STRICT")), ("dst", workload("UNSET", &[("80", "PERMISSIVE")]))]),
        [80]
    );
}

#[test]
fn ports_are_strict_on_their_own() {
    assert_eq!(plaintext(&[("dst", workload("PERMISSIVE", &[("80", "STRICT")]))]), [81]);
    assert_eq!(plaintext(&[("dst", workload("UNSET", &[("80", "STRICT"), ("81", "PERMISSIVE")]))]), [81]);
    assert_eq!(
        plaintext(&[("dst", mode("STRICT")), ("dst", workload("PERMISSIVE", &[("80", "STRICT")]))]),
        [81]
    );
    assert_eq!(plaintext(&[("dst", mode("STRICT")), ("dst", workload("UNSET", &[("80", "STRICT")]))]), NONE);
}

#[test]
fn under_an_inherited_strict_a_disabled_port_is_no_exception() {
    assert_eq!(plaintext(&[("dst", mode("STRICT")), ("dst", workload("UNSET", &[("80", "DISABLE")]))]), NONE);
    let both = workload("UNSET", &[("80", "DISABLE"), ("81", "PERMISSIVE")]);
    assert_eq!(plaintext(&[("dst", mode("STRICT")), ("dst", both)]), BOTH);
}

/// istiod makes the workload refer to a policy that it does not make, and leaves the static one off.
#[test]
fn an_unset_namespace_under_a_strict_mesh_loses_strict_with_the_first_exception() {
    let policies =
        [(ROOT, mode("STRICT")), ("dst", json!({})), ("dst", workload("UNSET", &[("80", "PERMISSIVE")]))];
    assert_eq!(plaintext(&policies), BOTH);
}

/// istiod takes a STRICT port for covered by the mesh although the workload's own mode takes it out of the
/// mesh's.
#[test]
fn a_strict_port_of_a_permissive_workload_under_a_strict_mesh_is_not_enforced() {
    assert_eq!(
        plaintext(&[(ROOT, mode("STRICT")), ("dst", workload("PERMISSIVE", &[("80", "STRICT")]))]),
        BOTH
    );
}
