//! Access of one cluster: the encoding that `bind` chose, written as guards and seals.

use std::collections::BTreeSet;

use super::intent::{
    Caller, Callers, Clause, ClusterIntent, Guard, GuardOrder, Origins, Pods, Seal, Verdict,
};
use super::names::labelled;
use crate::bind::{
    self, Boundary, Cluster, Destination, Export, Form, Governed, Identity, Lift, Member, Mesh, Namespace,
    PortRule, Ports, Tls, Workspace,
};
use crate::manifest::Labels;

/// Kubernetes' limit for the name of an object.
const NAME: usize = 253;

/// Adds the guards and seals of every namespace.
pub fn access(mesh: &Mesh, cluster: &Cluster, intent: &mut ClusterIntent) {
    for (name, namespace) in &cluster.namespaces {
        boundary(mesh, cluster, name, namespace, intent);
        intent.guards.extend(namespace.access.exports.iter().map(|export| export_guard(name, export)));
        for governed in &namespace.access.governed {
            governed_class(mesh, name, governed, intent);
        }
        intent
            .guards
            .extend(namespace.access.lifts.iter().map(|lift| lift_guard(mesh, name, namespace, lift)));
    }
}

fn boundary(mesh: &Mesh, cluster: &Cluster, name: &str, namespace: &Namespace, intent: &mut ClusterIntent) {
    let (members, origins) = match namespace.owner().and_then(|owner| mesh.workspace(owner)) {
        Some(workspace) => (everyone_of(&workspace.members), workspace_origins(workspace)),
        None => (BTreeSet::new(), Origins::from([cluster.origin.clone()])),
    };
    let bounded = match namespace.access.boundary {
        Boundary::Open => return,
        Boundary::Closed => BTreeSet::new(),
        Boundary::Namespace => members,
    };
    let mut write = |name_here: String, pods: Pods, clauses: Vec<Clause>| {
        intent.guards.push(Guard {
            name: name_here,
            namespace: name.to_owned(),
            pods,
            verdict: Verdict::Admit,
            clauses,
            order: GuardOrder::Boundary,
            origins: origins.clone(),
        });
    };
    let clauses = match bounded.is_empty() {
        true => Vec::new(),
        false => vec![Clause { callers: only(bounded), ports: Ports::all() }],
    };
    write("boundary".to_owned(), Pods::All, clauses);
    for door in &namespace.access.doors {
        let everybody = vec![Clause { callers: Callers::Everybody, ports: door.ports.clone() }];
        write(door_name(door), Pods::Labelled(door.selector.clone()), everybody);
    }
    boundary_seals(name, namespace, &origins, intent);
}

/// STRICT for the namespace, but for what gateways and exceptions take without identity. A namespace as a whole cannot be
/// sealed port by port: where an exception is about all of it, it takes plaintext, and the guards alone refuse.
fn boundary_seals(name: &str, namespace: &Namespace, origins: &Origins, intent: &mut ClusterIntent) {
    let access = &namespace.access;
    let excepted = |selector: &Labels| {
        let plaintext = access.exceptions.iter().filter(|exception| exception.callers.plaintext);
        let about = plaintext.filter(|exception| exception.selector == *selector);
        about.map(|exception| exception.origin.clone()).collect::<Origins>()
    };
    let mut write = |name_here: String, pods: Pods, open: &Ports, excepted: Origins| {
        let (tls, ports) = match (&pods, open) {
            (Pods::All, Ports::Only(ports)) if ports.is_empty() => (Tls::Strict, Ports::all()),
            (Pods::All, _) => (Tls::Permissive, Ports::all()),
            (Pods::Labelled(_), open) if *open == Ports::all() => (Tls::Permissive, Ports::all()),
            (Pods::Labelled(_), open) => (Tls::Strict, open.clone().complement()),
        };
        let origins = origins.union(&excepted).cloned().collect();
        intent.seals.push(Seal { name: name_here, namespace: name.to_owned(), pods, tls, ports, origins });
    };
    let none = Ports::Only(BTreeSet::new());
    let everywhere = access.openings.iter().find(|opening| opening.selector.is_empty());
    let open = everywhere.map_or(&none, |opening| &opening.ports);
    write("boundary".to_owned(), Pods::All, open, excepted(&Labels::new()));
    for door in &access.doors {
        write(
            door_name(door),
            Pods::Labelled(door.selector.clone()),
            &door.plaintext,
            excepted(&door.selector),
        );
    }
    for opening in access.openings.iter().filter(|opening| !opening.selector.is_empty()) {
        let name_here = format!("plaintext-{}", labelled(&opening.selector, NAME - 10));
        let pods = Pods::Labelled(opening.selector.clone());
        write(name_here, pods, &opening.ports, excepted(&opening.selector));
    }
}

fn door_name(door: &bind::Door) -> String {
    format!("gateway-{}.{}", door.kind, door.name)
}

fn export_guard(namespace: &str, export: &Export) -> Guard {
    Guard {
        name: format!("export-{}", export.service),
        namespace: namespace.to_owned(),
        pods: Pods::Labelled(export.selector.clone()),
        verdict: Verdict::Admit,
        clauses: vec![Clause {
            callers: only(everyone_of(&export.members)),
            ports: Ports::Only(export.ports.clone()),
        }],
        order: GuardOrder::Export,
        origins: export.origins.clone(),
    }
}

