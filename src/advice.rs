//! For a no: the smallest changes of a fleet that make it a yes, each tried by building the fleet anew.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::compile;
use crate::question::{Answer, Fix, From, NoAnswer, Places, Requested, Scene, To, can, candidates, edits};
use crate::review::{AccessRow, access_changes};
use crate::revise::{Grant, grant};
use crate::source::Sources;

/// For a no, what would make it a yes; nothing for a yes. A change is told if the fleet that it makes compiles and says yes
/// wherever it is asked, and if no smaller part of it does that already. Each is tried by a build of the whole fleet.
pub fn fixes(
    sources: &Sources,
    scene: Scene<'_>,
    from: &From,
    to: &To,
    requested: &Requested,
    answer: &Answer,
) -> Vec<Fix> {
    if answer.admitted {
        return Vec::new();
    }
    let candidates = candidates(scene, from, to, answer);
    let tried: Vec<Option<(Vec<Grant>, Fix)>> = candidates
        .into_par_iter()
        .map(|grants| {
            let fix = attempt(sources, scene, &grants, |scene| can(scene, from, to, requested))?;
            Some((grants, fix))
        })
        .collect();
    let mut kept: Vec<(Vec<Grant>, Fix)> = Vec::new();
    for (grants, fix) in tried.into_iter().flatten() {
        let smaller = |(other, _): &(Vec<Grant>, Fix)| other.iter().all(|grant| grants.contains(grant));
        if !kept.iter().any(smaller) {
            kept.push((grants, fix));
        }
    }
    kept.into_iter().map(|(_, fix)| fix).collect()
}

/// The fix that some grants are, if the answer becomes a yes with them.
fn attempt(
    sources: &Sources,
    before: Scene<'_>,
    grants: &[Grant],
    ask: impl Fn(Scene<'_>) -> Result<Answer, NoAnswer>,
) -> Option<Fix> {
    let revision = grant(sources, grants).ok()?;
    let changed = revision.apply(sources);
    let compiled = compile(&changed).ok()?;
    let world = compiled.world();
    let places = Places { fleet: Some(&changed), tree: None };
    let scene = Scene { world: &world, mesh: Some(compiled.mesh()), places: &places };
    let answer = ask(scene).ok().filter(|answer| answer.admitted)?;
    let asked = |row: &AccessRow| {
        answer.clusters.iter().any(|cluster| {
            let ports = || cluster.ports.iter();
            cluster.cluster == row.cluster
                && answer.to.starts_with(&row.to)
                && ports().any(|port| port.port == row.port && port.caller == row.from)
        })
    };
    let gained = access_changes(before, scene).gained;
    let mut opened: BTreeMap<(String, String, u16), Vec<String>> = BTreeMap::new();
    for row in gained.into_iter().filter(|row| !asked(row)) {
        opened.entry((row.from, row.to, row.port)).or_default().push(row.cluster);
    }
    let also_opens = opened
        .into_iter()
        .map(|((from, to, port), clusters)| format!("{from} -> {to}:{port} in {}", clusters.join(", ")));
    Some(Fix { also_opens: also_opens.collect(), edits: edits(sources, &revision.files) })
}
