//! The last stage that can refuse: what is rendered, judged by `reach` together with what others wrote, and against what
//! the fleet says must never or always hold. Cluster by cluster, nothing kept; a fleet that has neither skips it.

mod foreign;
mod invariants;
mod syncing;

pub use syncing::syncing;

use rayon::prelude::*;

use crate::bind::{ClusterId, Mesh};
use crate::reach::Destination;
use crate::report::{Finding, Findings};
use crate::world;

/// Judges every cluster. The Mesh holds no error.
pub fn judge(mesh: &Mesh, findings: &mut Findings) {
    let ids: Vec<ClusterId> = mesh.cluster_ids().map(|(id, _)| id).collect();
    let found: Vec<Findings> = ids
        .into_par_iter()
        .map(|id| {
            let mut found = Findings::default();
            let Some(cluster) = mesh.cluster(id) else { return found };
            let is_alone = cluster.foreign.is_empty() && cluster.claimed.is_empty();
            if is_alone && mesh.invariants.is_empty() {
                return found;
            }
            let rendered = world::rendered(mesh, id);
            foreign::foreign_policy(mesh, cluster, &rendered, &mut found);
            invariants::invariants(mesh, id, rendered, &mut found);
            found
        })
        .collect();
    let found: Vec<Finding> = found.iter().flat_map(Findings::iter).cloned().collect();
    once(found).into_iter().for_each(|finding| findings.push(finding));
    invariants::matches_nothing(mesh, findings);
}

/// What is found in several clusters is shown in the first.
fn once(found: Vec<Finding>) -> Vec<Finding> {
    let mut first: Vec<(Finding, usize)> = Vec::new();
    for finding in found {
        let same = |(other, _): &&mut (Finding, usize)| {
            (other.code, other.place, &other.object) == (finding.code, finding.place, &finding.object)
        };
        match first.iter_mut().find(same) {
            Some((_, others)) => *others += 1,
            None => first.push((finding, 0)),
        }
    }
    let counted = first.into_iter().map(|(mut finding, others)| {
        match others {
            0 => {}
            1 => finding.message.push_str(", and so in another cluster"),
            _ => finding.message.push_str(&format!(", and so in {others} other clusters")),
        }
        finding
    });
    counted.collect()
}

/// A port for people; one that stands for all that no policy names is no number to them.
fn port(port: u16, any: bool) -> String {
    if any { "a port that no policy names".to_owned() } else { format!("port {port}") }
}

/// A class of pods for people.
fn shown(pods: &Destination<'_>) -> String {
    let namespace = pods.namespace;
    match pods.workload {
        Some(workload) => format!("{} `{namespace}/{}`", workload.kind, workload.name),
        None if pods.labels.is_empty() => format!("pods to come in namespace `{namespace}`"),
        None => {
            let labels: Vec<String> =
                pods.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("pods `{}` to come in namespace `{namespace}`", labels.join(","))
        }
    }
}
