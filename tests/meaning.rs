//! The oracle: "may A call B on port P?" is answered from the intent, by SPEC §5 read naively, and from the rendered text,
//! by ztunnel's rules; both must agree for every client, destination and port.
//!
//! `FLEETC_MEANING_FLEETS=1000 cargo test --test meaning -- --nocapture` judges more fleets and prints the tables;
//! `FLEETC_MEANING_SEED` starts at another seed, `FLEETC_MEANING_RECORD=DIR` leaves the tables in a folder (docs/proof.md).
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is a test: it reads fixtures and settings, prints its tables, and stops where it cannot go on"
)]

use std::path::Path;

use fleetc::Part;
use fleetc::report::Level;
use fleetc::source::Sources;
use rayon::prelude::*;

use meaning::generate::Fleet;
use meaning::generate::random::Random;
use meaning::invariants::{Drawn, broken};
use meaning::judge::{judge, judge_trees};
use meaning::prefixes::{Astray, astray};
use meaning::report::{Outcome, Summary, describe, describe_with_fleet, smallest};
use meaning::world::World;

mod meaning {
    pub mod examples;
    pub mod generate;
    pub mod invariants;
    pub mod judge;
    pub mod naive;
    pub mod prefixes;
    pub mod report;
    pub mod world;
}

/// How many fleets are generated where nothing else is said.
const FLEETS: u64 = 300;

/// How many disagreements are printed with a fleet that is as small as shows them.
const SHOWN: usize = 4;

/// Of so many fleets, each of [`FEATURES`] must have been built in one.
const FLEETS_PER_FEATURE: usize = 60;

/// What must not silently disappear from the fleets that build.
const FEATURES: &[&str] = &[
    "workload with a sidecar",
    "service called from outside",
    "network policy",
    "namespace of sidecars",
    "gateway workload: its Gateway says where it listens",
    "authz: dry run",
    "exception: from a namespace",
    "exception: from an account",
    "exception: plaintext",
    "exception: to a namespace",
    "exception: to labels",
    "headless service",
    "waypoint",
    "waypoint: whole namespace",
    "workload on the host network",
    "workload opted out",
    "authz: a list",
    "authz: nobody",
    "authz: several clients",
    "client in a fleet of several trust domains",
    "client: a whole namespace",
    "client: a whole workspace",
    "client: by another label",
    "client: by label",
    "client: by name",
    "client: by name and namespace",
    "client: not yet there",
    "destination: by cluster",
    "destination: by label",
    "destination: by name",
    "destination: by name and namespace",
    "destination: by namespace",
    "destination: port by name",
    "destination: port by number",
    "export and import",
    "fleet default: isolation off",
    "fleet default: unowned namespaces closed",
    "gateway workload",
    "global settings",
    "inventory of all clusters",
    "namespace in some clusters only",
    "namespace without mode label",
    "policy without authz",
    "policy: of a workspace",
    "policy: of an unowned namespace",
    "policy: of the admin namespace",
    "policy: on workloads",
    "several clusters",
    "several policies on one service",
    "share: everything",
    "share: services by label",
    "share: services by name",
    "share: services by namespace",
    "share: workspaces by glob",
    "share: workspaces by label",
    "system namespace",
    "target port by name",
    "target port by number",
    "tls: PERMISSIVE",
    "tls: STRICT",
    "tls: mtls.required",
    "trust domains differ",
    "unowned namespace",
    "workload with the default service account",
    "workload without service",
    "workspace: clusters by label",
    "workspace: isolation off",
    "workspace: isolation on",
    "workspace: namespaces by glob",
    "workspace: namespaces by label",
    "workspace: namespaces by name",
    "workspace: namespaces cluster by cluster",
];

