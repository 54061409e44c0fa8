//! Access of one cluster: the encoding that `bind` chose, written as guards and seals.

use std::collections::BTreeSet;

use super::intent::{
    Caller, Callers, Clause, ClusterIntent, Guard, GuardOrder, Origins, Pods, Seal, Verdict,
};
use super::names::labelled;
use crate::bind::{
    Boundary, Cluster, Destination, Export, Form, Governed, Identity, Member, Mesh, Namespace, Ports, Tls,
    Workspace,
};

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
    let mut write = |name_here: String, pods: Pods, tls: Tls, clauses: Vec<Clause>| {
        intent.seals.push(Seal {
            name: name_here.clone(),
            namespace: name.to_owned(),
            pods: pods.clone(),
            tls,
            ports: Ports::all(),
            origins: origins.clone(),
        });
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
        false => vec![Clause { callers: Callers::Only(bounded), ports: Ports::all() }],
    };
    write("boundary".to_owned(), Pods::All, Tls::Strict, clauses);
    for door in &namespace.access.doors {
        let everybody = vec![Clause { callers: Callers::Everybody, ports: Ports::all() }];
        let pods = Pods::Labelled(door.selector.clone());
        write(format!("gateway-{}.{}", door.kind, door.name), pods, Tls::Permissive, everybody);
    }
}

fn export_guard(namespace: &str, export: &Export) -> Guard {
    Guard {
        name: format!("export-{}", export.service),
        namespace: namespace.to_owned(),
        pods: Pods::Labelled(export.selector.clone()),
        verdict: Verdict::Admit,
        clauses: vec![Clause {
            callers: Callers::Only(everyone_of(&export.members)),
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
    let origins: Origins = governed
        .policies
        .iter()
        .filter_map(|id| mesh.policies.get(id.0))
        .map(|policy| policy.origin.clone())
        .collect();
    let clause = |rule: &crate::bind::PortRule| Clause {
        callers: Callers::Only(rule.clients.iter().map(caller).collect()),
        ports: rule.ports.clone(),
    };
    if !governed.rules.is_empty() {
        let (verdict, clauses) = match governed.form {
            // a rule without clients admits nobody, and an ALLOW without rules says just that
            Form::Allow => {
                let granting = governed.rules.iter().filter(|rule| !rule.clients.is_empty());
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
