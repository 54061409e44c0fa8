//! Access of one cluster: the encoding that `bind` chose, written as guards and seals.

use std::collections::BTreeSet;

use super::complete::complete;
use super::intent::{
    Caller, Callers, Clause, ClusterIntent, Guard, GuardOrder, Origins, Pods, Seal, Verdict,
};
use super::names::labelled;
use super::seals::{boundary_seals, door_name};
use super::waypoints::waypoints;
use crate::bind::{
    self, Boundary, Cluster, Destination, Exception, Export, Form, Governed, Identity, Lift, Member, Mesh,
    Namespace, PortRule, Ports, Workspace,
};
use crate::manifest::Labels;

/// Kubernetes' limit for the name of an object.
pub const NAME: usize = 253;

/// Adds the guards and seals of every namespace.
pub fn access(mesh: &Mesh, cluster: &Cluster, intent: &mut ClusterIntent) {
    for (name, namespace) in &cluster.namespaces {
        let mut here = Here { name, namespace, guards: Vec::new(), seals: Vec::new() };
        here.boundary(mesh, cluster);
        let access = &namespace.access;
        // at a waypoint the importers are part of what it lets through
        let enrolled = |export: &Export| access.enrolled.iter().any(|one| one.service == export.service);
        access.exports.iter().filter(|export| !enrolled(export)).for_each(|export| here.export(export));
        access.governed.iter().for_each(|governed| here.governed_class(mesh, governed));
        access.lifts.iter().for_each(|lift| here.lift(lift));
        let behind = waypoints(mesh, cluster, name, &access.enrolled);
        here.guards.extend(behind.alone);
        complete(&mut here.guards);
        here.guards.extend(behind.within);
        intent.service_guards.extend(behind.service_guards);
        intent.guards.append(&mut here.guards);
        intent.seals.append(&mut here.seals);
    }
}

/// What is said of one namespace.
struct Here<'a> {
    name: &'a str,
    namespace: &'a Namespace,
    guards: Vec<Guard>,
    seals: Vec<Seal>,
}

