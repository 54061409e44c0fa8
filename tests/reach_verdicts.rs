//! `reach` against observed verdicts of Istio and ztunnel (`tests/data/README.md`), and the surprises among
//! them one by one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test reads its data from disk and stops at the first thing that is not as it should be"
)]

mod reach;

use std::fs;
use std::path::Path;

use fleetc::manifest::{AuthorizationPolicySpec, Labels};
use fleetc::reach::{Cluster, Connection, Identity, Policies, Workload};
use serde::Deserialize;

use crate::reach::policy;

#[derive(Deserialize)]
struct Set {
    policies: Vec<Written>,
    connections: Vec<Observed>,
}

#[derive(Deserialize)]
struct Written {
    namespace: String,
    spec: AuthorizationPolicySpec,
}

#[derive(Deserialize)]
struct Observed {
    labels: Labels,
    port: u16,
    peer: Option<String>,
    allow: bool,
}

#[test]
fn agrees_with_every_observed_verdict() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ztunnel-verdicts.jsonl");
    let (sets, connections) = hold_against(&sample);
    assert_eq!((sets, connections), (150, 1500));
}

/// The whole table is larger than belongs into a repository; where it lies beside it, all of it counts.
#[test]
fn agrees_with_the_whole_table() {
    let directories = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let table = directories.map(|directory| directory.join("shared/reference/oracle-verdicts.jsonl"));
    if let Some(table) = table.into_iter().find(|table| table.is_file()) {
        let (sets, connections) = hold_against(&table);
        println!("{sets} sets, {connections} connections, 0 disagreements");
        assert!(sets > 150);
    }
}

fn hold_against(file: &Path) -> (usize, usize) {
    let text = fs::read_to_string(file).unwrap();
    let (mut sets, mut connections, mut disagreements) = (0, 0, Vec::new());
    for line in text.lines() {
        let set: Set = serde_json::from_str(line).unwrap();
        sets += 1;
        let named = set.policies.into_iter().enumerate();
        let policies: Vec<_> = named
            .map(|(index, written)| policy(&written.namespace, &format!("p{index}"), written.spec))
            .collect();
        let policies = Policies::new(&Cluster::default(), &policies, []);
        for observed in set.connections {
            connections += 1;
            let peer = observed.peer.as_deref().map(|peer| Identity::parse(peer).unwrap());
            let scope = policies.at(&Workload::new("dst", &observed.labels));
            let verdict = scope.verdict(&Connection {
                peer: peer.as_ref(),
                port: observed.port,
                source_ip: Some("10.0.0.1".parse().unwrap()),
                destination_ip: Some("10.0.0.2".parse().unwrap()),
            });
            if verdict.allowed != observed.allow {
                disagreements.push(format!("set {sets}, connection {connections}: {}", verdict.because));
            }
        }
    }
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
    (sets, connections)
}
