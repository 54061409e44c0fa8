//! `can`: may this caller call that?

use std::collections::BTreeSet;

use serde::Serialize;

use crate::bind::{Capture, Service};
use crate::reach::{Call, ClusterWorld, Destination, HttpRequest, Identity, Marks, Way};

use super::because::{Line, Reasons};
use super::callers::{self, Caller};
use super::{From, NoAnswer, Scene, Target, To};

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The caller, as asked.
    pub from: String,
    /// The destination, as asked.
    pub to: String,
    /// Whether every cluster that is asked says yes.
    pub admitted: bool,
    /// The clusters that are asked, in order of name.
    pub clusters: Vec<InCluster>,
    /// The clusters that do not have the destination; they do not count.
    pub without: Vec<String>,
    /// What the answer rests on.
    pub notes: Vec<String>,
    /// For a no: changes of the fleet that would make it a yes, each of them tried.
    pub fixes: Vec<super::Fix>,
}

/// The answer of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InCluster {
    /// Its name.
    pub cluster: String,
    /// Whether every port that is asked says yes.
    pub admitted: bool,
    /// By port and caller.
    pub ports: Vec<AtPort>,
}

/// The answer at one port, for one caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AtPort {
    /// The port that is called: the Service's, where a Service is.
    pub port: u16,
    /// Who calls: a principal, or `plaintext`.
    pub caller: String,
    /// Whether some pods admit the caller by some way.
    pub admitted: bool,
    /// Whether other pods refuse it.
    pub some_pods_only: bool,
    /// By class of pods.
    pub pods: Vec<AtPods>,
}

/// The answer of one class of pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AtPods {
    /// `Deployment cart`, or the labels of pods to come.
    pub pods: String,
    /// Whether they admit the caller by some way.
    pub admitted: bool,
    /// By way.
    pub ways: Vec<WayIn>,
}

/// The answer of one way to a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WayIn {
    /// The pod's port.
    pub port: u16,
    /// The waypoint that it leads through, `namespace/name`; `None`: straight to the pod.
    pub through: Option<String>,
    /// Whether every layer admits.
    pub admitted: bool,
    /// The request that is judged, where policies ask for one: `GET /v1/carts`, with what it must have besides.
    pub request: Option<String>,
    /// Whether other requests are refused.
    pub some_requests_only: bool,
    /// What each layer says; the last one refuses, or all admit.
    pub steps: Vec<Step>,
}

/// What one layer says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// `ztunnel` or the waypoint.
    pub layer: String,
    /// Whether it admits.
    pub admitted: bool,
    /// What decided.
    pub because: String,
    /// The lines that make it so.
    pub lines: Vec<Line>,
}

/// A request whose method and path are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requested {
    /// `GET`; `None`: not asked.
    pub method: Option<String>,
    /// The path; `None`: not asked.
    pub path: Option<String>,
}

/// Asks. Clusters that do not have the destination do not count; it is an error if none has it.
pub fn can(scene: Scene<'_>, from: &From, to: &To, requested: &Requested) -> Result<Answer, NoAnswer> {
    if let Some(cluster) = &to.cluster {
        callers::known_cluster(scene.world, cluster)?;
    }
    let identities = match from {
        From::Account { namespace, account, cluster } => {
            callers::identities(scene.world, namespace, account, cluster.as_deref())?
        }
        From::Anyone | From::Plaintext => Vec::new(),
    };
    let (mut clusters, mut without) = (Vec::new(), Vec::new());
    let mut notes = Vec::new();
    for cluster in &scene.world.clusters {
        if to.cluster.as_ref().is_some_and(|name| *name != cluster.name) {
            continue;
        }
        let Some(gates) = gates(cluster, to) else {
            without.push(cluster.name.clone());
            continue;
        };
        let asking = Asking { scene, cluster, from, identities: &identities, requested };
        let mut ports = Vec::new();
        for gate in &gates {
            asking.notes(gate, &mut notes);
            ports.extend(asking.at_port(gate));
        }
        let admitted = ports.iter().all(|port| port.admitted);
        clusters.push(InCluster { cluster: cluster.name.clone(), admitted, ports });
    }
    if clusters.is_empty() {
        return Err(nowhere(scene, to));
    }
    asking_notes(scene, from, &mut notes);
    notes.sort();
    notes.dedup();
    let admitted = clusters.iter().all(|cluster| cluster.admitted);
    let shown = |port: Option<u16>| port.map_or_else(String::new, |port| format!(":{port}"));
    let at = to.cluster.as_ref().map_or_else(String::new, |cluster| format!("@{cluster}"));
    let to = format!("{}{}{at}", to.target, shown(to.port));
    Ok(Answer { from: from.to_string(), to, admitted, clusters, without, notes, fixes: Vec::new() })
}

