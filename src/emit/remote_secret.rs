//! Watched clusters → `ExternalSecret`, which makes the Secret from which istiod, or another reader of several clusters,
//! reads another cluster's API server.

use super::{Manifest, Stage, named};
use crate::distribute::WatchedCluster;
use crate::manifest::{
    ExternalSecret, ExternalSecretData, ExternalSecretSpec, ExternalSecretTarget, ExternalSecretTemplate,
    RemoteRef, SecretStoreRef, TemplateMetadata,
};

/// The namespace in which istiod looks for remote secrets: its own.
const NAMESPACE: &str = "istio-system";
/// What istiod selects them by (istio: pkg/kube/multicluster/secretcontroller.go).
const MULTI_CLUSTER: (&str, &str) = ("istio/multiCluster", "true");
/// The cluster that a remote secret is about (istio: istioctl/pkg/multicluster/remote_secret.go).
const CLUSTER: &str = "networking.istio.io/cluster";

/// What istiod watches the cluster by.
pub fn remote_secret(watched: &WatchedCluster) -> Manifest {
    let name = format!("istio-remote-secret-{}", watched.cluster);
    let object = kubeconfig(&name, NAMESPACE, watched, MULTI_CLUSTER, CLUSTER);
    Manifest::new(Stage::Federation, 41, object, &watched.origins)
}

/// One key: the cluster's name, with its kubeconfig. The bytes stay in the store; the tree names them. The reader finds the
/// Secret by a label, and the cluster's name in an annotation.
pub fn kubeconfig(
    name: &str,
    namespace: &str,
    watched: &WatchedCluster,
    (label, value): (&str, &str),
    annotation: &str,
) -> ExternalSecret {
    let spec = ExternalSecretSpec {
        refresh_interval: "1h".into(),
        secret_store_ref: SecretStoreRef { name: watched.store.clone(), kind: watched.store_kind.clone() },
        target: ExternalSecretTarget {
            name: name.to_owned(),
            creation_policy: "Owner".into(),
            deletion_policy: "Retain".into(),
            template: Some(ExternalSecretTemplate {
                engine_version: "v2".into(),
                merge_policy: "Replace".into(),
                metadata: TemplateMetadata {
                    labels: [(label.to_owned(), value.to_owned())].into(),
                    annotations: [(annotation.to_owned(), watched.cluster.clone())].into(),
                },
                ..ExternalSecretTemplate::default()
            }),
        },
        data: vec![ExternalSecretData {
            secret_key: watched.cluster.clone(),
            remote_ref: RemoteRef { key: watched.key.clone(), ..RemoteRef::default() },
        }],
        data_from: Vec::new(),
    };
    ExternalSecret::new(named(name, namespace), spec)
}
