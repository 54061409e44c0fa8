//! Exceptions of the Fleet: callers from outside the tenancy that are let in (SPEC section 5).

use std::collections::BTreeSet;

use super::{Access, Identity, Member, Ports};
use crate::bind::selection::matches;
use crate::manifest::Labels;
use crate::source::{Origin, Place};

/// One entry of `Fleet.exceptions`: it satisfies both Boundary and Access for what it names.
#[derive(Debug)]
pub struct Exception {
    /// Its name: a DNS label, unique in the fleet.
    pub name: String,
    /// Where the name stands.
    pub place: Place,
    /// The Fleet.
    pub origin: Origin,
    /// Who is let in.
    pub callers: Callers,
    /// The labels of the pods that may be called; empty: every pod of the namespaces that [`Access::exceptions`] lists
    /// it in.
    pub selector: Labels,
    /// The pods' ports that may be called. Never all of them for callers without identity.
    pub ports: Ports,
}

/// A set of callers.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Callers {
    /// These.
    pub identities: BTreeSet<Identity>,
    /// Every service account of these namespaces.
    pub members: BTreeSet<Member>,
    /// Callers without identity.
    pub plaintext: bool,
}

impl Callers {
    /// Whether a caller is among them; `None` is one without identity.
    pub fn contain(&self, caller: Option<&Identity>) -> bool {
        match caller {
            Some(caller) => self.members.contains(&caller.member) || self.identities.contains(caller),
            None => self.plaintext,
        }
    }

    /// Nobody.
    pub fn is_empty(&self) -> bool {
        self.identities.is_empty() && self.members.is_empty() && !self.plaintext
    }

    /// Adds those of another set.
    pub fn extend(&mut self, other: &Callers) {
        self.identities.extend(other.identities.iter().cloned());
        self.members.extend(other.members.iter().cloned());
        self.plaintext |= other.plaintext;
    }
}

impl Access {
    /// The exceptions that cover every pod with these labels, each with its callers and ports.
    pub fn exceptions_covering(&self, labels: &Labels) -> impl Iterator<Item = &Exception> {
        let all = self.exceptions.iter().map(|exception| &**exception);
        all.filter(|exception| matches(&exception.selector, labels))
    }
}
