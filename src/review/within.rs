//! What changes for a caller that a Service admits before and after: the requests that pass, and the pods that take it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::question::{Gate, Line, shown, shown_request};
use crate::reach::{Call, Destination, HttpRequest, Identity, Requests, Way};

/// So many requests are shown of those that pass on one side alone.
const SHOWN: usize = 20;

/// A pair that is admitted on both sides, but not alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Altered {
    /// The cluster.
    pub cluster: String,
    /// `<trust-domain>/ns/<namespace>/sa/<account>`, or `plaintext`.
    pub from: String,
    /// `<service>.<namespace>`.
    pub to: String,
    /// The Service's port.
    pub port: u16,
    /// What passes after and not before: a request of each sort that policies tell apart, as `DELETE /orders`; `at
    /// Deployment cart` for pods.
    pub gained: Vec<String>,
    /// What passed before and does not after.
    pub lost: Vec<String>,
    /// As in a row of access.
    pub because: Vec<Line>,
}

/// What of a pair differs.
#[derive(Debug, Default)]
pub struct Within {
    /// What passes after and not before.
    pub gained: Vec<String>,
    /// What passed before and does not after.
    pub lost: Vec<String>,
}

impl Within {
    /// True if nothing differs.
    pub fn is_empty(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }
}

/// What differs for a caller that a port admits on both sides.
pub fn altered(old: &Gate<'_>, new: &Gate<'_>, caller: Option<&Identity>) -> Within {
    let mut within = Within::default();
    pods(old, new, caller, &mut within);
    requests(old, new, caller, &mut within);
    within
}

/// Pods that are there on both sides, by what they are made from.
fn pods(old: &Gate<'_>, new: &Gate<'_>, caller: Option<&Identity>, within: &mut Within) {
    for (before, ways_before) in &old.behind {
        let Some((after, ways_after)) = new.behind.iter().find(|(after, _)| is_same(before, after)) else {
            continue;
        };
        let was = takes(before, ways_before, caller);
        let is = takes(after, ways_after, caller);
        let list = match (was, is) {
            (false, true) => &mut within.gained,
            (true, false) => &mut within.lost,
            _ => continue,
        };
        list.push(format!("at {}", shown(after)));
    }
}

fn is_same(one: &Destination<'_>, other: &Destination<'_>) -> bool {
    match (one.workload, other.workload) {
        (Some(one), Some(other)) => one.kind == other.kind && one.name == other.name,
        (None, None) => one.labels == other.labels,
        _ => false,
    }
}

/// Whether pods take a caller by some way with some request.
fn takes(destination: &Destination<'_>, ways: &[Way<'_>], caller: Option<&Identity>) -> bool {
    let samples = of_waypoints(ways.iter()).samples();
    ways.iter().any(|way| samples.iter().any(|request| passes(destination, way, caller, request.as_ref())))
}

fn requests(old: &Gate<'_>, new: &Gate<'_>, caller: Option<&Identity>, within: &mut Within) {
    let mut asked = of_waypoints(old.behind.iter().flat_map(|(_, ways)| ways));
    asked.extend(of_waypoints(new.behind.iter().flat_map(|(_, ways)| ways)));
    if asked.is_empty() {
        return;
    }
    let (mut gained, mut lost) = (BTreeSet::new(), BTreeSet::new());
    for request in asked.samples() {
        let request = request.as_ref();
        let list = match (admits(old, caller, request), admits(new, caller, request)) {
            (false, true) => &mut gained,
            (true, false) => &mut lost,
            _ => continue,
        };
        list.insert(request.map_or_else(|| "what is no HTTP".to_owned(), said));
    }
    within.gained.extend(few(gained));
    within.lost.extend(few(lost));
}

/// A request for people; a method that stands for all that no policy names is no word of HTTP.
fn said(request: &HttpRequest) -> String {
    let named = request.method.chars().all(|letter| letter.is_ascii_uppercase());
    let method = if named { request.method.clone() } else { "another method".to_owned() };
    shown_request(&HttpRequest { method, ..request.clone() })
}

fn few(requests: BTreeSet<String>) -> Vec<String> {
    let more = requests.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = requests.into_iter().take(SHOWN).collect();
    if more > 0 {
        shown.push(format!("{more} more sorts of requests"));
    }
    shown
}

/// What the waypoints on some ways tell requests apart by.
fn of_waypoints<'g, 'w: 'g>(ways: impl Iterator<Item = &'g Way<'w>>) -> Requests {
    let mut requests = Requests::default();
    ways.filter_map(|way| way.through.as_ref()).for_each(|through| requests.extend(through.requests()));
    requests
}

fn admits(gate: &Gate<'_>, caller: Option<&Identity>, request: Option<&HttpRequest>) -> bool {
    gate.behind
        .iter()
        .any(|(destination, ways)| ways.iter().any(|way| passes(destination, way, caller, request)))
}

fn passes(
    destination: &Destination<'_>,
    way: &Way<'_>,
    caller: Option<&Identity>,
    request: Option<&HttpRequest>,
) -> bool {
    destination.admits(way, &Call::of(caller).with(request))
}
