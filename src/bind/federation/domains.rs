//! Segments with a domain: which clusters join them, and what their services are called besides.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Federation, Grounds, matches, origin};
use crate::bind::{Capability, Cluster, Distribution, ROOT_NAMESPACE, SegmentAlias, SegmentDomain, Service};
use crate::kinds::segment::{PatternPart, pattern_parts};
use crate::kinds::{Intents, Object, SegmentSpec, Spot};
use crate::report::codes::{FC115, FC510, FC520, FC521, FC522};
use crate::report::{Finding, Findings, closest};
use crate::source::Place;

/// What a cluster joins a segment by, on its root namespace (docs.solo.io, segments).
const MEMBERSHIP: &str = "admin.solo.io/segment";

/// Binds the domains, and sets [`Cluster::segment`].
pub fn bind_domains(
    intents: &Intents,
    distribution: Distribution,
    clusters: &mut [Cluster],
    findings: &mut Findings,
) -> Vec<Arc<SegmentDomain>> {
    let mut segments: Vec<Arc<SegmentDomain>> = Vec::new();
    for object in &intents.segments {
        let Some(domain) = &object.spec.domain else { continue };
        let mut push = |finding: Finding| findings.push(finding.object(object.reference("Segment")));
        refusals(object, domain, distribution, clusters).into_iter().for_each(&mut push);
        let twice =
            segments.iter().find(|other| other.domain == domain.value || other.name == object.name.value);
        if let Some(other) = twice {
            let (what, value) = match other.domain == domain.value {
                true => ("domain", &domain.value),
                false => ("name", &object.name.value),
            };
            let message = format!("two segments have the {what} `{value}`");
            let finding = Finding::new(FC521, message).at(object.place);
            push(finding.because("the other one", other.origin.place).help("give one of them another"));
            continue;
        }
        segments.push(Arc::new(SegmentDomain {
            name: object.name.value.clone(),
            domain: domain.value.clone(),
            aliases: object.spec.aliases.iter().map(alias).collect(),
            origin: origin("Segment", object),
        }));
    }
    join(intents, &segments, clusters, findings);
    segments
}

fn alias(alias: &crate::kinds::segment::SegmentAlias) -> SegmentAlias {
    let labels = alias.selector.as_ref().map(|selector| selector.match_labels.clone());
    SegmentAlias {
        pattern: alias.pattern.value.clone(),
        labels: labels.unwrap_or_default(),
        place: alias.pattern.place,
    }
}

/// FC510: every cluster gets every segment, whichever it joins, so every cluster must know them.
fn refusals(
    object: &Object<SegmentSpec>,
    domain: &Spot<String>,
    distribution: Distribution,
    clusters: &[Cluster],
) -> Vec<Finding> {
    let alias = object.spec.aliases.first().map(|alias| alias.pattern.place);
    let wanted = [(Capability::SegmentDomains, Some(domain.place)), (Capability::SegmentAliases, alias)];
    let refused = |(capability, place): (Capability, Option<Place>)| {
        let message =
            clusters.iter().find_map(|cluster| capability.refusal(distribution, &cluster.version))?;
        let help = "name the services by `hosts` and `selector`, which every version reads";
        Some(Finding::new(FC510, message).at(place?).help(help))
    };
    wanted.into_iter().filter_map(refused).collect()
}

