//! FC452: rules that ztunnel never applies as they are written.

use super::all;
use crate::bind::Mesh;
use crate::manifest::{Action, Operation, Rule, Source};
use crate::report::codes::FC452;
use crate::report::{Finding, Findings};

/// The `when` keys that ztunnel knows (istio pilot/pkg/serviceregistry/ambient/authorization.go, `l4WhenAttributes`).
const CONNECTION_KEYS: [&str; 5] =
    ["source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port"];

/// ztunnel sees connections. An ALLOW rule that asks for more is left out whole; of a DENY rule the rest stands, but a
/// part of which nothing is left never matches, and its rule with it (istio/istio#61126).
pub fn foreign_rules(mesh: &Mesh, findings: &mut Findings) {
    for foreign in all(mesh) {
        let Some((name, _, workload)) = foreign.at_ztunnel().next() else { continue };
        let spec = &foreign.policy.spec;
        let (dead, effect): (fn(&Rule) -> bool, _) = match spec.action {
            Action::Allow => (asks_for_more, "admit"),
            Action::Deny => (is_dead, "refuse"),
            Action::Audit | Action::Custom => continue,
        };
        let numbers: Vec<_> = spec
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| dead(rule))
            .map(|(index, _)| (index + 1).to_string())
            .collect();
        if numbers.is_empty() {
            continue;
        }
        let (which, ending) = if numbers.len() == 1 { ("rule", "s") } else { ("rules", "") };
        findings.push(
            Finding::new(
                FC452,
                format!(
                    "{which} {} of AuthorizationPolicy {} {effect}{ending} nobody at ztunnel, which does not see requests",
                    numbers.join(", "),
                    foreign.shown()
                ),
            )
            .at(foreign.held.place)
            .object(foreign.reference())
            .because(format!("{} `{name}/{}`, which it selects", workload.kind, workload.name), workload.place)
            .help("attach it to the waypoint of a Service by `targetRefs`, or say in this rule what a connection shows: principals, namespaces, addresses, ports"),
        );
    }
}

fn asks_for_more(rule: &Rule) -> bool {
    rule.to.iter().any(|to| asks_of_operation(&to.operation))
        || rule.from.iter().any(|from| asks_of_source(&from.source))
        || rule.when.iter().any(|condition| !CONNECTION_KEYS.contains(&condition.key.as_str()))
}

/// A part of the rule of which nothing is left.
fn is_dead(rule: &Rule) -> bool {
    let nothing_left = |operation: &Operation| {
        asks_of_operation(operation) && operation.ports.is_empty() && operation.not_ports.is_empty()
    };
    let nobody_left = |source: &Source| {
        let left = Source {
            request_principals: Vec::new(),
            not_request_principals: Vec::new(),
            remote_ip_blocks: Vec::new(),
            not_remote_ip_blocks: Vec::new(),
            trust_domains: Vec::new(),
            not_trust_domains: Vec::new(),
            ..source.clone()
        };
        *source != Source::default() && left == Source::default()
    };
    (!rule.to.is_empty() && rule.to.iter().all(|to| nothing_left(&to.operation)))
        || (!rule.from.is_empty() && rule.from.iter().all(|from| nobody_left(&from.source)))
        || rule.when.iter().any(|condition| !CONNECTION_KEYS.contains(&condition.key.as_str()))
}

fn asks_of_operation(one: &Operation) -> bool {
    [&one.hosts, &one.not_hosts, &one.methods, &one.not_methods, &one.paths, &one.not_paths]
        .iter()
        .any(|list| !list.is_empty())
}

/// Trust domains are dropped without a word: what is left may admit more than is written, or nobody.
fn asks_of_source(one: &Source) -> bool {
    [&one.request_principals, &one.not_request_principals, &one.remote_ip_blocks, &one.not_remote_ip_blocks]
        .iter()
        .any(|list| !list.is_empty())
}
