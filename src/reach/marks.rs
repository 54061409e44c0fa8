//! What policies tell callers apart by, and callers that stand for all others.
//!
//! A policy reads of an identity the whole principal (exactly, by its beginning or by its end), the namespace, the pair of
//! namespace and service account, and at a waypoint the trust domain. Whatever else an identity is, nothing can depend on
//! it. So for the policies in one scope there is a finite set of identities that are told apart, and one of it stands for
//! every identity there can be: what is proved for the set is proved for all (the way of Cedar's and Batfish's proofs,
//! without a solver, since the atoms are this simple).

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::manifest::{AuthorizationPolicy, Operation, Rule, Source};

use super::Identity;
use super::address::{self, Block};

/// What stands where no policy names anything: a namespace, a service account or a part of either.
pub const STRANGER: &str = "someone-else";
/// A trust domain that no policy names.
const STRANGE_DOMAIN: &str = "elsewhere.example";
/// A port that no policy names, if it is free; the next ones below if not.
const STRANGE_PORT: u16 = 64_999;

/// Everything by which a set of policies tells callers apart.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// Principals that are named in full.
    exact: BTreeSet<Identity>,
    trust_domains: Patterns,
    namespaces: Patterns,
    accounts: Patterns,
    ports: BTreeSet<u16>,
    addresses: Vec<Block>,
}

/// The strings of one part of an identity.
#[derive(Debug, Clone, Default)]
struct Patterns {
    exact: BTreeSet<String>,
    prefixes: BTreeSet<String>,
    suffixes: BTreeSet<String>,
}

impl Marks {
    /// Adds a pattern of namespaces, with `*` for any run of characters.
    pub fn add_namespaces(&mut self, pattern: &str) {
        self.namespaces.add(pattern);
    }

    /// Adds a service account, of every trust domain.
    pub fn add_account(&mut self, namespace: &str, account: &str) {
        self.namespaces.exact.insert(namespace.to_owned());
        self.accounts.exact.insert(account.to_owned());
    }

    /// Whether anything names this namespace: if not, its identities are told apart from those of other such namespaces of
    /// the trust domain by nothing.
    pub fn names_namespace(&self, trust_domain: &str, namespace: &str) -> bool {
        let first = Identity::new(trust_domain, namespace, "");
        let exact = self.exact.range(first..).next();
        self.namespaces.names(namespace)
            || !self.accounts.is_empty()
            || exact.is_some_and(|one| one.trust_domain() == trust_domain && one.namespace() == namespace)
    }

    /// Whether anything tells this identity apart from others of its namespace.
    pub fn names_account(&self, identity: &Identity) -> bool {
        self.exact.contains(identity) || self.accounts.names(identity.service_account())
    }

