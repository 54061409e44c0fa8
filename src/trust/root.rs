//! A root of trust, as messages name it.

use std::cmp::Ordering;
use std::fmt;

/// A root certificate. Two are the same if their certificates are, whatever they are called.
#[derive(Debug, Clone)]
pub struct Root {
    /// What the fleet calls it.
    pub name: String,
    /// Hex SHA-256 of the certificate (DER).
    pub fingerprint: String,
}

impl PartialEq for Root {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Root {}

impl PartialOrd for Root {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Root {
    fn cmp(&self, other: &Self) -> Ordering {
        self.fingerprint.cmp(&other.fingerprint)
    }
}

impl fmt::Display for Root {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`", self.name)
    }
}
