//! FC450, FC451: AccessPolicies, and entries of them, that add nothing to others.

use crate::bind::{Form, Governed, Mesh, PolicyId};
use crate::report::codes::{FC450, FC451};
use crate::report::{Finding, Findings};

/// Policies add up, so what another one allows already is allowed twice and restricts nobody.
pub fn shadowed(mesh: &Mesh, findings: &mut Findings) {
    let classes: Vec<&Governed> = mesh
        .clusters
        .iter()
        .flat_map(|cluster| cluster.namespaces.values())
        .flat_map(|namespace| &namespace.access.governed)
        .collect();
    for (index, policy) in mesh.policies.iter().enumerate() {
        let id = PolicyId(index);
        let mut governed = classes.iter().filter(|class| class.policies.contains(&id)).peekable();
        if governed.peek().is_some() && governed.all(|class| adds_nothing(class, id)) {
            findings.push(finding(mesh, id, &classes));
            continue;
        }
        for (number, grant) in policy.grants.iter().enumerate() {
            let before = policy.grants.iter().take(number).filter(|other| other.request == grant.request);
            let allowed = |client| before.clone().any(|other| other.clients.contains(client));
            if grant.clients.is_empty() || !grant.clients.iter().all(allowed) {
                continue;
            }
            let mut finding = Finding::new(FC451, "whoever is allowed here is allowed by an entry before")
                .at(grant.place)
                .object(&*policy.origin.name);
            if let Some(other) = before.clone().next() {
                finding = finding.because("an entry before", other.place);
            }
            findings.push(finding.help("keep it if the two are to differ one day, or remove it"));
        }
    }
}

/// At a waypoint a policy is about a Service, whatever others say of the same pods.
fn adds_nothing(class: &Governed, id: PolicyId) -> bool {
    class.form != Form::AtWaypoint && class.idle.contains(&id)
}

fn finding(mesh: &Mesh, id: PolicyId, classes: &[&Governed]) -> Finding {
    let (name, place) = mesh
        .policies
        .get(id.0)
        .map(|policy| (policy.origin.name.to_string(), policy.origin.place))
        .unwrap_or_default();
    let beside =
        classes.iter().filter(|class| class.policies.contains(&id)).flat_map(|class| &class.policies);
    let whole = classes.iter().filter(|class| class.selector.is_empty()).flat_map(|class| &class.policies);
    let other = beside.chain(whole).find(|other| **other != id).and_then(|other| mesh.policies.get(other.0));
    let mut finding = Finding::new(FC450, format!("without `{name}` the same callers would be allowed"))
        .at(place)
        .object(name);
    if let Some(other) = other {
        finding = finding.because("a policy on the same pods", other.origin.place);
    }
    finding.help("policies on one destination add up: this one neither allows anybody else nor restricts anything; restrict in the other policy, or remove this one")
}
