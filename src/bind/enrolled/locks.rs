//! The locks: who may still call the pods behind a waypoint, and what no longer has to be said there.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::allowed::Pods;
use super::{Behind, Enrolling};
use crate::bind::classes::meet;
use crate::bind::encoding::Selected;
use crate::bind::mesh::{
    Boundary, Callers, Destination, Exception, Form, Governed, Identity, Lift, Lock, LockRule, Obstacle,
    Ports, Service, Workload,
};
use crate::bind::selection::matches;
use crate::manifest::Labels;
use crate::report::codes::{FC418, FC426, FC428};
use crate::report::{Finding, Findings};

/// What to do about a waypoint that takes calls addressed to pods.
const FOR_SERVICES: &str = "policies at waypoints are about Services, and the pods would see the waypoint as the caller: \
                            label the waypoint `istio.io/waypoint-for: service`";

impl Enrolling<'_> {
    /// FC426: ways to a governed pod on which its waypoint's policy does not count.
    pub(super) fn past_waypoints(&self, locked: &BTreeSet<usize>, findings: &mut Findings) {
        for index in locked {
            let Some(workload) = self.subject.namespace.workloads.get(*index) else { continue };
            let of_workload = |(_, service): &(&String, &Service)| service.workloads.contains(index);
            let mut services = self.subject.namespace.services.iter().filter(of_workload);
            let unenrolled = services.clone().find(|(_, service)| is_unenrolled(service));
            let enrolled = services.find(|(_, service)| service.waypoint.is_some());
            if let (Some((open, service)), Some((behind, other))) = (unenrolled, enrolled) {
                let message = format!(
                    "{} `{}` of {} stands behind service `{behind}`, which is enrolled in a waypoint, and behind `{open}`, which is not",
                    workload.kind, workload.name, self.subject.shown
                );
                let finding = self.about(Finding::new(FC426, message), open, service.place);
                findings.push(finding.because("the enrolled Service", other.place).because("the workload", workload.place).help(
                    "its pods are locked to the waypoint, so that nobody could call this Service: enrol both Services, or neither",
                ));
            }
        }
        let pods = &self.subject.namespace.pods_waypoint;
        let governed = *self.law.boundary != Boundary::Open || self.governs_pods_to_come();
        if let (true, Some(waypoint), Some(place)) = (governed, pods, self.subject.namespace.place) {
            let message = format!(
                "calls addressed to the pods of {} pass waypoint `{}/{}`, where nobody would judge them",
                self.subject.shown, waypoint.namespace, waypoint.name
            );
            let object = format!("Namespace/{}", self.subject.name);
            findings.push(Finding::new(FC426, message).at(place).object(object).help(FOR_SERVICES));
            return;
        }
        for workload in self.subject.namespace.workloads.iter().filter(|workload| workload.waypoint.is_some())
        {
            let listens = workload.gateway.then_some(&workload.listens);
            let pods = Pods { labels: &workload.labels, listens };
            if self.law.governs(pods) {
                findings.extend_from(self.workload_waypoint(workload));
            }
        }
    }

    /// Whether an AccessPolicy is about a class of which the inventory has no pods.
    fn governs_pods_to_come(&self) -> bool {
        let workloads = &self.subject.namespace.workloads;
        let restricts = |class: &&Selected| {
            self.law.policies.get(class.policy.0).is_some_and(|policy| policy.clients.is_some())
        };
        self.law
            .selected
            .iter()
            .filter(restricts)
            .any(|class| !workloads.iter().any(|workload| matches(&class.selector, &workload.labels)))
    }

    /// What is addressed to a pod passes its workload waypoint, where no Service's policy counts, and arrives as the
    /// waypoint.
    fn workload_waypoint(&self, workload: &Workload) -> Option<Finding> {
        let waypoint = workload.waypoint.as_ref()?;
        let message = format!(
            "{} `{}` of {} is governed, and calls addressed to its pods pass waypoint `{}/{}`, where nobody would judge them",
            workload.kind, workload.name, self.subject.shown, waypoint.namespace, waypoint.name
        );
        Some(
            Finding::new(FC426, message)
                .at(workload.place)
                .object(format!("{}/{}/{}", workload.kind, self.subject.name, workload.name))
                .help(FOR_SERVICES),
        )
    }

    /// Gives each Service the lock of its pods.
    pub(super) fn locks(&self, behind: &mut Behind, findings: &mut Findings) {
        let open = *self.law.boundary == Boundary::Open;
        let mut lifts = Vec::new();
        for enrolled in &mut behind.services {
            let Some(service) = self.subject.namespace.services.get(&enrolled.service) else { continue };
            let Some(selector) = &service.selector else { continue };
            let identities = self.waypoints_behind(service);
            let (covering, others): (Vec<_>, Vec<_>) = self
                .law
                .exceptions
                .iter()
                .cloned()
                .partition(|exception| matches(&exception.selector, selector));
            for exception in others {
                if open && meet(self.subject.namespace, selector, &exception.selector) {
                    let beside = Some(Destination::Service(enrolled.service.clone()));
                    let pods = selector.iter().chain(&exception.selector);
                    let selector: Labels = pods.map(|(key, value)| (key.clone(), value.clone())).collect();
                    lifts.push(Lift { exception, beside, selector });
                } else if let Some(workload) = self.in_both(service, &exception) {
                    findings.push(self.locked_out(&enrolled.service, selector, &exception, workload));
                }
            }
            let admitted = |identity: &Identity| self.law.members.contains(&identity.member);
            let let_in = *self.law.boundary == Boundary::Namespace && identities.iter().all(admitted);
            enrolled.lock = Some(Lock {
                selector: selector.clone(),
                admits: (!let_in).then(|| adding(&identities, &covering)),
                refuses: (!open).then(|| disjoint(&identities, &covering)),
                identities,
                exceptions: covering,
            });
        }
        behind.lifts = lifts;
    }

    /// Every waypoint that calls to these pods may come from: of this Service, and of others that they stand behind.
    fn waypoints_behind(&self, service: &Service) -> BTreeSet<Identity> {
        let shares = |other: &&Service| {
            std::ptr::eq(*other, service)
                || other.workloads.iter().any(|index| service.workloads.contains(index))
        };
        let waypoints = self
            .subject
            .namespace
            .services
            .values()
            .filter(shares)
            .filter_map(|other| other.waypoint.as_ref());
        waypoints.flat_map(|waypoint| waypoint.identities.iter().cloned()).collect()
    }

    fn in_both(&self, service: &Service, exception: &Exception) -> Option<&Workload> {
        let mut behind =
            service.workloads.iter().filter_map(|index| self.subject.namespace.workloads.get(*index));
        behind.find(|workload| matches(&exception.selector, &workload.labels))
    }

    /// FC418: within a boundary the lock is a refusal, and refusals know no exception for some pods.
    fn locked_out(
        &self,
        service: &str,
        selector: &Labels,
        exception: &Exception,
        workload: &Workload,
    ) -> Finding {
        let lines: Vec<_> = selector.iter().map(|(key, value)| format!("        {key}: {value}")).collect();
        let message = format!(
            "exception `{}` is about some of the pods behind service `{service}` of {}, and the lock on them cannot leave those out",
            exception.name, self.subject.shown
        );
        Finding::new(FC418, message)
            .at(exception.place)
            .object(&*exception.origin.name)
            .because("a workload that both are about", workload.place)
            .help(format!(
                "the pods behind a waypoint are locked together; say it for all of them:\n    to:\n      labels:\n{}",
                lines.join("\n")
            ))
    }

    /// A class whose every pod is locked is judged at the waypoint; nothing of it is written at ztunnel. FC428 where only
    /// some of its pods are: what is written for the others would refuse the waypoint, or let it in where it is not meant.
    pub(super) fn stand_for(&self, behind: &Behind, governed: &mut [Governed], findings: &mut Findings) {
        let locks: Vec<&Labels> =
            behind.services.iter().filter_map(|enrolled| Some(&enrolled.lock.as_ref()?.selector)).collect();
        for class in governed {
            if locks.iter().any(|lock| matches(lock, &class.selector)) {
                class.form = Form::AtWaypoint;
                continue;
            }
            let mut locked =
                behind.locked.iter().filter_map(|index| self.subject.namespace.workloads.get(*index));
            let part = locked.find(|workload| matches(&class.selector, &workload.labels));
            let policy = class.policies.iter().find_map(|id| self.law.policies.get(id.0));
            if let (Some(workload), Some(policy), false) = (part, policy, class.rules.is_empty()) {
                let message = format!(
                    "this policy selects pods of {} that stand behind a waypoint together with pods that may not",
                    self.subject.shown
                );
                findings.push(
                    Finding::new(FC428, message)
                        .at(policy.origin.place)
                        .object(&*policy.origin.name)
                        .because("the pods of this workload are behind a waypoint", workload.place)
                        .help(
                            "the former take calls from the waypoint alone, the latter from the clients: \
                             select Services by `applyToDestinations`, which keeps them apart",
                        ),
                );
            }
        }
    }
}

