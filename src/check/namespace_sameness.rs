//! FC303: a SPIFFE identity carries no cluster, so one namespace name in one trust domain has one owner (SPEC section 4).

use crate::bind::{Cluster, Mesh, Namespace, Tenancy};
use crate::report::codes::FC303;
use crate::report::{Finding, Findings};

/// Each namespace a workspace owns, against the namespaces of that name in the other clusters of its trust domain.
pub fn namespace_sameness(mesh: &Mesh, findings: &mut Findings) {
    for (id, workspace) in mesh.workspaces.iter().enumerate() {
        for member in &workspace.members {
            let clusters =
                || mesh.clusters.iter().filter(|cluster| cluster.trust_domain == member.trust_domain);
            let owned = clusters().find_map(|cluster| {
                let found = cluster.namespaces.get(&*member.namespace)?;
                match found.tenancy {
                    Tenancy::Owned { workspace, place } if workspace.0 == id => Some((cluster, place)),
                    _ => None,
                }
            });
            let stranger = clusters().find_map(|cluster| {
                let found = cluster.namespaces.get(&*member.namespace)?;
                (found.owner().map(|owner| owner.0) != Some(id)).then_some((cluster, found))
            });
            let (Some((here, place)), Some((there, found))) = (owned, stranger) else { continue };
            // two workspaces meet here twice; the first one says it
            if found.owner().is_some_and(|owner| owner.0 < id) {
                continue;
            }
            findings.push(finding(mesh, &workspace.name, &member.namespace, (here, place), (there, found)));
        }
    }
}

fn finding(
    mesh: &Mesh,
    workspace: &str,
    name: &str,
    (here, place): (&Cluster, crate::source::Place),
    (there, found): (&Cluster, &Namespace),
) -> Finding {
    let other_owner = found.owner().and_then(|owner| mesh.workspace(owner));
    let whose = match other_owner {
        Some(other) => format!("workspace `{}` owns it", other.name),
        None => "no workspace owns it".to_owned(),
    };
    let finding = Finding::new(
        FC303,
        format!(
            "workspace `{workspace}` owns namespace `{name}` in cluster `{}`, but in `{}` of the same trust domain {whose}",
            here.name, there.name
        ),
    )
    .at(place)
    .object(format!("Workspace/{}/{workspace}", mesh.admin_namespace))
    .help(format!(
        "callers from `{name}` of both clusters present the same identity `{}/ns/{name}/sa/…`: give the workspace `{name}` in `{}` too, \
         rename one of the namespaces, or give the clusters different trust domains",
        here.trust_domain, there.name
    ));
    let theirs = match (found.tenancy.clone(), found.place) {
        (Tenancy::Owned { place, .. }, _) => Some((place, "the other workspace names it here")),
        (_, Some(place)) => Some((place, "the namespace that the workspace does not own")),
        (_, None) => None,
    };
    match theirs {
        Some((place, message)) => finding.because(message, place),
        None => finding,
    }
}
