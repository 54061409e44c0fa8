//! FC453, FC454: ALLOW policies that a broader one makes pointless, and those that alone keep others out.

use super::{Foreign, all};
use crate::bind::{Boundary, Form, Mesh, Namespace, ROOT_NAMESPACE, Workload, matches};
use crate::manifest::{Action, Rule};
use crate::report::codes::{FC453, FC454};
use crate::report::{Finding, Findings};

/// ALLOW policies add up; the first one that selects a pod shuts it to all others, and without the last it is open.
pub fn foreign_scope(mesh: &Mesh, findings: &mut Findings) {
    let allows: Vec<Foreign<'_>> = all(mesh)
        .filter(|foreign| foreign.policy.spec.action == Action::Allow && !foreign.is_attached())
        .collect();
    for (index, foreign) in allows.iter().enumerate() {
        let broader = allows.iter().enumerate().find(|(other, broader)| {
            let same_cluster = std::ptr::eq(broader.cluster, foreign.cluster);
            let twins = *other > index && covers(foreign, broader) && says_all(foreign, broader);
            *other != index
                && same_cluster
                && covers(broader, foreign)
                && says_all(broader, foreign)
                && !twins
        });
        if let Some((_, broader)) = broader {
            findings.push(
                Finding::new(
                    FC453,
                    format!(
                        "AuthorizationPolicy {} admits nobody whom `{}/{}` does not admit on the same pods",
                        foreign.shown(),
                        broader.namespace(),
                        broader.policy.metadata.name
                    ),
                )
                .at(foreign.held.place)
                .object(foreign.reference())
                .because("the broader one", broader.held.place)
                .help("policies that allow add up: narrow the broader one, or remove this one"),
            );
            continue;
        }
        if foreign.policy.spec.rules.contains(&Rule::default()) {
            continue;
        }
        let alone = foreign.at_ztunnel().find(|(name, namespace, workload)| {
            let same_pods = |other: &&Foreign<'_>| {
                let same = |(name_there, _, other): (&str, &Namespace, &Workload)| {
                    *name == name_there && std::ptr::eq(*workload, other)
                };
                std::ptr::eq(other.cluster, foreign.cluster) && other.at_ztunnel().any(same)
            };
            allows.iter().filter(same_pods).count() == 1 && !closed_by_the_fleet(namespace, workload)
        });
        if let Some((name, _, workload)) = alone {
            findings.push(
                Finding::new(
                    FC454,
                    format!(
                        "AuthorizationPolicy {} alone keeps callers from {} `{name}/{}`: without it the pods are open to everybody",
                        foreign.shown(),
                        workload.kind,
                        workload.name
                    ),
                )
                .at(foreign.held.place)
                .object(foreign.reference())
                .because("a workload that it selects", workload.place)
                .help("whoever deletes it opens them: isolate the namespace by a Workspace, or say who may call by an AccessPolicy, which stands in git"),
            );
        }
    }
}

/// Whether what the fleet renders has an ALLOW on a workload.
fn closed_by_the_fleet(namespace: &Namespace, workload: &Workload) -> bool {
    let allows = |form: Form| form == Form::Allow;
    namespace.access.boundary != Boundary::Open
        || namespace.access.governed.iter().any(|class| {
            allows(class.form) && !class.rules.is_empty() && matches(&class.selector, &workload.labels)
        })
}

/// Whether one is about every pod that the other is about.
fn covers(broader: &Foreign<'_>, other: &Foreign<'_>) -> bool {
    let reaches = broader.namespace() == ROOT_NAMESPACE || broader.namespace() == other.namespace();
    let selects = match (&broader.policy.spec.selector, &other.policy.spec.selector) {
        (None, _) => true,
        (Some(broader), Some(other)) => matches(&broader.match_labels, &other.match_labels),
        (Some(_), None) => false,
    };
    reaches && selects
}

/// Whether every rule of the other is one of this, or one of this has no condition. An ALLOW without a rule admits nobody,
/// and is meant as it stands.
fn says_all(broader: &Foreign<'_>, other: &Foreign<'_>) -> bool {
    let (broader, other) = (&broader.policy.spec.rules, &other.policy.spec.rules);
    !other.is_empty()
        && (broader.contains(&Rule::default()) || other.iter().all(|rule| broader.contains(rule)))
}
