//! KubernetesClusters, and what other kinds say about them → [`Cluster`].

use std::collections::{BTreeMap, BTreeSet};

use super::lifecycle::{Installation, Manager, bind_east_west, installations, values};
use super::mesh::{Address, AddressKind, Cluster, EastWest, Lifecycle, Locality, NodePorts, PresentRoots};
use super::selection::{glob, is_glob};
use super::tenancy::{all_named, unknown_cluster};
use crate::admit::Admitted;
use crate::kinds::fleet::FleetSpec;
use crate::kinds::kubernetes_cluster::{self, AddressType, EastWestGateway};
use crate::kinds::object::{is_label_value, is_trust_domain};
use crate::kinds::{Intents, KubernetesClusterSpec, Labels, Object, Spot};
use crate::report::{Finding, Findings, codes};
use crate::source::{Origin, Place};

/// Namespace and service account of an east-west gateway that nothing else names (SPEC section 3).
const EAST_WEST: &str = "istio-eastwest";

/// The trust domain and the DNS suffix of a cluster for which nothing else says one.
const CLUSTER_LOCAL: &str = "cluster.local";

/// The fleet's clusters, sorted by name: network, trust domain, DNS suffix and east-west gateway are decided.
/// Namespaces, releases, trust and foreign policy are not this function's matter.
pub fn bind_clusters(admitted: &Admitted, findings: &mut Findings) -> Vec<Cluster> {
    let intents = &admitted.intents;
    let installations = installations(intents);
    let objects = registered(intents, findings);
    let mut clusters: Vec<Cluster> = objects.iter().map(|object| cluster(object)).collect();
    check_names(admitted, &installations, &clusters, findings);
    bind_trust_domains(intents, &installations, &objects, &mut clusters, findings);
    bind_cluster_domains(intents, &mut clusters, &objects, findings);
    for installation in installations.iter().filter(|entry| entry.manager == Manager::Gateway) {
        bind_east_west(installation, &objects, &mut clusters, findings);
    }
    clusters
}

/// The Fleet's spec, if there is one.
pub(super) fn fleet(intents: &Intents) -> Option<&FleetSpec> {
    intents.fleets.first().map(|fleet| &fleet.spec)
}

/// The clusters that a name or a glob means, as indices.
pub(super) fn clusters_named(name: &str, clusters: &[Cluster]) -> Vec<usize> {
    let named = clusters.iter().enumerate().filter(|(_, cluster)| glob(name, &cluster.name));
    named.map(|(index, _)| index).collect()
}

/// One object per name: identities, peers and folders of the output know a cluster by its name alone.
fn registered<'a>(intents: &'a Intents, findings: &mut Findings) -> Vec<&'a Object<KubernetesClusterSpec>> {
    let mut by_name: BTreeMap<&str, &Object<KubernetesClusterSpec>> = BTreeMap::new();
    for object in &intents.kubernetes_clusters {
        if !is_label_value(&object.name) {
            let message = format!("the name of cluster `{}` is too long", object.name);
            let help = "it becomes the value of a label, which holds 63 characters";
            let finding = Finding::new(codes::FC109, message).at(object.place).help(help);
            findings.push(finding.object(object.reference("KubernetesCluster")));
        }
        let Some(first) = by_name.get(object.name.as_str()) else {
            by_name.insert(&object.name, object);
            continue;
        };
        let message = format!("two clusters are named `{}`", object.name);
        let finding = Finding::new(codes::FC201, message)
            .at(object.place)
            .because(format!("the other one is in namespace `{}`", first.namespace), first.place)
            .help("give one of them another name: a namespace does not tell clusters apart");
        findings.push(finding.object(object.reference("KubernetesCluster")));
    }
    by_name.into_values().collect()
}

fn cluster(object: &Object<KubernetesClusterSpec>) -> Cluster {
    let spec = &object.spec;
    Cluster {
        name: object.name.value.clone(),
        origin: Origin { name: object.reference("KubernetesCluster").into(), place: object.place },
        labels: object.labels.clone(),
        network: spec
            .network
            .as_ref()
            .map_or_else(|| object.name.value.clone(), |network| network.value.clone()),
        trust_domain: CLUSTER_LOCAL.into(),
        trust_domain_aliases: BTreeMap::new(),
        cluster_domain: CLUSTER_LOCAL.to_owned(),
        version: String::new(),
        server: spec.server.as_ref().map(|server| server.value.clone()),
        kube_config: kube_config(object),
        named_revision: None,
        kubernetes: BTreeMap::new(),
        wave: 0,
        segment: None,
        locality: locality(&object.labels),
        peers: BTreeSet::new(),
        east_west: east_west(spec.east_west_gateway.as_ref()),
        waypoints: BTreeMap::new(),
        token_issuers: Vec::new(),
        lifecycle: match spec.lifecycle.as_ref().map(|lifecycle| lifecycle.value) {
            None => Lifecycle::Member,
            Some(kubernetes_cluster::Lifecycle::Draining) => Lifecycle::Draining,
            Some(kubernetes_cluster::Lifecycle::Detached) => Lifecycle::Detached,
        },
        namespaces: BTreeMap::new(),
        calls: Vec::new(),
        releases: Vec::new(),
        trust: None,
        present_roots: PresentRoots::default(),
        foreign: Vec::new(),
        claimed: Vec::new(),
        foreign_peers: Vec::new(),
    }
}

