//! Whether what is rendered for a workload of the inventory is what was meant: FC402, FC418.

use std::collections::BTreeSet;

use super::mesh::{
    Access, AccessPolicy, Callers, Destination, Exception, Form, Governed, Identity, PortRule, Ports,
    Workload,
};
use super::selection::matches;
use crate::report::codes::{FC402, FC418};
use crate::report::{Finding, Findings};

/// Asks every caller that is spoken of about every port that is: policies add up, exceptions come on top, and DENYs
/// intersect. What the boundary says is the same on both sides and left out.
pub fn exactness(
    shown: &str,
    workload: &Workload,
    policies: &[AccessPolicy],
    access: &Access,
    findings: &mut Findings,
) {
    let classes: Vec<&Governed> =
        access.governed.iter().filter(|class| matches(&class.selector, &workload.labels)).collect();
    let Some((first, others)) = classes.split_first() else { return };
    let overlap = others.iter().find(|other| other.selector != first.selector);
    let exceptions: Vec<&Exception> = access.exceptions_covering(&workload.labels).collect();
    if overlap.is_none() && exceptions.is_empty() {
        return;
    }
    let at = At { workload, access, classes: &classes, exceptions: &exceptions };
    let differing = at.first_difference();
    let place_of = |class: &Governed| class.policies.first().and_then(|id| policies.get(id.0));
    let finding = match differing {
        None => return,
        Some(Difference::Policies) => {
            let Some(other) = overlap else { return };
            let (Some(one), Some(two)) = (place_of(first), place_of(other)) else { return };
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
            .at(two.origin.place)
            .object(&*two.origin.name)
            .because(format!("`{}` selects it as {}", one.origin.name, shown_class(first)), one.origin.place)
            .because("the workload that both select".to_owned(), workload.place)
            .help(
                "the data plane would refuse whoever one of them does not allow, where access policies add up\n\
                 allow the same clients in both policies, let both select the same destination, or give the pods labels that keep the selections apart",
            )
        }
        Some(Difference::Exception(exception, class)) => {
            let Some(policy) = place_of(class) else { return };
            let widened = match &class.destination {
                Destination::Namespace => {
                    "take the labels out of `to`, so that it is about the whole namespace".to_owned()
                }
                Destination::Service(_) | Destination::Labels(_) => {
                    let lines: Vec<_> =
                        class.selector.iter().map(|(key, value)| format!("      {key}: {value}")).collect();
                    format!("say it for all of them:\n    to:\n      labels:\n  {}", lines.join("\n  "))
                }
            };
            Finding::new(
                FC418,
                format!(
                    "exception `{}` is about some of the pods that {} stands for in {shown}, and the refusal of its policy cannot leave them out",
                    exception.name,
                    shown_class(class)
                ),
            )
            .at(exception.place)
            .object(&*exception.origin.name)
            .because(format!("`{}` selects {}", policy.origin.name, shown_class(class)), policy.origin.place)
            .because("a workload that both select".to_owned(), workload.place)
            .help(format!("selectors know no negation; {widened}\nor allow the callers in the policy, or give the pods labels that keep the selections apart"))
        }
    };
    findings.push(finding);
}

/// One workload, with what is about it.
struct At<'a> {
    workload: &'a Workload,
    access: &'a Access,
    classes: &'a [&'a Governed],
    exceptions: &'a [&'a Exception],
}

enum Difference<'a> {
    /// Between what policies mean together and what is rendered of them.
    Policies,
    /// An exception that this class refuses all the same.
    Exception(&'a Exception, &'a Governed),
}

