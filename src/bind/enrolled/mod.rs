//! Services behind waypoints: what the waypoint lets through, and the lock behind it (SPEC section 5, enforcement point).
//!
//! ztunnel sees the waypoint as the caller, and a waypoint sees no policy with a selector. So a governed Service that is
//! enrolled gets one policy of its own at the waypoint, and its pods a lock: nobody but the waypoints, and whom
//! exceptions name, may call them straight. Policies on those pods are not written at ztunnel besides.
//!
//! What one policy at a waypoint cannot say is refused: it stands before a Service, and cannot tell its pods apart.

mod allowed;
mod locks;
mod uniform;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::access::waypoint_gateway;
use super::encoding::Subject;
use super::inventory::is_gateway;
use super::mesh::{
    Enrolled, Governed, Lift, Obstacle, Ports, Request, Service, ServicePort, ServiceRule, Unattached, Whom,
};
use super::selection::matches;
use crate::manifest::Labels;
use crate::report::codes::{FC406, FC412, FC425, FC428};
use crate::report::{Finding, Findings};
use crate::source::{Origin, Place};

pub use allowed::Law;
use allowed::{Allowed, Pods};
pub use uniform::uniform;

/// One namespace while its Services are put behind their waypoints.
pub struct Enrolling<'a> {
    /// The namespace.
    pub subject: Subject<'a>,
    /// Who may call what.
    pub law: Law<'a>,
    /// Why there is a boundary.
    pub origins: BTreeSet<Origin>,
}

/// What stands behind waypoints in one namespace.
#[derive(Debug, Default)]
pub struct Behind {
    /// The Services.
    pub services: Vec<Enrolled>,
    /// The workloads whose pods are locked.
    pub locked: BTreeSet<usize>,
    /// What exceptions let in beside the locks.
    pub lifts: Vec<Lift>,
}

/// What a Service may have behind it.
struct Samples<'a> {
    /// The workloads of the inventory.
    workloads: Vec<Pods<'a>>,
    /// A pod that carries what the Service asks for and nothing else, as one to come may.
    bare: Pods<'a>,
}

impl<'a> Samples<'a> {
    fn all(&self) -> impl Iterator<Item = Pods<'a>> {
        self.workloads.iter().copied().chain([self.bare])
    }
}

impl<'a> Enrolling<'a> {
    /// Puts every governed Service that is enrolled behind its waypoint, and marks the classes that the locks stand for.
    pub fn enrol(&self, governed: &mut [Governed], findings: &mut Findings) -> Behind {
        let mut behind = Behind::default();
        let naming =
            |(_, service): &(&String, &Service)| service.waypoint.is_some() || service.unattached.is_some();
        for (name, service) in self.subject.namespace.services.iter().filter(naming) {
            let samples = self.samples(service);
            if !samples.all().any(|pods| self.law.governs(pods)) {
                continue;
            }
            if let Some(unattached) = &service.unattached {
                findings.extend_from(self.unattached(name, service, unattached));
            }
            let Some(waypoint) = &service.waypoint else { continue };
            if let Some(key) = service.volatile.first() {
                let message = format!(
                    "service `{name}` of {} is behind a waypoint and selects pods by `{key}`, which changes with every pod or revision",
                    self.subject.shown
                );
                let help =
                    "the lock on its pods would soon select nothing: select the pods by a label that stays";
                findings.push(self.about(Finding::new(FC406, message), name, service.place).help(help));
                continue;
            }
            behind.services.push(Enrolled {
                service: name.clone(),
                place: service.place,
                waypoint: waypoint.clone(),
                rules: self.rules(name, service, &samples, findings),
                lock: None,
                origins: self.origins(&samples),
            });
            behind.locked.extend(&service.workloads);
        }
        self.past_waypoints(&behind.locked, findings);
        self.locks(&mut behind, findings);
        self.stand_for(&behind, governed, findings);
        behind
    }

