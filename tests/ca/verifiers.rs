//! What istiod signs with an intermediate of ours, other verifiers accept in the roles of workloads.

use std::process::Command;
use std::time::Duration;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::decrypt;
use crate::fleet::Fleet;

const OPERATOR_SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
/// 2026-02-01, while everything lives.
const NOW: u64 = 1_769_904_000;

/// A workload's certificate, as istiod makes it: a SPIFFE identity, for servers and clients.
fn workload(fleet: &Fleet) -> rcgen::Certificate {
    let key = decrypt::sops(&fleet.read("trust/cluster-west/cacerts.sops.yaml"), OPERATOR_SECRET);
    let signer = KeyPair::from_pem(&key).expect("a key");
    let issuer =
        Issuer::from_ca_cert_pem(&fleet.read("trust/cluster-west/ca-cert.pem"), signer).expect("an issuer");
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let identity = "spiffe://cluster.local/ns/bookinfo/sa/reviews".try_into().expect("a name");
    params.subject_alt_names = vec![SanType::URI(identity)];
    params.not_before = rcgen::date_time_ymd(2026, 1, 31);
    params.not_after = rcgen::date_time_ymd(2026, 2, 2);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.signed_by(&KeyPair::generate().expect("a key"), &issuer).expect("a certificate")
}

fn der(pem: &str) -> Vec<CertificateDer<'static>> {
    let blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    let body =
        |block: &str| block.split("-----END").next().expect("an end").split_whitespace().collect::<String>();
    blocks.map(|block| decrypt::base64(&body(block)).into()).collect()
}

#[test]
fn rustls_accepts_workloads_as_servers_and_clients() {
    let fleet = Fleet::new();
    let leaf = workload(&fleet);
    let chain = der(&fleet.read("trust/cluster-west/cert-chain.pem"));
    let root = der(&fleet.read("trust/roots/mesh-2025.pem"));
    let anchors = [anchor_from_trusted_cert(&root[0]).expect("an anchor")];
    let end_entity = EndEntityCert::try_from(leaf.der()).expect("a leaf");
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let verify = |usage, anchors: &[_], now| {
        end_entity
            .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, anchors, &chain[..1], now, usage, None, None)
            .map(drop)
    };
    verify(KeyUsage::server_auth(), &anchors, now).expect("a server");
    verify(KeyUsage::client_auth(), &anchors, now).expect("a client");
    // the same, where it must not be accepted
    let other = Fleet::new();
    let strange = der(&other.read("trust/roots/mesh-2025.pem"));
    let strange = [anchor_from_trusted_cert(&strange[0]).expect("an anchor")];
    assert!(verify(KeyUsage::server_auth(), &strange, now).is_err(), "a root of the same name, another key");
    let late = UnixTime::since_unix_epoch(Duration::from_secs(NOW + 3 * 86_400));
    assert!(verify(KeyUsage::server_auth(), &anchors, late).is_err());
}

#[test]
fn openssl_accepts_roots_intermediates_and_workloads() {
    let fleet = Fleet::new();
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("SKIPPED: `openssl` is not installed");
        return;
    }
    let root = fleet.folder().join("trust/roots/mesh-2025.pem");
    let chain = fleet.folder().join("trust/cluster-west/cert-chain.pem");
    let leaf = fleet.secret("leaf.pem", &workload(&fleet).pem());
    let verify = |purpose: &str, certificate: &std::path::Path| {
        let output = Command::new("openssl")
            .args(["verify", "-x509_strict", "-attime", &NOW.to_string(), "-purpose", purpose, "-CAfile"])
            .arg(&root)
            .arg("-untrusted")
            .arg(&chain)
            .arg(certificate)
            .output()
            .expect("openssl");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{purpose}: {said}");
    };
    for purpose in ["sslserver", "sslclient"] {
        verify(purpose, leaf.as_ref());
    }
    verify("any", &fleet.folder().join("trust/cluster-west/ca-cert.pem"));
    verify("any", &root);
}
