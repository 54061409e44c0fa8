//! `fleetc.lock`: what fleetc wrote. Pure: text ⇄ value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a file's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// Every file of one fleet's tree with its digest, in a form that `sha256sum -c fleetc.lock` verifies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// Hex SHA-256 of the canonical inputs.
    pub inputs: String,
    /// Lines that only the guard of the next build reads.
    pub facts: BTreeSet<String>,
    /// Path from `out/<fleet>/` → digest.
    pub files: BTreeMap<String, Digest>,
}

const TITLE: &str = "# fleetc.lock: every file fleetc wrote; verify with sha256sum -c. Do not edit";
const INPUTS: &str = "# inputs sha256:";
const FACT: &str = "#: ";

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Digest(Sha256::digest(bytes).into())
    }

    /// Sorts before every other.
    pub const LOWEST: Self = Digest([0; 32]);

    fn parse(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() != 64 || !hex.as_bytes().iter().all(lower) {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Digest(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Lock {
    /// The text of the file.
    pub fn print(&self) -> String {
        let mut text = format!("{TITLE}\n{INPUTS}{}\n", self.inputs);
        for fact in &self.facts {
            text.push_str(FACT);
            text.push_str(fact);
            text.push('\n');
        }
        for (path, digest) in &self.files {
            print_file(&mut text, path, *digest);
        }
        text
    }

    /// Reads the text of a lock, and the numbers of the lines that no fleetc wrote. Both sides of a merge conflict are
    /// taken, so that the guard forgets nothing.
    pub fn parse(text: &str) -> (Self, Vec<usize>) {
        let mut lock = Lock::default();
        let mut strange = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(fact) = line.strip_prefix(FACT) {
                lock.facts.insert(fact.to_owned());
            } else if let Some(inputs) = line.strip_prefix(INPUTS) {
                lock.inputs = inputs.to_owned();
            } else if let Some((path, digest)) = parse_file(line) {
                lock.files.insert(path, digest);
            } else if !line.starts_with('#') {
                strange.push(number);
            }
        }
        (lock, strange)
    }
}

/// Adds a line as `sha256sum` prints it.
pub fn print_file(text: &mut String, path: &str, digest: Digest) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{digest}  {path}");
}

/// Reads a line as `sha256sum` prints it, for a path that a tree can hold.
pub fn parse_file(line: &str) -> Option<(String, Digest)> {
    let (digest, path) = line.split_once("  ")?;
    let digest = Digest::parse(digest)?;
    is_tree_path(path).then(|| (path.to_owned(), digest))
}

/// True for a path that stays below `out/<fleet>` on every system and that `sha256sum` prints unescaped.
pub fn is_tree_path(path: &str) -> bool {
    let part = |part: &str| !matches!(part, "" | "." | "..");
    path.split('/').all(part) && !path.chars().any(|letter| letter.is_control() || letter == '\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn locks() -> impl Strategy<Value = Lock> {
        let path =
            "[a-z0-9_.-]{1,6}(/[a-zé0-9_ #.-]{1,9}){0,3}".prop_filter("a path", |path| is_tree_path(path));
        let files = prop::collection::btree_map(path, any::<[u8; 32]>().prop_map(Digest), 0..20);
        let facts = prop::collection::btree_set("[a-z-]{1,9}( [a-z0-9.-]{1,9}){0,3}", 0..5);
        ("[0-9a-f]{64}", facts, files).prop_map(|(inputs, facts, files)| Lock { inputs, facts, files })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(lock in locks()) {
            prop_assert_eq!(Lock::parse(&lock.print()), (lock, Vec::new()));
        }

        #[test]
        fn any_text_is_read_without_leaving_the_tree(text in "(?s).{0,200}") {
            prop_assert!(Lock::parse(&text).0.files.keys().all(|path| is_tree_path(path)));
        }
    }

    #[test]
    fn the_form_is_the_one_of_sha256sum() {
        let lock = Lock {
            inputs: "00ff".into(),
            facts: ["global-service east bookinfo productpage".to_owned()].into(),
            files: [("east/3-policy/a.yaml".to_owned(), Digest::of(b""))].into(),
        };
        insta::assert_snapshot!(lock.print(), @r"
        # fleetc.lock: every file fleetc wrote; verify with sha256sum -c. Do not edit
        # inputs sha256:00ff
        #: global-service east bookinfo productpage
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  east/3-policy/a.yaml
        ");
    }

    #[test]
    fn lines_of_a_merge_conflict_are_told_and_both_sides_taken() {
        let (ours, theirs) = (Digest::of(b"a"), Digest::of(b"b"));
        let text = format!("<<<<<<< ours\n{ours}  a.yaml\n=======\n{theirs}  b.yaml\n>>>>>>> theirs\n");
        let (lock, strange) = Lock::parse(&text);
        assert_eq!(strange, [1, 3, 5]);
        assert_eq!(lock.files.len(), 2);
    }

    #[test]
    fn a_path_out_of_the_tree_is_not_taken() {
        for path in ["../a", "/a", "a//b", "a/../b", "a\\b", "a/", "", "."] {
            assert_eq!(parse_file(&format!("{}  {path}", Digest::of(b""))), None, "{path}");
        }
    }
}