    fn samples(&self, service: &'a Service) -> Samples<'a> {
        static NOTHING: Labels = Labels::new();
        static EVERY_PORT: Ports = Ports::AllBut(BTreeSet::new());
        let workloads =
            service.workloads.iter().filter_map(|index| self.subject.namespace.workloads.get(*index));
        let labels = service.selector.as_ref().unwrap_or(&NOTHING);
        Samples {
            workloads: workloads
                .map(|workload| Pods {
                    labels: &workload.labels,
                    listens: workload.gateway.then_some(&workload.listens),
                })
                .collect(),
            bare: Pods { labels, listens: is_gateway(labels).then_some(&EVERY_PORT) },
        }
    }

    fn about(&self, finding: Finding, service: &str, place: Place) -> Finding {
        finding.at(place).object(format!("Service/{}/{service}", self.subject.name))
    }

    /// What the waypoint lets through to a Service, port by port.
    fn rules(
        &self,
        name: &str,
        service: &Service,
        samples: &Samples<'_>,
        findings: &mut Findings,
    ) -> Vec<ServiceRule> {
        let mut by_callers: BTreeMap<(Arc<Request>, Whom), BTreeSet<u16>> = BTreeMap::new();
        let mut told = false;
        for port in &service.ports {
            let (allowed, differing) = self.at_port(port, samples);
            if let (Some(differing), false) = (differing, told) {
                told = true;
                findings.push(self.differing(name, service, port, differing));
            }
            for (request, whom) in allowed.0 {
                // without identity nobody gets to a waypoint
                let callers = if whom == Whom::Everybody { whom } else { whom.identified() };
                if !callers.is_nobody() {
                    by_callers.entry((request, callers)).or_default().insert(port.number);
                }
            }
        }
        let rule = |((request, callers), ports)| ServiceRule { ports, callers, request };
        let mut rules: Vec<ServiceRule> = by_callers.into_iter().map(rule).collect();
        rules.sort();
        rules
    }

    /// At most what holds for every pod behind a port of a Service, those to come included, and a workload of the
    /// inventory for which more does.
    fn at_port(&self, port: &ServicePort, samples: &Samples<'_>) -> (Allowed, Option<usize>) {
        // where the pods' port cannot be told it may be any
        let targets: Vec<Option<u16>> = match port.target {
            Ok(target) => vec![Some(target)],
            Err(_) => self.law.named_ports().into_iter().map(Some).chain([None]).collect(),
        };
        let at = |pods: Pods<'_>| -> Vec<Allowed> {
            targets.iter().map(|target| self.law.allowed(pods, *target)).collect()
        };
        let least = samples.all().flat_map(at).reduce(|least, here| least.both(&here)).unwrap_or_default();
        let differs = |pods: &Pods<'_>| at(*pods).iter().any(|here| !here.is_alike(&least));
        let differing = samples.workloads.iter().position(differs);
        (least, differing)
    }

    /// FC412, FC428: `differing` is the position of a workload behind the Service.
    fn differing(&self, name: &str, service: &Service, port: &ServicePort, differing: usize) -> Finding {
        let shown = format!("service `{name}` of {}", self.subject.shown);
        let finding = match &port.target {
            Err(why) => Finding::new(FC412, format!("the target port of {shown} cannot be told: {why}"))
                .help("give the Service a numeric targetPort, or the same named port to the containers of all its workloads"),
            Ok(_) => Finding::new(
                FC428,
                format!("the pods behind {shown} may be called by different callers, and its waypoint cannot tell them apart"),
            )
            .help(
                "a policy at a waypoint is about the Service: let the same policies and exceptions select all its pods, \
                 export every Service that they stand behind to the same workspaces, \
                 or give pods that differ a Service of their own",
            ),
        };
        let workload =
            service.workloads.get(differing).and_then(|index| self.subject.namespace.workloads.get(*index));
        let finding = self.about(finding, name, service.place);
        match workload {
            Some(workload) => finding.because(
                format!(
                    "{} `{}` takes callers whom other pods behind the Service do not",
                    workload.kind, workload.name
                ),
                workload.place,
            ),
            None => finding,
        }
    }

    /// FC425: the Service counts on a waypoint that does not stand before it. One that is not for Services is no
    /// misunderstanding.
    fn unattached(&self, name: &str, service: &Service, unattached: &Unattached) -> Option<Finding> {
        let Unattached { namespace, name: gateway, because } = unattached;
        let waypoint = format!("waypoint `{namespace}/{gateway}`");
        let (why, place, help) = match because {
            Obstacle::NotForServices(_) => return None,
            Obstacle::Missing => (
                format!("{waypoint} is not in the inventory"),
                None,
                format!(
                    "run it, and put it below `clusters/`:\n{}\nor take the label off",
                    waypoint_gateway(namespace, gateway)
                ),
            ),
            Obstacle::Class(class, place) => (
                format!("{waypoint} is of class `{class}`"),
                Some(*place),
                "policies are written for Istio's own waypoints: `gatewayClassName: istio-waypoint`".to_owned(),
            ),
            Obstacle::NamespaceRefused(place) => (
                format!("{waypoint} takes nothing of this namespace"),
                Some(*place),
                "let its listener admit the namespace:\n  listeners:\n  - name: mesh\n    port: 15008\n    protocol: HBONE\n    allowedRoutes:\n      namespaces:\n        from: All".to_owned(),
            ),
        };
        let message = format!(
            "service `{name}` of {} is governed and enrolled, but {why}: its callers would be judged by nobody",
            self.subject.shown
        );
        let finding = self.about(Finding::new(FC425, message), name, service.place).help(help);
        Some(match place {
            Some(place) => finding.because("the Gateway", place),
            None => finding,
        })
    }

    /// The objects that decide who may call a Service.
    fn origins(&self, samples: &Samples<'_>) -> BTreeSet<Origin> {
        let mut origins = BTreeSet::new();
        for pods in samples.all() {
            origins.extend(self.law.governing(pods).map(|policy| policy.origin.clone()));
            let exports = self.law.exports.iter().filter(|export| matches(&export.selector, pods.labels));
            origins.extend(exports.flat_map(|export| export.origins.iter().cloned()));
            let covering =
                self.law.exceptions.iter().filter(|exception| matches(&exception.selector, pods.labels));
            origins.extend(covering.map(|exception| exception.origin.clone()));
        }
        origins.extend(self.origins.iter().cloned());
        origins
    }
}
