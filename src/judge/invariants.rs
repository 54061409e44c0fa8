//! FC442, FC443: what must never, or always, be possible.
//!
//! Proved for every pod of the inventory and for pods to come, and for every caller that can be: the policies in scope tell
//! only so many callers apart, and one of each sort is asked (see [`Marks`]). A pod to come may carry any labels besides
//! those that the invariant names, and with them come policies: each that could is judged with it. One that more than one
//! of them selects is admitted no more than one of them admits, and refused no more than one of them refuses.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{
    Clients, Cluster, ClusterId, Holds, Invariant, Member, Mesh, Namespace, PolicyObject, Service,
    ServicePort, Targets, Tenancy, glob, matches,
};
use crate::manifest::Labels;
use crate::reach::{
    Author, Call, ClusterWorld, Decision, Destination, Held, HttpRequest, Identity, Marks, Way,
};
use crate::report::codes::{FC442, FC443};
use crate::report::{Finding, Findings};
use crate::world::{configuration, foreign};

/// Judges every invariant in one cluster: as the destination's.
pub fn invariants(mesh: &Mesh, id: ClusterId, rendered: Vec<Held>, findings: &mut Findings) {
    let Some(cluster) = mesh.cluster(id).filter(|_| !mesh.invariants.is_empty()) else { return };
    let mut held = foreign(cluster);
    held.extend(rendered);
    let world = ClusterWorld::new(&cluster.name, configuration(mesh, cluster), &cluster.namespaces, held);
    for invariant in &mesh.invariants {
        if invariant.targets.clusters.as_ref().is_some_and(|clusters| !clusters.contains(&id)) {
            continue;
        }
        let callers = Callers::of(mesh, &invariant.clients);
        let judging = Judging { mesh, cluster, world: &world, invariant, callers: &callers };
        findings.extend_from(judging.judge());
    }
}

/// Says which invariants are about nothing that the inventory knows.
pub fn matches_nothing(mesh: &Mesh, findings: &mut Findings) {
    for invariant in &mesh.invariants {
        let (clients, targets) = (&invariant.clients, &invariant.targets);
        let nobody = clients.identities
            && !clients.plaintext
            && clients.trust_domains.is_empty()
            && Callers::of(mesh, clients).known.is_empty();
        let wanted = |id: ClusterId| targets.clusters.as_ref().is_none_or(|clusters| clusters.contains(&id));
        let some = mesh.cluster_ids().filter(|(id, _)| wanted(*id)).any(|(_, cluster)| {
            cluster.namespaces.iter().filter(|(name, own)| in_namespace(targets, name, own)).any(
                |(name, own)| {
                    own.workloads.iter().enumerate().any(|(index, workload)| {
                        matches(&targets.labels, &workload.labels) && behind_named(targets, name, own, index)
                    })
                },
            )
        });
        for (empty, place, what) in [
            (nobody, clients.place, "no service account or workload of the inventory is what this names"),
            (!some, targets.place, "no workload of the inventory is what this names"),
        ] {
            if empty {
                findings.push(
                    Finding::new(FC443, format!("{what}, so nothing that there is today is proved"))
                        .at(place)
                        .object(&*invariant.origin.name)
                        .help("check it against what stands below `clusters/`; for workloads to come it is proved all the same"),
                );
            }
        }
    }
}

/// The callers that an invariant is about.
struct Callers<'a> {
    mesh: &'a Mesh,
    clients: &'a Clients,
    /// Those of the inventory, by trust domain and namespace.
    known: BTreeMap<(String, String), BTreeSet<Identity>>,
    /// Every identity of the inventory.
    all: BTreeSet<Identity>,
}

