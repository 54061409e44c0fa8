//! Every case of `fixtures/`: `fleet/` in, `out/fleet/` and `findings.txt` out, compared both ways. `BLESS=1 cargo test
//! --test fixtures` rewrites what is expected; review the diff. Where `before/` stands beside `fleet/`, the step from there is
//! judged too (`check --against`), and a file `now` holds the day that time is judged by (`--now`).

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

use std::collections::BTreeMap;

use fleetc::report::{self, Findings, TextStyle};
use support::{compare, rendered_at, root, sources};

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
        let now = std::fs::read_to_string(folder.join("now")).ok();
        let now = now.as_deref().map(str::trim);
        let (tree, mut findings) = match rendered_at(&sources, now) {
            Ok((tree, findings)) => (tree, findings),
            Err(findings) => (BTreeMap::new(), findings),
        };
        if folder.join("before").is_dir() {
            let before = support::sources(&folder.join("before"), "fleet");
            let after = fleetc::compile_at(&sources, now).expect("a state to step to");
            findings.extend(after.since(&before, now));
            findings = findings.sorted();
        }
        let mut expected: BTreeMap<String, String> =
            tree.into_iter().map(|(path, text)| (format!("out/fleet/{path}"), text)).collect();
        expected.insert("findings.txt".into(), text(&sources, &findings));
        for given in ["fleet", "before"] {
            for (path, bytes) in support::files(&folder.join(given)) {
                expected.insert(format!("{given}/{path}"), String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        if let Ok(text) = std::fs::read_to_string(folder.join("now")) {
            expected.insert("now".into(), text);
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
