//! Invariants out of a seed, and whether they hold: asked of every workload there is, of invented ones still to come, for every
//! caller, port, request and address, by plain loops over the rendered policies.
//!
//! The product proves the same from the few callers that the policies tell apart; here nothing is left out for being alike.

use std::collections::BTreeSet;
use std::net::IpAddr;

use fleetc::format::Tree;
use fleetc::reach::{self, Attachment, Backend, HttpRequest, Request, WaypointPolicies};
use fleetc::source::Sources;
use serde_json::{Value, json};

use super::generate::random::Random;
use super::judge::{AtPods, Rendered, callers, http, peer};
use super::naive::{Http, Identity, Intent, owner_of_identity};
use super::world::{ClusterIndex, Labels, Metadata, Pod, PodSpec, Service, World, glob, has};

/// Every port that a generated fleet speaks of, and one that it does not.
const PORTS: [u16; 11] = [53, 80, 443, 8000, 8080, 8081, 8443, 9090, 15008, 15021, 9999];

/// What pods are called that the inventory does not have.
const TO_COME: &str = "to come";

/// What must never or always be possible; an empty list or no label leaves all in.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    pub always: bool,
    accounts: Vec<(String, String)>,
    caller_labels: Labels,
    caller_namespaces: Vec<String>,
    caller_workspaces: Vec<String>,
    caller_clusters: Vec<String>,
    trust_domains: Vec<String>,
    plaintext: Option<bool>,
    services: Vec<(String, String)>,
    labels: Labels,
    namespaces: Vec<String>,
    workspaces: Vec<String>,
    clusters: Vec<String>,
    ports: Vec<u16>,
}

impl Drawn {
    /// One that is about something of a world.
    pub fn draw(world: &World, random: &mut Random) -> Drawn {
        let mut drawn = Drawn { always: random.percent(40), ..Drawn::default() };
        let clusters: Vec<String> = world.clusters.iter().map(|cluster| cluster.name.clone()).collect();
        let cluster = &world.clusters[random.below(clusters.len())];
        let namespaces: Vec<String> = cluster.namespaces.keys().cloned().collect();
        let labels =
            [("app", "api"), ("app", "web"), ("role", "reader"), ("tier", "back"), ("tier", "front")];
        let labelled = |random: &mut Random| {
            let (key, value) = *random.pick(&labels);
            Labels::from([(key.to_owned(), value.to_owned())])
        };
        let workspaces: Vec<String> =
            world.workspaces.iter().map(|workspace| workspace.metadata.name.clone()).collect();
        match random.weighted(&[30, 15, 20, 12, 8, 8, 7]) {
            0 if !cluster.accounts.is_empty() => {
                let account = random.pick(&cluster.accounts);
                drawn.accounts = vec![(account.namespace.clone().unwrap_or_default(), account.name.clone())];
            }
            1 => drawn.caller_labels = labelled(random),
            2 if !namespaces.is_empty() => drawn.caller_namespaces = vec![random.pick(&namespaces).clone()],
            3 if !workspaces.is_empty() => drawn.caller_workspaces = vec![random.pick(&workspaces).clone()],
            4 => drawn.caller_clusters = vec![random.pick(&clusters).clone()],
            5 => drawn.trust_domains = vec![cluster.trust_domain.clone()],
            _ => drawn.plaintext = Some(true),
        }
        if drawn.plaintext.is_none() && random.percent(15) {
            drawn.plaintext = Some(true);
        }
        if drawn.plaintext.is_none() && !namespaces.is_empty() && random.percent(15) {
            drawn.caller_namespaces = vec![random.pick(&namespaces).clone()];
        }
        match random.weighted(&[35, 25, 25, 15]) {
            0 if !cluster.services.is_empty() => {
                let service = random.pick(&cluster.services).metadata.clone();
                drawn.services = vec![(service.namespace.unwrap_or_default(), service.name)];
            }
            1 => drawn.labels = labelled(random),
            2 if !namespaces.is_empty() => drawn.namespaces = vec![random.pick(&namespaces).clone()],
            _ if !workspaces.is_empty() => drawn.workspaces = vec![random.pick(&workspaces).clone()],
            _ => {}
        }
        if random.percent(20) {
            drawn.labels = labelled(random);
        }
        if random.percent(20) {
            drawn.clusters = vec![random.pick(&clusters).clone()];
        }
        if random.percent(50) {
            drawn.ports = vec![*random.pick(&[8080, 9090, 8000])];
        }
        drawn
    }

