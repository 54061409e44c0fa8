//! `fleetc ca`: the offline CA.

mod age;
mod random;
mod sealed;
mod sops;
