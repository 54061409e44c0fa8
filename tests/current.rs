//! What is generated and committed is current: schemas, pages of tables, the rendering of the example fleets. `BLESS=1`
//! rewrites them.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

use std::collections::BTreeMap;

use fleetc::pane::graph;
use support::{compare, rendered, root, sources};

#[test]
fn the_schemas_are_those_of_the_code() {
    let mut schemas: BTreeMap<String, String> = fleetc::schemas()
        .into_iter()
        .map(|(kind, text)| (format!("{}.json", kind.to_lowercase()), text))
        .collect();
    let outputs = fleetc::shell::output_schemas();
    schemas.extend(outputs.into_iter().map(|(name, text)| (format!("output/{name}.json"), text)));
    assert!(schemas.len() >= 15, "{} schemas", schemas.len());
    let differences = compare(&root().join("schemas"), &schemas);
    assert!(differences.is_empty(), "run `cargo run -- schema --write schemas`\n{}", differences.join("\n"));
}

/// What README shows.
#[test]
fn the_pictures_are_those_of_the_example_fleet() {
    let sources = sources(&root().join("fleets/solo-demo"), "solo-demo");
    let compiled = fleetc::compile(&sources).unwrap_or_else(|findings| panic!("refused: {findings:#?}"));
    let (mesh, world) = (compiled.mesh(), compiled.world());
    let places = fleetc::question::Places { fleet: Some(&sources), tree: None };
    let scene = fleetc::question::Scene { world: &world, mesh: Some(mesh), places: &places };
    let drawn = [graph::access(scene), graph::peers(mesh), graph::workspaces(mesh)];
    let pictures = drawn.iter().map(|drawn| (format!("{}.svg", drawn.name), graph::svg(drawn))).collect();
    let differences = compare(&root().join("docs/images/graph"), &pictures);
    assert!(differences.is_empty(), "run `BLESS=1 cargo test --test current`\n{}", differences.join("\n"));
}

#[test]
fn out_is_what_the_example_fleets_render_to() {
    for entry in std::fs::read_dir(root().join("fleets")).expect("fleets/") {
        let folder = entry.expect("an entry").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let (tree, _) = rendered(&sources(&folder, &name))
            .unwrap_or_else(|findings| panic!("{name} is refused: {findings:#?}"));
        let differences = compare(&root().join("out").join(&name), &tree);
        assert!(differences.is_empty(), "run `cargo run --release -- build`\n{}", differences.join("\n"));
    }
}

#[test]
fn the_pages_of_tables_are_those_of_the_code() {
    for (path, page) in
        [("docs/chart-values.md", fleetc::chart_values()), ("docs/distributions.md", fleetc::distributions())]
    {
        let path = root().join(path);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &page).expect("writable");
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(found, page, "run `BLESS=1 cargo test --test current`");
    }
}

#[test]
fn every_row_of_the_distributions_says_since_when_and_from_where() {
    let page = fleetc::distributions();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert_eq!(rows.len(), fleetc::bind::CAPABILITIES.len());
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 3, "{row}");
        for cell in &cells[1..] {
            let cell = cell.trim();
            assert!(cell.starts_with("since 1.") || cell.starts_with("no ("), "{cell}");
            assert!(cell.ends_with(')') && !cell.ends_with("()"), "{cell}");
        }
    }
}

/// Whatever a build wrote: no key and no token of any form in the trees that are committed, nor in what they come from.
#[test]
fn no_committed_tree_holds_a_secret() {
    let forms: [&[u8]; 5] = [
        b"PRIVATE KEY",
        b"AGE-SECRET-KEY",
        b"LS0tLS1CRUdJTiBQUklWQVRFIEtFW",
        b"client-key-data",
        b"\ntoken: ",
    ];
    let mut files = 0;
    for folder in ["fleets", "out"] {
        for (path, bytes) in support::files(&root().join(folder)) {
            files += 1;
            for form in forms {
                let found = bytes.windows(form.len()).any(|window| window == form);
                assert!(!found, "{folder}/{path} holds {}", String::from_utf8_lossy(form));
            }
        }
    }
    assert!(files > 100, "{files} files");
}
