//! Where Istio's charts read what fleetc writes: one table, held against what is rendered by a test, from which the page of
//! the documentation is made. Sources are templates of istio/istio below `manifests/charts`, read in 1.26, 1.28, 1.30 and
//! 1.31.

use super::Component;
use super::values::get;
use super::version::minor;
use crate::kinds::values::FreeForm;

/// A value of a chart that fleetc fills in or translates; what `values` say besides is passed on as it is.
#[derive(Debug)]
pub struct ChartValue {
    /// The chart.
    pub component: Component,
    /// The path; `*` at its end stands for anything below.
    pub path: &'static str,
    /// What it is filled in from.
    pub from: &'static str,
    /// The template that reads it, and what for.
    pub reads: &'static str,
    /// Major and minor of the first version whose chart reads it, where older ones do not.
    pub since: Option<(u32, u32)>,
}

const fn row(
    component: Component,
    path: &'static str,
    from: &'static str,
    reads: &'static str,
) -> ChartValue {
    ChartValue { component, path, from, reads, since: None }
}

const fn since(row: ChartValue, major: u32, minor: u32) -> ChartValue {
    ChartValue { since: Some((major, minor)), ..row }
}

use Component::{Base, Cni, Gateway, Istiod, Ztunnel};

/// Every value, chart by chart.
pub static CHART_VALUES: &[ChartValue] = &[
    row(
        Base,
        "defaultRevision",
        "the default revision",
        "templates/defaultrevision-validatingwebhookconfiguration.yaml: the webhook calls `istiod-<revision>`; empty: there is none",
    ),
    row(Base, "base.*", "`values.base`", "templates/crds.yaml and the webhook's template"),
    row(Cni, "profile", "the distribution", "templates/zzz_profile.yaml"),
    row(
        Cni,
        "ambient.dnsCapture",
        "the distribution (Solo)",
        "templates/configmap-cni.yaml: AMBIENT_DNS_CAPTURE",
    ),
    row(
        Cni,
        "excludeNamespaces",
        "the distribution (Solo)",
        "templates/configmap-cni.yaml: EXCLUDE_NAMESPACES",
    ),
    row(Cni, "revision", "the revision", "templates/daemonset.yaml: label `istio.io/rev`"),
    row(Cni, "global.hub", "`hub`, `values.global.hub`", "templates/daemonset.yaml: the image"),
    row(Cni, "global.tag", "`tag`, `values.global.tag`", "templates/_helpers.tpl: the image"),
    row(Cni, "global.*", "what of `values.global` the chart has", "templates/daemonset.yaml"),
    row(Cni, "hub", "`components.cni.hub`", "templates/daemonset.yaml: the image"),
    row(Cni, "tag", "`components.cni.tag`", "templates/_helpers.tpl: the image"),
    row(Cni, "env.*", "`components.cni.k8s.env`", "templates/configmap-cni.yaml: the plugin's environment"),
    row(Cni, "resources.*", "`components.cni.k8s.resources`", "templates/daemonset.yaml"),
    row(Cni, "affinity.*", "`components.cni.k8s.affinity`", "templates/daemonset.yaml"),
    since(row(Cni, "tolerations", "`components.cni.k8s.tolerations`", "templates/daemonset.yaml"), 1, 27),
    row(Cni, "podAnnotations.*", "`components.cni.k8s.podAnnotations`", "templates/daemonset.yaml"),
    row(Istiod, "profile", "the distribution", "templates/zzz_profile.yaml"),
    row(Istiod, "base.*", "`values.base`", "templates/validatingwebhookconfiguration.yaml"),
    row(
        Istiod,
        "global.multiCluster.clusterName",
        "the KubernetesCluster's name",
        "templates/deployment.yaml: CLUSTER_ID; files/waypoint.yaml: ISTIO_META_CLUSTER_ID",
    ),
    row(
        Istiod,
        "global.network",
        "the KubernetesCluster's network",
        "files/waypoint.yaml, files/kube-gateway.yaml: ISTIO_META_NETWORK",
    ),
    row(
        Istiod,
        "global.meshID",
        "the fleet's name, where nothing says it",
        "templates/configmap.yaml: `meshId`",
    ),
    row(Istiod, "global.proxy.clusterDomain", "the cluster domain", "templates/deployment.yaml: `--domain`"),
    row(Istiod, "global.hub", "`hub`, `values.global.hub`", "templates/deployment.yaml: the images"),
    row(Istiod, "global.tag", "`tag`, `values.global.tag`", "templates/deployment.yaml: the images"),
    row(Istiod, "global.*", "`values.global`", "templates and files of the chart"),
    row(
        Istiod,
        "meshConfig.trustDomain",
        "the trust domain",
        "templates/configmap.yaml: merged over the mesh's configuration",
    ),
    row(Istiod, "meshConfig.trustDomainAliases", "IdentityProviders", "templates/configmap.yaml"),
    row(
        Istiod,
        "meshConfig.defaultConfig.proxyMetadata.PROXY_CONFIG_XDS_AGENT",
        "committed roots",
        "templates/configmap.yaml",
    ),
    row(Istiod, "meshConfig.*", "`meshConfig`, `values.meshConfig`", "templates/configmap.yaml"),
    row(Istiod, "revision", "the revision", "templates/deployment.yaml: the name and `istio.io/rev`"),
    row(
        Istiod,
        "revisionTags",
        "`default` of the default revision",
        "templates/revision-tags-mwc.yaml, revision-tags-svc.yaml (1.26: revision-tags.yaml)",
    ),
    row(Istiod, "env.PILOT_ENABLE_IP_AUTOALLOCATE", "the distribution (Solo)", "templates/deployment.yaml"),
    row(
        Istiod,
        "env.PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES",
        "the distribution (Solo)",
        "templates/deployment.yaml",
    ),
    row(
        Istiod,
        "env.PILOT_SKIP_VALIDATE_TRUST_DOMAIN",
        "trust domains that differ (Solo)",
        "templates/deployment.yaml",
    ),
    row(
        Istiod,
        "env.AMBIENT_ENABLE_MULTI_NETWORK",
        "several clusters (upstream)",
        "templates/deployment.yaml",
    ),
    row(Istiod, "env.ISTIO_MULTIROOT_MESH", "committed roots", "templates/deployment.yaml"),
    row(Istiod, "env.*", "`components.pilot.k8s.env`", "templates/deployment.yaml"),
    row(Istiod, "platforms.peering.enabled", "the distribution (Solo)", "Solo's chart alone"),
    row(Istiod, "license.secretRef.*", "`Fleet.license`", "Solo's chart alone"),
    row(
        Istiod,
        "trustedZtunnelNamespace",
        "the namespace of ztunnel",
        "templates/deployment.yaml: CA_TRUSTED_NODE_ACCOUNTS",
    ),
    row(Istiod, "volumes", "the RootTrustPolicy", "templates/deployment.yaml: `cacerts`, required"),
    row(Istiod, "volumeMounts", "the RootTrustPolicy", "templates/deployment.yaml"),
    row(
        Istiod,
        "cni.enabled",
        "`components.cni.enabled`",
        "templates/istiod-injector-configmap.yaml: as `pilot.cni` to sidecars",
    ),
    row(Istiod, "hub", "`components.pilot.hub`", "templates/deployment.yaml: the image"),
    row(Istiod, "tag", "`components.pilot.tag`", "templates/deployment.yaml: the image"),
    row(Istiod, "replicaCount", "`components.pilot.k8s.replicaCount`", "templates/deployment.yaml"),
    row(Istiod, "resources.*", "`components.pilot.k8s.resources`", "templates/deployment.yaml"),
    row(Istiod, "nodeSelector.*", "`components.pilot.k8s.nodeSelector`", "templates/deployment.yaml"),
    row(Istiod, "tolerations", "`components.pilot.k8s.tolerations`", "templates/deployment.yaml"),
    row(Istiod, "affinity.*", "`components.pilot.k8s.affinity`", "templates/deployment.yaml"),
    row(Istiod, "podAnnotations.*", "`components.pilot.k8s.podAnnotations`", "templates/deployment.yaml"),
    row(
        Istiod,
        "serviceAnnotations.*",
        "`components.pilot.k8s.serviceAnnotations`",
        "templates/service.yaml",
    ),
    row(Ztunnel, "profile", "the distribution", "templates/zzz_profile.yaml"),
    row(
        Ztunnel,
        "multiCluster.clusterName",
        "the KubernetesCluster's name",
        "templates/daemonset.yaml: ISTIO_META_CLUSTER_ID",
    ),
    row(Ztunnel, "network", "the KubernetesCluster's network", "templates/daemonset.yaml: NETWORK"),
    row(
        Ztunnel,
        "global.network",
        "the KubernetesCluster's network",
        "templates/daemonset.yaml of 1.27.0, which does not read `network`",
    ),
    row(Ztunnel, "istioNamespace", "the root namespace", "templates/daemonset.yaml: the address of istiod"),
    row(
        Ztunnel,
        "revision",
        "the revision of its control plane",
        "templates/daemonset.yaml: the address of istiod",
    ),
    row(
        Ztunnel,
        "env.CLUSTER_DOMAIN",
        "the cluster domain",
        "templates/daemonset.yaml; ztunnel, src/config.rs",
    ),
    row(Ztunnel, "env.TRUST_DOMAIN", "the trust domain", "templates/daemonset.yaml; ztunnel, src/config.rs"),
    row(
        Ztunnel,
        "env.SKIP_VALIDATE_TRUST_DOMAIN",
        "trust domains that differ (Solo)",
        "templates/daemonset.yaml",
    ),
    row(Ztunnel, "env.L7_ENABLED", "the distribution (Solo)", "templates/daemonset.yaml"),
    row(Ztunnel, "env.*", "`components.ztunnel.k8s.env`", "templates/daemonset.yaml"),
    row(Ztunnel, "hub", "`hub`, `components.ztunnel.hub`", "templates/daemonset.yaml: the image"),
    row(Ztunnel, "tag", "`tag`, `components.ztunnel.tag`", "templates/daemonset.yaml: the image"),
    row(Ztunnel, "imagePullPolicy", "`values.global.imagePullPolicy`", "templates/daemonset.yaml"),
    row(Ztunnel, "logAsJson", "`values.global.logAsJson`", "templates/daemonset.yaml: LOG_FORMAT"),
    row(Ztunnel, "variant", "`values.global.variant`", "templates/daemonset.yaml: the image"),
    row(Ztunnel, "resources.*", "`components.ztunnel.k8s.resources`", "templates/daemonset.yaml"),
    row(Ztunnel, "nodeSelector.*", "`components.ztunnel.k8s.nodeSelector`", "templates/daemonset.yaml"),
    since(
        row(Ztunnel, "tolerations", "`components.ztunnel.k8s.tolerations`", "templates/daemonset.yaml"),
        1,
        27,
    ),
    row(Ztunnel, "affinity.*", "`components.ztunnel.k8s.affinity`", "templates/daemonset.yaml"),
    row(Ztunnel, "podAnnotations.*", "`components.ztunnel.k8s.podAnnotations`", "templates/daemonset.yaml"),
    row(
        Gateway,
        "revision",
        "the revision of its control plane",
        "templates/_helpers.tpl: label `istio.io/rev` of the pods",
    ),
    row(Gateway, "labels.*", "`label`", "templates/_helpers.tpl: the selector; templates/deployment.yaml"),
    row(Gateway, "replicaCount", "`k8s.replicaCount`", "templates/deployment.yaml"),
    row(Gateway, "autoscaling.*", "`values.gateways.<name>.autoscale…`", "templates/hpa.yaml"),
    row(Gateway, "imagePullPolicy", "`values.global.imagePullPolicy`", "templates/deployment.yaml"),
    row(Gateway, "env.*", "`k8s.env`", "templates/deployment.yaml"),
    row(Gateway, "resources.*", "`k8s.resources`", "templates/deployment.yaml"),
    row(Gateway, "nodeSelector.*", "`k8s.nodeSelector`", "templates/deployment.yaml"),
    row(Gateway, "tolerations", "`k8s.tolerations`", "templates/deployment.yaml"),
    row(Gateway, "affinity.*", "`k8s.affinity`", "templates/deployment.yaml"),
    row(Gateway, "podAnnotations.*", "`k8s.podAnnotations`", "templates/deployment.yaml"),
    row(Gateway, "service.type", "`k8s.service.type`", "templates/service.yaml"),
    row(Gateway, "service.ports", "`k8s.service.ports`", "templates/service.yaml"),
    row(Gateway, "service.annotations.*", "`k8s.serviceAnnotations`", "templates/service.yaml"),
    row(Gateway, "service.loadBalancerIP", "`k8s.service.loadBalancerIP`", "templates/service.yaml"),
    row(
        Gateway,
        "service.loadBalancerSourceRanges",
        "`k8s.service.loadBalancerSourceRanges`",
        "templates/service.yaml",
    ),
    row(
        Gateway,
        "service.externalTrafficPolicy",
        "`k8s.service.externalTrafficPolicy`",
        "templates/service.yaml",
    ),
    row(Gateway, "service.ipFamilyPolicy", "`k8s.service.ipFamilyPolicy`", "templates/service.yaml"),
    row(Gateway, "service.ipFamilies", "`k8s.service.ipFamilies`", "templates/service.yaml"),
];

