//! Which versions run together.

use std::collections::BTreeMap;

use super::version::minor;
use super::{Component, Release};
use crate::bind::Cluster;
use crate::report::{Finding, Findings, codes};
use crate::source::Place;

/// istiod serves node proxies and plugins of its own minor version and of the one before (istio.io, "supported releases":
/// the control plane is upgraded first). Versions that are only names are not judged.
pub fn check_lockstep(
    clusters: &[Cluster],
    releases: &BTreeMap<String, Vec<Release>>,
    findings: &mut Findings,
) {
    let mut seen: Vec<(&str, &Cluster)> = Vec::new();
    for cluster in clusters {
        let of_cluster = releases.get(&cluster.name).map_or(&[][..], Vec::as_slice);
        let release = |component| of_cluster.iter().find(|release| release.component == component);
        let Some(istiod) = release(Component::Istiod) else { continue };
        let followed = |of: &Release| {
            let mut control = of_cluster.iter().filter(|other| other.component == Component::Istiod);
            control.find(|control| control.revision == of.revision).unwrap_or(istiod).clone()
        };
        for (name, other) in
            [("ztunnel", release(Component::Ztunnel)), ("istio-cni", release(Component::Cni))]
        {
            if let Some(other) = other {
                check_pair(cluster, &followed(other), name, other, findings);
            }
        }
        if seen.iter().all(|(version, _)| *version != istiod.version) {
            seen.push((&istiod.version, cluster));
        }
    }
    let [(first, cluster), others @ ..] = seen.as_slice() else { return };
    for (version, other) in others {
        let says =
            |version: &str, cluster: &Cluster| format!("cluster `{}` runs Istio `{version}`", cluster.name);
        let finding = Finding::new(codes::FC708, says(version, other))
            .at(other.origin.place)
            .because(says(first, cluster), cluster.origin.place)
            .help("bring them to one version when the upgrade is through");
        findings.push(finding.object(&*other.origin.name));
    }
}

fn check_pair(cluster: &Cluster, istiod: &Release, name: &str, other: &Release, findings: &mut Findings) {
    let (Some(control), Some(data)) = (minor(&istiod.version), minor(&other.version)) else { return };
    let supported = control.0 == data.0 && data.1 <= control.1 && control.1 - data.1 <= 1;
    if supported {
        return;
    }
    let message = format!(
        "{name} `{}` does not run with istiod `{}` in cluster `{}`",
        other.version, istiod.version, cluster.name
    );
    let place = manager(other).or(manager(istiod)).unwrap_or(cluster.origin.place);
    let mut finding = Finding::new(codes::FC707, message).at(place);
    if let Some(place) = manager(istiod).filter(|istiod| *istiod != place) {
        finding = finding.because("istiod is installed from here", place);
    }
    let help = format!("{name} is istiod's minor version or the one before; upgrade istiod first");
    findings.push(finding.help(help).object(&*cluster.origin.name));
}

/// The manager that has the last word about a release.
fn manager(release: &Release) -> Option<Place> {
    let managers = release.origins.iter().filter(|origin| origin.name.contains("LifecycleManager/"));
    let dedicated = managers.clone().find(|origin| !origin.name.starts_with("IstioLifecycleManager/"));
    dedicated.or(managers.clone().next()).map(|origin| origin.place)
}
