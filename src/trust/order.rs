//! Whether a change is safe whatever the order in which the clusters sync (SPEC section 7).
//!
//! Every cluster is, on its own, on the old or the new commit. What two clusters say to each other depends on these two
//! alone, so all worlds are safe exactly if all pairs are, each on either side: O(N²) instead of 2^N.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Root;

/// What one cluster signs with, trusts, and expects of the others, on one side of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterTrust {
    /// The cluster's name.
    pub cluster: String,
    /// The root that its signer chains to; `None`: not known, and not judged.
    pub signer: Option<Root>,
    /// The roots that its workloads trust; `None`: not known, and not judged.
    pub trusted: Option<BTreeSet<Root>>,
    /// The trust domain of its identities.
    pub trust_domain: String,
    /// The trust domains it takes calls from beside its own; `None`: any.
    pub accepted_trust_domains: Option<BTreeSet<String>>,
    /// Its own east-west gateway.
    pub gateway: Gateway,
    /// The gateways of others that it calls.
    pub peers: Vec<Peer>,
}

/// A cluster's own east-west gateway: what it shows, and where it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gateway {
    /// The namespace of its identity.
    pub namespace: String,
    /// The service account of its identity.
    pub service_account: String,
    /// Where it is reached.
    pub addresses: BTreeSet<String>,
}

/// Another cluster's east-west gateway, as one that calls it expects it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// The cluster that is called.
    pub cluster: String,
    /// The namespace of the identity that the caller verifies.
    pub namespace: String,
    /// The service account of that identity.
    pub service_account: String,
    /// The trust domain of that identity.
    pub trust_domain: String,
    /// Where the calls go: only the addresses in use, as an implementation may take the first of several.
    pub addresses: BTreeSet<String>,
}

/// A cluster on one side of the change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    /// The cluster's name.
    pub cluster: String,
    /// Whether it has synced the new commit.
    pub is_new: bool,
}

/// What fails between two clusters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hazard {
    /// The one signs under a root that the other does not trust.
    UntrustedRoot(Root),
    /// The one shows identities of a trust domain that the other does not take.
    RefusedTrustDomain(String),
    /// The one's gateway shows another identity than the other verifies.
    OtherIdentity {
        /// What it shows, `<trust domain>/ns/<namespace>/sa/<service account>`.
        shown: String,
        /// What the other verifies.
        expected: String,
    },
    /// The one's gateway is not where the other calls it.
    OtherAddress {
        /// Where it is.
        shown: BTreeSet<String>,
        /// Where the other calls it.
        expected: BTreeSet<String>,
    },
}

impl Hazard {
    /// What is told and mended together: the roots of all clusters, each gateway's address, each cluster's identity.
    pub fn is_mended_with(&self, other: &Hazard) -> bool {
        match self {
            Hazard::UntrustedRoot(_) => matches!(other, Hazard::UntrustedRoot(_)),
            Hazard::OtherAddress { .. } => matches!(other, Hazard::OtherAddress { .. }),
            Hazard::RefusedTrustDomain(_) | Hazard::OtherIdentity { .. } => {
                matches!(other, Hazard::RefusedTrustDomain(_) | Hazard::OtherIdentity { .. })
            }
        }
    }
}

/// One pair that fails, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// What fails.
    pub hazard: Hazard,
    /// The cluster that signs, or is called.
    pub shows: Side,
    /// The cluster that verifies, or calls.
    pub verifies: Side,
    /// How many further pairs fail of the same hazard in the same way.
    pub more: usize,
}

/// Safe, whatever the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Safe {
    /// How many pairs of clusters on either side were judged.
    pub pairs: usize,
}

/// Some order breaks the mesh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsafe {
    /// What fails, each hazard once for each way it comes about; never empty.
    pub breaks: Vec<Break>,
}

/// Judges a change. What failed before the change in the same way is not held against it; but a cluster that joins or
/// leaves keeps the invariant of roots from its first to its last commit.
pub fn any_order(old: &[ClusterTrust], new: &[ClusterTrust]) -> Result<Safe, Unsafe> {
    let mut clusters: BTreeMap<&str, Sides<'_>> = BTreeMap::new();
    for (side, trusts) in [(0, old), (1, new)] {
        for trust in trusts {
            let sides = clusters.entry(&trust.cluster).or_default();
            if side == 0 { sides.old = Some(trust) } else { sides.new = Some(trust) }
        }
    }
    let mut pairs = 0;
    let mut breaks: BTreeMap<(Hazard, bool, bool), Break> = BTreeMap::new();
    for (shows, showing) in &clusters {
        for (verifies, verifying) in &clusters {
            for (shows_new, verifies_new) in [(false, true), (true, false), (true, true)] {
                let (Some(one), Some(other)) = (showing.side(shows_new), verifying.side(verifies_new)) else {
                    continue;
                };
                pairs += 1;
                let before = showing.old.zip(verifying.old);
                for hazard in hazards(one, other, before) {
                    let found = Break {
                        hazard: hazard.clone(),
                        shows: Side { cluster: (*shows).to_owned(), is_new: shows_new },
                        verifies: Side { cluster: (*verifies).to_owned(), is_new: verifies_new },
                        more: 0,
                    };
                    breaks
                        .entry((hazard, shows_new, verifies_new))
                        .and_modify(|first| first.join(&found))
                        .or_insert(found);
                }
            }
        }
    }
    if breaks.is_empty() {
        return Ok(Safe { pairs });
    }
    Err(Unsafe { breaks: breaks.into_values().collect() })
}

#[derive(Debug, Clone, Copy, Default)]
struct Sides<'t> {
    old: Option<&'t ClusterTrust>,
    new: Option<&'t ClusterTrust>,
}