/// One port of what is called, in one cluster.
pub struct Gate<'w> {
    /// The Service, if one is called.
    pub service: Option<(&'w str, &'w Service)>,
    /// The port that is called.
    pub port: u16,
    /// The classes of pods behind it, and the ways to each.
    pub behind: Vec<(Destination<'w>, Vec<Way<'w>>)>,
}

/// What is called in one cluster, by port; `None` if the cluster does not have it, or not that port of it.
pub fn gates<'w>(cluster: &'w ClusterWorld<'w>, to: &'w To) -> Option<Vec<Gate<'w>>> {
    match &to.target {
        Target::Service { namespace, name } => {
            let service = cluster.namespaces.get(namespace)?.services.get(name)?;
            let asked = |gate: &Gate<'w>| to.port.is_none_or(|port| gate.port == port);
            let gates: Vec<Gate<'w>> =
                service_gates(cluster, namespace, name, service).filter(asked).collect();
            (!gates.is_empty()).then_some(gates)
        }
        Target::Pods { namespace, labels } => {
            cluster.namespaces.get(namespace)?;
            let ports = match to.port {
                Some(port) => vec![port],
                None => {
                    let destination = cluster.pods_to_come(namespace, labels.clone());
                    destination.marks().ports().into_iter().collect()
                }
            };
            let gate = |port| {
                let destination = cluster.pods_to_come(namespace, labels.clone());
                let ways = destination.ways_to_port(port);
                Gate { service: None, port, behind: vec![(destination, ways)] }
            };
            Some(ports.into_iter().map(gate).collect())
        }
    }
}

/// The ports of a Service, with what is behind each.
pub fn service_gates<'w>(
    cluster: &'w ClusterWorld<'w>,
    namespace: &'w str,
    name: &'w str,
    service: &'w Service,
) -> impl Iterator<Item = Gate<'w>> {
    service.ports.iter().map(move |port| {
        let behind = cluster.behind(namespace, service).into_iter().map(|destination| {
            let ways = destination.ways(namespace, name, service, port);
            (destination, ways)
        });
        Gate { service: Some((name, service)), port: port.number, behind: behind.collect() }
    })
}

/// Whether some pods behind a port admit a caller by some way.
pub fn admits<'w>(
    scene: Scene<'_>,
    cluster: &'w ClusterWorld<'w>,
    gate: &Gate<'w>,
    peer: Option<&Identity>,
) -> bool {
    let requested = Requested::default();
    let asking = Asking { scene, cluster, from: &From::Plaintext, identities: &[], requested: &requested };
    asking.admits(gate, peer)
}

/// What every class of pods behind a port says to one caller, and why.
pub fn explain<'w>(
    scene: Scene<'_>,
    cluster: &'w ClusterWorld<'w>,
    gate: &Gate<'w>,
    caller: &Caller,
) -> AtPort {
    let requested = Requested::default();
    let asking = Asking { scene, cluster, from: &From::Plaintext, identities: &[], requested: &requested };
    asking.answer(gate, caller)
}

/// Nobody has the destination: what may have been meant.
pub(super) fn nowhere(scene: Scene<'_>, to: &To) -> NoAnswer {
    let asked =
        || scene.world.clusters.iter().filter(|one| to.cluster.as_ref().is_none_or(|name| one.name == *name));
    let nobody = match &to.cluster {
        None => "no cluster has".to_owned(),
        Some(name) => format!("cluster `{name}` does not have"),
    };
    let meant = |near: Option<&str>, suffix: &str| match near {
        Some(near) => format!("did you mean `{near}{suffix}`?"),
        None if asked().all(|one| one.namespaces.is_empty()) => {
            "nothing says what runs there: name the fleet whose inventory does, `--fleet DIR`".to_owned()
        }
        None => "the inventory below `clusters/` says what there is".to_owned(),
    };
    let (Target::Service { namespace, .. } | Target::Pods { namespace, .. }) = &to.target;
    let Some(own) = asked().find_map(|one| one.namespaces.get(namespace)) else {
        let namespaces = asked().flat_map(|one| one.namespaces.keys()).map(String::as_str);
        let near = crate::report::closest(namespace, namespaces);
        return NoAnswer::new(format!("{nobody} namespace `{namespace}`"), meant(near, ""));
    };
    let Target::Service { name, .. } = &to.target else {
        return NoAnswer::new(format!("{nobody} namespace `{namespace}`"), meant(None, ""));
    };
    let services = || asked().filter_map(|one| one.namespaces.get(namespace)).flat_map(|own| &own.services);
    let ports: BTreeSet<u16> = services()
        .filter(|(own, _)| *own == name)
        .flat_map(|(_, service)| service.ports.iter().map(|port| port.number))
        .collect();
    match (to.port, own.services.contains_key(name) || !ports.is_empty()) {
        (Some(port), true) => {
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            NoAnswer::new(
                format!("service `{name}.{namespace}` has no port {port}"),
                format!(
                    "its ports are {}; a question names the Service's port, not the pods'",
                    ports.join(", ")
                ),
            )
        }
        (None, true) => NoAnswer::new(
            format!("service `{name}.{namespace}` has no TCP port"),
            "policy about access is about TCP",
        ),
        (_, false) => {
            let near = crate::report::closest(name, services().map(|(own, _)| own.as_str()));
            NoAnswer::new(
                format!("{nobody} service `{name}.{namespace}`"),
                meant(near, &format!(".{namespace}")),
            )
        }
    }
}

