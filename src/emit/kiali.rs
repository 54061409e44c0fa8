//! The console that sees all clusters → `Kiali`, and an `ExternalSecret` for the way into each other one (kiali.io,
//! multi-cluster; kiali: hack/istio/multicluster/kiali-prepare-remote-cluster.sh).

use super::remote_secret::kubeconfig;
use super::{Manifest, Stage, named};
use crate::distribute::{Console, ConsoleLogin, Origins, WatchedCluster};
use crate::manifest::{
    Kiali, KialiAuthentication, KialiCluster, KialiClustering, KialiDeployment, KialiKubernetes, KialiOpenId,
    KialiPrometheus, KialiSecretDetection, KialiServices, KialiSpec,
};

/// What Kiali selects such Secrets by, and where it reads the cluster's name.
const MULTI_CLUSTER: (&str, &str) = ("kiali.io/multiCluster", "true");
const CLUSTER: &str = "kiali.io/cluster";

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

/// What Kiali reads the cluster by.
pub fn way_in(console: &Console, other: &WatchedCluster) -> Manifest {
    let name = secret(&other.cluster);
    let object = kubeconfig(&name, &console.namespace, other, MULTI_CLUSTER, CLUSTER);
    Manifest::new(Stage::Observability, 61, object, &other.origins)
}

/// As Kiali's own script names it.
fn secret(cluster: &str) -> String {
    format!("kiali-remote-cluster-secret-{cluster}")
}