    pub fn document(&self, name: &str) -> Value {
        let mut from = json!({});
        let mut to = json!({});
        let set = |object: &mut Value, key: &str, list: Value| {
            let empty = list.as_array().is_some_and(Vec::is_empty)
                || list.as_object().is_some_and(serde_json::Map::is_empty);
            if !empty {
                object[key] = list;
            }
        };
        let slashed = |names: &[(String, String)]| -> Value {
            names.iter().map(|(namespace, name)| format!("{namespace}/{name}")).collect()
        };
        set(&mut from, "serviceAccounts", slashed(&self.accounts));
        set(&mut from, "labels", json!(self.caller_labels));
        set(&mut from, "namespaces", json!(self.caller_namespaces));
        set(&mut from, "workspaces", json!(self.caller_workspaces));
        set(&mut from, "clusters", json!(self.caller_clusters));
        set(&mut from, "trustDomains", json!(self.trust_domains));
        if let Some(plaintext) = self.plaintext {
            from["plaintext"] = json!(plaintext);
        }
        set(&mut to, "services", slashed(&self.services));
        set(&mut to, "labels", json!(self.labels));
        set(&mut to, "namespaces", json!(self.namespaces));
        set(&mut to, "workspaces", json!(self.workspaces));
        set(&mut to, "clusters", json!(self.clusters));
        set(&mut to, "ports", json!(self.ports));
        let holds = if self.always { "always" } else { "never" };
        json!({
            "apiVersion": "fleetc.dev/v1alpha1", "kind": "Invariant", "metadata": { "name": name },
            "spec": { holds: { "from": from, "to": to } },
        })
    }

    fn names_identities(&self) -> bool {
        !(self.accounts.is_empty()
            && self.caller_labels.is_empty()
            && self.caller_namespaces.is_empty()
            && self.caller_workspaces.is_empty()
            && self.caller_clusters.is_empty()
            && self.trust_domains.is_empty())
    }

    fn is_about_caller(&self, world: &World, client: Option<&Identity>) -> bool {
        let Some(client) = client else { return self.plaintext.unwrap_or(!self.names_identities()) };
        if !self.names_identities() && self.plaintext.is_some() {
            return false;
        }
        let any = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| glob(pattern, text))
        };
        let owner =
            owner_of_identity(world, client).map(|owner| world.workspaces[owner].metadata.name.as_str());
        let homes = || {
            let having = world.clusters.iter().enumerate().filter(|(index, cluster)| {
                cluster.trust_domain == client.trust_domain
                    && (cluster.namespaces.contains_key(&client.namespace)
                        || world.owner(*index, &client.namespace).is_some())
            });
            having.map(|(_, cluster)| cluster)
        };
        let account = (client.namespace.clone(), client.service_account.clone());
        let named = any(&self.caller_namespaces, &client.namespace)
            && any(&self.trust_domains, &client.trust_domain)
            && (self.accounts.is_empty() || self.accounts.contains(&account))
            && (self.caller_workspaces.is_empty()
                || owner.is_some_and(|owner| any(&self.caller_workspaces, owner)))
            && (self.caller_clusters.is_empty()
                || homes().any(|home| self.caller_clusters.contains(&home.name)));
        // what wears an identity, in the clusters that count
        let wearing = |all: bool| -> Vec<Labels> {
            let counted =
                homes().filter(|home| all || any(&self.caller_clusters, &home.name)).flat_map(|home| {
                    let accounts = home.accounts.iter().filter(|account| {
                        account.name == client.service_account
                            && account.namespace.as_deref() == Some(&client.namespace)
                    });
                    let pods = home.pods.iter().filter(|pod| {
                        pod.namespace == client.namespace
                            && pod.spec.service_account_name.as_deref().unwrap_or("default")
                                == client.service_account
                    });
                    accounts.map(|account| account.labels.clone()).chain(pods.map(|pod| pod.labels.clone()))
                });
            counted.collect()
        };
        if !named {
            return false;
        }
        if !wearing(true).is_empty() {
            return wearing(false).iter().any(|labels| has(labels, &self.caller_labels));
        }
        // one that is still to come
        let such_in_namespace = || {
            homes().filter(|home| any(&self.caller_clusters, &home.name)).any(|home| {
                let accounts = home
                    .accounts
                    .iter()
                    .filter(|account| account.namespace.as_deref() == Some(&client.namespace));
                let pods = home.pods.iter().filter(|pod| pod.namespace == client.namespace);
                accounts
                    .map(|account| &account.labels)
                    .chain(pods.map(|pod| &pod.labels))
                    .any(|labels| has(labels, &self.caller_labels))
            })
        };
        self.caller_labels.is_empty()
            || !self.caller_namespaces.is_empty()
            || !self.caller_workspaces.is_empty()
            || such_in_namespace()
    }

    fn is_about_namespace(&self, world: &World, cluster: ClusterIndex, namespace: &str) -> bool {
        let any = |patterns: &[String], text: &str| patterns.iter().any(|pattern| glob(pattern, text));
        let literal = self.namespaces.iter().any(|name| name == namespace)
            || self.services.iter().any(|(own, _)| own == namespace);
        let owner = world.owner(cluster, namespace);
        (self.clusters.is_empty() || self.clusters.contains(&world.clusters[cluster].name))
            && (self.namespaces.is_empty() || any(&self.namespaces, namespace))
            && (literal || !world.is_system(namespace) || owner.is_some())
            && (self.workspaces.is_empty()
                || owner.is_some_and(|owner| any(&self.workspaces, &world.workspaces[owner].metadata.name)))
            && (self.services.is_empty() || self.services.iter().any(|(own, _)| own == namespace))
    }

    fn is_named(&self, service: &Service) -> bool {
        let own = service.metadata.namespace.clone().unwrap_or_default();
        self.services.is_empty() || self.services.contains(&(own, service.metadata.name.clone()))
    }
}

