//! Every client, destination and port of a fleet, asked of the intent and of the rendered text.

use std::collections::BTreeSet;

use fleetc::format::Tree;
use fleetc::manifest::{AuthorizationPolicy, PeerAuthentication};
use fleetc::reach::{self, Connection, Policies, Workload};
use fleetc::source::{FileId, Sources};
use fleetc::yaml::{self, Node};
use fleetc::{Compiled, Part};

use super::naive::{Destination, Identity, Intent};
use super::world::{ClusterIndex, Pod, World};

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
    let intent = Intent::new(&world);
    let callers = callers(&world);
    let mut judgement = Judgement::default();
    for (index, cluster) in world.clusters.iter().enumerate() {
        let policies = enforced(&tree(&cluster.name));
        for pod in &cluster.pods {
            let workload = Workload { namespace: &pod.namespace, labels: &pod.labels, waypoints: &[] };
            let scope = policies.at(&workload);
            for port in ports(&world, index, pod) {
                let meaning = intent.at(Destination { cluster: index, pod }, port);
                for (client, peer) in &callers {
                    let meant = meaning.allows(client.as_ref());
                    let verdict = scope.verdict(&Connection::new(peer.as_ref(), port));
                    judgement.pairs += 1;
                    judgement.allowed += usize::from(meant);
                    if verdict.allowed != meant {
                        judgement.differ(meant, || Disagreement {
                            client: client.clone(),
                            cluster: cluster.name.clone(),
                            pod: pod.clone(),
                            port,
                            meant,
                            because: verdict.because.to_string(),
                        });
                    }
                }
            }
        }
    }
    judgement
}

impl Judgement {
    fn differ(&mut self, meant: bool, disagreement: impl FnOnce() -> Disagreement) {
        let count = if meant { &mut self.meant_but_refused } else { &mut self.admitted_not_meant };
        *count += 1;
        if *count == 1 {
            self.shown.push(disagreement());
        }
    }
}

/// What the tree of one cluster enforces. Trust domains are not judged: they are accepted or refused at TLS,
/// whatever a policy says.
fn enforced(tree: &Tree) -> Policies {
    let (mut authorization, mut peer) = (Vec::new(), Vec::new());
    for (path, text) in &tree.files {
        let reading = yaml::read(FileId::default(), text.as_bytes());
        assert!(reading.problems.is_empty(), "{path} does not parse: {:?}\n{text}", reading.problems);
        for document in &reading.documents {
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
    }
    Policies::new(&reach::Cluster::default(), &authorization, &peer)
}

/// Everyone who might call: each account there is, one in each namespace that is still to come, whoever a policy names, one
/// from a namespace that nobody knows, namesakes from a trust domain that nobody knows, and a caller without identity.
fn callers(world: &World) -> Vec<(Option<Identity>, Option<reach::Identity>)> {
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
    for cluster in &world.clusters {
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
    let peer = |identity: &Identity| {
        reach::Identity::new(&identity.trust_domain, &identity.namespace, &identity.service_account)
    };
    let named = identities.into_iter().map(|identity| (Some(identity.clone()), Some(peer(&identity))));
    std::iter::once((None, None)).chain(named).collect()
}

/// Every port that is spoken of for a pod, and one that is not.
fn ports(world: &World, cluster: ClusterIndex, pod: &Pod) -> BTreeSet<u16> {
    let own = pod.container_ports().map(|port| port.container_port);
    let services = world.clusters[cluster].services_of(pod).flat_map(|service| &service.spec.ports);
    let behind = services.flat_map(|port| [Some(port.port), pod.target(port)]).flatten();
    own.chain(behind).chain([UNRELATED_PORT]).collect()
}