/// Without a name it is as the Cluster API names it.
fn kube_config(object: &Object<KubernetesClusterSpec>) -> String {
    let said = object.spec.kube_config.as_ref().and_then(|config| config.secret_name.as_ref());
    said.map_or_else(|| format!("{}-kubeconfig", object.name.value), |name| name.value.clone())
}

/// By Kubernetes' own labels alone: what `region` means is the fleet's matter.
fn locality(labels: &Labels) -> Locality {
    let label = |name: &str| labels.get(&format!("topology.kubernetes.io/{name}")).cloned();
    Locality { region: label("region"), zone: label("zone") }
}

fn east_west(gateway: Option<&EastWestGateway>) -> EastWest {
    let or_default = |name: Option<&Spot<String>>| name.map_or(EAST_WEST, |name| name.as_str()).to_owned();
    let addresses = gateway.into_iter().flat_map(|gateway| &gateway.addresses).map(|address| Address {
        kind: match address.kind.value {
            AddressType::IpAddress => AddressKind::Ip,
            AddressType::Hostname => AddressKind::Hostname,
        },
        value: address.value.value.clone(),
        place: address.value.place,
    });
    let node_ports = gateway.and_then(|gateway| gateway.node_ports.as_ref()).map(|ports| NodePorts {
        xds: ports.xds.map(|port| port.get()),
        hbone: ports.hbone.map(|port| port.get()),
        place: ports.place,
    });
    EastWest {
        addresses: addresses.collect(),
        translated: gateway.is_some_and(|gateway| gateway.behind_nat) || node_ports.is_some(),
        node_ports,
        pending: gateway.is_some_and(|gateway| gateway.pending),
        namespace: or_default(gateway.and_then(|gateway| gateway.namespace.as_ref())),
        service_account: or_default(gateway.and_then(|gateway| gateway.service_account.as_ref())),
        rollout: None,
    }
}

