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

use std::time::Instant;

use fleetc::advice::fixes;
use fleetc::question::{Places, Requested, Scene, To, can, reaches, who_can};
use fleetc::source::Sources;

mod fleet;

use fleet::Shape;

const SHAPE: Shape = Shape { clusters: 50, namespaces: 20, services: 100, policies: 100 };

fn main() {
    let before = sources(fleet::client);
    let compiled = timed("compile", || fleetc::compile(&before)).expect("a fleet without errors");
    let world = timed("world: what every cluster enforces", || compiled.world());
    let places = Places { fleet: Some(&before), tree: None };
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
        fixes(&before, scene, &from("ns5/s26"), &to("s0.ns0"), &requested, &no)
    });
    println!("  {} changes, each tried by a build of the fleet", how.len());
    let who = timed("who-can, in 50 clusters", || who_can(scene, &to("s0.ns0"), &requested).expect("rows"));
    let all =
        timed("reaches, 5,000 services", || reaches(scene, &from("ns0/s1"), None, &requested).expect("rows"));
    println!("  {} and {} rows", who.rows.len(), all.rows.len());
    let changed = crate::sources(|policy| policy * 11 + 3);
    let after = fleetc::compile(&changed).expect("a fleet without errors");
    let found =
        timed("every state of a sync that changes each policy, a build of the old state included", || {
            after.since(&before, None)
        });
    println!("  {} findings", found.iter().count());
}

fn timed<A>(what: &str, work: impl FnOnce() -> A) -> A {
    let start = Instant::now();
    let result = work();
    println!("{what}: {:.0} ms", start.elapsed().as_secs_f64() * 1e3);
    result
}

fn sources(client: impl Fn(usize) -> usize) -> Sources {
    let files = SHAPE.files(client).into_iter().map(|(path, text)| (path, text.into_bytes()));
    Sources::new("bench", "fleets/bench", files)
}
