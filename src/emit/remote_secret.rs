//! Watched clusters → `ExternalSecret`, which makes the Secret from which istiod reads another cluster's API server.

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

/// One key: the cluster's name, with its kubeconfig. The bytes stay in the store; the tree names them.
pub fn remote_secret(watched: &WatchedCluster) -> Manifest {
    let name = format!("istio-remote-secret-{}", watched.cluster);
    let spec = ExternalSecretSpec {
        refresh_interval: "1h".into(),
        secret_store_ref: SecretStoreRef { name: watched.store.clone(), kind: watched.store_kind.clone() },
        target: ExternalSecretTarget {
            name: name.clone(),
            creation_policy: "Owner".into(),
            deletion_policy: "Retain".into(),
            template: Some(ExternalSecretTemplate {
                engine_version: "v2".into(),
                merge_policy: "Replace".into(),
                metadata: TemplateMetadata {
                    labels: [(MULTI_CLUSTER.0.to_owned(), MULTI_CLUSTER.1.to_owned())].into(),
                    annotations: [(CLUSTER.to_owned(), watched.cluster.clone())].into(),
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
    let object = ExternalSecret::new(named(&name, NAMESPACE), spec);
    Manifest::new(Stage::Federation, 41, object, &watched.origins)
}
