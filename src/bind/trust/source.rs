//! `agentCa` and CASource → where the signing key pair comes from.

use std::collections::BTreeSet;

use super::super::mesh::{Issuer, SecretStoreKey};
use super::super::origin;
use super::vault::vault;
use crate::admit::Admitted;
use crate::kinds::certificate_authority::{
    AwsPrivateCa, CertManager, CertOptions, ExternalSecretSource, IssuerReference, StoreKind, Vault,
};
use crate::kinds::root_trust_policy::AgentCa;
use crate::kinds::{Object, RootTrustPolicySpec, Spot};
use crate::report::codes::FC203;
use crate::report::{Finding, Findings, closest};
use crate::source::Origin;

/// A source as a policy names it, for whichever cluster.
#[derive(Debug, Clone)]
pub(super) enum Source<'a> {
    /// An issuer of cert-manager's.
    Issued(Issuer),
    /// A secret store.
    Stored(&'a ExternalSecretSource),
    /// The offline CA, and where it stands.
    Generated(&'a CertOptions),
}

/// The source of a policy, and the objects that say so; `None` if there is none, which is a finding.
pub(super) fn source<'a>(
    admitted: &'a Admitted,
    policy: &'a Object<RootTrustPolicySpec>,
    agent: &'a AgentCa,
    findings: &mut Findings,
) -> Option<(Source<'a>, BTreeSet<Origin>)> {
    let mut origins = BTreeSet::from([origin("RootTrustPolicy", policy)]);
    let own = policy.reference("RootTrustPolicy");
    let Some(reference) = &agent.ca_source_ref else {
        let issuer = issuer(&agent.cert_manager, &agent.vault, &agent.aws_pca, &own, findings)?;
        return Some((Source::Issued(issuer), origins));
    };
    let namespace =
        reference.namespace.as_ref().map_or(&policy.namespace.value, |namespace| &namespace.value);
    let sources = &admitted.intents.ca_sources;
    let named = |source: &&Object<_>| {
        source.name.value == reference.name.value && source.namespace.value == *namespace
    };
    let Some(source) = sources.iter().find(named) else {
        if !admitted.refused.contains(&format!("CASource/{namespace}/{}", reference.name)) {
            let near = closest(&reference.name, sources.iter().map(|source| source.name.as_str()));
            let help = near.map_or_else(
                || "write the CASource, or name the issuer under `agentCa.certManager`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("no CASource is named `{namespace}/{}`", reference.name);
            findings.push(Finding::new(FC203, message).at(reference.name.place).object(own).help(help));
        }
        return None;
    };
    origins.insert(origin("CASource", source));
    let spec = &source.spec;
    let found = match (&spec.external_secret, &spec.generated) {
        (Some(stored), _) => Source::Stored(stored),
        (None, Some(options)) => Source::Generated(options),
        (None, None) => {
            let object = source.reference("CASource");
            Source::Issued(issuer(&spec.cert_manager, &spec.vault, &spec.aws_pca, &object, findings)?)
        }
    };
    Some((found, origins))
}

fn issuer(
    cert_manager: &Option<CertManager>,
    said: &Option<Vault>,
    authority: &Option<AwsPrivateCa>,
    object: &str,
    findings: &mut Findings,
) -> Option<Issuer> {
    if let Some(cert_manager) = cert_manager {
        return Some(named(&cert_manager.issuer_ref, "cert-manager.io", "ClusterIssuer"));
    }
    if let Some(said) = said {
        return vault(said, object, findings).map(Issuer::Vault);
    }
    let authority = authority.as_ref()?;
    if let Some(reference) = &authority.issuer_ref {
        return Some(named(reference, "awspca.cert-manager.io", "AWSPCAClusterIssuer"));
    }
    Some(Issuer::AwsPrivateCa {
        arn: authority.arn.as_ref()?.value.clone(),
        region: authority.region.as_ref().map(|region| region.value.clone()),
    })
}

fn named(reference: &IssuerReference, group: &str, kind: &str) -> Issuer {
    let text = |value: &Option<Spot<String>>, default: &str| {
        value.as_ref().map_or_else(|| default.to_owned(), |value| value.value.clone())
    };
    Issuer::Named {
        group: text(&reference.group, group),
        kind: text(&reference.kind, kind),
        name: reference.name.value.clone(),
    }
}

/// The place of a cluster's key pair in a store.
pub(super) fn store_key(stored: &ExternalSecretSource, cluster: &str) -> SecretStoreKey {
    let or = |value: &Option<Spot<String>>, default: &str| {
        value.as_ref().map_or(default, |value| value.as_str()).to_owned()
    };
    let kind = stored.store_ref.kind.map_or(StoreKind::ClusterSecretStore, |kind| *kind);
    SecretStoreKey {
        kind: kind.text().to_owned(),
        store: stored.store_ref.name.value.clone(),
        key: or(&stored.key_prefix, "cacerts/") + cluster,
        refresh_interval: or(&stored.refresh_interval, "1h"),
    }
}
