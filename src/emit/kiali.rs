//! The console that sees all clusters → `Kiali`, and an `ExternalSecret` for the way into each other one (kiali.io,
//! multi-cluster; kiali: hack/istio/multicluster/kiali-prepare-remote-cluster.sh).

use super::{Manifest, Stage, named};
use crate::distribute::{Console, ConsoleLogin, Origins, WatchedCluster};
use crate::manifest::{
    ExternalSecret, ExternalSecretData, ExternalSecretSpec, ExternalSecretTarget, ExternalSecretTemplate,
    Kiali, KialiAuthentication, KialiCluster, KialiClustering, KialiDeployment, KialiKubernetes, KialiOpenId,
    KialiPrometheus, KialiSecretDetection, KialiServices, KialiSpec, RemoteRef, SecretStoreRef,
    TemplateMetadata,
};

/// It looks only: what is rendered here is changed in git.
pub fn kiali(console: &Console, origins: &Origins) -> Manifest {
    let (strategy, openid) = match &console.login {
        ConsoleLogin::Anonymous => ("anonymous", None),
        ConsoleLogin::OpenShift => ("openshift", None),
        ConsoleLogin::OpenId { issuer, client } => {
            ("openid", Some(KialiOpenId { client_id: client.clone(), issuer_uri: issuer.clone() }))
        }
    };
    let clusters = console
        .others
        .iter()
        .map(|other| KialiCluster { name: other.cluster.clone(), secret_name: secret(&other.cluster) });
    let spec = KialiSpec {
        auth: KialiAuthentication { strategy: strategy.into(), openid },
        clustering: KialiClustering {
            autodetect_secrets: KialiSecretDetection { enabled: false },
            clusters: clusters.collect(),
        },
        deployment: KialiDeployment { view_only_mode: true },
        external_services: KialiServices { prometheus: KialiPrometheus { url: console.metrics_url.clone() } },
        kubernetes_config: KialiKubernetes { cluster_name: console.home.clone() },
    };
    let object = Kiali::new(named("kiali", &console.namespace), spec);
    Manifest::new(Stage::Observability, 62, object, origins)
}

/// One key: the cluster's name, with its kubeconfig. The bytes stay in the store; the tree names them.
pub fn way_in(console: &Console, other: &WatchedCluster) -> Manifest {
    let name = secret(&other.cluster);
    let label = ("kiali.io/multiCluster".to_owned(), "true".to_owned());
    let spec = ExternalSecretSpec {
        refresh_interval: "1h".into(),
        secret_store_ref: SecretStoreRef { name: other.store.clone(), kind: other.store_kind.clone() },
        target: ExternalSecretTarget {
            name: name.clone(),
            creation_policy: "Owner".into(),
            deletion_policy: "Retain".into(),
            template: Some(ExternalSecretTemplate {
                engine_version: "v2".into(),
                merge_policy: "Replace".into(),
                metadata: TemplateMetadata {
                    labels: [label].into(),
                    annotations: [("kiali.io/cluster".to_owned(), other.cluster.clone())].into(),
                },
                ..ExternalSecretTemplate::default()
            }),
        },
        data: vec![ExternalSecretData {
            secret_key: other.cluster.clone(),
            remote_ref: RemoteRef { key: other.key.clone(), ..RemoteRef::default() },
        }],
        data_from: Vec::new(),
    };
    let object = ExternalSecret::new(named(&name, &console.namespace), spec);
    Manifest::new(Stage::Observability, 61, object, &other.origins)
}

/// As Kiali's own script names it.
fn secret(cluster: &str) -> String {
    format!("kiali-remote-cluster-secret-{cluster}")
}