impl<'t> Sides<'t> {
    fn side(&self, is_new: bool) -> Option<&'t ClusterTrust> {
        if is_new { self.new } else { self.old }
    }
}

/// What fails between the two that did not fail before.
fn hazards(
    shows: &ClusterTrust,
    verifies: &ClusterTrust,
    before: Option<(&ClusterTrust, &ClusterTrust)>,
) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    if !is_trusted(shows, verifies) && before.is_none_or(|(shows, verifies)| is_trusted(shows, verifies)) {
        hazards.extend(shows.signer.clone().map(Hazard::UntrustedRoot));
    }
    // What a cluster that has just joined cannot reach yet was not reached before either.
    let Some((shows_before, verifies_before)) = before else { return hazards };
    if !is_taken(shows, verifies) && is_taken(shows_before, verifies_before) {
        hazards.push(Hazard::RefusedTrustDomain(shows.trust_domain.clone()));
    }
    let found = peering(shows, verifies);
    if peering(shows_before, verifies_before).is_empty() && calls(verifies_before, &shows.cluster) {
        hazards.extend(found);
    }
    hazards
}

/// Whether the one's certificates are accepted by the other; what is not known is.
fn is_trusted(shows: &ClusterTrust, verifies: &ClusterTrust) -> bool {
    match (&shows.signer, &verifies.trusted) {
        (Some(root), Some(trusted)) => trusted.contains(root),
        _ => true,
    }
}

/// Within a cluster a change of its trust domain reaches workloads one by one: they differ for a while too.
fn is_taken(shows: &ClusterTrust, verifies: &ClusterTrust) -> bool {
    let taken = |accepted: &BTreeSet<String>| accepted.contains(&shows.trust_domain);
    shows.trust_domain == verifies.trust_domain || verifies.accepted_trust_domains.as_ref().is_none_or(taken)
}

fn calls(caller: &ClusterTrust, cluster: &str) -> bool {
    caller.peers.iter().any(|peer| peer.cluster == cluster)
}

/// What is wrong with the one's gateway in the eyes of the other.
fn peering(shows: &ClusterTrust, caller: &ClusterTrust) -> Vec<Hazard> {
    let mut hazards = Vec::new();
    for peer in caller.peers.iter().filter(|peer| peer.cluster == shows.cluster) {
        let gateway = &shows.gateway;
        let shown = identity(&shows.trust_domain, &gateway.namespace, &gateway.service_account);
        let expected = identity(&peer.trust_domain, &peer.namespace, &peer.service_account);
        if shown != expected {
            hazards.push(Hazard::OtherIdentity { shown, expected });
        }
        let known = !gateway.addresses.is_empty() && !peer.addresses.is_empty();
        if known && gateway.addresses.is_disjoint(&peer.addresses) {
            let (shown, expected) = (gateway.addresses.clone(), peer.addresses.clone());
            hazards.push(Hazard::OtherAddress { shown, expected });
        }
    }
    hazards
}

fn identity(trust_domain: &str, namespace: &str, service_account: &str) -> String {
    format!("{trust_domain}/ns/{namespace}/sa/{service_account}")
}

impl Break {
    /// Takes another pair in; two clusters say more than one that meets itself.
    fn join(&mut self, other: &Break) {
        let alone = |found: &Break| found.shows.cluster == found.verifies.cluster;
        if alone(self) && !alone(other) {
            self.shows = other.shows.clone();
            self.verifies = other.verifies.clone();
        }
        self.more += 1;
    }

    /// The order of syncing in which it comes about, as a clause.
    pub fn order(&self) -> String {
        let (shows, verifies) = (&self.shows.cluster, &self.verifies.cluster);
        match (self.shows.is_new, self.verifies.is_new) {
            (false, _) if shows == verifies => {
                format!("while workloads of `{shows}` still hold certificates of before")
            }
            (true, false) if shows == verifies => {
                format!("while workloads of `{shows}` have not yet learned what is new")
            }
            (true, false) => format!("when `{shows}` syncs before `{verifies}`"),
            (false, _) => format!("when `{verifies}` syncs before `{shows}`"),
            (true, true) => "in whatever order the clusters sync".to_owned(),
        }
    }
}

impl fmt::Display for Break {
    /// What fails and in which order, as a sentence without its end.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shows, verifies) = (&self.shows, &self.verifies);
        match &self.hazard {
            Hazard::UntrustedRoot(root) => {
                write!(out, "{shows} signs under root {root}, which {verifies} does not trust")
            }
            Hazard::RefusedTrustDomain(domain) => {
                write!(out, "{shows} has trust domain `{domain}`, which {verifies} does not take")
            }
            Hazard::OtherIdentity { shown, expected } => {
                write!(
                    out,
                    "the east-west gateway of {shows} is `{shown}`, where {verifies} expects `{expected}`"
                )
            }
            Hazard::OtherAddress { shown, expected } => {
                let list = |addresses: &BTreeSet<String>| {
                    addresses.iter().map(|address| format!("`{address}`")).collect::<Vec<_>>().join(", ")
                };
                let (shown, expected) = (list(shown), list(expected));
                write!(
                    out,
                    "the east-west gateway of {shows} is at {shown}, where {verifies} calls {expected}"
                )
            }
        }?;
        write!(out, ", {}", self.order())?;
        match self.more {
            0 => Ok(()),
            1 => write!(out, "; one more pair fails the same way"),
            more => write!(out, "; {more} more pairs fail the same way"),
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commit = if self.is_new { "after the change" } else { "before the change" };
        write!(out, "`{}` {commit}", self.cluster)
    }
}

#[cfg(test)]
mod tests;
