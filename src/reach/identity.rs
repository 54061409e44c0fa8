//! Who calls.

use std::fmt;

/// A SPIFFE identity of the mesh. It carries no cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    trust_domain: String,
    namespace: String,
    service_account: String,
    principal: String,
}

impl Identity {
    /// The identity of a service account.
    pub fn new(trust_domain: &str, namespace: &str, service_account: &str) -> Self {
        Identity {
            trust_domain: trust_domain.to_owned(),
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            principal: format!("{trust_domain}/ns/{namespace}/sa/{service_account}"),
        }
    }

    /// Reads `<trust-domain>/ns/<ns>/sa/<sa>`, with or without `spiffe://`. `None` if it is anything else
    /// (ztunnel src/identity/manager.rs, `Identity::from_str`).
    pub fn parse(principal: &str) -> Option<Self> {
        let mut parts = principal.strip_prefix("spiffe://").unwrap_or(principal).split('/');
        let mut next = || parts.next();
        match (next()?, next()?, next()?, next()?, next()?, next()) {
            (trust_domain, "ns", namespace, "sa", service_account, None) => {
                Some(Identity::new(trust_domain, namespace, service_account))
            }
            _ => None,
        }
    }

    /// The trust domain of the certificate.
    pub fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// The namespace of the service account.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The service account's name.
    pub fn service_account(&self) -> &str {
        &self.service_account
    }

    /// `<trust-domain>/ns/<ns>/sa/<sa>`: what policies are matched against, without a scheme.
    pub fn principal(&self) -> &str {
        &self.principal
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.principal)
    }
}
