//! `Invariant`: what must never, or always, be possible, proved at every build.

use super::decode::Decoder;
use super::fleet::ServiceAccountName;
use super::values::{Labels, Port, Spot};
use crate::report::{Finding, codes};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: fleetc.dev/v1alpha1
kind: Invariant
metadata:
  name: dev-never-reaches-cards
spec:
  never:
    from:
      namespaces: [dev-*]
    to:
      labels:
        tier: cards
  reason: PCI DSS 1.3
";

record! {
    /// What must never, or always, be possible: one of the two. It is proved at every build, for what the inventory holds
    /// and for workloads that are still to come.
    pub struct InvariantSpec checked by InvariantSpec::check {
        /// None of these callers may call any of these destinations.
        pub never: Option<Calls>,
        /// Each of these callers may call each of these destinations.
        pub always: Option<Calls>,
        /// Why.
        pub reason: Option<Spot<String>>,
    }
}

impl InvariantSpec {
    fn check(&self, decoder: &mut Decoder) {
        decoder.exactly_one(&[
            ("never", self.never.as_ref().map(|calls| calls.place)),
            ("always", self.always.as_ref().map(|calls| calls.place)),
        ]);
    }
}

record! {
    /// Callers and destinations.
    pub struct Calls {
        /// Who calls.
        pub from: InvariantClients,
        /// What is called.
        pub to: InvariantTargets,
    }
}

record! {
    /// Callers; all that is set must match, and of each list one entry. With nothing set: everybody, plaintext included.
    pub struct InvariantClients checked by InvariantClients::check {
        /// ServiceAccounts, each as `namespace/name`.
        pub service_accounts: Vec<Spot<ServiceAccountName>>,
        /// Labels of the callers' pods or ServiceAccounts. A workload to come with these labels is taken to run as a
        /// ServiceAccount of its own in a namespace that has such workloads, or that is named beside.
        pub labels: Labels,
        /// Namespaces; `*` stands for any run of characters.
        pub namespaces: Vec<Spot<String>>,
        /// Workspaces that own the callers' namespaces; `*` as above.
        pub workspaces: Vec<Spot<String>>,
        /// Clusters that the callers are in; `*` as above. An identity carries no cluster: its namesake in another cluster
        /// of the same trust domain is meant too.
        pub clusters: Vec<Spot<String>>,
        /// Trust domains; `*` as above.
        pub trust_domains: Vec<Spot<String>>,
        /// Callers without identity: alone with nothing else set, beside what is set else.
        pub plaintext: Option<Spot<bool>>,
    }
}

impl InvariantClients {
    fn check(&self, decoder: &mut Decoder) {
        if let Some(plaintext) = self.plaintext.filter(|plaintext| !**plaintext && !self.names_identities()) {
            let message = format!("`{}` names nobody: identities only is what it would say", decoder.path());
            decoder.report(
                Finding::new(codes::FC109, message)
                    .at(plaintext.place)
                    .help("`trustDomains: ['*']` is every identity and no plaintext"),
            );
        }
    }

    /// Whether it says anything of identities.
    pub fn names_identities(&self) -> bool {
        !(self.service_accounts.is_empty()
            && self.labels.is_empty()
            && self.namespaces.is_empty()
            && self.workspaces.is_empty()
            && self.clusters.is_empty()
            && self.trust_domains.is_empty())
    }
}

record! {
    /// Destinations; all that is set must match, and of each list one entry. With nothing set: every pod of every
    /// namespace but the system's.
    pub struct InvariantTargets {
        /// Services, each as `namespace/name`: the pods behind them.
        pub services: Vec<Spot<ServiceAccountName>>,
        /// Labels of the pods.
        pub labels: Labels,
        /// Namespaces; `*` stands for any run of characters.
        pub namespaces: Vec<Spot<String>>,
        /// Workspaces that own the namespaces; `*` as above.
        pub workspaces: Vec<Spot<String>>,
        /// Clusters; `*` as above.
        pub clusters: Vec<Spot<String>>,
        /// The pods' ports; empty: every port.
        pub ports: Vec<Spot<Port>>,
    }
}