/// The values that the chart of a version does not read yet.
pub fn unread(component: Component, version: &str, values: &FreeForm) -> Vec<&'static ChartValue> {
    let Some(version) = minor(version) else { return Vec::new() };
    let rows = CHART_VALUES.iter().filter(|row| row.component == component);
    rows.filter(|row| row.since.is_some_and(|since| version < since) && get(values, row.path).is_some())
        .collect()
}

impl ChartValue {
    /// As messages say it.
    pub fn since_when(&self) -> String {
        self.since.map_or_else(String::new, |(major, minor)| format!("since {major}.{minor}"))
    }

    /// Whether a path is the row's.
    #[cfg(test)]
    pub fn covers(&self, path: &str) -> bool {
        match self.path.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == self.path,
        }
    }
}

/// The folder of a chart below `manifests/charts`.
fn folder(component: Component) -> (&'static str, &'static str) {
    match component {
        Base => ("base", "base"),
        Cni => ("cni", "istio-cni"),
        Istiod => ("istiod", "istio-control/istio-discovery"),
        Ztunnel => ("ztunnel", "ztunnel"),
        Gateway => ("gateway", "gateway"),
    }
}

/// The page of the documentation.
pub fn page() -> String {
    let mut page = String::from(
        "# Where charts read what fleetc writes\n\n\
         Made from the table in `src/bind/lifecycle/chart_values.rs` by `BLESS=1 cargo test --test current`. The first row \
         that covers a path is its. Other values are passed on as `values` say them.\n",
    );
    for component in [Base, Cni, Istiod, Ztunnel, Gateway] {
        let (chart, folder) = folder(component);
        page += &format!(
            "\n## Chart `{chart}` (istio/istio, `manifests/charts/{folder}`)\n\n| value | from | read by |\n|---|---|---|\n"
        );
        for row in CHART_VALUES.iter().filter(|row| row.component == component) {
            let since = row.since.map_or_else(String::new, |_| format!(", {}", row.since_when()));
            page += &format!("| `{}` | {} | {}{since} |\n", row.path, row.from, row.reads);
        }
    }
    page
}