fn governed_class(mesh: &Mesh, namespace: &str, governed: &Governed, intent: &mut ClusterIntent) {
    let name = governed_name(&governed.destination);
    let pods = match &governed.destination {
        Destination::Namespace => Pods::All,
        Destination::Service(_) | Destination::Labels(_) => Pods::Labelled(governed.selector.clone()),
    };
    let mut origins = policy_origins(mesh, governed);
    origins.extend(governed.exceptions.iter().map(|exception| exception.origin.clone()));
    let clause = |rule: &PortRule| {
        let mut callers: BTreeSet<Caller> = rule.clients.iter().map(caller).collect();
        callers.extend(excepted(&rule.excepted));
        Clause {
            callers: Callers::Only { callers, plaintext: rule.excepted.plaintext },
            ports: rule.ports.clone(),
        }
    };
    if !governed.rules.is_empty() {
        let (verdict, clauses) = match governed.form {
            // a rule without clients admits nobody, and an ALLOW without rules says just that
            Form::Allow => {
                let granting = governed
                    .rules
                    .iter()
                    .filter(|rule| !rule.clients.is_empty() || !rule.excepted.is_empty());
                (Verdict::Admit, granting.map(clause).collect())
            }
            Form::Deny => (Verdict::RefuseOthers, governed.rules.iter().map(clause).collect()),
        };
        intent.guards.push(Guard {
            name: name.clone(),
            namespace: namespace.to_owned(),
            pods: pods.clone(),
            verdict,
            clauses,
            order: GuardOrder::Access,
            origins: origins.clone(),
        });
    }
    if let Some(ports) = &governed.identified {
        intent.guards.push(Guard {
            name: format!("strict{}", name.strip_prefix("access").unwrap_or_default()),
            namespace: namespace.to_owned(),
            pods: pods.clone(),
            verdict: Verdict::RefuseOthers,
            clauses: vec![Clause { callers: Callers::Identified, ports: ports.clone() }],
            order: GuardOrder::Access,
            origins: origins.clone(),
        });
    }
    if let Some((tls, ports)) = &governed.tls {
        intent.seals.push(Seal {
            name,
            namespace: namespace.to_owned(),
            pods,
            tls: *tls,
            ports: ports.clone(),
            origins,
        });
    }
}

/// What an exception lets in besides: on all that it names within a boundary, on part of a class in an open namespace.
fn lift_guard(mesh: &Mesh, namespace: &str, bound: &Namespace, lift: &Lift) -> Guard {
    let exception = &lift.exception;
    let mut origins = Origins::from([exception.origin.clone()]);
    let beside = lift.beside.as_ref();
    let class = beside.and_then(|name| bound.access.governed.iter().find(|class| class.destination == *name));
    origins.extend(class.into_iter().flat_map(|class| policy_origins(mesh, class)));
    let suffix = match beside {
        None | Some(Destination::Namespace) => String::new(),
        Some(destination) => governed_name(destination).replacen("access-", ".", 1),
    };
    let pods = match lift.selector.is_empty() {
        true => Pods::All,
        false => Pods::Labelled(lift.selector.clone()),
    };
    let callers =
        Callers::Only { callers: excepted(&exception.callers), plaintext: exception.callers.plaintext };
    Guard {
        name: format!("exception-{}{suffix}", exception.name),
        namespace: namespace.to_owned(),
        pods,
        verdict: Verdict::Admit,
        clauses: vec![Clause { callers, ports: exception.ports.clone() }],
        order: GuardOrder::Exception,
        origins,
    }
}

fn policy_origins(mesh: &Mesh, governed: &Governed) -> Origins {
    let policies = governed.policies.iter().filter_map(|id| mesh.policies.get(id.0));
    policies.map(|policy| policy.origin.clone()).collect()
}

/// `access-<service>`; for labels `access-pods.<labels>-<hash>`, where no Service's name holds a dot; for a whole namespace
/// `access`: they never meet.
fn governed_name(destination: &Destination) -> String {
    match destination {
        Destination::Service(service) => format!("access-{service}"),
        Destination::Labels(labels) => {
            format!("access-pods.{}", labelled(labels, NAME - 12))
        }
        Destination::Namespace => "access".to_owned(),
    }
}

fn only(callers: BTreeSet<Caller>) -> Callers {
    Callers::Only { callers, plaintext: false }
}

fn excepted(callers: &bind::Callers) -> BTreeSet<Caller> {
    let mut excepted = everyone_of(&callers.members);
    excepted.extend(callers.identities.iter().map(caller));
    excepted
}

fn everyone_of(members: &BTreeSet<Member>) -> BTreeSet<Caller> {
    let anyone = |member: &Member| Caller {
        trust_domain: member.trust_domain.clone(),
        namespace: member.namespace.clone(),
        account: None,
    };
    members.iter().map(anyone).collect()
}

fn caller(identity: &Identity) -> Caller {
    Caller {
        trust_domain: identity.member.trust_domain.clone(),
        namespace: identity.member.namespace.clone(),
        account: Some(identity.account.clone()),
    }
}

fn workspace_origins(workspace: &Workspace) -> Origins {
    let mut origins = Origins::from([workspace.origin.clone()]);
    origins.extend(workspace.isolation_origins.iter().cloned());
    origins
}
