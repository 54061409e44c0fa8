//! `fleetc audit` and `fleetc log` over repositories whose history a script made: what they say against the script.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests run the program and may fail loudly"
)]

use std::path::{Path, PathBuf};
use std::process::Command as Process;

use assert_cmd::Command;
use serde_json::Value;

/// A repository that is written commit by commit, on days that the script names. No configuration of this machine counts.
struct Script {
    folder: tempfile::TempDir,
}

const ANN: &str = "Ann Aho <ann@bank.example>";
const BEN: &str = "Ben Boe <ben@bank.example>";
/// The same person before `.mailmap`.
const OLD_BEN: &str = "boe <ben@laptop>";
const CID: &str = "Cid Coe <cid@bank.example>";
const DEE: &str = "Dee Doe <dee@bank.example>";

fn alone(command: &mut Process, home: &Path) {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null").env("HOME", home);
}

impl Script {
    fn new() -> Self {
        let script = Script { folder: tempfile::tempdir().expect("a folder") };
        script.git(&["init", "-q", "-b", "main"]);
        script
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    fn git_as(&self, who: &str, when: &str, arguments: &[&str]) -> String {
        std::fs::create_dir_all(self.path()).expect("a folder");
        let (name, address) = who.trim_end_matches('>').split_once(" <").expect("Name <address>");
        let mut command = Process::new("git");
        alone(&mut command, self.folder.path());
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), address);
            command.env(format!("GIT_{role}_DATE"), format!("{when}T09:30:00+0200"));
        }
        let output = command.arg("-C").arg(self.path()).args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.git_as(ANN, "2000-01-01", arguments)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        std::fs::write(path, text).expect("written");
    }

    fn commit(&self, who: &str, when: &str, message: &str) {
        self.git(&["add", "-A"]);
        self.git_as(who, when, &["commit", "-q", "-m", message]);
    }

    fn merge(&self, who: &str, when: &str, branch: &str, message: &str) {
        self.git_as(who, when, &["merge", "-q", "--no-ff", "-m", message, branch]);
    }

    /// Runs fleetc in the repository: what it prints, what it complains, and its exit code.
    fn run_in(&self, folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
        let mut command = Command::cargo_bin("fleetc").expect("the program is built");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        command.env("HOME", self.folder.path()).env("TZ", "Asia/Tokyo");
        let output = command.current_dir(folder).args(arguments).output().expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr), output.status.code())
    }

    fn run(&self, arguments: &[&str]) -> (String, String, Option<i32>) {
        self.run_in(&self.path(), arguments)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (said, complained, code) = self.run(&[arguments, &["-o", "json"]].concat());
        assert_eq!(code, Some(0), "{complained}");
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{complained}"))
    }
}

fn cluster(name: &str, address: &str, more: &str) -> String {
    format!(
        "---\napiVersion: multicluster.solo.io/v1alpha1\nkind: KubernetesCluster\nmetadata:\n  name: {name}\n  namespace: gloo-mesh\nspec:\n  eastWestGateway:\n    addresses:\n    - type: IPAddress\n      value: {address}\n{more}"
    )
}

fn policy(clients: &[&str]) -> String {
    let clients = clients.iter().map(|name| {
        format!("      - serviceAccountSelector:\n          name: {name}\n          namespace: {name}\n")
    });
    format!(
        "apiVersion: security.policy.gloo.solo.io/v2\nkind: AccessPolicy\nmetadata:\n  name: cart\n  namespace: gloo-mesh\nspec:\n  applyToDestinations:\n  - selector:\n      name: cart\n      namespace: shop\n  config:\n    authz:\n      allowedClients:\n{}",
        clients.collect::<String>()
    )
}

/// A namespace with one Service, of one name.
fn inventory(namespace: &str, name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}, labels: {{istio.io/dataplane-mode: ambient}}}}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: {namespace}}}\n---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{selector: {{app: {name}}}, ports: [{{port: 80, targetPort: 8080}}]}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{serviceAccountName: {name}, containers: [{{name: {name}, image: registry.bank.example/{name}:1}}]}}\n"
    )
}

