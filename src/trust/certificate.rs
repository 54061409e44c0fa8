//! What a public certificate says.

use sha2::{Digest, Sha256};
use x509_parser::extensions::ParsedExtension;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::Moment;

/// A certificate, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    subject_der: Vec<u8>,
    issuer_der: Vec<u8>,
    /// The subject as people write it: `O=Istio, CN=Root CA`.
    pub subject: String,
    /// The issuer as people write it.
    pub issuer: String,
    /// The serial number in hex, bytes parted by colons.
    pub serial: String,
    /// The first second of its life.
    pub not_before: Moment,
    /// The last second of its life.
    pub not_after: Moment,
    /// `basicConstraints`, if it has any.
    pub constraints: Option<Constraints>,
    /// Whether `keyUsage` allows to sign certificates; `None` without that extension.
    pub signs_certificates: Option<bool>,
    /// What `extendedKeyUsage` allows, if it has any.
    pub purposes: Option<Purposes>,
    /// Identifiers of critical extensions that proxies refuse because they do not know them.
    pub strange_extensions: Vec<String>,
    /// The subject's key.
    pub key: Key,
    /// How its issuer signed it.
    pub signature: Signature,
    /// `subjectKeyIdentifier` in hex.
    pub subject_key_id: Option<String>,
    /// The key identifier of `authorityKeyIdentifier` in hex.
    pub authority_key_id: Option<String>,
    /// Hex SHA-256 of the whole certificate.
    pub fingerprint: String,
}

/// `basicConstraints`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constraints {
    /// The CA flag.
    pub is_ca: bool,
    /// How many CAs may stand between it and a leaf.
    pub path_length: Option<u32>,
}

/// `extendedKeyUsage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purposes {
    /// `serverAuth`, or any.
    pub server: bool,
    /// `clientAuth`, or any.
    pub client: bool,
}

/// A public key, as far as it matters how strong it is and who reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// RSA with a modulus of so many bits.
    Rsa(usize),
    /// ECDSA on the curve P-256 or P-384.
    Ecdsa(u16),
    /// Anything else, by a name.
    Other(String),
}

/// How a certificate was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// With a hash that holds: `ECDSA with SHA-256`.
    Strong(&'static str),
    /// With a hash that is broken: `RSA with SHA-1`.
    Weak(&'static str),
    /// Anything else, by its object identifier.
    Other(String),
}

/// What rustls-webpki knows (src/cert.rs, `remember_extension`); it refuses a certificate with any other critical extension.
const KNOWN_CRITICAL: [&str; 7] =
    ["2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.37"];

impl Certificate {
    /// Reads one PEM block. The error says what is wrong, as a clause: `is no PEM`.
    pub fn from_pem(text: &str) -> Result<Self, String> {
        let mut blocks = Pem::iter_from_buffer(text.as_bytes());
        let block = match blocks.next() {
            Some(Ok(block)) => block,
            Some(Err(_)) => return Err("is no PEM".to_owned()),
            None => return Err("holds no PEM block".to_owned()),
        };
        if block.label != "CERTIFICATE" {
            return Err(format!("holds a `{}`", block.label.to_lowercase()));
        }
        if blocks.next().is_some() {
            return Err("holds more than one block".to_owned());
        }
        Self::from_der(block.contents)
    }

    /// Reads every `CERTIFICATE` block of a text.
    pub fn all_from_pem(text: &str) -> Result<Vec<Self>, String> {
        let blocks = Pem::iter_from_buffer(text.as_bytes());
        let read = blocks.map(|block| {
            let block = block.map_err(|_| "is no PEM".to_owned())?;
            if block.label == "CERTIFICATE" {
                Self::from_der(block.contents)
            } else {
                Err(format!("holds a `{}`", block.label.to_lowercase()))
            }
        });
        read.collect()
    }

    /// Reads the bytes of one certificate.
    pub fn from_der(der: Vec<u8>) -> Result<Self, String> {
        let (rest, read) =
            X509Certificate::from_der(&der).map_err(|_| "is not the encoding of a certificate".to_owned())?;
        if !rest.is_empty() {
            return Err("has bytes after its end".to_owned());
        }
        let mut certificate = Certificate {
            subject_der: read.subject().as_raw().to_vec(),
            issuer_der: read.issuer().as_raw().to_vec(),
            subject: read.subject().to_string(),
            issuer: read.issuer().to_string(),
            serial: read.raw_serial_as_string(),
            not_before: Moment(read.validity().not_before.timestamp()),
            not_after: Moment(read.validity().not_after.timestamp()),
            constraints: None,
            signs_certificates: None,
            purposes: None,
            strange_extensions: Vec::new(),
            key: key(&read)?,
            signature: signature(&read.signature_algorithm.algorithm.to_id_string()),
            subject_key_id: None,
            authority_key_id: None,
            fingerprint: hex(&Sha256::digest(&der)),
            der: Vec::new(),
        };
        for extension in read.extensions() {
            let id = extension.oid.to_id_string();
            if extension.critical && !KNOWN_CRITICAL.contains(&id.as_str()) {
                certificate.strange_extensions.push(id.clone());
            }
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(said) => {
                    certificate.constraints =
                        Some(Constraints { is_ca: said.ca, path_length: said.path_len_constraint });
                }
                ParsedExtension::KeyUsage(said) => {
                    certificate.signs_certificates = Some(said.key_cert_sign())
                }
                ParsedExtension::ExtendedKeyUsage(said) => {
                    certificate.purposes = Some(Purposes {
                        server: said.any || said.server_auth,
                        client: said.any || said.client_auth,
                    });
                }
                ParsedExtension::SubjectKeyIdentifier(said) => certificate.subject_key_id = Some(hex(said.0)),
                ParsedExtension::AuthorityKeyIdentifier(said) => {
                    certificate.authority_key_id = said.key_identifier.as_ref().map(|id| hex(id.0));
                }
                ParsedExtension::ParseError { .. } => {
                    return Err(format!("has an extension {id} that is broken"));
                }
                _ => {}
            }
        }
        certificate.der = der;
        Ok(certificate)
    }

    /// The bytes of the certificate.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_issued(&self) -> bool {
        self.subject_der == self.issuer_der
    }

    /// Whether it names the other as its issuer: by name, byte for byte.
    pub fn names_as_issuer(&self, issuer: &Certificate) -> bool {
        self.issuer_der == issuer.subject_der
    }

    /// Whether the two have one subject, byte for byte.
    pub fn has_subject_of(&self, other: &Certificate) -> bool {
        self.subject_der == other.subject_der
    }

    /// Whether the other's key made its signature. False too where the algorithm is none that proxies verify.
    pub fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let read = |der| X509Certificate::from_der(der).ok().map(|(_, read)| read);
        let (Some(own), Some(issuer)) = (read(self.der.as_slice()), read(issuer.der.as_slice())) else {
            return false;
        };
        own.verify_signature(Some(issuer.public_key())).is_ok()
    }
}

