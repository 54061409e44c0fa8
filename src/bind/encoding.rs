//! The choice of an encoding for one namespace: SPEC section 5 as a flat set of statements that the data plane adds up.
//!
//! Any refusal wins, then any admission; selectors know no negation. So:
//!
//! - an open namespace gets an ALLOW per governed class: such classes add up, as access policies do. A class that is
//!   governed on some ports only gets a DENY of all others, since an ALLOW would close its other ports;
//! - an isolated one gets an ALLOW for its own members, one per exported Service for the importers, and such a DENY per
//!   governed class, because the ALLOW of the boundary would admit past a class's own ALLOW.
//!
//! Refusals intersect where access policies add up. Where that differs for a workload of the inventory the fleet is
//! refused; for pods that do not exist yet it can only be narrower than meant.
//!
//! What is governed and behind a waypoint is judged there, and only locked at ztunnel: [`super::enrolled`].
//!
//! An exception is part of every class whose pods it covers all. On some of them it is an ALLOW of its own, which is
//! exact beside another ALLOW and vain beside a DENY: [`super::exactness`] refuses that where a workload shows it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::classes::Classes;
use super::enrolled::{Enrolling, Law};
use super::exactness::exactness;
use super::mesh::{
    Access, AccessPolicy, Boundary, Destination, Door, Exception, Export, Namespace, PolicyId, Ports,
    Service, Tenancy, Workload, Workspace,
};
use super::openings::{lifts, openings};
use super::selection::matches;
use crate::manifest::Labels;
use crate::report::codes::{FC406, FC412};
use crate::report::{Finding, Findings};

/// A class of pods that one AccessPolicy selects on some ports.
#[derive(Debug, Clone)]
pub struct Selected {
    /// What the class is named after.
    pub destination: Destination,
    /// Its pods.
    pub selector: Labels,
    /// The policy.
    pub policy: PolicyId,
    /// The pods' ports.
    pub ports: Ports,
}

/// A namespace of a cluster.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its name.
    pub name: &'a str,
    /// How findings call it.
    pub shown: &'a str,
    /// The namespace.
    pub namespace: &'a Namespace,
}

/// Chooses the encoding of one namespace, or says why there is none.
pub fn encode(
    subject: Subject<'_>,
    workspaces: &[Workspace],
    policies: &[AccessPolicy],
    selected: &[Selected],
    exceptions: Vec<Arc<Exception>>,
    findings: &mut Findings,
) -> Access {
    let Subject { shown, namespace, .. } = subject;
    let boundary = boundary(namespace, workspaces);
    let (mut doors, exports) = match boundary {
        Boundary::Open => (Vec::new(), Vec::new()),
        Boundary::Closed | Boundary::Namespace => {
            (doors(namespace), exports(shown, namespace, workspaces, findings))
        }
    };
    let mut governed =
        Classes { namespace, boundary: &boundary, doors: &doors, policies, exceptions: &exceptions }
            .classes(selected);
    let owner = namespace.owner().and_then(|owner| workspaces.get(owner.0));
    let nobody = BTreeSet::new();
    let behind = Enrolling {
        subject,
        law: Law {
            boundary: &boundary,
            members: owner.map_or(&nobody, |owner| &owner.members),
            exports: &exports,
            selected,
            policies,
            exceptions: &exceptions,
        },
        origins: owner.filter(|_| boundary != Boundary::Open).map_or_else(BTreeSet::new, Workspace::origins),
    }
    .enrol(&mut governed, findings);
    let mut lifts = lifts(&boundary, namespace, &governed, &exceptions);
    lifts.extend(behind.lifts);
    let openings = openings(&boundary, namespace, &mut doors, &exceptions);
    let enrolled = behind.services;
    let access = Access { boundary, doors, exports, governed, enrolled, exceptions, lifts, openings };
    let straight = namespace.workloads.iter().enumerate().filter(|(index, _)| !behind.locked.contains(index));
    for (_, workload) in straight {
        exactness(shown, workload, policies, &access, findings);
    }
    access
}

