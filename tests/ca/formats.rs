//! What is encrypted, other programs decrypt. The ones that are not installed are named on standard error.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::decrypt;
use crate::fleet::Fleet;

const OPERATOR_SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

#[test]
fn the_formats_definitions_decrypt_keys() {
    let fleet = Fleet::new();
    let root = decrypt::age(&fleet.read("trust/roots/mesh-2025.key.age"), OPERATOR_SECRET);
    assert!(String::from_utf8_lossy(&root).starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let key = decrypt::sops(&fleet.read("trust/cluster-west/cacerts.sops.yaml"), OPERATOR_SECRET);
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"));
}

#[test]
fn what_build_renders_still_decrypts() {
    let fleet = Fleet::new();
    let rendered = std::fs::read_to_string(
        fleet.place.path().join("out/solo-demo/cluster-west/1-trust/istio-system/secret-cacerts.yaml"),
    )
    .expect("rendered");
    assert!(rendered.contains("root-cert.pem"), "{rendered}");
    decrypt::sops(&rendered, OPERATOR_SECRET);
}

/// Go's age.
#[test]
fn age_decrypts_a_roots_key() {
    let fleet = Fleet::new();
    if Command::new("age").arg("--version").output().is_err() {
        eprintln!("SKIPPED: `age` is not installed (apt-get install age)");
        return;
    }
    let file = fleet.folder().join("trust/roots/mesh-2025.key.age");
    let output =
        Command::new("age").arg("-d").arg("-i").arg(fleet.identity()).arg(file).output().expect("age");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.starts_with(b"-----BEGIN PRIVATE KEY-----"));
    assert_eq!(output.stdout, decrypt::age(&fleet.read("trust/roots/mesh-2025.key.age"), OPERATOR_SECRET));
}

/// Python's cryptography: AES-GCM, RSA-OAEP, the MAC.
#[test]
fn python_decrypts_sops_and_sealed_secrets() {
    let fleet = Fleet::new();
    let has = Command::new("python3").args(["-c", "import cryptography, yaml"]).output();
    if !has.is_ok_and(|output| output.status.success()) || !fleet.unsealing_key().exists() {
        eprintln!("SKIPPED: python3 with cryptography and yaml, or openssl, is not installed");
        return;
    }
    let data_key = {
        let file = fleet.read("trust/cluster-west/cacerts.sops.yaml");
        let armour: Vec<&str> =
            file.lines().map(str::trim).skip_while(|line| !line.starts_with("-----BEGIN AGE")).collect();
        let end = armour.iter().position(|line| line.starts_with("-----END AGE")).expect("an end");
        decrypt::age(&armour[..=end].join("\n"), OPERATOR_SECRET)
    };
    let hex: String = data_key.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut child = Command::new("python3")
        .arg("-")
        .arg(fleet.folder().join("trust/cluster-west/cacerts.sops.yaml"))
        .arg(&hex)
        .arg(fleet.folder().join("trust/cluster-east/cacerts.sealedsecret.yaml"))
        .arg(fleet.unsealing_key())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    child.stdin.take().expect("input").write_all(include_bytes!("decrypt.py")).expect("writes");
    let output = child.wait_with_output().expect("ends");
    let keys = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success());
    assert_eq!(keys.matches("-----BEGIN PRIVATE KEY-----").count(), 2, "both keys");
    let west = decrypt::sops(&fleet.read("trust/cluster-west/cacerts.sops.yaml"), OPERATOR_SECRET);
    assert!(keys.contains(&west));
}
