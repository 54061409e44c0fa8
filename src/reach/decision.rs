//! A verdict to keep and to show: what a layer decided, by the names of the policies that did.

use std::fmt;

use crate::bind::Capture;

use super::{PolicyName, Reason, Verdict};

/// What one layer says of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which layer.
    pub layer: Layer,
    /// Whether the call passes.
    pub admitted: bool,
    /// What decided.
    pub because: Enforced,
    /// Policies that ask somebody else, and could decide otherwise.
    pub not_modelled: Vec<PolicyName>,
}

/// A layer that enforces policies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The destination's ztunnel.
    Ztunnel,
    /// The destination's own sidecar.
    Sidecar,
    /// A waypoint, by its Gateway.
    Waypoint {
        /// The Gateway's namespace.
        namespace: String,
        /// The Gateway's name.
        name: String,
    },
}

impl Layer {
    /// Whether it stands before the pods themselves.
    pub fn is_at_pods(&self) -> bool {
        matches!(self, Layer::Ztunnel | Layer::Sidecar)
    }
}

/// What decided at a layer: [`Reason`], and what keeps a layer from deciding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enforced {
    /// Admitted: no ALLOW policy is in scope.
    NoAllowInScope,
    /// Admitted: a rule, counted from 0, of an ALLOW policy.
    Allow(PolicyName, usize),
    /// Admitted: a waypoint that the pods are bound to.
    BoundWaypoint,
    /// Admitted: nothing stands before the pods.
    NotCaptured(Capture),
    /// Refused: the peer's trust domain is not this one, the server's own.
    TrustDomain(String),
    /// Refused: a PeerAuthentication asks for an identity.
    Strict(PolicyName),
    /// Refused: a rule, counted from 0, of a DENY policy.
    Deny(PolicyName, usize),
    /// Refused: none of these ALLOW policies matches.
    NoAllowMatched(Vec<PolicyName>),
    /// Refused: plaintext never passes a waypoint.
    NoWayThrough,
}

impl Decision {
    pub(super) fn of(layer: Layer, verdict: &Verdict<'_>, not_modelled: &[&PolicyName]) -> Self {
        let because = match verdict.because {
            Reason::NoAllowInScope => Enforced::NoAllowInScope,
            Reason::Allow { policy, rule } => Enforced::Allow(policy.clone(), rule),
            Reason::BoundWaypoint => Enforced::BoundWaypoint,
            Reason::TrustDomain { own } => Enforced::TrustDomain(own.to_owned()),
            Reason::Strict { policy } => Enforced::Strict(policy.clone()),
            Reason::Deny { policy, rule } => Enforced::Deny(policy.clone(), rule),
            Reason::NoAllowMatched { in_scope } => {
                Enforced::NoAllowMatched(in_scope.iter().map(|policy| (*policy).clone()).collect())
            }
        };
        let not_modelled = not_modelled.iter().map(|policy| (*policy).clone()).collect();
        Decision { layer, admitted: verdict.allowed, because, not_modelled }
    }

    /// The policies that decided, the deciding one first.
    pub fn policies(&self) -> &[PolicyName] {
        match &self.because {
            Enforced::Allow(policy, _) | Enforced::Deny(policy, _) | Enforced::Strict(policy) => {
                std::slice::from_ref(policy)
            }
            Enforced::NoAllowMatched(policies) => policies,
            Enforced::NoAllowInScope
            | Enforced::BoundWaypoint
            | Enforced::NotCaptured(_)
            | Enforced::TrustDomain(_)
            | Enforced::NoWayThrough => &[],
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Ztunnel => formatter.write_str("ztunnel"),
            Layer::Sidecar => formatter.write_str("sidecar"),
            Layer::Waypoint { namespace, name } => write!(formatter, "waypoint `{namespace}/{name}`"),
        }
    }
}

impl fmt::Display for Enforced {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Enforced::NoAllowInScope => formatter.write_str("no policy restricts callers"),
            Enforced::Allow(policy, rule) => write!(formatter, "`{policy}` allows it (rule {})", rule + 1),
            Enforced::BoundWaypoint => {
                formatter.write_str("istiod lets in the waypoints that the pods are bound to")
            }
            Enforced::NotCaptured(Capture::HostNetwork) => {
                formatter.write_str("the pods run on the host's network, where nothing is enforced")
            }
            Enforced::NotCaptured(_) => {
                formatter.write_str("the pods are not captured by ztunnel, so nothing is enforced")
            }
            Enforced::TrustDomain(own) => {
                write!(formatter, "the caller's trust domain is not the cluster's own, `{own}`")
            }
            Enforced::Strict(policy) => write!(formatter, "`{policy}` refuses plaintext"),
            Enforced::Deny(policy, rule) => write!(formatter, "`{policy}` denies it (rule {})", rule + 1),
            Enforced::NoAllowMatched(policies) => {
                formatter.write_str("none of the policies that allow callers matches: ")?;
                for (index, policy) in policies.iter().enumerate() {
                    write!(formatter, "{}`{policy}`", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
            Enforced::NoWayThrough => formatter.write_str("plaintext does not pass a waypoint"),
        }
    }
}
