//! What AccessPolicies select in one namespace → classes of pods, each with its rules by port.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::encoding::Selected;
use super::mesh::{
    AccessPolicy, Boundary, Callers, Destination, Door, Exception, Form, Governed, Identity, Namespace,
    PolicyId, PortRule, Ports, Tls,
};
use super::openings::plaintext_ports;
use super::selection::matches;
use crate::manifest::Labels;

/// What the classes of one namespace depend on.
pub struct Classes<'a> {
    /// The namespace.
    pub namespace: &'a Namespace,
    /// Its boundary.
    pub boundary: &'a Boundary,
    /// The gateways that the boundary does not apply to.
    pub doors: &'a [Door],
    /// The policies of the fleet.
    pub policies: &'a [AccessPolicy],
    /// The exceptions about the namespace.
    pub exceptions: &'a [Arc<Exception>],
}

impl Classes<'_> {
    /// One class per destination; destinations of one selector are one set of pods and say the same.
    pub fn classes(&self, selected: &[Selected]) -> Vec<Governed> {
        let mut by_selector: BTreeMap<&Labels, Vec<&Selected>> = BTreeMap::new();
        for one in selected {
            by_selector.entry(&one.selector).or_default().push(one);
        }
        let mut classes = Vec::new();
        let wide = by_selector.get(&Labels::new()).cloned().unwrap_or_default();
        for (selector, members) in by_selector {
            let mut class = self.class(selector, &members);
            class.idle = self.idle(&members, if selector.is_empty() { &[] } else { &wide });
            let destinations: BTreeSet<&Destination> =
                members.iter().map(|member| &member.destination).collect();
            classes.extend(
                destinations
                    .into_iter()
                    .map(|destination| Governed { destination: destination.clone(), ..class.clone() }),
            );
        }
        classes.sort_by(|a, b| a.destination.cmp(&b.destination));
        classes
    }

    /// A class that is not named yet.
    fn class(&self, selector: &Labels, members: &[&Selected]) -> Governed {
        let open = *self.boundary == Boundary::Open;
        let restricting = members.iter().filter(|member| self.clients(member).is_some());
        let whole = restricting.into_iter().all(|member| member.ports == Ports::all());
        let form = if open && whole { Form::Allow } else { Form::Deny };

        let (covering, meeting): (Vec<_>, Vec<_>) =
            self.exceptions.iter().cloned().partition(|exception| matches(&exception.selector, selector));
        let rules = match form {
            Form::Allow => self.adding_rules(members, &covering),
            Form::Deny | Form::AtWaypoint => self.disjoint_rules(members, &covering),
        };
        let taken = Ports::Only(plaintext_ports(&covering));
        // within a boundary plaintext is refused already, but for gateways
        let sealed = !open && self.doors.is_empty();
        let identified = self.identified(members).filter(|_| !sealed).map(|ports| ports.without(taken));
        let mut exceptions = covering;
        let meets = |exception: &Arc<Exception>| meet(self.namespace, selector, &exception.selector);
        exceptions.extend(
            meeting.into_iter().filter(|exception| open && exception.callers.plaintext && meets(exception)),
        );
        let policies: BTreeSet<PolicyId> = members.iter().map(|member| member.policy).collect();
        Governed {
            destination: Destination::Namespace,
            selector: selector.clone(),
            form,
            rules,
            tls: self.tls(selector, members, plaintext_ports(&exceptions)).filter(|_| open),
            identified: identified.filter(|ports| !ports.is_empty()),
            policies: policies.into_iter().collect(),
            exceptions,
            idle: BTreeSet::new(),
        }
    }

    /// The policies without which the others, and those on the whole namespace, say the same. Of two that say the same it is
    /// the later one. What asks for more than a client is no match for anything, and nothing for it.
    fn idle(&self, members: &[&Selected], wide: &[&Selected]) -> BTreeSet<PolicyId> {
        let plain = |member: &&&Selected| {
            let policy = self.policies.get(member.policy.0);
            policy.is_some_and(|policy| policy.grants.iter().all(|grant| grant.request.is_any()))
        };
        let mut remaining: Vec<&Selected> = wide.iter().chain(members).filter(plain).copied().collect();
        let own: BTreeSet<PolicyId> = members.iter().filter(plain).map(|member| member.policy).collect();
        let mut idle = BTreeSet::new();
        for policy in own.into_iter().rev() {
            let others: Vec<&Selected> =
                remaining.iter().filter(|member| member.policy != policy).copied().collect();
            let said = |members: &[&Selected]| {
                let tls = self.tls(&Labels::new(), members, BTreeSet::new());
                (self.disjoint_rules(members, &[]), self.identified(members), tls)
            };
            if !others.is_empty() && said(&others) == said(&remaining) {
                idle.insert(policy);
                remaining = others;
            }
        }
        idle
    }

    /// The policies' union, and each exception beside it.
    fn adding_rules(&self, members: &[&Selected], covering: &[Arc<Exception>]) -> Vec<PortRule> {
        let Some(clients) = self.union(members, &|_| true) else { return Vec::new() };
        let policies = PortRule { ports: Ports::all(), clients, excepted: Callers::default() };
        let excepted = covering.iter().map(|exception| PortRule {
            ports: exception.ports.clone(),
            clients: BTreeSet::new(),
            excepted: exception.callers.clone(),
        });
        std::iter::once(policies).chain(excepted).collect()
    }

    /// By port, the union of the policies that select it and the exceptions that open it; ports with the same callers
    /// share one rule.
    fn disjoint_rules(&self, members: &[&Selected], covering: &[Arc<Exception>]) -> Vec<PortRule> {
        let of_policies = members.iter().map(|member| &member.ports);
        let of_exceptions = covering.iter().map(|exception| &exception.ports);
        let named: BTreeSet<u16> =
            of_policies.chain(of_exceptions).flat_map(|ports| ports.named().iter().copied()).collect();
        let at = |covers: &dyn Fn(&Ports) -> bool| -> Option<(BTreeSet<Identity>, Callers)> {
            let clients = self.union(members, covers)?;
            let mut excepted = Callers::default();
            for exception in covering.iter().filter(|exception| covers(&exception.ports)) {
                excepted.extend(&exception.callers);
            }
            Some((clients, excepted))
        };
        let rest = at(&|ports| matches!(ports, Ports::AllBut(_)));
        let mut by_callers: BTreeMap<(BTreeSet<Identity>, Callers), BTreeSet<u16>> = BTreeMap::new();
        let mut apart = BTreeSet::new();
        for port in named {
            let here = at(&|ports| ports.contain(port));
            if here != rest {
                apart.insert(port);
                if let Some(callers) = here {
                    by_callers.entry(callers).or_default().insert(port);
                }
            }
        }
        let mut rules: Vec<PortRule> = by_callers
            .into_iter()
            .map(|((clients, excepted), ports)| PortRule { ports: Ports::Only(ports), clients, excepted })
            .collect();
        if let Some((clients, excepted)) = rest {
            rules.push(PortRule { ports: Ports::AllBut(apart), clients, excepted });
        }
        rules.sort_by(|a, b| a.ports.cmp(&b.ports));
        rules
    }

    /// Everyone whom a policy with some of the ports allows; `None`: none of them restricts anybody.
    fn union(&self, members: &[&Selected], covers: &dyn Fn(&Ports) -> bool) -> Option<BTreeSet<Identity>> {
        let restricting =
            members.iter().filter(|member| covers(&member.ports)).filter_map(|member| self.clients(member));
        restricting.fold(None, |union, clients| {
            let mut union = union.unwrap_or_default();
            union.extend(clients.iter().cloned());
            Some(union)
        })
    }

    fn clients(&self, member: &Selected) -> Option<&Arc<BTreeSet<Identity>>> {
        self.policies.get(member.policy.0)?.clients.as_ref()
    }

    fn mode(&self, member: &Selected) -> Option<Tls> {
        self.policies.get(member.policy.0)?.tls.map(|(tls, _)| tls)
    }

    /// The ports of the policies that are STRICT and restrict nobody. Of two PeerAuthentications on one pod only the
    /// older counts, so these ports get a refusal of plaintext of their own, which counts whatever else selects the pod.
    fn identified(&self, members: &[&Selected]) -> Option<Ports> {
        let strict = members
            .iter()
            .filter(|member| self.clients(member).is_none() && self.mode(member) == Some(Tls::Strict));
        strict.map(|member| member.ports.clone()).reduce(Ports::union)
    }

    /// A policy that restricts callers, or asks for STRICT, seals its ports, but for those on which an exception lets
    /// plaintext into a pod that both select: the rules refuse it to the others. PERMISSIVE is written where nothing
    /// seals, and for a namespace as a whole, which cannot be sealed port by port.
    fn tls(&self, selector: &Labels, members: &[&Selected], taken: BTreeSet<u16>) -> Option<(Tls, Ports)> {
        let strict = members
            .iter()
            .filter(|member| self.clients(member).is_some() || self.mode(member) == Some(Tls::Strict))
            .map(|member| member.ports.clone())
            .reduce(Ports::union);
        let permissive = members.iter().any(|member| self.mode(member) == Some(Tls::Permissive));
        match strict {
            None => permissive.then(|| (Tls::Permissive, Ports::all())),
            Some(_) if selector.is_empty() && !taken.is_empty() => Some((Tls::Permissive, Ports::all())),
            Some(strict) => Some((Tls::Strict, strict.without(Ports::Only(taken)))),
        }
        .filter(|(_, ports)| !ports.is_empty())
    }
}

/// Whether one selection implies the other, or a workload of the namespace is in both.
pub fn meet(namespace: &Namespace, one: &Labels, other: &Labels) -> bool {
    let both = |labels: &Labels| matches(one, labels) && matches(other, labels);
    both(one) || both(other) || namespace.workloads.iter().any(|workload| both(&workload.labels))
}
