use serde_json::{Value as Json, json};

use super::*;
use crate::admit::admit;
use crate::bind::clusters::bind_clusters;
use crate::bind::{CertificateOptions, KeySource, Root, SecretStoreKey, Trust};
use crate::report::Findings;
use crate::source::Sources;

/// Binds the releases of a fleet of clusters `east` and `west`; what was found is code and message.
struct Bound {
    releases: std::collections::BTreeMap<String, Vec<Release>>,
    found: Vec<String>,
}

fn bind(text: &str) -> Bound {
    let clusters = "
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata: {name: east}
---
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata: {name: west}
---
";
    let text = format!("{clusters}{text}");
    let sources = Sources::new("bank", "fleet", [("fleet.yaml".to_owned(), text.into_bytes())]);
    let mut findings = Findings::default();
    let admitted = admit(&sources, &mut findings);
    let mut clusters = bind_clusters(&admitted, &mut findings);
    for west in clusters.iter_mut().filter(|cluster| cluster.name == "west") {
        west.trust = Some(signed());
    }
    let releases = bind_releases("bank", &admitted, &clusters, &mut findings);
    let found = findings.sorted();
    let found = found.iter().map(|finding| format!("{} {}", finding.code.id, finding.message)).collect();
    Bound { releases, found }
}

/// `west` gets `cacerts`.
fn signed() -> Trust {
    Trust {
        origins: std::collections::BTreeSet::new(),
        source: KeySource::Stored(SecretStoreKey {
            kind: "ClusterSecretStore".into(),
            store: "store".into(),
            key: "cacerts".into(),
            refresh_interval: "1h".into(),
        }),
        intermediate: CertificateOptions {
            duration_hours: 24,
            renew_before_hours: 8,
            organization: "bank".into(),
            rsa_bits: None,
        },
        roots: vec![Root {
            name: "root".into(),
            pem: "-----BEGIN CERTIFICATE-----".into(),
            file: "root.pem".into(),
            place: crate::source::Place::default(),
        }],
        signed_by: Some("root".into()),
        rotation: None,
    }
}

impl Bound {
    fn of(&self, cluster: &str) -> &[Release] {
        &self.releases[cluster]
    }

    fn release(&self, cluster: &str, component: Component) -> &Release {
        self.of(cluster).iter().find(|release| release.component == component).unwrap()
    }
}

fn istio(installation: &str) -> String {
    let indented = installation.replace('\n', "\n      ");
    format!(
        "apiVersion: admin.gloo.solo.io/v2\nkind: IstioLifecycleManager\nmetadata: {{name: ambient-fleet}}\n\
         spec:\n  installations:\n    - {indented}\n---\n"
    )
}

fn dedicated(kind: &str, installation: &str) -> String {
    istio(installation).replace("IstioLifecycleManager", kind).replace("ambient-fleet", "own")
}

/// The first seed's manager, and its CNILifecycleManager.
fn seed() -> String {
    let cni = "clusters: [{name: east}, {name: west}]
revision: 1-26
istioOperatorSpec: {profile: ambient, components: {cni: {enabled: true, namespace: istio-system}}}";
    istio(
        "clusters: [{name: east, defaultRevision: true}, {name: west, defaultRevision: true}]
revision: 1-26
istioOperatorSpec:
  profile: ambient
  components: {cni: {enabled: true}, ztunnel: {enabled: true}}
  values: {global: {meshID: solo-mesh, multiCluster: {clusterName: ''}, network: ''}}",
    ) + &dedicated("CNILifecycleManager", cni)
}

