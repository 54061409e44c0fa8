//! Who may call a pod on a port, by SPEC section 5: (Boundary and Access) or an exception.
//!
//! What the encoding at ztunnel leaves to the data plane to add up is added up here, since one policy at a waypoint has
//! to say it all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::bind::encoding::Selected;
use crate::bind::mesh::{
    AccessPolicy, Boundary, Callers, Exception, Export, Member, Ports, Request, Tls, Whom,
};
use crate::bind::selection::matches;
use crate::manifest::Labels;

/// What decides who may call the pods of one namespace.
pub struct Law<'a> {
    /// The boundary.
    pub boundary: &'a Boundary,
    /// The members of the workspace that owns the namespace.
    pub members: &'a BTreeSet<Member>,
    /// What its exports let in besides.
    pub exports: &'a [Export],
    /// What AccessPolicies select.
    pub selected: &'a [Selected],
    /// The policies of the fleet.
    pub policies: &'a [AccessPolicy],
    /// The exceptions about the namespace.
    pub exceptions: &'a [Arc<Exception>],
}

/// Pods of one namespace that are alike.
#[derive(Debug, Clone, Copy)]
pub struct Pods<'a> {
    /// Their labels.
    pub labels: &'a Labels,
    /// Where they take callers as a gateway: the boundary does not apply there.
    pub listens: Option<&'a Ports>,
}

/// By what the request must have: who may call. A request may be let in by any entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed(pub BTreeMap<Arc<Request>, Whom>);

impl Law<'_> {
    /// Whether anything is said about who may call these pods.
    pub fn governs(&self, pods: Pods<'_>) -> bool {
        let bounded = *self.boundary != Boundary::Open && pods.listens.is_none();
        bounded || self.governing(pods).next().is_some()
    }

    /// The policies that restrict who may call these pods.
    pub fn governing(&self, pods: Pods<'_>) -> impl Iterator<Item = &AccessPolicy> {
        self.selecting(pods).map(|(_, policy)| policy).filter(|policy| policy.clients.is_some())
    }

    /// The ports that something is said about apart from others.
    pub fn named_ports(&self) -> BTreeSet<u16> {
        let of_policies = self.selected.iter().map(|selected| &selected.ports);
        let of_exceptions = self.exceptions.iter().map(|exception| &exception.ports);
        let named = of_policies.chain(of_exceptions).flat_map(|ports| ports.named().iter().copied());
        named.chain(self.exports.iter().flat_map(|export| export.ports.iter().copied())).collect()
    }

    /// Who may call; a port of `None` is one that nothing names.
    pub fn allowed(&self, pods: Pods<'_>, port: Option<u16>) -> Allowed {
        let boundary = self.boundary(pods, port);
        let mut allowed = Allowed(BTreeMap::new());
        for (request, whom) in self.access(pods, port) {
            allowed.add(request, boundary.both(&whom));
        }
        let covering = self
            .exceptions
            .iter()
            .filter(|exception| matches(&exception.selector, pods.labels) && contain(&exception.ports, port));
        for exception in covering {
            allowed.add(Arc::default(), Whom::Only(exception.callers.clone()));
        }
        allowed.tidied()
    }

    fn boundary(&self, pods: Pods<'_>, port: Option<u16>) -> Whom {
        if *self.boundary == Boundary::Open || pods.listens.is_some_and(|ports| contain(ports, port)) {
            return Whom::Everybody;
        }
        let mut members = BTreeSet::new();
        if *self.boundary == Boundary::Namespace {
            members.extend(self.members.iter().cloned());
        }
        for export in self.exports {
            if matches(&export.selector, pods.labels) && port.is_some_and(|port| export.ports.contains(&port))
            {
                members.extend(export.members.iter().cloned());
            }
        }
        Whom::Only(Callers { members, ..Callers::default() })
    }

    /// The union of the policies; everybody where none of them restricts.
    fn access(&self, pods: Pods<'_>, port: Option<u16>) -> BTreeMap<Arc<Request>, Whom> {
        let here = || {
            self.selecting(pods)
                .filter(|(selected, _)| contain(&selected.ports, port))
                .map(|(_, policy)| policy)
        };
        if here().all(|policy| policy.clients.is_none()) {
            let strict = here().any(|policy| policy.tls.is_some_and(|(tls, _)| tls == Tls::Strict));
            let whom = if strict { Whom::Identified } else { Whom::Everybody };
            return BTreeMap::from([(Arc::default(), whom)]);
        }
        let mut allowed = Allowed(BTreeMap::new());
        for grant in here().flat_map(|policy| &policy.grants) {
            let identities = grant.clients.clone();
            let callers = Callers { identities, ..Callers::default() };
            allowed.add(grant.request.clone(), Whom::Only(callers));
        }
        allowed.0
    }

    fn selecting(&self, pods: Pods<'_>) -> impl Iterator<Item = (&Selected, &AccessPolicy)> {
        let here = self.selected.iter().filter(move |selected| matches(&selected.selector, pods.labels));
        here.filter_map(|selected| Some((selected, self.policies.get(selected.policy.0)?)))
    }
}

