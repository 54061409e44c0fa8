//! One Service in several clusters: the caller's cluster may be the one that judges.
//!
//! A call to a Service that several clusters have passes the waypoint of the cluster it starts in, if that has one, and is
//! not judged by another one again. So what a waypoint lets through is the same in every cluster that has it, the clusters
//! without pods, or without the Service, included.

use std::collections::BTreeMap;

use crate::bind::mesh::{Cluster, Enrolled};
use crate::report::codes::FC427;
use crate::report::{Finding, Findings};

/// Refuses Services whose waypoints would let through different callers (FC427), and writes what one lets through into the
/// clusters that have the waypoint but not the Service.
pub fn uniform(clusters: &mut [Cluster], findings: &mut Findings) {
    let mut first: BTreeMap<(String, String), (usize, Enrolled)> = BTreeMap::new();
    for (index, cluster) in clusters.iter().enumerate() {
        for (name, namespace) in &cluster.namespaces {
            for enrolled in &namespace.access.enrolled {
                let key = (name.clone(), enrolled.service.clone());
                first.entry(key).or_insert_with(|| (index, enrolled.clone()));
            }
        }
    }
    for ((namespace, service), (index, enrolled)) in first {
        let home = clusters.get(index).map_or_else(String::new, |cluster| cluster.name.clone());
        for cluster in clusters.iter_mut() {
            if cluster.name == home {
                continue;
            }
            let key = (enrolled.waypoint.namespace.clone(), enrolled.waypoint.name.clone());
            let runs_waypoint = cluster.waypoints.contains_key(&key);
            let Some(there) = cluster.namespaces.get_mut(&namespace) else { continue };
            let at_waypoint = there.access.enrolled.iter().find(|other| other.service == service);
            let what = match (at_waypoint, there.services.get(&service)) {
                (Some(other), _) if other.rules == enrolled.rules => continue,
                (Some(other), _) => (other.place, "lets through other callers"),
                (None, Some(other)) if other.waypoint.is_some() => (other.place, "lets everybody through"),
                (None, Some(other)) if runs_waypoint && !other.headless => {
                    (other.place, "runs the waypoint too, and the Service is not enrolled there")
                }
                (None, Some(_)) => continue,
                (None, None) => {
                    if runs_waypoint && there.place.is_some() {
                        there.access.enrolled.push(Enrolled { lock: None, ..enrolled.clone() });
                        there.access.enrolled.sort_by(|a, b| a.service.cmp(&b.service));
                    }
                    continue;
                }
            };
            let (place, what) = what;
            let message = format!(
                "service `{namespace}/{service}` is judged by the waypoint of the cluster that a call starts in: `{}` {what}",
                cluster.name
            );
            findings.push(
                Finding::new(FC427, message)
                    .at(place)
                    .object(format!("Service/{namespace}/{service}"))
                    .because(format!("the Service in cluster `{home}`"), enrolled.place)
                    .help(
                        "enrol the Service alike in every cluster, with the same ports, and let exports and policies name it \
                         without naming a cluster; or give one of them another name",
                    ),
            );
        }
    }
}
