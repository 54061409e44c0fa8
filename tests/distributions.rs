//! The page of what works where is current. `BLESS=1` rewrites it.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

#[test]
fn the_page_is_that_of_the_table() {
    let path = support::root().join("docs/distributions.md");
    let page = fleetc::distributions();
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("docs/");
        std::fs::write(&path, &page).expect("writable");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, page, "run `BLESS=1 cargo test --test distributions`");
}

#[test]
fn every_row_says_since_when_and_from_where() {
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
