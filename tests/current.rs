//! What is generated and committed is current: schemas and the rendering of the example fleets. `BLESS=1` rewrites both.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

use std::collections::BTreeMap;

use support::{compare, rendered, root, sources};

#[test]
fn the_schemas_are_those_of_the_code() {
    let schemas: BTreeMap<String, String> = fleetc::schemas()
        .into_iter()
        .map(|(kind, text)| (format!("{}.json", kind.to_lowercase()), text))
        .collect();
    assert!(schemas.len() >= 15, "{} schemas", schemas.len());
    let differences = compare(&root().join("schemas"), &schemas);
    assert!(differences.is_empty(), "run `cargo run -- schema --write schemas`\n{}", differences.join("\n"));
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
