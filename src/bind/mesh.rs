//! The bound fleet.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::manifest::Labels;
use crate::source::{Origin, Place};

use super::federation::{GlobalHost, GlobalService};
use super::lifecycle::Release;

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
    /// Sorted by name.
    pub clusters: Vec<Cluster>,
    /// Sorted by name.
    pub workspaces: Vec<Workspace>,
    /// The AccessPolicies, in order of namespace and name.
    pub policies: Vec<AccessPolicy>,
    /// Services reachable under one name in every cluster.
    pub global_services: Vec<GlobalService>,
    /// Host names of their own for such services.
    pub global_hosts: Vec<GlobalHost>,
    /// Every host that a Segment or VirtualDestination claims, who does, and where.
    pub host_claims: Vec<(String, Origin, Place)>,
    /// How the trees are delivered; `None` without a repository.
    pub delivery: Option<Delivery>,
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

/// One cluster and what runs there.
#[derive(Debug)]
pub struct Cluster {
    /// The KubernetesCluster's name.
    pub name: String,
    /// The KubernetesCluster.
    pub origin: Origin,
    /// The KubernetesCluster's labels.
    pub labels: Labels,
    /// The network; two clusters of one network reach each other's pods directly.
    pub network: String,
    /// The SPIFFE trust domain.
    pub trust_domain: Arc<str>,
    /// The DNS suffix, `cluster.local`.
    pub cluster_domain: String,
    /// The API server's URL for the delivery engine; `None`: by name.
    pub server: Option<String>,
    /// The east-west gateway.
    pub east_west: EastWest,
    /// By name; every namespace that the inventory or a workspace knows here.
    pub namespaces: BTreeMap<String, Namespace>,
    /// The Helm releases, in order of installation.
    pub releases: Vec<Release>,
    /// What istiod signs with.
    pub signer: Option<Signer>,
    /// Policy in the inventory that fleetc did not write.
    pub foreign: Vec<ForeignPolicy>,
}

/// A cluster's east-west gateway.
#[derive(Debug, Clone, Default)]
pub struct EastWest {
    /// Where peers reach it.
    pub addresses: Vec<Address>,
    /// Its address is not known yet; peers to it wait.
    pub pending: bool,
    /// Its namespace.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
    /// The GatewayLifecycleManager entry that rolls it out, if one does.
    pub rollout: Option<Origin>,
}

/// An address of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `IPAddress` or `Hostname`.
    pub kind: AddressKind,
    /// The address.
    pub value: String,
    /// Where it stands.
    pub place: Place,
}

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressKind {
    /// An IPv4 or IPv6 address.
    Ip,
    /// A DNS name.
    Hostname,
}

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
    /// By name.
    pub services: BTreeMap<String, Service>,
    /// By name: labels.
    pub accounts: BTreeMap<String, Labels>,
    /// What runs there, sorted by kind and name.
    pub workloads: Vec<Workload>,
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
    /// The waypoint it is enrolled in, if any.
    pub waypoint: Option<String>,
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
    /// Whether its traffic passes a ztunnel.
    pub capture: Capture,
    /// Whether it is a gateway: it takes callers without identity.
    pub gateway: bool,
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

/// A workspace.
#[derive(Debug)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// The Workspace.
    pub origin: Origin,
    /// The Workspace's labels.
    pub labels: Labels,
    /// Whether its namespaces refuse callers from outside.
    pub isolated: bool,
    /// The objects that decide `isolated`, besides the Workspace.
    pub isolation_origins: Vec<Origin>,
    /// Its WorkspaceSettings.
    pub settings: Option<Origin>,
    /// Trust domain and namespace of everything it owns, over all clusters.
    pub members: BTreeSet<Member>,
    /// Who may do what in its namespaces.
    pub owners: Vec<Owners>,
    /// Its `importFrom` and `exportTo` entries.
    pub shares: Vec<Share>,
}

/// All service accounts of one namespace in one trust domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The trust domain.
    pub trust_domain: Arc<str>,
    /// The namespace.
    pub namespace: Arc<str>,
}

/// An identity that a workload can present.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// Trust domain and namespace.
    pub member: Member,
    /// The service account.
    pub account: Arc<str>,
}

/// A role and who has it.
#[derive(Debug, Clone)]
pub struct Owners {
    /// The ClusterRole.
    pub role: String,
    /// Sorted.
    pub subjects: BTreeSet<Owner>,
}

/// Who has a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A group of the identity provider.
    Group(String),
    /// A user of the identity provider.
    User(String),
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// One entry of `importFrom` or `exportTo`.
#[derive(Debug)]
pub struct Share {
    /// Which list it stands in.
    pub direction: Direction,
    /// Where it stands.
    pub place: Place,
    /// The workspaces it names.
    pub workspaces: BTreeSet<WorkspaceId>,
    /// The workspaces it names that have a matching entry on their side.
    pub answered: BTreeSet<WorkspaceId>,
    /// How many Services its `resources` match.
    pub services: usize,
}

/// Which list a [`Share`] stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// `importFrom`.
    Import,
    /// `exportTo`.
    Export,
}