/// What an answer for a caller rests on.
pub(super) fn asking_notes(scene: Scene<'_>, from: &From, notes: &mut Vec<String>) {
    match from {
        From::Account { namespace, account, .. } => {
            let known =
                scene.world.clusters.iter().filter_map(|one| one.namespaces.get(namespace)).any(|own| {
                    own.accounts.contains_key(account)
                        || own.workloads.iter().any(|workload| workload.account == *account)
                });
            if !known {
                notes.push(format!("the inventory has no service account `{namespace}/{account}`: the answer is for one that is still to come"));
            }
        }
        From::Anyone => notes
            .push(
            "`anyone` is every identity that the mesh takes, those to come included: it is a yes only if each of them may"
                .to_owned(),
        ),
        From::Plaintext => {}
    }
}

/// One question in one cluster.
pub(super) struct Asking<'a, 'w> {
    pub scene: Scene<'a>,
    pub cluster: &'w ClusterWorld<'w>,
    pub from: &'a From,
    /// What the caller presents, if it is a service account.
    pub identities: &'a [Identity],
    pub requested: &'a Requested,
}

impl<'w> Asking<'_, 'w> {
    /// What an answer at a port rests on.
    pub fn notes(&self, gate: &Gate<'w>, notes: &mut Vec<String>) {
        for (destination, ways) in &gate.behind {
            let namespace = destination.namespace;
            if destination.capture == Capture::Assumed {
                notes.push(format!(
                    "namespace `{namespace}` carries no `istio.io/dataplane-mode` in cluster `{}`: it is assumed that its pods are captured",
                    self.cluster.name
                ));
            }
            if let (None, Some((name, _))) = (destination.workload, gate.service) {
                notes.push(format!(
                    "the inventory of cluster `{}` has no workload behind `{name}.{namespace}`: pods that it would select are judged",
                    self.cluster.name
                ));
            }
            if ways.is_empty() {
                notes.push(format!(
                    "the target port behind `{}` port {} cannot be told for {}: it counts as closed",
                    gate.service.map_or(namespace, |(name, _)| name),
                    gate.port,
                    shown(destination)
                ));
            }
            if gate.service.is_none() && !destination.marks().names_port(gate.port) {
                notes.push(format!("port {} stands for every port that no policy names", gate.port));
            }
            if destination.marks().reads_addresses() {
                notes.push(format!(
                    "policies in namespace `{namespace}` ask for addresses, which nothing here knows: an address that is not known is in no block"
                ));
            }
        }
    }

    /// One answer for each identity that the caller presents; for `anyone` that of the first who is refused.
    pub fn at_port(&self, gate: &Gate<'w>) -> Vec<AtPort> {
        match self.from {
            From::Plaintext => vec![self.answer(gate, &Caller::Plaintext)],
            From::Account { .. } => {
                self.identities.iter().map(|one| self.answer(gate, &Caller::Identity(one.clone()))).collect()
            }
            From::Anyone => {
                let mut marks = Marks::default();
                gate.behind
                    .iter()
                    .for_each(|(destination, ways)| marks.extend(self.marks(destination, ways)));
                // whom TLS refuses is nobody here
                let mut everybody = marks.identities();
                everybody.retain(|one| self.cluster.takes(one.trust_domain()));
                // a stranger explains best: most are refused as he is
                let refused =
                    everybody.iter().rfind(|one| !self.admits(gate, Some(one))).or(everybody.last());
                refused.into_iter().map(|one| self.answer(gate, &Caller::Identity(one.clone()))).collect()
            }
        }
    }

    /// Whether some pods admit a caller by some way.
    pub fn admits(&self, gate: &Gate<'w>, peer: Option<&Identity>) -> bool {
        gate.behind.iter().any(|(destination, ways)| {
            ways.iter().any(|way| {
                let requests = self.requests(destination, way);
                requests.iter().any(|request| destination.admits(way, &Call::of(peer).with(request.as_ref())))
            })
        })
    }

    /// What tells callers apart on the ways to some pods.
    pub fn marks(&self, destination: &Destination<'w>, ways: &[Way<'w>]) -> Marks {
        let mut marks = destination.marks();
        ways.iter().filter_map(|way| way.through.as_ref()).for_each(|through| marks.extend(through.marks()));
        marks
    }

    /// What every class of pods behind a port says to one caller.
    pub fn answer(&self, gate: &Gate<'w>, caller: &Caller) -> AtPort {
        let pods: Vec<AtPods> =
            gate.behind.iter().map(|(destination, ways)| self.at_pods(destination, ways, caller)).collect();
        let admitted = pods.iter().any(|pods| pods.admitted);
        let some_pods_only = admitted && pods.iter().any(|pods| !pods.admitted);
        AtPort { port: gate.port, caller: caller.to_string(), admitted, some_pods_only, pods }
    }

    fn at_pods(&self, destination: &Destination<'w>, ways: &[Way<'w>], caller: &Caller) -> AtPods {
        let ways: Vec<WayIn> = ways.iter().map(|way| self.way(destination, way, caller)).collect();
        AtPods { pods: shown(destination), admitted: ways.iter().any(|way| way.admitted), ways }
    }

    fn way(&self, destination: &Destination<'w>, way: &Way<'w>, caller: &Caller) -> WayIn {
        let requests = self.requests(destination, way);
        let admits = |request: &&Option<HttpRequest>| {
            destination.admits(way, &Call::of(caller.peer()).with(request.as_ref()))
        };
        // what is not asked about is left open: some request that passes makes it a yes
        let passing = requests.iter().find(admits);
        let some_requests_only = passing.is_some() && !requests.iter().all(|request| admits(&request));
        let request = passing.or(requests.first()).and_then(Option::as_ref);
        let decisions = destination.decide(way, &Call::of(caller.peer()).with(request));
        let reasons = Reasons {
            cluster: self.cluster,
            mesh: self.scene.mesh,
            places: self.scene.places,
            namespace: destination.namespace,
            labels: &destination.labels,
        };
        let steps = decisions.iter().map(|decision| {
            // behind a waypoint the pods judge the waypoint
            let peer =
                if decision.layer.is_at_pods() && way.through.is_some() { None } else { caller.peer() };
            Step {
                layer: decision.layer.to_string(),
                admitted: decision.admitted,
                because: decision.because.to_string(),
                lines: reasons.lines(decision, peer),
            }
        });
        WayIn {
            port: way.port,
            through: way
                .through
                .as_ref()
                .map(|through| format!("{}/{}", through.gateway_namespace, through.gateway)),
            admitted: passing.is_some(),
            request: request.map(shown_request),
            some_requests_only,
            steps: steps.collect(),
        }
    }

    /// What is asked for at a waypoint or a sidecar: one request of each sort that their policies tell apart, of the method
    /// and path in question where one is.
    fn requests(&self, destination: &Destination<'w>, way: &Way<'w>) -> Vec<Option<HttpRequest>> {
        let Requested { method, path } = self.requested;
        let mut samples = destination.requests(way);
        let is_read = way.through.is_some() || destination.capture == Capture::Sidecar;
        if !is_read || method.is_none() && path.is_none() {
            return samples;
        }
        if samples.iter().all(Option::is_none) {
            samples =
                vec![Some(HttpRequest { method: "GET".into(), path: "/".into(), ..HttpRequest::default() })];
        }
        let mut asked: Vec<Option<HttpRequest>> = Vec::new();
        for mut request in samples.into_iter().flatten() {
            method.iter().for_each(|method| request.method.clone_from(method));
            path.iter().for_each(|path| request.path.clone_from(path));
            let request = Some(request);
            if !asked.contains(&request) {
                asked.push(request);
            }
        }
        asked
    }
}

/// A request for people: what policies may have asked of it.
pub fn shown_request(request: &HttpRequest) -> String {
    let HttpRequest { method, path, headers, token, .. } = request;
    let headers: Vec<String> =
        headers.iter().map(|(name, value)| format!(" with `{name}: {value}`")).collect();
    let token = if token.is_some() { " with a token" } else { "" };
    format!("{method} {path}{}{token}", headers.concat())
}

/// A class of pods for people.
pub fn shown(destination: &Destination<'_>) -> String {
    match destination.workload {
        Some(workload) => format!("{} {}", workload.kind, workload.name),
        None => {
            let labels: Vec<String> =
                destination.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("pods {}", if labels.is_empty() { "without labels".to_owned() } else { labels.join(",") })
        }
    }
}
