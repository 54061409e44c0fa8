//! FC501, FC502, FC508: every cluster must reach every other one's east-west gateway. Upstream, a control plane reads the
//! addresses itself, unless they are translated on the way.

use std::collections::BTreeMap;

use crate::bind::{Distribution, Mesh};
use crate::report::codes::{FC501, FC502, FC508};
use crate::report::{Finding, Findings};

/// Addresses of a fleet of more than one cluster.
pub fn addresses(mesh: &Mesh, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for cluster in &mesh.clusters {
        let east_west = &cluster.east_west;
        for address in &east_west.addresses {
            let (other, place) = *seen.entry(&address.value).or_insert((&cluster.name, address.place));
            if place == address.place {
                continue;
            }
            let (message, help) = match other == &cluster.name {
                true => (
                    format!("cluster `{other}` has the address `{}` twice", address.value),
                    "a Gateway takes an address once: remove one",
                ),
                false => (
                    format!(
                        "clusters `{other}` and `{}` share the address `{}`",
                        cluster.name, address.value
                    ),
                    "traffic for one would reach the other: give each east-west gateway an address of its own",
                ),
            };
            findings.push(
                Finding::new(FC502, message)
                    .at(address.place)
                    .object(&*cluster.origin.name)
                    .because(format!("`{other}` has it here"), place)
                    .help(help),
            );
        }
        let told = mesh.distribution == Distribution::Solo || east_west.translated;
        let asked =
            mesh.clusters.iter().flat_map(|other| &other.peers).filter_map(|peer| mesh.cluster(*peer));
        let asked = asked.into_iter().any(|peer| peer.name == cluster.name);
        if !asked || !east_west.addresses.is_empty() || !told {
            continue;
        }
        if east_west.pending {
            findings.push(
                Finding::new(FC508, format!("peers to cluster `{}` wait until its east-west gateway has an address", cluster.name))
                    .at(cluster.origin.place)
                    .help("once its own tree is synced, write the gateway's address under `eastWestGateway.addresses` and drop `pending`"),
            );
        } else {
            findings.push(
                Finding::new(FC501, format!("cluster `{}` has no address at which the others reach it", cluster.name))
                    .at(cluster.origin.place)
                    .object(&*cluster.origin.name)
                    .help(
                        "add the address of its east-west gateway, or say that it has none yet:\n\
                         spec:\n  eastWestGateway:\n    addresses:\n    - type: IPAddress\n      value: 192.0.2.10\n    # or, until the gateway has one:\n    # pending: true",
                    ),
            );
        }
    }
}
