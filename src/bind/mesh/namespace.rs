//! Namespaces: whose they are, and what runs there.

use std::collections::BTreeMap;

use super::{Access, NetworkPolicy, Ports, Unattached, Waypoint, WorkspaceId};
use crate::manifest::Labels;
use crate::source::{Origin, Place};

/// One namespace of one cluster.
#[derive(Debug, Default)]
pub struct Namespace {
    /// The Namespace object in the inventory.
    pub place: Option<Place>,
    /// The Namespace object's labels.
    pub labels: Labels,
    /// Whose it is.
    pub tenancy: Tenancy,
    /// Whether its pods' traffic passes a ztunnel, where they do not say so themselves.
    pub capture: Capture,
    /// The waypoint that calls pass to what has an address of its own here and names none itself: to a Service, or to a
    /// host of several clusters.
    pub waypoint: Option<Waypoint>,
    /// The waypoint that calls addressed to pods pass where they name none themselves.
    pub pods_waypoint: Option<Waypoint>,
    /// By name.
    pub services: BTreeMap<String, Service>,
    /// By name: labels.
    pub accounts: BTreeMap<String, Labels>,
    /// What runs there: what the inventory shows by kind and name, then what its Gateways stand for.
    pub workloads: Vec<Workload>,
    /// The NetworkPolicies of the inventory.
    pub network_policies: Vec<NetworkPolicy>,
    /// What the tree says about access here.
    pub access: Access,
}

/// Whose a namespace is.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Tenancy {
    /// Nobody's; `closed` with `unownedNamespaces: deny`.
    Unowned {
        /// Whether nobody may call into it.
        closed: bool,
    },
    /// The platform's own: never governed by a workspace that does not name it with `allowSystem`.
    #[default]
    System,
    /// A workspace's.
    Owned {
        /// The owner.
        workspace: WorkspaceId,
        /// Where the workspace names it.
        place: Place,
    },
}

/// A Service of the inventory.
#[derive(Debug)]
pub struct Service {
    /// `metadata.name`'s value.
    pub place: Place,
    /// Labels.
    pub labels: Labels,
    /// Annotations, but for what kubectl remembers.
    pub annotations: Labels,
    /// `spec.selector`, volatile labels dropped; `None`: it has no pods of its own.
    pub selector: Option<Labels>,
    /// Volatile labels that the selector holds and that cannot be dropped.
    pub volatile: Vec<String>,
    /// Ports.
    pub ports: Vec<ServicePort>,
    /// The workloads it selects: indices into [`Namespace::workloads`].
    pub workloads: Vec<usize>,
    /// The workspaces, other than the owner, that may call it, with the settings that say so.
    pub visible_to: BTreeMap<WorkspaceId, Vec<Origin>>,
    /// The export and the import by which it is visible to each of them.
    pub shared_by: BTreeMap<WorkspaceId, [Place; 2]>,
    /// Its name resolves to the pods themselves (`clusterIP: None`): its callers address pods and pass no waypoint.
    pub headless: bool,
    /// A label of its own says that one name reaches it from every cluster.
    pub global: bool,
    /// The waypoint that calls to it pass; of a headless Service none does.
    pub waypoint: Option<Waypoint>,
    /// It names a waypoint that does not stand before it.
    pub unattached: Option<Unattached>,
    /// istiod made it for a waypoint or an east-west gateway: it serves the mesh and is no destination of anybody's.
    pub serves_mesh: bool,
}

/// A port of a Service.
#[derive(Debug, Clone)]
pub struct ServicePort {
    /// Its name, empty if it has none.
    pub name: String,
    /// The Service's port.
    pub number: u16,
    /// The ports of the pods; `Err`: a name that the Service's workloads do not resolve to the same number.
    pub target: Result<u16, String>,
    /// The target port's name, where it is one: each workload resolves it by its own container ports.
    pub named: Option<String>,
}

/// What a pod is made from.
#[derive(Debug)]
pub struct Workload {
    /// `Deployment`, `Pod`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Labels of its pods.
    pub labels: Labels,
    /// The service account its pods run as.
    pub account: String,
    /// Whether the inventory says so: a workload that names none runs as `default`, a Gateway's pods as istiod has it.
    pub names_account: bool,
    /// Whether its traffic passes a ztunnel.
    pub capture: Capture,
    /// Whether it is a gateway: it takes callers without identity.
    pub gateway: bool,
    /// The ports on which a gateway takes them: what its Gateway or its Services name, or all where neither tells.
    pub listens: Ports,
    /// The port at which a scraper is asked to call its pods one by one (`prometheus.io/scrape`).
    pub scraped: Option<u16>,
    /// The TCP ports that its containers declare: name, empty if it has none, and number.
    pub ports: Vec<(String, u16)>,
    /// The waypoint that calls addressed to its pods, rather than to a Service, pass.
    pub waypoint: Option<Waypoint>,
    /// `metadata.name`'s value.
    pub place: Place,
}

/// Whether a workload's traffic is captured (SPEC section 5, "enforcement needs capture").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Capture {
    /// By ztunnel, because a label says so.
    Ambient,
    /// Nothing says so; judged as captured.
    #[default]
    Assumed,
    /// By a sidecar.
    Sidecar,
    /// Not: an explicit `istio.io/dataplane-mode: none`.
    Opted,
    /// Not: it runs on the host's network.
    HostNetwork,
}

impl Namespace {
    /// The workspace that owns it.
    pub fn owner(&self) -> Option<WorkspaceId> {
        match self.tenancy {
            Tenancy::Owned { workspace, .. } => Some(workspace),
            Tenancy::Unowned { .. } | Tenancy::System => None,
        }
    }
}
