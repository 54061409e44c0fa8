//! A whole rotation of the example fleet as a sequence of commits, and every shortcut.

use crate::fleet::Fleet;

/// Builds, checks the step from the last commit, and commits.
fn merge(fleet: &Fleet, now: &str, message: &str) {
    fleet.good(&["build", "-q"]);
    fleet.good(&["check", "-q", "--against", "HEAD", "--now", now]);
    fleet.commit(message);
    fleet.git(&["tag", message]);
}

/// A rotation from begin to end; each phase is a tag.
fn rotated() -> Fleet {
    let fleet = Fleet::new();
    fleet.git(&["tag", "before"]);
    let identity = fleet.identity();
    let plan = fleet.good(&["ca", "rotate", "begin", "mesh-2026", "--now", "2026-02-01"]);
    assert!(plan.contains("not before 2026-02-03"), "{plan}");
    merge(&fleet, "2026-02-01", "trust-both");
    fleet.good(&["ca", "rotate", "advance", "--now", "2026-02-03", "-i", &identity]);
    merge(&fleet, "2026-02-03", "sign-new");
    fleet.good(&["ca", "rotate", "advance", "--now", "2026-02-05"]);
    merge(&fleet, "2026-02-05", "drop-old");
    fleet.good(&["ca", "rotate", "finish", "--now", "2026-02-06"]);
    merge(&fleet, "2026-02-06", "after");
    fleet
}

const STATES: [&str; 5] = ["before", "trust-both", "sign-new", "drop-old", "after"];

#[test]
fn each_step_is_safe_and_each_shortcut_is_refused() {
    let fleet = rotated();
    for (to, state) in STATES.iter().enumerate() {
        fleet.git(&["checkout", "-q", state]);
        for (from, earlier) in STATES.iter().enumerate() {
            let output = fleet.run(&["check", "--against", earlier]);
            let said = String::from_utf8_lossy(&output.stderr);
            // the last two states trust and sign the same
            let near = from.min(3).abs_diff(to.min(3)) <= 1;
            assert_eq!(output.status.success(), near, "from {earlier} to {state}: {said}");
            if !near {
                assert!(said.contains("error[FC620]") && said.contains("safe, one merge each"), "{said}");
            }
        }
    }
}

/// Keys are encrypted before they are written, so that no commit ever held one either.
#[test]
fn no_commit_holds_a_private_key() {
    let fleet = rotated();
    let git = |arguments: &[&str]| {
        let output =
            std::process::Command::new("git").arg("-C").arg(fleet.place.path()).args(arguments).output();
        String::from_utf8_lossy(&output.expect("git").stdout).into_owned()
    };
    let commits = git(&["rev-list", "--all"]);
    assert_eq!(commits.lines().count(), 5, "{commits}");
    let mut search = vec![
        "grep",
        "-c",
        "-e",
        "PRIVATE KEY",
        "-e",
        "AGE-SECRET-KEY",
        "-e",
        "LS0tLS1CRUdJTiBQUklWQVRFIEtFW",
    ];
    search.extend(commits.lines());
    assert_eq!(git(&search), "");
    search[3] = "BEGIN CERTIFICATE";
    assert!(!git(&search).is_empty(), "what is searched holds the certificates");
}

#[test]
fn comments_and_other_lines_stay() {
    let fleet = rotated();
    let text = fleet.read("trust/shared-trust.yaml");
    assert!(
        text.contains("name: shared-trust # ours") && text.contains("# what is trusted everywhere"),
        "{text}"
    );
    assert!(text.contains("{name: mesh-2026, file: trust/roots/mesh-2026.pem}"), "{text}");
    assert!(!text.contains("rotation") && !text.contains("mesh-2025"), "{text}");
    assert!(fleet.read("clusters.yaml").contains("currentRoot: mesh-2026"));
}

#[test]
fn a_phase_lasts_as_long_as_certificates_live() {
    let fleet = Fleet::new();
    let identity = fleet.identity();
    fleet.good(&["ca", "rotate", "begin", "mesh-2026", "--now", "2026-02-01"]);
    merge(&fleet, "2026-02-01", "trust-both");
    let said = fleet.bad(1, &["ca", "rotate", "advance", "--now", "2026-02-02", "-i", &identity]);
    assert!(said.contains("error[FC622]") && said.contains("nothing is written"), "{said}");
    assert!(fleet.read("trust/shared-trust.yaml").contains("phase: trust-both"));
    // by hand, it is found in review
    fleet.write(
        "trust/shared-trust.yaml",
        &fleet.read("trust/shared-trust.yaml").replace("trust-both", "sign-new"),
    );
    fleet.good(&["ca", "issue", "--missing", "--now", "2026-02-02", "-i", &identity]);
    fleet.good(&["check", "--against", "HEAD"]);
    let said = fleet.bad(1, &["check", "--against", "HEAD", "--now", "2026-02-02"]);
    assert!(said.contains("error[FC622]"), "{said}");
    fleet.good(&["check", "--against", "HEAD", "--now", "2026-02-03"]);
}

#[test]
fn a_rotation_goes_back_by_the_way_it_came() {
    let fleet = Fleet::new();
    let identity = fleet.identity();
    let policy = fleet.read("trust/shared-trust.yaml");
    fleet.good(&["ca", "rotate", "begin", "mesh-2026", "--now", "2026-02-01"]);
    merge(&fleet, "2026-02-01", "trust-both");
    fleet.good(&["ca", "rotate", "advance", "--now", "2026-02-03", "-i", &identity]);
    merge(&fleet, "2026-02-03", "sign-new");
    fleet.good(&["ca", "rotate", "abort", "--now", "2026-02-04", "-i", &identity]);
    assert!(fleet.read("trust/shared-trust.yaml").contains("phase: trust-both"));
    merge(&fleet, "2026-02-04", "back");
    fleet.good(&["ca", "rotate", "abort", "--now", "2026-02-06"]);
    assert_eq!(fleet.read("trust/shared-trust.yaml"), policy, "as it was, to the byte");
    merge(&fleet, "2026-02-06", "given-up");
}

#[test]
fn what_cannot_be_next_is_said() {
    let fleet = Fleet::new();
    for task in ["advance", "finish", "abort"] {
        let said = fleet.bad(2, &["ca", "rotate", task]);
        assert!(said.contains("no rotation is under way"), "{said}");
    }
    fleet.good(&["ca", "rotate", "begin", "mesh-2026", "--now", "2026-02-01"]);
    let said = fleet.bad(2, &["ca", "rotate", "begin", "mesh-2027", "--now", "2026-02-01"]);
    assert!(said.contains("a rotation to `mesh-2026` is under way"), "{said}");
    let said = fleet.bad(2, &["ca", "rotate", "finish"]);
    assert!(said.contains("is in `trust-both`"), "{said}");
    let said = fleet.bad(2, &["ca", "rotate", "advance", "--now", "2026-02-09"]);
    assert!(said.contains("no identity of age is given"), "{said}");
}

#[test]
fn a_dry_run_writes_nothing() {
    let fleet = Fleet::new();
    let plan = fleet.good(&["ca", "rotate", "begin", "mesh-2026", "--now", "2026-02-01", "--dry-run"]);
    assert!(plan.contains("before `fleetc ca rotate advance`"), "{plan}");
    fleet.good(&["check", "--against", "HEAD"]);
    assert!(!fleet.folder().join("trust/roots/mesh-2026.pem").exists());
}
