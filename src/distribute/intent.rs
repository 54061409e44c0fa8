//! What one cluster shall hold, in words that belong to no API: the neutral waist between Gloo's kinds and Istio's.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::delivery_intent::Unit;
use super::trust::SignerIntent;
pub use crate::bind::{AddressKind, Distribution, Locality, OutlierLimits, Ports, Request, Tls};
use crate::manifest::Labels;
use crate::source::Origin;

/// The objects that caused something, sorted.
pub type Origins = BTreeSet<Origin>;

/// Everything one cluster shall hold. Every name in it is final; nothing refers to another cluster's state.
#[derive(Debug, Clone, Default)]
pub struct ClusterIntent {
    /// The cluster.
    pub cluster: String,
    /// Whose Istio runs there: how doors are written, and what makes a Service global.
    pub distribution: Distribution,
    /// Namespaces of the platform.
    pub spaces: Vec<Space>,
    /// What the control plane signs with.
    pub signer: Option<SignerIntent>,
    /// Who may call whom.
    pub guards: Vec<Guard>,
    /// What waypoints let through.
    pub service_guards: Vec<ServiceGuard>,
    /// Where plaintext is refused or taken.
    pub seals: Vec<Seal>,
    /// Who may do what.
    pub roles: Vec<RoleGrant>,
    /// The domains in which groups of clusters name their global services.
    pub domains: Vec<Domain>,
    /// The cluster's own door to other clusters.
    pub door: Option<Door>,
    /// The doors of other clusters.
    pub peers: Vec<Peer>,
    /// The clusters whose API servers the control plane watches.
    pub watched: Vec<WatchedCluster>,
    /// Host names served by several clusters.
    pub hosts: Vec<Host>,
    /// The pods of other clusters that serve them.
    pub elsewhere: Vec<Elsewhere>,
    /// What waypoints do about pods that fail.
    pub outliers: Vec<Outliers>,
    /// What it tells of itself, if it is asked to.
    pub observed: Option<Observed>,
    /// Helm releases, where the engine keeps them in the cluster.
    pub releases: Vec<Unit>,
    /// The namespace of such releases' objects.
    pub engine_namespace: String,
    /// What syncs the tree.
    pub syncer: Syncer,
}

/// What syncs the tree: each knows another mark for what it must never delete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Syncer {
    /// Argo CD.
    #[default]
    ArgoCd,
    /// Flux.
    Flux,
}

/// Objects of others on which fleetc sets a label of its own.
#[derive(Debug, Clone, Default)]
pub struct ScopeIntent {
    /// The cluster.
    pub cluster: String,
    /// Whose Istio runs there.
    pub distribution: Distribution,
    /// Services that one name reaches in every cluster.
    pub services: Vec<ScopedService>,
    /// Namespaces whose pods are to be captured.
    pub enrolled: Vec<EnrolledSpace>,
}

/// A namespace of the platform.
#[derive(Debug, Clone)]
pub struct Space {
    /// Its name.
    pub name: String,
    /// The network its traffic belongs to, where it must say so.
    pub network: Option<String>,
    /// The segment that the cluster has joined, where it must say so.
    pub segment: Option<String>,
    /// Why it is there.
    pub origins: Origins,
}

/// One statement about who may call some pods. Statements of one cluster add up as the data plane adds them up: any
/// that refuses wins, then any that admits.
#[derive(Debug, Clone)]
pub struct Guard {
    /// What it is named after: derived from the destination.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The pods.
    pub pods: Pods,
    /// What it does.
    pub verdict: Verdict,
    /// Any of these; none: nobody is admitted (or, for a refusal, nobody refused).
    pub clauses: Vec<Clause>,
    /// When it syncs.
    pub order: GuardOrder,
    /// Why it is there.
    pub origins: Origins,
}

/// The pods of a namespace that something is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pods {
    /// All of them.
    All,
    /// Those with these labels; never empty.
    Labelled(Labels),
}

impl Pods {
    /// What they must carry; `None`: nothing.
    pub fn labels(&self) -> Option<&Labels> {
        match self {
            Pods::All => None,
            Pods::Labelled(labels) => Some(labels),
        }
    }
}

/// What a guard does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Admits the callers; whom no guard of this kind admits is refused.
    Admit,
    /// Refuses everybody but the callers.
    RefuseOthers,
}

