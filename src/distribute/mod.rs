//! Mesh → one [`ClusterIntent`] a cluster, its [`ScopeIntent`], and one [`DeliveryIntent`] a fleet.
//!
//! Nothing here can fail: every choice was made by `bind` and held by `check`. Names are given here, once.

mod access;
mod cluster;
mod complete;
mod delivery;
mod delivery_intent;
mod federation;
mod intent;
mod names;
mod observability;
mod seals;
mod team;
mod trust;
mod waypoints;

pub use cluster::{cluster_intent, scope_intent};
pub use delivery::delivery_intent;
pub use delivery_intent::{
    Applications, Component, Content, Decryption, DeliveryIntent, Engine, Folder, Reach, ReleaseUnit, Site,
    Source, Target, Team, Unit,
};
pub use intent::{
    AddressKind, Caller, Callers, Clause, ClusterIntent, Console, ConsoleLogin, Dashboard, Distribution,
    Domain, Door, Elsewhere, EnrolledSpace, Guard, GuardOrder, Host, Locality, Measured, Observed, Origins,
    OutlierLimits, Outliers, Passage, Peer, Pods, Ports, Request, RoleGrant, RoleSubject, ScopeIntent,
    ScopedService, Seal, ServiceClause, ServiceGuard, Space, Syncer, Tls, Verdict, WatchedCluster,
};
pub use trust::{
    CertificateRequest, EncryptedKey, Issuer, Keys, SecretStoreKey, SignerIntent, Vault, VaultAuthority,
    VaultLogin,
};
