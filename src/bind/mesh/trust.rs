//! What control planes sign with, and which roots are trusted.

use std::collections::BTreeSet;
use std::sync::Arc;

pub use crate::admit::EncryptedKey;
use crate::source::{Origin, Place};

/// How one cluster gets its `cacerts`, and what stands in it. Every name here is resolved: `signed_by` and the rotation's
/// `to` are roots of `roots`, its `from` is one too unless the phase is [`Phase::DropOld`].
#[derive(Debug, Clone)]
pub struct Trust {
    /// The RootTrustPolicy, and the CASource if it names one.
    pub origins: BTreeSet<Origin>,
    /// Where the signing key pair comes from.
    pub source: KeySource,
    /// How the intermediate is made.
    pub intermediate: CertificateOptions,
    /// The committed roots in the order of the policy, old first in a rotation. Empty: none is committed, and the one that
    /// the source reports is trusted.
    pub roots: Vec<Root>,
    /// The root that the signer chains to; `None` exactly where `roots` is empty.
    pub signed_by: Option<String>,
    /// A rotation that is under way.
    pub rotation: Option<Rotation>,
}

impl Trust {
    /// The root that the signer chains to, where roots are committed.
    pub fn signing_root(&self) -> Option<&Root> {
        self.root(self.signed_by.as_ref()?)
    }

    /// A committed root by its name.
    pub fn root(&self, name: &str) -> Option<&Root> {
        self.roots.iter().find(|root| root.name == name)
    }
}

/// A trusted root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// What the policy calls it.
    pub name: String,
    /// One certificate: the block from `-----BEGIN CERTIFICATE-----` to the line after its end, as the file has it.
    pub pem: Arc<str>,
    /// The file in the fleet directory.
    pub file: String,
    /// Where the policy names the file.
    pub place: Place,
}

impl Root {
    /// Whether two are one certificate, whatever they are called and however their lines are broken.
    pub fn same(&self, other: &Root) -> bool {
        let letters = |root: &Root| root.pem.split_whitespace().collect::<String>();
        letters(self) == letters(other)
    }
}

/// A rotation of the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The root that goes.
    pub from: String,
    /// The root that comes.
    pub to: String,
    /// How far it is.
    pub phase: Phase,
    /// Since when, `YYYY-MM-DD`.
    pub phase_since: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// How far a rotation is, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Both roots are trusted, the old one signs.
    TrustBoth,
    /// Both roots are trusted, the new one signs.
    SignNew,
    /// The new root alone is trusted.
    DropOld,
}

/// What a cluster's mesh trusts before its first `cacerts` of this fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PresentRoots {
    /// Nothing says.
    #[default]
    Unknown,
    /// No mesh runs there yet.
    Greenfield,
    /// These certificates, each one PEM block, said at the place.
    Known(Vec<Arc<str>>, Place),
    /// The root that a rotation in its last phase has dropped, by its name.
    Dropped(String),
}

/// Where a signing key pair comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// cert-manager makes the key in the cluster; the issuer signs it.
    Issued(Issuer),
    /// The External Secrets Operator fetches it.
    Stored(SecretStoreKey),
    /// The offline CA minted it into the fleet directory.
    Generated(Generated),
}

/// How a certificate is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateOptions {
    /// How long it lives, in hours.
    pub duration_hours: u32,
    /// How long before its end it is renewed, in hours.
    pub renew_before_hours: u32,
    /// `O` of its subject.
    pub organization: String,
    /// The key's size in bits if RSA was asked for; ECDSA P-256 otherwise.
    pub rsa_bits: Option<u16>,
}

/// Who signs a request of cert-manager's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// An issuer that is there already.
    Named {
        /// `cert-manager.io`, or an external issuer's group.
        group: String,
        /// `ClusterIssuer` or `Issuer`, or an external issuer's kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// A PKI of Vault; its issuer is rendered.
    Vault(Vault),
    /// An authority of AWS Private CA; its issuer is rendered.
    AwsPrivateCa {
        /// The authority's ARN.
        arn: String,
        /// Its region, where the ARN's own is not meant.
        region: Option<String>,
    },
}

/// A PKI of Vault, as cert-manager reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    /// The URL.
    pub server: String,
    /// `<mount>/root/sign-intermediate`, or that of one issuer of the mount: a path that signs a CA.
    pub path: String,
    /// Vault's own namespace.
    pub namespace: Option<String>,
    /// What Vault's TLS certificate is verified by.
    pub authority: Option<VaultAuthority>,
    /// How to log in.
    pub login: VaultLogin,
}

/// What Vault's TLS certificate is verified by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultAuthority {
    /// PEM in base64, as cert-manager takes it.
    Base64(String),
    /// The key `ca.crt` of a Secret in istiod's namespace.
    Secret(String),
}

/// How cert-manager logs in to Vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultLogin {
    /// The key `token` of a Secret in istiod's namespace.
    Token(String),
    /// A bound token of a service account.
    Kubernetes {
        /// `/v1/auth/kubernetes`
        mount_path: String,
        /// Vault's role.
        role: String,
        /// The service account in istiod's namespace; `None`: one is rendered.
        service_account: Option<String>,
    },
}

/// A place in a secret store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretStoreKey {
    /// `ClusterSecretStore` or `SecretStore`.
    pub kind: String,
    /// The store.
    pub store: String,
    /// The key in it, of this cluster.
    pub key: String,
    /// How often it is asked, a Go duration.
    pub refresh_interval: String,
}

/// What the offline CA has for one cluster.
#[derive(Debug, Clone)]
pub struct Generated {
    /// How a root is made.
    pub root: CertificateOptions,
    /// What it minted; `None`: nothing yet, which is an error of the build.
    pub minted: Option<Minted>,
}

/// An intermediate in the fleet directory.
#[derive(Debug, Clone)]
pub struct Minted {
    /// The certificate alone.
    pub certificate: PublicFile,
    /// The certificate, each further one up to the root, and the root.
    pub chain: PublicFile,
    /// Its key, encrypted for the cluster.
    pub key: EncryptedKey,
}

/// A file of public certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicFile {
    /// The path from the fleet directory.
    pub path: String,
    /// Its certificates, each one PEM block.
    pub certificates: Vec<Arc<str>>,
    /// Its first certificate in the file.
    pub place: Place,
}