/// What the waypoint before a Service lets through: any of these; whom none of them names is refused. It stands before
/// any guard, since those let the waypoint in.
#[derive(Debug, Clone)]
pub struct ServiceGuard {
    /// What it is named after: the Service.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The Service.
    pub service: String,
    /// It holds for the name that reaches the Service from every cluster too.
    pub global: bool,
    /// Who, on which of the Service's ports, with what requests; none: nobody.
    pub clauses: Vec<ServiceClause>,
    /// Why it is there.
    pub origins: Origins,
}

/// Callers of a Service.
#[derive(Debug, Clone)]
pub struct ServiceClause {
    /// Who, on which of the Service's ports.
    pub clause: Clause,
    /// What the request must have.
    pub request: Arc<Request>,
}

/// Callers on ports.
#[derive(Debug, Clone)]
pub struct Clause {
    /// Who.
    pub callers: Callers,
    /// The ports of the pods.
    pub ports: Ports,
}

/// A set of callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callers {
    /// Everybody, plaintext included; never part of a refusal.
    Everybody,
    /// Everybody with an identity.
    Identified,
    /// These.
    Only {
        /// Whoever presents one of these identities.
        callers: BTreeSet<Caller>,
        /// Whoever presents none.
        plaintext: bool,
    },
}

/// An identity, or all of one namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caller {
    /// The trust domain.
    pub trust_domain: Arc<str>,
    /// The namespace.
    pub namespace: Arc<str>,
    /// The service account; `None`: any of the namespace.
    pub account: Option<Arc<str>>,
}

/// In which order guards sync and, the other way round, go: what must stand before something else is given or taken away
/// comes first. Within one of these, guards with more labels come first, since the first that admits shuts its pods to
/// all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardOrder {
    /// What is refused, whatever else admits.
    Refusal,
    /// What access policies admit where no boundary is.
    Access,
    /// What a boundary admits: gateways, exports and exceptions by their labels, the whole namespace last.
    Boundary,
}

/// Whether some pods take plaintext.
#[derive(Debug, Clone)]
pub struct Seal {
    /// Its name.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The pods.
    pub pods: Pods,
    /// The mode.
    pub tls: Tls,
    /// On which ports; others are as the wider scope says. Only labelled pods can have fewer than all.
    pub ports: Ports,
    /// Why it is there.
    pub origins: Origins,
}

/// A role in a namespace.
#[derive(Debug, Clone)]
pub struct RoleGrant {
    /// Its name.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The cluster-wide role that is granted there.
    pub role: String,
    /// To whom.
    pub subjects: Vec<RoleSubject>,
    /// Why it is there.
    pub origins: Origins,
}

/// Who is granted a role.
#[derive(Debug, Clone)]
pub enum RoleSubject {
    /// A group.
    Group(String),
    /// A user.
    User(String),
    /// A service account.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// The cluster's own door to other clusters.
#[derive(Debug, Clone)]
pub struct Door {
    /// Its namespace.
    pub namespace: String,
    /// Its name, which is also its service account.
    pub name: String,
    /// Where the cluster stands.
    pub locality: Locality,
    /// Whether peers reach it on ports of the cluster's nodes.
    pub on_nodes: bool,
    /// Whether the control planes, too, meet on ports of the nodes.
    pub wholly_on_nodes: bool,
    /// Its ports that peers are told ports of the nodes for, and which.
    pub pinned: Vec<(u16, u16)>,
    /// The cluster's network; `None` where others are told about the door in another way than by reading it.
    pub network: Option<String>,
    /// The control plane that it has to name.
    pub revision: Option<String>,
    /// Why it is there.
    pub origins: Origins,
}

/// The door of another cluster.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The other cluster.
    pub cluster: String,
    /// Its network.
    pub network: String,
    /// Its trust domain.
    pub trust_domain: Arc<str>,
    /// The namespace of its door, which is part of the identity it presents.
    pub namespace: String,
    /// The service account of its door.
    pub service_account: String,
    /// Where the cluster stands.
    pub locality: Locality,
    /// How traffic gets to its pods.
    pub passage: Passage,
    /// The port on which its control plane is reached, where it is not the usual one.
    pub control_port: Option<u16>,
    /// The control plane here that it has to name.
    pub revision: Option<String>,
    /// Where it is reached.
    pub addresses: Vec<(AddressKind, String)>,
    /// Why it is there.
    pub origins: Origins,
}

/// A domain in which a group of clusters names its global services.
#[derive(Debug, Clone)]
pub struct Domain {
    /// The name by which clusters join.
    pub name: String,
    /// The domain.
    pub domain: String,
    /// Further names: the pattern, and the labels of the services it is for.
    pub aliases: Vec<(String, Labels)>,
    /// Why it is there.
    pub origins: Origins,
}

