//! One object that asks for global names, and the Services it means.

use std::collections::{BTreeMap, BTreeSet};

use super::{Grounds, Scoped, matches, origin};
use crate::bind::{
    Capability, Cluster, ClusterId, Distribution, GlobalService, Namespace, Service, Tenancy, WorkspaceId,
};
use crate::kinds::selector::ObjectSelector;
use crate::kinds::{ADMIN_NAMESPACE, Object, Spot};
use crate::report::codes::{FC504, FC510};
use crate::report::{Finding, Findings};
use crate::source::{Origin, Place};

/// Takes the label off again before the object is deleted (SPEC section 6).
const WITHDRAWN: &str = "fleetc.dev/withdrawn";
/// The domain that Solo's istiod gives every global service.
pub const MESH_INTERNAL: &str = "mesh.internal";

/// The domain in which a cluster's global services are named, with Solo's Istio.
pub fn global_domain(cluster: &Cluster) -> &str {
    cluster.segment.as_ref().map_or(MESH_INTERNAL, |segment| &segment.domain)
}

/// A Service behind a global name.
#[derive(Clone, Copy)]
pub struct Backing<'a> {
    /// Where it is.
    pub id: ClusterId,
    /// The same.
    pub cluster: &'a Cluster,
    /// The namespace's name.
    pub namespace_name: &'a str,
    /// The namespace.
    pub namespace: &'a Namespace,
    /// The Service's name.
    pub name: &'a str,
    /// The Service.
    pub service: &'a Service,
}

impl Backing<'_> {
    /// The name that istiod itself gives the Service where it is global: upstream it is the Service's own.
    pub fn own_host(&self, distribution: Distribution) -> String {
        let (name, namespace) = (self.name, self.namespace_name);
        match distribution {
            Distribution::Solo => format!("{name}.{namespace}.{}", global_domain(self.cluster)),
            Distribution::Upstream => format!("{name}.{namespace}.svc.{}", self.cluster.cluster_domain),
        }
    }
}

/// One object that asks for global names.
pub struct Claim<'a> {
    /// `Kind/namespace/name`.
    pub reference: String,
    /// The object.
    pub origin: Origin,
    /// Whether its labels are to be taken off again.
    pub withdrawn: bool,
    /// Its namespace.
    pub home: &'a str,
    /// What it is judged by.
    pub grounds: &'a Grounds<'a>,
    /// What is said about it.
    pub findings: &'a mut Findings,
}

impl<'a> Claim<'a> {
    /// The claim of an object.
    pub fn new<S>(
        kind: &str,
        object: &'a Object<S>,
        grounds: &'a Grounds<'a>,
        findings: &'a mut Findings,
    ) -> Self {
        let withdrawn = object.annotations.get(WITHDRAWN).is_some_and(|value| value == "true");
        let reference = object.reference(kind);
        Claim {
            reference,
            origin: origin(kind, object),
            withdrawn,
            home: &object.namespace.value,
            grounds,
            findings,
        }
    }

    /// Says something about the object.
    pub fn push(&mut self, finding: Finding) {
        self.findings.push(finding.object(self.reference.clone()));
    }

    /// The workspace that owns the object's namespace; `None` in the admin namespace and where nobody does.
    pub fn owner(&self) -> Option<WorkspaceId> {
        self.grounds.clusters.iter().find_map(|cluster| cluster.namespaces.get(self.home)?.owner())
    }

    /// The Services that a selector picks: in the admin namespace of the whole fleet, elsewhere of the own workspace, or of
    /// the own namespace where no workspace owns it.
    pub fn services(&self, selector: &ObjectSelector) -> Vec<Backing<'a>> {
        let owner = self.owner();
        let within = |name: &str, namespace: &Namespace| match owner {
            _ if self.home == ADMIN_NAMESPACE => {
                selector.namespace.is_some() || namespace.tenancy != Tenancy::System
            }
            Some(owner) => namespace.owner() == Some(owner),
            None => name == self.home,
        };
        let is = |wanted: &Option<Spot<String>>, value: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.value == value)
        };
        let owned = |namespace: &Namespace| {
            let owner = || self.grounds.workspaces.get(namespace.owner()?.0);
            selector
                .workspace
                .as_ref()
                .is_none_or(|wanted| owner().is_some_and(|owner| owner.name == wanted.value))
        };
        let mut found = Vec::new();
        for (index, cluster) in self
            .grounds
            .clusters
            .iter()
            .enumerate()
            .filter(|(_, cluster)| is(&selector.cluster, &cluster.name))
        {
            for (namespace_name, namespace) in &cluster.namespaces {
                if !is(&selector.namespace, namespace_name)
                    || !within(namespace_name, namespace)
                    || !owned(namespace)
                {
                    continue;
                }
                for (name, service) in &namespace.services {
                    if is(&selector.name, name) && matches(&selector.labels, &service.labels) {
                        let id = ClusterId(index);
                        found.push(Backing { id, cluster, namespace_name, namespace, name, service });
                    }
                }
            }
        }
        found
    }

    /// One name in every cluster means one set of ports in every cluster.
    pub fn same_ports(&mut self, backing: &[Backing<'a>], place: Place) {
        let mut first: BTreeMap<(&str, &str, &str), Backing<'a>> = BTreeMap::new();
        for one in backing {
            let other =
                *first.entry((global_domain(one.cluster), one.namespace_name, one.name)).or_insert(*one);
            let ports = |backing: Backing<'a>| -> BTreeSet<(u16, &'a str)> {
                backing.service.ports.iter().map(|port| (port.number, port.name.as_str())).collect()
            };
            let has = |backing: Backing<'a>| {
                let shown = ports(backing).into_iter().map(|(number, name)| match name {
                    "" => number.to_string(),
                    name => format!("{number} `{name}`"),
                });
                format!("in `{}` it has {}", backing.cluster.name, shown.collect::<Vec<_>>().join(", "))
            };
            if ports(other) != ports(*one) {
                self.push(
                    Finding::new(
                        FC504,
                        format!(
                            "service `{}/{}` has other ports in cluster `{}` than in `{}`",
                            one.namespace_name, one.name, one.cluster.name, other.cluster.name
                        ),
                    )
                    .at(place)
                    .because(has(other), other.service.place)
                    .because(has(*one), one.service.place)
                    .help("callers do not choose the cluster that answers: give the Service the same ports everywhere"),
                );
            }
        }
    }

    /// The Services become global, or lose that again.
    pub fn scope(&self, backing: &[Backing<'a>], scoped: &mut Scoped) {
        for one in backing {
            let key = (one.id, one.namespace_name.to_owned(), one.name.to_owned());
            let service = scoped.entry(key).or_insert_with(|| GlobalService {
                cluster: one.id,
                namespace: one.namespace_name.to_owned(),
                name: one.name.to_owned(),
                withdrawn: true,
                origins: BTreeSet::new(),
            });
            service.withdrawn &= self.withdrawn;
            service.origins.insert(self.origin.clone());
        }
    }

    /// Whether every backing cluster can do something; what cannot is refused.
    pub fn can(&mut self, capability: Capability, place: Place, backing: &[Backing<'a>], help: &str) -> bool {
        let refused = backing
            .iter()
            .find_map(|one| capability.refusal(self.grounds.distribution, &one.cluster.version));
        let Some(message) = refused else { return true };
        self.push(Finding::new(FC510, message).at(place).help(help));
        false
    }
}
