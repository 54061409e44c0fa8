//! RootTrustPolicy and CASource → what istiod signs with, and whom its mesh trusts.

mod needs;
mod offline;
mod options;
mod pem;
mod present;
mod roots;
mod source;
mod vault;
mod writers;

use std::collections::BTreeMap;

use super::ROOT_NAMESPACE;
use super::mesh::{Cluster, Delivery, Generated, KeySource, PresentRoots, Trust};
use super::selection::matches;
use crate::admit::Admitted;
use crate::kinds::root_trust_policy::{AgentCa, IstioMeshSelector, MeshSelector, RootTrustConfig};
use crate::kinds::{Intents, KubernetesClusterSpec, Object, RootTrustPolicySpec};
use crate::report::codes::{FC203, FC208, FC601, FC602, FC610};
use crate::report::{Finding, Findings};
use crate::source::Place;

use source::Source;

/// What a fleet can name instead of a management server.
const SOURCES: &str = "something has to make the intermediates: name an issuer (`agentCa.certManager`, `agentCa.vault`, `agentCa.awsPca`), \
                       or a CASource by `agentCa.caSourceRef`: a secret store (`externalSecret`), or the offline CA of `fleetc ca` (`generated`)";

/// How each cluster that a policy governs gets its `cacerts`, and what its mesh trusts before, by name.
pub fn bind_trust(
    admitted: &Admitted,
    clusters: &[Cluster],
    delivery: Option<&Delivery>,
    findings: &mut Findings,
) -> BTreeMap<String, (Trust, PresentRoots)> {
    let mut trusts: BTreeMap<String, (Trust, Place)> = BTreeMap::new();
    for policy in &admitted.intents.root_trust_policies {
        let selected: Vec<&Cluster> =
            clusters.iter().filter(|cluster| applies(&policy.spec, cluster)).collect();
        if let (true, Some(selector)) = (selected.is_empty(), policy.spec.apply_to_meshes.first()) {
            findings.push(
                Finding::new(FC203, "no cluster is selected by this policy, so it gives none its `cacerts`")
                    .at(selector.place)
                    .object(policy.reference("RootTrustPolicy"))
                    .help("`clusterSelector` selects by the labels of the KubernetesClusters"),
            );
        }
        let mut served = Vec::new();
        for (cluster, trust) in trust_of(admitted, policy, &selected, delivery, findings) {
            match trusts.get(cluster.name.as_str()) {
                Some((_, first)) => findings.push(
                    Finding::new(FC602, format!("two RootTrustPolicies give cluster `{}` its `cacerts`", cluster.name))
                        .at(policy.place)
                        .object(policy.reference("RootTrustPolicy"))
                        .because("the first one", *first)
                        .help("exactly one object writes `cacerts`: tell them apart by `applyToMeshes[].istio.clusterSelector`"),
                ),
                None => {
                    trusts.insert(cluster.name.value.clone(), (trust.clone(), policy.place));
                    served.push((cluster, trust));
                }
            }
        }
        needs::needs(policy, &served, findings);
    }
    unused_sources(&admitted.intents, findings);
    writers::other_writers(&admitted.inventory, &trusts, findings);
    let present = |name: String, trust: Trust, findings: &mut Findings| {
        let object = object_of(&admitted.intents, &name);
        let present = object.map(|object| present::present_roots(admitted, object, &trust, findings));
        (name, (trust, present.unwrap_or_default()))
    };
    trusts.into_iter().map(|(name, (trust, _))| present(name, trust, findings)).collect()
}

fn object_of<'a>(intents: &'a Intents, cluster: &str) -> Option<&'a Object<KubernetesClusterSpec>> {
    intents.kubernetes_clusters.iter().find(|object| *object.name == cluster)
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

/// What a policy gives each of the clusters it selects.
fn trust_of<'a>(
    admitted: &'a Admitted,
    policy: &Object<RootTrustPolicySpec>,
    selected: &[&Cluster],
    delivery: Option<&Delivery>,
    findings: &mut Findings,
) -> Vec<(&'a Object<KubernetesClusterSpec>, Trust)> {
    let own = policy.reference("RootTrustPolicy");
    let Some((config, agent)) = agent(policy, findings) else { return Vec::new() };
    let bundle = roots::bundle(admitted, policy, config, findings);
    let options = options::intermediate(config.intermediate_options(), config.rotation_ratio(), policy.place)
        .map_err(|finding| findings.push(finding.object(own.as_str())));
    let named = source::source(admitted, policy, agent, findings);
    let (Some(bundle), Ok(intermediate), Some((source, origins))) = (bundle, options, named) else {
        return Vec::new();
    };
    let place = agent.ca_source_ref.as_ref().map_or(agent.place, |reference| reference.name.place);
    let generated_root = match &source {
        Source::Generated(options) => {
            if bundle.roots.is_empty() {
                let finding = Finding::new(FC610, "the offline CA signs under a root that no bundle commits");
                let help = "`fleetc ca init` makes the root; list it: `rootBundle: [{name: <root>, file: trust/roots/<root>.pem}]`";
                findings.push(finding.at(place).object(own.as_str()).help(help));
                return Vec::new();
            }
            match options::root(options) {
                Ok(root) => Some(root),
                Err(finding) => {
                    findings.push(finding.object(own.as_str()));
                    return Vec::new();
                }
            }
        }
        Source::Issued(_) | Source::Stored(_) => None,
    };
    let signer =
        bundle.signed_by.as_ref().and_then(|name| bundle.roots.iter().find(|root| root.name == *name));
    let mut trusts = Vec::new();
    for cluster in selected {
        let Some(object) = object_of(&admitted.intents, &cluster.name) else { continue };
        let source = match (&source, &generated_root) {
            (Source::Issued(issuer), _) => KeySource::Issued(issuer.clone()),
            (Source::Stored(stored), _) => KeySource::Stored(source::store_key(stored, &cluster.name)),
            (Source::Generated(_), Some(root)) => {
                let at = (object.place, &*cluster.origin.name);
                let minted = offline::minted(admitted, &cluster.name, signer, delivery, at, findings);
                KeySource::Generated(Generated { root: root.clone(), minted })
            }
            (Source::Generated(_), None) => continue,
        };
        let trust = Trust {
            origins: origins.clone(),
            source,
            intermediate: intermediate.clone(),
            roots: bundle.roots.clone(),
            signed_by: bundle.signed_by.clone(),
            rotation: bundle.rotation.clone(),
        };
        trusts.push((object, trust));
    }
    trusts
}

/// What a policy says of its signer; one that says nothing, or names Gloo's management server, is refused.
fn agent<'a>(
    policy: &'a Object<RootTrustPolicySpec>,
    findings: &mut Findings,
) -> Option<(&'a RootTrustConfig, &'a AgentCa)> {
    let mut refuse = |message: &str, place: Place| {
        let finding = Finding::new(FC601, message).at(place).help(SOURCES);
        findings.push(finding.object(policy.reference("RootTrustPolicy")));
    };
    let Some(config) = &policy.spec.config else {
        refuse("this policy names no source of `cacerts`", policy.place);
        return None;
    };
    match (&config.agent_ca, &config.mgmt_server_ca) {
        (Some(agent), _) => return Some((config, agent)),
        (None, Some(server)) => {
            refuse(
                "a CA held by Gloo's management server is no source of `cacerts`: nothing would sign",
                server.place,
            );
        }
        (None, None) => refuse("this policy names no source of `cacerts`", policy.place),
    }
    None
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