/// A call that breaks an invariant, for people; `None` if it holds.
pub fn broken(sources: &Sources, tree: impl Fn(&str) -> Tree, drawn: &Drawn) -> Option<String> {
    let world = World::read(sources);
    let mut requests: Vec<Option<Http>> = Intent::new(&world).requests().into_iter().map(Some).collect();
    requests.push(None);
    let mut everyone = callers(&world);
    // an account that is named may come wherever there is a trust domain
    for (cluster, (namespace, account)) in
        world.clusters.iter().flat_map(|cluster| drawn.accounts.iter().map(move |account| (cluster, account)))
    {
        let identity = Identity::of(cluster, namespace, account);
        everyone.push((Some(identity.clone()), Some(peer(&identity))));
    }
    let about: Vec<&(Option<Identity>, Option<reach::Identity>)> =
        everyone.iter().filter(|(client, _)| drawn.is_about_caller(&world, client.as_ref())).collect();
    let requests: Vec<Option<HttpRequest>> =
        requests.iter().map(|request| request.as_ref().map(http)).collect();
    (0..world.clusters.len()).find_map(|index| {
        let rendered = Rendered::read(&tree(&world.clusters[index].name));
        Proof::new(&world, index, &rendered, drawn, &about, &requests).counterexample()
    })
}

/// One invariant in one cluster.
struct Proof<'p> {
    world: &'p World,
    index: ClusterIndex,
    drawn: &'p Drawn,
    callers: &'p [&'p (Option<Identity>, Option<reach::Identity>)],
    requests: &'p [Option<HttpRequest>],
    at_pods: AtPods,
    at_waypoints: WaypointPolicies,
    /// Namespace and labels of every selector.
    selectors: Vec<(String, Labels)>,
}

/// A Service's waypoint on the way to a pod's port: what it holds, the Service's port, and who it is in each cluster.
struct Through<'t> {
    service: &'t Service,
    gateway: Metadata,
    port: u16,
    target: u16,
    identities: Vec<reach::Identity>,
}

