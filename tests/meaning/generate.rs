//! Fleets out of a seed: every feature of SPEC §4 and §5 that decides who may call whom, in many mixtures.
//!
//! A fleet is drawn in the order in which a platform grows: clusters, namespaces and who owns them, what runs in them, what
//! workspaces share, who is allowed. Most of it is sound; a few draws are errors on purpose. Each fleet says which features
//! it uses.

mod access;
mod exceptions;
mod foreign;
mod inventory;
pub mod random;
mod tenancy;
mod text;
mod waypoints;

use std::collections::{BTreeMap, BTreeSet};

use fleetc::source::Sources;
use serde_json::{Value, json};

use random::Random;

/// The name of every generated fleet.
pub const FLEET: &str = "generated";

/// A fleet, one document a file, and the features it uses.
#[derive(Debug, Clone)]
pub struct Fleet {
    pub seed: u64,
    /// Path → text.
    pub files: BTreeMap<String, String>,
    pub features: BTreeSet<&'static str>,
}

impl Fleet {
    pub fn generate(seed: u64) -> Fleet {
        Fleet::drawn(seed, None)
    }

    /// The same fleet after a change of what is meant: one part is drawn anew, what runs stays.
    pub fn changed(seed: u64) -> Fleet {
        let part = usize::try_from(seed % PARTS.len() as u64).expect("an index");
        Fleet::drawn(seed, PARTS.get(part).copied())
    }

    fn drawn(seed: u64, anew: Option<Part>) -> Fleet {
        let mut draft = Draft::new(seed);
        draft.clusters();
        draft.namespaces();
        draft.waypoints();
        draft.inventory();
        draft.workspaces();
        for part in PARTS {
            let stream = *part as u64 + if anew == Some(*part) { 100 } else { 0 };
            draft.random = Random::new(seed.wrapping_mul(1_000).wrapping_add(stream));
            match part {
                Part::Defaults => draft.defaults(),
                Part::Settings => draft.settings(),
                Part::AccessPolicies => draft.access_policies(),
            }
        }
        draft.random = Random::new(seed.wrapping_mul(1_000).wrapping_add(50));
        draft.foreign_policies();
        Fleet { seed, files: draft.files, features: draft.features }
    }

    pub fn sources(&self) -> Sources {
        let files = self.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
        Sources::new(FLEET, format!("fleets/{FLEET}"), files)
    }
}

/// What of an intent can change while what runs stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Defaults,
    Settings,
    AccessPolicies,
}

const PARTS: &[Part] = &[Part::Defaults, Part::Settings, Part::AccessPolicies];

/// What is drawn so far.
struct Draft {
    random: Random,
    files: BTreeMap<String, String>,
    features: BTreeSet<&'static str>,
    clusters: Vec<ClusterDraft>,
    teams: Vec<Team>,
    namespaces: Vec<NamespaceDraft>,
    /// Namespaces and apps that something outside the mesh calls.
    called_from_outside: Vec<(usize, &'static str)>,
}

struct ClusterDraft {
    name: String,
    region: &'static str,
    trust_domain: String,
}

/// A workspace to be, and the prefix of its namespaces.
struct Team {
    name: &'static str,
    tier: &'static str,
    /// The clusters that its namespaces are in, if it keeps to some.
    clusters: Vec<usize>,
    region: Option<&'static str>,
}

struct NamespaceDraft {
    name: String,
    clusters: Vec<usize>,
    team: Option<usize>,
    /// Lies below `clusters/_all`.
    everywhere: bool,
    /// The waypoint that its Services may be enrolled in.
    waypoint: Option<Waypoint>,
    services: Vec<ServiceDraft>,
    accounts: Vec<AccountDraft>,
    apps: Vec<&'static str>,
}

/// A waypoint to be, in the namespace itself or in one of its own.
#[derive(Clone)]
struct Waypoint {
    name: &'static str,
    namespace: String,
    /// The namespace as a whole is enrolled, rather than Services one by one.
    whole: bool,
}

struct ServiceDraft {
    enrolled: bool,
    name: String,
    app: Option<&'static str>,
    labels: Value,
    ports: Vec<(u16, &'static str)>,
}

struct AccountDraft {
    name: String,
    role: &'static str,
}

impl Draft {
    fn new(seed: u64) -> Self {
        Draft {
            random: Random::new(seed),
            files: BTreeMap::new(),
            features: BTreeSet::new(),
            clusters: Vec::new(),
            teams: Vec::new(),
            namespaces: Vec::new(),
            called_from_outside: Vec::new(),
        }
    }

    fn uses(&mut self, feature: &'static str) {
        self.features.insert(feature);
    }

    /// Rolls for a feature, and notes it if it is to be.
    fn roll(&mut self, chance: usize, feature: &'static str) -> bool {
        let drawn = self.random.percent(chance);
        if drawn {
            self.uses(feature);
        }
        drawn
    }

    fn write(&mut self, folder: &str, object: &Value) {
        let part =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, namespace, name) = (part("/kind"), part("/metadata/namespace"), part("/metadata/name"));
        let file = [kind.to_lowercase(), namespace, name].join("-").replace("--", "-");
        self.files.insert(format!("{folder}/{file}.yaml"), text::yaml(object));
    }

    fn clusters(&mut self) {
        const NAMES: [&str; 4] = ["east", "west", "north", "south"];
        let count = self.random.between(1, 4);
        let shared = ["bank.example", "cluster.local"][self.random.weighted(&[70, 30])];
        let differing = count > 1 && self.roll(25, "trust domains differ");
        if count > 1 {
            self.uses("several clusters");
        }
        for (index, name) in NAMES.iter().enumerate().take(count) {
            let region = *self.random.pick(&["eu", "us"]);
            let trust_domain = match differing {
                true => (*self.random.pick(&["one.example", "two.example", "three.example"])).to_owned(),
                false => shared.to_owned(),
            };
            let labels = json!({ "region": region, "stage": "prod" });
            let mut spec = json!({
                "eastWestGateway": { "addresses": [{ "type": "IPAddress", "value": format!("10.0.0.{}", index + 1) }] },
            });
            if trust_domain != "cluster.local" {
                spec["trustDomain"] = json!(trust_domain);
            }
            if self.random.percent(20) {
                spec["network"] = json!(format!("net-{name}"));
            }
            self.write(
                "mesh",
                &json!({
                    "apiVersion": "admin.gloo.solo.io/v2", "kind": "KubernetesCluster",
                    "metadata": { "name": name, "namespace": "gloo-mesh", "labels": labels }, "spec": spec,
                }),
            );
            self.clusters.push(ClusterDraft { name: (*name).to_owned(), region, trust_domain });
        }
    }

    fn defaults(&mut self) {
        let mut defaults = json!({});
        match self.random.weighted(&[60, 25, 15]) {
            0 => {}
            1 => {
                self.uses("fleet default: isolation off");
                defaults["serviceIsolation"] = json!(false);
            }
            _ => defaults["serviceIsolation"] = json!(true),
        }
        if self.roll(25, "fleet default: unowned namespaces closed") {
            defaults["unownedNamespaces"] = json!("deny");
        } else if self.random.percent(20) {
            defaults["unownedNamespaces"] = json!("open");
        }
        let exceptions = self.exceptions();
        if self.random.percent(85) || defaults != json!({}) || !exceptions.is_empty() {
            self.write(
                "mesh",
                &json!({
                    "apiVersion": "fleetc.dev/v1alpha1", "kind": "Fleet", "metadata": { "name": FLEET },
                    "spec": { "defaults": defaults, "exceptions": exceptions },
                }),
            );
        }
    }
}