/// Adds, renames, merges, reverts, a moved cluster, a moved fleet, a commit that does not compile and one that is no YAML.
fn scripted() -> Script {
    let script = Script::new();
    let east = cluster("east", "203.0.113.1", "");
    let west = cluster("west", "203.0.113.2", "");
    let inventory = [("shop", "cart"), ("web", "web"), ("api", "api")]
        .map(|(namespace, name)| inventory(namespace, name))
        .concat();
    script.write("fleets/prod/clusters.yaml", &east);
    script.write("fleets/prod/clusters/_all/inventory.yaml", &inventory);
    script.commit(ANN, "2025-08-12", "Begin with east");
    script.write("README.md", "the fleet\n");
    script.write(".mailmap", &format!("{BEN} {OLD_BEN}\n"));
    script.commit(ANN, "2025-08-20", "Say what this is");

    // a branch adds west, and a pull request brings it
    script.git(&["checkout", "-q", "-b", "west"]);
    script.write("fleets/prod/clusters.yaml", &format!("{east}{west}"));
    script.commit(OLD_BEN, "2025-09-01", "Add west\n\nReviewed-by: Ann Aho <ann@bank.example>");
    script.write("fleets/prod/clusters.yaml", &format!("{east}{west}# checked\n"));
    script.commit(OLD_BEN, "2025-09-02", "Note that west is checked");
    script.git(&["checkout", "-q", "main"]);
    script.write("README.md", "the fleet of the bank\n");
    script.commit(ANN, "2025-09-02", "Say whose it is");
    script.merge(CID, "2025-09-03", "west", "Merge pull request #7 from bank/west\n\nApproved-by: Dee");

    script.write("fleets/prod/policy.yaml", &policy(&["web"]));
    script.commit(BEN, "2025-09-15", "Let web call cart (#9)");

    // north does not compile at first
    let wrong = cluster("north", "203.0.113.3", "  trustDomian: north.bank.example\n");
    script.write("fleets/prod/north.yaml", &wrong);
    script.commit(DEE, "2025-10-01", "Add north");
    script.write(
        "fleets/prod/north.yaml",
        &cluster("north", "203.0.113.3", "  trustDomain: north.bank.example\n"),
    );
    script.commit(DEE, "2025-10-02", "Spell it");

    script.git(&["mv", "fleets/prod", "fleets/mesh"]);
    script.commit(CID, "2025-10-10", "Call the fleet mesh");

    // east moves to a file of its own, with its keys in another order
    script.write("fleets/mesh/clusters.yaml", &west);
    script.write(
        "fleets/mesh/east.yaml",
        "# the first one\nkind: KubernetesCluster\nmetadata: {namespace: gloo-mesh, name: east}\nspec: {eastWestGateway: {addresses: [{value: 203.0.113.1, type: IPAddress}]}}\napiVersion: multicluster.solo.io/v1alpha1\n",
    );
    script.commit(CID, "2025-10-20", "A file for east");

    script.git(&["rm", "-q", "fleets/mesh/clusters.yaml"]);
    script.commit(DEE, "2025-11-01", "Remove west");
    script.git_as(ANN, "2025-11-02", &["revert", "--no-edit", "HEAD"]);

    script.write(
        "fleets/mesh/east.yaml",
        &cluster("east", "203.0.113.1", "  trustDomain: east.bank.example\n"),
    );
    script.commit(BEN, "2025-11-10", "Give east a trust domain of its own");

    script.git(&["rm", "-q", "fleets/mesh/north.yaml"]);
    script.write(
        "fleets/mesh/north.yaml",
        &cluster("north-1", "203.0.113.3", "  trustDomain: north.bank.example\n"),
    );
    script.commit(DEE, "2025-12-01", "Call it north-1");

    // no YAML, for a day
    let good = std::fs::read_to_string(script.path().join("fleets/mesh/clusters.yaml")).expect("a file");
    script.write("fleets/mesh/clusters.yaml", &format!("{good}  : [ broken\n"));
    script.commit(DEE, "2025-12-05", "Break the file of west");
    script.write("fleets/mesh/clusters.yaml", &good);
    script.commit(DEE, "2025-12-06", "Mend it");

    // a branch of a branch adds south; the outer one brings it
    script.git(&["checkout", "-q", "-b", "outer"]);
    script.write("fleets/mesh/note.md", "outer\n");
    script.commit(CID, "2025-12-10", "Begin the outer branch");
    script.git(&["checkout", "-q", "-b", "inner"]);
    script.write("fleets/mesh/south.yaml", &cluster("south", "203.0.113.4", ""));
    script.commit(BEN, "2025-12-11", "Add south");
    script.git(&["checkout", "-q", "outer"]);
    script.write("fleets/mesh/note.md", "outer, more\n");
    script.commit(CID, "2025-12-12", "Go on");
    script.merge(CID, "2025-12-13", "inner", "Merge branch 'inner' into outer");
    script.git(&["checkout", "-q", "main"]);
    script.write("fleets/mesh/policy.yaml", &policy(&["web", "api"]));
    script.commit(ANN, "2025-12-14", "Let api call cart, too");
    script.merge(ANN, "2025-12-15", "outer", "Merge branch 'outer'\n\nSee merge request mesh/fleet!12");

    // what was so anyway is written out, and a list is put in order
    script.write(
        "fleets/mesh/east.yaml",
        &cluster(
            "east",
            "203.0.113.1",
            "  network: east\n  greenfield: false\n  trustDomain: east.bank.example\n",
        ),
    );
    script.write("fleets/mesh/policy.yaml", &policy(&["api", "web"]));
    script.commit(CID, "2025-12-16", "Tidy up");
    script
}