#[test]
fn the_seed_is_four_releases_a_cluster() {
    let bound = bind(&seed());
    let names: Vec<&str> = bound.of("east").iter().map(|release| release.name.as_str()).collect();
    assert_eq!(names, ["istio-base", "istio-cni", "istiod-1-26", "ztunnel"]);
    for release in bound.of("east") {
        assert_eq!(release.repository, "oci://us-docker.pkg.dev/soloio-img/istio-helm");
        assert_eq!(release.version, ">=1.26.0-0 <1.27.0-0");
        assert_eq!(release.namespace, "istio-system");
    }
    assert_eq!(
        bound.found,
        ["FC701 the version is not pinned: the revision stands for any of `>=1.26.0-0 <1.27.0-0`"; 2]
    );
    let origins: Vec<&str> =
        bound.release("east", Component::Cni).origins.iter().map(|origin| &*origin.name).collect();
    assert_eq!(
        origins,
        [
            "CNILifecycleManager/gloo-mesh/own",
            "IstioLifecycleManager/gloo-mesh/ambient-fleet",
            "KubernetesCluster/gloo-mesh/east",
        ]
    );
}

#[test]
fn values_stand_where_the_charts_read_them() {
    let bound = bind(&seed());
    let values = |cluster, component| bound.release(cluster, component).values.clone();
    assert_eq!(values("east", Component::Base), json!({"defaultRevision": "1-26"}));
    let istiod = json!({
        "profile": "ambient",
        "cni": {"enabled": true},
        "env": {"PILOT_ENABLE_IP_AUTOALLOCATE": "true", "PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES": "false"},
        "global": {
            "meshID": "solo-mesh",
            "multiCluster": {"clusterName": "east"},
            "network": "east",
            "proxy": {"clusterDomain": "cluster.local"},
        },
        "meshConfig": {"trustDomain": "cluster.local"},
        "platforms": {"peering": {"enabled": true}},
        "revision": "1-26",
        "revisionTags": ["default"],
    });
    assert_eq!(values("east", Component::Istiod), istiod);
    let ztunnel = json!({
        "profile": "ambient",
        "env": {"CLUSTER_DOMAIN": "cluster.local", "L7_ENABLED": "true", "TRUST_DOMAIN": "cluster.local"},
        "global": {"network": "east"},
        "istioNamespace": "istio-system",
        "multiCluster": {"clusterName": "east"},
        "network": "east",
        "revision": "1-26",
    });
    assert_eq!(values("east", Component::Ztunnel), ztunnel);
    let cni = json!({
        "profile": "ambient",
        "ambient": {"dnsCapture": true},
        "excludeNamespaces": ["istio-system", "kube-system"],
        "revision": "1-26",
    });
    assert_eq!(values("east", Component::Cni), cni);
}

#[test]
fn istiod_waits_for_the_cacerts_it_gets() {
    let bound = bind(&seed());
    let volumes = |cluster| bound.release(cluster, Component::Istiod).values["volumes"].clone();
    assert_eq!(volumes("east"), Json::Null);
    let required =
        json!([{"name": "cacerts-required", "secret": {"secretName": "cacerts", "optional": false}}]);
    assert_eq!(volumes("west"), required);
}

#[test]
fn a_value_that_contradicts_the_cluster_is_refused() {
    let bound = bind(&istio(
        "clusters: [{name: '*'}]
version: 1.30.2-solo
istioOperatorSpec:
  profile: ambient
  values: {global: {multiCluster: {clusterName: east}, network: net}}",
    ));
    assert_eq!(
        bound.found,
        [
            "FC115 `global.multiCluster.clusterName` is `east`, but has to be `west` in cluster `west`",
            "FC115 `global.network` is `net`, but has to be `east` in cluster `east`",
            "FC115 `global.network` is `net`, but has to be `west` in cluster `west`",
        ]
    );
}