impl Here<'_> {
    /// The boundary says itself what exceptions for every pod let in.
    fn boundary(&mut self, mesh: &Mesh, cluster: &Cluster) {
        let access = &self.namespace.access;
        let (members, mut origins) = match self.namespace.owner().and_then(|owner| mesh.workspace(owner)) {
            Some(workspace) => (everyone_of(&workspace.members), workspace_origins(workspace)),
            None => (BTreeSet::new(), Origins::from([cluster.origin.clone()])),
        };
        let own = match access.boundary {
            Boundary::Open => return,
            Boundary::Closed => None,
            Boundary::Namespace => Some(Clause { callers: only(members), ports: Ports::all() }),
        };
        self.seals.extend(boundary_seals(self.name, self.namespace, &origins));
        for door in &access.doors {
            let everybody = vec![Clause { callers: Callers::Everybody, ports: door.ports.clone() }];
            let pods = Pods::Labelled(door.selector.clone());
            self.admit(door_name(door), pods, everybody, GuardOrder::Boundary, origins.clone());
        }
        let wide = || access.exceptions.iter().filter(|exception| exception.selector.is_empty());
        let clauses = own.into_iter().chain(wide().map(|exception| excepting(exception))).collect();
        origins.extend(wide().map(|exception| exception.origin.clone()));
        self.admit("boundary".to_owned(), Pods::All, clauses, GuardOrder::Boundary, origins);
    }

    fn export(&mut self, export: &Export) {
        let ports = Ports::Only(export.ports.clone());
        let clauses = vec![Clause { callers: only(everyone_of(&export.members)), ports }];
        let (name, pods) = (format!("export-{}", export.service), Pods::Labelled(export.selector.clone()));
        self.admit(name, pods, clauses, GuardOrder::Boundary, export.origins.clone());
    }

    /// Under one name where the class is what admits, under another where it refuses: when the form changes, the new one
    /// stands before the old one goes.
    fn governed_class(&mut self, mesh: &Mesh, governed: &Governed) {
        let pods = pods(&governed.selector);
        let mut origins = policy_origins(mesh, governed);
        origins.extend(governed.exceptions.iter().map(|exception| exception.origin.clone()));
        let clause = |rule: &PortRule| {
            let mut callers: BTreeSet<Caller> = rule.clients.iter().map(caller).collect();
            callers.extend(excepted(&rule.excepted));
            let callers = Callers::Only { callers, plaintext: rule.excepted.plaintext };
            Clause { callers, ports: rule.ports.clone() }
        };
        let at_ztunnel = governed.form != Form::AtWaypoint;
        match governed.form {
            _ if governed.rules.is_empty() => {}
            Form::AtWaypoint => {}
            // a rule without clients admits nobody, and an ALLOW without rules says just that
            Form::Allow => {
                let grants = |rule: &&PortRule| !rule.clients.is_empty() || !rule.excepted.is_empty();
                let clauses = governed.rules.iter().filter(grants).map(clause).collect();
                let name = class_name("access", &governed.destination);
                self.admit(name, pods.clone(), clauses, GuardOrder::Access, origins.clone());
            }
            Form::Deny => {
                let clauses = governed.rules.iter().map(clause).collect();
                let name = class_name("deny", &governed.destination);
                self.refuse(name, pods.clone(), clauses, origins.clone());
            }
        }
        if let Some(ports) = governed.identified.as_ref().filter(|_| at_ztunnel) {
            let clauses = vec![Clause { callers: Callers::Identified, ports: ports.clone() }];
            self.refuse(class_name("strict", &governed.destination), pods.clone(), clauses, origins.clone());
        }
        if let Some((tls, ports)) = &governed.tls {
            self.seals.push(Seal {
                name: class_name("access", &governed.destination),
                namespace: self.name.to_owned(),
                pods,
                tls: *tls,
                ports: ports.clone(),
                origins,
            });
        }
    }

    /// What an exception lets in besides: on all that it names within a boundary, on part of a class in an open
    /// namespace.
    fn lift(&mut self, lift: &Lift) {
        let (name, order) = match &lift.beside {
            None => (format!("exception-{}", lift.exception.name), GuardOrder::Boundary),
            Some(class) => {
                let class = class_name("", class);
                let between = if class.is_empty() { "" } else { "." };
                (format!("exception-{}{between}{class}", lift.exception.name), GuardOrder::Access)
            }
        };
        let origins = Origins::from([lift.exception.origin.clone()]);
        self.admit(name, pods(&lift.selector), vec![excepting(&lift.exception)], order, origins);
    }

    fn admit(&mut self, name: String, pods: Pods, clauses: Vec<Clause>, order: GuardOrder, origins: Origins) {
        let namespace = self.name.to_owned();
        self.guards.push(Guard { name, namespace, pods, verdict: Verdict::Admit, clauses, order, origins });
    }

    fn refuse(&mut self, name: String, pods: Pods, clauses: Vec<Clause>, origins: Origins) {
        let (namespace, order) = (self.name.to_owned(), GuardOrder::Refusal);
        self.guards.push(Guard {
            name,
            namespace,
            pods,
            verdict: Verdict::RefuseOthers,
            clauses,
            order,
            origins,
        });
    }
}

fn pods(selector: &Labels) -> Pods {
    match selector.is_empty() {
        true => Pods::All,
        false => Pods::Labelled(selector.clone()),
    }
}

fn excepting(exception: &Exception) -> Clause {
    let callers =
        Callers::Only { callers: excepted(&exception.callers), plaintext: exception.callers.plaintext };
    Clause { callers, ports: exception.ports.clone() }
}

fn policy_origins(mesh: &Mesh, governed: &Governed) -> Origins {
    let policies = governed.policies.iter().filter_map(|id| mesh.policies.get(id.0));
    policies.map(|policy| policy.origin.clone()).collect()
}

/// `<prefix>-<service>`; for labels `<prefix>-pods.<labels>-<hash>`, where no Service's name holds a dot; for a whole
/// namespace `<prefix>`: they never meet.
fn class_name(prefix: &str, destination: &Destination) -> String {
    let rest = match destination {
        Destination::Service(service) => service.clone(),
        Destination::Labels(labels) => format!("pods.{}", labelled(labels, NAME - 12)),
        Destination::Namespace => return prefix.to_owned(),
    };
    if prefix.is_empty() { rest } else { format!("{prefix}-{rest}") }
}

fn only(callers: BTreeSet<Caller>) -> Callers {
    Callers::Only { callers, plaintext: false }
}

/// Callers as their identities.
pub fn excepted(callers: &bind::Callers) -> BTreeSet<Caller> {
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
