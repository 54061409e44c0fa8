//! `fleetc ca` as its users run it: what it writes is decrypted by other implementations, accepted by other verifiers, and
//! carries a fleet through a whole rotation.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests touch the disk and may fail loudly"
)]

mod decrypt;
mod fleet;
mod formats;
mod rotation;
mod usage;
mod verifiers;
