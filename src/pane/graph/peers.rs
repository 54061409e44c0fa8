//! Which clusters know each other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, End, Graph, Kind, counted, shortened};
use crate::bind::{Cluster, ClusterId, Lifecycle, Mesh};

/// So many clusters are drawn one by one.
const FEW: usize = 4;

/// The clusters and who peers with whom. Where there are more than a few, those that know the same others share a box: a full
/// mesh is one, however many they are.
pub fn peers(mesh: &Mesh) -> Graph {
    let mut graph = Graph::new("peers", format!("Peering of the clusters of fleet {}", mesh.fleet));
    let known = Known::of(mesh);
    let alike = known.alike();
    let mut groups: BTreeMap<ClusterId, usize> = BTreeMap::new();
    for members in &alike {
        let clusters: Vec<&Cluster> = members.iter().filter_map(|id| mesh.cluster(*id)).collect();
        let group = match clusters.as_slice() {
            [only] => {
                let group = graph.group(&only.name, standing(only));
                graph.node(group, Kind::Fact, "network", &only.network);
                graph.node(group, Kind::Fact, "trust domain", &*only.trust_domain);
                graph.node(group, Kind::Fact, "gateway", address(only));
                group
            }
            several => {
                let each_other =
                    members.first().zip(members.last()).is_some_and(|(a, b)| known.knows(*a, *b));
                let alone = members.first().is_some_and(|id| known.alone(*id));
                let note = match (each_other, alone) {
                    (true, _) => "each knows every other",
                    (false, true) => "none knows another",
                    (false, false) => "none knows another of these",
                };
                let group = graph.group(counted(several.len(), "cluster"), note);
                for cluster in several {
                    let mut note = vec![address(cluster)];
                    if cluster.network != cluster.name {
                        note.push(format!("network {}", cluster.network));
                    }
                    if let standing @ ("draining" | "detached") = standing(cluster) {
                        note.push(standing.to_owned());
                    }
                    graph.node(group, Kind::Cluster, &cluster.name, note.join(", "));
                }
                group
            }
        };
        groups.extend(members.iter().map(|id| (*id, group)));
    }
    // whoever shares a box knows the same others: one member speaks for all
    let heads: Vec<(ClusterId, &BTreeSet<ClusterId>)> =
        alike.iter().filter_map(|members| Some((*members.first()?, members))).collect();
    for (index, (here, members)) in heads.iter().enumerate() {
        for (there, others) in heads.iter().skip(index + 1) {
            let (to, back) = (known.knows(*here, *there), known.knows(*there, *here));
            let (Some(from), Some(into)) = (groups.get(here), groups.get(there)) else { continue };
            let (named, other) = (names(mesh, members), names(mesh, others));
            let (from, into, says) = match (to, back) {
                (true, true) => (from, into, format!("{named} and {other} know each other")),
                (true, false) => {
                    (from, into, format!("{named} {} {other}, not the other way round", know(members)))
                }
                (false, true) => {
                    (into, from, format!("{other} {} {named}, not the other way round", know(others)))
                }
                (false, false) => continue,
            };
            let both = to && back;
            graph.edges.push(Edge { from: End::Group(*from), to: End::Group(*into), both, says });
        }
    }
    graph
}

fn names(mesh: &Mesh, members: &BTreeSet<ClusterId>) -> String {
    let names: Vec<&str> =
        members.iter().filter_map(|id| mesh.cluster(*id)).map(|cluster| cluster.name.as_str()).collect();
    shortened(&names, 6)
}

fn know(members: &BTreeSet<ClusterId>) -> &'static str {
    if members.len() == 1 { "knows" } else { "know" }
}

fn standing(cluster: &Cluster) -> &'static str {
    match cluster.lifecycle {
        Lifecycle::Member => "",
        Lifecycle::Draining => "draining",
        Lifecycle::Detached => "detached",
    }
}

fn address(cluster: &Cluster) -> String {
    let addresses: Vec<&str> =
        cluster.east_west.addresses.iter().map(|address| address.value.as_str()).collect();
    match (addresses.as_slice(), cluster.east_west.pending) {
        ([], true) => "address pending".to_owned(),
        ([], false) => "address from its own Gateway".to_owned(),
        (some, _) => shortened(some, 2),
    }
}

/// Who knows whom, both ways.
struct Known {
    out: Vec<BTreeSet<ClusterId>>,
    into: Vec<BTreeSet<ClusterId>>,
}