#[test]
fn the_law_says_what_a_reader_of_the_spec_would() {
    meaning::examples::hold();
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

#[test]
fn generated_fleets_mean_what_they_say() {
    let first = setting("FLEETC_MEANING_SEED").unwrap_or(1);
    let fleets = setting("FLEETC_MEANING_FLEETS").unwrap_or(FLEETS);
    let judged = |seed| {
        let fleet = Fleet::generate(seed);
        let outcome = std::panic::catch_unwind(|| Outcome::of(&fleet));
        (fleet, outcome.unwrap_or_else(|_| panic!("the fleet of seed {seed} makes it panic, see above")))
    };
    let outcomes: Vec<(Fleet, Outcome)> = (first..first + fleets).into_par_iter().map(judged).collect();

    let summary = Summary::of(&outcomes);
    println!("{}", summary.text());
    if let Ok(folder) = std::env::var("FLEETC_MEANING_RECORD") {
        let folder = Path::new(&folder);
        std::fs::write(folder.join("features.md"), summary.page()).expect("a folder that can be written");
        std::fs::write(folder.join("combinations.csv"), summary.combinations()).expect("as above");
    }
    let wrong = outcomes.iter().flat_map(|(fleet, outcome)| {
        let shown = match outcome {
            Outcome::Built(judgement) => judgement.shown.as_slice(),
            Outcome::Refused(_) => &[],
        };
        shown.iter().map(move |disagreement| (fleet, disagreement))
    });
    for (index, (fleet, disagreement)) in wrong.enumerate() {
        if index < SHOWN {
            let (fleet, disagreement) = smallest(fleet, disagreement);
            println!("{}", describe_with_fleet(&fleet, &disagreement));
        } else {
            println!("seed {}: {}", fleet.seed, describe(disagreement));
        }
    }
    assert_eq!((summary.admitted_not_meant, summary.meant_but_refused), (0, 0), "pairs differ, see above");
    assert!(summary.built * 10 >= summary.fleets * 5, "less than half of the fleets build");
    assert!(summary.allowed * 10 >= summary.pairs, "hardly anything is allowed");
    assert!((summary.pairs - summary.allowed) * 10 >= summary.pairs, "hardly anything is refused");
    let built = |feature: &str| summary.features.get(feature).map_or(0, |(_, built)| *built);
    let blind: Vec<_> =
        FEATURES.iter().filter(|feature| built(feature) * FLEETS_PER_FEATURE < summary.fleets).collect();
    assert!(blind.is_empty(), "hardly built: {blind:?}");
}

#[test]
fn fixtures_and_example_fleets_mean_what_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = folders(&root.join("fixtures")).into_iter().map(|case| case.join("fleet"));
    let fleets: Vec<_> = fixtures.chain(folders(&root.join("fleets"))).collect();
    let wrong: Vec<String> = fleets.par_iter().flat_map(|folder| disagreements(folder)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is applied in the order of the waves, then pruned in reverse, admits nobody on the way whom neither the old tree nor
/// the new one admits, and refuses nobody whom both admit; or `check --against` says that it does.
#[test]
fn a_sync_passes_through_nothing_else() {
    let fleets = setting("FLEETC_MEANING_FLEETS").unwrap_or(FLEETS);
    let first = setting("FLEETC_MEANING_SEED").unwrap_or(1);
    let judged = |seed| {
        let (old, new) = (Fleet::generate(seed).sources(), Fleet::changed(seed).sources());
        let (before, after) = (fleetc::compile(&old).ok()?, fleetc::compile(&new).ok()?);
        let tree =
            |compiled: &fleetc::Compiled, cluster: &str| compiled.render(&Part::Cluster(cluster.to_owned()));
        let astray = astray(&new, |cluster| tree(&before, cluster), |cluster| tree(&after, cluster));
        let is_said = after.since(&old, None).iter().any(|finding| finding.code.id == "FC444");
        Some((seed, astray, is_said))
    };
    let judged: Vec<_> = (first..first + fleets).into_par_iter().filter_map(judged).collect();
    let (said, wrong): (Vec<_>, Vec<_>) =
        judged.iter().filter(|(_, astray, _)| !astray.is_empty()).partition(|(.., is_said)| *is_said);
    for (seed, astray, _) in &wrong {
        for Astray { cluster, after, pair, admitted } in astray {
            let verdict = if *admitted { "admitted" } else { "refused" };
            println!("seed {seed}, cluster {cluster}, after {after}: {pair} is {verdict}");
        }
    }
    println!(
        "{} of {} changes pass through a state that is neither, and the check says so; {} without a word",
        said.len(),
        judged.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "states that are neither the old tree nor the new one, see above");
    assert!(said.len() * 10 <= judged.len(), "hardly any change is safe in every state");
    assert!(
        judged.len() * 10 >= usize::try_from(fleets).expect("a count") * 3,
        "hardly any change builds on both sides"
    );
}

/// What an Invariant says is refused exactly where plain loops over every caller, workload, port and request find a call
/// that breaks it.
#[test]
fn invariants_hold_where_no_call_breaks_them() {
    let fleets = setting("FLEETC_MEANING_FLEETS").unwrap_or(FLEETS / 2);
    let first = setting("FLEETC_MEANING_SEED").unwrap_or(1);
    let judged: Vec<_> = (first..first + fleets).into_par_iter().filter_map(Invariants::of).collect();
    let all = || judged.iter().flat_map(|invariants| invariants.drawn.iter());
    let count = |always: bool, breaks: bool| {
        all().filter(|(drawn, broken, _)| drawn.always == always && broken.is_some() == breaks).count()
    };
    let [never_holds, never_broken, always_holds, always_broken] =
        [(false, false), (false, true), (true, false), (true, true)]
            .map(|(always, breaks)| count(always, breaks));
    println!(
        "{} invariants in {} fleets: never {never_holds} hold, {never_broken} broken; always {always_holds} hold, {always_broken} broken",
        all().count(),
        judged.len()
    );
    let mut wrong = 0;
    for Invariants { seed, drawn } in &judged {
        for (drawn, broken, said) in
            drawn.iter().filter(|(_, broken, said)| broken.is_some() != said.is_some())
        {
            wrong += 1;
            println!(
                "seed {seed}: {}\n  loops find {broken:?}\n  fleetc says {said:?}",
                drawn.document("it")
            );
        }
    }
    assert_eq!(wrong, 0, "invariants that are judged otherwise, see above");
    assert!(
        [never_holds, never_broken, always_holds, always_broken]
            .iter()
            .all(|count| count * 20 >= all().count()),
        "hardly any of a sort"
    );
}

/// The invariants of one generated fleet: each with a call that breaks it, and with what the build says of it.
struct Invariants {
    seed: u64,
    drawn: Vec<(Drawn, Option<String>, Option<String>)>,
}

impl Invariants {
    /// How many are drawn for a fleet.
    const EACH: usize = 4;

    /// `None` for a fleet that does not build.
    fn of(seed: u64) -> Option<Invariants> {
        let fleet = Fleet::generate(seed);
        let sources = fleet.sources();
        let compiled = fleetc::compile(&sources).ok()?;
        let world = World::read(&sources);
        let mut random = Random::new(seed.wrapping_mul(7_919));
        let drawn: Vec<Drawn> = (0..Self::EACH).map(|_| Drawn::draw(&world, &mut random)).collect();
        let mut with = fleet.clone();
        for (index, drawn) in drawn.iter().enumerate() {
            let text = drawn.document(&format!("drawn-{index}")).to_string();
            with.files.insert(format!("invariants/{index}.yaml"), text);
        }
        let found = match fleetc::compile(&with.sources()) {
            Ok(_) => Vec::new(),
            Err(findings) => findings.iter().cloned().collect(),
        };
        let errors = found.iter().filter(|finding| finding.code.level == Level::Error);
        let other: Vec<_> = errors.filter(|finding| finding.code.id != "FC442").collect();
        assert!(other.is_empty(), "seed {seed}: invariants alone are new: {other:?}");
        let judged = drawn.into_iter().enumerate().map(|(index, drawn)| {
            let tree = |cluster: &str| compiled.render(&Part::Cluster(cluster.to_owned()));
            let broken = broken(&sources, tree, &drawn);
            let object = format!("/drawn-{index}");
            let said = found.iter().find(|finding| {
                finding.code.id == "FC442"
                    && finding.object.as_deref().is_some_and(|own| own.ends_with(&object))
            });
            (drawn, broken, said.map(|finding| finding.message.clone()))
        });
        Some(Invariants { seed, drawn: judged.collect() })
    }
}

/// Takes AuthorizationPolicies away one by one. Some are not missed today: where nothing runs yet, and where another says the
/// same, as of two Services with one selector.
#[test]
fn a_policy_that_is_not_there_is_noticed() {
    let (mut removed, mut noticed) = (0, 0);
    for seed in 1..=30 {
        let sources = Fleet::generate(seed).sources();
        let Ok(compiled) = fleetc::compile(&sources) else { continue };
        let clusters = compiled.parts().into_iter().filter(|part| matches!(part, Part::Cluster(_)));
        let trees: Vec<_> = clusters.map(|part| (part.clone(), compiled.render(&part))).collect();
        let files = trees.iter().flat_map(|(part, tree)| tree.files.keys().map(move |path| (part, path)));
        for (part, path) in files.filter(|(_, path)| path.contains("authorizationpolicy")) {
            let judgement = judge_trees(&sources, |cluster| {
                let mut tree = compiled.render(&Part::Cluster(cluster.to_owned()));
                if *part == Part::Cluster(cluster.to_owned()) {
                    tree.files.remove(path);
                }
                tree
            });
            removed += 1;
            noticed += usize::from(judgement.admitted_not_meant + judgement.meant_but_refused > 0);
        }
    }
    println!("{noticed} of {removed} removals are noticed");
    assert!(removed >= 50 && noticed * 10 >= removed * 7, "{noticed} of {removed} removals are noticed");
}

/// What differs in a fleet on disk; nothing in one that is refused.
fn disagreements(folder: &Path) -> Vec<String> {
    let sources = read(folder);
    let Ok(compiled) = fleetc::compile(&sources) else { return Vec::new() };
    let differing = judge(&sources, &compiled).shown;
    differing.iter().map(|differing| format!("{}: {}", folder.display(), describe(differing))).collect()
}

fn folders(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

fn read(folder: &Path) -> Sources {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("a readable folder"));
    let files = entries.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let path =
            entry.path().strip_prefix(folder).expect("below the folder").to_string_lossy().replace('\\', "/");
        (path, std::fs::read(entry.path()).expect("a readable file"))
    });
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Sources::new(name, folder.to_string_lossy(), files)
}
