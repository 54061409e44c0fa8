//! Why: from the policies that decided to the lines of the fleet that caused them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::bind::{Identity as Bound, Mesh, Tenancy, WorkspaceId, matches};
use crate::manifest::Labels;
use crate::reach::{Author, ClusterWorld, Decision, Enforced, Identity, PolicyName};
use crate::source::{Origin, Place, Sources};

/// A line that makes something so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Line {
    /// The path as the user would open it.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What it says, lower case, no full stop.
    pub says: String,
}

/// Where things stand: the fleet's files, and those of a tree that is asked instead.
#[derive(Debug)]
pub struct Places<'a> {
    /// The fleet's.
    pub fleet: Option<&'a Sources>,
    /// The tree's.
    pub tree: Option<&'a Sources>,
}

impl Places<'_> {
    fn in_fleet(&self, place: Place, says: impl Into<String>) -> Option<Line> {
        Self::line(self.fleet?, place, says.into())
    }

    fn in_tree(&self, place: Place, says: impl Into<String>) -> Option<Line> {
        Self::line(self.tree?, place, says.into())
    }

    fn line(sources: &Sources, place: Place, says: String) -> Option<Line> {
        sources.file(place.file)?;
        Some(Line { path: sources.shown_path(place.file), line: sources.line_column(place).0, says })
    }
}

/// What reasons are found with.
pub struct Reasons<'a> {
    /// The cluster.
    pub cluster: &'a ClusterWorld<'a>,
    /// The intent.
    pub mesh: Option<&'a Mesh>,
    /// Where things stand.
    pub places: &'a Places<'a>,
    /// The destination's namespace.
    pub namespace: &'a str,
    /// The labels of its pods.
    pub labels: &'a Labels,
}

