//! What is decided, and by what.

use std::fmt;

use super::policy::PolicyName;

/// The answer for one connection or request at one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Whether it passes.
    pub allowed: bool,
    /// What decided.
    pub because: Reason<'a>,
}

impl<'a> Verdict<'a> {
    pub(super) fn allowed(because: Reason<'a>) -> Self {
        Verdict { allowed: true, because }
    }

    pub(super) fn refused(because: Reason<'a>) -> Self {
        Verdict { allowed: false, because }
    }
}

/// What decided. Where several policies would have decided alike, it is the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// Allowed: no ALLOW policy is in scope.
    NoAllowInScope,
    /// Allowed: this rule of this ALLOW policy matched.
    Allow {
        /// The policy.
        policy: &'a PolicyName,
        /// The rule's index, from 0, as the manifest counts.
        rule: usize,
    },
    /// Allowed: the peer is a waypoint the workload is bound to, and istiod allows those by itself.
    BoundWaypoint,
    /// Refused at TLS, whatever the policies say.
    TrustDomain {
        /// The server's own.
        own: &'a str,
    },
    /// Refused: the peer has no identity and this PeerAuthentication asks for one.
    Strict {
        /// The policy that says STRICT, for the workload or for the port.
        policy: &'a PolicyName,
    },
    /// Refused: this rule of this DENY policy matched.
    Deny {
        /// The policy.
        policy: &'a PolicyName,
        /// The rule's index, from 0, as the manifest counts.
        rule: usize,
    },
    /// Refused: ALLOW policies are in scope and none matched.
    NoAllowMatched {
        /// Their names.
        in_scope: &'a [&'a PolicyName],
    },
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoAllowInScope => write!(formatter, "no ALLOW policy is in scope"),
            Reason::Allow { policy, rule } => write!(formatter, "rule {rule} of `{policy}` allows it"),
            Reason::BoundWaypoint => {
                write!(formatter, "istiod allows the waypoints the workload is bound to")
            }
            Reason::TrustDomain { own } => {
                write!(formatter, "the peer's trust domain is not the server's own, `{own}`")
            }
            Reason::Strict { policy } => write!(formatter, "`{policy}` refuses plaintext"),
            Reason::Deny { policy, rule } => write!(formatter, "rule {rule} of `{policy}` denies it"),
            Reason::NoAllowMatched { in_scope } => {
                write!(formatter, "no ALLOW policy in scope matches")?;
                for (index, policy) in in_scope.iter().enumerate() {
                    write!(formatter, "{} `{policy}`", if index == 0 { ":" } else { "," })?;
                }
                Ok(())
            }
        }
    }
}
