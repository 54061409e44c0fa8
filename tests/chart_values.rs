//! The page of the charts' values is current. `BLESS=1` rewrites it.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

#[test]
fn the_page_is_that_of_the_table() {
    let path = support::root().join("docs/chart-values.md");
    let page = fleetc::chart_values();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).expect("writable");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, page, "run `BLESS=1 cargo test --test chart_values`");
}