/// A cluster joins the segment that its KubernetesCluster names, else the one that its root namespace has joined already.
fn join(
    intents: &Intents,
    segments: &[Arc<SegmentDomain>],
    clusters: &mut [Cluster],
    findings: &mut Findings,
) {
    for cluster in clusters {
        let object = intents.kubernetes_clusters.iter().find(|object| object.name.value == cluster.name);
        let said = object.and_then(|object| object.spec.segment.as_ref());
        let root = cluster.namespaces.get(ROOT_NAMESPACE);
        let found = root.and_then(|root| Some((root.labels.get(MEMBERSHIP)?.clone(), root.place?)));
        let mut push = |finding: Finding| findings.push(finding.object(&*cluster.origin.name));
        if let (Some(said), Some((found, place))) = (said, &found)
            && said.value != *found
        {
            push(
                Finding::new(
                    FC115,
                    format!("cluster `{}` is to join segment `{said}`, and has joined `{found}`", cluster.name),
                )
                .at(said.place)
                .because(format!("`{ROOT_NAMESPACE}` has the label `{MEMBERSHIP}`"), *place)
                .help("names of global services change with the segment: say the same in both, when callers are ready"),
            );
        }
        let Some((name, place)) = said.map(|said| (said.value.clone(), said.place)).or(found) else {
            continue;
        };
        match segments.iter().find(|segment| segment.name == name) {
            Some(segment) => cluster.segment = Some(Arc::clone(segment)),
            None => {
                let near = closest(&name, segments.iter().map(|segment| segment.name.as_str()));
                let help = near.map_or_else(
                    || "write a Segment of that name with a `domain`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                push(
                    Finding::new(FC520, format!("no Segment with a `domain` is named `{name}`"))
                        .at(place)
                        .help(help),
                );
            }
        }
    }
}

/// The aliases of a global Service in a cluster, with the pattern's place. A pattern that needs a label or an annotation
/// that the Service does not have gives none, as in Solo's istiod.
pub fn aliases<'a>(
    cluster: &'a Cluster,
    namespace: &'a str,
    name: &'a str,
    service: &'a Service,
) -> impl Iterator<Item = (String, Place)> + 'a {
    let aliases = cluster.segment.iter().flat_map(|segment| &segment.aliases);
    aliases.filter(|alias| matches(&alias.labels, &service.labels)).filter_map(move |alias| {
        let mut host = String::new();
        for part in pattern_parts(&alias.pattern)? {
            host.push_str(match &part {
                PatternPart::Text(text) => text,
                PatternPart::Service => name,
                PatternPart::Namespace => namespace,
                PatternPart::Label(key) => service.labels.get(key)?,
                PatternPart::Annotation(key) => service.annotations.get(key)?,
            });
        }
        Some((host, alias.place))
    })
}

/// FC522, and the claims on hosts that aliases make: one name in a segment means one Service.
pub fn claim_aliases(grounds: &Grounds<'_>, federation: &mut Federation, findings: &mut Findings) {
    let mut named: BTreeMap<(&str, String), (&str, &str)> = BTreeMap::new();
    let mut claims = Vec::new();
    for global in federation.services.iter().filter(|service| !service.withdrawn) {
        let Some(cluster) = grounds.clusters.get(global.cluster.0) else { continue };
        let Some(segment) = &cluster.segment else { continue };
        let namespace = cluster.namespaces.get(&global.namespace);
        let Some(service) = namespace.and_then(|namespace| namespace.services.get(&global.name)) else {
            continue;
        };
        for (host, place) in aliases(cluster, &global.namespace, &global.name, service) {
            let own = (global.namespace.as_str(), global.name.as_str());
            let first = *named.entry((&segment.name, host.clone())).or_insert(own);
            if first != own {
                findings.push(
                    Finding::new(
                        FC522,
                        format!(
                            "alias `{host}` means Service `{}/{}` and Service `{}/{}`",
                            first.0, first.1, own.0, own.1
                        ),
                    )
                    .at(place)
                    .object(&*segment.origin.name)
                    .because("the second one", service.place)
                    .help("put `{service}` and `{namespace}` into the pattern, or select fewer Services"),
                );
            }
            claims.push((host, segment.origin.clone(), place));
        }
    }
    claims.sort_by(|a, b| (&a.0, a.2).cmp(&(&b.0, b.2)));
    claims.dedup_by(|a, b| a.0 == b.0 && a.2 == b.2);
    federation.claims.extend(claims);
}
