//! AccessGrants → what a review reads of them.

use std::collections::BTreeSet;

use super::mesh::{Cluster, Consent, Grantees};
use super::origin;
use super::tenancy::unknown_cluster;
use crate::kinds::{Intents, Spot};
use crate::report::Findings;

/// Every grant, in order of name. One for a cluster that is not there covers nothing, and is an error.
pub fn bind_consents(intents: &Intents, clusters: &[Cluster], findings: &mut Findings) -> Vec<Consent> {
    let mut consents: Vec<Consent> = Vec::new();
    for object in &intents.access_grants {
        let spec = &object.spec;
        for name in &spec.to.clusters {
            if !clusters.iter().any(|cluster| cluster.name == name.value) {
                findings.push(unknown_cluster(&name.value, name.place, clusters));
            }
        }
        let texts =
            |spots: &[Spot<String>]| spots.iter().map(|spot| spot.value.clone()).collect::<BTreeSet<_>>();
        let accounts = spec.from.service_accounts.iter();
        let accounts: BTreeSet<String> =
            accounts.map(|account| format!("{}/{}", account.value.namespace, account.value.name)).collect();
        let from = match (accounts.is_empty(), spec.from.namespaces.is_empty()) {
            (false, _) => Grantees::ServiceAccounts(accounts),
            (true, false) => Grantees::Namespaces(texts(&spec.from.namespaces)),
            (true, true) => Grantees::Plaintext,
        };
        consents.push(Consent {
            origin: origin("AccessGrant", object),
            from,
            services: texts(&spec.to.services),
            namespaces: texts(&spec.to.namespaces),
            clusters: texts(&spec.to.clusters),
            ports: spec.ports.iter().map(|port| port.get()).collect(),
            expires: spec.expires.to_string(),
        });
    }
    consents.sort_by(|a, b| a.origin.cmp(&b.origin));
    consents
}
