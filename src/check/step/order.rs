//! FC620: trust that some order of syncing breaks.

use super::Step;
use super::trusts::cluster_trusts;
use crate::bind::Mesh;
use crate::report::codes::FC620;
use crate::report::{Finding, Findings};
use crate::trust::{Break, Hazard, any_order, split};

/// Every pair of clusters, each before or after the change.
pub fn order(step: &Step<'_>, findings: &mut Findings) {
    let Err(refused) =
        any_order(&cluster_trusts(step.before, Some(step.after)), &cluster_trusts(step.after, None))
    else {
        return;
    };
    let mut told: Vec<Vec<Break>> = Vec::new();
    for found in refused.breaks {
        let together = |group: &&mut Vec<Break>| {
            group.first().is_some_and(|first| {
                let cluster = matches!(found.hazard, Hazard::UntrustedRoot(_))
                    || first.shows.cluster == found.shows.cluster;
                first.hazard.is_mended_with(&found.hazard) && cluster
            })
        };
        match told.iter_mut().find(together) {
            Some(group) => group.push(found),
            None => told.push(vec![found]),
        }
    }
    for group in &told {
        let Some((first, others)) = group.split_first() else { continue };
        let mut help: Vec<String> = others.iter().map(|other| format!("and {other}")).collect();
        let steps = split(group);
        if steps.is_empty() {
            help.push("no split of the change is safe: take the traffic away first, or bring a new cluster up beside".into());
        } else {
            help.push("safe, one merge each:".into());
            help.extend(steps.iter().enumerate().map(|(index, step)| format!("{}. {step}", index + 1)));
        }
        let finding = Finding::new(FC620, first.to_string()).help(help.join("\n"));
        findings.push(located(finding, first, step.after));
    }
}

/// At the cluster that shows, or the one that verifies if the former is gone.
fn located(finding: Finding, found: &Break, after: &Mesh) -> Finding {
    let cluster = |name: &str| after.clusters.iter().find(|cluster| cluster.name == name);
    match cluster(&found.shows.cluster).or_else(|| cluster(&found.verifies.cluster)) {
        Some(cluster) => finding.at(cluster.origin.place).object(&*cluster.origin.name),
        None => finding,
    }
}