/// How traffic gets to the pods of another cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// Through its door.
    Door,
    /// Through its door, on a port of its nodes; `None`: a port that its control plane tells.
    Nodes(Option<u16>),
    /// Past its door: both clusters are on one network.
    Direct,
}

/// Another cluster whose API server something here reads, and where the way in is kept.
#[derive(Debug, Clone)]
pub struct WatchedCluster {
    /// The other cluster.
    pub cluster: String,
    /// `ClusterSecretStore` or `SecretStore`.
    pub store_kind: String,
    /// The store.
    pub store: String,
    /// The key in it.
    pub key: String,
    /// Why it is there.
    pub origins: Origins,
}

/// A host name served by pods of this cluster and of others.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The host names.
    pub hosts: Vec<String>,
    /// Number, protocol, and the pods' port where it differs.
    pub ports: Vec<(u16, String, Option<u16>)>,
    /// The pods, here and elsewhere.
    pub selector: Labels,
    /// Whether calls go to the nearest of them first.
    pub near_first: bool,
    /// Why it is there.
    pub origins: Origins,
}

/// What a waypoint does about pods of a Service that fail.
#[derive(Debug, Clone)]
pub struct Outliers {
    /// What it is named after: the Service.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The Service's host name in its cluster.
    pub host: String,
    /// When a pod is left out, and for how long.
    pub limits: OutlierLimits,
    /// Why it is there.
    pub origins: Origins,
}

/// Pods of another cluster behind one or several [`Host`]s.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    /// Its name.
    pub name: String,
    /// The namespace.
    pub namespace: String,
    /// The pods' labels, by which hosts select them.
    pub selector: Labels,
    /// The other cluster's network, whose door carries the traffic.
    pub network: String,
    /// Where the other cluster stands.
    pub locality: Locality,
    /// The identity the pods present, where it is known.
    pub service_account: Option<String>,
    /// Why it is there.
    pub origins: Origins,
}

/// A Service on which the scope label is set.
#[derive(Debug, Clone)]
pub struct ScopedService {
    /// The namespace.
    pub namespace: String,
    /// The Service.
    pub name: String,
    /// Whether the label is to be taken off.
    pub withdrawn: bool,
}

/// A Namespace on which the enrolment label is set.
#[derive(Debug, Clone)]
pub struct EnrolledSpace {
    /// The namespace.
    pub name: String,
}

/// What a cluster tells of itself, and to whom.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Whether proxies put the cluster's name on what they measure.
    pub named: bool,
    /// What is measured, and when somebody is called.
    pub measured: Option<Measured>,
    /// The dashboard of the fleet.
    pub dashboard: Option<Dashboard>,
    /// The console that sees all clusters.
    pub console: Option<Console>,
    /// Why it is there.
    pub origins: Origins,
}

impl Observed {
    /// Whether anything of it is rendered.
    pub fn shows(&self) -> bool {
        self.named || self.measured.is_some() || self.dashboard.is_some() || self.console.is_some()
    }
}

/// What is measured, and when somebody is called.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The namespace of what says so.
    pub namespace: String,
    /// What it is selected by.
    pub labels: Labels,
    /// So long before its end the signing certificate should have been replaced; `None`: nothing replaces it.
    pub overdue_hours: Option<u32>,
}

/// The dashboard of the fleet, the same in every cluster that has it.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// The namespace.
    pub namespace: String,
    /// The fleet.
    pub fleet: String,
    /// What links know it by.
    pub identifier: String,
    /// Why it is there.
    pub origins: Origins,
}

/// A console that sees all clusters.
#[derive(Debug, Clone)]
pub struct Console {
    /// Its namespace.
    pub namespace: String,
    /// The cluster that it runs in.
    pub home: String,
    /// What holds the metrics of all clusters.
    pub metrics_url: String,
    /// Who may look.
    pub login: ConsoleLogin,
    /// The clusters that it reads from outside.
    pub others: Vec<WatchedCluster>,
}

/// Who may look into a console.
#[derive(Debug, Clone)]
pub enum ConsoleLogin {
    /// Whoever reaches it.
    Anonymous,
    /// Whom a provider knows.
    OpenId {
        /// The issuer's URI.
        issuer: String,
        /// The client.
        client: String,
    },
    /// Users of OpenShift.
    OpenShift,
}
