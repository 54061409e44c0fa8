//! Every moment of a sync: from one tree of a cluster to another, object by object in the order of waves, deletions the
//! other way round, nobody is admitted whom neither tree admits, and nobody refused whom neither refuses (SPEC section 8).
//! Under Argo CD's own order of deletions, which differs, nobody is admitted whom neither admits.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};

use fleetc::manifest::{AuthorizationPolicy, Labels, Metadata, PeerAuthentication};
use fleetc::reach::{self, Connection, Identity, Policies, Workload};
use fleetc::source::{FileId, Sources};
use fleetc::yaml::{self, Node};
use fleetc::{Part, compile};

/// What may be written into the fleet; a state is a set of these.
const FEATURES: [(&str, &str); 11] = [
    ("isolated", ""),
    ("cart exported", ""),
    ("front exported", ""),
    ("gateway", ""),
    ("cart governed", "SERVICE cart {name: cart, namespace: shop} [shop/cart, web/web]"),
    ("cart governed on a port", "SERVICE cart-port {name: cart, namespace: shop}:80 [shop/front]"),
    ("front governed", "SERVICE front {name: front, namespace: shop} [shop/cart]"),
    ("all governed", "WORKLOADS all {namespace: shop} [shop/cart, shop/front]"),
    (
        "scraper",
        "EXCEPTION {name: scraper, from: {serviceAccounts: [monitoring/prometheus]}, to: {namespaces: [shop], labels: {app: cart}}, ports: [9090], reason: metrics, owner: platform}",
    ),
    (
        "probe",
        "EXCEPTION {name: probe, from: {plaintext: true}, to: {namespaces: [shop]}, ports: [9090], reason: probes, owner: platform}",
    ),
    (
        "audit",
        "EXCEPTION {name: audit, from: {namespaces: [monitoring]}, to: {namespaces: [shop], labels: {app: front, tier: edge}}, reason: audit, owner: platform}",
    ),
];

/// The most of them at once.
const AT_ONCE: u32 = 5;

const PODS: [(&str, &[(&str, &str)]); 5] = [
    ("cart", &[("app", "cart")]),
    ("front", &[("app", "front"), ("tier", "edge")]),
    ("stock", &[("app", "stock")]),
    ("ingress", &[("app", "ingress"), ("istio", "ingressgateway")]),
    ("stranger", &[("app", "stranger")]),
];

type State = BTreeSet<usize>;

#[test]
fn no_moment_of_a_sync_is_outside_of_both_trees() {
    let states = states();
    let trees: BTreeMap<&State, Vec<Live>> =
        states.iter().filter_map(|state| Some((state, tree(state)?))).collect();
    assert!(trees.len() > 300, "only {} states compile", trees.len());
    let (mut moments, mut transitions) = (0, 0);
    for (state, before) in &trees {
        for feature in 0..FEATURES.len() {
            let mut other = (*state).clone();
            if !other.remove(&feature) {
                other.insert(feature);
            }
            let Some(after) = trees.get(&other) else { continue };
            transitions += 1;
            let name = || format!("{} → {}", shown(state), shown(&other));
            let between = Between { old: answers(before), new: answers(after) };
            moments += between.judge(&in_waves(before, after, transitions), true, &name);
            moments += between.judge(&as_argo_cd(before, after, transitions), false, &name);
        }
    }
    assert!(transitions > 2000 && moments > 20_000, "{transitions} transitions, {moments} moments");
}

fn states() -> Vec<State> {
    let all = (0..1_usize << FEATURES.len()).filter(|bits| bits.count_ones() <= AT_ONCE);
    all.map(|bits| (0..FEATURES.len()).filter(|feature| bits >> feature & 1 == 1).collect()).collect()
}

fn shown(state: &State) -> String {
    let names: Vec<_> = state.iter().map(|feature| FEATURES[*feature].0).collect();
    names.join(", ")
}

fn has(state: &State, name: &str) -> bool {
    state.iter().any(|feature| FEATURES[*feature].0 == name)
}

