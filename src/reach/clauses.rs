//! An AuthorizationPolicy as ztunnel gets and matches it.
//!
//! istiod converts (istio pilot/pkg/serviceregistry/ambient/authorization.go, `convertAuthorizationPolicy`
//! and `handleRule`), ztunnel matches (ztunnel src/rbac.rs, `Authorization::matches`). A policy is an OR of
//! rules, a rule an AND of clauses, a clause an OR of matches, a match an AND of six attributes.

use crate::manifest::{Action, AuthorizationPolicy, Condition, Operation, Rule, Source};

use super::address::{self, Block};
use super::lists::Lists;
use super::policy::{PolicyName, is_dry_run, target_refs};
use super::strings::Strings;
use super::ztunnel::Connection;

/// A policy that ztunnel gets. It is in scope and counts even if none of its rules can match.
#[derive(Debug)]
pub(super) struct Policy {
    pub name: PolicyName,
    pub action: Effect,
    rules: Vec<Clauses>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// One rule that can match, and its index in the manifest. Without a clause it always matches.
#[derive(Debug)]
struct Clauses {
    rule: usize,
    clauses: Vec<Vec<Match>>,
}

impl Policy {
    /// `None` if istiod does not send it to ztunnel: attached to a waypoint, AUDIT or CUSTOM, or a dry run
    /// (which istiod sends only with `AMBIENT_ENABLE_DRY_RUN_AUTHORIZATION_POLICY`, and then ztunnel only
    /// logs).
    pub fn read(policy: &AuthorizationPolicy) -> Option<Self> {
        if is_dry_run(&policy.metadata) || !target_refs(&policy.spec).is_empty() {
            return None;
        }
        let action = match policy.spec.action {
            Action::Allow => Effect::Allow,
            Action::Deny => Effect::Deny,
            Action::Audit | Action::Custom => return None,
        };
        let name = PolicyName::new(AuthorizationPolicy::KIND, &policy.metadata);
        let rules = policy.spec.rules.iter().enumerate();
        let rules = rules.filter_map(|(rule, written)| {
            Some(Clauses { rule, clauses: clauses(written, action, &name.namespace)? })
        });
        Some(Policy { rules: rules.collect(), action, name })
    }

    /// The index of the first rule that matches. Zero rules never match.
    pub fn matching_rule(&self, connection: &Connection<'_>) -> Option<usize> {
        let holds = |rule: &&Clauses| {
            rule.clauses.iter().all(|clause| clause.iter().any(|one| one.matches(connection)))
        };
        self.rules.iter().find(holds).map(|rule| rule.rule)
    }
}

/// `None` if the rule can never match: an ALLOW with an attribute that ztunnel does not know is left out
/// whole; in a DENY such attributes are stripped, and a clause of which nothing remains is dead and takes its
/// rule with it, however much its other clauses say (istio/istio#61126).
fn clauses(rule: &Rule, action: Effect, namespace: &str) -> Option<Vec<Vec<Match>>> {
    if action == Effect::Allow && needs_http(rule) {
        return None;
    }
    let to = rule.to.iter().map(|to| Match::of_operation(&to.operation)).collect();
    let from = rule.from.iter().map(|from| Match::of_source(&from.source, namespace)).collect();
    let when = rule.when.iter().map(|condition| vec![Match::of_condition(condition)]);

    let written = [to, from].into_iter().filter(|clause: &Vec<Match>| !clause.is_empty()).chain(when);
    written
        .map(|mut clause| {
            clause.retain(|one| !one.is_empty());
            (!clause.is_empty()).then_some(clause)
        })
        .collect()
}

/// Any attribute that istiod counts as HTTP. `trustDomains` is not among them although ztunnel does not know
/// it either: it is dropped without a word.
fn needs_http(rule: &Rule) -> bool {
    let any = |lists: &[&Vec<String>]| lists.iter().any(|list| !list.is_empty());
    let in_operation = |one: &Operation| {
        any(&[&one.hosts, &one.not_hosts, &one.methods, &one.not_methods, &one.paths, &one.not_paths])
    };
    let in_source = |one: &Source| {
        any(&[&one.remote_ip_blocks, &one.not_remote_ip_blocks])
            || any(&[&one.request_principals, &one.not_request_principals])
    };
    rule.to.iter().any(|to| in_operation(&to.operation))
        || rule.from.iter().any(|from| in_source(&from.source))
        || rule.when.iter().any(|condition| !L4_KEYS.contains(&condition.key.as_str()))
}

/// The `when` keys that ztunnel knows (`l4WhenAttributes`).
const L4_KEYS: [&str; 5] =
    ["source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port"];

/// An AND over what is set; one with nothing set is skipped, it does not match.
#[derive(Debug, Default)]
struct Match {
    source_ips: Lists<Vec<Block>>,
    destination_ips: Lists<Vec<Block>>,
    ports: Lists<Vec<u16>>,
    namespaces: Lists<Strings>,
    principals: Lists<Strings>,
    service_accounts: Lists<ServiceAccounts>,
}

impl Match {
    fn of_operation(operation: &Operation) -> Self {
        Match {
            ports: Lists::read(&operation.ports, &operation.not_ports, address::ports),
            ..Match::default()
        }
    }

