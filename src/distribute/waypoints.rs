//! What is behind waypoints in one namespace: guards at the waypoints, and locks on the pods.

use super::access::excepted;
use super::intent::{
    Callers, Clause, Guard, GuardOrder, Origins, Pods, ServiceClause, ServiceGuard, Verdict,
};
use crate::bind::{self, Cluster, Distribution, Enrolled, Lock, LockRule, Mesh, Ports, ServiceRule, Whom};

/// What is written for the Services of one namespace that are behind waypoints.
#[derive(Default)]
pub struct Behind {
    /// What the waypoints let through.
    pub service_guards: Vec<ServiceGuard>,
    /// Locks that nothing but other admissions stand beside.
    pub alone: Vec<Guard>,
    /// Locks within a boundary: refusals, and what admits the waypoints, complete in themselves.
    pub within: Vec<Guard>,
}

/// The guard and the lock of every Service.
pub fn waypoints(mesh: &Mesh, cluster: &Cluster, namespace: &str, enrolled: &[Enrolled]) -> Behind {
    let mut behind = Behind::default();
    for enrolled in enrolled {
        let mut origins = enrolled.origins.clone();
        if origins.is_empty() {
            origins.insert(cluster.origin.clone());
        }
        behind.service_guards.push(ServiceGuard {
            name: format!("waypoint-{}", enrolled.service),
            namespace: namespace.to_owned(),
            service: enrolled.service.clone(),
            global: mesh.distribution == Distribution::Solo && mesh.is_global(namespace, &enrolled.service),
            clauses: enrolled.rules.iter().map(service_clause).collect(),
            origins: origins.clone(),
        });
        let Some(lock) = &enrolled.lock else { continue };
        let guards = guards(namespace, &enrolled.service, lock, &origins);
        let place = if lock.refuses.is_none() { &mut behind.alone } else { &mut behind.within };
        place.extend(guards);
    }
    behind
}

fn service_clause(rule: &ServiceRule) -> ServiceClause {
    let callers = match &rule.callers {
        Whom::Everybody => Callers::Everybody,
        Whom::Identified => Callers::Identified,
        Whom::Only(callers) => only(callers),
    };
    let clause = Clause { callers, ports: Ports::Only(rule.ports.clone()) };
    ServiceClause { clause, request: rule.request.clone() }
}

/// An admission is `lock-<service>` and a refusal `shut-<service>`, so that neither ever turns into the other under one
/// name: a sync that did it would pass through a state that is neither.
fn guards(namespace: &str, service: &str, lock: &Lock, origins: &Origins) -> Vec<Guard> {
    let guard = |name: String, verdict: Verdict, order: GuardOrder, rules: &Vec<LockRule>| {
        let clause = |rule: &LockRule| Clause { callers: only(&rule.callers), ports: rule.ports.clone() };
        Guard {
            name,
            namespace: namespace.to_owned(),
            pods: Pods::Labelled(lock.selector.clone()),
            verdict,
            clauses: rules.iter().map(clause).collect(),
            order,
            origins: origins.clone(),
        }
    };
    let admission = lock
        .admits
        .iter()
        .map(|rules| guard(format!("lock-{service}"), Verdict::Admit, GuardOrder::Access, rules));
    let refusal = lock
        .refuses
        .iter()
        .map(|rules| guard(format!("shut-{service}"), Verdict::RefuseOthers, GuardOrder::Refusal, rules));
    admission.chain(refusal).collect()
}

fn only(callers: &bind::Callers) -> Callers {
    Callers::Only { callers: excepted(callers), plaintext: callers.plaintext }
}