/// The fleet of a state.
fn sources(state: &State) -> Sources {
    let mut intent = String::from(
        "apiVersion: multicluster.solo.io/v1alpha1\nkind: KubernetesCluster\nmetadata: {name: east, namespace: gloo-mesh}\n",
    );
    for workspace in ["shop", "web"] {
        intent += &format!(
            "---\napiVersion: admin.gloo.solo.io/v2\nkind: Workspace\nmetadata: {{name: {workspace}, namespace: gloo-mesh}}\n\
             spec: {{workloadClusters: [{{name: east, namespaces: [{{name: {workspace}}}]}}]}}\n"
        );
    }
    let mut exports = Vec::new();
    if has(state, "cart exported") {
        exports.extend(["cart", "cart-admin"]);
    }
    if has(state, "front exported") {
        exports.push("front");
    }
    let list = |services: &[&str]| {
        let each = services.iter().map(|name| format!("{{kind: SERVICE, name: {name}}}"));
        each.collect::<Vec<_>>().join(", ")
    };
    let export = match exports.is_empty() {
        true => String::new(),
        false => format!("exportTo: [{{workspaces: [{{name: web}}], resources: [{}]}}]", list(&exports)),
    };
    intent += &format!(
        "---\napiVersion: admin.gloo.solo.io/v2\nkind: WorkspaceSettings\nmetadata: {{name: shop, namespace: shop}}\n\
         spec: {{options: {{serviceIsolation: {{enabled: {}}}}}, {export}}}\n\
         ---\napiVersion: admin.gloo.solo.io/v2\nkind: WorkspaceSettings\nmetadata: {{name: web, namespace: web}}\n\
         spec: {{importFrom: [{{workspaces: [{{name: shop}}]}}]}}\n",
        has(state, "isolated")
    );
    let mut exceptions = String::new();
    for feature in state {
        let text = FEATURES[*feature].1;
        match text.split_once(' ') {
            Some(("SERVICE", policy)) => intent += &access_policy(policy, "applyToDestinations"),
            Some(("WORKLOADS", policy)) => intent += &access_policy(policy, "applyToWorkloads"),
            Some((_, exception)) => exceptions += &format!("  - {exception}\n"),
            None => {}
        }
    }
    intent +=
        "---\napiVersion: fleetc.dev/v1alpha1\nkind: Fleet\nmetadata: {name: fleet}\nspec:\n  exceptions:";
    intent += if exceptions.is_empty() { " []\n" } else { "\n" };
    intent += &exceptions;
    let files = [("fleet.yaml", intent), ("clusters/east/inventory.yaml", inventory(has(state, "gateway")))];
    Sources::new("fleet", "fleet", files.map(|(path, text)| (path.to_owned(), text.into_bytes())))
}

/// `<name> <selector>[:<port>] [<clients>]`.
fn access_policy(text: &str, list: &str) -> String {
    let (head, clients) = text.split_once(" [").expect("clients");
    let (name, selector) = head.split_once(' ').expect("a selector");
    let (selector, port) =
        selector.split_once("}:").map_or((selector.trim_end_matches('}'), ""), |both| both);
    let port = if port.is_empty() { String::new() } else { format!(", port: {{number: {port}}}") };
    let clients = clients.trim_end_matches(']').split(", ").map(|client| {
        let (namespace, account) = client.split_once('/').expect("an account");
        format!("{{serviceAccountSelector: {{namespace: {namespace}, name: {account}}}}}")
    });
    format!(
        "---\napiVersion: security.policy.gloo.solo.io/v2\nkind: AccessPolicy\nmetadata: {{name: {name}, namespace: gloo-mesh}}\n\
         spec: {{{list}: [{{selector: {selector}}}{port}}}], config: {{authz: {{allowedClients: [{}]}}}}}}\n",
        clients.collect::<Vec<_>>().join(", ")
    )
}