fn boundary(namespace: &Namespace, workspaces: &[Workspace]) -> Boundary {
    match &namespace.tenancy {
        Tenancy::System | Tenancy::Unowned { closed: false } => Boundary::Open,
        Tenancy::Unowned { closed: true } => Boundary::Closed,
        Tenancy::Owned { workspace, .. } => match workspaces.get(workspace.0) {
            Some(workspace) if workspace.isolated => Boundary::Namespace,
            _ => Boundary::Open,
        },
    }
}

/// The gateways of a namespace with a boundary. They are let out by their labels, rather than the other workloads shut
/// in by theirs, so that a pod that does not exist yet is inside. One of these labels is what makes a gateway, so no
/// other workload carries them all. On the ports that a gateway does not listen on it is inside too.
fn doors(namespace: &Namespace) -> Vec<Door> {
    let mut gateways: Vec<&Workload> =
        namespace.workloads.iter().filter(|workload| workload.gateway).collect();
    gateways.sort_by_key(|gateway| gateway.labels.len());
    let mut doors: Vec<Door> = Vec::new();
    for gateway in gateways {
        match doors.iter_mut().find(|other| matches(&other.selector, &gateway.labels)) {
            // its Gateway tells, whatever the Services of the pods say
            Some(door) if door.kind == "gateway" => {}
            Some(door) => door.ports = door.ports.clone().union(gateway.listens.clone()),
            None => doors.push(Door {
                kind: gateway.kind.to_ascii_lowercase(),
                name: gateway.name.clone(),
                selector: gateway.labels.clone(),
                ports: gateway.listens.clone(),
                plaintext: Ports::all(),
            }),
        }
    }
    doors
}

fn exports(
    shown: &str,
    namespace: &Namespace,
    workspaces: &[Workspace],
    findings: &mut Findings,
) -> Vec<Export> {
    let mut exports = Vec::new();
    for (name, service) in &namespace.services {
        let Some(selector) = &service.selector else { continue };
        if service.visible_to.is_empty() || service.serves_mesh {
            continue;
        }
        let ports: BTreeSet<u16> = service.ports.iter().filter_map(|port| port.target.clone().ok()).collect();
        let mut behind =
            service.workloads.iter().filter_map(|index| namespace.workloads.get(*index)).peekable();
        // where a gateway listens the boundary does not apply: there is nothing to let in
        let beside = |gateway: &Workload| Ports::Only(ports.clone()).without(gateway.listens.clone());
        if behind.peek().is_some() && behind.all(|workload| workload.gateway && beside(workload).is_empty()) {
            continue;
        }
        if let Some(finding) = inexpressible(&format!("`{name}` of isolated namespace {shown}"), service) {
            findings.push(finding.at(service.place).object(format!("Service/{name}")));
            continue;
        }
        let importers = service.visible_to.keys().filter_map(|id| workspaces.get(id.0));
        let members: BTreeSet<_> =
            importers.flat_map(|workspace| workspace.members.iter().cloned()).collect();
        if !ports.is_empty() && !members.is_empty() {
            exports.push(Export {
                service: name.clone(),
                selector: selector.clone(),
                ports,
                members,
                origins: service.visible_to.values().flatten().cloned().collect(),
            });
        }
    }
    exports
}

/// Why the pods and ports of an exported Service cannot be written down. Without workloads there is nothing to open yet.
fn inexpressible(shown: &str, service: &Service) -> Option<Finding> {
    if let Some(key) = service.volatile.first() {
        return Some(
            Finding::new(FC406, format!("exported service {shown} selects pods by `{key}`, which changes with every pod or revision"))
                .help("a rendered selector would soon select nothing: select the pods by a label that stays"),
        );
    }
    let why = service.ports.iter().find_map(|port| port.target.as_ref().err())?;
    (!service.workloads.is_empty()).then(|| {
        Finding::new(FC412, format!("the target port of exported service {shown} cannot be told: {why}"))
            .help("give the Service a numeric targetPort, or the same named port to the containers of all its workloads")
    })
}
