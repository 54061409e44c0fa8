//! What a distribution of Istio can do, and since when: one table, from which refusals and the page of the documentation
//! are made.

use super::Distribution;
use super::lifecycle::minor;

/// Something that not every distribution, or not every version of it, can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability {
    /// Clusters of different networks call each other through east-west gateways.
    Networks,
    /// Clusters of one network call each other's pods directly.
    FlatNetwork,
    /// An east-west gateway is reached on ports of the nodes.
    NodePorts,
    /// A label on a Service makes it one over all clusters.
    GlobalServices,
    /// A host of one's own for a global service.
    OwnHosts,
    /// Clusters with trust domains of their own.
    TrustDomains,
    /// A group of clusters names its global services in a domain of its own.
    SegmentDomains,
    /// Such a group gives its services further names.
    SegmentAliases,
}

/// What one distribution says to a [`Capability`].
#[derive(Debug, Clone, Copy)]
pub struct Support {
    /// Major and minor from which on it works, and how well, oldest first; empty: in no version so far.
    pub stages: &'static [(u32, u32, Maturity)],
    /// Where that is known from.
    pub source: &'static str,
}

/// How far its makers stand behind something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maturity {
    /// It may change, and is not tested widely.
    Alpha,
    /// Close to settled.
    Beta,
    /// Supported, or nothing else is said.
    Stable,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// The capability.
    pub capability: Capability,
    /// What it is, as it follows "can".
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
        solo: Support {
            stages: &[(1, 24, Maturity::Stable)],
            source: "docs.solo.io, multicluster: version requirements",
        },
        upstream: Support {
            stages: &[(1, 27, Maturity::Alpha), (1, 29, Maturity::Beta)],
            source: "istio.io, ambient multi-primary on different networks",
        },
    },
    Row {
        capability: Capability::FlatNetwork,
        what: "join clusters of one network",
        solo: Support {
            stages: &[(1, 24, Maturity::Stable)],
            source: "docs.solo.io, multicluster: flat networking",
        },
        upstream: Support {
            stages: &[(1, 27, Maturity::Alpha)],
            source: "istio.io, ambient multicluster: beta in 1.29 for different networks alone",
        },
    },
    Row {
        capability: Capability::NodePorts,
        what: "reach an east-west gateway on node ports",
        solo: Support {
            stages: &[(1, 28, Maturity::Beta)],
            source: "docs.solo.io, multicluster peering recommendations",
        },
        upstream: Support {
            stages: &[(1, 27, Maturity::Alpha)],
            source: "istio, pilot/pkg/serviceregistry/ambient/networks.go: the listener's port of an `istio-remote` Gateway",
        },
    },
    Row {
        capability: Capability::GlobalServices,
        what: "make a Service one over all clusters by a label",
        solo: Support {
            stages: &[(1, 24, Maturity::Stable)],
            source: "docs.solo.io, multicluster: `solo.io/service-scope`",
        },
        upstream: Support {
            stages: &[(1, 27, Maturity::Alpha), (1, 29, Maturity::Beta)],
            source: "istio, manifests/helm-profiles/ambient.yaml: `istio.io/global`",
        },
    },
    Row {
        capability: Capability::OwnHosts,
        what: "carry a host of its own to other clusters",
        solo: Support {
            stages: &[(1, 24, Maturity::Stable)],
            source: "docs.solo.io, multicluster: the gateway of a WorkloadEntry's network",
        },
        upstream: Support { stages: &[], source: "istio/istio#59401, istio/istio#60444" },
    },
    Row {
        capability: Capability::TrustDomains,
        what: "join clusters of different trust domains",
        solo: Support {
            stages: &[(1, 24, Maturity::Stable)],
            source: "docs.solo.io, ztunnel's SKIP_VALIDATE_TRUST_DOMAIN",
        },
        upstream: Support { stages: &[], source: "istio/istio#61608, istio/ztunnel#2092" },
    },
    Row {
        capability: Capability::SegmentDomains,
        what: "name the global services of a group of clusters in a domain of their own",
        solo: Support { stages: &[(1, 28, Maturity::Alpha)], source: "docs.solo.io, segments" },
        upstream: Support { stages: &[], source: "istio has no such kind" },
    },
    Row {
        capability: Capability::SegmentAliases,
        what: "give the global services of a group of clusters further names",
        solo: Support {
            stages: &[(1, 30, Maturity::Alpha)],
            source: "docs.solo.io, segments: global aliases",
        },
        upstream: Support { stages: &[], source: "istio has no such kind" },
    },
];

