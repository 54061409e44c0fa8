//! What a source of `cacerts` needs in the cluster and fleetc does not install.

use super::super::mesh::{EncryptedKey, Issuer, KeySource, Trust, VaultLogin};
use crate::kinds::{KubernetesClusterSpec, Object, RootTrustPolicySpec};
use crate::report::codes::{FC603, FC605};
use crate::report::{Finding, Findings, closest};

/// One cluster that a policy gives its `cacerts`.
pub(super) type Served<'a> = (&'a Object<KubernetesClusterSpec>, Trust);

/// Tells once per policy what clusters need that do not say what is installed; where one says it, it has to be there.
pub(super) fn needs(policy: &Object<RootTrustPolicySpec>, served: &[Served<'_>], findings: &mut Findings) {
    let mut silent: Vec<&str> = Vec::new();
    let mut needed: Vec<&str> = Vec::new();
    for (cluster, trust) in served {
        let needs = of(trust);
        let installed = &cluster.spec.installed;
        let Some(first) = installed.first() else {
            if !needs.is_empty() {
                silent.push(&cluster.name);
                needed.extend(needs);
            }
            continue;
        };
        for operator in needs.iter().filter(|need| installed.iter().all(|said| said.value != **need)) {
            let near = closest(operator, installed.iter().map(|said| said.as_str()));
            let message =
                format!("cluster `{}` has no `{operator}` installed, which its `cacerts` need", cluster.name);
            findings.push(
                Finding::new(FC605, message)
                    .at(first.place)
                    .object(cluster.reference("KubernetesCluster"))
                    .because("this policy gives it `cacerts`", policy.place)
                    .help(near.map_or_else(
                        || format!("install it, then list it: `installed: [{}]`", needs.join(", ")),
                        |near| format!("if `{near}` means it, write `{operator}`"),
                    )),
            );
        }
    }
    let Some((_, trust)) = served.first().filter(|_| !silent.is_empty()) else { return };
    needed.sort_unstable();
    needed.dedup();
    let quoted = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let whose = match silent.as_slice() {
        [only] => format!("cluster `{only}`"),
        several => format!("{} clusters", several.len()),
    };
    findings.push(
        Finding::new(FC603, format!("the `cacerts` of {whose} need {}", quoted(&needed)))
            .at(policy.place)
            .object(policy.reference("RootTrustPolicy"))
            .help(format!(
                "{}\nhave it there before the first sync, and say so, which ends this note: `installed: [{}]` in {}",
                what(trust),
                needed.join(", "),
                quoted(&silent)
            )),
    );
}

/// The operators, by the names that `installed` takes.
fn of(trust: &Trust) -> Vec<&'static str> {
    let mut needs = Vec::new();
    match &trust.source {
        KeySource::Issued(issuer) => {
            needs.push("cert-manager");
            if is_aws(issuer) {
                needs.push("aws-privateca-issuer");
            }
            if !trust.roots.is_empty() {
                needs.push("external-secrets");
            }
        }
        KeySource::Stored(_) => needs.push("external-secrets"),
        KeySource::Generated(generated) => {
            let sealed = |key: &EncryptedKey| matches!(key, EncryptedKey::Sealed(_));
            if generated.minted.as_ref().is_some_and(|minted| sealed(&minted.key)) {
                needs.push("sealed-secrets");
            }
        }
    }
    needs
}

fn is_aws(issuer: &Issuer) -> bool {
    match issuer {
        Issuer::Named { group, .. } => group == "awspca.cert-manager.io",
        Issuer::AwsPrivateCa { .. } => true,
        Issuer::Vault(_) => false,
    }
}

/// What is not rendered either.
fn what(trust: &Trust) -> String {
    match &trust.source {
        KeySource::Issued(Issuer::Named { kind, name, .. }) => {
            let root = match &trust.signed_by {
                Some(root) => format!("under the root `{root}`"),
                None => "under the same root everywhere".to_owned(),
            };
            format!("{kind} `{name}` signs the intermediate; it has to be there too, and sign {root}")
        }
        KeySource::Issued(Issuer::Vault(vault)) => {
            let login = match &vault.login {
                VaultLogin::Token(_) => String::new(),
                VaultLogin::Kubernetes { role, service_account, .. } => format!(
                    " as service account `istio-system/{}`, by role `{role}`, for audience `vault://istio-system/istio-ca`",
                    service_account.as_deref().unwrap_or("istio-ca-vault")
                ),
            };
            format!(
                "cert-manager logs in at `{}`{login}; Vault's policy has to let it update `{}`",
                vault.server, vault.path
            )
        }
        KeySource::Issued(Issuer::AwsPrivateCa { arn, .. }) => {
            format!("the AWS issuer's role has to issue, get and describe under `{arn}`")
        }
        KeySource::Stored(stored) => {
            format!(
                "{} `{}` has to be there too, with the four files under a key per cluster, such as `{}`",
                stored.kind, stored.store, stored.key
            )
        }
        KeySource::Generated(_) => {
            "the controller has to hold the key that the SealedSecret was made for".to_owned()
        }
    }
}
