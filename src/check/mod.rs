//! Reads the Mesh and writes findings; one file per rule. Nothing is changed here.

mod addresses;
mod aging;
mod appliers;
mod ca_certificates;
mod capture;
mod certificates;
mod chart_repositories;
mod dead_grants;
mod distribution;
mod exceptions;
mod flat_hosts;
mod foreign;
mod global_hosts;
mod kubernetes_versions;
mod namespace_sameness;
mod namespaces;
mod network_policies;
mod open_namespaces;
mod outside_callers;
mod past_waypoints;
mod path_lengths;
mod peer_trust_domains;
mod peering;
mod permissive;
mod root_namespace;
mod shadowed;
mod shares;
mod step;
mod tokens;
mod trust_domain_aliases;
mod trust_domains;
mod trusted_roots;
mod waivers;
mod waypoint_trust;

pub use aging::aging;
pub use step::{Step, certificate_hours, step, uncompared};
pub use waivers::{drop_waived, waive};

use crate::bind::Mesh;
use crate::report::Findings;

/// A rule: what it reads is the Mesh, what it says goes to the findings.
type Rule = fn(&Mesh, &mut Findings);

/// Every rule, in order of code.
const RULES: &[Rule] = &[
    namespace_sameness::namespace_sameness,
    shares::shares,
    namespaces::namespaces,
    capture::capture,
    dead_grants::dead_grants,
    root_namespace::root_namespace,
    permissive::permissive,
    past_waypoints::past_waypoints,
    tokens::tokens,
    waypoint_trust::waypoint_trust,
    exceptions::exceptions,
    shadowed::shadowed,
    foreign::foreign_rules,
    foreign::foreign_scope,
    open_namespaces::open_namespaces,
    foreign::foreign_principals,
    foreign::foreign_service_accounts,
    outside_callers::outside_callers,
    network_policies::network_policies,
    distribution::distribution,
    addresses::addresses,
    global_hosts::global_hosts,
    flat_hosts::flat_hosts,
    peering::peering,
    trust_domains::trust_domains,
    certificates::certificates,
    chart_repositories::chart_repositories,
    kubernetes_versions::kubernetes_versions,
    trusted_roots::trusted_roots,
    trust_domain_aliases::trust_domain_aliases,
    peer_trust_domains::peer_trust_domains,
    ca_certificates::ca_certificates,
    path_lengths::path_lengths,
    appliers::appliers,
];

/// Applies every rule.
pub fn check(mesh: &Mesh, findings: &mut Findings) {
    for rule in RULES {
        rule(mesh, findings);
    }
}