impl Capability {
    /// Why a version of a distribution cannot do it; `None` if it can. A version that is only a name is judged as the newest.
    pub fn refusal(self, distribution: Distribution, version: &str) -> Option<String> {
        let row = self.row()?;
        let support = row.support(distribution);
        let who = distribution.shown();
        let Some((major, least, _)) = support.stages.first() else {
            return Some(format!("{who} cannot {} in any version so far ({})", row.what, support.source));
        };
        let older = minor(version).is_some_and(|version| version < (*major, *least));
        older.then(|| {
            format!("{who} `{version}` cannot {}: that takes {major}.{least} ({})", row.what, support.source)
        })
    }

    /// What to know of something that works, but as alpha only; `None` if its makers stand behind it.
    pub fn reservation(self, distribution: Distribution, version: &str) -> Option<String> {
        let row = self.row()?;
        let support = row.support(distribution);
        let version = minor(version);
        let reached =
            |stage: &&(u32, u32, Maturity)| version.is_none_or(|version| version >= (stage.0, stage.1));
        let (.., maturity) = support.stages.iter().rev().find(reached)?;
        let who = distribution.shown();
        (*maturity == Maturity::Alpha)
            .then(|| format!("that {who} can {} is alpha in this version ({})", row.what, support.source))
    }

    fn row(self) -> Option<&'static Row> {
        CAPABILITIES.iter().find(|row| row.capability == self)
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

/// The page of the documentation, `docs/distributions.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# What works where\n\n\
         Made from the table in `src/bind/capabilities.rs` by `BLESS=1 cargo test --test current`; what a distribution or \
         version cannot do is refused with FC510, what is alpha in it is said by FC515.\n\n\
         | a fleet may | Solo's Istio | upstream Istio |\n|---|---|---|\n",
    );
    for row in CAPABILITIES {
        page.push_str(&format!("| {} | {} | {} |\n", row.what, row.solo.cell(), row.upstream.cell()));
    }
    page
}

impl Support {
    fn cell(self) -> String {
        let stages: Vec<String> = self
            .stages
            .iter()
            .map(|(major, minor, maturity)| match maturity {
                Maturity::Alpha => format!("{major}.{minor} as alpha"),
                Maturity::Beta => format!("{major}.{minor} as beta"),
                Maturity::Stable => format!("{major}.{minor}"),
            })
            .collect();
        let since = match stages.as_slice() {
            [] => "no".to_owned(),
            stages => format!("since {}", stages.join(", ")),
        };
        format!("{since} ({})", self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_judged_by_its_minor() {
        let judged = |version| Capability::Networks.refusal(Distribution::Upstream, version);
        assert!(judged("1.26.8").is_some());
        assert!(judged("1.26.x").is_some());
        assert_eq!(judged("1.27.0"), None);
        assert_eq!(judged("latest"), None);
        assert!(Capability::OwnHosts.refusal(Distribution::Upstream, "1.99.0").is_some());
        assert_eq!(Capability::OwnHosts.refusal(Distribution::Solo, "1.26.2-solo"), None);
    }

    #[test]
    fn the_latest_stage_that_is_reached_counts() {
        let said = |version| Capability::Networks.reservation(Distribution::Upstream, version);
        assert!(said("1.28.0").is_some_and(|said| said.contains("is alpha")));
        assert_eq!((said("1.30.3"), said("latest")), (None, None));
        assert_eq!(Capability::Networks.reservation(Distribution::Solo, "1.30.2-solo"), None);
        assert_eq!(Capability::OwnHosts.reservation(Distribution::Upstream, "1.30.3"), None);
    }

    #[test]
    fn every_capability_has_one_row_in_order() {
        for row in CAPABILITIES {
            let rows = CAPABILITIES.iter().filter(|other| other.capability == row.capability).count();
            assert_eq!(rows, 1, "{:?}", row.capability);
            for support in [row.solo, row.upstream] {
                assert!(support.stages.is_sorted_by_key(|stage| (stage.0, stage.1)), "{support:?}");
            }
        }
    }
}
