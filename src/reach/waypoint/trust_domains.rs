//! A waypoint takes a principal of the mesh's own trust domain for one of each of its aliases.

use crate::reach::Cluster;

/// The mesh's trust domain and its aliases; empty where it is not known, and then nothing is replaced
/// (istio pilot/pkg/security/trustdomain/bundle.go).
#[derive(Debug)]
pub(super) struct TrustDomains(Vec<String>);

impl TrustDomains {
    pub fn new(cluster: &Cluster) -> Self {
        let own = cluster.trust_domain.iter();
        TrustDomains(
            own.flat_map(|own| std::iter::once(own).chain(&cluster.trust_domain_aliases)).cloned().collect(),
        )
    }

    /// Replaces every principal of five segments whose trust domain is one of the mesh's, or literally
    /// `cluster.local`, by one a trust domain of the mesh. `*/ns/…` stays, and so does every other one
    /// (`ReplaceTrustDomainAliases`).
    pub fn expand_principals(&self, principals: &[String]) -> Vec<String> {
        principals.iter().flat_map(|principal| self.expand_principal(principal)).collect()
    }

    fn expand_principal(&self, principal: &str) -> Vec<String> {
        let as_written = || vec![principal.to_owned()];
        let Some((trust_domain, rest)) = principal.split_once('/') else { return as_written() };
        let is_spiffe = rest.split('/').count() == 4;
        let is_own = trust_domain == "cluster.local" || self.0.iter().any(|own| overlap(own, trust_domain));
        if self.0.is_empty() || !is_spiffe || trust_domain == "*" || !is_own {
            return as_written();
        }
        let mut expanded = Vec::new();
        for own in &self.0 {
            let suffix = trust_domain.strip_prefix('*');
            let covered = suffix.is_some_and(|suffix| own.ends_with(suffix));
            let principal = if covered { principal.to_owned() } else { format!("{own}/{rest}") };
            if !expanded.contains(&principal) {
                expanded.push(principal);
            }
        }
        expanded
    }

    /// Replaces every trust domain that is one of the mesh's by all of them (`ExpandTrustDomainAliases`).
    pub fn expand_trust_domains(&self, values: &[String]) -> Vec<String> {
        let expand =
            |value: &String| if self.0.contains(value) { self.0.clone() } else { vec![value.clone()] };
        values.iter().flat_map(expand).collect()
    }
}

/// Equal, or one of the two is a pattern that matches the other (pilot/pkg/security/trustdomain/util.go,
/// `stringMatch`).
fn overlap(own: &str, written: &str) -> bool {
    let matches = |text: &str, pattern: &str| {
        pattern.strip_suffix('*').is_some_and(|prefix| text.starts_with(prefix))
            || pattern.strip_prefix('*').is_some_and(|suffix| text.ends_with(suffix))
    };
    own == written || matches(own, written) || matches(written, own)
}
