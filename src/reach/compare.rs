//! Two worlds, scope by scope: what is behind the same policies says the same to everybody, so that only the rest need be
//! asked.

use super::{ClusterWorld, Destination, PolicyName, Through, Way};

/// A class of pods and the ways to a port of it.
type Behind<'w> = (Destination<'w>, Vec<Way<'w>>);

/// Whether two classes of pods, each in its own world, say the same to every caller on every way: the same labels and
/// capture, and policies that say the same in each scope. What policies are called, and why they are there, does not count.
/// `false` says nothing: other policies may still come to the same. That the clusters' configurations agree is the
/// caller's to see.
pub fn say_the_same((one, ways): &Behind<'_>, (other, other_ways): &Behind<'_>) -> bool {
    let same = Same { before: one.cluster, after: other.cluster };
    one.labels == other.labels
        && one.capture == other.capture
        && ways.len() == other_ways.len()
        && same.at_pods(one, other, ways)
        && ways.iter().zip(other_ways).all(|(way, other)| {
            way.port == other.port
                && match (&way.through, &other.through) {
                    (None, None) => true,
                    (Some(one), Some(other)) => same.waypoints(one, other),
                    _ => false,
                }
        })
}

struct Same<'w> {
    before: &'w ClusterWorld<'w>,
    after: &'w ClusterWorld<'w>,
}

impl Same<'_> {
    fn at_pods(&self, one: &Destination<'_>, other: &Destination<'_>, ways: &[Way<'_>]) -> bool {
        match (one.sidecar(), other.sidecar()) {
            (None, None) => {
                let (here, there) = (one.scope(), other.scope());
                self.policies(here.allow().iter().copied(), there.allow().iter().copied())
                    && self.policies(here.deny(), there.deny())
                    && ways.iter().all(|way| self.policies(here.strict(way.port), there.strict(way.port)))
            }
            (Some(here), Some(there)) => {
                self.policies(here.names(), there.names())
                    && ways.iter().all(|way| here.mode(way.port) == there.mode(way.port))
            }
            _ => false,
        }
    }

    fn waypoints(&self, one: &Through<'_>, other: &Through<'_>) -> bool {
        let (here, there) = (one.scope(), other.scope());
        one.port == other.port
            && one.identities == other.identities
            && self.policies(here.allow().iter().copied(), there.allow().iter().copied())
            && self.policies(here.deny(), there.deny())
            && self.policies(here.custom(), there.custom())
    }

    fn policies<'p>(
        &self,
        old: impl IntoIterator<Item = &'p PolicyName>,
        new: impl IntoIterator<Item = &'p PolicyName>,
    ) -> bool {
        let (mut old, mut new) = (old.into_iter(), new.into_iter());
        loop {
            match (old.next(), new.next()) {
                (None, None) => return true,
                (Some(one), Some(other)) => {
                    let (one, other) = (self.before.policy(one), self.after.policy(other));
                    if !one.zip(other).is_some_and(|(one, other)| one.object.says_the_same(&other.object)) {
                        return false;
                    }
                }
                _ => return false,
            }
        }
    }
}
