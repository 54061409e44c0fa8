//! Hosts of their own for global services: a ServiceEntry each.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Backing, Claim};
use super::matches;
use crate::bind::{ClusterId, GlobalHost};
use crate::kinds::selector::PortSelector;
use crate::manifest::Labels;
use crate::report::Finding;
use crate::report::codes::{FC504, FC507, FC519};
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
        let other = backing.iter().find(|one| one.namespace_name != first.namespace_name);
        if let Some(other) = other {
            self.push(
                Finding::new(
                    FC507,
                    format!(
                        "the host is backed by Services in two namespaces, `{}` and `{}`",
                        first.namespace_name, other.namespace_name
                    ),
                )
                .at(place)
                .because("one of them", first.service.place)
                .because("and another", other.service.place)
                .help("a ServiceEntry selects pods of its own namespace: select Services of one, or write one object for each"),
            );
            return None;
        }
        let selector = self.common_labels(place, backing)?;
        let mut bound = Vec::new();
        for (number, protocol, target, port_place) in ports {
            bound.push((*number, protocol.clone(), self.target(*number, *target, *port_place, backing)?));
        }
        let mut accounts: BTreeMap<ClusterId, BTreeSet<&str>> = BTreeMap::new();
        for one in backing {
            let behind = one.service.workloads.iter().filter_map(|index| one.namespace.workloads.get(*index));
            accounts.entry(one.id).or_default().extend(behind.map(|workload| workload.account.as_str()));
        }
        let sole = |accounts: BTreeSet<&str>| match accounts.len() {
            1 => accounts.first().map(|account| (*account).to_owned()),
            _ => None,
        };
        Some(GlobalHost {
            name: hosts.first()?.clone(),
            namespace: first.namespace_name.to_owned(),
            hosts,
            ports: bound,
            selector,
            backing: accounts.into_iter().map(|(id, accounts)| (id, sole(accounts))).collect(),
            near_first: BTreeSet::new(),
            reach: BTreeSet::new(),
            origins: BTreeSet::from([self.origin.clone()]),
        })
    }

    /// The labels that the selectors of all Services have in common: one ServiceEntry selects the pods of them all by these.
    fn common_labels(&mut self, place: Place, backing: &[Backing<'a>]) -> Option<Labels> {
        let mut selectors = backing.iter().map(|one| one.service.selector.clone().unwrap_or_default());
        let mut common = selectors.next()?;
        for selector in selectors {
            common.retain(|key, value| selector.get(key) == Some(value));
        }
        if !common.is_empty() {
            return Some(common);
        }
        let (first, other) = (backing.first()?, backing.last()?);
        self.push(
            Finding::new(
                FC504,
                format!(
                    "`{}` in cluster `{}` and `{}` in `{}` select pods by labels that have nothing in common, or by none",
                    first.name, first.cluster.name, other.name, other.cluster.name
                ),
            )
            .at(place)
            .because("the first Service", first.service.place)
            .because("the other one", other.service.place)
            .help("the pods behind one host are selected by the same labels in every cluster: give the Services' selectors one in common"),
        );
        None
    }

    /// FC519: in no cluster that reaches the host do its labels select pods that stand behind none of the Services.
    pub fn check_pods(&mut self, host: &GlobalHost, place: Place, backing: &[Backing<'a>]) {
        for id in &host.reach {
            let Some(cluster) = self.grounds.clusters.get(id.0) else { continue };
            let Some(namespace) = cluster.namespaces.get(&host.namespace) else { continue };
            let here = backing.iter().filter(|one| one.id == *id);
            let behind: BTreeSet<usize> =
                here.flat_map(|one| one.service.workloads.iter().copied()).collect();
            let stray = namespace.workloads.iter().enumerate().find(|(index, workload)| {
                matches(&host.selector, &workload.labels) && !behind.contains(index)
            });
            let Some((_, stray)) = stray else { continue };
            let labels: Vec<String> =
                host.selector.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            self.push(
                Finding::new(
                    FC519,
                    format!(
                        "`{}` would also reach {} `{}` in cluster `{}`, which stands behind none of its Services there",
                        host.name, stray.kind, stray.name, cluster.name
                    ),
                )
                .at(place)
                .because(format!("it has the labels `{}`", labels.join(", ")), stray.place)
                .help("the pods behind a host are selected by labels: give those that are meant one that no others have, or select the Service of the others too"),
            );
        }
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
