//! FC409, FC440, FC441: policy in the inventory that fleetc did not write.
//!
//! Each foreign policy is judged by what it does: whether any caller there can be, on any port, gets another verdict with
//! it than without it. One finding shows the first.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{
    Boundary, Capture, Cluster, InventoryPolicy, Mesh, Namespace, PolicyObject, is_gateway, matches,
};
use crate::manifest::Labels;
use crate::reach::{Author, Call, ClusterWorld, Decision, Destination, Held, Identity, Marks, Through, Way};
use crate::report::codes::{FC409, FC440, FC441};
use crate::report::{Code, Finding, Findings};
use crate::world::configuration;

/// Judges the foreign policy of one cluster beside what is rendered for it.
pub fn foreign_policy(mesh: &Mesh, cluster: &Cluster, rendered: &[Held], findings: &mut Findings) {
    let by_name: BTreeMap<String, &Held> =
        rendered.iter().map(|held| (held.object.reference(), held)).collect();
    for policy in &cluster.claimed {
        if !by_name.contains_key(&policy.object.reference()) {
            findings.push(unclaimed(cluster, policy));
        }
    }
    let known = if cluster.foreign.is_empty() { BTreeSet::new() } else { known(mesh, cluster) };
    for policy in &cluster.foreign {
        if let Some(held) = by_name.get(&policy.object.reference()) {
            findings.push(of_one_name(cluster, policy, held));
            continue;
        }
        if let Some(held) = rendered.iter().find(|held| share_a_scope(cluster, &policy.object, &held.object))
        {
            findings.push(in_one_scope(cluster, policy, held));
            continue;
        }
        let judging = Judging { mesh, cluster, policy, rendered, known: &known };
        findings.extend_from(judging.judge());
    }
}

fn named(cluster: &Cluster, policy: &InventoryPolicy) -> String {
    format!("`{}` in cluster `{}`", policy.object.reference(), cluster.name)
}

fn unclaimed(cluster: &Cluster, policy: &InventoryPolicy) -> Finding {
    let message = format!(
        "{} says that fleetc wrote it, but the fleet renders nothing of that name",
        named(cluster, policy)
    );
    Finding::new(FC441, message)
        .at(policy.place)
        .object(policy.object.reference())
        .help("no answer counts it, since a sync takes it away; if none does, delete it, or take fleetc's label off so that it is judged")
}

fn of_one_name(cluster: &Cluster, policy: &InventoryPolicy, held: &Held) -> Finding {
    let message = format!("{} is not fleetc's, and has the name of what is rendered", named(cluster, policy));
    let finding = Finding::new(FC409, message).at(policy.place).object(policy.object.reference());
    because_of(finding, held, "what is rendered comes of it")
        .help("a sync would replace it: say what it says as intent, and delete it or rename it")
}

fn in_one_scope(cluster: &Cluster, policy: &InventoryPolicy, held: &Held) -> Finding {
    let message = format!(
        "{} is not fleetc's, and stands in one scope with `{}`: only the older of the two counts",
        named(cluster, policy),
        held.object.reference()
    );
    let finding = Finding::new(FC409, message).at(policy.place).object(policy.object.reference());
    because_of(finding, held, "what is rendered comes of it")
        .help("delete it: where a workspace is isolated or an AccessPolicy selects, plaintext is refused already; `tlsMode` of an AccessPolicy says otherwise")
}

fn because_of(mut finding: Finding, held: &Held, message: &str) -> Finding {
    if let Author::Fleet(origins) = &held.author
        && let Some(origin) = origins.first()
    {
        finding = finding.because(format!("{message}: {}", origin.name), origin.place);
    }
    finding
}

/// Whether two PeerAuthentications meet where only the oldest counts (istio
/// pilot/pkg/serviceregistry/ambient/authorization.go): both for the namespace, or both for pods that one workload can be.
fn share_a_scope(cluster: &Cluster, foreign: &PolicyObject, rendered: &PolicyObject) -> bool {
    let (PolicyObject::Peer(one), PolicyObject::Peer(other)) = (foreign, rendered) else { return false };
    if foreign.namespace() != rendered.namespace() {
        return false;
    }
    let selector = |selector: &Option<crate::manifest::Selector>| {
        selector.as_ref().map(|selector| selector.match_labels.clone()).unwrap_or_default()
    };
    let (one, other) = (selector(&one.spec.selector), selector(&other.spec.selector));
    let workloads = cluster.namespaces.get(foreign.namespace()).map_or(&[][..], |own| &own.workloads);
    let both = |labels: &Labels| matches(&one, labels) && matches(&other, labels);
    match (one.is_empty(), other.is_empty()) {
        (true, true) => true,
        (false, false) => {
            matches(&one, &other)
                || matches(&other, &one)
                || workloads.iter().any(|workload| both(&workload.labels))
        }
        _ => false,
    }
}

