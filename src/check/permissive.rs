//! FC411: a PERMISSIVE that admits plaintext nowhere.

use crate::bind::{Boundary, Mesh, Tls};
use crate::report::codes::FC411;
use crate::report::{Finding, Findings};

/// Plaintext is refused in an isolated namespace and wherever an access policy restricts callers.
pub fn permissive(mesh: &Mesh, findings: &mut Findings) {
    for (index, policy) in mesh.policies.iter().enumerate() {
        let Some((Tls::Permissive, place)) = policy.tls else { continue };
        let namespaces = mesh.clusters.iter().flat_map(|cluster| cluster.namespaces.values());
        let admits = namespaces
            .flat_map(|namespace| namespace.access.governed.iter().map(move |class| (namespace, class)))
            .any(|(namespace, class)| {
                let here = class.policies.iter().any(|id| id.0 == index);
                let permissive = class.tls.as_ref().is_some_and(|(tls, _)| *tls == Tls::Permissive);
                here && permissive && namespace.access.boundary == Boundary::Open
            });
        if !admits {
            findings.push(
                Finding::new(FC411, "PERMISSIVE admits plaintext nowhere that this policy selects")
                    .at(place)
                    .object(&*policy.origin.name)
                    .help("plaintext is refused in isolated namespaces and wherever callers are restricted: leave the mode out, or say STRICT"),
            );
        }
    }
}