#[test]
fn the_operator_is_translated() {
    let bound = bind(&istio(
        "clusters: [{name: east}]
istioOperatorSpec:
  profile: ambient
  hub: registry.example/istio
  tag: 1.29.2-solo-distroless
  meshConfig: {accessLogFile: /dev/stdout}
  components:
    cni: {enabled: false}
    ztunnel: {namespace: ztunnel, k8s: {resources: {requests: {cpu: 1}}}}
    pilot:
      k8s:
        replicaCount: 2
        env: [{name: PILOT_ENABLE_K8S_SELECT_WORKLOAD_ENTRIES, value: 'false'}, {name: A, value: b}]
  values: {pilot: {autoscaleEnabled: false, env: {C: d}}, ztunnel: {logLevel: debug}, global: {logAsJson: true}}",
    ));
    assert_eq!(bound.found, [""; 0]);
    let names: Vec<&str> = bound.of("east").iter().map(|release| release.name.as_str()).collect();
    assert_eq!(names, ["istio-base", "istiod", "ztunnel"]);
    let istiod = bound.release("east", Component::Istiod);
    assert_eq!(istiod.version, "1.29.2-solo");
    assert_eq!(istiod.values["global"]["tag"], "1.29.2-solo-distroless");
    assert_eq!(istiod.values["meshConfig"]["accessLogFile"], "/dev/stdout");
    assert_eq!(istiod.values["trustedZtunnelNamespace"], "ztunnel");
    let own = ["replicaCount", "autoscaleEnabled"].map(|value| istiod.values[value].clone());
    assert_eq!(own, [json!(2), json!(false)]);
    let env = ["A", "C", "PILOT_ENABLE_IP_AUTOALLOCATE"].map(|name| istiod.values["env"][name].clone());
    assert_eq!(env, ["b", "d", "true"].map(Json::from));
    let ztunnel = bound.release("east", Component::Ztunnel);
    assert_eq!(ztunnel.namespace, "ztunnel");
    let own = ["hub", "logLevel", "logAsJson"].map(|name| ztunnel.values[name].clone());
    assert_eq!(own, [json!("registry.example/istio"), json!("debug"), json!(true)]);
    assert_eq!(ztunnel.values["resources"], json!({"requests": {"cpu": 1}}));
}

#[test]
fn what_has_no_counterpart_is_refused_by_name() {
    let bound = bind(&istio(
        "clusters: [{name: east}]
version: 1.30.2-solo
istioOperatorSpec:
  profile: minimal
  namespace: mesh
  components:
    base: {k8s: {replicaCount: 1}}
    pilot: {k8s: {service: {type: ClusterIP}}}
    ingressGateways: [{name: front, enabled: true}, {name: spare, enabled: false}]
  values: {gloabl: {network: east}}",
    ));
    assert_eq!(
        bound.found,
        [
            "FC703 `values.gloabl` has no counterpart in Istio's Helm charts",
            "FC703 profile `minimal` has no counterpart in an ambient mesh",
            "FC112 the control plane in namespace `mesh` is not compiled",
            "FC703 `components.base.k8s` has no counterpart in Istio's Helm charts",
            "FC703 `components.pilot.k8s.service` has no counterpart in Istio's Helm charts",
            "FC112 `components.ingressGateways` is not for kind `IstioLifecycleManager` to install",
        ]
    );
}

#[test]
fn a_component_has_one_version() {
    let common = "clusters: [{name: east}]\nversion: 1.30.2-solo\nistioOperatorSpec: {profile: ambient}";
    let own = "clusters: [{name: east}]\nversion: 1.30.1-solo\nvalues: {logLevel: debug}";
    let bound = bind(&(istio(common) + &dedicated("ZTunnelLifecycleManager", own)));
    assert_eq!(bound.found, ["FC702 version `1.30.1-solo` meets another one of the same component"]);
    let alone = common.replace("profile: ambient", "components: {cni: {enabled: true}}");
    let bound = bind(&(istio(&alone) + &dedicated("ZTunnelLifecycleManager", own)));
    assert_eq!(bound.found, [""; 0]);
    let ztunnel = bound.release("east", Component::Ztunnel);
    assert_eq!((ztunnel.version.as_str(), &ztunnel.values["logLevel"]), ("1.30.1-solo", &json!("debug")));
    let twice = istio(common) + &istio(common).replace("ambient-fleet", "second");
    assert_eq!(bind(&twice).found, ["FC702 cluster `east` has two IstioLifecycleManager installations"]);
}