/// An AccessPolicy.
#[derive(Debug)]
pub struct AccessPolicy {
    /// The AccessPolicy.
    pub origin: Origin,
    /// Who may call what it selects; `None`: it restricts nobody.
    pub clients: Option<Arc<BTreeSet<Identity>>>,
    /// Each `allowedClients` entry: where it stands and whom it selects.
    pub grants: Vec<(Place, BTreeSet<Identity>)>,
    /// The TLS mode it sets, and where.
    pub tls: Option<(Tls, Place)>,
    /// How many classes it governs, over all clusters.
    pub classes: usize,
}

/// Whether plaintext is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tls {
    /// mTLS only.
    Strict,
    /// mTLS and plaintext.
    Permissive,
}

/// What the tree says about access in one namespace: SPEC section 5, encoded.
#[derive(Debug, Default)]
pub struct Access {
    /// Who may call in without more being said.
    pub boundary: Boundary,
    /// Services that others may call.
    pub exports: Vec<Export>,
    /// What AccessPolicies govern.
    pub governed: Vec<Governed>,
}

/// The boundary of a namespace.
#[derive(Debug, Default, PartialEq)]
pub enum Boundary {
    /// Everybody may call.
    #[default]
    Open,
    /// Nobody may call.
    Closed,
    /// The workspace's own members may call every pod of the namespace.
    Namespace,
    /// The workspace's own members may call these workloads, the namespace's others being gateways.
    Workloads(Vec<BoundedWorkload>),
}

/// A workload that has a boundary of its own, because its namespace also holds gateways.
#[derive(Debug, PartialEq)]
pub struct BoundedWorkload {
    /// Its kind, lower case.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The labels that select it and no gateway.
    pub selector: Labels,
}

/// A Service that others may call.
#[derive(Debug)]
pub struct Export {
    /// The Service's name.
    pub service: String,
    /// Its pods.
    pub selector: Labels,
    /// Their ports.
    pub ports: BTreeSet<u16>,
    /// The importers' members.
    pub members: BTreeSet<Member>,
    /// The settings on both sides.
    pub origins: BTreeSet<Origin>,
}

/// A class of pods that AccessPolicies select.
#[derive(Debug)]
pub struct Governed {
    /// What the class is named after.
    pub destination: Destination,
    /// Its pods.
    pub selector: Labels,
    /// How it is written.
    pub form: Form,
    /// By port: who may call. Ports that no entry names are not restricted.
    pub rules: Vec<PortRule>,
    /// Whether plaintext is taken, by port, where the namespace's boundary does not decide it.
    pub tls: Option<(Tls, Ports)>,
    /// Ports that take any identity but no plaintext, because a policy that restricts nobody is STRICT there.
    pub identified: Option<Ports>,
    /// The policies.
    pub policies: Vec<PolicyId>,
}

/// What a [`Governed`] class is named after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A Service.
    Service(String),
    /// Labels of pods.
    Labels(Labels),
}

/// How a restriction is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing but these callers is admitted. Adds up with other such classes on one pod; opens nothing else.
    Allow,
    /// Everybody but these callers is refused. What a boundary admits besides is cut; cuts of two classes intersect.
    Deny,
}

/// Who may call on some ports.
#[derive(Debug, Clone, PartialEq)]
pub struct PortRule {
    /// The ports of the pods.
    pub ports: Ports,
    /// The callers; empty: nobody.
    pub clients: BTreeSet<Identity>,
}

/// A set of ports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ports {
    /// These.
    Only(BTreeSet<u16>),
    /// All but these.
    AllBut(BTreeSet<u16>),
}

/// What istiod signs workload certificates with.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The RootTrustPolicy and CASource.
    pub origins: BTreeSet<Origin>,
    /// Who issues the intermediate.
    pub issuer: Issuer,
    /// How long it lives, in hours.
    pub duration_hours: u32,
    /// How long before the end it is renewed, in hours.
    pub renew_before_hours: u32,
    /// `O` of its subject.
    pub organization: String,
    /// The key's size in bits if RSA was asked for; ECDSA P-256 otherwise.
    pub rsa_bits: Option<u16>,
}

/// A cert-manager issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// `cert-manager.io`, or an external issuer's group.
    pub group: String,
    /// `ClusterIssuer` or `Issuer`, or an external issuer's kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A policy of the inventory that fleetc did not write.
#[derive(Debug)]
pub struct ForeignPolicy {
    /// `AuthorizationPolicy`, `PeerAuthentication`, …
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `metadata.name`'s value.
    pub place: Place,
}

/// How the trees are delivered.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The Fleet.
    pub origin: Origin,
    /// The git repository.
    pub repo_url: String,
    /// The branch, tag or commit.
    pub target_revision: String,
    /// The folder of the output in the repository.
    pub path: String,
    /// The namespace of the engine's objects.
    pub namespace: String,
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

    /// The workspace that owns an identity's namespace: SPIFFE identities carry no cluster, so this looks at every
    /// cluster of the trust domain (`check` refuses fleets in which they disagree).
    pub fn owner_of(&self, member: &Member) -> Option<WorkspaceId> {
        self.workspaces.iter().position(|workspace| workspace.members.contains(member)).map(WorkspaceId)
    }
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

impl Ports {
    /// Every port.
    pub fn all() -> Self {
        Ports::AllBut(BTreeSet::new())
    }

    /// Whether a port is among them.
    pub fn contain(&self, port: u16) -> bool {
        match self {
            Ports::Only(ports) => ports.contains(&port),
            Ports::AllBut(ports) => !ports.contains(&port),
        }
    }
}
