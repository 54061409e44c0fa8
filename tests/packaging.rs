//! What is shipped beside the program does what it says: scripts are taken out of the files and run with the program itself.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test sets up the disk that the program meets, and fails where it cannot"
)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fleetc::source::FileId;
use fleetc::yaml::{Node, read};
use tempfile::TempDir;

const FILES: &[&str] = &[
    ".github/actions/fleetc/action.yml",
    ".packaging/Containerfile",
    ".packaging/README.md",
    ".packaging/argocd/application.yaml",
    ".packaging/argocd/kustomization.yaml",
    ".packaging/argocd/plugin.yaml",
    ".packaging/argocd/repo-server.yaml",
    ".packaging/gitlab.yaml",
    ".pre-commit-hooks.yaml",
];

fn text(path: &str) -> String {
    fs::read_to_string(support::root().join(path)).unwrap()
}

fn document(path: &str) -> Node {
    let reading = read(FileId(0), text(path).as_bytes());
    assert!(reading.problems.is_empty(), "{path}: {:?}", reading.problems);
    reading.documents.into_iter().next().unwrap()
}

/// The value at a path of keys and indexes, `runs.steps.0.run`.
fn at<'n>(node: &'n Node, path: &str) -> &'n Node {
    path.split('.').fold(node, |node, step| {
        let found = match step.parse::<usize>() {
            Ok(index) => node.as_sequence().and_then(|items| items.get(index)),
            Err(_) => node.get(step),
        };
        found.unwrap_or_else(|| panic!("nothing at `{step}` of `{path}`"))
    })
}

fn string(node: &Node) -> &str {
    &node.as_scalar().unwrap().text
}

/// A repository that is built.
fn repository() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let made = shell(home.path(), "bash", "fleetc init . --quiet && fleetc build --quiet", &[]);
    assert!(made.status.success(), "{made:?}");
    home
}

