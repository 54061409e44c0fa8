//! A rule as a waypoint's Envoy gets it (istio pilot/pkg/security/authz/model/model.go).

use crate::manifest::{self, Action, Operation, Source};
use crate::reach::lists::Lists;

use super::matcher::{Attribute, Matcher};
use super::request::Request;
use super::trust_domains::TrustDomains;

/// What a port's protocol makes of it; each has its own compiled rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chain {
    Http,
    Tcp,
}

/// What a rule is read with.
pub(super) struct Reader<'a> {
    pub chain: Chain,
    pub action: Action,
    /// The policy's own, for service accounts without one.
    pub namespace: &'a str,
    pub trust_domains: &'a TrustDomains,
}

/// All conditions must hold.
type Conditions = Vec<Lists<Matcher>>;

/// An AND of `from` (any of it), `to` (any of it) and `when` (all of it). Unlike at ztunnel, an entry that
/// says nothing matches everything.
#[derive(Debug)]
pub(super) struct Rule {
    pub index: usize,
    from: Vec<Conditions>,
    to: Vec<Conditions>,
    when: Conditions,
}

impl Rule {
    /// `None` if the rule is left out: a `when` key that is unknown, and in an ALLOW anything that cannot be
    /// used, such as a port that is no number, or an HTTP attribute on a chain that is not HTTP. A DENY keeps
    /// the rule and loses what cannot be used, which makes it wider (`checkError`).
    pub fn read(index: usize, rule: &manifest::Rule, reader: &Reader<'_>) -> Option<Self> {
        let from = rule.from.iter().map(|from| reader.source(&from.source)).collect::<Option<_>>()?;
        let to = rule.to.iter().map(|to| reader.operation(&to.operation)).collect::<Option<_>>()?;
        let when = rule.when.iter().map(|condition| {
            let attribute = Attribute::of_key(&condition.key)?;
            reader.conditions([(attribute, &condition.values, &condition.not_values)])
        });
        let when = when.collect::<Option<Vec<Conditions>>>()?.into_iter().flatten().collect();
        Some(Rule { index, from, to, when })
    }

    pub fn matches(&self, request: &Request<'_>) -> bool {
        let all = |conditions: &Conditions| {
            conditions.iter().all(|lists| lists.hold(|matcher| matcher.matches(request)))
        };
        (self.from.is_empty() || self.from.iter().any(all))
            && (self.to.is_empty() || self.to.iter().any(all))
            && all(&self.when)
    }
}

/// An attribute and its two lists.
type Field<'a> = (Attribute, &'a [String], &'a [String]);

impl Reader<'_> {
    fn source(&self, source: &Source) -> Option<Conditions> {
        self.conditions([
            (Attribute::Principal, &source.principals, &source.not_principals),
            (Attribute::RequestPrincipal, &source.request_principals, &source.not_request_principals),
            (Attribute::ServiceAccount, &source.service_accounts, &source.not_service_accounts),
            (Attribute::TrustDomain, &source.trust_domains, &source.not_trust_domains),
            (Attribute::Namespace, &source.namespaces, &source.not_namespaces),
            (Attribute::RemoteIp, &source.remote_ip_blocks, &source.not_remote_ip_blocks),
            (Attribute::SourceIp, &source.ip_blocks, &source.not_ip_blocks),
        ])
    }

    fn operation(&self, operation: &Operation) -> Option<Conditions> {
        self.conditions([
            (Attribute::Host, &operation.hosts, &operation.not_hosts),
            (Attribute::Method, &operation.methods, &operation.not_methods),
            (Attribute::Path, &operation.paths, &operation.not_paths),
            (Attribute::DestinationPort, &operation.ports, &operation.not_ports),
        ])
    }

    fn conditions<const N: usize>(&self, fields: [Field<'_>; N]) -> Option<Conditions> {
        let lists = fields.into_iter().map(|(attribute, values, not_values)| {
            Some(Lists {
                any_of: self.list(&attribute, values)?,
                none_of: self.list(&attribute, not_values)?,
            })
        });
        let lists = lists.filter(|lists| lists.as_ref().is_none_or(|lists| !lists.is_empty()));
        lists.collect()
    }

    /// `None`: the rule is left out. `Some(None)`: nothing is said.
    fn list(&self, attribute: &Attribute, values: &[String]) -> Option<Option<Matcher>> {
        if values.is_empty() {
            return Some(None);
        }
        match Matcher::read(attribute, values, self) {
            Ok(matcher) => Some(Some(matcher)),
            Err(rest) => (self.action != Action::Allow).then_some(rest),
        }
    }
}