    /// Reads what some policies name.
    pub fn of<'p>(policies: impl IntoIterator<Item = &'p AuthorizationPolicy>) -> Self {
        let mut marks = Marks::default();
        for policy in policies {
            let namespace = policy.metadata.namespace.as_deref().unwrap_or("default");
            policy.spec.rules.iter().for_each(|rule| marks.rule(rule, namespace));
        }
        marks
    }

    /// Adds what other policies name.
    pub fn extend(&mut self, other: Marks) {
        self.exact.extend(other.exact);
        for (own, other) in [
            (&mut self.trust_domains, other.trust_domains),
            (&mut self.namespaces, other.namespaces),
            (&mut self.accounts, other.accounts),
        ] {
            own.exact.extend(other.exact);
            own.prefixes.extend(other.prefixes);
            own.suffixes.extend(other.suffixes);
        }
        self.ports.extend(other.ports);
        self.addresses.extend(other.addresses);
    }

    /// Adds an identity that is to be told apart in any case.
    pub fn add(&mut self, identity: Identity) {
        self.exact.insert(identity);
    }

    /// Adds a trust domain, or a pattern of some, of which there is an identity in any case.
    pub fn add_trust_domain(&mut self, trust_domain: &str) {
        self.trust_domains.add(trust_domain);
    }

    /// Identities of which one stands for every identity there can be: whatever policies these marks are of say of it, they
    /// say of all it stands for. Those that are named in full come first.
    pub fn identities(&self) -> Vec<Identity> {
        let mut others = BTreeSet::new();
        let exact_domains: BTreeSet<&str> = self.exact.iter().map(Identity::trust_domain).collect();
        let mut domains = self.trust_domains.witnesses(STRANGE_DOMAIN);
        domains.extend(exact_domains.iter().map(|domain| (*domain).to_owned()));
        let namespaces = self.namespaces.witnesses(STRANGER);
        let accounts = self.accounts.witnesses(STRANGER);
        for domain in &domains {
            for namespace in &namespaces {
                others.extend(accounts.iter().map(|account| Identity::new(domain, namespace, account)));
            }
        }
        for identity in &self.exact {
            others.insert(Identity::new(identity.trust_domain(), identity.namespace(), STRANGER));
        }
        self.exact.iter().cloned().chain(others.into_iter().filter(|one| !self.exact.contains(one))).collect()
    }

    /// The ports that are named, and one that is not.
    pub fn ports(&self) -> BTreeSet<u16> {
        let mut ports = self.ports.clone();
        ports.insert(self.other_port());
        ports
    }

    /// A port that is not named.
    pub fn other_port(&self) -> u16 {
        (1..=STRANGE_PORT).rev().find(|port| !self.ports.contains(port)).unwrap_or(STRANGE_PORT)
    }

    /// Whether a policy names a port.
    pub fn names_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    /// Whether anything depends on addresses, which nothing here knows.
    pub fn reads_addresses(&self) -> bool {
        !self.addresses.is_empty()
    }

    /// One address of each block that is named, and first one that is not known, which is in none.
    pub fn sources(&self) -> Vec<Option<IpAddr>> {
        let mut sources = vec![None];
        for address in self.addresses.iter().map(|block| Some(block.first())) {
            if !sources.contains(&address) {
                sources.push(address);
            }
        }
        sources
    }

    fn rule(&mut self, rule: &Rule, policy_namespace: &str) {
        rule.from.iter().for_each(|from| self.source(&from.source, policy_namespace));
        rule.to.iter().for_each(|to| self.operation(&to.operation));
        for condition in &rule.when {
            let values = condition.values.iter().chain(&condition.not_values);
            match condition.key.as_str() {
                "source.principal" => values.for_each(|value| self.principal(value)),
                "source.namespace" => values.for_each(|value| self.namespaces.add(value)),
                "source.serviceAccount" => values.for_each(|value| self.account(value, policy_namespace)),
                "source.trustDomain" => values.for_each(|value| self.trust_domains.add(value)),
                "source.ip" | "remote.ip" | "destination.ip" => values.for_each(|value| self.address(value)),
                "destination.port" => self.ports.extend(values.filter_map(|value| address::port(value))),
                _ => {}
            }
        }
    }

    fn source(&mut self, source: &Source, policy_namespace: &str) {
        let both = |positive: &'_ Vec<String>, negative: &'_ Vec<String>| -> Vec<String> {
            positive.iter().chain(negative).cloned().collect()
        };
        both(&source.principals, &source.not_principals).iter().for_each(|value| self.principal(value));
        both(&source.namespaces, &source.not_namespaces).iter().for_each(|value| self.namespaces.add(value));
        both(&source.trust_domains, &source.not_trust_domains)
            .iter()
            .for_each(|value| self.trust_domains.add(value));
        both(&source.service_accounts, &source.not_service_accounts)
            .iter()
            .for_each(|value| self.account(value, policy_namespace));
        both(&source.ip_blocks, &source.not_ip_blocks).iter().for_each(|value| self.address(value));
        both(&source.remote_ip_blocks, &source.not_remote_ip_blocks)
            .iter()
            .for_each(|value| self.address(value));
    }

    fn operation(&mut self, operation: &Operation) {
        let ports = operation.ports.iter().chain(&operation.not_ports);
        self.ports.extend(ports.filter_map(|port| address::port(port)));
    }

    fn address(&mut self, value: &str) {
        self.addresses.extend(Block::read(value));
    }

    fn account(&mut self, value: &str, policy_namespace: &str) {
        let (namespace, account) = value.split_once('/').unwrap_or((policy_namespace, value));
        self.namespaces.exact.insert(namespace.to_owned());
        self.accounts.exact.insert(account.to_owned());
    }

    /// A principal that is no pattern is one identity, or none at all. A pattern says something of each part: `td/ns/a/sa/`
    /// of two in full, `td/ns/a` of the trust domain in full and of the namespace's beginning.
    fn principal(&mut self, value: &str) {
        if value == "*" {
            return;
        }
        if let Some(suffix) = value.strip_prefix('*') {
            let mut parts = suffix.rsplit('/');
            let wanted = [Some(Part::Account), None, Some(Part::Namespace), None, Some(Part::TrustDomain)];
            for part in wanted {
                let Some(text) = parts.next() else { return };
                let whole = parts.clone().next().is_some();
                self.part(part, text, whole, |patterns, text| patterns.suffixes.insert(text));
            }
        } else if let Some(prefix) = value.strip_suffix('*') {
            let mut parts = prefix.split('/');
            let wanted = [Some(Part::TrustDomain), None, Some(Part::Namespace), None, Some(Part::Account)];
            for part in wanted {
                let Some(text) = parts.next() else { return };
                let whole = parts.clone().next().is_some();
                self.part(part, text, whole, |patterns, text| patterns.prefixes.insert(text));
            }
        } else {
            self.exact.extend(Identity::parse(value).filter(|_| !value.starts_with("spiffe://")));
        }
    }

    fn part(
        &mut self,
        part: Option<Part>,
        text: &str,
        whole: bool,
        partly: impl Fn(&mut Patterns, String) -> bool,
    ) {
        let patterns = match part {
            Some(Part::TrustDomain) => &mut self.trust_domains,
            Some(Part::Namespace) => &mut self.namespaces,
            Some(Part::Account) => &mut self.accounts,
            None => return,
        };
        if whole {
            patterns.exact.insert(text.to_owned());
        } else if !text.is_empty() {
            partly(patterns, text.to_owned());
        }
    }
}

