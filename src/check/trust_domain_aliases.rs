//! FC616: identities of two clusters that count as one.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{Cluster, Mesh};
use crate::report::codes::FC616;
use crate::report::{Finding, Findings};
use crate::source::Place;

/// How many identities are listed.
const LISTED: usize = 10;

/// An alias that is the trust domain of another cluster makes their namesakes one at waypoints and gateways.
pub fn trust_domain_aliases(mesh: &Mesh, findings: &mut Findings) {
    let mut meetings: BTreeMap<(Place, &str), Vec<(&Cluster, &Cluster)>> = BTreeMap::new();
    for cluster in &mesh.clusters {
        for (alias, place) in &cluster.trust_domain_aliases {
            let others = mesh
                .clusters
                .iter()
                .filter(|other| other.trust_domain == *alias && other.trust_domain != cluster.trust_domain);
            for other in others {
                meetings.entry((*place, alias)).or_default().push((cluster, other));
            }
        }
    }
    for ((place, alias), pairs) in meetings {
        let Some((cluster, other)) = pairs.first() else { continue };
        let shared: BTreeSet<String> = pairs.iter().flat_map(|(one, other)| shared(one, other)).collect();
        let mut listed: Vec<&str> = shared.iter().map(String::as_str).take(LISTED).collect();
        let more = format!("and {} more", shared.len().saturating_sub(LISTED));
        if shared.len() > LISTED {
            listed.push(&more);
        }
        let collisions = match listed.is_empty() {
            true => "no service account is in both today".to_owned(),
            false => format!("in both: {}", listed.join(", ")),
        };
        findings.push(
            Finding::new(
                FC616,
                format!(
                    "`{alias}` is an alias in cluster `{}` and the trust domain of cluster `{}`",
                    cluster.name, other.name
                ),
            )
            .at(place)
            .object(&*cluster.origin.name)
            .because(format!("cluster `{}`", other.name), other.origin.place)
            .help(format!(
                "whom a waypoint or gateway of `{}` admits by one name it admits by the other; {collisions}\nztunnel knows no aliases; once no workload carries the old trust domain, take the alias out",
                cluster.name
            )),
        );
    }
}

/// Service accounts that two clusters both have, as `namespace/name`; those of different owners say so.
fn shared(one: &Cluster, other: &Cluster) -> Vec<String> {
    let mut found = Vec::new();
    for (name, namespace) in &one.namespaces {
        let Some(twin) = other.namespaces.get(name) else { continue };
        let owners = match namespace.owner() == twin.owner() {
            true => "",
            false => " (of another owner there)",
        };
        let accounts = namespace.accounts.keys().filter(|account| twin.accounts.contains_key(*account));
        found.extend(accounts.map(|account| format!("`{name}/{account}`{owners}")));
    }
    found
}
