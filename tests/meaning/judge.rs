//! Every client, destination and port of a fleet, asked of the intent and of the rendered text.
//!
//! A pod is reached in two ways: straight, where its ztunnel judges the client; and addressed as a Service that is behind
//! a waypoint, where the waypoint judges the client and ztunnel the waypoint. Both are asked.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use fleetc::format::Tree;
use fleetc::manifest::{AuthorizationPolicy, PeerAuthentication};
use fleetc::reach::{
    self, Attachment, Backend, Connection, HttpRequest, Policies, Request, Scope, SidecarPolicies,
    SidecarScope, Verdict, WaypointPolicies, Workload,
};
use fleetc::source::{FileId, Sources};
use fleetc::yaml::{self, Node};
use fleetc::{Compiled, Part};

use super::naive::{Destination, Http, Identity, Intent};
use super::world::{Cluster, ClusterIndex, Foreign, Pod, World};

/// A port that nothing in a fleet speaks of.
const UNRELATED_PORT: u16 = 9999;

/// How a fleet did.
#[derive(Debug, Default)]
pub struct Judgement {
    pub pairs: usize,
    pub allowed: usize,
    pub admitted_not_meant: usize,
    pub meant_but_refused: usize,
    /// The first of each sort.
    pub shown: Vec<Disagreement>,
}

/// One pair on which the intent and the rendered policies differ.
#[derive(Debug, Clone)]
pub struct Disagreement {
    pub client: Option<Identity>,
    pub cluster: String,
    pub pod: Pod,
    pub port: u16,
    /// The Service that was addressed and the cluster of the waypoint, where one is on the way.
    pub through: Option<(String, String)>,
    pub request: Option<Http>,
    /// Meant to be allowed, but refused; else admitted, but not meant.
    pub meant: bool,
    /// What decided on the rendered side.
    pub because: String,
}

/// Asks every pair of a fleet that compiles.
pub fn judge(sources: &Sources, compiled: &Compiled) -> Judgement {
    judge_trees(sources, |cluster| compiled.render(&Part::Cluster(cluster.to_owned())))
}

/// Asks every pair of a fleet and whatever trees its clusters have.
pub fn judge_trees(sources: &Sources, tree: impl Fn(&str) -> Tree) -> Judgement {
    let world = World::read(sources);
    let rendered: Vec<Rendered> =
        world.clusters.iter().map(|cluster| Rendered::read(&tree(&cluster.name))).collect();
    let question = Question { intent: &Intent::new(&world), callers: callers(&world), world: &world };
    let mut judgement = Judgement::default();
    for index in 0..world.clusters.len() {
        question.straight(index, &rendered[index], &mut judgement);
        question.through_waypoints(index, &rendered, &mut judgement);
        question.through_waypoints_of_pods(index, &rendered[index], &mut judgement);
    }
    judgement
}

/// `caller → pod port` → whether rendered and foreign policies admit it, straight at the pod or through a Service's waypoint.
pub type Admissions = BTreeMap<String, bool>;

/// Everything that the policies of one cluster say.
pub fn admissions(world: &World, index: ClusterIndex, rendered: &Rendered) -> Admissions {
    let cluster = &world.clusters[index];
    let policies = rendered.at_pods(cluster, Some(&cluster.foreign));
    let at_waypoints = rendered.at_waypoints(&cluster.trust_domain, Some(&cluster.foreign));
    let get = |path: &str| {
        Some(HttpRequest { method: "GET".to_owned(), path: path.to_owned(), ..HttpRequest::default() })
    };
    let requests = [None, get("/"), get("/orders")];
    let callers = callers(world);
    let mut admissions = Admissions::new();
    for pod in cluster.pods.iter().filter(|pod| cluster.captures(pod)) {
        let scope = policies.at(cluster, pod);
        for port in ports(world, index, pod) {
            for (_, peer) in &callers {
                let caller = peer.as_ref().map_or("plaintext", |peer| peer.principal());
                let pair = format!("{caller} → {}/{} {port}", pod.namespace, pod.workload);
                admissions.insert(pair, scope.verdict(peer.as_ref(), port, None).allowed);
            }
        }
        for service in cluster.services_of(pod) {
            let Some(waypoint) = cluster.waypoint_of(service) else { continue };
            let home = waypoint.metadata.namespace.as_deref().unwrap_or("default");
            let own = peer(&Identity::of(cluster, home, waypoint.service_account()));
            let backend = Backend::Service { namespace: &pod.namespace, name: &service.metadata.name };
            let attachment = Attachment { namespace: home, gateway: &waypoint.metadata.name, backend };
            let at_waypoint = at_waypoints.at(&attachment);
            for port in &service.spec.ports {
                let Some(target) = pod.target(port) else { continue };
                for ((_, caller), request) in callers
                    .iter()
                    .skip(1)
                    .flat_map(|caller| requests.iter().map(move |request| (caller, request)))
                {
                    let asked = Request::new(caller.as_ref(), port.port, request.as_ref());
                    let admitted = at_waypoint.verdict(&asked).verdict.allowed
                        && scope.verdict(Some(&own), target, request.as_ref()).allowed;
                    let name = caller.as_ref().map_or("plaintext", |caller| caller.principal());
                    let shown =
                        request.as_ref().map_or_else(String::new, |request| format!(" {}", request.path));
                    let service = &service.metadata.name;
                    let pod = format!("{}/{}", pod.namespace, pod.workload);
                    admissions.insert(format!("{name} → {pod} as {service} {}{shown}", port.port), admitted);
                }
            }
        }
    }
    admissions
}

