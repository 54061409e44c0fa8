//! Vault, in both spellings, as cert-manager reaches it.

use base64::prelude::{BASE64_STANDARD, Engine};

use super::super::mesh::{Vault, VaultAuthority, VaultLogin};
use crate::kinds::Spot;
use crate::kinds::certificate_authority::Vault as Said;
use crate::report::codes::{FC609, FC613};
use crate::report::{Finding, Findings};

/// The PKI that a policy or a CASource describes; `None` if no path of it is understood, which is a finding.
pub(super) fn vault(said: &Said, object: &str, findings: &mut Findings) -> Option<Vault> {
    let path = path(said, object, findings)?;
    let text = |spot: &Spot<String>| spot.value.clone();
    let bundle = said.ca_bundle.as_ref().map(|bundle| match bundle.contains("-----BEGIN") {
        true => BASE64_STANDARD.encode(bundle.as_bytes()),
        false => bundle.split_whitespace().collect(),
    });
    let secret = || said.ca_secret_ref.as_ref().map(|secret| VaultAuthority::Secret(text(&secret.name)));
    let login = match (said.kubernetes_auth(), &said.token_secret_ref) {
        (Some(auth), _) => VaultLogin::Kubernetes {
            mount_path: mount_path(auth.mount_path.as_ref()),
            role: text(&auth.role),
            service_account: auth.service_account_ref.as_ref().map(|account| text(&account.name)),
        },
        (None, Some(secret)) => VaultLogin::Token(text(&secret.name)),
        // said to be missing where the document was read
        (None, None) => return None,
    };
    Some(Vault {
        server: said.server.trim_end_matches('/').to_owned(),
        path,
        namespace: said.namespace.as_ref().map(text),
        authority: bundle.map(VaultAuthority::Base64).or_else(secret),
        login,
    })
}

/// `/v1/auth/<mount>`, which cert-manager completes with `/login`; the seeds and Vault's own tools leave the beginning out.
fn mount_path(said: Option<&Spot<String>>) -> String {
    let said = said.map_or("kubernetes", |said| said.trim_matches('/'));
    let mount = said.strip_prefix("v1/").unwrap_or(said);
    format!("/v1/auth/{}", mount.strip_prefix("auth/").unwrap_or(mount))
}

/// The path that signs a CA: `csrPath` first, since Gloo's agents send their requests there.
fn path(said: &Said, object: &str, findings: &mut Findings) -> Option<String> {
    let all = [&said.csr_path, &said.ca_path, &said.role_path];
    let Some(first) = all.into_iter().flatten().next() else {
        let finding = Finding::new(FC613, "nothing says where Vault signs an intermediate").at(said.place);
        findings.push(finding.object(object).help("write `csrPath: <mount>/root/sign-intermediate`"));
        return None;
    };
    match endpoint(first) {
        Some((path, true)) => Some(path),
        Some((path, false)) => {
            findings.push(
                Finding::new(FC609, format!("`{}` signs no CA, so the request goes to `{path}`", first.value))
                    .at(first.place)
                    .object(object)
                    .help(format!(
                        "write `csrPath: {path}`, and let Vault's policy of the role update that path: it signs any CA under the mount's own"
                    )),
            );
            Some(path)
        }
        None => {
            findings.push(
                Finding::new(FC613, format!("`{}` is no path of Vault's PKI that fleetc knows", first.value))
                    .at(first.place)
                    .object(object)
                    .help("write `csrPath: <mount>/root/sign-intermediate`"),
            );
            None
        }
    }
}

/// The path that signs a CA in the mount (and by the issuer) that a path is of, and whether that is the path itself
/// (developer.hashicorp.com/vault/api-docs/secret/pki: `root/sign-intermediate`, `issuer/:ref/sign-intermediate`; a role
/// signs leaves only, whatever the request says).
fn endpoint(path: &str) -> Option<(String, bool)> {
    let path = path.trim_matches('/');
    let path = path.strip_prefix("v1/").unwrap_or(path);
    let parts: Vec<&str> = path.split('/').collect();
    (1..parts.len()).find_map(|at| {
        let (mount, rest) = parts.split_at_checked(at)?;
        let mount = mount.join("/");
        match rest {
            ["root", "sign-intermediate"] | ["issuer", _, "sign-intermediate"] => {
                Some((path.to_owned(), true))
            }
            ["issuer", issuer] | ["issuer", issuer, "sign" | "issue", ..] => {
                Some((format!("{mount}/issuer/{issuer}/sign-intermediate"), false))
            }
            ["sign" | "roles" | "issue" | "sign-verbatim", _]
            | ["ca" | "ca_chain" | "sign-verbatim"]
            | ["ca", "pem"]
            | ["cert", "ca" | "ca_chain"]
            | ["root", "sign-self-issued"] => Some((format!("{mount}/root/sign-intermediate"), false)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_mapped_to_the_one_of_its_mount_that_signs_a_ca() {
        for (path, wanted, itself) in [
            ("pki/root/sign-intermediate", "pki/root/sign-intermediate", true),
            ("/v1/pki/root/sign-intermediate", "pki/root/sign-intermediate", true),
            ("team/pki/issuer/old/sign-intermediate", "team/pki/issuer/old/sign-intermediate", true),
            ("pki_root/sign/intermediate", "pki_root/root/sign-intermediate", false),
            ("pki_int/roles/gloo-mesh", "pki_int/root/sign-intermediate", false),
            ("team/pki/ca", "team/pki/root/sign-intermediate", false),
            ("pki/issuer/new/sign/mesh", "pki/issuer/new/sign-intermediate", false),
        ] {
            assert_eq!(endpoint(path), Some((wanted.to_owned(), itself)), "{path}");
        }
        for path in ["", "pki", "pki/config/urls", "sign/x"] {
            assert_eq!(endpoint(path), None, "{path}");
        }
    }

    #[test]
    fn a_login_is_mounted_below_auth() {
        for said in ["kubernetes", "auth/kubernetes", "/v1/auth/kubernetes"] {
            let spot = Spot::new(said.to_owned(), Default::default());
            assert_eq!(mount_path(Some(&spot)), "/v1/auth/kubernetes");
        }
        assert_eq!(mount_path(None), "/v1/auth/kubernetes");
    }
}
