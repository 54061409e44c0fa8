//! How a cluster's control plane gets what it signs with.

use std::sync::Arc;

use super::intent::Origins;
use super::names::hashed;
use crate::bind::Cluster;
pub use crate::bind::{EncryptedKey, Issuer, SecretStoreKey, Vault, VaultAuthority, VaultLogin};
use crate::bind::{KeySource, Trust};

/// The Secret that the control plane signs with, and where its parts come from.
#[derive(Debug, Clone)]
pub struct SignerIntent {
    /// The key pair and its certificates.
    pub keys: Keys,
    /// PEM of each committed root, in order; empty: the source's own root is trusted.
    pub roots: Vec<Arc<str>>,
    /// Why it is there.
    pub origins: Origins,
}

impl SignerIntent {
    /// Whether the delivery engine has to decrypt it.
    pub fn is_encrypted_by_sops(&self) -> bool {
        matches!(&self.keys, Keys::Minted { key: EncryptedKey::Sops(_), .. })
    }
}

/// Where the key pair comes from.
#[derive(Debug, Clone)]
pub enum Keys {
    /// Made in the cluster, straight into the Secret; the issuer's answer names the root.
    Issued(CertificateRequest),
    /// Made in the cluster, into a Secret of its own; the Secret is put together from it and the committed roots.
    Assembled {
        /// What is asked for.
        request: CertificateRequest,
        /// The Secret that receives the key pair, of its root's generation.
        generation: String,
        /// PEM of the root that the issuer signs under, which closes the chain.
        root: Arc<str>,
    },
    /// Fetched from a store.
    Stored(SecretStoreKey),
    /// Minted offline.
    Minted {
        /// PEM of the certificate.
        certificate: Arc<str>,
        /// PEM of the certificate and each further one, the root last.
        chain: Vec<Arc<str>>,
        /// The key.
        key: EncryptedKey,
    },
}

/// An intermediate that is asked for.
#[derive(Debug, Clone)]
pub struct CertificateRequest {
    /// `CN`, distinct per cluster.
    pub common_name: String,
    /// `O`.
    pub organization: String,
    /// How long it lives, in hours.
    pub duration_hours: u32,
    /// How long before the end it is renewed, in hours.
    pub renew_before_hours: u32,
    /// RSA of this many bits; `None`: ECDSA P-256.
    pub rsa_bits: Option<u16>,
    /// Who signs it.
    pub issuer: Issuer,
}

/// What a cluster signs with, if a policy says so.
pub(super) fn signer(cluster: &Cluster) -> Option<SignerIntent> {
    let trust = cluster.trust.as_ref()?;
    let mut origins = trust.origins.clone();
    origins.insert(cluster.origin.clone());
    let roots = trust.roots.iter().map(|root| root.pem.clone()).collect();
    Some(SignerIntent { keys: keys(cluster, trust)?, roots, origins })
}

fn keys(cluster: &Cluster, trust: &Trust) -> Option<Keys> {
    Some(match &trust.source {
        KeySource::Issued(issuer) => {
            let options = &trust.intermediate;
            let request = CertificateRequest {
                common_name: common_name(&cluster.name),
                organization: options.organization.clone(),
                duration_hours: options.duration_hours,
                renew_before_hours: options.renew_before_hours,
                rsa_bits: options.rsa_bits,
                issuer: issuer.clone(),
            };
            match trust.signing_root() {
                None => Keys::Issued(request),
                Some(root) => Keys::Assembled {
                    request,
                    generation: format!("istio-ca-{}", root.name),
                    root: root.pem.clone(),
                },
            }
        }
        KeySource::Stored(key) => Keys::Stored(key.clone()),
        KeySource::Generated(generated) => {
            // a build without it was refused
            let minted = generated.minted.as_ref()?;
            Keys::Minted {
                certificate: minted.certificate.certificates.first()?.clone(),
                chain: minted.chain.certificates.clone(),
                key: minted.key.clone(),
            }
        }
    })
}

/// Certificates hold 64 characters there (RFC 5280, ub-common-name).
fn common_name(cluster: &str) -> String {
    const WHAT: &str = " intermediate CA";
    let room = 64 - WHAT.len();
    let cluster = if cluster.len() <= room { cluster.to_owned() } else { hashed(cluster, cluster, room) };
    cluster + WHAT
}
