//! Generated fleets (those of tests/meaning.rs), a random edit, and what the review says of it, held against the oracle.
//!
//! `FLEETC_CHANGES_FLEETS=2000 cargo test --test changes` judges more of them; `FLEETC_CHANGES_SEED` starts at another seed.
//! `FLEETC_CHANGES_KEEP=folder` keeps both sides of a change of which something wrong is said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fleetc::Compiled;
use fleetc::question::{Places, Scene};
use fleetc::review::{AccessRow, access_changes};
use fleetc::source::Sources;
use rayon::prelude::*;

use super::meaning::generate::Fleet;
use super::meaning::world::World;
use super::oracle::{self, Row};

/// How many fleets are changed where nothing else is said.
const FLEETS: u64 = 60;

/// A change of a fleet's files, drawn by a seed.
type Edit = fn(&mut BTreeMap<String, String>, u64);

/// What is done to a fleet.
const EDITS: &[Edit] = &[meaning_drawn_anew, file_removed, inventory_moved];

#[test]
fn generated_changes_are_reported_as_they_are() {
    let setting = |name: &str| std::env::var(name).ok().and_then(|value| value.parse().ok());
    let fleets = setting("FLEETC_CHANGES_FLEETS").unwrap_or(FLEETS);
    let first = setting("FLEETC_CHANGES_SEED").unwrap_or(1);
    let edited = (first..first + fleets).flat_map(|seed| (0..EDITS.len()).map(move |edit| (seed, edit)));
    let edited: Vec<(u64, usize)> = edited.collect();
    let judged: Vec<(usize, Vec<String>)> =
        edited.into_par_iter().filter_map(|(seed, edit)| judge(seed, edit)).collect();
    let rows: usize = judged.iter().map(|(rows, _)| rows).sum();
    let wrong: Vec<&str> = judged.iter().flat_map(|(_, wrong)| wrong).map(String::as_str).collect();
    println!("{} changes that compile on both sides, {rows} rows", judged.len());
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged.len() as u64 >= fleets / 2, "hardly any change compiles on both sides");
    assert!(rows as u64 >= fleets * 10, "hardly anything changes");
}

/// How many rows a change has, and what is wrong with them; `None` if a side does not compile.
fn judge(seed: u64, edit: usize) -> Option<(usize, Vec<String>)> {
    let fleet = Fleet::generate(seed);
    let mut files = fleet.files.clone();
    EDITS[edit](&mut files, seed);
    let before = fleet.sources();
    let after = Sources::new(
        before.fleet(),
        "fleets/generated",
        files.into_iter().map(|(path, text)| (path, text.into_bytes())),
    );
    let (old, new) = (fleetc::compile(&before).ok()?, fleetc::compile(&after).ok()?);
    let [gained, lost] = said((&before, &old), (&after, &new));
    let rows = gained.len() + lost.len();
    let worlds = [&before, &after].map(World::read);
    let unknown: BTreeSet<(String, String)> = worlds.iter().flat_map(oracle::without_pods).collect();
    let is_known = |row: &Row| !unknown.contains(&(row.0.clone(), row.2.clone()));
    let meant = [0, 1]
        .map(|at| -> BTreeSet<Row> { oracle::rows(&worlds[at]).into_iter().filter(&is_known).collect() });
    let [gained, lost] = [gained, lost].map(|rows| rows.into_iter().filter(&is_known).collect::<Vec<Row>>());
    let wrong = oracle::differences([gained, lost], &meant[0], &meant[1]);
    if let (Ok(folder), false) = (std::env::var("FLEETC_CHANGES_KEEP"), wrong.is_empty()) {
        for (side, sources) in [("before", &before), ("after", &after)] {
            keep(&Path::new(&folder).join(format!("{seed}-{edit}/{side}/generated")), sources);
        }
    }
    Some((rows, wrong.into_iter().map(|wrong| format!("seed {seed}, edit {edit}: {wrong}")).collect()))
}

fn keep(folder: &Path, sources: &Sources) {
    for (_, file) in sources.files() {
        let path = folder.join(&file.path);
        std::fs::create_dir_all(path.parent().expect("in a folder")).expect("a folder");
        std::fs::write(path, &file.bytes).expect("writable");
    }
}

fn said(old: (&Sources, &Compiled), new: (&Sources, &Compiled)) -> [Vec<Row>; 2] {
    let worlds = [old.1.world(), new.1.world()];
    let places = [old.0, new.0].map(|sources| Places { fleet: Some(sources), tree: None });
    let scene = |at: usize| Scene { world: &worlds[at], mesh: None, places: &places[at] };
    let changes = access_changes(scene(0), scene(1));
    let row = |row: &AccessRow| (row.cluster.clone(), row.from.clone(), row.to.clone(), row.port);
    [changes.gained.iter().map(row).collect(), changes.lost.iter().map(row).collect()]
}

/// Defaults, settings or policies are others; what runs stays.
fn meaning_drawn_anew(files: &mut BTreeMap<String, String>, seed: u64) {
    *files = Fleet::changed(seed).files;
}

fn file_removed(files: &mut BTreeMap<String, String>, seed: u64) {
    let paths: Vec<String> = files.keys().cloned().collect();
    files.remove(&paths[pick(seed, paths.len())]);
}

/// An inventory object goes from one cluster to all of them, or from all to one.
fn inventory_moved(files: &mut BTreeMap<String, String>, seed: u64) {
    let inventory: Vec<String> = files.keys().filter(|path| path.starts_with("clusters/")).cloned().collect();
    let Some(path) = inventory.get(pick(seed, inventory.len().max(1))) else { return };
    let Some(name) = path.splitn(3, '/').nth(2).map(str::to_owned) else { return };
    if let Some(text) = files.remove(path) {
        let folder = if path.starts_with("clusters/_all/") { "east" } else { "_all" };
        files.insert(format!("clusters/{folder}/{name}"), text);
    }
}

/// A number below `bound` that a seed stands for.
fn pick(seed: u64, bound: usize) -> usize {
    usize::try_from(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33).expect("31 bits") % bound
}
