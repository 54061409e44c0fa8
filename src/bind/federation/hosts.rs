//! Hosts of their own for global services: a ServiceEntry each.

use std::collections::BTreeSet;

use super::claim::{Backing, Claim};
use crate::bind::GlobalHost;
use crate::kinds::selector::PortSelector;
use crate::report::Finding;
use crate::report::codes::{FC504, FC507};
use crate::source::Place;

impl<'a> Claim<'a> {
    /// A host with a ServiceEntry of its own. `ports`: number, protocol, the Service's port where it differs.
    pub fn host(
        &mut self,
        hosts: Vec<String>,
        place: Place,
        ports: &[(u16, String, Option<&PortSelector>, Place)],
        backing: &[Backing<'a>],
    ) -> Option<GlobalHost> {
        let first = *backing.first()?;
        let selector = first.service.selector.clone().unwrap_or_default();
        for one in backing {
            if one.namespace_name != first.namespace_name {
                self.push(
                    Finding::new(
                        FC507,
                        format!(
                            "the host is backed by Services in two namespaces, `{}` and `{}`",
                            first.namespace_name, one.namespace_name
                        ),
                    )
                    .at(place)
                    .because("one of them", first.service.place)
                    .because("and another", one.service.place)
                    .help("a ServiceEntry selects pods of its own namespace: select Services of one, or write one object for each"),
                );
                return None;
            }
            if one.service.selector.as_ref() != Some(&selector) || selector.is_empty() {
                self.push(
                    Finding::new(
                        FC504,
                        format!(
                            "`{}` in cluster `{}` and `{}` in `{}` select pods by different labels, or by none",
                            first.name, first.cluster.name, one.name, one.cluster.name
                        ),
                    )
                    .at(place)
                    .because("the first Service", first.service.place)
                    .because("the other one", one.service.place)
                    .help("the pods behind one host carry the same labels in every cluster: select Services with the same selector"),
                );
                return None;
            }
        }
        let mut bound = Vec::new();
        for (number, protocol, target, port_place) in ports {
            bound.push((*number, protocol.clone(), self.target(*number, *target, *port_place, backing)?));
        }
        let account = |one: &Backing<'_>| {
            let behind = one.service.workloads.iter().filter_map(|index| one.namespace.workloads.get(*index));
            let accounts: BTreeSet<&str> = behind.map(|workload| workload.account.as_str()).collect();
            accounts.first().filter(|_| accounts.len() == 1).map(|account| (*account).to_owned())
        };
        Some(GlobalHost {
            name: hosts.first()?.clone(),
            namespace: first.namespace_name.to_owned(),
            hosts,
            ports: bound,
            selector,
            backing: backing.iter().map(|one| (one.id, account(one))).collect(),
            reach: BTreeSet::new(),
            origins: BTreeSet::from([self.origin.clone()]),
        })
    }

    /// The pods' port behind a port of the host; `Some(None)` where it is the same number.
    pub fn target(
        &mut self,
        number: u16,
        selector: Option<&PortSelector>,
        place: Place,
        backing: &[Backing<'a>],
    ) -> Option<Option<u16>> {
        let mut found: Option<(u16, Backing<'a>)> = None;
        for one in backing {
            let port = one.service.ports.iter().find(|port| match selector {
                None => port.number == number,
                Some(selector) => {
                    selector.number.is_none_or(|number| number.get() == port.number)
                        && selector.name.as_ref().is_none_or(|name| name.value == port.name)
                }
            });
            let shown =
                format!("service `{}/{}` in cluster `{}`", one.namespace_name, one.name, one.cluster.name);
            let (message, other) = match (port.map(|port| port.target.clone()), found) {
                (Some(Ok(target)), Some((first, other))) if first != target => {
                    (format!("{shown} sends this port to {target}, another cluster to {first}"), Some(other))
                }
                (Some(Ok(target)), _) => {
                    found.get_or_insert((target, *one));
                    continue;
                }
                (Some(Err(why)), _) => (format!("the target port of {shown} cannot be told: {why}"), None),
                (None, _) => (format!("{shown} has no such port"), None),
            };
            let finding = Finding::new(FC504, message).at(place).because("the Service", one.service.place);
            let finding = match other {
                Some(other) => finding.because("the other one", other.service.place),
                None => finding,
            };
            self.push(
                finding.help(
                    "give the Services behind one host the same ports and the same numeric target ports",
                ),
            );
            return None;
        }
        found.map(|(target, _)| (target != number).then_some(target))
    }
}
