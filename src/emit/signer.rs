//! The signer → the objects that fill the Secret `cacerts`.

use super::{Manifest, Stage, certificate, external_secret, issuer, named, secret};
use crate::distribute::{EncryptedKey, Keys, Origins, SignerIntent};
use crate::manifest::{PolicyRule, Role, RoleBinding, RoleRef, ServiceAccount, Subject};

/// The Secret that istiod mounts (istio: pilot/pkg/bootstrap/istio_ca.go).
pub(super) const CACERTS: &str = "cacerts";
/// istiod's namespace.
pub(super) const NAMESPACE: &str = "istio-system";

/// Everything that fills `cacerts`, in order of syncing: who may do what, who is asked, what for, the Secret.
pub fn signer(signer: &SignerIntent) -> Vec<Manifest> {
    let mut manifests = Vec::new();
    match &signer.keys {
        Keys::Issued(request) => {
            manifests.extend(issuer::issuer(request, &signer.origins));
            manifests.push(certificate::certificate(request, CACERTS, &signer.origins));
        }
        Keys::Assembled { request, generation, root } => {
            manifests.extend(issuer::issuer(request, &signer.origins));
            manifests.push(certificate::certificate(request, generation, &signer.origins));
            manifests.extend(external_secret::store(generation, &signer.origins));
            manifests.push(external_secret::assembled(generation, root, &signer.roots, &signer.origins));
        }
        Keys::Stored(key) => {
            manifests.push(external_secret::fetched(key, &signer.roots, &signer.origins));
        }
        Keys::Minted { certificate, chain, key } => {
            let public = secret::public_parts(certificate, chain, &signer.roots);
            manifests.push(match key {
                EncryptedKey::Sops(sops) => secret::encrypted(sops, public, &signer.origins),
                EncryptedKey::Sealed(sealed) => secret::sealed(sealed, public, &signer.origins),
            });
        }
    }
    manifests
}

/// A role of one rule in istiod's namespace, granted to one service account.
pub(super) fn grant(name: &str, rule: PolicyRule, account: (&str, &str), origins: &Origins) -> [Manifest; 2] {
    let (namespace, account) = account;
    let role_ref =
        RoleRef { api_group: "rbac.authorization.k8s.io".into(), kind: "Role".into(), name: name.to_owned() };
    let subject = Subject {
        kind: "ServiceAccount".into(),
        api_group: None,
        name: account.to_owned(),
        namespace: Some(namespace.to_owned()),
    };
    let role = Role::new(named(name, NAMESPACE), vec![rule]);
    let binding = RoleBinding::new(named(name, NAMESPACE), role_ref, vec![subject]);
    [
        Manifest::new(Stage::Trust, 11, role, origins).never_deleted(),
        Manifest::new(Stage::Trust, 11, binding, origins).never_deleted(),
    ]
}

/// A service account in istiod's namespace.
pub(super) fn account(name: &str, origins: &Origins) -> Manifest {
    Manifest::new(Stage::Trust, 11, ServiceAccount::new(named(name, NAMESPACE)), origins).never_deleted()
}
