//! Revisions of control planes: which one serves what names none.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::installation::{Installation, Manager};
use super::{Component, Release};
use crate::bind::Cluster;
use crate::report::{Finding, Findings, codes};
use crate::source::Place;

/// The tag by which a control plane serves Gateways and namespaces that name no revision (istio: pkg/revisions,
/// manifests/charts/istio-control/istio-discovery/templates/revision-tags-mwc.yaml).
const DEFAULT: &str = "default";

/// The revision that a cluster's Gateways have to name: that of its control plane, where none serves those that name none.
pub fn unlabelled_revision(releases: &[Release]) -> Option<String> {
    let mut control = releases.iter().filter(|release| release.component == Component::Istiod).peekable();
    let main = control.peek()?.revision.clone()?;
    let serves_unnamed =
        |release: &Release| release.revision.is_none() || tags(release).any(|tag| tag == DEFAULT);
    (!control.any(serves_unnamed)).then_some(main)
}

/// Warns of control planes that serve nothing which does not name them. Among several there has to be a default one anyway.
pub fn check_revisions(
    clusters: &[Cluster],
    releases: &BTreeMap<String, Vec<Release>>,
    installations: &[Installation<'_>],
    findings: &mut Findings,
) {
    let mut unserved: BTreeMap<(Place, String), (String, Vec<&str>)> = BTreeMap::new();
    for cluster in clusters {
        let own = releases.get(&cluster.name).map_or(&[][..], Vec::as_slice);
        let control = own.iter().filter(|release| release.component == Component::Istiod).count();
        let Some(revision) = unlabelled_revision(own).filter(|_| control == 1) else { continue };
        let names = |entry: &&Installation<'_>| {
            entry.manager == Manager::Istio
                && entry.revision.is_some_and(|own| own.value == revision)
                && own.iter().any(|release| release.origins.contains(&entry.origin))
        };
        let Some(entry) = installations.iter().find(names) else { continue };
        let place = entry.revision.map_or(entry.place, |revision| revision.place);
        let unserved =
            unserved.entry((place, revision)).or_insert((entry.origin.name.to_string(), Vec::new()));
        unserved.1.push(&cluster.name);
    }
    for ((place, revision), (origin, clusters)) in unserved {
        let clusters: Vec<String> = clusters.iter().map(|cluster| format!("`{cluster}`")).collect();
        let message = format!("revision `{revision}` is not the default one of {}", clusters.join(", "));
        let help = "write `defaultRevision: true` beside the clusters' names; without it a waypoint, a Gateway or a \
                    namespace that does not say `istio.io/rev` has no control plane there (what fleetc renders says it)";
        findings.push(Finding::new(codes::FC715, message).at(place).help(help).object(origin));
    }
}

/// A gateway follows a control plane that is there, by its revision or one of its tags.
pub fn check_gateway_revision(
    cluster: &Cluster,
    gateways: &Installation<'_>,
    releases: &[Release],
    report: &mut impl FnMut(Finding),
) {
    let control: Vec<&Release> =
        releases.iter().filter(|release| release.component == Component::Istiod).collect();
    let Some(own) = gateways.revision.filter(|_| !control.is_empty()) else { return };
    let is_there = |release: &&Release| {
        release.revision.as_ref() == Some(&own.value) || tags(release).any(|tag| tag == own.value)
    };
    if control.iter().any(is_there) {
        return;
    }
    let known: Vec<String> = control
        .iter()
        .map(|release| release.revision.as_ref().map_or("none".into(), |name| format!("`{name}`")))
        .collect();
    let message =
        format!("gateways would look for a control plane of revision `{own}` in cluster `{}`", cluster.name);
    let help = format!("the cluster's revision is {}; leave the line out: it is filled in", known.join(", "));
    report(Finding::new(codes::FC115, message).at(own.place).help(help));
}

/// Chart `istiod`, `revisionTags`.
fn tags(release: &Release) -> impl Iterator<Item = &str> {
    let tags = release.values.get("revisionTags").and_then(Json::as_array);
    tags.into_iter().flatten().filter_map(Json::as_str)
}
