//! FC444: a sync that passes through a state which neither end of it means.

use rayon::prelude::*;

use crate::bind::{Engine, Mesh};
use crate::reach::{Astray, Author, ClusterWorld, PolicyName, Waves, World, astray, split};
use crate::report::codes::FC444;
use crate::report::{Finding, Findings};

/// Judges every state that a cluster passes through on its way from one state of the fleet to another; `mesh` is the latter,
/// and says which engine syncs.
pub fn syncing(mesh: &Mesh, before: &World<'_>, after: &World<'_>, findings: &mut Findings) {
    let waves = match mesh.delivery.as_ref().map(|delivery| &delivery.engine) {
        Some(Engine::Flux) => Waves::Unknown,
        Some(Engine::ArgoCd { .. }) | None => Waves::Kept,
    };
    let found: Vec<Option<Finding>> = after
        .clusters
        .par_iter()
        .map(|new| {
            let old = before.cluster(&new.name)?;
            let wrong = astray(old, new, waves);
            let first = wrong.first()?;
            Some(finding(old, new, first, wrong.len(), waves))
        })
        .collect();
    found.into_iter().flatten().for_each(|finding| findings.push(finding));
}

fn finding(
    old: &ClusterWorld<'_>,
    new: &ClusterWorld<'_>,
    first: &Astray,
    count: usize,
    waves: Waves,
) -> Finding {
    let caller = first.caller.as_ref().map_or_else(|| "plaintext".to_owned(), |one| format!("`{one}`"));
    let (may, ends) = match first.admitted {
        true => ("may call", "though it may not before the sync nor after it"),
        false => ("may not call", "though it may before the sync and after it"),
    };
    let port =
        first.port.map_or_else(|| "a port that no policy names".to_owned(), |port| format!("port {port}"));
    let through =
        first.through.as_ref().map_or_else(String::new, |name| format!(" through waypoint `{name}`"));
    let step = if first.pruned { "is pruned" } else { "is applied" };
    let message = format!(
        "while cluster `{}` syncs, after `{}` {step}, {caller} {may} {} of namespace `{}` on {port}{through}, {ends}",
        new.name, first.after, first.pods, first.namespace
    );
    let mut finding = Finding::new(FC444, message).object(first.after.to_string());
    let held = new.policy(&first.after);
    if let Some(Author::Fleet(origins)) = held.map(|held| &held.author)
        && let Some(origin) = origins.first()
    {
        finding = finding.at(origin.place);
    }
    let more = match count {
        1 => String::new(),
        _ => format!("{} other classes of pods pass through such a state too\n", count - 1),
    };
    let split = match split(old, new, waves) {
        None => {
            "no split into two merges is safe: make the change in smaller ones, or sync it when nobody calls"
                .to_owned()
        }
        Some(split) => {
            let names: Vec<String> = split.first.iter().map(|name| shown(old, new, name)).collect();
            format!(
                "two merges are safe: first what changes {}, and the rest when that has synced",
                names.join(", ")
            )
        }
    };
    finding.help(format!("{more}{split}"))
}

/// A policy, and the objects that cause it.
fn shown(old: &ClusterWorld<'_>, new: &ClusterWorld<'_>, name: &PolicyName) -> String {
    let held = new.policy(name).or_else(|| old.policy(name));
    let causes: Vec<&str> = match held.map(|held| &held.author) {
        Some(Author::Fleet(origins)) => origins.iter().map(|origin| &*origin.name).collect(),
        _ => Vec::new(),
    };
    match causes.as_slice() {
        [] => format!("`{name}`"),
        causes => format!("`{name}` (of {})", causes.join(", ")),
    }
}
