//! When each object came and went.

use super::graph::{Event, Tracer};
use super::objects::Key;
use super::past::Past;

/// A commit that did something, and the one that brought it to the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// The commit that did.
    pub commit: usize,
    /// A merge of the line, or the commit itself.
    pub arrived: usize,
    /// The clone begins here: it was done now or earlier.
    pub at_or_before: bool,
}

/// From when to when an object was there. One that came back has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// When it came.
    pub added: At,
    /// When it went; `None`: it is there.
    pub removed: Option<At>,
}

impl Lifetime {
    /// Whether a commit of the line is within it. What went with a commit was there before it.
    pub fn holds(&self, of_line: usize) -> bool {
        // newer commits have smaller indices
        of_line <= self.added.arrived && self.removed.is_none_or(|removed| of_line > removed.arrived)
    }
}

/// The lifetimes of an object, oldest first.
pub fn lifetimes(past: &Past<'_>, tracer: &Tracer<'_>, key: &Key) -> Vec<Lifetime> {
    let is_there = |commit: usize| past.version(commit, key).is_some();
    let events = tracer.trace(past.tip, is_there);
    let mut lifetimes: Vec<Lifetime> = Vec::new();
    for event in settled(events) {
        let at = At {
            commit: event.commit,
            arrived: event.arrived,
            at_or_before: event.at_or_before && event.after,
        };
        match lifetimes.last_mut() {
            Some(last) if !event.after => last.removed = Some(at),
            _ if event.after => lifetimes.push(Lifetime { added: at, removed: None }),
            _ => {}
        }
    }
    lifetimes
}

/// Of what a merge brought, the last word alone: a branch may have added, removed and added again.
pub fn settled<V>(events: Vec<Event<V>>) -> Vec<Event<V>> {
    let mut settled: Vec<Event<V>> = Vec::new();
    for event in events {
        if settled.last().is_some_and(|last| last.arrived == event.arrived) {
            settled.pop();
        }
        settled.push(event);
    }
    settled
}
