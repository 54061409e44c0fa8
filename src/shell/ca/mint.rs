//! Keys and certificates are made here and nowhere else.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::shell::trouble::Trouble;
use crate::trust::Moment;

/// A certificate and its key.
pub struct Minted {
    /// The certificate in PEM.
    pub certificate: String,
    /// The key in PEM (PKCS #8): never to be written as it is.
    pub key: Zeroizing<String>,
}

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// `O`.
    pub organization: String,
    /// `CN`, 64 characters at most (RFC 5280, appendix A: ub-common-name).
    pub common_name: String,
    /// The first second of its life.
    pub not_before: Moment,
    /// The last second of its life.
    pub not_after: Moment,
}

/// A root, ECDSA P-256: clusters' intermediates below it, and nothing that signs below those.
pub fn root(subject: &Subject) -> Result<Minted, Trouble> {
    let key = KeyPair::generate().map_err(refused)?;
    let usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params(subject, 1, usages)?.self_signed(&key).map_err(refused)?;
    Ok(Minted { certificate: certificate.pem(), key: Zeroizing::new(key.serialize_pem()) })
}

/// A cluster's intermediate, ECDSA P-256: leaves below it alone.
pub fn intermediate(subject: &Subject, root: &str, root_key: &str) -> Result<Minted, Trouble> {
    let signer = KeyPair::from_pem(root_key).map_err(refused)?;
    let issuer = Issuer::from_ca_cert_pem(root, signer).map_err(refused)?;
    let key = KeyPair::generate().map_err(refused)?;
    let usages =
        vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params(subject, 0, usages)?.signed_by(&key, &issuer).map_err(refused)?;
    Ok(Minted { certificate: certificate.pem(), key: Zeroizing::new(key.serialize_pem()) })
}

/// The public key of a private one, as the certificate has it.
pub fn public_key(key: &str) -> Result<Vec<u8>, Trouble> {
    Ok(KeyPair::from_pem(key).map_err(refused)?.public_key_raw().to_vec())
}

fn params(
    subject: &Subject,
    path_length: u8,
    usages: Vec<KeyUsagePurpose>,
) -> Result<CertificateParams, Trouble> {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, subject.organization.as_str());
    name.push(DnType::CommonName, subject.common_name.as_str());
    let time = |moment: Moment| {
        OffsetDateTime::from_unix_timestamp(moment.0).map_err(|_| {
            Trouble::new("the certificate would end after the year 9999").help("let it live shorter")
        })
    };
    let mut params = CertificateParams::default();
    params.not_before = time(subject.not_before)?;
    params.not_after = time(subject.not_after)?;
    params.distinguished_name = name;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = usages;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn refused(error: rcgen::Error) -> Trouble {
    Trouble::new(format!("cannot make the certificate: {}", error.to_string().to_lowercase()))
}
