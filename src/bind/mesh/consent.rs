//! Consent to access that a change opens.

use std::collections::BTreeSet;

use crate::source::Origin;

/// An AccessGrant.
#[derive(Debug, Clone)]
pub struct Consent {
    /// The AccessGrant.
    pub origin: Origin,
    /// Who gains access.
    pub from: Grantees,
    /// `service.namespace`; empty: any.
    pub services: BTreeSet<String>,
    /// Namespaces; empty: any.
    pub namespaces: BTreeSet<String>,
    /// Clusters; empty: any.
    pub clusters: BTreeSet<String>,
    /// Ports of the Services; empty: all.
    pub ports: BTreeSet<u16>,
    /// The last day on which it is consent, `YYYY-MM-DD`.
    pub expires: String,
}

/// Who gains access by a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantees {
    /// Service accounts, `namespace/name`.
    ServiceAccounts(BTreeSet<String>),
    /// Every identity of these namespaces.
    Namespaces(BTreeSet<String>),
    /// Callers without identity.
    Plaintext,
}

impl Consent {
    /// Whether it consents to what another does, wherever either stands.
    pub fn says_the_same(&self, other: &Consent) -> bool {
        let Consent { origin: _, from, services, namespaces, clusters, ports, expires } = self;
        *from == other.from
            && *services == other.services
            && *namespaces == other.namespaces
            && *clusters == other.clusters
            && *ports == other.ports
            && *expires == other.expires
    }

    /// Whether it covers a caller (its namespace and account; `None`: without identity), a Service, its port and a cluster.
    pub fn covers(
        &self,
        caller: Option<(&str, &str)>,
        service: (&str, &str),
        port: u16,
        cluster: &str,
    ) -> bool {
        let any = |names: &BTreeSet<String>, name: &str| names.is_empty() || names.contains(name);
        let (namespace, name) = service;
        let from = match (&self.from, caller) {
            (Grantees::Plaintext, None) => true,
            (Grantees::Namespaces(namespaces), Some((own, _))) => namespaces.contains(own),
            (Grantees::ServiceAccounts(accounts), Some((own, account))) => {
                accounts.contains(&format!("{own}/{account}"))
            }
            (Grantees::Plaintext | Grantees::Namespaces(_) | Grantees::ServiceAccounts(_), _) => false,
        };
        from && any(&self.services, &format!("{name}.{namespace}"))
            && any(&self.namespaces, namespace)
            && any(&self.clusters, cluster)
            && (self.ports.is_empty() || self.ports.contains(&port))
    }
}