/// Callers of a Service that is not enrolled address the same pods past the waypoint. A headless one resolves to pods
/// whatever it says, which is a warning of its own; one whose waypoint is missing is an error already.
fn is_unenrolled(service: &Service) -> bool {
    let misunderstood = service
        .unattached
        .as_ref()
        .is_some_and(|unattached| !matches!(unattached.because, Obstacle::NotForServices(_)));
    service.waypoint.is_none() && !service.headless && !service.serves_mesh && !misunderstood
}

/// The waypoints, and each exception beside them.
fn adding(identities: &BTreeSet<Identity>, covering: &[Arc<Exception>]) -> Vec<LockRule> {
    let waypoints = Callers { identities: identities.clone(), ..Callers::default() };
    let excepted = covering
        .iter()
        .map(|exception| LockRule { ports: exception.ports.clone(), callers: exception.callers.clone() });
    std::iter::once(LockRule { ports: Ports::all(), callers: waypoints }).chain(excepted).collect()
}

/// By port, the waypoints and the exceptions that open it; ports with the same callers share one rule.
fn disjoint(identities: &BTreeSet<Identity>, covering: &[Arc<Exception>]) -> Vec<LockRule> {
    let at = |covers: &dyn Fn(&Ports) -> bool| {
        let mut callers = Callers { identities: identities.clone(), ..Callers::default() };
        for exception in covering.iter().filter(|exception| covers(&exception.ports)) {
            callers.extend(&exception.callers);
        }
        callers
    };
    let named: BTreeSet<u16> =
        covering.iter().flat_map(|exception| exception.ports.named().iter().copied()).collect();
    let rest = at(&|ports| matches!(ports, Ports::AllBut(_)));
    let mut rules: Vec<LockRule> = Vec::new();
    let mut apart = BTreeSet::new();
    for port in named {
        let callers = at(&|ports| ports.contain(port));
        if callers == rest {
            continue;
        }
        apart.insert(port);
        let only = Ports::Only(BTreeSet::from([port]));
        match rules.iter_mut().find(|rule| rule.callers == callers) {
            Some(rule) => rule.ports = rule.ports.clone().union(only),
            None => rules.push(LockRule { ports: only, callers }),
        }
    }
    rules.push(LockRule { ports: Ports::AllBut(apart), callers: rest });
    rules
}