/// Every name of a cluster in the kinds that this room reads means one.
fn check_names(
    admitted: &Admitted,
    installations: &[Installation<'_>],
    clusters: &[Cluster],
    findings: &mut Findings,
) {
    let intents = &admitted.intents;
    let installed = installations
        .iter()
        .flat_map(|entry| entry.clusters.iter().map(|target| (target.name, entry.origin.name.to_string())));
    let domains = intents
        .cluster_domains
        .iter()
        .flat_map(|object| object.spec.clusters.iter().map(|name| (name, object.reference("ClusterDomain"))));
    let providers = intents.identity_providers.iter().flat_map(|object| {
        object.spec.clusters.iter().map(|name| (name, object.reference("IdentityProvider")))
    });
    for (name, object) in installed.chain(domains).chain(providers) {
        if !clusters_named(name, clusters).is_empty() || is_refused(admitted, name) {
            continue;
        }
        let finding = match is_glob(name) {
            true => Finding::new(codes::FC203, format!("no cluster is named like `{name}`"))
                .at(name.place)
                .help(all_named(clusters)),
            false => unknown_cluster(name, name.place, clusters),
        };
        findings.push(finding.object(object));
    }
}

/// Whether a cluster of this name was found and could not be read: that is one finding, not one per mention.
fn is_refused(admitted: &Admitted, name: &str) -> bool {
    admitted.refused.iter().any(|object| {
        let refused = object.strip_prefix("KubernetesCluster/").and_then(|rest| rest.split_once('/'));
        refused.is_some_and(|(_, refused)| glob(name, refused))
    })
}

/// Something that is said about a cluster, by whom, and where.
struct Claim {
    value: String,
    by: &'static str,
    place: Place,
}

/// First that is set: the KubernetesCluster, a lifecycle manager's cluster, its MeshConfig, an IdentityProvider, the
/// fleet's default, `cluster.local`. All but the last two are explicit and must agree (SPEC section 3).
fn bind_trust_domains(
    intents: &Intents,
    installations: &[Installation<'_>],
    objects: &[&Object<KubernetesClusterSpec>],
    clusters: &mut [Cluster],
    findings: &mut Findings,
) {
    let default = fleet(intents).and_then(|fleet| fleet.defaults.as_ref()?.trust_domain.as_ref());
    let mut claims: Vec<Vec<Claim>> = objects.iter().map(|_| Vec::new()).collect();
    let mut claim = |clusters: Vec<usize>, value: &str, by, place| {
        for index in clusters {
            if let Some(claims) = claims.get_mut(index) {
                claims.push(Claim { value: value.to_owned(), by, place });
            }
        }
    };
    for (index, object) in objects.iter().enumerate() {
        if let Some(said) = &object.spec.trust_domain {
            claim(vec![index], said, "the KubernetesCluster", said.place);
        }
    }
    let targets =
        || installations.iter().flat_map(|entry| entry.clusters.iter().map(move |target| (entry, target)));
    for (entry, target) in targets() {
        if let Some(said) = target.trust_domain {
            claim(clusters_named(target.name, clusters), said, entry.manager.kind(), said.place);
        }
    }
    for (entry, target) in targets() {
        let Some(operator) = entry.operator else { continue };
        let said = values::text(&operator.mesh_config, "trustDomain");
        if let Some(said) = said.or_else(|| values::text(&operator.values, "meshConfig.trustDomain")) {
            claim(clusters_named(target.name, clusters), &said, "`meshConfig.trustDomain`", operator.place);
        }
    }
    for provider in &intents.identity_providers {
        let said = &provider.spec.trust_domain;
        let all = provider.spec.clusters.is_empty().then(|| (0..clusters.len()).collect());
        let named =
            || provider.spec.clusters.iter().flat_map(|name| clusters_named(name, clusters)).collect();
        claim(all.unwrap_or_else(named), said, "the IdentityProvider", said.place);
    }
    let aliases = intents.identity_providers.iter().flat_map(|provider| &provider.spec.trust_domain_aliases);
    let said = claims.iter().flatten().map(|claim| (claim.value.as_str(), claim.place));
    let said = said.chain(aliases.chain(default).map(|said| (said.as_str(), said.place)));
    for (value, place) in said.filter(|(value, _)| !is_trust_domain(value)).collect::<BTreeSet<_>>() {
        let help = "a trust domain has lower case letters, digits, `.`, `-` and `_`, and is no pattern";
        findings.push(
            Finding::new(codes::FC109, format!("`{value}` is not allowed for a trust domain"))
                .at(place)
                .help(help),
        );
    }
    for (cluster, claims) in clusters.iter_mut().zip(&claims) {
        let decided = agreed(codes::FC206, "trust domain", cluster, claims, findings);
        let value = decided.or(default.map(|default| default.as_str()));
        cluster.trust_domain = value.unwrap_or(CLUSTER_LOCAL).into();
    }
    for provider in &intents.identity_providers {
        let spec = &provider.spec;
        let applies =
            |name: &str| spec.clusters.is_empty() || spec.clusters.iter().any(|said| glob(said, name));
        for cluster in clusters.iter_mut().filter(|cluster| applies(&cluster.name)) {
            let others = spec.trust_domain_aliases.iter().filter(|alias| ***alias != *cluster.trust_domain);
            cluster.trust_domain_aliases.extend(others.map(|alias| (alias.as_str().into(), alias.place)));
        }
    }
}

fn bind_cluster_domains(
    intents: &Intents,
    clusters: &mut [Cluster],
    objects: &[&Object<KubernetesClusterSpec>],
    findings: &mut Findings,
) {
    for (index, object) in objects.iter().enumerate() {
        let own = object.spec.cluster_domain.iter().map(|said| (said, "the KubernetesCluster"));
        let domains = intents.cluster_domains.iter().filter(|domain| {
            domain.spec.clusters.iter().any(|name| clusters_named(name, clusters).contains(&index))
        });
        let claims: Vec<Claim> = own
            .chain(domains.map(|domain| (&domain.spec.domain, "the ClusterDomain")))
            .map(|(said, by)| Claim { value: said.value.clone(), by, place: said.place })
            .collect();
        let Some(cluster) = clusters.get_mut(index) else { continue };
        if let Some(domain) = agreed(codes::FC115, "cluster domain", cluster, &claims, findings) {
            cluster.cluster_domain = domain.to_owned();
        }
    }
}

/// The first of several claims; each that differs from it is a finding.
fn agreed<'c>(
    code: crate::report::Code,
    what: &str,
    cluster: &Cluster,
    claims: &'c [Claim],
    findings: &mut Findings,
) -> Option<&'c str> {
    let (first, rest) = claims.split_first()?;
    for other in rest.iter().filter(|other| other.value != first.value) {
        let message = format!("cluster `{}` gets a second {what}, `{}`", cluster.name, other.value);
        let finding = Finding::new(code, message)
            .at(other.place)
            .because(format!("{} says `{}`", first.by, first.value), first.place)
            .help(format!("say it once: a cluster has one {what}"));
        findings.push(finding.object(&*cluster.origin.name));
    }
    Some(&first.value)
}

#[cfg(test)]
mod tests;
