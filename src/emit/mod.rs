//! Intents → typed manifests, delivery objects included; one file per output kind.
//!
//! Here and nowhere else stand the names that Istio, Gateway API, cert-manager and Argo CD give to things.

mod authorization_policy;
mod certificate;
mod dashboard;
mod delivery;
mod destination_rule;
mod external_secret;
mod gateway;
mod issuer;
mod kiali;
mod monitor;
mod namespace;
mod peer_authentication;
mod prometheus_rule;
mod remote_secret;
mod role_binding;
mod scope;
mod secret;
mod segment;
mod service_entry;
mod signer;
mod telemetry;
mod workload_entry;

use crate::distribute::{ClusterIntent, Observed, Origins, Syncer};
use crate::manifest::{Metadata, Object};

pub use delivery::delivery_manifests;
pub use scope::scope_manifests;

/// One rendered object, with what caused it.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// When and where it goes.
    pub stage: Stage,
    /// The object, complete but for what [`Manifest::new`] adds.
    pub object: Object,
    /// The objects that caused it.
    pub origins: Origins,
    /// Whether no sync may delete it.
    kept: bool,
}

/// The stages of a cluster's tree, in order of syncing (SPEC section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Namespaces and `cacerts`.
    Trust,
    /// Releases, where the engine keeps them in the cluster.
    Mesh,
    /// Who may call whom.
    Policy,
    /// Gateways, peers, hosts.
    Federation,
    /// What a cluster tells of itself; rendered where the Fleet asks for it alone.
    Observability,
}

/// The label on everything that is fleetc's own.
pub const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "fleetc");
/// The annotation that names the objects of the fleet that caused one.
pub const SOURCE: &str = "fleetc.dev/source";
const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";
const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";

/// Everything of one cluster's own tree.
pub fn cluster_manifests(intent: &ClusterIntent) -> Vec<Manifest> {
    let mut manifests = Vec::new();
    manifests.extend(intent.spaces.iter().map(namespace::namespace));
    manifests.extend(intent.signer.iter().flat_map(signer::signer));
    manifests.extend(intent.releases.iter().filter_map(|unit| delivery::kept_release(intent, unit)));
    manifests.extend(intent.service_guards.iter().map(authorization_policy::waypoint_policy));
    manifests.extend(intent.guards.iter().map(authorization_policy::authorization_policy));
    manifests.extend(intent.seals.iter().map(peer_authentication::peer_authentication));
    manifests.extend(intent.roles.iter().map(role_binding::role_binding));
    manifests.extend(intent.domains.iter().map(segment::segment));
    manifests.extend(intent.door.iter().filter_map(gateway::pinned_ports));
    manifests
        .extend(intent.door.iter().map(|door| gateway::door(intent.distribution, &intent.cluster, door)));
    manifests.extend(intent.peers.iter().map(|peer| gateway::peer(intent.distribution, peer)));
    manifests.extend(intent.watched.iter().map(remote_secret::remote_secret));
    manifests.extend(intent.hosts.iter().map(service_entry::service_entry));
    manifests.extend(intent.elsewhere.iter().map(workload_entry::workload_entry));
    manifests.extend(intent.outliers.iter().map(destination_rule::destination_rule));
    manifests.extend(intent.observed.iter().flat_map(|observed| observability(intent, observed)));
    manifests.into_iter().map(|manifest| manifest.marked(intent.syncer)).collect()
}

/// What a cluster tells of itself.
fn observability(intent: &ClusterIntent, observed: &Observed) -> Vec<Manifest> {
    let mut manifests = Vec::new();
    manifests.extend(observed.named.then(|| telemetry::telemetry(&intent.cluster, &observed.origins)));
    if let Some(measured) = &observed.measured {
        manifests.extend(monitor::monitors(intent, measured, observed));
        manifests.push(prometheus_rule::prometheus_rule(intent, measured, &observed.origins));
    }
    manifests.extend(observed.dashboard.iter().map(dashboard::dashboard));
    if let Some(console) = &observed.console {
        manifests.extend(console.others.iter().map(|other| kiali::way_in(console, other)));
        manifests.push(kiali::kiali(console, &observed.origins));
    }
    manifests
}

impl Stage {
    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Stage::Trust => "1-trust",
            Stage::Mesh => "2-mesh",
            Stage::Policy => "3-policy",
            Stage::Federation => "4-federation",
            Stage::Observability => "5-observability",
        }
    }

    /// All of them, in order.
    pub const ALL: [Stage; 5] =
        [Stage::Trust, Stage::Mesh, Stage::Policy, Stage::Federation, Stage::Observability];
}

impl Manifest {
    /// An object with the label and annotations that every object of fleetc's own carries. `wave` is its sync wave.
    fn new(stage: Stage, wave: i32, object: impl Into<Object>, origins: &Origins) -> Self {
        let mut object = object.into();
        let metadata = object.metadata_mut();
        metadata.labels.insert(MANAGED_BY.0.into(), MANAGED_BY.1.into());
        metadata.annotations.insert(SOURCE.into(), source(origins));
        metadata.annotations.insert(SYNC_WAVE.into(), wave.to_string());
        Manifest { stage, object, origins: origins.clone(), kept: false }
    }

    /// Marks the object as one to delete when all that replaces it stands, and after what it keeps in check: Argo CD
    /// otherwise deletes in reverse order of waves, but before it applies what has the same wave (gitops-engine,
    /// pkg/sync/sync_context.go, `getSyncTasks` and `runTasks`).
    fn pruned_last(mut self) -> Self {
        self.object.metadata_mut().annotations.insert(SYNC_OPTIONS.into(), "PruneLast=true".into());
        self
    }

    /// Says that no sync may delete the object.
    fn never_deleted(mut self) -> Self {
        self.kept = true;
        self
    }

    /// An object that no sync may delete, with the mark that the engine knows.
    fn marked(mut self, syncer: Syncer) -> Self {
        let (key, value) = match syncer {
            Syncer::ArgoCd => (SYNC_OPTIONS, "Prune=false,Delete=false"),
            Syncer::Flux => delivery::KEPT,
        };
        if self.kept {
            self.object.metadata_mut().annotations.insert(key.into(), value.into());
        }
        self
    }
}

/// A sorted, comma-separated list of `Kind/namespace/name`.
fn source(origins: &Origins) -> String {
    let names: std::collections::BTreeSet<&str> = origins.iter().map(|origin| &*origin.name).collect();
    names.into_iter().collect::<Vec<_>>().join(",")
}

fn named(name: &str, namespace: &str) -> Metadata {
    Metadata { name: name.to_owned(), namespace: Some(namespace.to_owned()), ..Metadata::default() }
}
