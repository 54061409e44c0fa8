//! The choice of an encoding for one namespace: SPEC section 5 as a flat set of statements that the data plane adds up.
//!
//! Any refusal wins, then any admission; selectors know no negation. So:
//!
//! - an open namespace gets an [`Form::Allow`] per governed class: such classes add up, as access policies do. A class
//!   that is governed on some ports only gets a [`Form::Deny`], since an ALLOW would close its other ports;
//! - an isolated one gets an ALLOW for its own members, one per exported Service for the importers, and a
//!   [`Form::Deny`] per governed class, because the ALLOW of the boundary would admit past a class's own ALLOW.
//!
//! Refusals intersect where access policies add up. Where that differs for a workload of the inventory the fleet is
//! refused; for pods that do not exist yet it can only be narrower than meant.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::mesh::{
    Access, AccessPolicy, Boundary, Destination, Door, Export, Form, Governed, Identity, Namespace, PolicyId,
    PortRule, Ports, Service, Tenancy, Tls, Workload, Workspace,
};
use super::selection::matches;
use crate::manifest::Labels;
use crate::report::codes::{FC402, FC406, FC412};
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

/// Chooses the encoding of one namespace, or says why there is none.
pub fn encode(
    shown: &str,
    namespace: &Namespace,
    workspaces: &[Workspace],
    policies: &[AccessPolicy],
    selected: &[Selected],
    findings: &mut Findings,
) -> Access {
    let boundary = boundary(namespace, workspaces);
    let (doors, exports) = match boundary {
        Boundary::Open => (Vec::new(), Vec::new()),
        Boundary::Closed | Boundary::Namespace => {
            (doors(namespace), exports(shown, namespace, workspaces, findings))
        }
    };
    let sealed = boundary != Boundary::Open && doors.is_empty();
    let governed = classes(&boundary, sealed, policies, selected);
    for workload in &namespace.workloads {
        exactness(shown, workload, policies, &governed, findings);
    }
    Access { boundary, doors, exports, governed }
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
/// other workload carries them all.
fn doors(namespace: &Namespace) -> Vec<Door> {
    let mut gateways: Vec<&Workload> =
        namespace.workloads.iter().filter(|workload| workload.gateway).collect();
    gateways.sort_by_key(|gateway| gateway.labels.len());
    let mut doors: Vec<Door> = Vec::new();
    for gateway in gateways {
        if !doors.iter().any(|other| matches(&other.selector, &gateway.labels)) {
            doors.push(Door {
                kind: gateway.kind.to_ascii_lowercase(),
                name: gateway.name.clone(),
                selector: gateway.labels.clone(),
            });
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
        if service.visible_to.is_empty() {
            continue;
        }
        let mut behind =
            service.workloads.iter().filter_map(|index| namespace.workloads.get(*index)).peekable();
        // the boundary does not apply to gateways: there is nothing to let in
        if behind.peek().is_some() && behind.all(|workload| workload.gateway) {
            continue;
        }
        if let Some(finding) = inexpressible(&format!("`{name}` of isolated namespace {shown}"), service) {
            findings.push(finding.at(service.place).object(format!("Service/{name}")));
            continue;
        }
        let ports: BTreeSet<u16> = service.ports.iter().filter_map(|port| port.target.clone().ok()).collect();
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

/// One class per destination; destinations of one selector are one set of pods and say the same.
fn classes(
    boundary: &Boundary,
    sealed: bool,
    policies: &[AccessPolicy],
    selected: &[Selected],
) -> Vec<Governed> {
    let mut by_selector: BTreeMap<&Labels, Vec<&Selected>> = BTreeMap::new();
    for one in selected {
        by_selector.entry(&one.selector).or_default().push(one);
    }
    let mut classes = Vec::new();
    for (selector, members) in by_selector {
        let rules = port_rules(policies, &members);
        let whole = rules.iter().all(|rule| rule.ports == Ports::all());
        let form = if *boundary == Boundary::Open && whole { Form::Allow } else { Form::Deny };
        let open = *boundary == Boundary::Open;
        let tls = if open { tls(policies, &members) } else { None };
        // within a boundary plaintext is refused already, but for gateways
        let identified = if sealed { None } else { identified(policies, &members) };
        let governing: BTreeSet<PolicyId> = members.iter().map(|member| member.policy).collect();
        let destinations: BTreeSet<&Destination> = members.iter().map(|member| &member.destination).collect();
        classes.extend(destinations.into_iter().map(|destination| Governed {
            destination: destination.clone(),
            selector: selector.clone(),
            form,
            rules: rules.clone(),
            tls: tls.clone(),
            identified: identified.clone(),
            policies: governing.iter().copied().collect(),
        }));
    }
    classes.sort_by(|a, b| a.destination.cmp(&b.destination));
    classes
}

/// By port, the union of the policies that select it; ports with the same callers share one rule.
fn port_rules(policies: &[AccessPolicy], members: &[&Selected]) -> Vec<PortRule> {
    let named: BTreeSet<u16> = members
        .iter()
        .flat_map(|member| match &member.ports {
            Ports::Only(ports) | Ports::AllBut(ports) => ports.iter().copied(),
        })
        .collect();
    let union = |covers: &dyn Fn(&Ports) -> bool| -> Option<BTreeSet<Identity>> {
        let clients = members
            .iter()
            .filter(|member| covers(&member.ports))
            .filter_map(|member| clients(policies, member));
        clients.fold(None, |union, clients| {
            let mut union = union.unwrap_or_default();
            union.extend(clients.iter().cloned());
            Some(union)
        })
    };
    let rest = union(&|ports| matches!(ports, Ports::AllBut(_)));
    let mut by_clients: BTreeMap<BTreeSet<Identity>, BTreeSet<u16>> = BTreeMap::new();
    let mut apart = BTreeSet::new();
    for port in named {
        let here = union(&|ports| ports.contain(port));
        if here != rest {
            apart.insert(port);
            if let Some(clients) = here {
                by_clients.entry(clients).or_default().insert(port);
            }
        }
    }
    let mut rules: Vec<PortRule> = by_clients
        .into_iter()
        .map(|(clients, ports)| PortRule { ports: Ports::Only(ports), clients })
        .collect();
    if let Some(clients) = rest {
        rules.push(PortRule { ports: Ports::AllBut(apart), clients });
    }
    rules.sort_by(|a, b| a.ports.cmp(&b.ports));
    rules
}

fn clients<'a>(policies: &'a [AccessPolicy], member: &Selected) -> Option<&'a Arc<BTreeSet<Identity>>> {
    policies.get(member.policy.0)?.clients.as_ref()
}

/// The ports of the policies that are STRICT and restrict nobody. Of two PeerAuthentications on one pod only the older
/// counts, so these ports get a refusal of plaintext of their own, which counts whatever else selects the pod.
fn identified(policies: &[AccessPolicy], members: &[&Selected]) -> Option<Ports> {
    let strict = members.iter().filter(|member| {
        policies.get(member.policy.0).is_some_and(|policy| {
            policy.clients.is_none() && policy.tls.is_some_and(|(tls, _)| tls == Tls::Strict)
        })
    });
    strict.map(|member| member.ports.clone()).reduce(Ports::union)
}

/// A policy that restricts callers, or asks for STRICT, seals its ports; PERMISSIVE is written where nothing does.
fn tls(policies: &[AccessPolicy], members: &[&Selected]) -> Option<(Tls, Ports)> {
    let mode =
        |member: &Selected| policies.get(member.policy.0).and_then(|policy| policy.tls).map(|(tls, _)| tls);
    let strict = members
        .iter()
        .filter(|member| clients(policies, member).is_some() || mode(member) == Some(Tls::Strict))
        .map(|member| member.ports.clone())
        .reduce(Ports::union);
    let permissive = members.iter().any(|member| mode(member) == Some(Tls::Permissive));
    match strict {
        Some(ports) => Some((Tls::Strict, ports)),
        None => permissive.then(|| (Tls::Permissive, Ports::all())),
    }
}

/// Whether what is rendered for one workload is what its policies mean: their union, port by port.
fn exactness(
    shown: &str,
    workload: &Workload,
    policies: &[AccessPolicy],
    governed: &[Governed],
    findings: &mut Findings,
) {
    let here: Vec<&Governed> =
        governed.iter().filter(|class| matches(&class.selector, &workload.labels)).collect();
    let Some((first, others)) = here.split_first() else { return };
    let Some(other) = others.iter().find(|other| other.selector != first.selector) else { return };
    let ports: BTreeSet<u16> = here
        .iter()
        .flat_map(|class| &class.rules)
        .flat_map(|rule| match &rule.ports {
            Ports::Only(ports) | Ports::AllBut(ports) => ports.iter().copied(),
        })
        .collect();
    let samples = ports.iter().map(|port| Some(*port)).chain([None]);
    let differs = samples.filter(|port| meant(&here, *port) != rendered(&here, *port)).count() > 0;
    if !differs {
        return;
    }
    let place_of = |class: &Governed| {
        class.policies.first().and_then(|id| policies.get(id.0)).map(|policy| &policy.origin)
    };
    let (Some(one), Some(two)) = (place_of(first), place_of(other)) else { return };
    findings.push(
        Finding::new(
            FC402,
            format!(
                "{} `{}` in {shown} is selected as {} and as {}, under policies that allow different callers",
                workload.kind,
                workload.name,
                shown_class(first),
                shown_class(other)
            ),
        )
        .at(two.place)
        .object(&*two.name)
        .because(format!("`{}` selects it as {}", one.name, shown_class(first)), one.place)
        .because("the workload that both select".to_owned(), workload.place)
        .help(
            "the data plane would refuse whoever one of them does not allow, where access policies add up\n\
             allow the same clients in both policies, let both select the same destination, or give the pods labels that keep the selections apart",
        ),
    );
}

fn shown_class(class: &Governed) -> String {
    match &class.destination {
        Destination::Service(service) => format!("service `{service}`"),
        Destination::Labels(labels) => {
            let pairs: Vec<_> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("pods `{}`", pairs.join(","))
        }
        Destination::Namespace => "every pod of the namespace".to_owned(),
    }
}

/// Callers on a port; `None`: everybody. A port of `None` stands for one that no rule names.
type Admitted<'a> = Option<BTreeSet<&'a Identity>>;

fn rule_at(class: &Governed, port: Option<u16>) -> Option<&PortRule> {
    class.rules.iter().find(|rule| match port {
        Some(port) => rule.ports.contain(port),
        None => matches!(rule.ports, Ports::AllBut(_)),
    })
}

fn meant<'a>(classes: &[&'a Governed], port: Option<u16>) -> Admitted<'a> {
    union(classes.iter().filter_map(|class| rule_at(class, port)))
}

fn rendered<'a>(classes: &[&'a Governed], port: Option<u16>) -> Admitted<'a> {
    let allowing = classes.iter().filter(|class| class.form == Form::Allow && !class.rules.is_empty());
    let admitted = union(allowing.filter_map(|class| rule_at(class, port)));
    let refusing = classes.iter().filter(|class| class.form == Form::Deny);
    refusing.filter_map(|class| rule_at(class, port)).fold(admitted, |admitted, rule| match admitted {
        None => Some(rule.clients.iter().collect()),
        Some(admitted) => {
            Some(admitted.into_iter().filter(|client| rule.clients.contains(*client)).collect())
        }
    })
}

fn union<'a>(rules: impl Iterator<Item = &'a PortRule>) -> Admitted<'a> {
    rules.fold(None, |union, rule| {
        let mut union = union.unwrap_or_default();
        union.extend(&rule.clients);
        Some(union)
    })
}
