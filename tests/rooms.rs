//! Who may use whom (DESIGN of the house): the table below against the imports of every file in `src/`.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

/// Room → the rooms it may use. `source` is open to all and not named.
const TABLE: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("yaml", &[]),
    ("report", &[]),
    ("manifest", &["yaml"]),
    ("trust", &["report"]),
    ("kinds", &["manifest", "report", "yaml"]),
    ("admit", &["kinds", "manifest", "report", "yaml"]),
    ("bind", &["admit", "kinds", "manifest", "report", "trust"]),
    ("check", &["bind", "manifest", "report", "trust"]),
    ("distribute", &["bind", "manifest"]),
    ("emit", &["distribute", "manifest"]),
    ("format", &["manifest", "yaml"]),
    (
        "history",
        &["admit", "bind", "kinds", "lib", "pane", "question", "reach", "report", "review", "trust", "yaml"],
    ),
    ("page", &["bind", "pane", "question", "reach", "report", "trust"]),
    ("pane", &["bind", "manifest", "question", "reach", "report", "trust"]),
    ("reach", &["bind", "manifest", "report"]),
    ("review", &["bind", "manifest", "page", "question", "reach", "report", "trust", "yaml"]),
    ("revise", &["admit", "bind", "kinds", "manifest", "report", "yaml"]),
    (
        "lib",
        &[
            "admit",
            "bind",
            "check",
            "distribute",
            "emit",
            "format",
            "judge",
            "kinds",
            "manifest",
            "reach",
            "report",
            "world",
            "yaml",
        ],
    ),
    (
        "shell",
        &[
            "admit",
            "advice",
            "bind",
            "check",
            "distribute",
            "emit",
            "format",
            "history",
            "kinds",
            "lib",
            "manifest",
            "page",
            "question",
            "pane",
            "reach",
            "report",
            "review",
            "revise",
            "trust",
            "world",
            "yaml",
        ],
    ),
    ("world", &["bind", "distribute", "emit", "kinds", "manifest", "reach", "report", "yaml"]),
    ("advice", &["lib", "question", "review", "revise"]),
    ("judge", &["bind", "manifest", "reach", "report", "world"]),
    ("question", &["bind", "manifest", "reach", "report", "revise"]),
    ("main", &["shell"]),
];

/// The rooms that a file uses: what follows `crate::` or `fleetc::`, comments left out.
fn used(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut rooms = BTreeSet::new();
    for start in ["crate::", "fleetc::"] {
        for rest in code.split(start).skip(1) {
            let names: Vec<String> = match rest.strip_prefix('{') {
                Some(group) => top_level(group),
                None => vec![name(rest)],
            };
            rooms.extend(names.into_iter().filter(|name| !name.is_empty()));
        }
    }
    rooms
}

fn name(text: &str) -> String {
    text.chars().take_while(|character| character.is_ascii_alphanumeric() || *character == '_').collect()
}

fn top_level(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut current) = (0, Vec::new(), String::new());
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut current)),
            _ if depth == 0 => current.push(character),
            _ => {}
        }
    }
    names.push(current);
    names.iter().map(|text| name(text.trim())).collect()
}

#[test]
fn every_room_uses_only_what_the_table_allows() {
    let table: BTreeMap<&str, &[&str]> = TABLE.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut rooms_seen = BTreeSet::new();
    for (path, bytes) in support::files(&support::root().join("src")) {
        if !path.ends_with(".rs") {
            continue;
        }
        let room = path.split(['/', '.']).next().expect("a room").to_owned();
        let Some(allowed) = table.get(room.as_str()) else {
            wrong.push(format!("src/{path}: room `{room}` is not in the table"));
            continue;
        };
        for name in used(&String::from_utf8_lossy(&bytes)) {
            let target = if table.contains_key(name.as_str()) { name.as_str() } else { "lib" };
            if target != room && target != "source" && !allowed.contains(&target) {
                wrong.push(format!("src/{path}: `{room}` may not use `{target}` (`{name}`)"));
            }
        }
        rooms_seen.insert(room);
    }
    for (room, _) in TABLE.iter().filter(|(room, _)| !rooms_seen.contains(*room)) {
        // a room that is still to be built has no files, and none of the others may name it
        assert!(["review", "trust"].contains(room), "room `{room}` of the table has no file");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