fn key(read: &X509Certificate<'_>) -> Result<Key, String> {
    let info = read.public_key();
    let curve = || info.algorithm.parameters.as_ref()?.as_oid().ok().map(|oid| oid.to_id_string());
    match info.parsed().map_err(|_| "has a broken public key".to_owned())? {
        PublicKey::RSA(key) => Ok(Key::Rsa(bits(key.modulus))),
        PublicKey::EC(_) => Ok(match curve().as_deref() {
            Some("1.2.840.10045.3.1.7") => Key::Ecdsa(256),
            Some("1.3.132.0.34") => Key::Ecdsa(384),
            Some("1.3.132.0.35") => Key::Other("ECDSA P-521".to_owned()),
            Some(other) => Key::Other(format!("ECDSA on the curve {other}")),
            None => Key::Other("ECDSA on a curve of its own".to_owned()),
        }),
        PublicKey::DSA(_) => Ok(Key::Other("DSA".to_owned())),
        _ => Ok(match info.algorithm.algorithm.to_id_string().as_str() {
            "1.3.101.112" => Key::Other("Ed25519".to_owned()),
            other => Key::Other(format!("algorithm {other}")),
        }),
    }
}

/// The length of a big-endian number in bits.
fn bits(modulus: &[u8]) -> usize {
    let significant: Vec<u8> = modulus.iter().copied().skip_while(|byte| *byte == 0).collect();
    let first = significant.first().map_or(0, |byte| byte.leading_zeros() as usize);
    significant.len() * 8 - first
}

fn signature(oid: &str) -> Signature {
    match oid {
        "1.2.840.10045.4.3.2" => Signature::Strong("ECDSA with SHA-256"),
        "1.2.840.10045.4.3.3" => Signature::Strong("ECDSA with SHA-384"),
        "1.2.840.113549.1.1.11" => Signature::Strong("RSA with SHA-256"),
        "1.2.840.113549.1.1.12" => Signature::Strong("RSA with SHA-384"),
        "1.2.840.113549.1.1.13" => Signature::Strong("RSA with SHA-512"),
        "1.2.840.113549.1.1.10" => Signature::Strong("RSA-PSS"),
        "1.2.840.113549.1.1.4" => Signature::Weak("RSA with MD5"),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Signature::Weak("RSA with SHA-1"),
        "1.2.840.10045.4.1" => Signature::Weak("ECDSA with SHA-1"),
        other => Signature::Other(other.to_owned()),
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Key::Rsa(bits) => write!(out, "RSA {bits}"),
            Key::Ecdsa(bits) => write!(out, "ECDSA P-{bits}"),
            Key::Other(name) => write!(out, "{name}"),
        }
    }
}

/// Lower case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
