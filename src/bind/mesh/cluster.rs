//! Clusters: what they are called, where they are reached, what they sign with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::trust::{PresentRoots, Trust};
use super::{ClusterId, Namespace, OutsideCall, SegmentDomain, TokenIssuers, WaypointGateways};
use crate::bind::lifecycle::Release;
use crate::manifest::{AuthorizationPolicy, Labels, Metadata, PeerAuthentication};
use crate::source::{Origin, Place};

/// One cluster and what runs there.
#[derive(Debug, Default)]
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
    /// Trust domains whose identities count as the cluster's own at sidecars, gateways and waypoints (never at ztunnel), and
    /// where that is said.
    pub trust_domain_aliases: BTreeMap<Arc<str>, Place>,
    /// The DNS suffix, `cluster.local`.
    pub cluster_domain: String,
    /// The API server's URL for the delivery engine; `None`: by name.
    pub server: Option<String>,
    /// The Secret from which a Flux that runs elsewhere reads the cluster's kubeconfig.
    pub kube_config: String,
    /// The wave in which a change reaches the cluster; 0 is the first.
    pub wave: usize,
    /// The revision that Gateways have to name; `None`: a control plane serves those that name none.
    pub named_revision: Option<String>,
    /// The version of Istio's control plane, or a range of them: what its distribution can do is judged by it.
    pub version: String,
    /// The segment that it has joined; `None`: the default one, `mesh.internal`.
    pub segment: Option<Arc<SegmentDomain>>,
    /// Where it stands.
    pub locality: Locality,
    /// The clusters it peers with.
    pub peers: BTreeSet<ClusterId>,
    /// Major and minor of Kubernetes on its nodes, where the inventory shows them, and one node that has it.
    pub kubernetes: BTreeMap<(u32, u32), Place>,
    /// The east-west gateway.
    pub east_west: EastWest,
    /// The waypoints that the inventory knows here.
    pub waypoints: WaypointGateways,
    /// The tokens that the inventory has them validate.
    pub token_issuers: Vec<TokenIssuers>,
    /// Whether it stays.
    pub lifecycle: Lifecycle,
    /// By name; every namespace that the inventory or a workspace knows here.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Calls from outside the mesh that the inventory shows.
    pub calls: Vec<OutsideCall>,
    /// The Helm releases, in order of installation.
    pub releases: Vec<Release>,
    /// How it gets its `cacerts`, if a RootTrustPolicy governs it.
    pub trust: Option<Trust>,
    /// What its mesh trusts before the first `cacerts`; asked for only where a policy governs it.
    pub present_roots: PresentRoots,
    /// Policy in the inventory that fleetc did not write, oldest first.
    pub foreign: Vec<InventoryPolicy>,
    /// Policy in the inventory that says fleetc wrote it.
    pub claimed: Vec<InventoryPolicy>,
    /// Peers in the inventory that fleetc did not write.
    pub foreign_peers: Vec<ForeignPeer>,
}

/// Where a cluster stands, as Kubernetes' topology labels say it of nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locality {
    /// `topology.kubernetes.io/region` of the KubernetesCluster.
    pub region: Option<String>,
    /// `topology.kubernetes.io/zone` of the KubernetesCluster, where it is all in one.
    pub zone: Option<String>,
}

/// Whether a cluster stays in the fleet; each is a step further out than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Lifecycle {
    /// It is a member.
    #[default]
    Member,
    /// Nobody peers with it and its Services are global no more.
    Draining,
    /// Delivery has let go of it too.
    Detached,
}

impl Cluster {
    /// True for a cluster that the others no longer turn to.
    pub fn leaves(&self) -> bool {
        self.lifecycle > Lifecycle::Member
    }
}

/// A cluster's east-west gateway.
#[derive(Debug, Clone, Default)]
pub struct EastWest {
    /// Where peers reach it.
    pub addresses: Vec<Address>,
    /// Peers reach it under other addresses than its own status shows: an address translation stands between them.
    pub translated: bool,
    /// Its address is not known yet; peers to it wait.
    pub pending: bool,
    /// Peers reach it on ports of the cluster's nodes.
    pub node_ports: Option<NodePorts>,
    /// Its namespace.
    pub namespace: String,
    /// Its service account.
    pub service_account: String,
    /// The GatewayLifecycleManager entry that rolls it out, if one does.
    pub rollout: Option<Origin>,
}

/// The node ports of a gateway's Service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodePorts {
    /// For the control planes; `None`: they meet at a stable address.
    pub xds: Option<u16>,
    /// For traffic.
    pub hbone: Option<u16>,
    /// Where it is said.
    pub place: Place,
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

/// A Gateway of the inventory that stands for another cluster, and that fleetc did not write.
#[derive(Debug)]
pub struct ForeignPeer {
    /// `Gateway/namespace/name`.
    pub name: String,
    /// The cluster it stands for.
    pub cluster: String,
    /// The trust domain that is expected of it, if one is named.
    pub trust_domain: Option<String>,
    /// `metadata.name`'s value.
    pub place: Place,
}

/// A policy of the inventory.
#[derive(Debug)]
pub struct InventoryPolicy {
    /// The policy as it stands there.
    pub object: PolicyObject,
    /// `metadata.name`'s value.
    pub place: Place,
}

/// What decides access in a cluster.
#[derive(Debug, Clone, PartialEq)]
pub enum PolicyObject {
    /// Who may call.
    Authorization(Box<AuthorizationPolicy>),
    /// Whether plaintext is taken.
    Peer(Box<PeerAuthentication>),
}

impl PolicyObject {
    /// The object's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            PolicyObject::Authorization(_) => AuthorizationPolicy::KIND,
            PolicyObject::Peer(_) => PeerAuthentication::KIND,
        }
    }

    /// Whether both say the same, whatever their metadata.
    pub fn says_the_same(&self, other: &PolicyObject) -> bool {
        match (self, other) {
            (PolicyObject::Authorization(own), PolicyObject::Authorization(other)) => own.spec == other.spec,
            (PolicyObject::Peer(own), PolicyObject::Peer(other)) => own.spec == other.spec,
            _ => false,
        }
    }

    /// The object's metadata.
    pub fn metadata(&self) -> &Metadata {
        match self {
            PolicyObject::Authorization(policy) => &policy.metadata,
            PolicyObject::Peer(policy) => &policy.metadata,
        }
    }

    /// The namespace; `default` where the manifest has none.
    pub fn namespace(&self) -> &str {
        self.metadata().namespace.as_deref().unwrap_or("default")
    }

    /// `Kind/namespace/name`.
    pub fn reference(&self) -> String {
        format!("{}/{}/{}", self.kind(), self.namespace(), self.metadata().name)
    }
}