/// One foreign policy while it is judged.
struct Judging<'a> {
    mesh: &'a Mesh,
    cluster: &'a Cluster,
    policy: &'a InventoryPolicy,
    rendered: &'a [Held],
    /// The identities of the inventory.
    known: &'a BTreeSet<Identity>,
}

/// A call that is judged otherwise with the policy than without it.
struct Change {
    /// The destination, for people.
    shown: String,
    caller: Option<Identity>,
    /// The port, for people.
    port: String,
    /// What the call has besides, for people.
    besides: String,
    /// With the policy.
    admitted: bool,
    /// What decides with it, for people.
    with: String,
    /// What decides without it.
    without: Decision,
}

impl Judging<'_> {
    fn judge(&self) -> Option<Finding> {
        match &self.policy.object {
            PolicyObject::Authorization(policy)
                if policy.spec.target_ref.is_some() || !policy.spec.target_refs.is_empty() =>
            {
                self.at_waypoints()
            }
            PolicyObject::Authorization(_) | PolicyObject::Peer(_) => self.at_ztunnels(),
        }
    }

    fn world(&self, held: Vec<Held>) -> ClusterWorld<'_> {
        let configuration = configuration(self.mesh, self.cluster);
        ClusterWorld::new(&self.cluster.name, configuration, &self.cluster.namespaces, held)
    }

    fn own(&self) -> Held {
        Held { object: self.policy.object.clone(), author: Author::Inventory(self.policy.place) }
    }

    /// A policy with `targetRefs`: what changes for the Services behind the waypoints it is attached to.
    fn at_waypoints(&self) -> Option<Finding> {
        let mut held = self.rendered.to_vec();
        let without = self.world(held.clone());
        held.push(self.own());
        let with = self.world(held);
        let mut narrowed = None;
        for (name, namespace) in &self.cluster.namespaces {
            for (service_name, service) in &namespace.services {
                let governed = namespace.access.boundary != Boundary::Open
                    || namespace.access.governed.iter().any(|class| {
                        class.destination == crate::bind::Destination::Service(service_name.clone())
                            || Some(&class.selector) == service.selector.as_ref()
                    });
                if !governed && narrowed.is_some() {
                    continue;
                }
                let ports = service.ports.iter().map(|port| port.number);
                let change = ports.filter_map(|port| {
                    let through = |world| ClusterWorld::through(world, name, service_name, service, port);
                    Some((through(&with)?, through(&without)?))
                });
                let shown = format!("service `{name}/{service_name}`");
                let Some(change) =
                    change.filter_map(|(with, without)| self.at_waypoint(&shown, &with, &without)).next()
                else {
                    continue;
                };
                let code = if governed || change.admitted { FC409 } else { FC440 };
                let finding = self.finding(code, change);
                if code == FC409 {
                    return Some(finding);
                }
                narrowed = Some(finding);
            }
        }
        narrowed
    }

    /// The first request to a Service that is judged otherwise at its waypoint.
    fn at_waypoint(&self, shown: &str, with: &Through<'_>, without: &Through<'_>) -> Option<Change> {
        let mut marks = with.marks();
        marks.extend(without.marks());
        let mut requests = with.requests();
        requests.extend(without.requests());
        let requests = requests.samples();
        let name = Held::name(&self.own());
        for caller in self.callers(&marks, |_| true).iter().flatten() {
            for request in &requests {
                let call = Call::of(Some(caller)).with(request.as_ref());
                let (now, before) = (with.decide(&call), without.decide(&call));
                // whom nothing else lets in it need not ask about
                let asks = now.admitted && now.not_modelled.contains(&name);
                if now.admitted != before.admitted || asks {
                    let besides = request.as_ref().map_or_else(String::new, |request| {
                        format!(" with {} {}", request.method, request.path)
                    });
                    return Some(Change {
                        shown: shown.to_owned(),
                        caller: Some(caller.clone()),
                        port: format!("port {}", with.port),
                        besides: if asks { " without asking somebody else".to_owned() } else { besides },
                        admitted: now.admitted && !asks,
                        with: match asks {
                            true => "it asks another service, which may refuse".to_owned(),
                            false => now.because.to_string(),
                        },
                        without: before,
                    });
                }
            }
        }
        None
    }

    /// One caller of each sort; someone whom the inventory knows explains best.
    fn callers(&self, marks: &Marks, takes: impl Fn(&Identity) -> bool) -> Vec<Option<Identity>> {
        let mut callers: Vec<Option<Identity>> = marks.identities().into_iter().map(Some).collect();
        callers.push(None);
        callers.retain(|caller| caller.as_ref().is_none_or(&takes));
        callers.sort_by_key(|caller| caller.as_ref().is_none_or(|one| !self.known.contains(one)));
        callers
    }

    fn at_ztunnels(&self) -> Option<Finding> {
        let everywhere = self.policy.object.namespace() == crate::bind::ROOT_NAMESPACE;
        let touched = |name: &&String| everywhere || **name == self.policy.object.namespace();
        let mut narrowed = None;
        for name in self.cluster.namespaces.keys().filter(touched) {
            let Some(namespace) = self.cluster.namespaces.get(name) else { continue };
            let here = |held: &&Held| {
                [name.as_str(), crate::bind::ROOT_NAMESPACE].contains(&held.object.namespace())
            };
            let mut held: Vec<Held> = self.rendered.iter().filter(here).cloned().collect();
            let without = self.world(held.clone());
            held.push(self.own());
            let with = self.world(held);
            for pods in self.pods(name, namespace) {
                let governed = pods.governed;
                if !governed && narrowed.is_some() {
                    continue;
                }
                let (with, without) = (pods.in_world(name, &with), pods.in_world(name, &without));
                let Some(change) = self.change(namespace, &with, &without) else { continue };
                let code = if governed || change.admitted { FC409 } else { FC440 };
                let finding = self.finding(code, change);
                if code == FC409 {
                    return Some(finding);
                }
                narrowed = Some(finding);
            }
        }
        narrowed
    }

    /// The classes of pods in a namespace that any policy can tell apart: what the inventory has, and pods to come.
    fn pods<'n>(&self, name: &str, namespace: &'n Namespace) -> Vec<Pods<'n>> {
        let governed = |labels: &Labels, gateway: bool| {
            let bounded = namespace.access.boundary != Boundary::Open && !gateway;
            bounded || namespace.access.governed.iter().any(|class| matches(&class.selector, labels))
        };
        let mut seen = BTreeSet::new();
        let mut classes = Vec::new();
        for workload in &namespace.workloads {
            let captured = !matches!(workload.capture, Capture::Opted | Capture::HostNetwork);
            if captured && seen.insert(workload.labels.clone()) {
                let governed = governed(&workload.labels, workload.gateway);
                classes.push(Pods { labels: workload.labels.clone(), workload: Some(workload), governed });
            }
        }
        if matches!(namespace.capture, Capture::Opted) {
            return classes;
        }
        let of_policies = self.rendered.iter().filter(|held| held.object.namespace() == name);
        let mut to_come: BTreeSet<Labels> = of_policies.filter_map(|held| selector(&held.object)).collect();
        to_come.extend(namespace.services.values().filter_map(|service| service.selector.clone()));
        let own = selector(&self.policy.object).unwrap_or_default();
        to_come.insert(Labels::new());
        for labels in to_come {
            let compatible =
                labels.iter().all(|(key, value)| own.get(key).is_none_or(|other| other == value));
            let mut labels = labels;
            labels.extend(own.clone());
            if compatible && seen.insert(labels.clone()) {
                let governed = governed(&labels, is_gateway(&labels));
                classes.push(Pods { labels, workload: None, governed });
            }
        }
        classes
    }

    /// The first call that is judged otherwise.
    fn change(
        &self,
        namespace: &Namespace,
        with: &Destination<'_>,
        without: &Destination<'_>,
    ) -> Option<Change> {
        let mut marks: Marks = with.marks();
        marks.extend(without.marks());
        let mut ports = marks.ports();
        ports.extend(peer_ports(with.cluster));
        ports.extend(
            namespace
                .services
                .values()
                .flat_map(|service| &service.ports)
                .filter_map(|port| port.target.clone().ok()),
        );
        ports.extend(with.workload.iter().flat_map(|workload| &workload.ports).map(|(_, port)| *port));
        // a sidecar takes the aliases too, and says so itself
        let takes =
            |one: &Identity| with.capture == Capture::Sidecar || with.cluster.takes(one.trust_domain());
        let callers = self.callers(&marks, takes);
        let addresses = marks.sources();
        let straight = Way { port: 0, through: None };
        let mut requests = with.requests(&straight);
        requests.extend(without.requests(&straight));
        requests.dedup();
        for caller in &callers {
            for port in &ports {
                for source in &addresses {
                    for destination in &addresses {
                        for request in &requests {
                            let call = Call {
                                peer: caller.as_ref(),
                                request: request.as_ref(),
                                source: *source,
                                destination: *destination,
                            };
                            if with.lets_in(&call, *port) == without.lets_in(&call, *port) {
                                continue;
                            }
                            let (now, before) = (with.at_pods(&call, *port), without.at_pods(&call, *port));
                            let asked =
                                request.as_ref().map(|one| format!(" with {} {}", one.method, one.path));
                            let addressed = [(source, "from"), (destination, "at")]
                                .into_iter()
                                .filter_map(|(address, word)| Some(format!(" {word} `{}`", (*address)?)));
                            return Some(Change {
                                shown: super::shown(with),
                                caller: caller.clone(),
                                port: super::port(*port, marks.other_port() == *port),
                                besides: addressed.chain(asked).collect(),
                                admitted: now.admitted,
                                with: now.because.to_string(),
                                without: before,
                            });
                        }
                    }
                }
            }
        }
        None
    }

    fn finding(&self, code: Code, change: Change) -> Finding {
        let caller = change.caller.as_ref().map_or_else(|| "plaintext".to_owned(), |one| format!("`{one}`"));
        let verb = if change.admitted { "lets" } else { "keeps" };
        let does = if change.admitted { "call" } else { "from calling" };
        let message = format!(
            "{}, which is not fleetc's, {verb} {caller} {does} {} on {}{}",
            named(self.cluster, self.policy),
            change.shown,
            change.port,
            change.besides
        );
        let mut finding =
            Finding::new(code, message).at(self.policy.place).object(self.policy.object.reference());
        finding = finding.because(format!("with it: {}", change.with), self.policy.place);
        let held = change
            .without
            .policies()
            .iter()
            .find_map(|name| self.rendered.iter().find(|held| held.name() == *name));
        let origin = held.and_then(|held| match &held.author {
            Author::Fleet(origins) => origins.first(),
            Author::Inventory(_) | Author::Tree(_) => None,
        });
        if let Some(origin) = origin {
            finding = finding.because(format!("without it: {}", change.without.because), origin.place);
        }
        match (code == FC409, change.admitted) {
            (true, true) => finding.help("say it as intent (an export and an import, an AccessPolicy, an exception of the Fleet) and delete it"),
            (true, false) => finding.help("say it as intent, an AccessPolicy for example, and delete it; or delete it if it is not meant"),
            (false, _) => finding.help("the fleet says nothing about these pods, and its answers count this policy; an AccessPolicy would say it as intent"),
        }
    }
}

