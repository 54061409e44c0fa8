//! In which order a change reaches the clusters.

use crate::admit::Admitted;
use crate::bind::clusters::clusters_named;
use crate::bind::mesh::Cluster;
use crate::bind::selection::{is_glob, matches};
use crate::bind::tenancy::{all_named, unknown_cluster};
use crate::kinds::delivery::Wave;
use crate::report::{Finding, Findings, codes};
use crate::source::Origin;

/// Gives each cluster the first wave that names it, and says how many waves there are. A cluster that none names comes
/// last, so that a new one is never the first to get a change.
pub fn bind_waves(
    waves: &[Wave],
    fleet: &Origin,
    admitted: &Admitted,
    clusters: &mut [Cluster],
    findings: &mut Findings,
) -> usize {
    let mut of_cluster: Vec<Option<usize>> = vec![None; clusters.len()];
    for (number, wave) in waves.iter().enumerate() {
        let mut taken = false;
        for index in named(wave, admitted, clusters, fleet, findings) {
            if let Some(slot @ None) = of_cluster.get_mut(index) {
                *slot = Some(number);
                taken = true;
            }
        }
        if !taken && !admitted.refused.iter().any(|object| object.starts_with("KubernetesCluster/")) {
            let message = format!("wave `{}` has no cluster that an earlier one does not have", wave.name);
            let help = "take it out, or put it before the wave that names its clusters";
            findings.push(
                Finding::new(codes::FC714, message).at(wave.name.place).help(help).object(&*fleet.name),
            );
        }
    }
    let mut count = waves.len();
    for (cluster, number) in clusters.iter_mut().zip(of_cluster) {
        cluster.wave = number.unwrap_or(waves.len());
        if number.is_none() && !waves.is_empty() {
            count = waves.len() + 1;
            let message = format!("cluster `{}` is in no wave: a change reaches it last", cluster.name);
            let finding = Finding::new(codes::FC714, message).at(cluster.origin.place);
            let help = "give it a label that a wave selects, or close `waves` with `clusters: ['*']`";
            findings.push(finding.help(help).object(&*cluster.origin.name));
        }
    }
    count
}

/// The clusters that a wave names or selects.
fn named(
    wave: &Wave,
    admitted: &Admitted,
    clusters: &[Cluster],
    fleet: &Origin,
    findings: &mut Findings,
) -> Vec<usize> {
    let labelled =
        |index: &usize| clusters.get(*index).is_some_and(|cluster| matches(&wave.selector, &cluster.labels));
    if wave.clusters.is_empty() {
        return (0..clusters.len()).filter(labelled).collect();
    }
    let mut found = Vec::new();
    for name in &wave.clusters {
        let here = clusters_named(name, clusters);
        let refused = || admitted.refused.iter().any(|object| object.starts_with("KubernetesCluster/"));
        if here.is_empty() && !refused() {
            let finding = match is_glob(name) {
                true => Finding::new(codes::FC203, format!("no cluster is named like `{name}`"))
                    .at(name.place)
                    .help(all_named(clusters)),
                false => unknown_cluster(name, name.place, clusters),
            };
            findings.push(finding.object(&*fleet.name));
        }
        found.extend(here.into_iter().filter(labelled));
    }
    found
}