impl<'a> Callers<'a> {
    fn of(mesh: &'a Mesh, clients: &'a Clients) -> Self {
        let mut callers = Callers { mesh, clients, known: BTreeMap::new(), all: BTreeSet::new() };
        for (id, cluster) in mesh.cluster_ids() {
            let in_cluster = clients.clusters.as_ref().is_none_or(|clusters| clusters.contains(&id));
            for (name, namespace) in &cluster.namespaces {
                let accounts = namespace.accounts.iter();
                let pods = namespace.workloads.iter().map(|workload| (&workload.account, &workload.labels));
                for (account, labels) in accounts.chain(pods) {
                    let identity = Identity::new(&cluster.trust_domain, name, account);
                    callers.all.insert(identity.clone());
                    if in_cluster && matches(&clients.labels, labels) && callers.are_of(&identity) {
                        let place = (cluster.trust_domain.to_string(), name.clone());
                        callers.known.entry(place).or_default().insert(identity);
                    }
                }
            }
        }
        callers
    }

    /// Whether an identity is among them, but for labels.
    fn are_of(&self, identity: &Identity) -> bool {
        let Clients { accounts, namespaces, workspaces, clusters, trust_domains, identities, .. } =
            self.clients;
        let any = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|one| glob(one, text))
        };
        let owner = || {
            let member = Member {
                trust_domain: identity.trust_domain().into(),
                namespace: identity.namespace().into(),
            };
            self.mesh.owner_of(&member)
        };
        let in_cluster = |id: &ClusterId| {
            self.mesh.cluster(*id).is_some_and(|cluster| {
                *cluster.trust_domain == *identity.trust_domain()
                    && cluster.namespaces.contains_key(identity.namespace())
            })
        };
        let account = (identity.namespace().to_owned(), identity.service_account().to_owned());
        *identities
            && any(namespaces, identity.namespace())
            && any(trust_domains, identity.trust_domain())
            && (accounts.is_empty() || accounts.contains(&account))
            && workspaces.as_ref().is_none_or(|wanted| owner().is_some_and(|owner| wanted.contains(&owner)))
            && clusters.as_ref().is_none_or(|wanted| wanted.iter().any(in_cluster))
    }

    /// Whether one that the inventory does not know may be among them: labels are worn by workloads, and such a workload is
    /// to come where there are some already, or where a namespace is named.
    fn may_come(&self, identity: &Identity) -> bool {
        let Clients { labels, namespaces, workspaces, .. } = self.clients;
        let place = (identity.trust_domain().to_owned(), identity.namespace().to_owned());
        let somewhere = !namespaces.is_empty() || workspaces.is_some() || self.known.contains_key(&place);
        !self.all.contains(identity) && self.are_of(identity) && (labels.is_empty() || somewhere)
    }

    /// One caller of each sort that some policies tell apart; those of the inventory first.
    fn told_apart_by(&self, marks: &Marks) -> Vec<Option<Identity>> {
        let mut marks = marks.clone();
        for pattern in &self.clients.namespaces {
            marks.add_namespaces(pattern);
        }
        for pattern in &self.clients.trust_domains {
            marks.add_trust_domain(pattern);
        }
        for (namespace, account) in &self.clients.accounts {
            marks.add_account(namespace, account);
        }
        for cluster in &self.mesh.clusters {
            marks.add_trust_domain(&cluster.trust_domain);
        }
        let mut found = Vec::new();
        let mut elsewhere = BTreeSet::new();
        for ((domain, namespace), identities) in &self.known {
            if !marks.names_namespace(domain, namespace) {
                // all such namespaces of a trust domain are one to the policies
                if elsewhere.insert(domain) {
                    found.extend(identities.first().cloned());
                }
                continue;
            }
            let named = identities.iter().filter(|one| marks.names_account(one));
            found.extend(named.cloned());
            found.extend(identities.iter().find(|one| !marks.names_account(one)).cloned());
        }
        if self.clients.workspaces.is_some()
            || self.clients.clusters.is_some()
            || !self.clients.labels.is_empty()
        {
            for (domain, namespace) in self.places() {
                marks.add(Identity::new(&domain, &namespace, crate::reach::STRANGER));
            }
        }
        found.extend(marks.identities().into_iter().filter(|one| self.may_come(one)));
        let plaintext = self.clients.plaintext.then_some(None);
        found.into_iter().map(Some).chain(plaintext).collect()
    }

    /// Every namespace of the fleet.
    fn places(&self) -> BTreeSet<(String, String)> {
        let of = |cluster: &Cluster| -> Vec<(String, String)> {
            let names = cluster.namespaces.keys();
            names.map(|name| (cluster.trust_domain.to_string(), name.clone())).collect()
        };
        self.mesh.clusters.iter().flat_map(of).collect()
    }
}