impl Known {
    fn of(mesh: &Mesh) -> Self {
        let out: Vec<BTreeSet<ClusterId>> =
            mesh.clusters.iter().map(|cluster| cluster.peers.clone()).collect();
        let mut into = vec![BTreeSet::new(); out.len()];
        for (id, cluster) in mesh.cluster_ids() {
            for peer in &cluster.peers {
                if let Some(known) = into.get_mut(peer.0) {
                    known.insert(id);
                }
            }
        }
        Known { out, into }
    }

    fn knows(&self, here: ClusterId, there: ClusterId) -> bool {
        self.out.get(here.0).is_some_and(|known| known.contains(&there))
    }

    fn alone(&self, id: ClusterId) -> bool {
        let empty = |side: &[BTreeSet<ClusterId>]| side.get(id.0).is_none_or(BTreeSet::is_empty);
        empty(&self.out) && empty(&self.into)
    }

    /// The clusters in sets that nothing tells apart: all of a set know each other, or none another, and all have the same
    /// others on either side. No cluster is in two such sets of several. A few are all told apart.
    fn alike(&self) -> Vec<BTreeSet<ClusterId>> {
        let mut open: BTreeMap<_, BTreeSet<ClusterId>> = BTreeMap::new();
        let mut closed: BTreeMap<_, BTreeSet<ClusterId>> = BTreeMap::new();
        for (index, (out, into)) in self.out.iter().zip(&self.into).enumerate() {
            let own = BTreeSet::from([ClusterId(index)]);
            open.entry((out.clone(), into.clone())).or_default().extend(&own);
            closed.entry((out | &own, into | &own)).or_default().extend(&own);
        }
        let several = open.into_values().chain(closed.into_values()).filter(|set| set.len() > 1);
        let mut alike: Vec<BTreeSet<ClusterId>> =
            if self.out.len() > FEW { several.collect() } else { Vec::new() };
        let placed: BTreeSet<ClusterId> = alike.iter().flatten().copied().collect();
        let left = (0..self.out.len()).map(ClusterId).filter(|id| !placed.contains(id));
        alike.extend(left.map(|id| BTreeSet::from([id])));
        alike.sort();
        alike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mesh(peers: &[&[usize]]) -> Mesh {
        let cluster = |(index, peers): (usize, &&[usize])| Cluster {
            name: format!("c{index}"),
            peers: peers.iter().map(|peer| ClusterId(*peer)).collect(),
            ..Cluster::default()
        };
        Mesh { clusters: peers.iter().enumerate().map(cluster).collect(), ..Mesh::default() }
    }

    fn drawn(peers_of: &[&[usize]]) -> (Vec<String>, Vec<String>) {
        let graph = peers(&mesh(peers_of));
        let groups = graph.groups.iter().map(|group| format!("{}: {}", group.title, group.note)).collect();
        (groups, graph.edges.into_iter().map(|edge| edge.says).collect())
    }

    #[test]
    fn a_full_mesh_is_one_box() {
        let (groups, edges) =
            drawn(&[&[1, 2, 3, 4], &[0, 2, 3, 4], &[0, 1, 3, 4], &[0, 1, 2, 4], &[0, 1, 2, 3]]);
        assert_eq!(groups, ["5 clusters: each knows every other"]);
        assert!(edges.is_empty());
        let (groups, edges) = drawn(&[&[1], &[0]]);
        assert_eq!(
            (groups, edges),
            (vec!["c0: ".to_owned(), "c1: ".to_owned()], vec!["c0 and c1 know each other".to_owned()])
        );
    }

    #[test]
    fn spokes_of_a_hub_share_a_box_and_one_arrow() {
        let (groups, edges) = drawn(&[&[1, 2, 3, 4], &[0], &[0], &[0], &[0]]);
        assert_eq!(groups, ["c0: ", "4 clusters: none knows another of these"]);
        assert_eq!(edges, ["c0 and c1, c2, c3, c4 know each other"]);
    }

    #[test]
    fn a_cluster_that_leaves_is_told_apart() {
        // nobody knows 4 any more, which still knows the others
        let (groups, edges) = drawn(&[&[1, 2, 3], &[0, 2, 3], &[0, 1, 3], &[0, 1, 2], &[0, 1, 2, 3]]);
        assert_eq!(groups, ["4 clusters: each knows every other", "c4: "]);
        assert_eq!(edges, ["c4 knows c0, c1, c2, c3, not the other way round"]);
    }
}
