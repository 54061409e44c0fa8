//! What the inventory shows besides the mesh: calls from outside of it, and what the network lets pass.

use std::collections::BTreeSet;

use super::Identity;
use crate::source::Place;

/// Calls to a Service from outside of what the fleet tells, as an object of the inventory shows them.
#[derive(Debug)]
pub struct OutsideCall {
    /// The object, `Kind/namespace/name`.
    pub object: String,
    /// Where it names the Service.
    pub place: Place,
    /// Who calls.
    pub caller: OutsideCaller,
    /// The Service's namespace.
    pub namespace: String,
    /// The Service, which is in the inventory.
    pub service: String,
    /// The pods' ports, or why one cannot be told.
    pub ports: Vec<Result<u16, String>>,
}

/// Who calls from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutsideCaller {
    /// The API server: it has no identity of the mesh.
    ApiServer,
    /// Whoever reaches a node's port or the load balancer.
    Network,
    /// A gateway, which presents this identity.
    Gateway(Identity),
    /// An ingress controller or a gateway of which the inventory does not tell who it is.
    Unknown,
}

/// A NetworkPolicy of the inventory, as far as the mesh is concerned by it.
#[derive(Debug)]
pub struct NetworkPolicy {
    /// Its name.
    pub name: String,
    /// `metadata.name`'s value.
    pub place: Place,
    /// The workloads it selects: indices into [`Namespace::workloads`](super::Namespace).
    pub workloads: BTreeSet<usize>,
    /// What it lets in; `None`: it does not limit that.
    pub ingress: Option<Passage>,
    /// What it lets out; `None`: it does not limit that.
    pub egress: Option<Passage>,
}

/// What a NetworkPolicy lets pass one way, to or from whatever peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// Whether TCP 15008 passes, which carries all calls of the mesh.
    pub mesh: bool,
    /// Whether the ports of the application that pass are named, in every rule.
    pub named: bool,
}
