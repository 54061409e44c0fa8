//! What each cluster signs with and trusts, before and after.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::change::State;
use super::files::Files;
use super::objects::certificates;
use crate::bind::{self, Cluster, Issuer, KeySource, Mesh};
use crate::source::FileId;
use crate::trust::{self, Certificate};
use crate::yaml::{Node, read};

/// The trust of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustRow {
    /// The cluster.
    pub cluster: String,
    /// Whether the two sides differ.
    pub changed: bool,
    /// What held before; `null`: there was no such cluster, or nothing that governs its trust.
    pub before: Option<TrustState>,
    /// What holds after.
    pub after: Option<TrustState>,
}

/// What a cluster signs with and trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustState {
    /// The trust domain; `null` where only a rendered tree is known.
    pub trust_domain: Option<String>,
    /// Where the signing key pair comes from: `cert-manager, ClusterIssuer/root`, `offline CA`.
    pub signer: String,
    /// The root that the signer chains to, by its name; `null` where none is committed.
    pub signed_by: Option<String>,
    /// The trusted roots, in the order of the bundle; empty: none is committed, and the one that the source reports is
    /// trusted.
    pub roots: Vec<CertificateFacts>,
    /// The cluster's own intermediate, where it is committed.
    pub intermediate: Option<CertificateFacts>,
    /// A rotation that is under way.
    pub rotation: Option<RotationFacts>,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// What the RootTrustPolicy calls it.
    pub name: Option<String>,
    /// Its subject.
    pub subject: String,
    /// Hex SHA-256 of the whole certificate.
    pub sha256: String,
    /// The first day of its life, `YYYY-MM-DD`.
    pub not_before: String,
    /// The last day of its life.
    pub not_after: String,
}

/// How far a rotation is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RotationFacts {
    /// The name of the root that goes.
    pub from: String,
    /// The name of the root that comes.
    pub to: String,
    /// `trust-both`, `sign-new` or `drop-old`.
    pub phase: String,
    /// Since when, `YYYY-MM-DD`.
    pub since: Option<String>,
}

/// The trust of every cluster of which something is known. Both sides are read from their rendered files where one of them
/// is nothing else.
pub fn trust_changes(old: &State<'_>, new: &State<'_>) -> Vec<TrustRow> {
    let (before, after) = if old.is_tree() || new.is_tree() {
        (of_files(old.files), of_files(new.files))
    } else {
        (old.mesh.map(of_mesh).unwrap_or_default(), new.mesh.map(of_mesh).unwrap_or_default())
    };
    let clusters: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let row = |cluster: &String| {
        let (before, after) = (before.get(cluster).cloned(), after.get(cluster).cloned());
        TrustRow { cluster: cluster.clone(), changed: before != after, before, after }
    };
    clusters.into_iter().map(row).collect()
}

fn of_mesh(mesh: &Mesh) -> BTreeMap<String, TrustState> {
    let governed = mesh.clusters.iter().filter_map(|cluster| {
        let trust = cluster.trust.as_ref()?;
        Some((cluster.name.clone(), of_cluster(cluster, trust)))
    });
    governed.collect()
}

fn of_cluster(cluster: &Cluster, trust: &bind::Trust) -> TrustState {
    let facts = |name: Option<&str>, pem: &str| {
        Certificate::from_pem(pem).ok().map(|read| CertificateFacts::of(name, &read))
    };
    let minted = match &trust.source {
        KeySource::Generated(generated) => generated.minted.as_ref(),
        KeySource::Issued(_) | KeySource::Stored(_) => None,
    };
    TrustState {
        trust_domain: Some(cluster.trust_domain.to_string()),
        signer: signer(&trust.source),
        signed_by: trust.signed_by.clone(),
        roots: trust.roots.iter().filter_map(|root| facts(Some(&root.name), &root.pem)).collect(),
        intermediate: minted.and_then(|minted| facts(None, minted.certificate.certificates.first()?)),
        rotation: trust.rotation.as_ref().map(|rotation| RotationFacts {
            from: rotation.from.clone(),
            to: rotation.to.clone(),
            phase: phase(rotation.phase).name().to_owned(),
            since: rotation.phase_since.clone(),
        }),
    }
}

fn phase(phase: bind::Phase) -> trust::Phase {
    match phase {
        bind::Phase::TrustBoth => trust::Phase::TrustBoth,
        bind::Phase::SignNew => trust::Phase::SignNew,
        bind::Phase::DropOld => trust::Phase::DropOld,
    }
}

fn signer(source: &KeySource) -> String {
    match source {
        KeySource::Issued(Issuer::Named { group, kind, name }) if group == "cert-manager.io" => {
            format!("cert-manager, {kind} {name}")
        }
        KeySource::Issued(Issuer::Named { group, kind, name }) => {
            format!("cert-manager, {kind} {name} of {group}")
        }
        KeySource::Issued(Issuer::Vault(vault)) => format!("Vault, {} at {}", vault.path, vault.server),
        KeySource::Issued(Issuer::AwsPrivateCa { arn, .. }) => format!("AWS Private CA, {arn}"),
        KeySource::Stored(stored) => {
            format!("External Secrets, {} of {} {}", stored.key, stored.kind, stored.store)
        }
        KeySource::Generated(_) => "offline CA".to_owned(),
    }
}

impl CertificateFacts {
    /// The facts of a certificate.
    pub fn of(name: Option<&str>, certificate: &Certificate) -> Self {
        CertificateFacts {
            name: name.map(str::to_owned),
            subject: certificate.subject.clone(),
            sha256: certificate.fingerprint.clone(),
            not_before: certificate.not_before.day().to_string(),
            not_after: certificate.not_after.day().to_string(),
        }
    }
}

/// What the stage `1-trust` of each cluster holds: its certificates, and who issues `cacerts`.
fn of_files(files: &Files) -> BTreeMap<String, TrustState> {
    let mut states: BTreeMap<String, TrustState> = BTreeMap::new();
    for (path, text) in files {
        let mut parts = path.split('/');
        let (Some(cluster), Some("1-trust")) = (parts.next(), parts.next()) else { continue };
        let node = read(FileId(0), text.as_bytes()).documents.into_iter().next();
        let issuer = node.as_ref().and_then(issuer_of);
        let found = certificates(text);
        if issuer.is_none() && found.is_empty() {
            continue;
        }
        let state = states.entry(cluster.to_owned()).or_default();
        if let Some(issuer) = issuer {
            state.signer = issuer;
        }
        for certificate in found {
            let facts = CertificateFacts::of(None, &certificate);
            if !certificate.is_self_issued() {
                state.intermediate.get_or_insert(facts);
            } else if !state.roots.contains(&facts) {
                state.roots.push(facts);
            }
        }
    }
    states
}

/// Who signs the request of a cert-manager Certificate, and where an ExternalSecret fetches from.
fn issuer_of(object: &Node) -> Option<String> {
    let spec = object.get("spec")?;
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).map(str::to_owned);
    match object.get("kind").and_then(Node::as_text)? {
        "Certificate" => {
            let issuer = spec.get("issuerRef")?;
            Some(format!("cert-manager, {} {}", text(issuer, "kind")?, text(issuer, "name")?))
        }
        "ExternalSecret" => {
            let store = spec.get("secretStoreRef")?;
            Some(format!("External Secrets, {} {}", text(store, "kind")?, text(store, "name")?))
        }
        _ => None,
    }
}
