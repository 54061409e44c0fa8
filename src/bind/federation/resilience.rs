//! FailoverPolicies and OutlierDetectionPolicies: what ztunnel and waypoints honour of them.

use std::collections::BTreeMap;

use super::claim::{Backing, Claim};
use super::{Federation, Grounds, matches};
use crate::bind::{ClusterId, OutlierLimits, OutlierRule};
use crate::kinds::failover_policy::FailoverConfig;
use crate::kinds::selector::{DestinationKind, DestinationSelector, ObjectSelector};
use crate::kinds::{
    ADMIN_NAMESPACE, FailoverPolicySpec, Intents, Object, OutlierDetectionPolicySpec, Spot,
    VirtualDestinationSpec,
};
use crate::report::codes::{FC112, FC203, FC524, FC525, FC526};
use crate::report::{Finding, Findings};
use crate::source::{Origin, Place};

/// Sets [`crate::bind::GlobalHost::near_first`], and binds what waypoints are to do about pods that fail.
pub fn bind_resilience(
    intents: &Intents,
    grounds: &Grounds<'_>,
    federation: &mut Federation,
    findings: &mut Findings,
) -> Vec<OutlierRule> {
    for object in &intents.failover_policies {
        let claim = Claim::new("FailoverPolicy", object, grounds, findings);
        failover(claim, object, &intents.virtual_destinations, federation);
    }
    let mut rules = BTreeMap::new();
    for object in &intents.outlier_detection_policies {
        let claim = Claim::new("OutlierDetectionPolicy", object, grounds, findings);
        outliers(claim, object, &mut rules);
    }
    rules.into_values().map(|(rule, _)| rule).collect()
}

/// ztunnel knows no mapping of localities: it takes the nearest pods and goes on by distance (istio:
/// pilot/pkg/model/service.go, GetTrafficDistribution).
fn failover(
    mut claim: Claim<'_>,
    object: &Object<FailoverPolicySpec>,
    virtual_destinations: &[Object<VirtualDestinationSpec>],
    federation: &mut Federation,
) {
    if let Some(place) = object.spec.config.as_ref().and_then(mapping) {
        claim.push(
            Finding::new(FC524, "ztunnel fails over to what is nearest, and by no mapping or labels")
                .at(place)
                .help(
                    "write `localityMappings: []`: the same zone first, then the same region, then anywhere",
                ),
        );
        return;
    }
    for destination in &object.spec.apply_to_destinations {
        if refused(&mut claim, destination) {
            continue;
        }
        if destination.kind() == DestinationKind::Service {
            claim.push(
                Finding::new(FC524, "how calls to a Service are spread is said by the Service itself")
                    .at(destination.place)
                    .help("annotate it with `networking.istio.io/traffic-distribution: PreferClose`; fleetc sets one label on Services of teams, and nothing else"),
            );
            continue;
        }
        let mut found = false;
        for virtual_destination in virtual_destinations {
            if !selects(&claim, destination.selector.as_ref(), virtual_destination) {
                continue;
            }
            found = true;
            near_first(&mut claim, destination, virtual_destination, federation);
        }
        if !found {
            claim.push(
                Finding::new(FC203, "no VirtualDestination within reach matches this entry")
                    .at(destination.place)
                    .help("outside the admin namespace they are those of the own workspace"),
            );
        }
    }
}

/// Where a policy asks for more than distance.
fn mapping(config: &FailoverConfig) -> Option<Place> {
    let mapping = config.locality_mappings.iter().flatten().next().map(|mapping| mapping.place);
    mapping.or(config.priority_labels.as_ref().map(|labels| labels.place))
}

fn near_first(
    claim: &mut Claim<'_>,
    destination: &DestinationSelector,
    object: &Object<VirtualDestinationSpec>,
    federation: &mut Federation,
) {
    let reference = object.reference("VirtualDestination");
    let host =
        federation.hosts.iter_mut().find(|host| host.origins.iter().any(|origin| *origin.name == *reference));
    match host {
        Some(host) => {
            host.near_first.insert(claim.origin.clone());
        }
        // withdrawn, or refused for reasons of its own
        None if object.spec.hosts.iter().any(|host| claim.given(host).is_none()) => {}
        None => claim.push(
            Finding::new(FC524, format!("the hosts of `{}` are Services' own names", object.name))
                .at(destination.place)
                .because("this VirtualDestination", object.place)
                .help("annotate the Services with `networking.istio.io/traffic-distribution: PreferClose`; a host of its own can be told here"),
        ),
    }
}

/// Services by (cluster, namespace, name): the rule, and where it was asked for.
type Rules = BTreeMap<(ClusterId, String, String), (OutlierRule, (Origin, Place))>;

