//! FC308, FC310: namespaces that nobody owns, and owned ones that the inventory does not know.

use crate::bind::{Mesh, Tenancy};
use crate::report::codes::{FC308, FC310};
use crate::report::{Finding, Findings};

/// Open namespaces in one finding; each unknown one in its own.
pub fn namespaces(mesh: &Mesh, findings: &mut Findings) {
    let mut open = Vec::new();
    for cluster in &mesh.clusters {
        for (name, namespace) in &cluster.namespaces {
            match namespace.tenancy {
                Tenancy::Unowned { closed: false } => open.push(format!("{}/{name}", cluster.name)),
                Tenancy::Owned { place, .. } if namespace.place.is_none() => findings.push(
                    Finding::new(
                        FC310,
                        format!("namespace `{name}` is not in the inventory of cluster `{}`", cluster.name),
                    )
                    .at(place)
                    .help(format!(
                        "its boundary is rendered and syncs once the namespace exists; add the Namespace and what runs in it below `clusters/{}/`",
                        cluster.name
                    )),
                ),
                Tenancy::Unowned { closed: true } | Tenancy::Owned { .. } | Tenancy::System => {}
            }
        }
    }
    if !open.is_empty() && !mesh.workspaces.is_empty() {
        let message = match open.len() {
            1 => "1 namespace belongs to no workspace and is open to everybody".to_owned(),
            count => format!("{count} namespaces belong to no workspace and are open to everybody"),
        };
        findings.push(
            Finding::new(FC308, message)
                .help(format!(
                    "{}\nname what is a team's in a Workspace, or close all with `defaults.unownedNamespaces: deny` in the Fleet",
                    open.join(", ")
                )),
        );
    }
}