/// Runs a script with the program on the path.
fn shell(folder: &Path, shell: &str, script: &str, variables: &[(&str, &str)]) -> Output {
    let program = PathBuf::from(assert_cmd::cargo::cargo_bin!("fleetc"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new(shell);
    command.args(["-c", script]).current_dir(folder).env("PATH", path);
    command.envs(variables.iter().copied()).output().unwrap()
}

/// Makes the tree of a repository stale.
fn forget(home: &TempDir) {
    fs::remove_file(home.path().join("out/prod/cluster-1/3-policy/demo/authorizationpolicy-boundary.yaml"))
        .unwrap();
}

#[test]
fn every_file_is_there_is_yaml_and_names_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    for path in FILES {
        if path.ends_with(".yaml") || path.ends_with(".yml") {
            document(path);
        }
        for word in text(path).split(|letter: char| !letter.is_ascii_digit() && letter != '.') {
            if word.split('.').filter(|part| !part.is_empty()).count() == 3 {
                assert_eq!(word.trim_matches('.'), version, "{path}");
            }
        }
    }
    let found = support::files(&support::root().join(".packaging")).len();
    assert_eq!(
        found,
        FILES.iter().filter(|path| path.starts_with(".packaging/")).count(),
        "a file is not tested"
    );
    assert!(text("README.md").contains(&format!("/fleetc@v{version}")), "README.md");
    let needed = format!("rust:{}-alpine", env!("CARGO_PKG_RUST_VERSION"));
    assert!(text(".packaging/Containerfile").contains(&needed), "{needed}");
}

#[test]
fn the_plugin_prints_a_tree_and_never_nothing() {
    let plugin = document(".packaging/argocd/plugin.yaml");
    let script = string(at(&plugin, "spec.generate.args.0"));
    let home = repository();
    let fleet = home.path().join("fleets/prod");
    let out = home.path().join("out/prod");
    for tree in ["cluster-1", "_delivery"] {
        let printed = shell(&fleet, "sh", script, &[("PARAM_TREE", tree)]);
        assert!(printed.status.success(), "{printed:?}");
        let expected: String = support::files(&out.join(tree))
            .into_values()
            .map(|bytes| format!("---\n{}", String::from_utf8(bytes).unwrap()))
            .collect();
        assert_eq!(String::from_utf8(printed.stdout).unwrap(), expected);
    }
    for tree in ["", "cluster-2", "../prod/cluster-1", "/etc", "cluster-1/../..", "."] {
        let refused = shell(&fleet, "sh", script, &[("PARAM_TREE", tree)]);
        assert!(!refused.status.success() && refused.stdout.is_empty(), "{tree}: {refused:?}");
    }
    fs::write(fleet.join("wrong.yaml"), "kind: Worksapce\napiVersion: admin.gloo.solo.io/v2\n").unwrap();
    let refused = shell(&fleet, "sh", script, &[("PARAM_TREE", "cluster-1")]);
    assert!(!refused.status.success() && refused.stdout.is_empty(), "{refused:?}");
}

#[test]
fn the_action_refuses_what_the_program_refuses() {
    let action = document(".github/actions/fleetc/action.yml");
    let steps = at(&action, "runs.steps").as_sequence().unwrap();
    let script = |name: &str| {
        let step = steps.iter().find(|step| step.get("name").is_some_and(|found| string(found) == name));
        string(at(step.unwrap_or_else(|| panic!("no step `{name}`")), "run")).to_owned()
    };
    let home = repository();
    let look = home.path().join("look");
    let variables = [("GITHUB_OUTPUT", look.to_str().unwrap()), ("SOURCE", env!("CARGO_MANIFEST_DIR"))];
    assert!(shell(home.path(), "bash", &script("Look for fleetc"), &variables).status.success());
    assert_eq!(fs::read_to_string(&look).unwrap(), "found=true\n");

    let inputs = |deny: &'static str| {
        [("FLEETS", ""), ("DENY", deny), ("NOW", "2026-11-22"), ("SARIF", "found.sarif"), ("OUT", "out")]
    };
    let check = script("Check the fleets");
    let compare = script("Compare the committed trees");
    for (script, fleets) in [(&check, ""), (&compare, ""), (&check, "fleets/prod"), (&compare, "fleets/prod")]
    {
        let mut inputs = inputs("warnings");
        inputs[0].1 = fleets;
        let done = shell(home.path(), "bash", script, &inputs);
        assert!(done.status.success(), "{done:?}");
    }
    let sarif = fs::read_to_string(home.path().join("found.sarif")).unwrap();
    assert!(sarif.contains("\"2.1.0\""), "{sarif}");
    forget(&home);
    assert_eq!(shell(home.path(), "bash", &compare, &inputs("")).status.code(), Some(1));
    fs::write(
        home.path().join("fleets/prod/wrong.yaml"),
        "kind: Worksapce\napiVersion: admin.gloo.solo.io/v2\n",
    )
    .unwrap();
    fs::remove_file(home.path().join("found.sarif")).unwrap();
    let refused = shell(home.path(), "bash", &check, &inputs(""));
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("::error"), "{refused:?}");
    assert!(fs::read_to_string(home.path().join("found.sarif")).unwrap().contains("FC106"));
}

