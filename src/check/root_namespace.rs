//! FC410: a boundary in Istio's root namespace.

use crate::bind::{Boundary, Mesh, ROOT_NAMESPACE, Tenancy};
use crate::report::codes::FC410;
use crate::report::{Finding, Findings};

/// A policy there without a selector rules every namespace of the cluster, and one with a selector the pods of every
/// namespace that it matches, so a workspace may own the root namespace but not close it.
pub fn root_namespace(mesh: &Mesh, findings: &mut Findings) {
    for cluster in &mesh.clusters {
        let Some(namespace) = cluster.namespaces.get(ROOT_NAMESPACE) else { continue };
        let Tenancy::Owned { workspace, place } = namespace.tenancy else { continue };
        let (true, Some(owner)) = (namespace.access.boundary != Boundary::Open, mesh.workspace(workspace))
        else {
            continue;
        };
        findings.push(
            Finding::new(
                FC410,
                format!(
                    "workspace `{}` is isolated, but in `{ROOT_NAMESPACE}` of cluster `{}` its boundary would rule every namespace",
                    owner.name, cluster.name
                ),
            )
            .at(place)
            .object(&*owner.origin.name)
            .help("take the namespace out of the workspace, or give it a workspace of its own that is not isolated"),
        );
    }
}