/// One invariant in one cluster.
struct Judging<'a> {
    mesh: &'a Mesh,
    cluster: &'a Cluster,
    world: &'a ClusterWorld<'a>,
    invariant: &'a Invariant,
    callers: &'a Callers<'a>,
}

impl<'a> Judging<'a> {
    fn judge(&self) -> Option<Finding> {
        let targets = &self.invariant.targets;
        self.cluster.namespaces.iter().filter(|(name, own)| in_namespace(targets, name, own)).find_map(
            |(name, namespace)| {
                let mut destinations = self.known(name, namespace);
                destinations.extend(self.to_come(name, namespace));
                destinations.iter().find_map(|destination| self.broken_at(name, namespace, destination))
            },
        )
    }

    fn known(&self, name: &'a str, namespace: &'a Namespace) -> Vec<Destination<'a>> {
        let targets = &self.invariant.targets;
        let wanted = namespace.workloads.iter().enumerate().filter(|(index, workload)| {
            matches(&targets.labels, &workload.labels) && behind_named(targets, name, namespace, *index)
        });
        wanted.map(|(_, workload)| self.world.pods_of(name, workload)).collect()
    }

    /// Pods that are to come: with the labels, behind the Services; each alone and under each policy that could select it
    /// too.
    fn to_come(&self, name: &'a str, namespace: &'a Namespace) -> Vec<Destination<'a>> {
        let targets = &self.invariant.targets;
        let named =
            !targets.namespaces.is_empty() || targets.workspaces.is_some() || !targets.services.is_empty();
        let some = namespace.workloads.iter().any(|workload| matches(&targets.labels, &workload.labels));
        if !targets.labels.is_empty() && !named && !some {
            return Vec::new();
        }
        let bases: Vec<Labels> = match targets.services.is_empty() {
            true => vec![targets.labels.clone()],
            false => {
                let services = namespace.services.iter().filter(|(service, _)| names(targets, name, service));
                let selectors = services.filter_map(|(_, service)| service.selector.as_ref());
                selectors.filter_map(|selector| joined(selector, &targets.labels)).collect()
            }
        };
        let selectors = self.world.held().iter().filter_map(|held| {
            let namespaces = [name, self.world.config.root_namespace.as_str()];
            namespaces.contains(&held.object.namespace()).then(|| selector(&held.object)).flatten()
        });
        let selectors: BTreeSet<&Labels> = selectors.collect();
        let mut classes: BTreeSet<Labels> = BTreeSet::new();
        for base in bases {
            classes.extend(selectors.iter().filter_map(|selector| joined(&base, selector)));
            classes.insert(base);
        }
        classes.into_iter().map(|labels| self.world.pods_to_come(name, labels)).collect()
    }

    fn broken_at(&self, name: &'a str, namespace: &'a Namespace, pods: &Destination<'a>) -> Option<Finding> {
        let ways = self.ways(name, namespace, pods);
        let mut marks = pods.marks();
        let own = pods.ways_to_port(marks.other_port());
        for through in ways.iter().chain(&own).filter_map(|way| way.through.as_ref()) {
            marks.extend(through.marks());
        }
        let mut ports = self.invariant.targets.ports.clone();
        if ports.is_empty() {
            ports = marks.ports();
            ports.extend(pods.workload.iter().flat_map(|workload| &workload.ports).map(|(_, port)| *port));
            ports.extend(ways.iter().map(|way| way.port));
        }
        let sources = marks.sources();
        let callers = self.callers.told_apart_by(&marks);
        let ways: Vec<(Way<'a>, Vec<Option<HttpRequest>>)> = ports
            .iter()
            .flat_map(|port| pods.ways_to_port(*port))
            .chain(ways)
            .map(|way| {
                let requests = pods.requests(&way);
                (way, requests)
            })
            .collect();
        for caller in callers {
            if self.invariant.holds == Holds::Always && self.is_nobody(caller.as_ref()) {
                continue;
            }
            // the waypoint of the pods calls them for those whom it lets through
            let relays = |(way, _): &(Way<'_>, _)| {
                let through = way.through.iter();
                through.flat_map(|through| &through.identities).any(|own| Some(own) == caller.as_ref())
            };
            if self.invariant.holds == Holds::Never && ways.iter().any(relays) {
                continue;
            }
            for (port, source) in
                ports.iter().flat_map(|port| sources.iter().map(move |source| (port, source)))
            {
                let call = Call { source: *source, ..Call::of(caller.as_ref()) };
                let mut to_port = ways.iter().filter(|(way, _)| way.port == *port);
                let passes = |way: &Way<'_>, request: &Option<HttpRequest>| {
                    pods.admits(way, &call.with(request.as_ref()))
                };
                // some request that passes is one too many, and one that does not is one too few
                let broken = match self.invariant.holds {
                    Holds::Never => to_port.find_map(|(way, requests)| {
                        Some((way, requests.iter().find(|request| passes(way, request))?))
                    }),
                    Holds::Always => {
                        let refused: Vec<_> = to_port
                            .map(|(way, requests)| {
                                (way, requests.iter().find(|request| !passes(way, request)))
                            })
                            .collect();
                        match refused.iter().any(|(_, request)| request.is_none()) {
                            true => None,
                            // what a waypoint refuses tells more than that the lock does
                            false => refused.last().and_then(|(way, request)| Some((*way, (*request)?))),
                        }
                    }
                };
                if let Some((way, request)) = broken {
                    let any = marks.other_port() == *port && self.invariant.targets.ports.is_empty();
                    return Some(self.finding(pods, way, &call.with(request.as_ref()), any));
                }
            }
        }
        None
    }

    /// Whether a caller is of no trust domain of the fleet: what always holds says nothing of strangers, unless it names
    /// trust domains.
    fn is_nobody(&self, caller: Option<&Identity>) -> bool {
        let known = |peer: &Identity| {
            self.mesh.clusters.iter().any(|cluster| *cluster.trust_domain == *peer.trust_domain())
        };
        self.invariant.clients.trust_domains.is_empty() && caller.is_some_and(|peer| !known(peer))
    }

    /// The ways through the waypoints of Services to some pods.
    fn ways(&self, name: &'a str, namespace: &'a Namespace, pods: &Destination<'a>) -> Vec<Way<'a>> {
        let leads = |service: &Service| match &service.selector {
            Some(selector) => matches(selector, &pods.labels),
            None => false,
        };
        let services =
            namespace.services.iter().filter(|(_, service)| service.waypoint.is_some() && leads(service));
        let ways = services.flat_map(|(service_name, service)| {
            service.ports.iter().flat_map(move |port| {
                let targets = targets(namespace, service, port, pods);
                targets.into_iter().filter_map(move |target| {
                    let through = self.world.through(name, service_name, service, port.number)?;
                    Some(Way { port: target, through: Some(through) })
                })
            })
        });
        ways.collect()
    }

    fn finding(&self, pods: &Destination<'a>, way: &Way<'a>, call: &Call<'_>, any: bool) -> Finding {
        let caller = call.peer.map_or_else(|| "plaintext".to_owned(), |peer| format!("`{peer}`"));
        let to_come = call.peer.is_some_and(|peer| !self.callers.all.contains(peer));
        let whose = if to_come { " (a service account to come)" } else { "" };
        let request = call
            .request
            .map_or_else(String::new, |request| format!(" with {} {}", request.method, request.path));
        let from = call.source.map_or_else(String::new, |address| format!(" from `{address}`"));
        let shown = super::shown(pods);
        let may = match self.invariant.holds {
            Holds::Never => "may call",
            Holds::Always => "may not call",
        };
        let message = format!(
            "{caller}{whose}{from} {may} {shown} on {}{request} in cluster `{}`",
            super::port(way.port, any),
            self.cluster.name
        );
        let decisions = pods.decide(way, call);
        let mut finding =
            Finding::new(FC442, message).at(self.invariant.origin.place).object(&*self.invariant.origin.name);
        for decision in &decisions {
            finding = self.because(finding, decision);
        }
        if let Some(workload) = pods.workload {
            finding = finding.because("the workload that is called", workload.place);
        }
        finding.help(match (self.invariant.holds, pods.workload.is_some()) {
            (Holds::Never, true) => "take away what lets it in, or say in the invariant that it may",
            (Holds::Never, false) => "take away what would let it in, or name in the invariant what is meant: a workload to come may wear any labels beside those it names",
            (Holds::Always, _) => "let it in with an export and an import, an AccessPolicy or an exception, or say in the invariant that it need not be",
        })
    }

    fn because(&self, finding: Finding, decision: &Decision) -> Finding {
        let message = format!("{}: {}", decision.layer, decision.because);
        let held = decision.policies().first().and_then(|policy| self.world.policy(policy));
        let place = match held.map(|held| &held.author) {
            Some(Author::Fleet(origins)) => origins.first().map(|origin| origin.place),
            Some(Author::Inventory(place)) => Some(*place),
            Some(Author::Tree(_)) | None => None,
        };
        // without a policy it is the Namespace that is open
        let place = place.or_else(|| Some(self.mesh.cluster(self.id()?)?.origin.place));
        match place {
            Some(place) => finding.because(message, place),
            None => finding,
        }
    }

    fn id(&self) -> Option<ClusterId> {
        self.mesh.cluster_ids().find(|(_, cluster)| cluster.name == self.cluster.name).map(|(id, _)| id)
    }
}