fn contain(ports: &Ports, port: Option<u16>) -> bool {
    match port {
        Some(port) => ports.contain(port),
        None => matches!(ports, Ports::AllBut(_)),
    }
}

impl Allowed {
    fn add(&mut self, request: Arc<Request>, whom: Whom) {
        let before = self.0.remove(&request);
        let whom = before.map_or_else(|| whom.clone(), |before| before.either(&whom));
        self.0.insert(request, whom);
    }

    /// Each caller once: nobody twice by namespace and by name, nor for some requests and for any.
    fn tidied(mut self) -> Self {
        let with_any = self.0.get(&Arc::<Request>::default()).cloned();
        self.0.retain(|request, whom| {
            if let (false, Some(with_any)) = (request.is_any(), &with_any) {
                *whom = whom.without(with_any);
            }
            if let Whom::Only(callers) = whom {
                let members = &callers.members;
                callers.identities.retain(|identity| !members.contains(&identity.member));
            }
            !whom.is_nobody()
        });
        self
    }

    /// At most what both allow: requests that both describe alike, and of their callers those that both name.
    pub fn both(&self, other: &Allowed) -> Allowed {
        let common = self.0.iter().filter_map(|(request, whom)| {
            let whom = whom.both(other.0.get(request)?);
            (!whom.is_nobody()).then(|| (request.clone(), whom))
        });
        Allowed(common.collect()).tidied()
    }

    /// Whether both let the same callers with an identity in.
    pub fn is_alike(&self, other: &Allowed) -> bool {
        let identified = |allowed: &Allowed| -> BTreeMap<Arc<Request>, Whom> {
            allowed.0.iter().map(|(request, whom)| (request.clone(), whom.identified())).collect()
        };
        identified(self) == identified(other)
    }
}

impl Whom {
    /// Nobody at all.
    pub fn is_nobody(&self) -> bool {
        matches!(self, Whom::Only(callers) if callers.is_empty())
    }

    /// Those of them that have an identity: all that ever pass a waypoint.
    pub fn identified(&self) -> Whom {
        match self {
            Whom::Everybody | Whom::Identified => Whom::Identified,
            Whom::Only(callers) => Whom::Only(Callers { plaintext: false, ..callers.clone() }),
        }
    }

    fn either(&self, other: &Whom) -> Whom {
        match (self, other) {
            (Whom::Everybody, _) | (_, Whom::Everybody) => Whom::Everybody,
            (Whom::Identified, Whom::Only(callers)) | (Whom::Only(callers), Whom::Identified)
                if callers.plaintext =>
            {
                Whom::Everybody
            }
            (Whom::Identified, _) | (_, Whom::Identified) => Whom::Identified,
            (Whom::Only(one), Whom::Only(other)) => {
                let mut both = one.clone();
                both.extend(other);
                Whom::Only(both)
            }
        }
    }

    fn both(&self, other: &Whom) -> Whom {
        match (self, other) {
            (Whom::Everybody, other) | (other, Whom::Everybody) => other.clone(),
            (Whom::Identified, other) | (other, Whom::Identified) => other.identified(),
            (Whom::Only(one), Whom::Only(other)) => {
                let named = one.identities.iter().filter(|identity| other.contain(Some(identity)));
                let named_there = other.identities.iter().filter(|identity| one.contain(Some(identity)));
                Whom::Only(Callers {
                    identities: named.chain(named_there).cloned().collect(),
                    members: one.members.intersection(&other.members).cloned().collect(),
                    plaintext: one.plaintext && other.plaintext,
                })
            }
        }
    }

    /// Those of them who are not among others, as far as names tell.
    fn without(&self, others: &Whom) -> Whom {
        let nobody = || Whom::Only(Callers::default());
        match (self, others) {
            (_, Whom::Everybody) => nobody(),
            (Whom::Only(callers), Whom::Identified) => {
                Whom::Only(Callers { plaintext: callers.plaintext, ..Callers::default() })
            }
            (Whom::Identified, Whom::Identified) => nobody(),
            (Whom::Only(callers), Whom::Only(others)) => Whom::Only(Callers {
                identities: callers
                    .identities
                    .iter()
                    .filter(|identity| !others.contain(Some(identity)))
                    .cloned()
                    .collect(),
                members: callers.members.difference(&others.members).cloned().collect(),
                plaintext: callers.plaintext && !others.plaintext,
            }),
            (Whom::Everybody | Whom::Identified, _) => self.clone(),
        }
    }
}
