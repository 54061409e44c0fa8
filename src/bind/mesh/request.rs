//! What a request must have besides a client's identity: only a waypoint sees it.

use std::collections::{BTreeMap, BTreeSet};

/// Attributes that must all match; an empty set asks nothing. Texts are exact, `prefix*` or `*suffix`, and `*` alone is
/// presence, which is how Istio and Gloo both read them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Request {
    /// Any of these paths.
    pub paths: BTreeSet<String>,
    /// Any of these methods.
    pub methods: BTreeSet<String>,
    /// Headers by name, in lower case.
    pub headers: BTreeMap<String, HeaderValues>,
    /// Any of these principals of a JSON web token, `<issuer>/<subject>`.
    pub principals: BTreeSet<String>,
    /// None of these.
    pub not_principals: BTreeSet<String>,
    /// The TCP peer's address is in any of these, as CIDR or a single address.
    pub ip_blocks: BTreeSet<String>,
}

/// What a header must say.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderValues {
    /// Any of these.
    pub values: BTreeSet<String>,
    /// None of these; a request without the header says none.
    pub not_values: BTreeSet<String>,
}

impl Request {
    /// Whether it asks nothing.
    pub fn is_any(&self) -> bool {
        *self == Request::default()
    }
}
