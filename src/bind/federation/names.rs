//! Names that the mesh itself gives to Services, which are nobody's to claim for something else.

use std::collections::BTreeSet;

use super::claim::{Backing, Claim, MESH_INTERNAL, global_domain};
use super::domains::aliases;
use crate::bind::{Capability, Cluster, Distribution};
use crate::kinds::Spot;
use crate::report::Finding;
use crate::report::codes::{FC518, FC523};
use crate::source::{Origin, Place};

impl<'a> Claim<'a> {
    /// Whether a host is the name that one of the Services has in the mesh anyway.
    pub fn is_own_host(&self, host: &str, backing: &[Backing<'a>]) -> bool {
        backing.iter().any(|one| self.names(one, host))
    }

    /// Whether a host is a name of the Service: the one that it has where it is global, or an alias of its cluster's segment.
    fn names(&self, one: &Backing<'a>, host: &str) -> bool {
        one.own_host(self.grounds.distribution) == host
            || aliases(one.cluster, one.namespace_name, one.name, one.service).any(|(alias, _)| alias == host)
    }

    /// Claims the hosts, but for aliases of the Services: those are claimed by the segment.
    pub fn hosts(&self, hosts: &[Spot<String>], backing: &[Backing<'a>]) -> Vec<(String, Origin, Place)> {
        let alias = |host: &str| {
            backing.iter().any(|one| {
                aliases(one.cluster, one.namespace_name, one.name, one.service)
                    .any(|(alias, _)| alias == host)
            })
        };
        let own = hosts.iter().filter(|host| !alias(host));
        own.map(|host| (host.value.clone(), self.origin.clone(), host.place)).collect()
    }

    /// FC523: clusters of one segment do not answer under the name of another, so every cluster needs one among the hosts
    /// where none of them is a host of its own.
    pub fn check_segments(&mut self, hosts: &[Spot<String>], place: Place, backing: &[Backing<'a>]) {
        let unnamed = backing.iter().find(|one| !hosts.iter().any(|host| self.names(one, host)));
        let Some(one) = unnamed else { return };
        self.push(
            Finding::new(
                FC523,
                format!(
                    "Service `{}/{}` of cluster `{}` is called `{}`, and by none of these hosts",
                    one.namespace_name,
                    one.name,
                    one.cluster.name,
                    one.own_host(self.grounds.distribution)
                ),
            )
            .at(place)
            .because("the Service", one.service.place)
            .help("clusters of one segment do not answer under the name of another: add the host, or leave the cluster out of the selector"),
        );
    }

    /// The names that the Services have in the mesh anyway, for people.
    pub fn own_hosts(&self, backing: &[Backing<'a>]) -> String {
        let names: BTreeSet<String> =
            backing.iter().map(|one| one.own_host(self.grounds.distribution)).collect();
        let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
        names.join(" or ")
    }

    /// Whether a host that is no Service's own may be claimed: it is no name that the mesh gives to a Service (FC518), and
    /// the distribution carries it to other clusters (FC510).
    pub fn may_claim(&mut self, host: &Spot<String>, backing: &[Backing<'a>]) -> bool {
        if let Some(finding) = self.is_given(host, backing) {
            self.push(finding);
            return false;
        }
        self.carries_hosts(host, host.place, backing)
    }

    fn carries_hosts(&mut self, host: &str, place: Place, backing: &[Backing<'a>]) -> bool {
        let help = format!(
            "`{host}` reaches no other cluster: use the Service's own name, {}",
            self.own_hosts(backing)
        );
        self.can(Capability::OwnHosts, place, backing, &help)
    }

    /// FC518: a host that the mesh gives to a Service. Claimed for other pods it would draw that Service's callers away.
    fn is_given(&self, host: &Spot<String>, backing: &[Backing<'a>]) -> Option<Finding> {
        let (service, namespace) = self.given(host)?;
        let own = self.own_hosts(backing);
        let theirs = (!self.is_of_platform()).then(|| self.other_owner(namespace)).flatten();
        let selects = |one: &Backing<'_>| one.name == service && one.namespace_name == namespace;
        let (message, help) = match theirs {
            Some(workspace) => (
                format!(
                    "`{host}` is a name in namespace `{namespace}`, which belongs to workspace `{workspace}`"
                ),
                format!("claim a name of your own; the Services here are {own}"),
            ),
            None if backing.iter().any(selects) => (
                format!(
                    "`{host}` is a name that Service `{namespace}/{service}` has in its own cluster, and there it would win"
                ),
                format!("use the name that it has in all clusters, {own}, or one that is no Service's"),
            ),
            None => (
                format!(
                    "`{host}` is a name that the mesh gives to a Service, and no selected Service has it"
                ),
                format!(
                    "the selected ones are {own}; select the Service that is meant, or claim another name"
                ),
            ),
        };
        Some(Finding::new(FC518, message).at(host.place).help(help))
    }

    /// Service and namespace of a host in a zone of names that the mesh gives out; the Service is empty where the host says
    /// none. Kubernetes' resolvers also take what leaves out the end of such a name.
    pub fn given<'h>(&self, host: &'h str) -> Option<(&'h str, &'h str)> {
        let clusters = self.grounds.clusters;
        let zones = clusters.iter().flat_map(|cluster| self.zones(cluster));
        let inside = |zone: String| {
            let rest = host.strip_suffix(zone.as_str())?;
            rest.strip_suffix('.').or_else(|| rest.is_empty().then_some(""))
        };
        let rest = zones.chain(["svc".to_owned()]).find_map(inside).or_else(|| {
            let namespace = host.split_once('.').map(|(_, namespace)| namespace)?;
            clusters.iter().any(|cluster| cluster.namespaces.contains_key(namespace)).then_some(host)
        })?;
        Some(rest.rsplit_once('.').map_or(("", rest), |(service, namespace)| (service, namespace)))
    }

    /// `svc.cluster.local`, and with Solo's Istio the domains of global Services.
    fn zones(&self, cluster: &Cluster) -> Vec<String> {
        let mut zones = vec![format!("svc.{}", cluster.cluster_domain)];
        if self.grounds.distribution == Distribution::Solo {
            zones.extend([MESH_INTERNAL.to_owned(), global_domain(cluster).to_owned()]);
        }
        zones
    }

    /// Whether the object speaks for the whole fleet.
    fn is_of_platform(&self) -> bool {
        self.home == crate::kinds::ADMIN_NAMESPACE
    }

    /// The workspace that owns a namespace, if it is another one than the object's.
    fn other_owner(&self, namespace: &str) -> Option<&str> {
        let here = |cluster: &Cluster| cluster.namespaces.get(namespace)?.owner();
        let owner = self.grounds.clusters.iter().find_map(here)?;
        let workspace = self.grounds.workspaces.get(owner.0).filter(|_| self.owner() != Some(owner))?;
        Some(&workspace.name)
    }
}