/// A class of pods that is judged.
struct Pods<'n> {
    labels: Labels,
    workload: Option<&'n crate::bind::Workload>,
    governed: bool,
}

impl<'n> Pods<'n> {
    fn in_world<'w>(&self, namespace: &'w str, world: &'w ClusterWorld<'w>) -> Destination<'w>
    where
        'n: 'w,
    {
        match self.workload {
            Some(workload) => world.pods_of(namespace, workload),
            None => world.pods_to_come(namespace, self.labels.clone()),
        }
    }
}

fn selector(object: &PolicyObject) -> Option<Labels> {
    let selector = match object {
        PolicyObject::Authorization(policy) => policy.spec.selector.as_ref(),
        PolicyObject::Peer(policy) => policy.spec.selector.as_ref(),
    };
    selector.map(|selector| selector.match_labels.clone())
}

/// The ports that PeerAuthentications name.
fn peer_ports<'w>(world: &'w ClusterWorld<'w>) -> impl Iterator<Item = u16> {
    world.held().iter().flat_map(|held| match &held.object {
        PolicyObject::Peer(policy) => {
            policy.spec.port_level_mtls.keys().filter_map(|port| port.parse().ok()).collect::<Vec<u16>>()
        }
        PolicyObject::Authorization(_) => Vec::new(),
    })
}

/// The identities of the inventory that can call into a cluster.
fn known(mesh: &Mesh, cluster: &Cluster) -> BTreeSet<Identity> {
    let mut known = BTreeSet::new();
    for own in mesh.clusters.iter().filter(|own| own.trust_domain == cluster.trust_domain) {
        for (name, namespace) in &own.namespaces {
            known.extend(
                namespace.accounts.keys().map(|account| Identity::new(&own.trust_domain, name, account)),
            );
        }
    }
    known
}