fn inventory(gateway: bool) -> String {
    let mut text = String::new();
    for namespace in ["shop", "web", "monitoring"] {
        text += &format!(
            "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}, labels: {{istio.io/dataplane-mode: ambient}}}}\n"
        );
    }
    for (account, namespace) in
        [("cart", "shop"), ("front", "shop"), ("web", "web"), ("prometheus", "monitoring")]
    {
        text += &format!(
            "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {account}, namespace: {namespace}}}\n"
        );
    }
    for (service, app, port, target) in
        [("cart", "cart", 80, 8080), ("cart-admin", "cart", 81, 9090), ("front", "front", 80, 8080)]
    {
        text += &format!(
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {service}, namespace: shop}}\n\
             spec: {{selector: {{app: {app}}}, ports: [{{port: {port}, targetPort: {target}}}]}}\n"
        );
    }
    for (name, labels) in PODS.iter().filter(|(name, _)| gateway || *name != "ingress") {
        let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        text += &format!(
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec: {{template: {{metadata: {{labels: {{{}}}}}, spec: {{serviceAccountName: {name}, containers: [{{name: main}}]}}}}}}\n",
            labels.join(", ")
        );
    }
    text
}

/// One object of a cluster.
#[derive(Debug, Clone, PartialEq)]
struct Live {
    key: String,
    wave: i32,
    last: bool,
    object: Policy,
}

#[derive(Debug, Clone, PartialEq)]
enum Policy {
    Authorization(AuthorizationPolicy),
    Peer(PeerAuthentication),
}

/// The policies of a state, in order of waves; `None` where it does not compile.
fn tree(state: &State) -> Option<Vec<Live>> {
    let compiled = compile(&sources(state)).ok()?;
    let rendered = compiled.render(&Part::Cluster("east".to_owned()));
    let mut tree = Vec::new();
    for (path, text) in &rendered.files {
        let reading = yaml::read(FileId::default(), text.as_bytes());
        for document in &reading.documents {
            let object = match document.get("kind").and_then(Node::as_text) {
                Some(AuthorizationPolicy::KIND) => {
                    Policy::Authorization(yaml::from_node(document).expect(path))
                }
                Some(PeerAuthentication::KIND) => Policy::Peer(yaml::from_node(document).expect(path)),
                _ => continue,
            };
            let metadata = object.metadata();
            let annotation = |key: &str| metadata.annotations.get(&format!("argocd.argoproj.io/{key}"));
            let wave = annotation("sync-wave").and_then(|wave| wave.parse().ok()).expect("a wave");
            let last = annotation("sync-options").is_some_and(|options| options == "PruneLast=true");
            tree.push(Live { key: path.clone(), wave, last, object });
        }
    }
    Some(tree)
}

impl Policy {
    fn metadata(&self) -> &Metadata {
        match self {
            Policy::Authorization(policy) => &policy.metadata,
            Policy::Peer(policy) => &policy.metadata,
        }
    }
}

/// The states of a cluster from one tree to another.
type Moments = Vec<Vec<Live>>;

