//! RootTrustPolicy and CASource → what istiod signs with.

use std::collections::{BTreeMap, BTreeSet};

use super::inventory::is_own;
use super::mesh::{Cluster, Issuer, Signer};
use super::selection::matches;
use super::{ROOT_NAMESPACE, origin};
use crate::admit::Admitted;
use crate::kinds::certificate_authority::IssuerReference;
use crate::kinds::inventory::{InventoryObject, Item};
use crate::kinds::root_trust_policy::{AgentCa, IstioMeshSelector, MeshSelector, RootTrustConfig};
use crate::kinds::{Intents, Object, RootTrustPolicySpec};
use crate::report::codes::{FC203, FC208, FC601, FC602, FC603, FC604};
use crate::report::{Finding, Findings, closest};
use crate::source::{Origin, Place};

/// What works today, for every source that does not.
const WORKS: &str = "cert-manager is compiled today:\nagentCa:\n  certManager:\n    issuerRef: {group: cert-manager.io, kind: ClusterIssuer, name: …}";
/// Gloo's defaults (CommonCertOptions).
const DAYS: u32 = 365;
const ORGANIZATION: &str = "gloo-mesh";
const RATIO: f64 = 0.1;
/// Half a day each side of istiod's default workload certificate, so that nothing outlives its signer.
const LEAST_RENEW_BEFORE: u32 = 48;

/// The signer of each cluster, by name.
pub fn bind_trust(
    admitted: &Admitted,
    clusters: &[Cluster],
    findings: &mut Findings,
) -> BTreeMap<String, Signer> {
    let intents = &admitted.intents;
    let mut signers: BTreeMap<String, (Signer, &Object<RootTrustPolicySpec>)> = BTreeMap::new();
    for object in &intents.root_trust_policies {
        let selected: Vec<&Cluster> =
            clusters.iter().filter(|cluster| applies(&object.spec, cluster)).collect();
        if let (true, Some(selector)) = (selected.is_empty(), object.spec.apply_to_meshes.first()) {
            findings.push(
                Finding::new(FC203, "no cluster is selected by this policy, so it gives none its `cacerts`")
                    .at(selector.place)
                    .object(object.reference("RootTrustPolicy"))
                    .help("`clusterSelector` selects by the labels of the KubernetesClusters"),
            );
        }
        let Some(signer) = signer(intents, object, findings) else { continue };
        for cluster in selected {
            match signers.get(&cluster.name) {
                Some((_, first)) => findings.push(
                    Finding::new(FC602, format!("two RootTrustPolicies give cluster `{}` its `cacerts`", cluster.name))
                        .at(object.place)
                        .object(object.reference("RootTrustPolicy"))
                        .because("the first one", first.place)
                        .help("exactly one object writes `cacerts`: tell them apart by `applyToMeshes[].istio.clusterSelector`"),
                ),
                None => {
                    signers.insert(cluster.name.clone(), (signer.clone(), object));
                }
            }
        }
    }
    unused_sources(intents, findings);
    other_writers(&admitted.inventory, &signers, findings);
    signers.into_iter().map(|(cluster, (signer, _))| (cluster, signer)).collect()
}

/// Empty: every mesh. Its istiod is in the root namespace, whatever the cluster.
fn applies(spec: &RootTrustPolicySpec, cluster: &Cluster) -> bool {
    let istio = |istio: &IstioMeshSelector| {
        let there = istio.namespace.as_ref().is_none_or(|namespace| namespace.value == ROOT_NAMESPACE);
        there && matches(&istio.cluster_selector, &cluster.labels)
    };
    let mesh = |selector: &MeshSelector| selector.istio.as_ref().is_none_or(istio);
    spec.apply_to_meshes.is_empty() || spec.apply_to_meshes.iter().any(mesh)
}