impl<'p> Proof<'p> {
    fn new(
        world: &'p World,
        index: ClusterIndex,
        rendered: &Rendered,
        drawn: &'p Drawn,
        callers: &'p [&'p (Option<Identity>, Option<reach::Identity>)],
        requests: &'p [Option<HttpRequest>],
    ) -> Self {
        let cluster = &world.clusters[index];
        let config = reach::Cluster {
            trust_domain: Some(cluster.trust_domain.clone()),
            skip_trust_domain_validation: world
                .clusters
                .iter()
                .any(|other| other.trust_domain != cluster.trust_domain),
            ..reach::Cluster::default()
        };
        let authorization = || cluster.foreign.authorization.iter().chain(&rendered.authorization);
        let peers = || cluster.foreign.peer.iter().chain(&rendered.peer);
        let of_authorization = authorization().filter_map(|policy| {
            Some((policy.metadata.namespace.clone()?, policy.spec.selector.as_ref()?.match_labels.clone()))
        });
        let of_peers = peers().filter_map(|policy| {
            Some((policy.metadata.namespace.clone()?, policy.spec.selector.as_ref()?.match_labels.clone()))
        });
        Proof {
            world,
            index,
            drawn,
            callers,
            requests,
            selectors: of_authorization.chain(of_peers).collect(),
            at_pods: AtPods::new(&config, rendered, Some(&cluster.foreign)),
            at_waypoints: WaypointPolicies::new(&config, authorization()),
        }
    }

    fn counterexample(&self) -> Option<String> {
        let cluster = &self.world.clusters[self.index];
        // a namespace may be owned before it is there
        let owned = self.world.owned_namespaces().filter(|(index, _)| *index == self.index);
        let namespaces: BTreeSet<&str> = cluster
            .namespaces
            .keys()
            .map(String::as_str)
            .chain(owned.map(|(_, namespace)| namespace))
            .collect();
        namespaces
            .into_iter()
            .filter(|namespace| self.drawn.is_about_namespace(self.world, self.index, namespace))
            .flat_map(|namespace| self.pods(namespace))
            .find_map(|pod| self.at(&pod))
    }

    /// The pods there are, and pods to come: with the labels that are named, alone and with those of each policy.
    fn pods(&self, namespace: &str) -> Vec<Pod> {
        let (cluster, drawn) = (&self.world.clusters[self.index], self.drawn);
        let here = || cluster.pods.iter().filter(|pod| pod.namespace == namespace);
        let behind = |pod: &Pod| {
            drawn.services.is_empty() || cluster.services_of(pod).any(|service| drawn.is_named(service))
        };
        let mut pods: Vec<Pod> =
            here().filter(|pod| has(&pod.labels, &drawn.labels) && behind(pod)).cloned().collect();
        let named =
            !drawn.namespaces.is_empty() || !drawn.workspaces.is_empty() || !drawn.services.is_empty();
        if !named && !drawn.labels.is_empty() && !here().any(|pod| has(&pod.labels, &drawn.labels)) {
            return pods;
        }
        let bases: Vec<Labels> = match drawn.services.is_empty() {
            true => vec![drawn.labels.clone()],
            false => {
                let services = cluster.services.iter().filter(|service| {
                    service.metadata.namespace.as_deref() == Some(namespace)
                        && drawn.is_named(service)
                        && !service.spec.selector.is_empty()
                });
                services.filter_map(|service| joined(&service.spec.selector, &drawn.labels)).collect()
            }
        };
        for base in bases {
            let own = self.selectors.iter().filter(|(of, _)| of == namespace || of == "istio-system");
            let more = own.filter_map(|(_, selector)| joined(&base, selector));
            let all: BTreeSet<Labels> = more.chain([base.clone()]).collect();
            pods.extend(all.into_iter().map(|labels| Pod {
                workload: TO_COME.to_owned(),
                namespace: namespace.to_owned(),
                labels,
                spec: PodSpec::default(),
            }));
        }
        pods
    }

    fn at(&self, pod: &Pod) -> Option<String> {
        let cluster = &self.world.clusters[self.index];
        let scope = self.at_pods.at(cluster, pod);
        let captured = cluster.captures(pod);
        let ways: Vec<Through<'_>> = self.ways(pod);
        let ports = if self.drawn.ports.is_empty() { PORTS.to_vec() } else { self.drawn.ports.clone() };
        let addresses: [Option<IpAddr>; 3] = [None, "10.1.2.3".parse().ok(), "192.0.2.1".parse().ok()];
        for (client, peer) in self.callers {
            let stranger = client.as_ref().is_some_and(|client| {
                !self.world.clusters.iter().any(|cluster| cluster.trust_domain == client.trust_domain)
            });
            let relays =
                ways.iter().any(|way| peer.as_ref().is_some_and(|peer| way.identities.contains(peer)));
            if self.drawn.always && stranger && self.drawn.trust_domains.is_empty()
                || !self.drawn.always && relays
            {
                continue;
            }
            for (port, address) in ports.iter().flat_map(|port| addresses.map(|address| (*port, address))) {
                let admits = |peer: Option<&reach::Identity>, source_ip, request: &Option<HttpRequest>| {
                    !captured || scope.from(peer, port, request.as_ref(), source_ip).allowed
                };
                let passes = |way: &Through<'_>, request: &Option<HttpRequest>| {
                    let gateway_namespace = way.gateway.namespace.as_deref().unwrap_or("default");
                    let backend =
                        Backend::Service { namespace: &pod.namespace, name: &way.service.metadata.name };
                    let attachment =
                        Attachment { namespace: gateway_namespace, gateway: &way.gateway.name, backend };
                    let asked = Request {
                        source_ip: address,
                        remote_ip: address,
                        ..Request::new(peer.as_ref(), way.port, request.as_ref())
                    };
                    peer.is_some()
                        && self.at_waypoints.at(&attachment).verdict(&asked).verdict.allowed
                        && way.identities.iter().any(|own| admits(Some(own), None, request))
                };
                let straight = |request: &Option<HttpRequest>| admits(peer.as_ref(), address, request);
                let mut through = ways.iter().filter(|way| way.target == port);
                let some = |way: &dyn Fn(&Option<HttpRequest>) -> bool| self.requests.iter().any(way);
                let all = |way: &dyn Fn(&Option<HttpRequest>) -> bool| self.requests.iter().all(way);
                let broken = match self.drawn.always {
                    false => some(&straight) || through.any(|way| some(&|request| passes(way, request))),
                    true => !all(&straight) && !through.any(|way| all(&|request| passes(way, request))),
                };
                if broken {
                    let caller = peer.as_ref().map_or("plaintext", |peer| peer.principal());
                    return Some(format!(
                        "{caller} from {address:?} → {}/{}/{} {:?} port {port}",
                        cluster.name, pod.namespace, pod.workload, pod.labels
                    ));
                }
            }
        }
        None
    }

    fn ways<'w>(&'w self, pod: &'w Pod) -> Vec<Through<'w>> {
        let cluster = &self.world.clusters[self.index];
        let mut ways = Vec::new();
        for service in cluster.services_of(pod) {
            let Some(waypoint) = cluster.waypoint_of(service) else { continue };
            let namesakes = self.world.clusters.iter().filter_map(|other| {
                let namesake = other.services.iter().find(|namesake| {
                    namesake.metadata.name == service.metadata.name
                        && namesake.metadata.namespace == service.metadata.namespace
                })?;
                let waypoint = other.waypoint_of(namesake)?;
                let home = waypoint.metadata.namespace.as_deref().unwrap_or("default");
                Some(peer(&Identity::of(other, home, waypoint.service_account())))
            });
            let identities: Vec<reach::Identity> = namesakes.collect();
            for port in &service.spec.ports {
                // a pod to come may name its ports as any of its fellows does
                let fellows = cluster.pods.iter().filter(|fellow| {
                    fellow.namespace == pod.namespace && has(&fellow.labels, &service.spec.selector)
                });
                let to_come = pod.workload == TO_COME;
                let of_fellows = fellows.filter(|_| to_come).filter_map(|fellow| fellow.target(port));
                for target in of_fellows.chain(pod.target(port)).collect::<BTreeSet<u16>>() {
                    ways.push(Through {
                        service,
                        gateway: waypoint.metadata.clone(),
                        port: port.port,
                        target,
                        identities: identities.clone(),
                    });
                }
            }
        }
        ways
    }
}

/// The labels of both; `None` if no pod can carry both.
fn joined(one: &Labels, other: &Labels) -> Option<Labels> {
    let agree = other.iter().all(|(key, value)| one.get(key).is_none_or(|own| own == value));
    agree.then(|| one.iter().chain(other).map(|(key, value)| (key.clone(), value.clone())).collect())
}
