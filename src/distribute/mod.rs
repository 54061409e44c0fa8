//! Mesh → one [`ClusterIntent`] a cluster, its [`ScopeIntent`], and one [`DeliveryIntent`] a fleet.
//!
//! Nothing here can fail: every choice was made by `bind` and held by `check`. Names are given here, once.

mod access;
mod cluster;
mod complete;
mod delivery;
mod federation;
mod intent;
mod names;
mod seals;

pub use cluster::{cluster_intent, scope_intent};
pub use delivery::{Content, DeliveryIntent, Target, Unit, delivery_intent};
pub use intent::{
    AddressKind, Caller, Callers, Clause, ClusterIntent, Distribution, Door, Elsewhere, EnrolledSpace, Guard,
    GuardOrder, Host, Origins, Peer, Pods, Ports, RoleGrant, RoleSubject, ScopeIntent, ScopedService, Seal,
    SignerIntent, Space, Tls, Verdict, WatchedCluster,
};
