//! The bound fleet.

mod access;
mod cluster;
mod consent;
mod delivery;
mod distribution;
mod enrolled;
mod exception;
mod federation;
mod invariant;
mod namespace;
mod observability;
mod outside;
mod request;
mod share;
mod trust;
mod waypoint;
mod workspace;

pub use access::{
    Access, AccessPolicy, Boundary, Destination, Door, Export, Form, Governed, Grant, Lift, Opening,
    PortRule, Ports, Tls,
};
pub use cluster::{
    Address, AddressKind, Cluster, EastWest, ForeignPeer, InventoryPolicy, Lifecycle, Locality, NodePorts,
    PolicyObject,
};
pub use consent::{Consent, Grantees};
pub use delivery::{Applications, Engine, Topology};
pub use distribution::{Distribution, RemoteSecrets};
pub use enrolled::{Enrolled, Lock, LockRule, ServiceRule, Whom};
pub use exception::{Callers, Exception};
pub use federation::{GlobalHost, GlobalService, OutlierLimits, OutlierRule, SegmentAlias, SegmentDomain};
pub use invariant::{Clients, Holds, Invariant, Targets};
pub use namespace::{Capture, Namespace, Service, ServicePort, Tenancy, Workload};
pub use observability::{Console, Dashboards, Login, Measures, Observability};
pub use outside::{NetworkPolicy, OutsideCall, OutsideCaller, Passage};
pub use request::{HeaderValues, Request};
pub use share::{Direction, Filter, Miss, Resource, ResourceKind, Share, takes};
pub use trust::{
    CertificateOptions, EncryptedKey, Generated, Issuer, KeySource, Minted, Phase, PresentRoots, PublicFile,
    Root, Rotation, SecretStoreKey, Trust, Vault, VaultAuthority, VaultLogin,
};
pub use waypoint::{
    Obstacle, TokenIssuers, Unattached, Waypoint, WaypointGateway, WaypointGateways, WaypointTraffic,
};
pub use workspace::{Identity, Member, Owner, Owners, Workspace};

use std::sync::Arc;

use crate::source::{Origin, Place};

/// The fleet with every name resolved.
///
/// What is true here: every [`ClusterId`] and [`WorkspaceId`] is an index that exists; globs and label selectors are
/// sets; a namespace has at most one owner; trust domains, networks and versions are decided; the encoding of access
/// is chosen. What is not yet true: that the fleet is good. `check` says so.
#[derive(Debug, Default)]
pub struct Mesh {
    /// The fleet's name.
    pub fleet: String,
    /// The namespace of fleet-wide objects (`gloo-mesh`).
    pub admin_namespace: String,
    /// Whose Istio runs.
    pub distribution: Distribution,
    /// Where upstream's control planes find the way into each other's API servers.
    pub remote_secrets: RemoteSecrets,
    /// Sorted by name.
    pub clusters: Vec<Cluster>,
    /// Sorted by name.
    pub workspaces: Vec<Workspace>,
    /// The AccessPolicies, in order of namespace and name.
    pub policies: Vec<AccessPolicy>,
    /// The exceptions, in the order written.
    pub exceptions: Vec<Arc<Exception>>,
    /// What must never, or always, be possible, in order of name.
    pub invariants: Vec<Invariant>,
    /// Services reachable under one name in every cluster.
    pub global_services: Vec<GlobalService>,
    /// Host names of their own for such services.
    pub global_hosts: Vec<GlobalHost>,
    /// What waypoints do about pods that fail.
    pub outliers: Vec<OutlierRule>,
    /// The domains that groups of clusters name their global services in.
    pub segments: Vec<Arc<SegmentDomain>>,
    /// Every host that a Segment or VirtualDestination claims, who does, and where.
    pub host_claims: Vec<(String, Origin, Place)>,
    /// How the trees are delivered; `None` without a repository.
    pub delivery: Option<Delivery>,
    /// What the clusters tell of themselves, if they are asked to.
    pub observability: Option<Observability>,
    /// Consent to access that a change opens, in order.
    pub consents: Vec<Consent>,
    /// Findings that are accepted.
    pub waivers: Vec<Waiver>,
    /// Whether namespaces of workspaces are enrolled where they say nothing themselves.
    pub enrol: bool,
}

/// An index into [`Mesh::clusters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub usize);

/// An index into [`Mesh::workspaces`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceId(pub usize);

/// An index into [`Mesh::policies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub usize);

/// How the trees are delivered.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The Fleet.
    pub origin: Origin,
    /// What syncs the trees.
    pub engine: Engine,
    /// Where the engine runs.
    pub topology: Topology,
    /// The repository: git, or with `oci://` a registry.
    pub repo_url: String,
    /// The branch, tag or commit.
    pub target_revision: String,
    /// The folder of the output in the repository.
    pub path: String,
    /// The namespace of the engine's objects.
    pub namespace: String,
    /// The Secret with the repository's credentials, where the engine is told it.
    pub secret: Option<String>,
    /// The Secret with the chart repositories' credentials, where the engine is told it.
    pub charts_secret: Option<String>,
    /// The number of waves; 0: all clusters at once.
    pub waves: usize,
    /// How the engine decrypts SOPS files, if it does.
    pub decryption: Option<Decryption>,
}

/// How the engine decrypts SOPS files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decryption {
    /// Flux: `spec.decryption` of a Kustomization, with the Secret that holds the private keys, if it names one.
    Sops {
        /// The Secret, in the namespace of the Kustomization.
        secret: Option<String>,
    },
    /// Argo CD: the config management plugin of the Application.
    Plugin(String),
}

/// A finding that is accepted.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// The finding's code.
    pub code: String,
    /// `Kind/namespace/name`.
    pub object: String,
    /// When it ends, `YYYY-MM-DD`.
    pub expires: String,
    /// Where it stands.
    pub place: Place,
}

impl Mesh {
    /// The cluster of an id.
    pub fn cluster(&self, id: ClusterId) -> Option<&Cluster> {
        self.clusters.get(id.0)
    }

    /// The workspace of an id.
    pub fn workspace(&self, id: WorkspaceId) -> Option<&Workspace> {
        self.workspaces.get(id.0)
    }

    /// All clusters with their ids.
    pub fn cluster_ids(&self) -> impl Iterator<Item = (ClusterId, &Cluster)> {
        self.clusters.iter().enumerate().map(|(index, cluster)| (ClusterId(index), cluster))
    }

    /// The clusters that delivery serves: all but those that it has let go of.
    pub fn delivered(&self) -> impl Iterator<Item = (ClusterId, &Cluster)> {
        self.cluster_ids().filter(|(_, cluster)| cluster.lifecycle < Lifecycle::Detached)
    }

    /// Whether one name reaches a Service from every cluster, because of the fleet's objects or of its own label.
    pub fn is_global(&self, namespace: &str, service: &str) -> bool {
        let asked = self.global_services.iter().filter(|global| !global.withdrawn);
        let labelled = self.clusters.iter().filter_map(|cluster| {
            cluster.namespaces.get(namespace).and_then(|namespace| namespace.services.get(service))
        });
        asked.into_iter().any(|global| global.namespace == namespace && global.name == service)
            || labelled.into_iter().any(|service| service.global)
    }

    /// The workspace that owns an identity's namespace: SPIFFE identities carry no cluster, so this looks at every
    /// cluster of the trust domain (`check` refuses fleets in which they disagree).
    pub fn owner_of(&self, member: &Member) -> Option<WorkspaceId> {
        self.workspaces.iter().position(|workspace| workspace.members.contains(member)).map(WorkspaceId)
    }
}
