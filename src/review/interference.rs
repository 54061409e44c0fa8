//! What new clusters do to those that are there.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::access::{AccessChanges, access_changes};
use super::change::State;
use super::files::{Area, file_changes, grew_by, is_about};

/// What the clusters that a change adds do to the others, told apart from whatever else the change does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NonInterference {
    /// The new clusters.
    pub clusters: Vec<String>,
    /// How many clusters were there already.
    pub existing: usize,
    /// Nothing happens to them but that they get a peer.
    pub holds: bool,
    /// `the 12 existing clusters: 12 peer files added, 0 changed, 0 new access`.
    pub statement: String,
    /// Files in the trees of the others that are about a new cluster alone.
    pub peer_files: usize,
    /// What else happens there: files that change, come or go, and access that is gained, a line each.
    pub breaks: Vec<String>,
}

/// Compares a fleet without its new clusters with the same fleet with them; `None` if it has no new ones. Where the rest of
/// the fleet stays as it was, `known` is the access that the whole change opens, and is not computed again.
pub fn non_interference(
    without: &State<'_>,
    with: &State<'_>,
    known: Option<&AccessChanges>,
) -> Option<NonInterference> {
    let names = |state: &State<'_>| -> BTreeSet<String> {
        state.scene.world.clusters.iter().map(|cluster| cluster.name.clone()).collect()
    };
    let (before, after) = (names(without), names(with));
    let added: Vec<String> = after.difference(&before).cloned().collect();
    let existing = after.intersection(&before).count();
    if added.is_empty() || existing == 0 {
        return None;
    }
    let mut peer_files = 0;
    let mut breaks = Vec::new();
    for (area, changes) in file_changes(without.files, with.files) {
        if area.cluster().is_some_and(|cluster| added.iter().any(|new| new == cluster)) {
            continue;
        }
        for path in changes.added {
            let text = with.files.get(&path);
            let is_peer = text.is_some_and(|text| added.iter().any(|new| is_about(text, new)));
            match (is_peer, &area) {
                (true, Area::Cluster(_)) => peer_files += 1,
                (true, Area::Delivery) => {}
                (false, _) => breaks.push(format!("`{path}` comes")),
            }
        }
        for path in changes.changed {
            let texts = without.files.get(&path).zip(with.files.get(&path));
            let grew = texts.is_some_and(|(was, is)| added.iter().any(|new| grew_by(was, is, new)));
            if !(grew && area == Area::Delivery) {
                breaks.push(format!("`{path}` changes"));
            }
        }
        breaks.extend(changes.removed.into_iter().map(|path| format!("`{path}` goes")));
    }
    let changed = breaks.len();
    let computed;
    let access = match known {
        Some(access) => access,
        None => {
            computed = access_changes(without.scene, with.scene);
            &computed
        }
    };
    let pairs = access.gained.iter().chain(&access.unnamed.gained);
    let pairs = pairs.map(|row| (&row.cluster, &row.from, &row.to, row.port));
    let wider = access.altered.iter().filter(|pair| !pair.gained.is_empty());
    let opened: Vec<String> = pairs
        .chain(wider.map(|pair| (&pair.cluster, &pair.from, &pair.to, pair.port)))
        .filter(|(cluster, ..)| before.contains(*cluster))
        .map(|(cluster, from, to, port)| format!("`{from}` may call `{to}:{port}` in `{cluster}`"))
        .collect();
    let plural = |count: usize, noun: &str| if count == 1 { noun.to_owned() } else { format!("{noun}s") };
    let statement = format!(
        "the {existing} existing {}: {peer_files} peer {} added, {changed} changed, {} new access",
        plural(existing, "cluster"),
        plural(peer_files, "file"),
        opened.len()
    );
    breaks.extend(opened);
    Some(NonInterference {
        clusters: added,
        existing,
        holds: breaks.is_empty(),
        statement,
        peer_files,
        breaks,
    })
}
