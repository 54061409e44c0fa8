//! `cacerts` put together by the External Secrets Operator: `ExternalSecret`, and the `SecretStore` that reads one Secret.
//!
//! The layout is Istio's own (root-cert.pem, ca-cert.pem, ca-key.pem, cert-chain.pem), the only one that holds more than
//! one root. Templates are of engine v2 with sprig's functions (external-secrets.io/latest/guides/templating).

use std::sync::Arc;

use super::signer::{CACERTS, NAMESPACE, account, grant};
use super::{MANAGED_BY, Manifest, SOURCE, Stage, named, source};
use crate::distribute::{Origins, SecretStoreKey};
use crate::manifest::{
    CaProvider, DataFrom, ExternalSecret, ExternalSecretSpec, ExternalSecretTarget, ExternalSecretTemplate,
    KubernetesAuth, KubernetesProvider, KubernetesServer, Labels, NamedReference, PolicyRule, RemoteRef,
    SecretStore, SecretStoreProvider, SecretStoreRef, SecretStoreSpec, TemplateMetadata,
};

/// The store that reads the issued key pair.
const STORE: &str = "istio-ca";
/// The service account that it reads it as.
const READER: &str = "istio-ca-reader";
/// How often cert-manager's Secret is looked at: it is renewed days before its end.
const REFRESH: &str = "1h";

/// The first certificate of a chain, which is the signer's own: istiod takes no other for `ca-cert.pem`.
const SIGNER: &str = "(?s)-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----";

/// A store of istiod's namespace whose service account may read that one Secret.
pub fn store(secret: &str, origins: &Origins) -> Vec<Manifest> {
    let rule = PolicyRule {
        api_groups: vec![String::new()],
        resources: vec!["secrets".into()],
        resource_names: vec![secret.to_owned()],
        verbs: vec!["get".into()],
    };
    let kubernetes = KubernetesProvider {
        remote_namespace: NAMESPACE.into(),
        server: KubernetesServer {
            url: "kubernetes.default".into(),
            ca_provider: CaProvider {
                r#type: "ConfigMap".into(),
                name: "kube-root-ca.crt".into(),
                key: "ca.crt".into(),
            },
        },
        auth: KubernetesAuth { service_account: NamedReference { name: READER.into() } },
    };
    let spec = SecretStoreSpec { provider: SecretStoreProvider { kubernetes } };
    let store = SecretStore::new(named(STORE, NAMESPACE), spec);
    let mut manifests = vec![account(READER, origins)];
    manifests.extend(grant(READER, rule, (NAMESPACE, READER), origins));
    manifests.push(Manifest::new(Stage::Trust, 12, store, origins).never_deleted());
    manifests
}

/// `cacerts` from the issued key pair and the committed roots.
pub fn assembled(secret: &str, root: &str, roots: &[Arc<str>], origins: &Origins) -> Manifest {
    let chain = format!("{}\n{root}", value("tls.crt", " | trim"));
    let data = Labels::from([
        ("ca-cert.pem".into(), value("tls.crt", &format!(" | regexFind \"{SIGNER}\"")) + "\n"),
        ("ca-key.pem".into(), value("tls.key", "")),
        ("cert-chain.pem".into(), chain),
        ("root-cert.pem".into(), roots.concat()),
    ]);
    let store = SecretStoreRef { kind: "SecretStore".into(), name: STORE.into() };
    external_secret(store, secret, REFRESH, data, origins)
}

/// `cacerts` from a store; the committed roots, if there are any, stand above the store's.
pub fn fetched(key: &SecretStoreKey, roots: &[Arc<str>], origins: &Origins) -> Manifest {
    let files = ["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"];
    let mut data: Labels = files.into_iter().map(|file| (file.to_owned(), value(file, ""))).collect();
    if !roots.is_empty() {
        data.insert("root-cert.pem".into(), roots.concat());
    }
    let store = SecretStoreRef { kind: key.kind.clone(), name: key.store.clone() };
    external_secret(store, &key.key, &key.refresh_interval, data, origins)
}

/// A value of what was fetched. Without it the template fails and `cacerts` stays as it is: istiod refuses an empty part.
fn value(key: &str, pipe: &str) -> String {
    format!(
        "{{{{ with index . \"{key}\"{pipe} }}}}{{{{ . }}}}{{{{ else }}}}{{{{ fail \"{key} is missing\" }}}}{{{{ end }}}}"
    )
}

/// Made and kept, whatever becomes of the ExternalSecret. One read of the store fetches all values, so that a key never
/// meets the certificate of another.
fn external_secret(
    store: SecretStoreRef,
    key: &str,
    refresh_interval: &str,
    data: Labels,
    origins: &Origins,
) -> Manifest {
    let template = ExternalSecretTemplate {
        engine_version: "v2".into(),
        merge_policy: "Replace".into(),
        r#type: "Opaque".into(),
        metadata: TemplateMetadata {
            labels: Labels::from([(MANAGED_BY.0.into(), MANAGED_BY.1.into())]),
            annotations: Labels::from([(SOURCE.into(), source(origins))]),
        },
        data,
    };
    let spec = ExternalSecretSpec {
        refresh_interval: refresh_interval.to_owned(),
        secret_store_ref: store,
        target: ExternalSecretTarget {
            name: CACERTS.into(),
            creation_policy: "Orphan".into(),
            deletion_policy: "Retain".into(),
            template: Some(template),
        },
        data: Vec::new(),
        data_from: vec![DataFrom { extract: RemoteRef { key: key.to_owned(), ..RemoteRef::default() } }],
    };
    let object = ExternalSecret::new(named(CACERTS, NAMESPACE), spec);
    Manifest::new(Stage::Trust, 14, object, origins).never_deleted()
}