/// Copies a fleet of the fixtures into the repository.
fn copy(script: &Script, from: &str) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(from);
    for entry in walkdir::WalkDir::new(&from).into_iter().map(|entry| entry.expect("readable")) {
        if entry.file_type().is_file() {
            let below = entry.path().strip_prefix(&from).expect("below").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(entry.path()).expect("text");
            script.write(&format!("fleets/mesh/{below}"), &text);
        }
    }
}

#[test]
fn a_root_is_its_certificate_whatever_it_is_called() {
    let script = Script::new();
    copy(&script, "trust-rotation-advanced/before");
    script.commit(ANN, "2025-08-12", "Trust both");
    copy(&script, "trust-rotation-advanced/fleet");
    script.commit(BEN, "2025-08-14", "Sign with the new one");
    let other =
        std::fs::read_to_string(script.path().join("fleets/mesh/trust/roots/other.pem")).expect("text");
    script.write("fleets/mesh/trust/roots/good.pem", &other);
    script.commit(DEE, "2025-08-16", "Slip another certificate under the old name");
    let audit = script.json(&["audit"]);
    let roots = audit["roots"].as_array().expect("a list").iter();
    let roots: Vec<String> = roots
        .map(|row| {
            let print = row["fingerprint"].as_str().and_then(|print| print.get(..8)).unwrap_or("-");
            format!(
                "{} {} {print} {} {} {} {}",
                row["kind"],
                row["name"],
                row["subject"],
                row["current"],
                row["permissions"]["then"]["signsFor"],
                row["removed"]["subject"]
            )
        })
        .collect();
    insta::assert_snapshot!(roots.join("\n"), @r#"
    "Root" "good" 0e792311 "Trust both" false ["east","west"] "Slip another certificate under the old name"
    "Root" "good" 4451e62c "Slip another certificate under the old name" true null null
    "Root" "other" 4451e62c "Trust both" true [] null
    "RootTrustPolicy" "shared" - "Trust both" true null null
    "#);
    let log = script.json(&["log", "RootTrustPolicy", "shared"]);
    let changes = log["changes"].as_array().expect("changes").iter();
    let changes: Vec<Option<&str>> = changes.map(|change| change["fields"][0]["path"].as_str()).collect();
    assert_eq!(changes, [None, Some("spec.config.rotation.phase")]);
}

#[test]
fn the_top_of_a_repository_may_be_the_fleet_and_move_down_later() {
    let script = Script::new();
    script.write("east.yaml", &cluster("east", "203.0.113.1", ""));
    script.commit(ANN, "2025-08-12", "Begin with east");
    std::fs::create_dir_all(script.path().join("fleets/mesh")).expect("created");
    script.git(&["mv", "east.yaml", "fleets/mesh/east.yaml"]);
    script.commit(BEN, "2025-08-13", "Make room for other fleets");
    let audit = script.json(&["audit"]);
    assert_eq!(audit["clusters"].as_array().map(Vec::len), Some(1));
    assert_eq!(audit["clusters"][0]["subject"], "Begin with east");
    // asked from within
    let (said, complained, code) = script.run_in(&script.path().join("fleets/mesh"), &["audit", "-o", "csv"]);
    assert!(code == Some(0) && said.contains("KubernetesCluster,east,"), "{complained}");
}

#[test]
fn what_was_taken_back_on_the_way_never_arrived() {
    let script = Script::new();
    script.write("fleets/mesh/east.yaml", &cluster("east", "203.0.113.1", ""));
    script.commit(ANN, "2025-08-12", "Begin with east");
    script.git(&["checkout", "-q", "-b", "trial"]);
    script.write("fleets/mesh/west.yaml", &cluster("west", "203.0.113.2", ""));
    script.commit(BEN, "2025-08-13", "Try west");
    script.git_as(BEN, "2025-08-14", &["revert", "--no-edit", "HEAD"]);
    script.write("fleets/mesh/north.yaml", &cluster("north", "203.0.113.3", ""));
    script.commit(BEN, "2025-08-15", "Add north first");
    script.git(&["rm", "-q", "fleets/mesh/north.yaml"]);
    script.commit(BEN, "2025-08-16", "Not yet");
    script.write("fleets/mesh/north.yaml", &cluster("north", "203.0.113.3", ""));
    script.commit(CID, "2025-08-17", "Add north for good");
    script.git(&["checkout", "-q", "main"]);
    script.git_as(ANN, "2025-08-18", &["merge", "-q", "--no-ff", "-m", "Merge trial", "trial"]);
    let audit = script.json(&["audit"]);
    let rows = audit["clusters"].as_array().expect("a list").iter();
    let rows: Vec<String> = rows.map(|row| format!("{} {}", row["name"], row["subject"])).collect();
    assert_eq!(rows, ["\"east\" \"Begin with east\"", "\"north\" \"Add north for good\""]);
}

/// A row as the script would write it.
fn row(row: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let day = |value: &Value| value.as_str().unwrap_or("-").get(..10).unwrap_or("-").to_owned();
    let merge = match &row["merge"] {
        Value::Null => "on the branch itself".to_owned(),
        merge => format!(
            "merged {} by {}, {}",
            day(&merge["committed"]),
            text(&merge["author"]),
            text(&merge["pullRequest"])
        ),
    };
    let removed = match &row["removed"] {
        Value::Null => "there".to_owned(),
        removed => format!("removed {} by {}", day(&removed["authored"]), text(&removed["author"])),
    };
    let pairs = |when: &str| match &row["permissions"][when]["admitted"] {
        Value::Null => "?".to_owned(),
        count => count.to_string(),
    };
    format!(
        "{}: {} by {}: {} | {merge} | {} → {} | {} → {} | {removed}",
        text(&row["name"]),
        text(&row["added"]),
        text(&row["author"]),
        text(&row["subject"]),
        text(&row["trustDomain"]),
        text(&row["trustDomainNow"]),
        pairs("then"),
        pairs("now"),
    )
}

fn rows(audit: &Value, list: &str) -> String {
    let rows = audit[list].as_array().expect("a list").iter().map(row);
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_audit_matches_the_script_row_by_row() {
    let script = scripted();
    let audit = script.json(&["audit"]);
    let schema = fleetc::history::audit_schema();
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    jsonschema::validate(&schema, &audit).expect("what the schema says");
    insta::assert_snapshot!(rows(&audit, "clusters"), @r#"
    east: 2025-08-12T07:30:00Z by Ann Aho <ann@bank.example>: Begin with east | on the branch itself | cluster.local → east.bank.example | 12 → 26 | there
    north: 2025-10-01T07:30:00Z by Dee Doe <dee@bank.example>: Add north | on the branch itself | - → - | ? → ? | removed 2025-12-01 by Dee Doe <dee@bank.example>
    north-1: 2025-12-01T07:30:00Z by Dee Doe <dee@bank.example>: Call it north-1 | on the branch itself | north.bank.example → north.bank.example | 23 → 26 | there
    south: 2025-12-11T07:30:00Z by Ben Boe <ben@bank.example>: Add south | merged 2025-12-15 by Ann Aho <ann@bank.example>, mesh/fleet!12 | cluster.local → cluster.local | 26 → 26 | there
    west: 2025-09-01T07:30:00Z by Ben Boe <ben@bank.example>: Add west | merged 2025-09-03 by Cid Coe <cid@bank.example>, 7 | cluster.local → - | 12 → ? | removed 2025-11-01 by Dee Doe <dee@bank.example>
    west: 2025-11-02T07:30:00Z by Ann Aho <ann@bank.example>: Revert "Remove west" | on the branch itself | cluster.local → cluster.local | 16 → 26 | there
    "#);
    let policies = audit["policies"].as_array().expect("a list");
    assert_eq!(policies.len(), 1);
    assert_eq!(policies[0]["subject"], "Let web call cart (#9)");
    assert_eq!(policies[0]["pullRequest"], "9");
    assert_eq!(policies[0]["permissions"]["then"]["clusters"], serde_json::json!(["east", "west"]));
    assert_eq!(
        policies[0]["permissions"]["now"]["clusters"],
        serde_json::json!(["east", "north-1", "south", "west"])
    );
    let clusters = audit["clusters"].as_array().expect("a list");
    let by_subject = |subject: &str| {
        let found = clusters.iter().find(|row| row["subject"] == subject);
        found.unwrap_or_else(|| panic!("no row of `{subject}`"))
    };
    // each commit is the one the script made
    for (subject, revision) in [
        ("Begin with east", ":/^Begin with east"),
        ("Add west", "west~1"),
        ("Add north", ":/^Add north"),
        ("Call it north-1", ":/^Call it north-1"),
        ("Add south", "inner"),
        ("Revert \"Remove west\"", ":/^Revert"),
    ] {
        assert_eq!(by_subject(subject)["commit"], script.git(&["rev-parse", revision]), "{subject}");
    }
    let west = by_subject("Add west");
    assert_eq!(west["trailers"][0]["key"], "Reviewed-by");
    assert_eq!(west["merge"]["trailers"][0]["value"], "Dee");
    assert_eq!(west["signature"]["status"], "none");
    let north = by_subject("Add north");
    assert_eq!(north["finding"]["code"], "FC105", "{north:#}");
    assert!(north["permissions"]["then"].is_null());
    assert!(north["trustDomain"].is_null(), "a misspelt field says nothing");
    assert_eq!(north["trustDomainChanges"][0]["to"], "north.bank.example");
    assert_eq!(north["removed"]["renamedTo"], "north-1");
    assert_eq!(by_subject("Call it north-1")["renamedFrom"], "north");
    let east = by_subject("Begin with east");
    assert_eq!(east["file"], "clusters.yaml");
    assert_eq!(east["trustDomainChanges"][0]["to"], "east.bank.example");
    assert_eq!(east["trustDomainChanges"][0]["author"], BEN);
    assert_eq!(audit["history"]["complete"], true);
    assert_eq!(audit["history"]["uncommitted"], false);
}

#[test]
fn what_was_permitted_on_a_day_is_asked_of_that_days_commit() {
    let script = scripted();
    let callers = |arguments: &[&str]| -> Vec<String> {
        let answer = script.json(&[&["audit"], arguments].concat());
        let rows = answer["rows"].as_array().expect("rows").iter();
        rows.map(|row| format!("{} {} → {}", row["cluster"], row["caller"], row["to"]).replace('"', ""))
            .collect()
    };
    // before the policy everybody could; on the day itself it counts
    assert_eq!(callers(&["--at", "2025-09-14", "--to", "cart.shop"])[0], "east anyone → cart.shop");
    let on_day = callers(&["--at", "2025-09-15", "--who-could-call", "shop"]);
    assert_eq!(
        on_day,
        ["east cluster.local/ns/web/sa/web → cart.shop", "west cluster.local/ns/web/sa/web → cart.shop"]
    );
    assert_eq!(callers(&["--at", "2025-09-15", "--to", "cart:80@east"]).len(), 1);
    assert!(
        callers(&["--to", "cart"]).iter().any(|row| row == "south cluster.local/ns/api/sa/api → cart.shop")
    );
    // a branch that is not part of the line, and a commit that does not compile
    assert_eq!(callers(&["--at", "inner", "--to", "cart@south"]).len(), 3);
    let (_, complained, code) = script.run(&["audit", "--at", "2025-10-01", "--to", "cart"]);
    assert_eq!(code, Some(1));
    assert!(
        complained.contains("FC105") && complained.contains("the last commit before it that does"),
        "{complained}"
    );
    let (_, complained, code) = script.run(&["audit", "--at", "2025-08-01"]);
    assert!(
        code == Some(2) && complained.contains("its history begins 2025-08-12T07:30:00Z"),
        "{complained}"
    );
    let (_, complained, code) = script.run(&["audit", "--to", "kart"]);
    assert!(code == Some(2) && complained.contains("did you mean `cart`?"), "{complained}");
}

#[test]
fn the_audit_of_an_earlier_day_knows_nothing_later() {
    let script = scripted();
    let audit = script.json(&["audit", "--at", "2025-10-15"]);
    let rows = audit["clusters"].as_array().expect("a list").iter();
    let rows: Vec<String> = rows.map(|row| format!("{} {}", row["name"], row["current"])).collect();
    assert_eq!(rows, ["\"east\" true", "\"north\" true", "\"west\" true"]);
}

#[test]
fn the_log_of_an_object_shows_what_it_means() {
    let script = scripted();
    let told = |arguments: &[&str]| -> Vec<String> {
        let log = script.json(&[&["log"], arguments].concat());
        let changes = log["changes"].as_array().expect("changes").iter();
        changes
            .map(|change| {
                let fields = change["fields"].as_array().expect("fields").iter();
                let fields: Vec<&str> = fields.filter_map(|field| field["path"].as_str()).collect();
                let count = |which: &str| change["effect"][which].as_array().map(Vec::len);
                format!(
                    "{} {} {:?} +{:?} -{:?}",
                    change["what"],
                    change["subject"],
                    fields,
                    count("gained"),
                    count("lost")
                )
                .replace('"', "")
            })
            .collect()
    };
    insta::assert_snapshot!(told(&["cluster", "east"]).join("\n"), @r"
    added Begin with east [] +Some(12) -Some(0)
    changed Give east a trust domain of its own [spec.trustDomain] +Some(21) -Some(0)
    ");
    insta::assert_snapshot!(told(&["AccessPolicy/gloo-mesh/cart"]).join("\n"), @r"
    added Let web call cart (#9) [] +Some(0) -Some(6)
    affected Spell it [resolved.clusters[], resolved.identities[]] +None -None
    affected Remove west [resolved.clusters[]] +Some(0) -Some(16)
    affected Revert \Remove west\ [resolved.clusters[]] +Some(16) -Some(0)
    affected Give east a trust domain of its own [resolved.identities[]] +Some(21) -Some(0)
    affected Call it north-1 [resolved.clusters[]] +Some(23) -Some(23)
    changed Let api call cart, too [spec.config.authz.allowedClients[]] +Some(9) -Some(0)
    affected Merge branch 'outer' [resolved.clusters[]] +Some(26) -Some(0)
    ");
    insta::assert_snapshot!(told(&["cluster", "west"]).join("\n"), @r"
    added Add west [] +Some(12) -Some(0)
    removed Remove west [] +Some(0) -Some(16)
    added Revert \Remove west\ [] +Some(16) -Some(0)
    ");
    let (_, complained, code) = script.run(&["log", "cluster", "wets"]);
    assert!(code == Some(2) && complained.contains("did you mean `west`?"), "{complained}");
    let (_, complained, code) = script.run(&["log", "service", "cart"]);
    assert!(code == Some(2) && complained.contains("no kind that a fleet declares"), "{complained}");
}

#[test]
fn text_and_tables_say_the_same() {
    let script = scripted();
    let (text, _, code) = script.run(&["audit"]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("  west (gone)\n    added 2025-09-01T07:30:00Z by Ben Boe <ben@bank.example> in "),
        "{text}"
    );
    assert!(text.contains("      pull request #7\n      Approved-by: Dee\n"), "{text}");
    let (csv, _, _) = script.run(&["audit", "-o", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("kind,name,namespace,fingerprint,current,added,"), "{csv}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("KubernetesCluster,west,")).count(), 2);
    let (text, _, _) = script.run(&["log", "policy", "cart"]);
    assert!(text.contains("+ cluster.local/ns/api/sa/api → cart.shop:80 in east, north-1, west\n"), "{text}");
}

#[test]
fn a_shallow_clone_says_how_far_back_it_sees() {
    let script = scripted();
    let clone = script.folder.path().join("clone");
    let from = format!("file://{}", script.path().display());
    script.git(&["clone", "-q", "--depth", "6", &from, &clone.to_string_lossy()]);
    let (said, complained, code) = script.run_in(&clone, &["audit", "-o", "json"]);
    assert_eq!(code, Some(0), "{complained}");
    let audit: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(audit["history"]["complete"], false);
    let oldest = script.git(&["rev-parse", "HEAD~5"]);
    assert_eq!(audit["history"]["oldest"], oldest);
    assert!(
        complained.contains("shallow") && oldest.get(..12).is_some_and(|oldest| complained.contains(oldest)),
        "{complained}"
    );
    let rows = audit["clusters"].as_array().expect("a list").iter();
    let rows: Vec<String> = rows.map(|row| format!("{} {}", row["name"], row["atOrBefore"])).collect();
    assert_eq!(rows, ["\"east\" true", "\"north-1\" true", "\"south\" false", "\"west\" true"]);
    let (_, complained, code) = script.run_in(&clone, &["audit", "--at", "2025-09-01"]);
    assert!(code == Some(2) && complained.contains("git fetch --unshallow"), "{complained}");
}

#[test]
fn what_is_not_committed_is_not_told() {
    let script = scripted();
    script.write("fleets/mesh/new.yaml", &cluster("new", "203.0.113.9", ""));
    let (said, complained, _) = script.run(&["audit", "-o", "json"]);
    let audit: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(audit["history"]["uncommitted"], true);
    assert!(complained.contains("not committed"), "{complained}");
    assert!(!said.contains("203.0.113.9") && !rows(&audit, "clusters").contains("new:"), "{said}");
}

#[test]
fn without_a_history_there_is_no_audit() {
    let script = Script::new();
    script.write("fleets/mesh/clusters.yaml", &cluster("east", "203.0.113.1", ""));
    let (_, complained, code) = script.run(&["audit"]);
    assert!(code == Some(2) && complained.contains("no commit yet"), "{complained}");
    script.write("README.md", "x");
    script.git(&["add", "README.md"]);
    script.git(&["commit", "-q", "-m", "A commit without the fleet"]);
    let (_, complained, code) = script.run(&["audit"]);
    assert!(code == Some(2) && complained.contains("in no commit of this branch"), "{complained}");
    let (_, complained, code) = script.run(&["audit", "--at", "nowhere"]);
    assert!(code == Some(2) && complained.contains("neither a day nor a git revision"), "{complained}");
    let bare = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(bare.path().join("fleets/mesh")).expect("created");
    let (_, complained, code) = script.run_in(bare.path(), &["audit"]);
    assert!(code == Some(2) && complained.contains("is in no git repository"), "{complained}");
}

#[test]
fn signatures_are_judged_as_git_judges_them() {
    let script = Script::new();
    let key = script.folder.path().join("key");
    let made = Process::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f"])
        .arg(&key)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no ssh-keygen on this machine, so no signed commit was audited");
        return;
    }
    let public = std::fs::read_to_string(key.with_extension("pub")).expect("a key");
    script.write("fleets/mesh/east.yaml", &cluster("east", "203.0.113.1", ""));
    script.git(&["add", "-A"]);
    script.git(&["config", "gpg.format", "ssh"]);
    script.git(&["config", "user.signingkey", &key.to_string_lossy()]);
    script.git_as(ANN, "2025-08-12", &["commit", "-q", "-S", "-m", "Begin with east"]);
    let status = || script.json(&["audit"])["clusters"][0]["signature"].clone();
    // no list of signers: it is there, and nobody says by whom
    assert_eq!(status()["status"], "not verifiable here");
    let signers = script.folder.path().join("signers");
    std::fs::write(&signers, format!("ann@bank.example {public}")).expect("written");
    script.git(&["config", "gpg.ssh.allowedSignersFile", &signers.to_string_lossy()]);
    let signature = status();
    assert_eq!(signature["status"], "good", "{signature}");
    assert_eq!(signature["signer"], "ann@bank.example");
    assert!(signature["key"].as_str().is_some_and(|key| key.starts_with("SHA256:")), "{signature}");
}

#[test]
fn what_a_name_says_is_no_command_to_a_terminal() {
    let script = Script::new();
    script.write("fleets/mesh/east.yaml", &cluster("east", "203.0.113.1", ""));
    script.commit(
        "\u{1b}[31mEve\u{202e} <eve@bank.example>",
        "2025-08-12",
        "=Begin \u{1b}]0;x\u{7} with east",
    );
    let (text, _, _) = script.run(&["audit"]);
    assert!(text.contains("Eve") && !text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    let (csv, _, _) = script.run(&["audit", "-o", "csv"]);
    assert!(csv.contains(",'=Begin "), "{csv}");
}
