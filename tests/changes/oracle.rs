//! Who may call which Service of a fleet, asked of the law of SPEC §5 for every caller that the inventory knows.
//!
//! A caller is the trust domain, namespace and name of each ServiceAccount and of each `serviceAccountName` that a workload
//! names, in any cluster, or nobody. A Service admits a caller if some of its pods do, called by their address or, behind a
//! waypoint, by the Service's name with some request. Pods that are not there yet are judged by the labels that the Service
//! selects. What others wrote counts where the fleet itself says nothing: elsewhere it may not differ (the build refuses).

use std::collections::BTreeSet;

use fleetc::manifest::{Action, AuthorizationPolicy, Metadata, MtlsMode, Operation, Rule, Selector, Source};
use serde_json::Value;

use super::expect;
use super::meaning::naive::{Destination, Http, Identity, Intent};
use super::meaning::world::{Cluster, Gateway, Pod, PodSpec, Service, World, glob, has};

/// One pair that is allowed: cluster, caller, `<service>.<namespace>`, the Service's port.
pub type Row = (String, String, String, u16);

/// What is written there counts in every namespace.
const ROOT_NAMESPACE: &str = "istio-system";

/// Every pair that is allowed.
pub fn rows(world: &World) -> BTreeSet<Row> {
    let intent = Intent::new(world);
    let mut requests: Vec<Option<Http>> = intent.requests().into_iter().map(Some).collect();
    requests.push(None);
    let callers = callers(world);
    let mut rows = BTreeSet::new();
    for (index, cluster) in world.clusters.iter().enumerate() {
        for service in cluster.services.iter().filter(|service| has_pods(service)) {
            let (name, namespace) = (&service.metadata.name, service.metadata.namespace.as_deref());
            let to = format!("{name}.{}", namespace.unwrap_or_default());
            let pods = pods(cluster, service);
            for port in &service.spec.ports {
                let ways = pods.iter().filter_map(|pod| {
                    let at =
                        At { cluster, intent: &intent, destination: Destination { cluster: index, pod } };
                    Some((at, pod.target(port)?))
                });
                let ways: Vec<(At<'_, '_>, u16)> = ways.collect();
                for caller in &callers {
                    let client = caller.as_ref();
                    let admits = |(at, target): &(At<'_, '_>, u16)| {
                        at.straight(client, *target)
                            || cluster
                                .waypoint_of(service)
                                .is_some_and(|waypoint| at.through(waypoint, client, *target, &requests))
                    };
                    if ways.iter().any(admits) {
                        rows.insert((cluster.name.clone(), shown(client), to.clone(), port.port));
                    }
                }
            }
        }
    }
    rows
}

/// Services without pods, by cluster and name. The law takes pods to come for selected by `applyToWorkloads`; what is rendered
/// waits for the inventory to show such a pod, so nothing can be held against the law there.
pub fn without_pods(world: &World) -> BTreeSet<(String, String)> {
    let services = world.clusters.iter().flat_map(|cluster| {
        let bare = cluster.services.iter().filter(|service| {
            let behind = |pod: &Pod| cluster.services_of(pod).any(|own| std::ptr::eq(own, *service));
            !cluster.pods.iter().any(behind)
        });
        bare.map(|service| {
            let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
            (cluster.name.clone(), format!("{}.{namespace}", service.metadata.name))
        })
    });
    services.collect()
}

/// The rows of a report: gained, then lost.
pub fn said(report: &Value) -> [Vec<Row>; 2] {
    ["gained", "lost"].map(|which| expect::rows(report, which).iter().map(row).collect())
}

/// What is wrong with what is said to be gained and lost.
pub fn differences(said: [Vec<Row>; 2], before: &BTreeSet<Row>, after: &BTreeSet<Row>) -> Vec<String> {
    let mut wrong = Vec::new();
    let [gained, lost] = said;
    for (which, said, meant) in [
        ("gained", gained, after.difference(before).cloned().collect::<BTreeSet<Row>>()),
        ("lost", lost, before.difference(after).cloned().collect()),
    ] {
        let once: BTreeSet<Row> = said.iter().cloned().collect();
        if once.len() != said.len() {
            wrong.push(format!("{which}: a row is said twice"));
        }
        wrong.extend(meant.difference(&once).map(|row| format!("{which}: missed {row:?}")));
        wrong.extend(once.difference(&meant).map(|row| format!("{which}: false {row:?}")));
    }
    wrong
}

