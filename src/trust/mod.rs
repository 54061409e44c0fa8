//! Certificates, chains, phases of a rotation, and which mixes of old and new clusters are safe.
//!
//! Pure: certificates come as text, clusters as plain values ([`ClusterTrust`]), days as days. Nothing here knows a kind, a
//! disk, a clock or a source of randomness.

mod certificate;
mod chain;
mod order;
mod root;
mod rotation;
mod steps;
mod time;

pub use certificate::{Certificate, Constraints, Key, Purposes, Signature, hex};
pub use chain::{Life, Problem, ROOT_LEAD, Rule, chain_problems, life, root_problems};
pub use order::{Break, ClusterTrust, Gateway, Hazard, Peer, Safe, Side, Unsafe, any_order};
pub use root::Root;
pub use rotation::{Declared, Phase, Rotation, Skipped, earliest_next, one_phase_at_a_time, waiting_hours};
pub use steps::split;
pub use time::{Day, Moment};
