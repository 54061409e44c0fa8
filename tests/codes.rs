//! The code table and the pages belong together.
#![allow(clippy::disallowed_methods, reason = "a test reads the pages' folder to find stray ones")]

use std::collections::BTreeSet;

use fleetc::report::codes::{ALL, by_id, did_you_mean};

/// Codes that no fixture can show: a bug in fleetc; what only the writer finds (`tests/cli.rs` shows each), or a command that
/// edits the fleet (`tests/cluster.rs`).
const WITHOUT_FIXTURE: &[&str] = &["FC001", "FC705", "FC706", "FC709", "FC711", "FC730", "FC732", "FC733"];

#[test]
fn ids_are_unique_and_ordered() {
    for code in ALL {
        let digits = code.id.strip_prefix("FC").unwrap();
        assert!(digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", code.id);
    }
    for pair in ALL.windows(2) {
        assert!(pair[0].id < pair[1].id, "{} stands before {}", pair[0].id, pair[1].id);
    }
}

#[test]
fn titles_are_short_and_plain() {
    let titles: BTreeSet<_> = ALL.iter().map(|code| code.title).collect();
    assert_eq!(titles.len(), ALL.len(), "two codes have one title");
    for code in ALL {
        assert!(!code.title.starts_with(char::is_uppercase), "{}: {}", code.id, code.title);
        assert!(!code.title.ends_with('.') && code.title.len() <= 60, "{}: {}", code.id, code.title);
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/pages");
    let pages: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<String> = ALL.iter().map(|code| format!("{}.md", code.id)).collect();
    assert_eq!(pages, expected);
}

#[test]
fn every_code_has_a_fixture() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let found: String = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|case| std::fs::read_to_string(case.unwrap().path().join("findings.txt")).ok())
        .collect();
    for code in ALL {
        let shown = found.contains(&format!("[{}]: ", code.id));
        assert!(shown || WITHOUT_FIXTURE.contains(&code.id), "no fixture shows {}", code.id);
        assert!(!(shown && WITHOUT_FIXTURE.contains(&code.id)), "a fixture does show {}", code.id);
    }
}

#[test]
fn pages_have_one_shape() {
    for code in ALL {
        let headings: Vec<&str> = prose(code.page).filter(|line| line.starts_with('#')).collect();
        let title = format!("# {}: {}", code.id, code.title);
        assert_eq!(headings, [&title, "## What it means", "## Example", "## What to do"]);
        assert_eq!(code.page.lines().next(), Some(&*title));
        assert!(code.page.ends_with('\n') && !code.page.ends_with("\n\n"), "{}", code.id);
        assert!(
            !code.meaning().is_empty() && code.meaning().ends_with('.'),
            "{}: {}",
            code.id,
            code.meaning()
        );
        let length = code.page.lines().count();
        assert!((15..=45).contains(&length), "{} has {length} lines", code.id);
    }
}

#[test]
fn codes_that_pages_name_exist() {
    for code in ALL {
        for after in code.page.split("FC").skip(1) {
            let id = format!("FC{}", after.chars().take(3).collect::<String>());
            assert!(by_id(&id).is_some(), "{}: {id} is not in the table", code.id);
        }
    }
}

#[test]
fn ids_are_found_as_people_write_them() {
    assert_eq!(by_id("fc301").map(|code| code.id), Some("FC301"));
    assert_eq!(by_id("FC999"), None);
    assert_eq!(did_you_mean("FC7O1"), Some("FC701"));
    assert_eq!(did_you_mean("F310"), Some("FC310"));
    assert_eq!(did_you_mean("namespace"), None);
}

/// The lines of a page outside its code blocks, where `#` is a heading and no comment.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    page.split("```").step_by(2).flat_map(str::lines)
}
