use super::*;
use crate::trust::split;

fn root(name: &str) -> Root {
    Root { name: name.into(), fingerprint: format!("sha-of-{name}") }
}

fn cluster(name: &str, signer: &str, trusted: &[&str]) -> ClusterTrust {
    ClusterTrust {
        cluster: name.into(),
        signer: Some(root(signer)),
        trusted: Some(trusted.iter().map(|name| root(name)).collect()),
        trust_domain: "td".into(),
        accepted_trust_domains: Some(BTreeSet::new()),
        gateway: Gateway::default(),
        peers: Vec::new(),
    }
}

fn fleet(signer: &str, trusted: &[&str]) -> Vec<ClusterTrust> {
    ["east", "west"].map(|name| cluster(name, signer, trusted)).to_vec()
}

#[test]
fn each_phase_is_safe_and_no_two_at_once_are() {
    let phases = [fleet("a", &["a"]), fleet("a", &["a", "b"]), fleet("b", &["a", "b"]), fleet("b", &["b"])];
    for (from, old) in phases.iter().enumerate() {
        for (to, new) in phases.iter().enumerate() {
            let safe = any_order(old, new).is_ok();
            assert_eq!(safe, from.abs_diff(to) <= 1, "phase {from} to {to}");
        }
    }
}

#[test]
fn a_shortcut_names_the_order_and_the_split() {
    let refused = any_order(&fleet("a", &["a"]), &fleet("b", &["b"])).unwrap_err();
    let told: Vec<String> = refused.breaks.iter().map(Break::to_string).collect();
    insta::assert_debug_snapshot!((told, split(&refused.breaks)), @r#"
    (
        [
            "`east` before the change signs under root `a`, which `west` after the change does not trust, when `west` syncs before `east`; 3 more pairs fail the same way",
            "`east` after the change signs under root `b`, which `west` before the change does not trust, when `east` syncs before `west`; 3 more pairs fail the same way",
        ],
        [
            "let every cluster trust `b` too, and sign as before (`phase: trust-both`)",
            "then let every cluster sign under the new root, the bundles unchanged (`phase: sign-new`)",
            "then drop `a` from the bundles (`phase: drop-old`)",
        ],
    )
    "#);
}

#[test]
fn one_cluster_alone_needs_the_phases_too() {
    let (old, new) = ([cluster("east", "a", &["a"])], [cluster("east", "b", &["b"])]);
    let refused = any_order(&old, &new).unwrap_err();
    assert_eq!(refused.breaks[0].order(), "while workloads of `east` still hold certificates of before");
}

#[test]
fn a_cluster_joins_under_a_root_that_is_trusted_already() {
    let mut joined = fleet("a", &["a"]);
    joined.push(cluster("north", "a", &["a"]));
    assert!(any_order(&fleet("a", &["a"]), &joined).is_ok());
    let mut strange = fleet("a", &["a", "b"]);
    strange.push(cluster("north", "b", &["a", "b"]));
    assert!(any_order(&fleet("a", &["a"]), &strange).is_err());
    assert!(any_order(&fleet("a", &["a", "b"]), &strange).is_ok());
}

#[test]
fn what_was_broken_before_may_be_mended() {
    let apart = [cluster("east", "e", &["e"]), cluster("west", "w", &["w"])];
    let bundle = ["e", "w", "mesh"];
    let both = [cluster("east", "e", &bundle), cluster("west", "w", &bundle)];
    let new = fleet("mesh", &bundle);
    assert!(any_order(&apart, &both).is_ok());
    assert!(any_order(&both, &new).is_ok());
    assert!(any_order(&apart, &new).is_err());
}

#[test]
fn what_is_not_known_is_not_judged() {
    let unknown = |name: &str| ClusterTrust { signer: None, trusted: None, ..cluster(name, "a", &[]) };
    assert!(any_order(&[unknown("east"), unknown("west")], &fleet("b", &["b"])).is_ok());
}

fn peered(trust_domain: &str, service_account: &str, used: &str, addresses: &[&str]) -> Vec<ClusterTrust> {
    let mut clusters = fleet("a", &["a"]);
    clusters[0].peers = vec![Peer {
        cluster: "west".into(),
        namespace: "istio-eastwest".into(),
        service_account: service_account.into(),
        trust_domain: trust_domain.into(),
        addresses: BTreeSet::from([used.to_owned()]),
    }];
    clusters[1].trust_domain = trust_domain.into();
    clusters[1].gateway = Gateway {
        namespace: "istio-eastwest".into(),
        service_account: service_account.into(),
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
    };
    clusters
}

#[test]
fn an_address_moves_in_three_steps() {
    let steps = [
        peered("td", "sa", "192.0.2.1", &["192.0.2.1"]),
        peered("td", "sa", "192.0.2.1", &["192.0.2.1", "192.0.2.2"]),
        peered("td", "sa", "192.0.2.2", &["192.0.2.1", "192.0.2.2"]),
        peered("td", "sa", "192.0.2.2", &["192.0.2.2"]),
    ];
    for pair in steps.windows(2) {
        assert!(any_order(&pair[0], &pair[1]).is_ok());
    }
    let refused = any_order(&steps[0], &steps[3]).unwrap_err();
    assert_eq!(split(&refused.breaks).len(), 3);
    let orders: Vec<String> = refused.breaks.iter().map(Break::order).collect();
    assert_eq!(orders, ["when `east` syncs before `west`", "when `west` syncs before `east`"]);
}

#[test]
fn an_identity_cannot_change_under_traffic() {
    let old = peered("td", "sa", "192.0.2.1", &["192.0.2.1"]);
    let new = peered("td", "other", "192.0.2.1", &["192.0.2.1"]);
    let refused = any_order(&old, &new).unwrap_err();
    assert!(matches!(&refused.breaks[0].hazard, Hazard::OtherIdentity { .. }), "{refused:?}");
    let mut drained = old.clone();
    drained[0].peers.clear();
    let mut changed = new.clone();
    changed[0].peers.clear();
    for (before, after) in [(&old, &drained), (&drained, &changed), (&changed, &new)] {
        assert!(any_order(before, after).is_ok());
    }
}

#[test]
fn a_trust_domain_is_taken_before_it_is_shown() {
    let old = fleet("a", &["a"]);
    let mut new = old.clone();
    new[1].trust_domain = "other".into();
    let refused = any_order(&old, &new).unwrap_err();
    assert!(matches!(&refused.breaks[0].hazard, Hazard::RefusedTrustDomain(_)));
    let any = |clusters: &[ClusterTrust]| -> Vec<ClusterTrust> {
        clusters.iter().map(|trust| ClusterTrust { accepted_trust_domains: None, ..trust.clone() }).collect()
    };
    assert!(any_order(&old, &any(&old)).is_ok());
    assert!(any_order(&any(&old), &any(&new)).is_ok());
}

/// All worlds of three clusters with two roots, one by one, against the pairs.
#[test]
fn pairs_say_what_all_worlds_say() {
    let states: Vec<(&str, &[&str])> =
        vec![("a", &["a"]), ("a", &["a", "b"]), ("b", &["a", "b"]), ("b", &["b"]), ("a", &["b"])];
    let names = ["x", "y", "z"];
    let fleets: Vec<Vec<ClusterTrust>> = (0..states.len().pow(3))
        .map(|index| {
            let states = [index % 5, index / 5 % 5, index / 25].map(|at| states[at]);
            names.iter().zip(states).map(|(name, (signer, trusted))| cluster(name, signer, trusted)).collect()
        })
        .collect();
    let whole = |world: &[&ClusterTrust]| {
        world.iter().all(|shows| world.iter().all(|verifies| is_trusted(shows, verifies)))
    };
    let mut judged = [0, 0];
    for old in fleets.iter().filter(|old| whole(&old.iter().collect::<Vec<_>>())) {
        for new in &fleets {
            // a cluster is in between as well: leaves of before, trust of after
            let alone = (0..3).all(|at| is_trusted(&old[at], &new[at]) && is_trusted(&new[at], &old[at]));
            let worlds = (0..8).all(|bits: u8| {
                let world: Vec<_> =
                    (0..3).map(|at| if bits >> at & 1 == 1 { &new[at] } else { &old[at] }).collect();
                whole(&world)
            });
            let safe = any_order(old, new).is_ok();
            assert_eq!(safe, worlds && alone, "{old:?}\n{new:?}");
            judged[usize::from(safe)] += 1;
        }
    }
    assert!(judged.iter().all(|count| *count > 100), "{judged:?}");
}
