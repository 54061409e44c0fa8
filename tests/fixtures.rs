//! Every case of `fixtures/`: `fleet/` in, `out/fleet/` and `findings.txt` out, compared both ways. `BLESS=1 cargo test
//! --test fixtures` rewrites what is expected; review the diff.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

use std::collections::BTreeMap;

use fleetc::report::{self, Findings, TextStyle};
use support::{compare, rendered, root, sources};

#[test]
fn every_fixture_renders_what_stands_beside_it() {
    let mut failures = Vec::new();
    let mut cases = 0;
    for entry in std::fs::read_dir(root().join("fixtures")).expect("fixtures/") {
        let folder = entry.expect("an entry").path();
        if !folder.join("fleet").is_dir() {
            continue;
        }
        cases += 1;
        let case = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let sources = sources(&folder.join("fleet"), "fleet");
        let (tree, findings) = match rendered(&sources) {
            Ok((tree, findings)) => (tree, findings),
            Err(findings) => (BTreeMap::new(), findings),
        };
        let mut expected: BTreeMap<String, String> =
            tree.into_iter().map(|(path, text)| (format!("out/fleet/{path}"), text)).collect();
        expected.insert("findings.txt".into(), text(&sources, &findings));
        for (path, bytes) in support::files(&folder.join("fleet")) {
            expected.insert(format!("fleet/{path}"), String::from_utf8_lossy(&bytes).into_owned());
        }
        failures.extend(
            compare(&folder, &expected).into_iter().map(|difference| format!("{case}: {difference}")),
        );
        failures.extend(unmarked(&case, &sources, &findings));
    }
    assert!(cases > 0, "no fixture was found");
    assert!(failures.is_empty(), "{} differences in {cases} cases\n{}", failures.len(), failures.join("\n"));
}

fn text(sources: &fleetc::source::Sources, findings: &Findings) -> String {
    report::text(&[(sources, findings)], TextStyle { colour: false, width: 120 })
}

/// The wrong line carries `# FC301`: a marked line must have that error, and an error in a line that can be marked must be.
fn unmarked(case: &str, sources: &fleetc::source::Sources, findings: &Findings) -> Vec<String> {
    let mut found = std::collections::BTreeSet::new();
    for finding in findings.iter() {
        if let Some(place) = finding.place {
            found.insert((sources.shown_path(place.file), sources.line_column(place).0, finding.code.id));
        }
    }
    let mut wrong = Vec::new();
    for (id, _) in sources.files() {
        for (index, line) in sources.text(id).lines().enumerate() {
            let Some((_, comment)) = line.split_once("# FC") else { continue };
            for code in format!("FC{comment}").split([' ', ',']).filter(|word| word.starts_with("FC")) {
                let path = sources.shown_path(id);
                if !found.iter().any(|(file, at, id)| *file == path && *at == index + 1 && *id == code) {
                    wrong.push(format!(
                        "{case}: {path}:{} is marked {code}, which was not found there",
                        index + 1
                    ));
                }
            }
        }
    }
    wrong
}