fn signer(
    intents: &Intents,
    object: &Object<RootTrustPolicySpec>,
    findings: &mut Findings,
) -> Option<Signer> {
    let mut push = |finding: Finding| findings.push(finding.object(object.reference("RootTrustPolicy")));
    let mut unsupported = |what: &str, place: Place| {
        push(
            Finding::new(FC601, format!("{what} is not a source of `cacerts` that fleetc compiles yet"))
                .at(place)
                .help(WORKS),
        );
    };
    let Some(config) = &object.spec.config else {
        unsupported("a policy without `config`", object.place);
        return None;
    };
    for (what, place) in [
        ("a committed root bundle", config.root_bundle.first().map(|root| root.place)),
        ("a rotation", config.rotation.as_ref().map(|rotation| rotation.place)),
    ] {
        if let Some(place) = place {
            unsupported(what, place);
            return None;
        }
    }
    let Some(agent) = &config.agent_ca else {
        match &config.mgmt_server_ca {
            Some(server) => unsupported("a CA held by Gloo's management server", server.place),
            None => unsupported("a policy without `agentCa`", object.place),
        }
        return None;
    };
    let mut origins = BTreeSet::from([origin("RootTrustPolicy", object)]);
    let issuer = issuer(intents, object, agent, &mut origins, findings)?;
    options(object, config, issuer, origins, findings)
}

fn issuer(
    intents: &Intents,
    object: &Object<RootTrustPolicySpec>,
    agent: &AgentCa,
    origins: &mut BTreeSet<Origin>,
    findings: &mut Findings,
) -> Option<Issuer> {
    let mut push = |finding: Finding| findings.push(finding.object(object.reference("RootTrustPolicy")));
    let unsupported = |what: &str, place: Place| {
        Finding::new(FC601, format!("{what} is not a source of `cacerts` that fleetc compiles yet"))
            .at(place)
            .help(WORKS)
    };
    if let Some(source) = &agent.cert_manager {
        return Some(issuer_of(&source.issuer_ref));
    }
    if let Some(vault) = &agent.vault {
        push(unsupported("Vault", vault.place));
    }
    if let Some(authority) = &agent.aws_pca {
        push(unsupported("AWS Private CA", authority.place));
    }
    let reference = agent.ca_source_ref.as_ref()?;
    let namespace =
        reference.namespace.as_ref().map_or(&object.namespace.value, |namespace| &namespace.value);
    let found = intents
        .ca_sources
        .iter()
        .find(|source| source.name.value == reference.name.value && source.namespace.value == *namespace);
    let Some(source) = found else {
        let near =
            closest(&reference.name.value, intents.ca_sources.iter().map(|source| source.name.as_str()));
        push(
            Finding::new(FC203, format!("no CASource is named `{namespace}/{}`", reference.name.value))
                .at(reference.name.place)
                .help(near.map_or_else(
                    || "write the CASource, or name the issuer under `agentCa.certManager`".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                )),
        );
        return None;
    };
    let spec = &source.spec;
    if let Some(source_spec) = &spec.cert_manager {
        origins.insert(origin("CASource", source));
        return Some(issuer_of(&source_spec.issuer_ref));
    }
    for (what, place) in [
        ("Vault", spec.vault.as_ref().map(|source| source.place)),
        ("AWS Private CA", spec.aws_pca.as_ref().map(|source| source.place)),
        ("an External Secrets store", spec.external_secret.as_ref().map(|source| source.place)),
        ("the offline CA", spec.generated.as_ref().map(|source| source.place)),
    ] {
        if let Some(place) = place {
            push(unsupported(what, place));
        }
    }
    None
}

fn issuer_of(reference: &IssuerReference) -> Issuer {
    let text = |value: &Option<crate::kinds::Spot<String>>, default: &str| {
        value.as_ref().map_or_else(|| default.to_owned(), |value| value.value.clone())
    };
    Issuer {
        group: text(&reference.group, "cert-manager.io"),
        kind: text(&reference.kind, "ClusterIssuer"),
        name: reference.name.value.clone(),
    }
}

