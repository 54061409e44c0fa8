//! Guards and service_guards → `AuthorizationPolicy`.

use std::collections::BTreeSet;

use super::{Manifest, Stage, named};
use crate::distribute::{
    Caller, Callers, Clause, Guard, GuardOrder, Pods, Ports, ServiceClause, ServiceGuard, Verdict,
};
use crate::manifest::{
    Action, AuthorizationPolicy, AuthorizationPolicySpec, Condition, From, Operation, Rule, Selector, Source,
    TargetRef, To,
};

/// Before every guard: what lets a waypoint in must find the waypoint closed to others.
const SERVICE_WAVE: i32 = 21;

/// The policy of a guard. An ALLOW without rules admits nobody (istio.io, "deny-all"); a DENY always has one, since
/// Istio's validation refuses an empty one.
pub fn authorization_policy(guard: &Guard) -> Manifest {
    let action = match guard.verdict {
        Verdict::Admit => Action::Allow,
        Verdict::RefuseOthers => Action::Deny,
    };
    let spec = AuthorizationPolicySpec {
        selector: selector(&guard.pods),
        action,
        rules: guard.clauses.iter().map(|clause| rule(guard.verdict, clause)).collect(),
        ..AuthorizationPolicySpec::default()
    };
    let labels = guard.pods.labels().map_or(0, |labels| i32::try_from(labels.len()).unwrap_or(7).min(7));
    let wave = match guard.order {
        GuardOrder::Refusal => 22,
        GuardOrder::Access => 30 - labels,
        GuardOrder::Boundary => 38 - labels,
    };
    let policy = AuthorizationPolicy::new(named(&guard.name, &guard.namespace), spec);
    let manifest = Manifest::new(Stage::Policy, wave, policy, &guard.origins);
    match guard.order {
        GuardOrder::Boundary => manifest,
        GuardOrder::Refusal | GuardOrder::Access => manifest.pruned_last(),
    }
}

/// The policy of a guard at a waypoint, attached to the Service and enforced at its waypoint. It is always an ALLOW, whose attributes
/// only narrow: in a refusal, and in `notPaths`, what is spelt otherwise would slip through.
pub fn waypoint_policy(guard: &ServiceGuard) -> Manifest {
    let target = |group: &str, kind: &str, name: String| TargetRef {
        group: group.to_owned(),
        kind: kind.to_owned(),
        name,
    };
    // Solo's istiod makes a ServiceEntry of a global Service, which its ztunnel lists in the Service's own namespace and
    // behind the Service's waypoint; a target that is not there changes nothing
    let entry = guard.global.then(|| format!("autogen.{}.{}", guard.namespace, guard.service));
    let entry = entry.map(|name| target("networking.istio.io", "ServiceEntry", name));
    let spec = AuthorizationPolicySpec {
        target_refs: [target("", "Service", guard.service.clone())].into_iter().chain(entry).collect(),
        action: Action::Allow,
        rules: guard.clauses.iter().map(service_rule).collect(),
        ..AuthorizationPolicySpec::default()
    };
    let policy = AuthorizationPolicy::new(named(&guard.name, &guard.namespace), spec);
    Manifest::new(Stage::Policy, SERVICE_WAVE, policy, &guard.origins).pruned_last()
}

fn service_rule(service: &ServiceClause) -> Rule {
    let ServiceClause { clause, request } = service;
    let texts = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
    let mut rule = rule(Verdict::Admit, clause);
    if rule.from.is_empty() {
        rule.from.push(From::default());
    }
    for From { source } in &mut rule.from {
        source.request_principals = texts(&request.principals);
        source.not_request_principals = texts(&request.not_principals);
        source.ip_blocks = texts(&request.ip_blocks);
    }
    rule.from.retain(|from| from.source != Source::default());
    for To { operation } in &mut rule.to {
        operation.paths = texts(&request.paths);
        operation.methods = texts(&request.methods);
    }
    rule.when = request
        .headers
        .iter()
        .map(|(name, header)| Condition {
            key: format!("request.headers[{name}]"),
            values: texts(&header.values),
            not_values: texts(&header.not_values),
        })
        .collect();
    rule
}

/// The selector of some pods; never one without labels, which ambient attaches to nothing.
pub fn selector(pods: &Pods) -> Option<Selector> {
    match pods {
        Pods::All => None,
        Pods::Labelled(labels) => Some(Selector { match_labels: labels.clone() }),
    }
}

fn rule(verdict: Verdict, clause: &Clause) -> Rule {
    Rule { from: from(verdict, &clause.callers), to: to(&clause.ports), when: Vec::new() }
}

/// `notPrincipals` is also true of a caller without identity, and `*` of every caller with one (ztunnel src/rbac.rs). So
/// `notPrincipals: ["*"]` admits exactly plaintext, a refusal of others refuses plaintext, and one that leaves it out
/// says that there is an identity. With no callers at all a refusal has no source, which matches everybody.
fn from(verdict: Verdict, callers: &Callers) -> Vec<From> {
    let anyone = || vec!["*".to_owned()];
    let (principals, plaintext) = match callers {
        Callers::Everybody => return Vec::new(),
        Callers::Identified => (anyone(), false),
        Callers::Only { callers, plaintext } => (callers.iter().map(principal).collect(), *plaintext),
    };
    let sources = match (verdict, plaintext) {
        (Verdict::Admit, _) => vec![
            Source { principals, ..Source::default() },
            Source { not_principals: if plaintext { anyone() } else { Vec::new() }, ..Source::default() },
        ],
        (Verdict::RefuseOthers, false) => vec![Source { not_principals: principals, ..Source::default() }],
        (Verdict::RefuseOthers, true) => {
            vec![Source { principals: anyone(), not_principals: principals, ..Source::default() }]
        }
    };
    let said = sources.into_iter().filter(|source| *source != Source::default());
    said.map(|source| From { source }).collect()
}

fn to(ports: &Ports) -> Vec<To> {
    let text = |ports: &BTreeSet<u16>| ports.iter().map(u16::to_string).collect::<Vec<_>>();
    let operation = match ports {
        Ports::Only(ports) => Operation { ports: text(ports), ..Operation::default() },
        Ports::AllBut(ports) if ports.is_empty() => return Vec::new(),
        Ports::AllBut(ports) => Operation { not_ports: text(ports), ..Operation::default() },
    };
    vec![To { operation }]
}

/// `<trust-domain>/ns/<namespace>/sa/<account>`, without a scheme: ztunnel strips it before it compares (src/rbac.rs).
fn principal(caller: &Caller) -> String {
    let account = caller.account.as_deref().unwrap_or("*");
    format!("{}/ns/{}/sa/{account}", caller.trust_domain, caller.namespace)
}
