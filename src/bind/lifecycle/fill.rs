//! The values that differ from cluster to cluster, at the paths where Istio's charts read them.

use serde_json::{Value as Json, json};

use super::Component;
use super::releases::World;
use super::values::{append, get, set, set_default, text};
use crate::bind::fleet::distribution;
use crate::bind::{Cluster, Distribution, ROOT_NAMESPACE};
use crate::kinds::values::FreeForm;
use crate::report::{Finding, Findings, codes};
use crate::source::{Origin, Place};

/// What one release of one cluster is filled in from.
pub struct Fill<'a> {
    /// The component.
    pub component: Component,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The revision of its control plane, for a CNI plugin its own.
    pub revision: Option<&'a str>,
    /// Whether the revision is the cluster's default one.
    pub default_revision: bool,
    /// The namespace of ztunnel, if one is installed.
    pub ztunnel_namespace: Option<String>,
}

/// The values that have to be as the cluster is, by path.
///
/// - `istiod`: `global.multiCluster.clusterName` (CLUSTER_ID), `global.network`, `global.proxy.clusterDomain` (--domain),
///   `meshConfig.trustDomain`, `revision`, and `env.PILOT_SKIP_VALIDATE_TRUST_DOMAIN` where trust domains differ;
///   `trustedZtunnelNamespace` where ztunnel is not beside istiod; upstream, in a fleet of several clusters,
///   `env.AMBIENT_ENABLE_MULTI_NETWORK` (istio: pilot/pkg/features/ambient.go).
///   Where roots are committed, `env.ISTIO_MULTIROOT_MESH` and PROXY_CONFIG_XDS_AGENT among the proxies' metadata, at all
///   times: without them istiod ignores a `cacerts` whose roots changed until it restarts, and waypoints and gateways learn
///   of a root with their next certificate only (istio: pilot/pkg/bootstrap/istio_ca.go).
/// - `ztunnel`: `multiCluster.clusterName` (ISTIO_META_CLUSTER_ID), `network` (NETWORK; the charts of 1.27.0 read
///   `global.network`), `istioNamespace` and `revision` (the address of istiod), and as environment, since the chart has
///   no value for them, CLUSTER_DOMAIN and TRUST_DOMAIN (ztunnel, src/config.rs) and SKIP_VALIDATE_TRUST_DOMAIN.
/// - `cni`: `revision`, a label.
pub fn fills(world: &World<'_>, given: &Fill<'_>) -> Vec<(&'static str, String)> {
    let cluster = given.cluster;
    let trust_domain = || cluster.trust_domain.to_string();
    let mut fixed = match given.component {
        Component::Base | Component::Gateway => return Vec::new(),
        Component::Cni => Vec::new(),
        Component::Istiod => vec![
            ("global.multiCluster.clusterName", cluster.name.clone()),
            ("global.network", cluster.network.clone()),
            ("global.proxy.clusterDomain", cluster.cluster_domain.clone()),
            ("meshConfig.trustDomain", trust_domain()),
        ],
        Component::Ztunnel => vec![
            ("multiCluster.clusterName", cluster.name.clone()),
            ("network", cluster.network.clone()),
            ("global.network", cluster.network.clone()),
            ("istioNamespace", ROOT_NAMESPACE.to_owned()),
            ("env.CLUSTER_DOMAIN", cluster.cluster_domain.clone()),
            ("env.TRUST_DOMAIN", trust_domain()),
        ],
    };
    if let Some(revision) = given.revision {
        fixed.push(("revision", revision.to_owned()));
    }
    let upstream = distribution(world.fleet) == Distribution::Upstream;
    match given.component {
        Component::Istiod if upstream && world.clusters.len() > 1 => {
            fixed.push(("env.AMBIENT_ENABLE_MULTI_NETWORK", "true".to_owned()));
        }
        // trust domains that differ are refused upstream (FC510)
        _ if upstream => {}
        Component::Istiod if world.trust_domains_differ => {
            fixed.push(("env.PILOT_SKIP_VALIDATE_TRUST_DOMAIN", "true".to_owned()));
        }
        Component::Ztunnel if world.trust_domains_differ => {
            fixed.push(("env.SKIP_VALIDATE_TRUST_DOMAIN", "true".to_owned()));
        }
        _ => {}
    }
    if given.component == Component::Istiod
        && cluster.trust.as_ref().is_some_and(|trust| !trust.roots.is_empty())
    {
        fixed.push(("env.ISTIO_MULTIROOT_MESH", "true".to_owned()));
        fixed.push(("meshConfig.defaultConfig.proxyMetadata.PROXY_CONFIG_XDS_AGENT", "true".to_owned()));
    }
    match &given.ztunnel_namespace {
        Some(namespace) if given.component == Component::Istiod && namespace != ROOT_NAMESPACE => {
            fixed.push(("trustedZtunnelNamespace", namespace.clone()));
        }
        _ => {}
    }
    fixed
}