/// The policies that fleetc wrote for one cluster.
pub struct Rendered {
    pub authorization: Vec<AuthorizationPolicy>,
    pub peer: Vec<PeerAuthentication>,
}

/// Everyone who might call, as both sides name them.
pub type Callers = Vec<(Option<Identity>, Option<reach::Identity>)>;

struct Question<'q> {
    world: &'q World,
    intent: &'q Intent<'q>,
    callers: Callers,
}

impl Question<'_> {
    /// Pods by their addresses, and by Services that no waypoint is in front of.
    fn straight(&self, index: ClusterIndex, rendered: &Rendered, judgement: &mut Judgement) {
        let cluster = &self.world.clusters[index];
        let policies = rendered.at_pods(cluster, Some(&cluster.foreign));
        let ours = rendered.at_pods(cluster, None);
        let waypoints: BTreeSet<Identity> =
            self.world.clusters.iter().flat_map(waypoint_identities).collect();
        for pod in cluster.pods.iter().filter(|pod| is_destination(cluster, pod)) {
            let destination = Destination { cluster: index, pod };
            let (governed, behind) = (self.intent.governs(destination), self.intent.waypoints(destination));
            let captured = cluster.captures(pod);
            let (scope, own) = (policies.at(cluster, pod), ours.at(cluster, pod));
            for port in ports(self.world, index, pod) {
                let meaning = self.intent.at(destination, port);
                for (client, peer) in &self.callers {
                    // a waypoint's own calls are asked below, as the second half of a client's
                    if !behind.is_empty() && client.as_ref().is_some_and(|client| waypoints.contains(client))
                    {
                        continue;
                    }
                    let meant = match behind.is_empty() {
                        true => meaning.allows(client.as_ref(), None),
                        false => meaning.is_exception(client.as_ref()),
                    };
                    let verdict = scope.verdict(peer.as_ref(), port, None);
                    let admitted = verdict.allowed || !captured;
                    judgement.count(meant);
                    // where the fleet governs nothing, others may say less than everybody
                    let narrowed =
                        !governed && meant && !admitted && own.verdict(peer.as_ref(), port, None).allowed;
                    if admitted != meant && !narrowed {
                        judgement.differ(meant, || Disagreement {
                            client: client.clone(),
                            cluster: cluster.name.clone(),
                            pod: pod.clone(),
                            port,
                            through: None,
                            request: None,
                            meant,
                            because: verdict.because.to_string(),
                        });
                    }
                }
            }
        }
    }

    /// Services behind waypoints: the waypoint may be another cluster's, where a namesake of the Service is behind one.
    fn through_waypoints(&self, index: ClusterIndex, rendered: &[Rendered], judgement: &mut Judgement) {
        let cluster = &self.world.clusters[index];
        let mut requests: Vec<Option<Http>> = self.intent.requests().into_iter().map(Some).collect();
        requests.push(None);
        let here = rendered[index].at_pods(cluster, Some(&cluster.foreign));
        let ours = rendered[index].at_pods(cluster, None);
        for pod in cluster.pods.iter().filter(|pod| is_destination(cluster, pod)) {
            let destination = Destination { cluster: index, pod };
            let (scope, own_scope) = (here.at(cluster, pod), ours.at(cluster, pod));
            let governed = self.intent.governs(destination);
            for service in cluster.services_of(pod).filter(|service| cluster.waypoint_of(service).is_some()) {
                for (away, other) in self.world.clusters.iter().enumerate() {
                    let namesake = other.services.iter().find(|namesake| {
                        namesake.metadata.name == service.metadata.name
                            && namesake.metadata.namespace == service.metadata.namespace
                    });
                    let Some(waypoint) = namesake.and_then(|service| other.waypoint_of(service)) else {
                        continue;
                    };
                    let policies = rendered[away].at_waypoints(&other.trust_domain, Some(&other.foreign));
                    let own_policies = rendered[away].at_waypoints(&other.trust_domain, None);
                    let namespace = pod.namespace.as_str();
                    let attachment = Attachment {
                        namespace: waypoint.metadata.namespace.as_deref().unwrap_or("default"),
                        gateway: &waypoint.metadata.name,
                        backend: Backend::Service { namespace, name: &service.metadata.name },
                    };
                    let (at_waypoint, own_at_waypoint) =
                        (policies.at(&attachment), own_policies.at(&attachment));
                    let own = peer(&Identity::of(
                        other,
                        waypoint.metadata.namespace.as_deref().unwrap_or("default"),
                        waypoint.service_account(),
                    ));
                    for port in &service.spec.ports {
                        let Some(target) = pod.target(port) else { continue };
                        let meaning = self.intent.at(destination, target);
                        for (client, peer) in self.callers.iter().filter(|(client, _)| client.is_some()) {
                            for request in &requests {
                                let meant = meaning.allows(client.as_ref(), request.as_ref());
                                let http = request.as_ref().map(http);
                                let asked = Request::new(peer.as_ref(), port.port, http.as_ref());
                                let first = at_waypoint.verdict(&asked).verdict;
                                let second = scope.verdict(Some(&own), target, http.as_ref());
                                judgement.count(meant);
                                let admitted = first.allowed && second.allowed;
                                let narrowed = !governed
                                    && meant
                                    && !admitted
                                    && own_scope.verdict(Some(&own), target, http.as_ref()).allowed
                                    && own_at_waypoint.verdict(&asked).verdict.allowed;
                                if admitted != meant && !narrowed {
                                    let because = match first.allowed {
                                        true => format!("at the pods: {}", second.because),
                                        false => format!("at the waypoint: {}", first.because),
                                    };
                                    judgement.differ(meant, || Disagreement {
                                        client: client.clone(),
                                        cluster: cluster.name.clone(),
                                        pod: pod.clone(),
                                        port: port.port,
                                        through: Some((service.metadata.name.clone(), other.name.clone())),
                                        request: request.clone(),
                                        meant,
                                        because,
                                    });
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Question<'_> {
    /// Pods behind waypoints of their own, by their addresses: the waypoint judges the client by no Service's policy.
    fn through_waypoints_of_pods(&self, index: ClusterIndex, rendered: &Rendered, judgement: &mut Judgement) {
        let cluster = &self.world.clusters[index];
        let at_pods = [rendered.at_pods(cluster, Some(&cluster.foreign)), rendered.at_pods(cluster, None)];
        let at_waypoints = [Some(&cluster.foreign), None]
            .map(|foreign| rendered.at_waypoints(&cluster.trust_domain, foreign));
        for pod in cluster.pods.iter().filter(|pod| is_destination(cluster, pod)) {
            let Some(waypoint) = cluster.waypoint_of_pod(pod) else { continue };
            let destination = Destination { cluster: index, pod };
            let governed = self.intent.governs(destination);
            let home = waypoint.metadata.namespace.as_deref().unwrap_or("default");
            let attachment =
                Attachment { namespace: home, gateway: &waypoint.metadata.name, backend: Backend::Workload };
            let own = peer(&Identity::of(cluster, home, waypoint.service_account()));
            for port in ports(self.world, index, pod) {
                let meaning = self.intent.at(destination, port);
                for (client, peer) in self.callers.iter().filter(|(client, _)| client.is_some()) {
                    let meant = meaning.allows(client.as_ref(), None);
                    let admits = |all: usize| {
                        let asked = Request::new(peer.as_ref(), port, None);
                        let first = at_waypoints[all].at(&attachment).verdict(&asked).verdict.allowed;
                        first && at_pods[all].at(cluster, pod).verdict(Some(&own), port, None).allowed
                    };
                    let (admitted, ours_admit) = (admits(0), admits(1));
                    judgement.count(meant);
                    let narrowed = !governed && meant && ours_admit;
                    if admitted != meant && !narrowed {
                        judgement.differ(meant, || Disagreement {
                            client: client.clone(),
                            cluster: cluster.name.clone(),
                            pod: pod.clone(),
                            port,
                            through: Some(("of the pod itself".to_owned(), cluster.name.clone())),
                            request: None,
                            meant,
                            because: "the waypoint of the pods, or ztunnel after it".to_owned(),
                        });
                    }
                }
            }
        }
    }
}

/// What istiod runs for a waypoint serves the mesh and is nobody's destination.
fn is_destination(cluster: &Cluster, pod: &Pod) -> bool {
    let gateway = cluster.gateway_of(pod);
    gateway.is_none_or(|gateway| gateway.spec.gateway_class_name != "istio-waypoint")
}

pub fn http(request: &Http) -> HttpRequest {
    HttpRequest {
        method: request.method.clone(),
        path: request.path.clone(),
        headers: request.headers.clone(),
        token: request.token.as_ref().map(|(issuer, subject)| reach::Token::new(issuer, subject)),
        ..HttpRequest::default()
    }
}

fn waypoint_identities(cluster: &Cluster) -> impl Iterator<Item = Identity> {
    let waypoints =
        cluster.gateways.iter().filter(|gateway| gateway.spec.gateway_class_name == "istio-waypoint");
    waypoints.map(|waypoint| {
        let namespace = waypoint.metadata.namespace.as_deref().unwrap_or("default");
        Identity::of(cluster, namespace, waypoint.service_account())
    })
}

impl Judgement {
    fn count(&mut self, meant: bool) {
        self.pairs += 1;
        self.allowed += usize::from(meant);
    }

    fn differ(&mut self, meant: bool, disagreement: impl FnOnce() -> Disagreement) {
        let count = if meant { &mut self.meant_but_refused } else { &mut self.admitted_not_meant };
        *count += 1;
        if *count == 1 {
            self.shown.push(disagreement());
        }
    }
}

impl Rendered {
    pub fn read(tree: &Tree) -> Rendered {
        let mut documents = Vec::new();
        for (path, text) in &tree.files {
            let reading = yaml::read(FileId::default(), text.as_bytes());
            assert!(reading.problems.is_empty(), "{path} does not parse: {:?}\n{text}", reading.problems);
            documents.extend(reading.documents.into_iter().map(|document| (path.as_str(), document)));
        }
        Rendered::of(documents.iter().map(|(path, document)| (*path, document)))
    }

    /// The policies among some documents, each with the path it lies at.
    pub fn of<'d>(documents: impl Iterator<Item = (&'d str, &'d Node)>) -> Rendered {
        let (mut authorization, mut peer) = (Vec::new(), Vec::new());
        for (path, document) in documents {
            match document.get("kind").and_then(Node::as_text) {
                Some(AuthorizationPolicy::KIND) => {
                    authorization.push(yaml::from_node::<AuthorizationPolicy>(document).expect(path));
                }
                Some(PeerAuthentication::KIND) => {
                    peer.push(yaml::from_node::<PeerAuthentication>(document).expect(path));
                }
                _ => {}
            }
        }
        Rendered { authorization, peer }
    }

    /// With the policy that others wrote, which was there first. Trust domains are not judged: they are accepted or
    /// refused at TLS, whatever a policy says.
    pub fn at_pods(&self, cluster: &Cluster, foreign: Option<&Foreign>) -> AtPods {
        let config = reach::Cluster {
            trust_domain: Some(cluster.trust_domain.clone()),
            skip_trust_domain_validation: true,
            ..reach::Cluster::default()
        };
        AtPods::new(&config, self, foreign)
    }

    fn at_waypoints(&self, trust_domain: &str, foreign: Option<&Foreign>) -> WaypointPolicies {
        let cluster =
            reach::Cluster { trust_domain: Some(trust_domain.to_owned()), ..reach::Cluster::default() };
        let others = foreign.map_or(&[][..], |foreign| &foreign.authorization);
        WaypointPolicies::new(&cluster, others.iter().chain(&self.authorization))
    }
}

/// What stands before the pods of a cluster.
pub struct AtPods {
    ztunnel: Policies,
    sidecars: SidecarPolicies,
}

/// What stands before one pod.
pub enum AtPod<'p> {
    Ztunnel(Scope<'p>),
    Sidecar(SidecarScope<'p>),
}

impl AtPods {
    pub fn new(config: &reach::Cluster, rendered: &Rendered, foreign: Option<&Foreign>) -> AtPods {
        let others = foreign.map_or(&[][..], |foreign| &foreign.authorization);
        let other_peers = foreign.map_or(&[][..], |foreign| &foreign.peer);
        let authorization = || others.iter().chain(&rendered.authorization);
        let peer = || other_peers.iter().chain(&rendered.peer);
        AtPods {
            ztunnel: Policies::new(config, authorization(), peer()),
            sidecars: SidecarPolicies::new(config, authorization(), peer()),
        }
    }

    pub fn at(&self, cluster: &Cluster, pod: &Pod) -> AtPod<'_> {
        match cluster.has_sidecar(pod) {
            true => AtPod::Sidecar(self.sidecars.at(&pod.namespace, &pod.labels)),
            false => AtPod::Ztunnel(self.ztunnel.at(&Workload::new(&pod.namespace, &pod.labels))),
        }
    }
}

impl AtPod<'_> {
    /// Without addresses, which nothing here knows.
    pub fn verdict(
        &self,
        peer: Option<&reach::Identity>,
        port: u16,
        request: Option<&HttpRequest>,
    ) -> Verdict<'_> {
        self.from(peer, port, request, None)
    }

    pub fn from(
        &self,
        peer: Option<&reach::Identity>,
        port: u16,
        request: Option<&HttpRequest>,
        source_ip: Option<IpAddr>,
    ) -> Verdict<'_> {
        match self {
            AtPod::Ztunnel(scope) => scope.verdict(&Connection { source_ip, ..Connection::new(peer, port) }),
            AtPod::Sidecar(scope) => {
                let asked = Request { source_ip, remote_ip: source_ip, ..Request::new(peer, port, request) };
                scope.verdict(&asked).verdict
            }
        }
    }
}

/// Everyone who might call: each account there is, one in each namespace that is still to come, whoever a policy names, one
/// from a namespace that nobody knows, namesakes from a trust domain that nobody knows, and a caller without identity.
pub fn callers(world: &World) -> Callers {
    let mut identities = BTreeSet::new();
    let mut everywhere = BTreeSet::from([("nowhere".to_owned(), "anyone".to_owned())]);
    for policy in &world.policies {
        let authorizations =
            policy.spec.config.authz.iter().chain(policy.spec.config.authz_list.iter().flatten());
        for client in authorizations.flat_map(|authorization| &authorization.allowed_clients) {
            let selector = &client.service_account_selector;
            everywhere.extend(selector.namespace.clone().zip(selector.name.clone()));
        }
    }
    for exception in &world.fleet.exceptions {
        let accounts = exception.from.service_accounts.iter().filter_map(|account| account.split_once('/'));
        everywhere.extend(accounts.map(|(namespace, name)| (namespace.to_owned(), name.to_owned())));
        let namespaces = exception.from.namespaces.iter();
        everywhere.extend(namespaces.map(|namespace| (namespace.clone(), "still-to-come".to_owned())));
    }
    for cluster in &world.clusters {
        identities.extend(waypoint_identities(cluster));
        let mut add = |namespace: &str, name: &str| identities.insert(Identity::of(cluster, namespace, name));
        for account in &cluster.accounts {
            add(account.namespace.as_deref().unwrap_or_default(), &account.name);
        }
        for pod in &cluster.pods {
            add(&pod.namespace, pod.spec.service_account_name.as_deref().unwrap_or("default"));
        }
        for (namespace, name) in &everywhere {
            add(namespace, name);
        }
        for namespace in cluster.namespaces.keys() {
            add(namespace, "still-to-come");
        }
        for (_, namespace) in world.owned_namespaces() {
            add(namespace, "still-to-come");
        }
    }
    let mut known = BTreeSet::new();
    for identity in identities.clone() {
        if known.insert(identity.namespace.clone()) {
            identities.insert(Identity { trust_domain: "stranger.example".to_owned(), ..identity });
        }
    }
    let named = identities.into_iter().map(|identity| (Some(identity.clone()), Some(peer(&identity))));
    std::iter::once((None, None)).chain(named).collect()
}

pub fn peer(identity: &Identity) -> reach::Identity {
    reach::Identity::new(&identity.trust_domain, &identity.namespace, &identity.service_account)
}

/// Every port that is spoken of for a pod, and one that is not.
fn ports(world: &World, cluster: ClusterIndex, pod: &Pod) -> BTreeSet<u16> {
    let own = pod.container_ports().map(|port| port.container_port);
    let services = world.clusters[cluster].services_of(pod).flat_map(|service| &service.spec.ports);
    let behind = services.flat_map(|port| [Some(port.port), pod.target(port)]).flatten();
    own.chain(behind).chain([UNRELATED_PORT]).collect()
}
