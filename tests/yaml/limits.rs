//! Input made to exhaust a reader: each is refused as such, at once, without a deep stack or much memory.

use std::fmt::Write;

use fleetc::source::FileId;
use fleetc::yaml::{ProblemKind, read};

/// Asserts that the last problem is a limit and no document is kept, on a stack that recursion would
/// overflow.
fn is_refused(text: String) {
    let start: String = text.chars().take(20).collect();
    let reader = std::thread::Builder::new().stack_size(256 << 10);
    let reading = reader.spawn(move || read(FileId(0), text.as_bytes())).unwrap().join().unwrap();
    let kind = reading.problems.last().map(|problem| problem.kind);
    assert_eq!(kind, Some(ProblemKind::Limit), "of {start:?}…");
    assert!(reading.documents.is_empty(), "of {start:?}…");
}

#[test]
fn nesting() {
    for open in ["[", "{", "- ", "? ", "[? ", "{a: ", "- ? ", "[{a: "] {
        is_refused(open.repeat(100_000));
    }
    is_refused(format!("{}x{}", "[".repeat(101), "]".repeat(101)));
    is_refused(format!("{}x", "- ".repeat(101)));
    is_refused(format!("{}x{}", "{a: ".repeat(20_000), "}".repeat(20_000)));
    is_refused((0..2_000).fold(String::new(), |text, level| format!("{text}{}a:\n", " ".repeat(level))));
}

#[test]
fn nesting_within_the_limit_is_read() {
    let text = format!("{}x{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(read(FileId(0), text.as_bytes()).documents.len(), 1);
}

#[test]
fn nesting_by_aliases() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        writeln!(text, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    is_refused(text);
}

#[test]
fn alias_bombs() {
    let mut maps = "a0: &a0 {x: 1}\n".to_owned();
    let mut lists = "a0: &a0 [lol]\n".to_owned();
    for level in 1..12 {
        let before = level - 1;
        writeln!(lists, "a{level}: &a{level} [{}]", format!("*a{before},").repeat(9)).unwrap();
        let entries: String = (0..9).map(|key| format!("k{key}: *a{before},")).collect();
        writeln!(maps, "a{level}: &a{level} {{{entries}}}").unwrap();
    }
    is_refused(lists);
    is_refused(maps);
    let merges: String = "- <<: *a\n".repeat(20_000);
    is_refused(format!("- &a {{b: 1, c: 2, d: 3}}\n{merges}"));
}

#[test]
fn text_held_twice() {
    is_refused(format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), "*a,".repeat(100)));
    let nested: String = (0..90).map(|level| format!("&a{level} [")).collect();
    is_refused(format!("{nested}{}{}", "x".repeat(1 << 20), "]".repeat(90)));
}

#[test]
fn sheer_size() {
    is_refused("x".repeat((32 << 20) + 1));
    is_refused(format!("[{}]", "a,".repeat(2_000_001)));
    is_refused("a: 1\n".repeat(5_000));
    is_refused("[\n---\n".repeat(5_000));
}

#[test]
fn what_is_large_and_fine() {
    let keys: String = (0..200_000).map(|key| format!("key{key}: 1\n")).collect();
    for text in [keys, format!("a: {}\n", "x".repeat(30_000_000))] {
        let reading = read(FileId(0), text.as_bytes());
        assert_eq!((reading.documents.len(), reading.problems.len()), (1, 0));
    }
}
