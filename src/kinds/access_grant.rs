//! `AccessGrant`: consent to access that a change opens.

use super::date::Date;
use super::fleet::ExceptionSource;
use super::values::{Port, Spot};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: fleetc.dev/v1alpha1
kind: AccessGrant
metadata:
  name: checkout-calls-billing
  namespace: gloo-mesh
spec:
  from:
    serviceAccounts: [payments-prod/checkout]
  to:
    services: [billing.billing]
  ports: [80]
  reason: invoices on demand, TICKET-4711
  owner: payments
  expires: 2027-06-30
";

record! {
    /// Consent to access that a change opens. It opens nothing itself: `fleetc diff --deny new-access` passes what a grant
    /// that the same change adds covers.
    pub struct AccessGrantSpec {
        /// Who gains access.
        pub from: ExceptionSource,
        /// To what.
        pub to: GrantTarget,
        /// Ports of the Services; empty: all.
        pub ports: Vec<Spot<Port>>,
        /// Why it is right.
        pub reason: Spot<String>,
        /// Who answers for it.
        pub owner: Spot<String>,
        /// The last day on which it is consent, `YYYY-MM-DD`.
        pub expires: Spot<Date>,
    }
}

record! {
    /// What is called: all that is set must match.
    pub struct GrantTarget {
        /// Services, each as `service.namespace`; empty: any.
        pub services: Vec<Spot<String>>,
        /// Namespaces; empty: any.
        pub namespaces: Vec<Spot<String>>,
        /// Clusters; empty: any.
        pub clusters: Vec<Spot<String>>,
    }
}