fn options(
    object: &Object<RootTrustPolicySpec>,
    config: &RootTrustConfig,
    issuer: Issuer,
    origins: BTreeSet<Origin>,
    findings: &mut Findings,
) -> Option<Signer> {
    let mut push = |finding: Finding| findings.push(finding.object(object.reference("RootTrustPolicy")));
    let options = config.intermediate_options();
    let days = options.and_then(|options| options.ttl_days);
    let duration_hours = days.map_or(DAYS, |days| *days).saturating_mul(24);
    let ratio = config.rotation_ratio();
    let share = f64::from(duration_hours) * ratio.map_or(RATIO, |ratio| *ratio);
    // a share of less than all hours of a u32 number of days fits
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the share lies between 0 and the duration"
    )]
    let renew_before_hours = share.round() as u32;
    if renew_before_hours < LEAST_RENEW_BEFORE {
        push(
            Finding::new(
                FC604,
                format!("the intermediate would be renewed {renew_before_hours} hours before its end, less than two lives of a workload certificate"),
            )
            .at(ratio.map_or_else(|| days.map_or(object.place, |days| days.place), |ratio| ratio.place))
            .help("let it live longer, or be renewed earlier: `ttlDays` × 24 × `secretRotationGracePeriodRatio` must be 48 hours at least"),
        );
        return None;
    }
    let rsa = options.and_then(|options| options.rsa_key_size_bytes);
    let rsa_bits = match rsa.map(|bits| (*bits, bits.place)) {
        None => None,
        Some((bits @ (2048 | 3072 | 4096 | 8192), _)) => u16::try_from(bits).ok(),
        Some((bits, place)) => {
            push(
                Finding::new(FC604, format!("an RSA key of {bits} bits is not made"))
                    .at(place)
                    .help("use 2048, 3072, 4096 or 8192, or leave it out for ECDSA P-256"),
            );
            return None;
        }
    };
    let whose = match object.spec.apply_to_meshes.as_slice() {
        [] => "every cluster",
        _ => "the clusters that it applies to",
    };
    push(
        Finding::new(
            FC603,
            format!("`cacerts` is issued by cert-manager's {} `{}` in {whose}", issuer.kind, issuer.name),
        )
        .at(object.place)
        .help("each of them needs cert-manager and that issuer, signing with the same root everywhere"),
    );
    Some(Signer {
        origins,
        issuer,
        duration_hours,
        renew_before_hours,
        organization: options
            .and_then(|options| options.org_name.as_ref())
            .map_or_else(|| ORGANIZATION.into(), |name| name.value.clone()),
        rsa_bits,
    })
}

/// Exactly one object writes `cacerts`: one that the inventory shows would fight with the Certificate.
fn other_writers(
    inventory: &[InventoryObject],
    signers: &BTreeMap<String, (Signer, &Object<RootTrustPolicySpec>)>,
    findings: &mut Findings,
) {
    let writers = inventory.iter().filter(|object| {
        matches!(object.item, Item::CaCertificates(_))
            && object.namespace == ROOT_NAMESPACE
            && !is_own(object)
    });
    for writer in writers {
        let here = |cluster: &str| writer.scope.cluster().is_none_or(|scope| scope == cluster);
        let Some((cluster, (_, policy))) = signers.iter().find(|(cluster, _)| here(cluster)) else {
            continue;
        };
        findings.push(
            Finding::new(
                FC602,
                format!("{} `{}/{}` writes `cacerts` in cluster `{cluster}` already", writer.kind, writer.namespace, writer.name),
            )
            .at(writer.place)
            .object(writer.reference())
            .because("this policy gives the cluster its `cacerts` too", policy.place)
            .help("exactly one object writes it: leave the cluster out of the policy, or take the other writer away and out of the inventory"),
        );
    }
}

fn unused_sources(intents: &Intents, findings: &mut Findings) {
    for source in &intents.ca_sources {
        let references = intents.root_trust_policies.iter().filter_map(|policy| {
            let reference = policy.spec.config.as_ref()?.agent_ca.as_ref()?.ca_source_ref.as_ref()?;
            let namespace =
                reference.namespace.as_ref().map_or(&policy.namespace.value, |namespace| &namespace.value);
            Some((namespace.as_str(), reference.name.as_str()))
        });
        if !references.into_iter().any(|named| named == (source.namespace.as_str(), source.name.as_str())) {
            findings.push(
                Finding::new(
                    FC208,
                    format!(
                        "no RootTrustPolicy names the CASource `{}`, so nothing of it is rendered",
                        source.name.value
                    ),
                )
                .at(source.place)
                .object(source.reference("CASource"))
                .help("name it under `config.agentCa.caSourceRef` of a RootTrustPolicy"),
            );
        }
    }
}
