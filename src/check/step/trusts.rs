//! The Mesh in the words of `trust`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::bind::{self, Cluster, KeySource, Lifecycle, Mesh, PresentRoots, Trust};
use crate::trust::{self, Certificate, ClusterTrust, Day, Declared, Gateway, Peer, Phase, Root};

/// What each cluster signs with, trusts, and expects of the others.
///
/// A cluster without a committed bundle trusts what `present` says of it: the root that a mesh of before trusts is told by
/// the state after it (`currentRoot`, the ConfigMap istio-ca-root-cert). One that is `greenfield` is not there yet, one that
/// is detached no more; to one that drains the others do not turn, but it still calls them.
pub fn cluster_trusts(mesh: &Mesh, present: Option<&Mesh>) -> Vec<ClusterTrust> {
    let domains: BTreeSet<&str> = mesh.clusters.iter().map(|cluster| &*cluster.trust_domain).collect();
    // Where they differ, istiod and ztunnel are told not to compare them.
    let accepted = (domains.len() < 2).then(BTreeSet::new);
    let mut certificates = Certificates::default();
    let mut trusts = Vec::new();
    let here = |cluster: &&Cluster| cluster.lifecycle != Lifecycle::Detached;
    for cluster in mesh.clusters.iter().filter(here) {
        let roots = match &cluster.trust {
            Some(trust) if !trust.roots.is_empty() => certificates.committed(trust),
            _ => match present
                .and_then(|present| named(present, &cluster.name))
                .map(|after| (after, &after.present_roots))
            {
                Some((_, PresentRoots::Greenfield)) => continue,
                Some((after, PresentRoots::Known(present, _))) => certificates.present(after, present),
                _ => (None, None),
            },
        };
        let (signer, trusted) = roots;
        trusts.push(ClusterTrust {
            cluster: cluster.name.clone(),
            signer,
            trusted,
            trust_domain: cluster.trust_domain.to_string(),
            accepted_trust_domains: accepted.clone(),
            gateway: Gateway {
                namespace: cluster.east_west.namespace.clone(),
                service_account: cluster.east_west.service_account.clone(),
                addresses: cluster.east_west.addresses.iter().map(|address| address.value.clone()).collect(),
            },
            peers: mesh.clusters.iter().filter(|other| other.name != cluster.name).filter_map(peer).collect(),
        });
    }
    trusts
}

/// The cluster of a name.
pub fn named<'m>(mesh: &'m Mesh, name: &str) -> Option<&'m Cluster> {
    mesh.clusters.iter().find(|cluster| cluster.name == name)
}

/// Peers to a cluster whose address is pending wait; of several addresses Solo's istiod takes the first.
fn peer(other: &Cluster) -> Option<Peer> {
    let address = other.east_west.addresses.first().filter(|_| !other.leaves())?;
    Some(Peer {
        cluster: other.name.clone(),
        namespace: other.east_west.namespace.clone(),
        service_account: other.east_west.service_account.clone(),
        trust_domain: other.trust_domain.to_string(),
        addresses: BTreeSet::from([address.value.clone()]),
    })
}

/// Certificates that were read once: a fleet has few roots and many clusters.
#[derive(Debug, Default)]
struct Certificates(BTreeMap<Arc<str>, Option<Certificate>>);

/// The root that signs, and those that are trusted.
type Roots = (Option<Root>, Option<BTreeSet<Root>>);

impl Certificates {
    fn read(&mut self, pem: &Arc<str>) -> Option<&Certificate> {
        self.0.entry(pem.clone()).or_insert_with(|| Certificate::from_pem(pem).ok()).as_ref()
    }

    fn committed(&mut self, trust: &Trust) -> Roots {
        let mut roots = BTreeMap::new();
        for root in &trust.roots {
            if let Some(certificate) = self.read(&root.pem) {
                let fingerprint = certificate.fingerprint.clone();
                roots.insert(root.name.clone(), Root { name: root.name.clone(), fingerprint });
            }
        }
        let signer = match &trust.source {
            KeySource::Generated(generated) => generated.minted.as_ref().and_then(|minted| {
                let last = self.read(minted.chain.certificates.last()?)?;
                let known = roots.values().find(|root| root.fingerprint == last.fingerprint);
                let unknown = || Root { name: last.subject.clone(), fingerprint: last.fingerprint.clone() };
                Some(known.cloned().unwrap_or_else(unknown))
            }),
            _ => None,
        };
        let said = || roots.get(trust.signed_by.as_deref()?).cloned();
        (signer.or_else(said), Some(roots.values().cloned().collect()))
    }