/// Whether destinations in a namespace are meant. Saying nothing never means the platform's own.
fn in_namespace(targets: &Targets, name: &str, namespace: &Namespace) -> bool {
    let literal = targets.namespaces.iter().any(|pattern| pattern == name)
        || targets.services.iter().any(|(own, _)| own == name);
    let named = targets.namespaces.is_empty() || targets.namespaces.iter().any(|pattern| glob(pattern, name));
    let owner = namespace.owner();
    named
        && (literal || namespace.tenancy != Tenancy::System)
        && targets.workspaces.as_ref().is_none_or(|wanted| owner.is_some_and(|owner| wanted.contains(&owner)))
        && (targets.services.is_empty() || targets.services.iter().any(|(own, _)| own == name))
}

/// The ports of some pods behind a port of a Service. Pods to come may name theirs as any of their fellows does.
fn targets(
    namespace: &Namespace,
    service: &Service,
    port: &ServicePort,
    pods: &Destination<'_>,
) -> BTreeSet<u16> {
    let fellows = service.workloads.iter().filter_map(|index| namespace.workloads.get(*index));
    let named =
        fellows.flat_map(|workload| &workload.ports).filter(|(name, _)| Some(name) == port.named.as_ref());
    let of_fellows = named.map(|(_, number)| *number).filter(|_| pods.workload.is_none());
    of_fellows.chain(pods.target(port)).collect()
}

fn names(targets: &Targets, namespace: &str, service: &str) -> bool {
    targets.services.contains(&(namespace.to_owned(), service.to_owned()))
}

/// Whether a workload is behind one of the Services that are named, if any are.
fn behind_named(targets: &Targets, name: &str, namespace: &Namespace, workload: usize) -> bool {
    let mut services = namespace.services.iter().filter(|(service, _)| names(targets, name, service));
    targets.services.is_empty() || services.any(|(_, service)| service.workloads.contains(&workload))
}

fn selector(object: &PolicyObject) -> Option<&Labels> {
    let selector = match object {
        PolicyObject::Authorization(policy) => policy.spec.selector.as_ref(),
        PolicyObject::Peer(policy) => policy.spec.selector.as_ref(),
    };
    selector.map(|selector| &selector.match_labels)
}

/// The labels of both; `None` if no pod can carry both.
fn joined(one: &Labels, other: &Labels) -> Option<Labels> {
    let agree = other.iter().all(|(key, value)| one.get(key).is_none_or(|own| own == value));
    agree.then(|| {
        let mut labels = one.clone();
        labels.extend(other.clone());
        labels
    })
}