/// A waypoint leaves out pods that fail, by a DestinationRule for the Service; ztunnel asks no request whether it failed.
fn outliers(mut claim: Claim<'_>, object: &Object<OutlierDetectionPolicySpec>, rules: &mut Rules) {
    let config = object.spec.config.as_ref();
    let text = |said: Option<&Spot<String>>| said.map(|said| said.value.clone());
    let limits = OutlierLimits {
        consecutive_errors: config.and_then(|config| config.consecutive_errors).map(|said| *said),
        interval: text(config.and_then(|config| config.interval.as_ref())),
        base_ejection_time: text(config.and_then(|config| config.base_ejection_time.as_ref())),
        max_ejection_percent: config.and_then(|config| config.max_ejection_percent).map(|said| *said),
    };
    for destination in &object.spec.apply_to_destinations {
        if refused(&mut claim, destination) {
            continue;
        }
        if destination.kind() != DestinationKind::Service {
            claim.push(
                Finding::new(FC525, "a host of its own has no waypoint that could leave out pods that fail")
                    .at(destination.place)
                    .help("select the Services behind it, where they are behind a waypoint"),
            );
            continue;
        }
        let found = claim.services(&selector(destination));
        if found.is_empty() {
            claim.push(
                Finding::new(FC203, "no Service of the inventory within reach matches this entry")
                    .at(destination.place)
                    .help("check the selector against the Services below `clusters/`"),
            );
        }
        for one in found {
            outlier_rule(&mut claim, destination, one, &limits, rules);
        }
    }
}

fn outlier_rule<'a>(
    claim: &mut Claim<'a>,
    destination: &DestinationSelector,
    one: Backing<'a>,
    limits: &OutlierLimits,
    rules: &mut Rules,
) {
    let shown = format!("Service `{}/{}` in cluster `{}`", one.namespace_name, one.name, one.cluster.name);
    if one.service.waypoint.is_none() {
        claim.push(
            Finding::new(FC525, format!("{shown} is behind no waypoint, and ztunnel leaves out no pods that fail"))
                .at(destination.place)
                .because("the Service", one.service.place)
                .help("enrol it in a waypoint, `istio.io/use-waypoint`; or leave it out of the selector: a pod that is not ready is called by nobody"),
        );
        return;
    }
    let key = (one.id, one.namespace_name.to_owned(), one.name.to_owned());
    let here = (claim.origin.clone(), destination.place);
    if let Some((rule, (first, place))) = rules.get_mut(&key) {
        if rule.limits == *limits {
            rule.origins.insert(claim.origin.clone());
            return;
        }
        let finding = Finding::new(FC526, format!("{shown} gets other limits from `{}`", first.name))
            .at(destination.place)
            .because("there", *place)
            .help("one rule counts: let one policy select the Service");
        claim.push(finding);
        return;
    }
    let rule = OutlierRule {
        cluster: one.id,
        namespace: one.namespace_name.to_owned(),
        service: one.name.to_owned(),
        limits: limits.clone(),
        origins: [claim.origin.clone()].into(),
    };
    rules.insert(key, (rule, here));
}

/// What no policy of resilience can be about here.
fn refused(claim: &mut Claim<'_>, destination: &DestinationSelector) -> bool {
    let message = match (&destination.port, destination.kind()) {
        (Some(_), _) => "a policy of resilience for one port is real, but fleetc does not compile it",
        (None, DestinationKind::ExternalService) => {
            "an ExternalService is real, but fleetc does not compile it"
        }
        (None, DestinationKind::Service | DestinationKind::VirtualDestination) => return false,
    };
    claim.push(
        Finding::new(FC112, message)
            .at(destination.place)
            .help("select whole Services or VirtualDestinations"),
    );
    true
}

/// Any within reach, where none is said.
fn selector(destination: &DestinationSelector) -> ObjectSelector {
    destination.selector.clone().unwrap_or(ObjectSelector {
        place: destination.place,
        labels: Default::default(),
        name: None,
        namespace: None,
        cluster: None,
        workspace: None,
    })
}

/// Whether a VirtualDestination is within reach of the policy, and selected.
fn selects(
    claim: &Claim<'_>,
    selector: Option<&ObjectSelector>,
    object: &Object<VirtualDestinationSpec>,
) -> bool {
    let namespace = object.namespace.as_str();
    let owner = claim.grounds.clusters.iter().find_map(|cluster| cluster.namespaces.get(namespace)?.owner());
    let reached = claim.home == ADMIN_NAMESPACE
        || namespace == claim.home
        || (owner.is_some() && owner == claim.owner());
    let Some(selector) = selector else { return reached };
    let is = |wanted: &Option<Spot<String>>, value: Option<&str>| {
        wanted.as_ref().is_none_or(|wanted| Some(wanted.as_str()) == value)
    };
    let workspace = owner.and_then(|owner| claim.grounds.workspaces.get(owner.0));
    reached
        && matches(&selector.labels, &object.labels)
        && is(&selector.name, Some(&object.name))
        && is(&selector.namespace, Some(namespace))
        && is(&selector.workspace, workspace.map(|workspace| workspace.name.as_str()))
        && selector.cluster.is_none()
}