/// `gh` as the action calls it: a pull request has the comments of `comments`, and what is sent is kept in `sent`.
const GH: &str = r##"#!/usr/bin/env bash
set -euo pipefail
echo "$*" >> calls
if [[ -e refuses ]]; then echo "HTTP 403: Resource not accessible by integration" >&2; exit 1; fi
body=
for word in "$@"; do case $word in body=@*) body=${word#body=@};; esac; done
if [[ -n $body ]]; then cp "$body" sent; else cat comments; fi
"##;

#[test]
fn the_action_keeps_one_comment_of_what_a_change_does() {
    use std::os::unix::fs::PermissionsExt;

    let action = document(".github/actions/fleetc/action.yml");
    let steps = at(&action, "runs.steps").as_sequence().unwrap();
    let step = steps
        .iter()
        .find(|step| step.get("name").is_some_and(|name| string(name) == "Say what the change does"));
    let script = string(at(step.unwrap(), "run")).to_owned();
    let home = repository();
    let home = home.path();
    let git = "git init -q -b main . && git add -A && git -c user.name=a -c user.email=a@example.org commit -qm one";
    assert!(shell(home, "bash", git, &[]).status.success());
    let policy = home.join("fleets/prod/tenancy/demo-workspace.yaml");
    let said = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, format!("{said}# nothing else\n")).unwrap();
    fs::create_dir(home.join("bin")).unwrap();
    fs::write(home.join("bin/gh"), GH).unwrap();
    fs::set_permissions(home.join("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
    let summary = home.join("summary");
    let script = format!("PATH=$PWD/bin:$PATH\n{script}");
    let run = |number: &str, gates: &str| {
        let _ = fs::remove_file(home.join("calls"));
        let _ = fs::remove_file(home.join("sent"));
        let _ = fs::remove_file(&summary);
        let variables = [
            ("FLEETS", ""),
            ("AGAINST", ""),
            ("GATES", gates),
            ("NOW", ""),
            ("BASE", "main"),
            ("NUMBER", number),
            ("REPOSITORY", "bank/mesh"),
            ("GH_TOKEN", "x"),
            ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
        ];
        let done = shell(home, "bash", &script, &variables);
        let read = |name: &str| fs::read_to_string(home.join(name)).unwrap_or_default();
        (done, read("calls"), read("sent"), read("summary"))
    };
    fs::write(home.join("comments"), "").unwrap();
    let (done, calls, sent, summary) = run("7", "new-access");
    assert!(done.status.success(), "{done:?}");
    assert!(calls.contains("--method POST repos/bank/mesh/issues/7/comments"), "{calls}");
    assert!(sent.starts_with("<!-- fleetc diff -->") && sent.contains("nothing that is rendered changes"));
    assert_eq!(sent, summary);

    fs::write(home.join("comments"), "41\n42\n").unwrap();
    let (_, calls, sent, _) = run("7", "");
    assert!(calls.contains("--method PATCH repos/bank/mesh/issues/comments/41"), "{calls}");
    assert!(!calls.contains("POST") && !sent.is_empty(), "{calls}");

    fs::write(home.join("refuses"), "").unwrap();
    let (done, _, sent, summary) = run("7", "");
    assert!(done.status.success() && sent.is_empty() && !summary.is_empty(), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stdout).contains("::notice::"), "{done:?}");

    let (done, calls, _, summary) = run("", "");
    assert!(done.status.success() && calls.is_empty() && !summary.is_empty(), "{done:?}");

    fs::write(home.join("fleets/prod/wrong.yaml"), "kind: Worksapce\napiVersion: admin.gloo.solo.io/v2\n")
        .unwrap();
    let (done, _, _, summary) = run("7", "");
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(summary.contains("one side does not compile"), "{summary}");
}

#[test]
fn gitlab_and_pre_commit_run_the_same() {
    let home = repository();
    let gitlab = document(".packaging/gitlab.yaml");
    let hooks = document(".pre-commit-hooks.yaml");
    let jobs = ["fleetc-check", "fleetc-build-check"]
        .map(|job| string(at(&gitlab, &format!("{job}.script.0"))).to_owned());
    let entries = hooks.as_sequence().unwrap().iter().map(|hook| string(at(hook, "entry")).to_owned());
    let lines: Vec<String> = jobs.into_iter().chain(entries).collect();
    assert_eq!(lines.len(), 4);
    let variables = [("FLEETC_FLEETS", ""), ("FLEETC_OUT", "out")];
    for line in &lines {
        let done = shell(home.path(), "sh", line, &variables);
        assert!(done.status.success(), "{line}: {done:?}");
    }
    forget(&home);
    let codes: Vec<_> =
        lines.iter().map(|line| shell(home.path(), "sh", line, &variables).status.code()).collect();
    assert_eq!(codes, [Some(0), Some(1), Some(0), Some(1)]);
}

#[test]
fn every_command_has_a_manual_page() {
    let home = tempfile::tempdir().unwrap();
    let done = shell(home.path(), "sh", "fleetc man --write man && fleetc man", &[]);
    assert!(done.status.success(), "{done:?}");
    let pages = support::files(&home.path().join("man"));
    for command in
        ["fleetc", "fleetc-build", "fleetc-cluster", "fleetc-cluster-add", "fleetc-init", "fleetc-man"]
    {
        let page =
            pages.get(&format!("{command}.1")).unwrap_or_else(|| panic!("{command} in {:?}", pages.keys()));
        assert!(String::from_utf8_lossy(page).contains(".SH NAME"), "{command}");
    }
    assert_eq!(&done.stdout, &pages["fleetc.1"]);
}
