//! The example fleet in a git repository of its own, on the offline CA.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The operator's pair: the one of the age specification's examples.
pub const OPERATOR: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
const OPERATOR_SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

/// A fleet that the tests change.
pub struct Fleet {
    pub place: TempDir,
    /// Outside of the repository.
    secrets: TempDir,
}

const POLICY: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: RootTrustPolicy
metadata:
  name: shared-trust # ours
  namespace: gloo-mesh
spec:
  config:
    # what is trusted everywhere
    rootBundle:
    - {name: mesh-2025, file: trust/roots/mesh-2025.pem}   # made offline
    agentCa:
      caSourceRef: {name: offline}
---
apiVersion: admin.gloo.solo.io/v2
kind: CASource
metadata:
  name: offline
  namespace: gloo-mesh
spec:
  generated: {ttlDays: 3650}
";

impl Fleet {
    /// A copy of the example fleet, on the offline CA, with everything issued and built, committed.
    pub fn new() -> Self {
        let fleet = Fleet::without_certificates();
        fleet.good(&["ca", "init", "mesh-2025", "--recipient", OPERATOR, "--now", "2026-01-15"]);
        let identity = fleet.identity();
        if let Some(sealing) = fleet.sealing_cert() {
            let sealed = [
                "ca",
                "issue",
                "cluster-east",
                "--sealing-cert",
                &sealing,
                "--now",
                "2026-01-15",
                "-i",
                &identity,
            ];
            fleet.good(&sealed);
        }
        fleet.good(&[
            "ca",
            "issue",
            "--missing",
            "--recipient",
            OPERATOR,
            "--now",
            "2026-01-15",
            "-i",
            &fleet.identity(),
        ]);
        fleet.good(&["build"]);
        fleet.commit("start");
        fleet
    }

    pub fn without_certificates() -> Self {
        let fleet = Fleet {
            place: tempfile::tempdir().expect("a folder"),
            secrets: tempfile::tempdir().expect("a folder"),
        };
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("fleets/solo-demo");
        for entry in walkdir::WalkDir::new(&example) {
            let entry = entry.expect("an entry");
            let path = entry.path().strip_prefix(&example).expect("below").to_owned();
            if entry.file_type().is_file() {
                let text = std::fs::read_to_string(entry.path()).expect("text");
                let text = text
                    .replace("greenfield: true", "currentRoot: mesh-2025")
                    .replace("installed: [cert-manager]", "installed: [sealed-secrets]")
                    .replace(
                        "  delivery:\n",
                        "  delivery:\n    decryption: {provider: sops, plugin: sops}\n",
                    );
                fleet.write(&path.to_string_lossy(), &text);
            }
        }
        fleet.write("trust/shared-trust.yaml", POLICY);
        std::fs::write(fleet.secrets.path().join("operator.age"), format!("# ours\n{OPERATOR_SECRET}\n"))
            .expect("writable");
        fleet.git(&["init", "-q", "-b", "main"]);
        fleet
    }

    pub fn folder(&self) -> PathBuf {
        self.place.path().join("fleets/solo-demo")
    }

    pub fn identity(&self) -> String {
        self.secrets.path().join("operator.age").display().to_string()
    }

    /// A file outside of the repository.
    pub fn secret(&self, name: &str, text: &str) -> String {
        let path = self.secrets.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path.display().to_string()
    }

    /// The certificate of a sealed-secrets controller, whose key is [`Fleet::unsealing_key`]; `None` without openssl.
    pub fn sealing_cert(&self) -> Option<String> {
        let path = self.secrets.path().join("seal.crt");
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/O=sealed-secret",
                "-days",
                "3650",
                "-keyout",
            ])
            .arg(self.unsealing_key())
            .arg("-out")
            .arg(&path)
            .output();
        if made.is_ok_and(|output| output.status.success()) {
            return Some(path.display().to_string());
        }
        eprintln!("SKIPPED: nothing is sealed, since `openssl` is not installed");
        None
    }

    pub fn unsealing_key(&self) -> PathBuf {
        self.secrets.path().join("seal.key")
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("writable");
    }

    pub fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let status =
            Command::new("git").arg("-C").arg(self.place.path()).args(identity).args(arguments).status();
        assert!(status.expect("git").success(), "git {arguments:?}");
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_fleetc"))
            .current_dir(self.place.path())
            .env_remove("SOPS_AGE_KEY_FILE")
            .env_remove("SOPS_AGE_KEY")
            .args(arguments)
            .output()
            .expect("runs");
        self.holds_no_private_key();
        output
    }

    /// Runs a command that must succeed, and gives its standard output.
    pub fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "fleetc {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a command that must end with a code, and gives what it complained about.
    pub fn bad(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "fleetc {arguments:?}: {said}");
        said
    }

    /// Every byte below the repository: no key in PEM, in base64 of PEM, in DER, and no secret of age.
    fn holds_no_private_key(&self) {
        // the key type of EC keys in PKCS #8, up to the octets of the key itself, and the same in SEC 1
        const PKCS8_P256: &[u8] =
            &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b];
        let begins: [&[u8]; 7] = [
            b"PRIVATE KEY",
            b"AGE-SECRET-KEY",
            PKCS8_P256,
            // `-----BEGIN PRIVATE KEY` and the DER above in base64, at each of the three places in a group
            b"LS0tLS1CRUdJTiBQUklWQVRFIEtFW",
            b"tLS0tLUJFR0lOIFBSSVZBVEUgS0VZ",
            b"0tLS0tQkVHSU4gUFJJVkFURSBLRV",
            b"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg",
        ];
        for entry in walkdir::WalkDir::new(self.place.path()) {
            let entry = entry.expect("an entry");
            if entry.file_type().is_file()
                && !entry.path().components().any(|part| part.as_os_str() == ".git")
            {
                let bytes = std::fs::read(entry.path()).expect("readable");
                for begin in begins {
                    let found = bytes.windows(begin.len()).any(|window| window == begin);
                    assert!(!found, "{} holds {:?}", entry.path().display(), String::from_utf8_lossy(begin));
                }
            }
        }
    }
}