    fn of_source(source: &Source, namespace: &str) -> Self {
        let accounts = |values: &[String]| ServiceAccounts::read(values, namespace);
        Match {
            source_ips: Lists::read(&source.ip_blocks, &source.not_ip_blocks, address::blocks),
            namespaces: Lists::read(&source.namespaces, &source.not_namespaces, Strings::read),
            principals: Lists::read(&source.principals, &source.not_principals, Strings::read),
            service_accounts: Lists::read(&source.service_accounts, &source.not_service_accounts, accounts),
            ..Match::default()
        }
    }

    fn of_condition(Condition { key, values, not_values }: &Condition) -> Self {
        let mut one = Match::default();
        match key.as_str() {
            "source.ip" => one.source_ips = Lists::read(values, not_values, address::blocks),
            "source.namespace" => one.namespaces = Lists::read(values, not_values, Strings::read),
            "source.principal" => one.principals = Lists::read(values, not_values, Strings::read),
            "destination.ip" => one.destination_ips = Lists::read(values, not_values, address::blocks),
            "destination.port" => one.ports = Lists::read(values, not_values, address::ports),
            _ => {}
        }
        one
    }

    fn is_empty(&self) -> bool {
        self.source_ips.is_empty()
            && self.destination_ips.is_empty()
            && self.ports.is_empty()
            && self.namespaces.is_empty()
            && self.principals.is_empty()
            && self.service_accounts.is_empty()
    }

    /// A peer without identity has the namespace `""`, no principal and no service account: every negative
    /// identity list holds for it.
    fn matches(&self, connection: &Connection<'_>) -> bool {
        let peer = connection.peer;
        let namespace = peer.map_or("", |peer| peer.namespace());
        self.ports.hold(|ports| ports.contains(&connection.port))
            && self.principals.hold(|list| peer.is_some_and(|peer| list.match_text(peer.principal())))
            && self.namespaces.hold(|list| list.match_text(namespace))
            && self
                .service_accounts
                .hold(|list| peer.is_some_and(|peer| list.contain(peer.namespace(), peer.service_account())))
            && self.source_ips.hold(|blocks| address::any_contains(blocks, connection.source_ip))
            && self.destination_ips.hold(|blocks| address::any_contains(blocks, connection.destination_ip))
    }
}

/// Namespaces and names; no wildcard, no trust domain.
#[derive(Debug)]
pub(super) struct ServiceAccounts(Vec<(String, String)>);

impl ServiceAccounts {
    /// `ns/sa`, cut at the first slash, or `sa` of the policy's own namespace
    /// (`stringToServiceAccountMatch`). `None` if there are none.
    pub fn read(values: &[String], policy_namespace: &str) -> Option<Self> {
        let accounts = values.iter().map(|value| match value.split_once('/') {
            Some((namespace, name)) => (namespace.to_owned(), name.to_owned()),
            None => (policy_namespace.to_owned(), value.clone()),
        });
        let accounts: Vec<_> = accounts.collect();
        (!accounts.is_empty()).then_some(ServiceAccounts(accounts))
    }

    pub fn contain(&self, namespace: &str, name: &str) -> bool {
        self.0.iter().any(|(own_namespace, own_name)| own_namespace == namespace && own_name == name)
    }
}
