//! FC457: a dot in a service account's name, on the versions that match it as any character.

use super::all;
use crate::bind::{Cluster, Mesh};
use crate::report::codes::FC457;
use crate::report::{Finding, Findings};

/// Minor versions with CVE-2026-39350, and the first patch without it; `None`: none was released (ISTIO-SECURITY-2026-003).
const AFFECTED: [(u32, Option<u32>); 5] =
    [(25, None), (26, None), (27, Some(9)), (28, Some(6)), (29, Some(2))];

/// Envoy matches `serviceAccounts` by a regular expression in which those versions left dots as they are. ztunnel compares
/// texts, and principals are compared as texts everywhere.
pub fn foreign_service_accounts(mesh: &Mesh, findings: &mut Findings) {
    for foreign in all(mesh).filter(|foreign| foreign.is_attached() && is_affected(foreign.cluster)) {
        let accounts = foreign
            .sources()
            .flat_map(|source| source.service_accounts.iter().chain(&source.not_service_accounts));
        let dotted = accounts.map(String::as_str).find(|account| account.contains('.'));
        let Some(account) = dotted else { continue };
        let own = format!("{}/{account}", foreign.namespace());
        let (namespace, name) = account.split_once('/').or_else(|| own.split_once('/')).unwrap_or_default();
        findings.push(
            Finding::new(
                FC457,
                format!(
                    "service account `{account}` of AuthorizationPolicy {} holds a dot, which Istio {} matches as any character at a waypoint",
                    foreign.shown(),
                    foreign.cluster.version
                ),
            )
            .at(foreign.held.place)
            .object(foreign.reference())
            .help(format!(
                "write the principal `{}/ns/{namespace}/sa/{name}`, or move to 1.27.9, 1.28.6, 1.29.2 or later (CVE-2026-39350)",
                foreign.cluster.trust_domain
            )),
        );
    }
}

/// Of a range of versions, any may be meant.
fn is_affected(cluster: &Cluster) -> bool {
    let digits = |text: &str| -> Option<u32> {
        let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        text.get(..end)?.parse().ok()
    };
    let version = cluster.version.trim_start_matches(['>', '=', '<', '~', '^', 'v', ' ']);
    let mut parts = version.split('.');
    let (major, minor, patch) = (parts.next(), parts.next(), parts.next());
    let exact = cluster.version.starts_with(|first: char| first.is_ascii_digit() || first == 'v');
    let patch = patch.and_then(digits).filter(|_| exact);
    let Some((1, minor)) = major.and_then(digits).zip(minor.and_then(digits)) else { return false };
    AFFECTED.iter().any(|(affected, first_without)| {
        let before = first_without.is_none_or(|fixed| patch.is_none_or(|patch| patch < fixed));
        *affected == minor && before
    })
}
