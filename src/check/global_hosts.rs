//! FC505, FC511: one host, one claim; and importers that cannot resolve it.

use std::collections::BTreeMap;

use crate::bind::Mesh;
use crate::report::codes::FC505;
use crate::report::{Finding, Findings};

/// Host names over all Segments and VirtualDestinations.
pub fn global_hosts(mesh: &Mesh, findings: &mut Findings) {
    let mut claimed = BTreeMap::new();
    for (host, origin, place) in &mesh.host_claims {
        let (first, first_place) = *claimed.entry(host).or_insert((origin, place));
        if first_place != place {
            findings.push(
                Finding::new(
                    FC505,
                    format!("host `{host}` is claimed by `{}` and by `{}`", first.name, origin.name),
                )
                .at(*place)
                .object(&*origin.name)
                .because("claimed first here", *first_place)
                .help("which of them answers would depend on their age: let one object own the host"),
            );
        }
    }
}