impl Reasons<'_> {
    /// The lines behind a decision about a caller.
    pub fn lines(&self, decision: &Decision, peer: Option<&Identity>) -> Vec<Line> {
        let mut lines = Vec::new();
        match &decision.because {
            Enforced::Allow(policy, _) => self.policy(policy, peer, true, &mut lines),
            Enforced::Deny(policy, _) | Enforced::Strict(policy) => {
                self.policy(policy, peer, false, &mut lines)
            }
            Enforced::NoAllowMatched(policies) => {
                policies.iter().for_each(|policy| self.policy(policy, peer, false, &mut lines));
            }
            Enforced::TrustDomain(own) => lines.extend(self.own_cluster().and_then(|origin| {
                self.places.in_fleet(
                    origin.place,
                    format!("cluster `{}` has trust domain `{own}`", self.cluster.name),
                )
            })),
            Enforced::NoAllowInScope => lines.extend(self.destination_namespace()),
            Enforced::BoundWaypoint | Enforced::NotCaptured(_) | Enforced::NoWayThrough => {}
        }
        let mut seen = Vec::new();
        lines.retain(|line| {
            let new = !seen.contains(line);
            seen.push(line.clone());
            new
        });
        lines
    }

    fn own_cluster(&self) -> Option<&Origin> {
        let clusters = &self.mesh?.clusters;
        clusters.iter().find(|cluster| cluster.name == self.cluster.name).map(|cluster| &cluster.origin)
    }

    fn destination_namespace(&self) -> Option<Line> {
        let mesh = self.mesh?;
        let namespace = self.cluster.namespaces.get(self.namespace)?;
        let says = match namespace.tenancy {
            Tenancy::Owned { workspace, place } => {
                let name = &mesh.workspace(workspace)?.name;
                return self.places.in_fleet(
                    place,
                    format!("workspace `{name}` owns `{}` and is not isolated", self.namespace),
                );
            }
            Tenancy::Unowned { closed: false } => "no workspace owns it",
            Tenancy::Unowned { closed: true } => {
                "no workspace owns it, and `unownedNamespaces: deny` closes it"
            }
            Tenancy::System => "it is a system namespace",
        };
        self.places.in_fleet(namespace.place?, format!("namespace `{}`: {says}", self.namespace))
    }

    fn policy(&self, policy: &PolicyName, peer: Option<&Identity>, allows: bool, lines: &mut Vec<Line>) {
        let Some(held) = self.cluster.policy(policy) else { return };
        match &held.author {
            Author::Tree(place) => lines.extend(self.places.in_tree(*place, format!("{policy}"))),
            Author::Inventory(place) => {
                lines.extend(self.places.in_fleet(*place, format!("{policy}, which fleetc did not write")));
            }
            Author::Fleet(origins) => {
                for origin in origins {
                    self.origin(origin, peer, allows, lines);
                }
            }
        }
    }

    /// The entries of an object that are about the caller; where none is, the object.
    fn origin(&self, origin: &Origin, peer: Option<&Identity>, allows: bool, lines: &mut Vec<Line>) {
        let before = lines.len();
        let kind = origin.name.split('/').next().unwrap_or_default();
        match kind {
            "AccessPolicy" => self.grants(origin, peer, allows, lines),
            "WorkspaceSettings" => self.shares(origin, peer, lines),
            "Workspace" => self.ownership(peer, lines),
            "Fleet" => self.exceptions(peer, lines),
            // what closes a namespace of nobody is of the cluster
            "KubernetesCluster" => lines.extend(self.destination_namespace()),
            _ => {}
        }
        if lines.len() == before {
            let says = match (kind, allows) {
                ("AccessPolicy", false) => format!("{} does not allow it", origin.name),
                _ => origin.name.to_string(),
            };
            lines.extend(self.places.in_fleet(origin.place, says));
        }
    }

    fn grants(&self, origin: &Origin, peer: Option<&Identity>, allows: bool, lines: &mut Vec<Line>) {
        let (Some(mesh), Some(peer), true) = (self.mesh, peer, allows) else { return };
        let policies = mesh.policies.iter().filter(|policy| policy.origin.name == origin.name);
        for grant in policies.flat_map(|policy| &policy.grants) {
            if grant.clients.iter().any(|client| is(client, peer)) {
                let says =
                    format!("{} allows `{}/{}`", origin.name, peer.namespace(), peer.service_account());
                lines.extend(self.places.in_fleet(grant.place, says));
            }
        }
    }

    /// The exceptions that are about the destination's namespace and the caller.
    fn exceptions(&self, peer: Option<&Identity>, lines: &mut Vec<Line>) {
        let clusters = self.mesh.iter().flat_map(|mesh| &mesh.clusters);
        let own = clusters.filter(|cluster| cluster.name == self.cluster.name);
        let namespaces = own.filter_map(|cluster| cluster.namespaces.get(self.namespace));
        let bound = peer.map(bound);
        for exception in namespaces.flat_map(|namespace| &namespace.access.exceptions) {
            if exception.callers.contain(bound.as_ref()) {
                let says = format!("exception `{}` of the Fleet", exception.name);
                lines.extend(self.places.in_fleet(exception.place, says));
            }
        }
    }

    /// The export of the destination's workspace and the import of the caller's.
    fn shares(&self, origin: &Origin, peer: Option<&Identity>, lines: &mut Vec<Line>) {
        let (Some(mesh), Some(peer)) = (self.mesh, peer) else { return };
        let (Some(own), Some(theirs)) = (self.owner(), owner_of(mesh, peer)) else { return };
        let settings = |id: WorkspaceId| {
            mesh.workspace(id).filter(|workspace| {
                workspace.settings.as_ref().is_some_and(|settings| settings.name == origin.name)
            })
        };
        let services =
            self.cluster.namespaces.get(self.namespace).into_iter().flat_map(|own| own.services.values());
        let behind = services.filter(|service| {
            service.selector.as_ref().is_some_and(|selector| matches(selector, self.labels))
        });
        for [export, import] in behind.filter_map(|service| service.shared_by.get(&theirs)) {
            let ends = [(own, theirs, export, "exports to"), (theirs, own, import, "imports from")];
            for (of, other, place, verb) in ends {
                let (Some(workspace), Some(other)) = (settings(of), mesh.workspace(other)) else { continue };
                let says = format!("workspace `{}` {verb} `{}`", workspace.name, other.name);
                lines.extend(self.places.in_fleet(*place, says));
            }
        }
    }

    /// Who owns either end.
    fn ownership(&self, peer: Option<&Identity>, lines: &mut Vec<Line>) {
        let Some(mesh) = self.mesh else { return };
        let own = self.cluster.namespaces.get(self.namespace).map(|namespace| &namespace.tenancy);
        if let Some(Tenancy::Owned { workspace, place }) = own
            && let Some(workspace) = mesh.workspace(*workspace)
        {
            let says = format!("workspace `{}` owns `{}`, and is isolated", workspace.name, self.namespace);
            lines.extend(self.places.in_fleet(*place, says));
        }
        let Some(peer) = peer.filter(|peer| peer.namespace() != self.namespace) else { return };
        let clusters = mesh.clusters.iter().filter(|cluster| *cluster.trust_domain == *peer.trust_domain());
        let owned = clusters.filter_map(|cluster| match cluster.namespaces.get(peer.namespace())?.tenancy {
            Tenancy::Owned { workspace, place } => Some((workspace, place)),
            Tenancy::Unowned { .. } | Tenancy::System => None,
        });
        for (workspace, place) in owned.take(1) {
            let Some(workspace) = mesh.workspace(workspace) else { continue };
            let says = format!("workspace `{}` owns `{}`", workspace.name, peer.namespace());
            lines.extend(self.places.in_fleet(place, says));
        }
    }

    fn owner(&self) -> Option<WorkspaceId> {
        self.cluster.namespaces.get(self.namespace)?.owner()
    }
}

/// The workspace that owns an identity's namespace.
pub fn owner_of(mesh: &Mesh, peer: &Identity) -> Option<WorkspaceId> {
    mesh.owner_of(&crate::bind::Member {
        trust_domain: peer.trust_domain().into(),
        namespace: peer.namespace().into(),
    })
}

/// An identity as the intent has it.
fn bound(peer: &Identity) -> Bound {
    let member =
        crate::bind::Member { trust_domain: peer.trust_domain().into(), namespace: peer.namespace().into() };
    Bound { member, account: peer.service_account().into() }
}

/// Whether the intent's identity is this one.
pub fn is(bound: &Bound, peer: &Identity) -> bool {
    *bound.member.trust_domain == *peer.trust_domain()
        && *bound.member.namespace == *peer.namespace()
        && *bound.account == *peer.service_account()
}
