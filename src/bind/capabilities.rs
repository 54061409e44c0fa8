//! What a distribution of Istio can do, and since when: one table, from which refusals and the page of the documentation
//! are made.

use super::Distribution;
use super::lifecycle::minor;

/// Something that not every distribution, or not every version of it, can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Clusters of different networks call each other through east-west gateways.
    Networks,
    /// A label on a Service makes it one over all clusters.
    GlobalServices,
    /// A host of one's own for a global service.
    OwnHosts,
    /// Clusters with trust domains of their own.
    TrustDomains,
}

/// What one distribution says to a [`Capability`].
#[derive(Debug, Clone, Copy)]
pub struct Support {
    /// From which version on.
    pub since: Since,
    /// Where that is known from.
    pub source: &'static str,
}

/// From which version on something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// In every version that fleetc renders for.
    Ever,
    /// Major and minor.
    Version(u32, u32),
    /// In none so far.
    Never,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// The capability.
    pub capability: Capability,
    /// What it is, as it follows "cannot".
    pub what: &'static str,
    /// Solo's distribution.
    pub solo: Support,
    /// The project's own releases.
    pub upstream: Support,
}

/// Every capability that is judged.
pub const CAPABILITIES: &[Row] = &[
    Row {
        capability: Capability::Networks,
        what: "join clusters of different networks",
        solo: Support { since: Since::Ever, source: "docs.solo.io, multicluster peering" },
        upstream: Support {
            since: Since::Version(1, 27),
            source: "istio.io, ambient multi-primary on different networks: alpha in 1.27, beta in 1.29",
        },
    },
    Row {
        capability: Capability::GlobalServices,
        what: "make a Service one over all clusters by a label",
        solo: Support {
            since: Since::Ever,
            source: "docs.solo.io, global services: `solo.io/service-scope`",
        },
        upstream: Support {
            since: Since::Version(1, 27),
            source: "istio, manifests/helm-profiles/ambient.yaml: `istio.io/global`",
        },
    },
    Row {
        capability: Capability::OwnHosts,
        what: "carry a host of its own to other networks",
        solo: Support { since: Since::Ever, source: "docs.solo.io, east-west gateway peering" },
        upstream: Support { since: Since::Never, source: "istio/istio#59401, istio/istio#60444" },
    },
    Row {
        capability: Capability::TrustDomains,
        what: "join clusters of different trust domains",
        solo: Support { since: Since::Ever, source: "docs.solo.io, SKIP_VALIDATE_TRUST_DOMAIN" },
        upstream: Support { since: Since::Never, source: "istio/istio#61608, istio/ztunnel#2092" },
    },
];

impl Capability {
    /// Why a version of a distribution cannot do it; `None` if it can. A version that is only a name is judged as the newest.
    pub fn refusal(self, distribution: Distribution, version: &str) -> Option<String> {
        let row = CAPABILITIES.iter().find(|row| row.capability == self)?;
        let support = row.support(distribution);
        let who = distribution.shown();
        match support.since {
            Since::Ever => None,
            Since::Never => {
                Some(format!("{who} cannot {} in any version so far ({})", row.what, support.source))
            }
            Since::Version(major, least) => {
                let older = minor(version).is_some_and(|version| version < (major, least));
                older.then(|| {
                    format!(
                        "{who} `{version}` cannot {}: that takes {major}.{least} ({})",
                        row.what, support.source
                    )
                })
            }
        }
    }
}

impl Row {
    /// What a distribution says to it.
    pub fn support(&self, distribution: Distribution) -> Support {
        match distribution {
            Distribution::Solo => self.solo,
            Distribution::Upstream => self.upstream,
        }
    }
}