impl<'a> At<'a> {
    fn first_difference(&self) -> Option<Difference<'a>> {
        let ports: BTreeSet<u16> = self.ports().flat_map(|ports| ports.named().iter().copied()).collect();
        let callers = self.callers();
        // the last sample stands for every port that nothing names
        for port in ports.iter().map(|port| Some(*port)).chain([None]) {
            for caller in &callers {
                let excepted = self.exceptions.iter().find(|exception| {
                    contain(&exception.ports, port) && exception.callers.contain(caller.as_ref())
                });
                match (excepted, caller) {
                    (Some(exception), _) => {
                        if let Some(class) = self.refusing(caller.as_ref(), port) {
                            return Some(Difference::Exception(exception, class));
                        }
                    }
                    (None, Some(client)) => {
                        let refused = self.refusing(Some(client), port).is_some();
                        if self.meant(client, port) == refused {
                            return Some(Difference::Policies);
                        }
                    }
                    (None, None) => {}
                }
            }
        }
        None
    }

    fn ports(&self) -> impl Iterator<Item = &'a Ports> {
        let of_rules = self.classes.iter().flat_map(|class| class.rules.iter().map(|rule| &rule.ports));
        let of_strict = self.classes.iter().filter_map(|class| class.identified.as_ref());
        let of_exceptions = self.exceptions.iter().map(|exception| &exception.ports);
        of_rules.chain(of_strict).chain(of_exceptions)
    }

    /// Everyone who is named; for all of a namespace an account that no name can be; and nobody.
    fn callers(&self) -> Vec<Option<Identity>> {
        let rules = self.classes.iter().flat_map(|class| &class.rules);
        let mut identities: BTreeSet<Identity> =
            rules.flat_map(|rule| rule.clients.iter().cloned()).collect();
        for Callers { identities: named, members, .. } in
            self.exceptions.iter().map(|exception| &exception.callers)
        {
            identities.extend(named.iter().cloned());
            identities
                .extend(members.iter().map(|member| Identity { member: member.clone(), account: "".into() }));
        }
        identities.into_iter().map(Some).chain([None]).collect()
    }

    /// Whether the policies allow a client: their union, and everybody where none of them restricts.
    fn meant(&self, client: &Identity, port: Option<u16>) -> bool {
        let mut here = self.classes.iter().flat_map(|class| rules_at(class, port)).peekable();
        here.peek().is_none() || here.any(|rule| rule.clients.contains(client))
    }

    /// A class that refuses a caller: a DENY, or an ALLOW where nothing else admits.
    fn refusing(&self, caller: Option<&Identity>, port: Option<u16>) -> Option<&'a Governed> {
        let admits = |class: &Governed| rules_at(class, port).any(|rule| admits(rule, caller));
        let denies = |class: &Governed| match class.form {
            Form::Allow | Form::AtWaypoint => false,
            Form::Deny => rules_at(class, port).next().is_some() && !admits(class),
        };
        let strict = |class: &Governed| {
            caller.is_none() && class.identified.as_ref().is_some_and(|ports| contain(ports, port))
        };
        if let Some(class) = self.classes.iter().find(|class| denies(class) || strict(class)) {
            return Some(class);
        }
        let allowing =
            || self.classes.iter().filter(|class| class.form == Form::Allow && !class.rules.is_empty());
        let lifted = self.access.lifts.iter().any(|lift| {
            lift.beside.is_some()
                && matches(&lift.selector, &self.workload.labels)
                && contain(&lift.exception.ports, port)
                && lift.exception.callers.contain(caller)
        });
        allowing().next().copied().filter(|_| !lifted && !allowing().any(|class| admits(class)))
    }
}

/// A port of `None` stands for one that nothing names.
fn contain(ports: &Ports, port: Option<u16>) -> bool {
    match port {
        Some(port) => ports.contain(port),
        None => matches!(ports, Ports::AllBut(_)),
    }
}

fn rules_at(class: &Governed, port: Option<u16>) -> impl Iterator<Item = &PortRule> {
    class.rules.iter().filter(move |rule| contain(&rule.ports, port))
}

fn admits(rule: &PortRule, caller: Option<&Identity>) -> bool {
    caller.is_some_and(|caller| rule.clients.contains(caller)) || rule.excepted.contain(caller)
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