#[test]
fn versions_of_a_cluster_run_together() {
    for (own, found) in [
        ("1.29.0", vec![]),
        ("1.28.0", vec!["FC707 ztunnel `1.28.0` does not run with istiod `1.30.2-solo` in cluster `east`"]),
        ("1.31.0", vec!["FC707 ztunnel `1.31.0` does not run with istiod `1.30.2-solo` in cluster `east`"]),
    ] {
        let own = format!("clusters: [{{name: east}}]\nversion: {own}");
        let bound = bind(&(istio("clusters: [{name: east}]") + &dedicated("ZTunnelLifecycleManager", &own)));
        assert_eq!(bound.found, found, "{own}");
    }
}

#[test]
fn clusters_that_differ_are_a_warning() {
    let west = istio("clusters: [{name: west}]\nversion: 1.29.2-solo").replace("ambient-fleet", "west");
    let bound = bind(&(istio("clusters: [{name: east}]") + &west));
    assert_eq!(bound.found, ["FC708 cluster `west` runs Istio `1.29.2-solo`"]);
}

#[test]
fn differing_trust_domains_switch_the_checks_off() {
    let bound = bind(&istio(
        "clusters: [{name: east, trustDomain: a.example}, {name: west}]
version: 1.30.2-solo
istioOperatorSpec: {profile: ambient, values: {ztunnel: {env: {SKIP_VALIDATE_TRUST_DOMAIN: 'false'}}}}",
    ));
    let env = |component| bound.release("west", component).values["env"].clone();
    assert_eq!(env(Component::Istiod)["PILOT_SKIP_VALIDATE_TRUST_DOMAIN"], "true");
    assert_eq!(env(Component::Ztunnel)["SKIP_VALIDATE_TRUST_DOMAIN"], "true");
    let contradicted =
        bound.found.iter().filter(|found| found.starts_with("FC115 `env.SKIP_VALIDATE_TRUST_DOMAIN`"));
    assert_eq!((contradicted.count(), bound.found.len()), (2, 2), "{:?}", bound.found);
}

#[test]
fn ztunnel_finds_its_control_plane() {
    let own = dedicated("ZTunnelLifecycleManager", "clusters: [{name: east}]\nrevision: blue");
    let bound = bind(&(istio("clusters: [{name: east}]\nrevision: green\nversion: 1.30.2-solo") + &own));
    let expected = [
        "FC715 revision `green` is not the default one of `east`",
        "FC115 ztunnel would look for a control plane of revision `blue`",
    ];
    assert_eq!(bound.found, expected);
    assert_eq!(bound.release("east", Component::Base).values, json!({"defaultRevision": ""}));
}

fn gateways(list: &str) -> String {
    let installation = format!(
        "clusters: [{{name: east}}]
gatewayRevision: 1-24
istioOperatorSpec:
  profile: empty
  tag: 1.24.6-solo
  values: {{gateways: {{istio-ingressgateway: {{customService: true}}}}}}
  components: {list}"
    );
    dedicated("GatewayLifecycleManager", &installation)
}

#[test]
fn gateways_of_the_edge_are_releases() {
    let bound = bind(&gateways(
        "{ingressGateways: [{name: front, namespace: edge, enabled: true, label: {istio: ingressgateway}}, \
         {name: spare, enabled: false}], egressGateways: [{name: out, k8s: {service: {ports: [{port: 443}]}}}]}",
    ));
    assert_eq!(bound.found, [""; 0]);
    let [front, out] = bound.of("east") else { panic!("two gateways") };
    assert_eq!((&*front.chart, &*front.name, &*front.namespace), ("gateway", "front", "edge"));
    assert_eq!(front.version, "1.24.6-solo");
    let values =
        json!({"labels": {"istio": "ingressgateway"}, "revision": "1-24", "service": {"type": "None"}});
    assert_eq!(front.values, values);
    let ports = json!([{"name": "tcp-443", "port": 443, "protocol": "TCP", "targetPort": 443}]);
    assert_eq!(out.values, json!({"revision": "1-24", "service": {"ports": ports}}));
}

