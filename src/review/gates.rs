//! Gates: what a change must not do unless somebody says so.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::access::AccessChanges;
use super::change::{Change, State};
use crate::bind::{Consent, Mesh};
use crate::reach::Identity;

/// What a gate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// Access that no AccessGrant of the same change covers.
    NewAccess,
    /// An order of syncing that is not safe.
    UnsafeOrder,
    /// A cluster loses its last policy of a namespace, or more than a share of its objects.
    MassDelete,
    /// Connections break: ztunnel, cni or a gateway is rolled.
    Downtime,
    /// A version is a range.
    Unpinned,
}

/// A gate that fires, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fired {
    /// Its name, as the command line writes it.
    pub gate: &'static str,
    /// What it found, a line each.
    pub because: Vec<String>,
    /// What to do.
    pub help: String,
}

impl Gate {
    /// As the command line writes it.
    pub fn name(self) -> &'static str {
        match self {
            Gate::NewAccess => "new-access",
            Gate::UnsafeOrder => "unsafe-order",
            Gate::MassDelete => "mass-delete",
            Gate::Downtime => "downtime",
            Gate::Unpinned => "unpinned",
        }
    }

    /// Looks at a change. `share` is the share of a cluster's objects, in percent, that may go; `now`, `YYYY-MM-DD`, is the
    /// day that grants are judged by, and without it they hold.
    pub fn judge(
        self,
        change: &Change,
        old: &State<'_>,
        new: &State<'_>,
        share: usize,
        now: Option<&str>,
    ) -> Option<Fired> {
        let (because, help) = match self {
            Gate::NewAccess => (
                opened(&change.access, &granted(old.mesh, new.mesh, now)),
                "add an AccessGrant that names the callers and the Service in the same change",
            ),
            Gate::UnsafeOrder => {
                let hazards = change.order.hazards.iter();
                let shown = hazards.map(|hazard| format!("{}: {}", hazard.code, hazard.message));
                let unknown = (!change.order.judged)
                    .then(|| "the order is not judged against a rendered tree".to_owned());
                (
                    shown.chain(unknown).collect(),
                    "merge it in the steps that the report names, each after the last has synced",
                )
            }
            Gate::MassDelete => {
                (losses(old, new, share), "delete in smaller steps, or raise `--share` for this change")
            }
            Gate::Downtime => {
                let breaking = change.restarts.iter().filter(|restart| restart.breaks_connections);
                let shown = breaking.map(|restart| {
                    format!("{} of {}: {}", restart.release, restart.cluster, restart.because)
                });
                (
                    shown.collect(),
                    "connections through it break when it rolls: merge it in a maintenance window",
                )
            }
            Gate::Unpinned => (
                change.unpinned.clone(),
                "pin it: `installations[].version` of the lifecycle manager, or `Fleet.spec.istioVersion`",
            ),
        };
        let because: Vec<String> = because;
        (!because.is_empty()).then(|| Fired { gate: self.name(), because, help: help.to_owned() })
    }
}

/// The grants that a change adds or words anew, and that still hold.
fn granted<'m>(old: Option<&Mesh>, new: Option<&'m Mesh>, now: Option<&str>) -> Vec<&'m Consent> {
    let before = old.map_or(&[][..], |mesh| &mesh.consents);
    let was_there = |grant: &Consent| {
        before.iter().any(|other| other.origin.name == grant.origin.name && other.says_the_same(grant))
    };
    let new = new.map_or(&[][..], |mesh| &mesh.consents).iter();
    new.filter(|grant| !was_there(grant))
        .filter(|grant| now.is_none_or(|now| now <= grant.expires.as_str()))
        .collect()
}

/// New access that no grant covers: pairs, and requests and pods of pairs that were admitted before.
fn opened(access: &AccessChanges, grants: &[&Consent]) -> Vec<String> {
    let pairs = access.gained.iter().chain(&access.unnamed.gained);
    let pairs = pairs.map(|row| (&row.from, &row.to, row.port, &row.cluster, String::new()));
    let wider = access.altered.iter().filter(|row| !row.gained.is_empty());
    let wider =
        wider.map(|row| (&row.from, &row.to, row.port, &row.cluster, format!(": {}", row.gained.join(", "))));
    pairs
        .chain(wider)
        .filter(|(from, to, port, cluster, _)| {
            !grants.iter().any(|grant| covers(grant, from, to, *port, cluster))
        })
        .map(|(from, to, port, cluster, what)| format!("{from} → {to}:{port} in {cluster}{what}"))
        .collect()
}

fn covers(grant: &Consent, from: &str, to: &str, port: u16, cluster: &str) -> bool {
    let identity = Identity::parse(from);
    let caller = identity.as_ref().map(|caller| (caller.namespace(), caller.service_account()));
    let Some((name, namespace)) = to.split_once('.') else { return false };
    (caller.is_some() || from == "plaintext") && grant.covers(caller, (namespace, name), port, cluster)
}

/// How the files of policies begin; what else lies beside them (a RoleBinding of the owners) refuses nobody.
const POLICIES: &[&str] = &["authorizationpolicy-", "peerauthentication-"];

/// Namespaces whose last policy goes, and clusters that lose more of their objects than a share.
fn losses(old: &State<'_>, new: &State<'_>, share: usize) -> Vec<String> {
    let policies = |state: &State<'_>| -> BTreeSet<(String, String)> {
        let is_policy = |path: &&String| {
            let file = path.rsplit('/').next().unwrap_or_default();
            path.contains("/3-policy/") && POLICIES.iter().any(|kind| file.starts_with(kind))
        };
        let policies = state.files.keys().filter(is_policy);
        policies
            .filter_map(|path| {
                let mut parts = path.split('/');
                let (cluster, namespace) = (parts.next()?.to_owned(), parts.nth(1)?.to_owned());
                Some((cluster, namespace))
            })
            .collect()
    };
    let of = |state: &State<'_>, cluster: &str| -> BTreeSet<String> {
        let own = format!("{cluster}/");
        state.files.keys().filter(|path| path.starts_with(&own)).cloned().collect()
    };
    let mut found = Vec::new();
    for (cluster, namespace) in policies(old).difference(&policies(new)) {
        found.push(format!("`{cluster}` loses its last policy of namespace `{namespace}`"));
    }
    let clusters: BTreeSet<&str> = old.files.keys().filter_map(|path| path.split('/').next()).collect();
    for cluster in clusters.into_iter().filter(|name| !name.starts_with('_')) {
        let (before, after) = (of(old, cluster), of(new, cluster));
        let gone = before.difference(&after).count();
        if gone * 100 > before.len() * share {
            found.push(format!(
                "`{cluster}` loses {gone} of its {} objects, more than {share} %",
                before.len()
            ));
        }
    }
    found
}
