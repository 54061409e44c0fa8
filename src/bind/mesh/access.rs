//! Access: what the policies say, and how it is encoded namespace by namespace.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Callers, Enrolled, Exception, Identity, Member, PolicyId, Request};
use crate::manifest::Labels;
use crate::source::{Origin, Place};

/// An AccessPolicy.
#[derive(Debug)]
pub struct AccessPolicy {
    /// The AccessPolicy.
    pub origin: Origin,
    /// Who may call what it selects; `None`: it restricts nobody.
    pub clients: Option<Arc<BTreeSet<Identity>>>,
    /// Its `allowedClients`.
    pub grants: Vec<Grant>,
    /// The TLS mode it sets, and where.
    pub tls: Option<(Tls, Place)>,
}

/// One `allowedClients` entry.
#[derive(Debug)]
pub struct Grant {
    /// Where it stands.
    pub place: Place,
    /// Whom it selects.
    pub clients: BTreeSet<Identity>,
    /// What their requests must have.
    pub request: Arc<Request>,
}

/// Whether plaintext is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tls {
    /// mTLS only.
    Strict,
    /// mTLS and plaintext.
    Permissive,
}

/// What the tree says about access in one namespace: SPEC section 5, encoded.
#[derive(Debug, Default)]
pub struct Access {
    /// Who may call in without more being said.
    pub boundary: Boundary,
    /// What the boundary does not apply to.
    pub doors: Vec<Door>,
    /// Services that others may call.
    pub exports: Vec<Export>,
    /// What AccessPolicies govern.
    pub governed: Vec<Governed>,
    /// What is governed and behind waypoints.
    pub enrolled: Vec<Enrolled>,
    /// The exceptions that are about this namespace, on all its pods or on some.
    pub exceptions: Vec<Arc<Exception>>,
    /// What exceptions let in besides, each as a statement of its own; what they let in on every pod within a boundary,
    /// the boundary says.
    pub lifts: Vec<Lift>,
    /// Where a boundary takes callers without identity because of exceptions; no two with the same pods.
    pub openings: Vec<Opening>,
}

/// The boundary of a namespace.
#[derive(Debug, Default, PartialEq)]
pub enum Boundary {
    /// Everybody may call.
    #[default]
    Open,
    /// Nobody may call.
    Closed,
    /// The workspace's own members may call every pod of the namespace.
    Namespace,
}

/// A gateway inside a boundary: it takes callers without identity.
#[derive(Debug)]
pub struct Door {
    /// Its kind, lower case.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The labels that select it and nothing else of the namespace.
    pub selector: Labels,
    /// The ports on which it takes everybody.
    pub ports: Ports,
    /// The ports on which plaintext is not refused before anything else is asked: these, and those of exceptions.
    pub plaintext: Ports,
}

/// A Service that others may call.
#[derive(Debug)]
pub struct Export {
    /// The Service's name.
    pub service: String,
    /// Its pods.
    pub selector: Labels,
    /// Their ports.
    pub ports: BTreeSet<u16>,
    /// The importers' members.
    pub members: BTreeSet<Member>,
    /// The settings on both sides.
    pub origins: BTreeSet<Origin>,
}

/// An exception as a statement of its own.
#[derive(Debug)]
pub struct Lift {
    /// The exception.
    pub exception: Arc<Exception>,
    /// The governed class on some of whose pods it stands; `None` within a boundary, where it stands on all it names.
    pub beside: Option<Destination>,
    /// The pods; empty: all.
    pub selector: Labels,
}

/// Pods within a boundary that take callers without identity. What it says of ports only keeps them from being refused
/// before the exceptions are asked.
#[derive(Debug)]
pub struct Opening {
    /// The pods; empty: all.
    pub selector: Labels,
    /// The ports.
    pub ports: Ports,
}

/// A class of pods that AccessPolicies select.
#[derive(Debug, Clone)]
pub struct Governed {
    /// What the class is named after.
    pub destination: Destination,
    /// Its pods.
    pub selector: Labels,
    /// How it is written.
    pub form: Form,
    /// By port: who may call. Ports that no entry names are not restricted; of several entries with a port any admits,
    /// which only an [`Form::Allow`] has.
    pub rules: Vec<PortRule>,
    /// Whether plaintext is taken, by port, where the namespace's boundary does not decide it.
    pub tls: Option<(Tls, Ports)>,
    /// Ports that take any identity but no plaintext, because a policy that restricts nobody is STRICT there.
    pub identified: Option<Ports>,
    /// The policies.
    pub policies: Vec<PolicyId>,
    /// Those of them without which the others say the same.
    pub idle: BTreeSet<PolicyId>,
    /// The exceptions that are part of what is said above: they cover every pod of the class, or keep it from being
    /// sealed.
    pub exceptions: Vec<Arc<Exception>>,
}

/// What a [`Governed`] class is named after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A Service.
    Service(String),
    /// Labels of pods.
    Labels(Labels),
    /// Every pod of the namespace, those to come included.
    Namespace,
}

/// How a restriction is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Nothing but these callers is admitted. Adds up with other such classes on one pod; opens nothing else.
    Allow,
    /// Everybody but these callers is refused. What a boundary admits besides is cut; cuts of two classes intersect.
    Deny,
    /// Not at ztunnel: its pods are behind waypoints, and locked.
    AtWaypoint,
}

/// Who may call on some ports.
#[derive(Debug, Clone, PartialEq)]
pub struct PortRule {
    /// The ports of the pods.
    pub ports: Ports,
    /// Whom the policies allow.
    pub clients: BTreeSet<Identity>,
    /// Whom exceptions let in besides.
    pub excepted: Callers,
}

/// A set of ports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ports {
    /// These.
    Only(BTreeSet<u16>),
    /// All but these.
    AllBut(BTreeSet<u16>),
}

impl Ports {
    /// Every port.
    pub fn all() -> Self {
        Ports::AllBut(BTreeSet::new())
    }

    /// Whether a port is among them.
    pub fn contain(&self, port: u16) -> bool {
        match self {
            Ports::Only(ports) => ports.contains(&port),
            Ports::AllBut(ports) => !ports.contains(&port),
        }
    }

    /// The others.
    pub fn complement(self) -> Ports {
        match self {
            Ports::Only(ports) => Ports::AllBut(ports),
            Ports::AllBut(ports) => Ports::Only(ports),
        }
    }

    /// Those that are not among others.
    pub fn without(self, others: Ports) -> Ports {
        self.complement().union(others).complement()
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        matches!(self, Ports::Only(ports) if ports.is_empty())
    }

    /// The ports that are named, with or without the others.
    pub fn named(&self) -> &BTreeSet<u16> {
        match self {
            Ports::Only(ports) | Ports::AllBut(ports) => ports,
        }
    }

    /// The ports of both.
    pub fn union(self, other: Ports) -> Ports {
        match (self, other) {
            (Ports::Only(a), Ports::Only(b)) => Ports::Only(&a | &b),
            (Ports::AllBut(a), Ports::AllBut(b)) => Ports::AllBut(&a & &b),
            (Ports::Only(only), Ports::AllBut(but)) | (Ports::AllBut(but), Ports::Only(only)) => {
                Ports::AllBut(&but - &only)
            }
        }
    }
}
