//! FC517: what `peering: by-need` leaves out.

use crate::bind::Mesh;
use crate::report::codes::FC517;
use crate::report::{Finding, Findings};

/// Said once, with who knows whom.
pub fn peering(mesh: &Mesh, findings: &mut Findings) {
    let stay = |here: usize| {
        mesh.clusters
            .iter()
            .enumerate()
            .filter(|(other, cluster)| *other != here && !cluster.leaves())
            .count()
    };
    let all: usize = (0..mesh.clusters.len()).map(stay).sum();
    let known: usize = mesh.clusters.iter().map(|cluster| cluster.peers.len()).sum();
    let Some(first) = mesh.clusters.first().filter(|_| known < all) else { return };
    let knows = mesh.clusters.iter().map(|cluster| {
        let peers: Vec<String> = cluster
            .peers
            .iter()
            .filter_map(|peer| mesh.cluster(*peer))
            .map(|peer| format!("`{}`", peer.name))
            .collect();
        match peers.is_empty() {
            true => format!("`{}` knows no other", cluster.name),
            false => format!("`{}` knows {}", cluster.name, peers.join(", ")),
        }
    });
    findings.push(
        Finding::new(FC517, format!("{known} of {all} peers are rendered: the others are not needed"))
            .at(first.origin.place)
            .help(format!(
                "a cluster knows those whose global services something in it may call:\n{}",
                knows.collect::<Vec<_>>().join("\n")
            )),
    );
}
