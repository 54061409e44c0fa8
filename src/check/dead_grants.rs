//! FC405: an allowed client that the boundary refuses anyway.

use crate::bind::{Boundary, Cluster, Destination, Governed, Grant, Identity, Mesh, Namespace, matches};
use crate::report::codes::FC405;
use crate::report::{Finding, Findings};

/// Each client of each grant, against every class that its policy governs.
pub fn dead_grants(mesh: &Mesh, findings: &mut Findings) {
    let governed: Vec<(&Namespace, &str, &Governed)> = mesh
        .clusters
        .iter()
        .flat_map(|cluster: &Cluster| &cluster.namespaces)
        .flat_map(|(name, namespace)| {
            namespace.access.governed.iter().map(move |class| (namespace, name.as_str(), class))
        })
        .collect();
    for (index, policy) in mesh.policies.iter().enumerate() {
        let classes: Vec<_> =
            governed.iter().filter(|(_, _, class)| class.policies.iter().any(|id| id.0 == index)).collect();
        let Some((namespace, name, class)) = classes.first() else { continue };
        for Grant { place, clients, .. } in &policy.grants {
            let dead = clients.iter().find(|client| {
                !classes.iter().any(|(namespace, _, class)| boundary_admits(mesh, namespace, class, client))
            });
            let Some(client) = dead else { continue };
            let theirs = mesh.owner_of(&client.member).and_then(|owner| mesh.workspace(owner));
            let ours = namespace.owner().and_then(|owner| mesh.workspace(owner));
            let finding = Finding::new(
                FC405,
                format!(
                    "client `{}/{}` is allowed here, but the boundary of namespace `{name}` refuses it",
                    client.member.namespace, client.account
                ),
            )
            .at(*place)
            .object(&*policy.origin.name);
            let help = match (ours, theirs) {
                (Some(ours), Some(theirs)) => format!(
                    "to let it in, export the Service and import it:\n{}\n{}",
                    entry(&ours.name, "exportTo", &theirs.name, &class.destination),
                    entry(&theirs.name, "importFrom", &ours.name, &class.destination),
                ),
                (_, None) => "its namespace belongs to no workspace, so nothing can be exported to it: name the namespace in a Workspace".to_owned(),
                (None, _) => "the destination's namespace is closed because no workspace owns it: name it in a Workspace".to_owned(),
            };
            findings.push(finding.help(help));
        }
    }
}

/// The entry that would make the grant live, as YAML.
fn entry(workspace: &str, list: &str, other: &str, destination: &Destination) -> String {
    let name = match destination {
        Destination::Service(service) => format!("\n      name: {service}"),
        Destination::Labels(_) | Destination::Namespace => String::new(),
    };
    format!(
        "  # WorkspaceSettings of `{workspace}`\n  {list}:\n  - workspaces:\n    - name: {other}\n    resources:\n    - kind: SERVICE{name}"
    )
}

fn boundary_admits(mesh: &Mesh, namespace: &Namespace, class: &Governed, client: &Identity) -> bool {
    let behind = || namespace.workloads.iter().filter(|workload| matches(&class.selector, &workload.labels));
    let open = matches!(namespace.access.boundary, Boundary::Open);
    let own = || namespace.owner().is_some_and(|owner| mesh.owner_of(&client.member) == Some(owner));
    // the boundary does not apply to gateways
    let gateway = || behind().any(|workload| workload.gateway);
    let exported = || {
        namespace.access.exports.iter().filter(|export| export.members.contains(&client.member)).any(
            |export| {
                export.selector == class.selector
                    || behind().any(|workload| matches(&export.selector, &workload.labels))
            },
        )
    };
    // an exception admits past boundary and policy alike
    let excepted = || {
        let mut let_in =
            namespace.access.exceptions.iter().filter(|exception| exception.callers.contain(Some(client)));
        let_in.any(|exception| {
            matches(&exception.selector, &class.selector)
                || behind().any(|workload| matches(&exception.selector, &workload.labels))
        })
    };
    open || own() || gateway() || exported() || excepted()
}
