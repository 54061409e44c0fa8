//! FC455: which namespaces of workspaces refuse whom nobody allows, and which do not.

use std::collections::BTreeMap;

use crate::bind::{Boundary, Mesh, Namespace, ROOT_NAMESPACE, matches};
use crate::report::codes::FC455;
use crate::report::{Finding, Findings};

/// Said where a namespace of a workspace is open: a workspace that is not isolated looks like one that is. Namespaces of
/// nobody have a finding of their own.
pub fn open_namespaces(mesh: &Mesh, findings: &mut Findings) {
    let mut open = 0;
    let mut lines = Vec::new();
    for cluster in &mesh.clusters {
        let mut by_state: BTreeMap<State, Vec<String>> = BTreeMap::new();
        // a policy in the root namespace would rule every other one
        let here = cluster.namespaces.iter().filter(|(name, _)| *name != ROOT_NAMESPACE);
        for (name, namespace) in here {
            let (state, shown) = match (State::of(namespace), namespace.owner()) {
                (State::Closed, _) => (State::Closed, name.clone()),
                (_, None) => continue,
                (State::Partly, _) => (State::Partly, format!("{name} ({})", governed(namespace))),
                (State::Open, _) => (State::Open, name.clone()),
            };
            open += usize::from(state != State::Closed);
            by_state.entry(state).or_default().push(shown);
        }
        let states: Vec<_> =
            by_state.iter().map(|(state, names)| format!("{}: {}", state.text(), names.join(", "))).collect();
        if !states.is_empty() {
            lines.push(format!("{}: {}", cluster.name, states.join("; ")));
        }
    }
    if open > 0 {
        let (what, verb) = if open == 1 { ("namespace", "admits") } else { ("namespaces", "admit") };
        findings.push(
            Finding::new(FC455, format!("{open} {what} of workspaces {verb} whom nobody allowed")).help(
                format!(
                    "{}\nisolate the workspace, or select all pods of the namespace by an AccessPolicy",
                    lines.join("\n")
                ),
            ),
        );
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// Nobody is admitted who is not named.
    Closed,
    /// So it is for some pods.
    Partly,
    /// Everybody is admitted.
    Open,
}

impl State {
    fn of(namespace: &Namespace) -> Self {
        let restricted = || namespace.access.governed.iter().filter(|class| !class.rules.is_empty());
        match &namespace.access.boundary {
            Boundary::Closed | Boundary::Namespace => State::Closed,
            Boundary::Open if restricted().any(|class| class.selector.is_empty()) => State::Closed,
            Boundary::Open if restricted().next().is_some() => State::Partly,
            Boundary::Open => State::Open,
        }
    }

    fn text(self) -> &'static str {
        match self {
            State::Closed => "closed",
            State::Partly => "partly",
            State::Open => "open",
        }
    }
}

fn governed(namespace: &Namespace) -> String {
    let classes = || namespace.access.governed.iter().filter(|class| !class.rules.is_empty());
    let closed = namespace
        .workloads
        .iter()
        .filter(|workload| classes().any(|class| matches(&class.selector, &workload.labels)));
    format!("{} of {} workloads", closed.count(), namespace.workloads.len())
}
