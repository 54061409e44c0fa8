//! The issuer of a request → `Issuer` or `AWSPCAIssuer`, where the source does not name one that is there.

use super::signer::{NAMESPACE, account, grant};
use super::{Manifest, Stage, named};
use crate::distribute::{CertificateRequest, Issuer, Origins, Vault, VaultAuthority, VaultLogin};
use crate::manifest::{
    AWSPCAIssuer, AwsPcaIssuerSpec, Issuer as CertManagerIssuer, IssuerRef, IssuerSpec, NamedReference,
    PolicyRule, SecretKeyRef, VaultAuth, VaultIssuer, VaultKubernetesAuth,
};

/// The rendered issuer; its name does not change with what it reaches, so that a rotation updates it.
const NAME: &str = "istio-ca";
/// The service account that logs in to Vault.
const VAULT_ACCOUNT: &str = "istio-ca-vault";
/// cert-manager's own service account, as its Helm chart names it: it asks for the tokens.
const CERT_MANAGER: (&str, &str) = ("cert-manager", "cert-manager");

/// What a Certificate refers to.
pub fn reference(issuer: &Issuer) -> IssuerRef {
    let own =
        |group: &str, kind: &str| IssuerRef { group: group.into(), kind: kind.into(), name: NAME.into() };
    match issuer {
        Issuer::Named { group, kind, name } => {
            IssuerRef { group: group.clone(), kind: kind.clone(), name: name.clone() }
        }
        Issuer::Vault(_) => own("cert-manager.io", "Issuer"),
        Issuer::AwsPrivateCa { .. } => own("awspca.cert-manager.io", "AWSPCAIssuer"),
    }
}

/// The issuer and what it needs; nothing for one that is there already.
pub fn issuer(request: &CertificateRequest, origins: &Origins) -> Vec<Manifest> {
    let metadata = named(NAME, NAMESPACE);
    match &request.issuer {
        Issuer::Named { .. } => Vec::new(),
        Issuer::Vault(vault) => {
            let mut manifests = login(vault, origins);
            let issuer = CertManagerIssuer::new(metadata, IssuerSpec { vault: vault_issuer(vault) });
            manifests.push(Manifest::new(Stage::Trust, 12, issuer, origins).never_deleted());
            manifests
        }
        Issuer::AwsPrivateCa { arn, region } => {
            let spec = AwsPcaIssuerSpec { arn: arn.clone(), region: region.clone() };
            let issuer = AWSPCAIssuer::new(metadata, spec);
            vec![Manifest::new(Stage::Trust, 12, issuer, origins).never_deleted()]
        }
    }
}

/// cert-manager may ask for tokens of the service account, and of no other (cert-manager.io/docs/configuration/vault).
fn login(vault: &Vault, origins: &Origins) -> Vec<Manifest> {
    let VaultLogin::Kubernetes { service_account, .. } = &vault.login else { return Vec::new() };
    let mut manifests = Vec::new();
    if service_account.is_none() {
        manifests.push(account(VAULT_ACCOUNT, origins));
    }
    let rule = PolicyRule {
        api_groups: vec![String::new()],
        resources: vec!["serviceaccounts/token".into()],
        resource_names: vec![account_name(service_account.as_ref())],
        verbs: vec!["create".into()],
    };
    manifests.extend(grant(VAULT_ACCOUNT, rule, CERT_MANAGER, origins));
    manifests
}

fn account_name(said: Option<&String>) -> String {
    said.map_or(VAULT_ACCOUNT, |said| said.as_str()).to_owned()
}

fn vault_issuer(vault: &Vault) -> VaultIssuer {
    let (ca_bundle, ca_secret) = match &vault.authority {
        None => (None, None),
        Some(VaultAuthority::Base64(bundle)) => (Some(bundle.clone()), None),
        Some(VaultAuthority::Secret(name)) => (None, Some(name)),
    };
    let key = |name: &String, key: &str| SecretKeyRef { name: name.clone(), key: key.into() };
    let auth = match &vault.login {
        VaultLogin::Token(secret) => {
            VaultAuth { token_secret_ref: Some(key(secret, "token")), kubernetes: None }
        }
        VaultLogin::Kubernetes { mount_path, role, service_account } => VaultAuth {
            token_secret_ref: None,
            kubernetes: Some(VaultKubernetesAuth {
                mount_path: mount_path.clone(),
                role: role.clone(),
                service_account_ref: NamedReference { name: account_name(service_account.as_ref()) },
            }),
        },
    };
    VaultIssuer {
        server: vault.server.clone(),
        path: vault.path.clone(),
        namespace: vault.namespace.clone(),
        ca_bundle,
        ca_bundle_secret_ref: ca_secret.map(|name| key(name, "ca.crt")),
        auth,
    }
}