/// Reports what a layer of values says otherwise than the cluster is. The trust domain's own rule judges it elsewhere.
pub fn contradictions(
    layer: &FreeForm,
    place: Place,
    origin: &Origin,
    given: &Fill<'_>,
    fixed: &[(&'static str, String)],
    findings: &mut Findings,
) {
    for (path, wanted) in fixed.iter().filter(|(path, _)| *path != "meshConfig.trustDomain") {
        let Some(said) = text(layer, path).filter(|said| said != wanted) else { continue };
        let name = &given.cluster.name;
        let message = format!("`{path}` is `{said}`, but has to be `{wanted}` in cluster `{name}`");
        let finding = Finding::new(codes::FC115, message)
            .at(place)
            .because(format!("`{name}` is registered here"), given.cluster.origin.place)
            .help("leave the value out, or empty: it is filled in per cluster");
        findings.push(finding.object(&*origin.name));
    }
}

/// Fills in what has to be, and what is only to be where nothing is said.
pub fn fill(values: &mut FreeForm, world: &World<'_>, given: &Fill<'_>, fixed: &[(&'static str, String)]) {
    for (path, value) in fixed {
        set(values, path, value.as_str());
    }
    match (given.component, given.revision) {
        // the validating webhook of chart `base` calls `istiod-<defaultRevision>`; empty: there is none
        (Component::Base, Some(revision)) => {
            set_default(values, "defaultRevision", if given.default_revision { revision } else { "" });
        }
        // namespaces and gateways without a revision belong to the one that is tagged `default`
        (Component::Istiod, Some(_)) if given.default_revision => {
            append(values, "revisionTags", "default".into())
        }
        _ => {}
    }
    if given.component == Component::Istiod {
        set_default(values, "global.meshID", world.fleet_name);
        for alias in given.cluster.trust_domain_aliases.keys() {
            append(values, "meshConfig.trustDomainAliases", (&**alias).into());
        }
        if given.cluster.trust.is_some() {
            wait_for_cacerts(values);
        }
    }
}

/// Takes over the aliases that values of lifecycle managers say besides those of an IdentityProvider.
pub fn add_trust_domain_aliases(cluster: &mut Cluster) {
    let istiod = cluster.releases.iter().find(|release| release.component == Component::Istiod);
    let said = istiod.and_then(|release| {
        let aliases = release.values.pointer("/meshConfig/trustDomainAliases")?.as_array()?.clone();
        let manager = release.origins.iter().find(|origin| **origin != cluster.origin)?;
        Some((aliases, manager.place))
    });
    let (aliases, place) = said.unwrap_or_default();
    for alias in aliases.iter().filter_map(Json::as_str).filter(|alias| **alias != *cluster.trust_domain) {
        cluster.trust_domain_aliases.entry(alias.into()).or_insert(place);
    }
}

/// The chart's own volume of the Secret `cacerts` is optional: without it istiod would start at once and sign with a root
/// that it makes up. A second, required one (chart `istiod`, `volumes` and `volumeMounts`) holds the pod back until the
/// Secret is there; nothing reads it.
fn wait_for_cacerts(values: &mut FreeForm) {
    const NAME: &str = "cacerts-required";
    let volume = json!({"name": NAME, "secret": {"secretName": "cacerts", "optional": false}});
    let mount = json!({"name": NAME, "mountPath": "/etc/cacerts-required", "readOnly": true});
    for (path, item) in [("volumes", volume), ("volumeMounts", mount)] {
        if !matches!(get(values, path), Some(Json::Array(_)) | None) {
            set(values, path, Json::Array(Vec::new()));
        }
        append(values, path, item);
    }
}