#[derive(Clone, Copy)]
enum Part {
    TrustDomain,
    Namespace,
    Account,
}

impl Patterns {
    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty() && self.suffixes.is_empty()
    }

    fn names(&self, text: &str) -> bool {
        self.exact.contains(text)
            || self.prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()))
            || self.suffixes.iter().any(|suffix| text.ends_with(suffix.as_str()))
    }

    fn add(&mut self, value: &str) {
        if let Some(suffix) = value.strip_prefix('*') {
            // at a waypoint every `*` stands for anything
            self.suffixes
                .extend(suffix.rsplit('*').next().filter(|text| !text.is_empty()).map(str::to_owned));
        } else if let Some(prefix) = value.strip_suffix('*') {
            self.prefixes.extend(prefix.split('*').next().map(str::to_owned));
        } else {
            self.exact.insert(value.to_owned());
            if let Some((prefix, rest)) = value.split_once('*') {
                self.prefixes.insert(prefix.to_owned());
                self.suffixes.extend(rest.rsplit('*').next().map(str::to_owned));
            }
        }
    }

    /// For every set of these patterns that one text can have, a text that has just these. A text that begins with the
    /// longest of some prefixes begins with all of them, so that pairs of one prefix and one suffix are enough.
    fn witnesses(&self, stranger: &str) -> BTreeSet<String> {
        let mut texts = self.exact.clone();
        let none = [String::new()];
        for prefix in self.prefixes.iter().chain(&none) {
            for suffix in self.suffixes.iter().chain(&none) {
                texts.insert(format!("{prefix}{stranger}{suffix}"));
            }
        }
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{AuthorizationPolicySpec, From, Metadata};

    fn marks(principals: &[&str], namespaces: &[&str], accounts: &[&str]) -> Vec<String> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let source = Source {
            principals: owned(principals),
            namespaces: owned(namespaces),
            service_accounts: owned(accounts),
            ..Source::default()
        };
        let rule = Rule { from: vec![From { source }], ..Rule::default() };
        let spec = AuthorizationPolicySpec { rules: vec![rule], ..AuthorizationPolicySpec::default() };
        let metadata = Metadata { namespace: Some("own".into()), ..Metadata::default() };
        let policy = AuthorizationPolicy::new(metadata, spec);
        Marks::of([&policy]).identities().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_full_name_stands_beside_its_neighbours() {
        let found = marks(&["td/ns/a/sa/x"], &[], &[]);
        assert_eq!(found.first().map(String::as_str), Some("td/ns/a/sa/x"));
        assert!(found.contains(&"td/ns/a/sa/someone-else".to_owned()));
        assert!(found.contains(&"td/ns/someone-else/sa/someone-else".to_owned()));
        assert!(found.contains(&"elsewhere.example/ns/someone-else/sa/someone-else".to_owned()));
        assert!(marks(&["no/principal"], &[], &[]).iter().all(|one| one.contains("someone-else")));
    }

    #[test]
    fn a_pattern_has_one_that_matches_and_one_that_does_not() {
        let found = marks(&["td/ns/a/sa/*", "*/sa/x", "td/ns/pay*"], &[], &[]);
        for wanted in ["td/ns/a/sa/someone-else", "td/ns/a/sa/x", "elsewhere.example/ns/someone-else/sa/x"] {
            assert!(found.contains(&wanted.to_owned()), "{wanted}");
        }
        assert!(found.contains(&"td/ns/paysomeone-else/sa/x".to_owned()));
    }

    #[test]
    fn beginnings_and_ends_meet() {
        let found = marks(&[], &["pay*", "*-prod"], &["sa", "b/c"]);
        for wanted in ["paysomeone-else-prod", "paysomeone-else", "someone-else-prod", "own", "b"] {
            assert!(found.iter().any(|one| one.contains(&format!("/ns/{wanted}/sa/"))), "{wanted}");
        }
    }
}
