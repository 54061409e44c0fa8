//! What each task says and refuses.

use crate::fleet::{Fleet, OPERATOR};

#[test]
fn status_says_who_signs_and_what_ends() {
    let fleet = Fleet::new();
    let text = fleet.good(&["ca", "status", "--now", "2026-01-20"]);
    assert!(text.contains("mesh-2025") && text.contains("here, encrypted"), "{text}");
    assert_eq!(text.matches("offline CA").count(), 3, "{text}");
    let json: serde_json::Value =
        serde_json::from_str(&fleet.good(&["ca", "status", "--now", "2026-01-20", "-o", "json"]))
            .expect("JSON");
    assert_eq!(json["clusters"][0]["state"], "good");
    assert_eq!(json["clusters"][0]["ends"], "2027-01-14");
    assert_eq!(json["roots"][0]["daysLeft"], 3644);
    let output = fleet.run(&["ca", "status", "--now", "2027-02-01"]);
    assert_eq!(output.status.code(), Some(1), "ended");
    assert!(String::from_utf8_lossy(&output.stdout).contains("ended"));
}

#[test]
fn certificates_that_are_there_stay() {
    let fleet = Fleet::new();
    let identity = fleet.identity();
    let before = fleet.read("trust/cluster-west/ca-cert.pem");
    fleet.good(&["ca", "issue", "--missing", "--now", "2026-02-01", "-i", &identity]);
    fleet.good(&["ca", "issue", "--renew-before", "30d", "--now", "2026-02-01", "-i", &identity]);
    assert_eq!(fleet.read("trust/cluster-west/ca-cert.pem"), before);
    fleet.good(&["ca", "issue", "--renew-before", "2027-01-14", "--now", "2026-12-20", "-i", &identity]);
    assert_ne!(fleet.read("trust/cluster-west/ca-cert.pem"), before);
    fleet.good(&["build"]);
    // a new intermediate under the same root is safe at any time
    fleet.good(&["check", "--against", "HEAD"]);
}

#[test]
fn a_build_needs_no_secret_and_is_the_same_twice() {
    let fleet = Fleet::new();
    fleet.good(&["build", "--check"]);
    let tree = fleet.place.path().join("out/solo-demo/fleetc.lock");
    let lock = std::fs::read(&tree).expect("a lock");
    fleet.good(&["build", "--force"]);
    assert_eq!(std::fs::read(&tree).expect("a lock"), lock);
}

#[test]
fn a_root_is_never_made_anew() {
    let fleet = Fleet::new();
    let said = fleet.bad(2, &["ca", "init", "mesh-2025"]);
    assert!(said.contains("there is a root `mesh-2025` already"), "{said}");
    let said = fleet.bad(2, &["ca", "init", "mesh 2025"]);
    assert!(said.contains("not a name"), "{said}");
}

#[test]
fn recipients_are_read_with_care() {
    let fleet = Fleet::without_certificates();
    let said = fleet.bad(2, &["ca", "init", "mesh-2025"]);
    assert!(said.contains("nothing says for whom to encrypt"), "{said}");
    for bad in ["age1qqqq", "ssh-ed25519 AAAA", &OPERATOR.replace('j', "q")] {
        fleet.bad(2, &["ca", "init", "mesh-2025", "--recipient", bad]);
    }
    fleet.good(&["ca", "init", "mesh-2025", "--recipient", OPERATOR]);
    let said = fleet.bad(2, &["ca", "issue", "--missing", "-i", &fleet.identity()]);
    assert!(said.contains("nothing says for whom to encrypt the key of cluster"), "{said}");
}

#[test]
fn identities_have_no_place_in_the_repository() {
    let fleet = Fleet::new();
    let said = fleet.bad(2, &["ca", "issue", "--all", "--now", "2026-02-01"]);
    assert!(said.contains("no identity of age is given"), "{said}");
    let stranger = fleet
        .secret("other.age", "AGE-SECRET-KEY-1XMWWC06LY3EE5RYTXM9MFLAZ2U56JJJ36S0MYPDRWSVLUL66MV4QX3S7F6\n");
    let said = fleet.bad(2, &["ca", "issue", "--all", "--now", "2026-02-01", "-i", &stranger]);
    assert!(said.contains("cannot decrypt"), "{said}");
    fleet.write("notes.txt", "nothing here\n");
    let inside = fleet.folder().join("notes.txt").display().to_string();
    let said = fleet.bad(2, &["ca", "issue", "--all", "--now", "2026-02-01", "-i", &inside]);
    assert!(said.contains("inside of the repository"), "{said}");
}

#[test]
fn a_cluster_changes_how_its_key_is_held() {
    let fleet = Fleet::new();
    let identity = fleet.identity();
    fleet.good(&[
        "ca",
        "issue",
        "cluster-east",
        "--recipient",
        OPERATOR,
        "--now",
        "2026-02-01",
        "-i",
        &identity,
    ]);
    assert!(fleet.folder().join("trust/cluster-east/cacerts.sops.yaml").exists());
    assert!(!fleet.folder().join("trust/cluster-east/cacerts.sealedsecret.yaml").exists());
    assert!(!fleet.folder().join("trust/cluster-east/sealing-cert.pem").exists());
    // nothing prunes the SealedSecret: whoever changes this deletes it in the cluster, and says so
    assert!(fleet.bad(1, &["build"]).contains("FC602"));
    let path = "fleet.yaml";
    let text = fleet.read(path);
    let waiver = "{code: FC602, object: SealedSecret/cluster-east/istio-system/cacerts, reason: deleted, owner: us, expires: 2027-01-01}";
    fleet.write(path, &text.replace("spec:\n", &format!("spec:\n  waivers:\n  - {waiver}\n")));
    fleet.good(&["build"]);
}

#[test]
fn an_intermediate_never_outlives_its_root() {
    let fleet = Fleet::without_certificates();
    fleet.good(&[
        "ca",
        "init",
        "mesh-2025",
        "--recipient",
        OPERATOR,
        "--ttl-days",
        "300",
        "--now",
        "2026-01-15",
    ]);
    let arguments =
        ["ca", "issue", "--all", "--recipient", OPERATOR, "--now", "2026-01-15", "-i", &fleet.identity()];
    let said = fleet.bad(2, &arguments);
    assert!(said.contains("after root `mesh-2025`, which ends on"), "{said}");
}