#[test]
fn an_east_west_gateway_of_the_sidecars_is_refused() {
    let entry =
        "{name: istio-eastwestgateway, namespace: gateways, enabled: true, label: {istio: eastwestgateway}}";
    let bound = bind(&gateways(&format!("{{ingressGateways: [{entry}]}}")));
    assert_eq!(bound.found, ["FC112 gateway `istio-eastwestgateway` is an east-west gateway for sidecars"]);
    assert!(bound.releases.is_empty());
}

#[test]
fn the_fleet_names_charts_and_licence() {
    let fleet = "
apiVersion: fleetc.dev/v1alpha1
kind: Fleet
metadata: {name: bank}
spec:
  istioVersion: 1.29.2-solo
  charts: {repository: oci://mirror.example/istio/}
  license: {secretRef: {name: license}}
---
";
    let bound = bind(&format!("{fleet}{}", seed()));
    assert_eq!(bound.found, [""; 0]);
    let istiod = bound.release("east", Component::Istiod);
    assert_eq!((&*istiod.version, &*istiod.repository), ("1.29.2-solo", "oci://mirror.example/istio"));
    assert_eq!(istiod.values["license"], json!({"secretRef": {"name": "license"}}));
}

/// Every path at which a release has a value.
fn leaves(values: &Json, prefix: &str, found: &mut std::collections::BTreeSet<String>) {
    match values.as_object().filter(|map| !map.is_empty()) {
        None => drop(found.insert(prefix.trim_start_matches('.').to_owned())),
        Some(map) => map.iter().for_each(|(key, value)| leaves(value, &format!("{prefix}.{key}"), found)),
    }
}

/// A fleet that says everything that is filled in or translated, of either distribution.
fn everything(distribution: &str) -> Bound {
    let settings = "env: [{name: A, value: b}], resources: {requests: {cpu: 1}}, tolerations: [{operator: Exists}], \
                    affinity: {nodeAffinity: {}}, podAnnotations: {a: b}";
    let provider = "
apiVersion: admin.gloo.solo.io/v2
kind: IdentityProvider
metadata: {name: east}
spec: {trustDomain: east.example, trustDomainAliases: [old.example], clusters: [east]}
---
apiVersion: fleetc.dev/v1alpha1
kind: Fleet
metadata: {name: bank}
spec: {distribution: DISTRIBUTION, license: {secretRef: {name: license, key: key}}}
---
"
    .replace("DISTRIBUTION", distribution);
    let mesh = istio(&format!(
        "clusters: [{{name: east, defaultRevision: true}}, {{name: west, defaultRevision: true}}]
revision: 1-30
version: 1.30.3
istioOperatorSpec:
  profile: ambient
  hub: registry.example/istio
  tag: 1.30.3
  meshConfig: {{accessLogFile: /dev/stdout}}
  components:
    cni: {{enabled: true, hub: own, tag: own, k8s: {{{settings}}}}}
    pilot:
      hub: own
      tag: own
      k8s: {{{settings}, nodeSelector: {{a: b}}, replicaCount: 2, serviceAnnotations: {{a: b}}}}
    ztunnel: {{enabled: true, namespace: ztunnel, k8s: {{{settings}, nodeSelector: {{a: b}}}}}}
  values:
    base: {{excludedCRDs: []}}
    global: {{imagePullPolicy: Always, logAsJson: true, variant: distroless, logging: {{level: debug}}}}"
    ));
    let edge = dedicated(
        "GatewayLifecycleManager",
        &format!(
            "clusters: [{{name: east}}]
istioOperatorSpec:
  profile: empty
  values:
    global: {{imagePullPolicy: Always}}
    gateways: {{istio-ingressgateway: {{autoscaleEnabled: true}}}}
  components:
    ingressGateways:
    - name: front
      label: {{istio: front}}
      k8s:
        {{{settings}, nodeSelector: {{a: b}}, replicaCount: 2, serviceAnnotations: {{a: b}},
        service: {{type: LoadBalancer, loadBalancerIP: 10.0.0.1, externalTrafficPolicy: Local,
          loadBalancerSourceRanges: [10.0.0.0/8], ipFamilyPolicy: SingleStack, ipFamilies: [IPv4],
          ports: [{{port: 443}}]}}}}"
        ),
    );
    bind(&(provider + &mesh + &edge))
}

#[test]
fn the_table_of_chart_values_is_what_is_filled() {
    use super::chart_values::CHART_VALUES;
    let bounds = [everything("solo"), everything("upstream")];
    for bound in &bounds {
        let errors: Vec<_> = bound.found.iter().filter(|found| !found.starts_with("FC510")).collect();
        assert_eq!(errors, [""; 0], "{:?}", bound.found);
    }
    let mut filled: std::collections::BTreeMap<Component, std::collections::BTreeSet<String>> =
        std::collections::BTreeMap::new();
    for release in bounds.iter().flat_map(|bound| bound.releases.values().flatten()) {
        leaves(&release.values, "", filled.entry(release.component).or_default());
    }
    for (component, paths) in &filled {
        for path in paths {
            let row = CHART_VALUES.iter().find(|row| row.component == *component && row.covers(path));
            assert!(row.is_some(), "{component:?} `{path}` is not in the table");
        }
    }
    for row in CHART_VALUES {
        // of two rows that cover a path, the first is its
        let mut own = filled[&row.component].iter().filter(|path| {
            let first =
                CHART_VALUES.iter().find(|other| other.component == row.component && other.covers(path));
            first.is_some_and(|first| std::ptr::eq(first, row))
        });
        assert!(own.next().is_some(), "nothing fills {:?} `{}`", row.component, row.path);
    }
}

#[test]
fn a_value_that_an_older_chart_does_not_read_is_refused() {
    let bound = bind(&istio(
        "clusters: [{name: east}]
version: 1.26.4
istioOperatorSpec:
  profile: ambient
  components: {ztunnel: {enabled: true, k8s: {tolerations: [{operator: Exists}]}}}",
    ));
    assert_eq!(bound.found, ["FC703 chart `ztunnel` of version `1.26.4` does not read `tolerations`"]);
}

mod delivery {
    use super::*;

    fn bind(spec: &str) -> (Option<crate::bind::Delivery>, Vec<String>) {
        let text =
            format!("apiVersion: fleetc.dev/v1alpha1\nkind: Fleet\nmetadata: {{name: bank}}\nspec: {spec}\n");
        let sources = Sources::new("bank", "fleet", [("fleet.yaml".to_owned(), text.into_bytes())]);
        let mut findings = Findings::default();
        let admitted = admit(&sources, &mut findings);
        let delivery = bind_delivery(&admitted, &mut [], &mut findings);
        let found = findings.sorted();
        (delivery, found.iter().map(|finding| format!("{} {}", finding.code.id, finding.message)).collect())
    }

    #[test]
    fn has_defaults() {
        let (delivery, found) = bind("{delivery: {repoURL: https://git.example/fleet.git, path: ./trees/}}");
        let delivery = delivery.unwrap();
        assert_eq!(found, [""; 0]);
        assert_eq!(
            (&*delivery.target_revision, &*delivery.path, &*delivery.namespace),
            ("main", "trees", "argocd")
        );
        assert_eq!(&*delivery.origin.name, "Fleet/bank");
    }

    #[test]
    fn without_a_repository_there_is_none() {
        let (delivery, found) = bind("{}");
        assert!(delivery.is_none());
        assert_eq!(found, ["FC704 nothing is rendered for delivery: no repository is named"]);
    }

    #[test]
    fn flux_has_a_namespace_of_its_own() {
        let (delivery, found) = bind("{delivery: {engine: flux, repoURL: https://git.example/fleet.git}}");
        assert_eq!(found, [""; 0]);
        assert_eq!(delivery.unwrap().namespace, "flux-system");
    }

    #[test]
    fn flux_reads_no_address_of_gits_short_form() {
        let (_, found) = bind("{delivery: {engine: flux, repoURL: 'git@git.example:fleet.git'}}");
        assert_eq!(found, ["FC713 Flux cannot read a repository at `git@git.example:fleet.git`"]);
    }
}
