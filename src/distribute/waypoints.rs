//! What is behind waypoints in one namespace: passages at the waypoints, and locks on the pods.

use std::collections::BTreeSet;

use super::access::{caller, excepted};
use super::intent::{
    Callers, Clause, ClusterIntent, Guard, GuardOrder, Origins, Passage, PassageClause, Pods, Verdict,
};
use crate::bind::{self, Cluster, Enrolled, Form, Lock, Ports, ServiceRule, Whom};

/// Adds the passage and the lock of every Service.
pub fn waypoints(cluster: &Cluster, namespace: &str, enrolled: &[Enrolled], intent: &mut ClusterIntent) {
    for enrolled in enrolled {
        let mut origins = enrolled.origins.clone();
        if origins.is_empty() {
            origins.insert(cluster.origin.clone());
        }
        intent.passages.push(Passage {
            name: format!("waypoint-{}", enrolled.service),
            namespace: namespace.to_owned(),
            service: enrolled.service.clone(),
            clauses: enrolled.rules.iter().map(passage_clause).collect(),
            origins: origins.clone(),
        });
        if let Some(lock) = &enrolled.lock {
            intent.guards.extend(guards(namespace, &enrolled.service, lock, &origins));
        }
    }
}

fn passage_clause(rule: &ServiceRule) -> PassageClause {
    let callers = match &rule.callers {
        Whom::Everybody => Callers::Everybody,
        Whom::Identified => Callers::Identified,
        Whom::Only(callers) => only(callers),
    };
    let clause = Clause { callers, ports: Ports::Only(rule.ports.clone()) };
    PassageClause { clause, request: rule.request.clone() }
}

/// An admission is `lock-<service>` and a refusal `shut-<service>`, so that neither ever turns into the other under one
/// name: a sync that did it would pass through a state that is neither.
fn guards(namespace: &str, service: &str, lock: &Lock, origins: &Origins) -> Vec<Guard> {
    let guard = |name: String, verdict: Verdict, clauses: Vec<Clause>| Guard {
        name,
        namespace: namespace.to_owned(),
        pods: Pods::Labelled(lock.selector.clone()),
        verdict,
        clauses,
        order: GuardOrder::Lock,
        origins: origins.clone(),
    };
    let clauses = || -> Vec<Clause> {
        let clause =
            |rule: &bind::LockRule| Clause { callers: only(&rule.callers), ports: rule.ports.clone() };
        lock.rules.iter().map(clause).collect()
    };
    let admitting = match (lock.form, &lock.key) {
        (Form::Allow, _) => Some(clauses()),
        (_, Some(waypoints)) => {
            let callers = Callers::Only { callers: waypoints.iter().map(caller).collect(), plaintext: false };
            Some(vec![Clause { callers, ports: Ports::all() }])
        }
        (_, None) => None,
    };
    let refusing = (lock.form != Form::Allow).then(clauses);
    let admitting = admitting.map(|clauses| guard(format!("lock-{service}"), Verdict::Admit, clauses));
    let refusing = refusing.map(|clauses| guard(format!("shut-{service}"), Verdict::RefuseOthers, clauses));
    admitting.into_iter().chain(refusing).collect()
}

fn only(callers: &bind::Callers) -> Callers {
    let named: BTreeSet<_> = excepted(callers);
    Callers::Only { callers: named, plaintext: callers.plaintext }
}