/// All that is new or different in order of waves, then what is gone in reverse; within a wave in any order, of which
/// one is taken.
fn in_waves(before: &[Live], after: &[Live], seed: usize) -> Moments {
    let mut steps: Vec<(i32, usize, Step<'_>)> = Vec::new();
    for object in after.iter().filter(|object| !before.contains(object)) {
        steps.push((object.wave, shuffled(&object.key, seed), Step::Apply(object)));
    }
    for object in gone(before, after) {
        steps.push((1000 - object.wave, shuffled(&object.key, seed), Step::Delete(object)));
    }
    run(before, steps)
}

/// As gitops-engine does: the waves of what is to be deleted are swapped end for end, deletions of a wave come before
/// what is applied in it, and those that say so come after everything (pkg/sync/sync_context.go).
fn as_argo_cd(before: &[Live], after: &[Live], seed: usize) -> Moments {
    let mut steps: Vec<(i32, usize, Step<'_>)> = Vec::new();
    for object in after.iter().filter(|object| !before.contains(object)) {
        steps.push((2 * object.wave + 1, shuffled(&object.key, seed), Step::Apply(object)));
    }
    let waves: Vec<i32> =
        gone(before, after).map(|object| object.wave).collect::<BTreeSet<_>>().into_iter().collect();
    for object in gone(before, after) {
        let index = waves.iter().position(|wave| *wave == object.wave).expect("its wave");
        let swapped = 2 * waves[waves.len() - 1 - index];
        let when = if object.last { 1000 } else { swapped };
        steps.push((when, shuffled(&object.key, seed), Step::Delete(object)));
    }
    run(before, steps)
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Apply(&'a Live),
    Delete(&'a Live),
}

fn gone<'a>(before: &'a [Live], after: &'a [Live]) -> impl Iterator<Item = &'a Live> {
    before.iter().filter(|object| !after.iter().any(|other| other.key == object.key))
}

/// Some order that depends on the seed.
fn shuffled(key: &str, seed: usize) -> usize {
    key.bytes().fold(seed.wrapping_mul(2_654_435_761), |hash, byte| {
        (hash ^ usize::from(byte)).wrapping_mul(16_777_619) % 1_000_003
    })
}

/// What is changed keeps its age, what is new is the youngest.
fn run(before: &[Live], mut steps: Vec<(i32, usize, Step<'_>)>) -> Moments {
    steps.sort_by_key(|(when, tie, _)| (*when, *tie));
    let mut now = before.to_vec();
    let mut moments = Vec::new();
    for (_, _, step) in steps {
        match step {
            Step::Delete(object) => now.retain(|other| other.key != object.key),
            Step::Apply(object) => match now.iter_mut().find(|other| other.key == object.key) {
                Some(known) => *known = object.clone(),
                None => now.push(object.clone()),
            },
        }
        moments.push(now.clone());
    }
    moments
}

/// By pod, port and caller: admitted or not.
fn answers(tree: &[Live]) -> Vec<bool> {
    let (mut authorization, mut peer) = (Vec::new(), Vec::new());
    for object in tree {
        match &object.object {
            Policy::Authorization(policy) => authorization.push(policy.clone()),
            Policy::Peer(policy) => peer.push(policy.clone()),
        }
    }
    let policies = Policies::new(&reach::Cluster::default(), &authorization, &peer);
    let mut answers = Vec::new();
    for (_, labels) in PODS {
        let labels: Labels =
            labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let scope = policies.at(&Workload { namespace: "shop", labels: &labels, waypoints: &[] });
        for (port, caller) in questions() {
            answers.push(scope.verdict(&Connection::new(caller.as_ref(), port)).allowed);
        }
    }
    answers
}

fn questions() -> impl Iterator<Item = (u16, Option<Identity>)> {
    let callers = [
        "shop/cart",
        "shop/front",
        "shop/stock",
        "web/web",
        "monitoring/prometheus",
        "monitoring/other",
        "x/y",
    ];
    let identities = callers.map(|caller| {
        let (namespace, account) = caller.split_once('/').expect("an account");
        Some(Identity::new("cluster.local", namespace, account))
    });
    let callers: Vec<_> = identities.into_iter().chain([None]).collect();
    [8080, 9090, 7777]
        .into_iter()
        .flat_map(move |port| callers.clone().into_iter().map(move |caller| (port, caller)))
}

struct Between {
    old: Vec<bool>,
    new: Vec<bool>,
}

impl Between {
    /// How many moments were judged.
    fn judge(&self, moments: &Moments, both_ways: bool, transition: &dyn Fn() -> String) -> usize {
        for (index, moment) in moments.iter().enumerate() {
            for (question, answer) in answers(moment).into_iter().enumerate() {
                let (old, new) = (self.old[question], self.new[question]);
                let outside = (answer && !old && !new) || (both_ways && !answer && old && new);
                if outside {
                    let asked: Vec<_> = questions().collect();
                    let (port, caller) = &asked[question % asked.len()];
                    let pod = PODS[question / asked.len()].0;
                    let keys: Vec<_> =
                        moment.iter().map(|object| format!("{} {}", object.wave, object.key)).collect();
                    panic!(
                        "{}\nafter {} of {} steps{} {} may {}call {pod}:{port}\n{}",
                        transition(),
                        index + 1,
                        moments.len(),
                        if both_ways { "" } else { " of Argo CD's" },
                        caller.as_ref().map_or("plaintext", |caller| caller.principal()),
                        if answer { "" } else { "not " },
                        keys.join("\n")
                    );
                }
            }
        }
        moments.len()
    }
}