fn row(row: &Value) -> Row {
    let text = |key: &str| row[key].as_str().expect("a text").to_owned();
    let port = row["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    (text("cluster"), text("from"), text("to"), port.expect("a port"))
}

fn callers(world: &World) -> BTreeSet<Option<Identity>> {
    let mut callers = BTreeSet::from([None]);
    for cluster in &world.clusters {
        for account in &cluster.accounts {
            let namespace = account.namespace.as_deref().unwrap_or_default();
            callers.insert(Some(Identity::of(cluster, namespace, &account.name)));
        }
        for pod in &cluster.pods {
            let named = pod.spec.service_account_name.as_ref();
            callers.extend(named.map(|name| Some(Identity::of(cluster, &pod.namespace, name))));
        }
    }
    callers
}

fn shown(caller: Option<&Identity>) -> String {
    caller.map_or_else(
        || "plaintext".to_owned(),
        |one| format!("{}/ns/{}/sa/{}", one.trust_domain, one.namespace, one.service_account),
    )
}

fn has_pods(service: &Service) -> bool {
    !service.spec.selector.is_empty() && service.spec.kind.as_deref() != Some("ExternalName")
}

/// The pods behind a Service; without any, those that it would select.
fn pods(cluster: &Cluster, service: &Service) -> Vec<Pod> {
    let is_behind = |pod: &&Pod| {
        cluster.services_of(pod).any(|own| {
            own.metadata.name == service.metadata.name && own.metadata.namespace == service.metadata.namespace
        })
    };
    let there: Vec<Pod> = cluster.pods.iter().filter(is_behind).cloned().collect();
    if !there.is_empty() {
        return there;
    }
    vec![Pod {
        workload: "to come".to_owned(),
        namespace: service.metadata.namespace.clone().unwrap_or_default(),
        labels: service.spec.selector.clone(),
        spec: PodSpec::default(),
    }]
}

/// A class of pods of a cluster.
struct At<'a, 'w> {
    cluster: &'a Cluster,
    intent: &'a Intent<'w>,
    destination: Destination<'w>,
}

impl At<'_, '_> {
    /// Whether a caller comes in at the pods' own address.
    fn straight(&self, client: Option<&Identity>, port: u16) -> bool {
        let pod = self.destination.pod;
        if !self.cluster.captures(pod) {
            return true;
        }
        let meaning = self.intent.at(self.destination, port);
        if !self.intent.waypoints(self.destination).is_empty() {
            return meaning.is_exception(client);
        }
        let governed = self.intent.governs(self.destination);
        meaning.allows(client, None) && (governed || self.others_admit(client, port))
    }

    /// Whether some request of a caller comes in by the waypoint of a Service of the pods. Nobody comes there without
    /// identity. Where the fleet says nothing, the waypoint passes everybody, and others judge the waypoint.
    fn through(
        &self,
        waypoint: &Gateway,
        client: Option<&Identity>,
        port: u16,
        requests: &[Option<Http>],
    ) -> bool {
        if client.is_none() || !self.cluster.captures(self.destination.pod) {
            return client.is_some();
        }
        if !self.intent.governs(self.destination) {
            let namespace = waypoint.metadata.namespace.as_deref().unwrap_or_default();
            let own = Identity::of(self.cluster, namespace, waypoint.service_account());
            return self.others_admit(Some(&own), port);
        }
        let meaning = self.intent.at(self.destination, port);
        requests.iter().any(|request| meaning.allows(client, request.as_ref()))
    }

    /// What others' policies say of the pods: encryption is asked for, any DENY refuses, then one ALLOW must admit if
    /// there is any.
    fn others_admit(&self, client: Option<&Identity>, port: u16) -> bool {
        let (pod, others) = (self.destination.pod, &self.cluster.foreign);
        let of_pod = |metadata: &Metadata, selector: Option<&Selector>| {
            [Some(pod.namespace.as_str()), Some(ROOT_NAMESPACE)].contains(&metadata.namespace.as_deref())
                && selector.is_none_or(|selector| has(&pod.labels, &selector.match_labels))
        };
        // of two PeerAuthentications the pod's own counts: what an AccessPolicy makes PERMISSIVE is so whatever holds for
        // the namespace or the mesh; one that selects pods from the root namespace counts nowhere (istio:
        // pilot/pkg/model/authentication.go, ComposePeerAuthentication)
        let own = self.intent.at(self.destination, port).is_permissive();
        let strict = others.peer.iter().any(|policy| {
            let selects = policy.spec.selector.is_some();
            let of_mesh = policy.metadata.namespace.as_deref() == Some(ROOT_NAMESPACE);
            (if selects { !of_mesh } else { !own })
                && of_pod(&policy.metadata, policy.spec.selector.as_ref())
                && policy.spec.mtls.as_ref().is_some_and(|mtls| mtls.mode == MtlsMode::Strict)
        });
        let hits = |policy: &AuthorizationPolicy| {
            policy.spec.rules.iter().any(|rule| is_about(policy.spec.action, rule, client, port))
        };
        let of = |action| {
            others.authorization.iter().filter(move |policy| {
                policy.spec.action == action
                    && policy.spec.target_refs.is_empty()
                    && of_pod(&policy.metadata, policy.spec.selector.as_ref())
            })
        };
        let mut allowing = of(Action::Allow).peekable();
        let open = allowing.peek().is_none() || allowing.any(hits);
        open && !of(Action::Deny).any(hits) && (client.is_some() || !strict)
    }
}

/// Callers by principal, ports and methods are all that the changes' foreign policies speak of; an oracle that passes over
/// the rest would agree with anything. A ztunnel sees no method, and passes over a DENY that asks for nothing else.
fn is_about(action: Action, rule: &Rule, client: Option<&Identity>, port: u16) -> bool {
    let principal = shown(client);
    let is = |pattern: &String| client.is_some() && glob(pattern, &principal);
    let from = rule.from.iter().map(|from| {
        let read = Source { principals: from.source.principals.clone(), ..Source::default() };
        assert_eq!(from.source, read, "a source that the oracle does not read");
        from.source.principals.iter().any(is)
    });
    let to = rule.to.iter().map(|to| {
        let Operation { ports, methods, .. } = &to.operation;
        let read = Operation { ports: ports.clone(), methods: methods.clone(), ..Operation::default() };
        assert_eq!(to.operation, read, "an operation that the oracle does not read");
        let of_methods_alone = action == Action::Deny && rule.from.is_empty() && ports.is_empty();
        assert!(methods.is_empty() || of_methods_alone, "a method beside what ztunnel sees");
        ports.contains(&port.to_string())
    });
    assert!(rule.when.is_empty(), "a condition, which the oracle does not read");
    (rule.from.is_empty() || from.fold(false, |any, one| any | one))
        && (rule.to.is_empty() || to.fold(false, |any, one| any | one))
}