    /// One root is the one that signs; of several, which one does is not said.
    fn present(&mut self, after: &Cluster, present: &[Arc<str>]) -> Roots {
        let mut names = BTreeMap::new();
        for root in after.trust.iter().flat_map(|trust| &trust.roots) {
            if let Some(certificate) = self.read(&root.pem) {
                names.insert(certificate.fingerprint.clone(), root.name.clone());
            }
        }
        let mut roots = BTreeSet::new();
        for pem in present {
            let Some(certificate) = self.read(pem) else { return (None, None) };
            let name = names.get(&certificate.fingerprint).unwrap_or(&certificate.subject).clone();
            roots.insert(Root { name, fingerprint: certificate.fingerprint.clone() });
        }
        let signer = roots.first().filter(|_| roots.len() == 1).cloned();
        (signer, Some(roots))
    }
}

/// What a cluster's policy declares; `None` without a committed bundle.
pub fn declared(trust: &Trust) -> Option<Declared> {
    // the text itself tells roots apart: what counts here is whether bytes change
    let root = |root: &bind::Root| Root { name: root.name.clone(), fingerprint: root.pem.to_string() };
    Some(Declared {
        bundle: trust.roots.iter().map(root).collect(),
        signed_by: trust.signed_by.clone()?,
        rotation: trust.rotation.as_ref().map(|rotation| trust::Rotation {
            from: rotation.from.clone(),
            to: rotation.to.clone(),
            phase: phase(rotation.phase),
            since: rotation.phase_since.as_deref().and_then(Day::parse),
        }),
    })
}

fn phase(phase: bind::Phase) -> Phase {
    match phase {
        bind::Phase::TrustBoth => Phase::TrustBoth,
        bind::Phase::SignNew => Phase::SignNew,
        bind::Phase::DropOld => Phase::DropOld,
    }
}

/// How long the cluster's workload certificates live, in hours, rounded up: what ztunnel and the gateways ask for
/// (`SECRET_TTL`) or istiod gives (`DEFAULT_WORKLOAD_CERT_TTL`), the longest of them, 24 where nothing is set.
pub fn certificate_hours(cluster: &Cluster) -> i64 {
    const KEYS: [&str; 2] = ["SECRET_TTL", "DEFAULT_WORKLOAD_CERT_TTL"];
    fn longest(value: &serde_json::Value, found: &mut i64) {
        match value {
            serde_json::Value::Object(entries) => {
                for (key, value) in entries {
                    if let Some(hours) =
                        value.as_str().filter(|_| KEYS.contains(&key.as_str())).and_then(hours)
                    {
                        *found = (*found).max(hours);
                    }
                    longest(value, found);
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| longest(item, found)),
            _ => {}
        }
    }
    let mut hours = 24;
    for release in &cluster.releases {
        longest(&release.values, &mut hours);
    }
    hours
}

/// A Go duration of whole units (`36h`, `1h30m`) in hours, rounded up; `None` if it is none.
fn hours(duration: &str) -> Option<i64> {
    let (mut seconds, mut number) = (0.0, String::new());
    let mut rest = duration.chars().peekable();
    if duration.is_empty() {
        return None;
    }
    while let Some(letter) = rest.next() {
        if letter.is_ascii_digit() || letter == '.' {
            number.push(letter);
            continue;
        }
        let unit = match letter {
            'h' => 3600.0,
            'm' if rest.peek() == Some(&'s') => {
                rest.next();
                0.001
            }
            'm' => 60.0,
            's' => 1.0,
            _ => return None,
        };
        seconds += std::mem::take(&mut number).parse::<f64>().ok()? * unit;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates")]
    number.is_empty().then(|| (seconds / 3600.0).ceil() as i64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_are_those_of_go() {
        for (text, hours) in [
            ("24h", 24),
            ("36h0m0s", 36),
            ("1h30m", 2),
            ("90m", 2),
            ("1.5h", 2),
            ("86400s", 24),
            ("500ms", 1),
        ] {
            assert_eq!(super::hours(text), Some(hours), "{text}");
        }
        for bad in ["", "24", "h", "1d", "-1h", "1h2"] {
            assert_eq!(super::hours(bad), None, "{bad}");
        }
    }
}
