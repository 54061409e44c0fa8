//! A mapping or sequence while it is being built: what its next node means, unique keys, merge keys.

use super::read::{Problem, ProblemKind};
use super::resolve::resolve_plain;
use super::tree::{Entry, Node, Resolved, Scalar, Value};
use crate::source::Place;

/// A mapping or sequence whose end has not come.
pub(super) enum Open {
    /// The items so far.
    Sequence(Vec<Node>),
    /// The entries so far.
    Mapping(OpenMapping),
}

/// The state of a mapping between two of its nodes.
#[derive(Default)]
pub(super) struct OpenMapping {
    first_key: Option<Place>,
    entries: Vec<Entry>,
    /// The key whose value has not come.
    key: Option<Key>,
    /// What `<<` brings, the strongest first.
    merged: Option<Vec<Entry>>,
}

enum Key {
    Named(String, Place),
    Merge,
    /// A key with a problem: its value is dropped.
    Refused,
}

impl Open {
    /// Takes the next node: an item, a key, or the value of the last key. A problem leaves the rest to be
    /// read.
    pub fn accept(&mut self, node: Node) -> Result<(), Problem> {
        match self {
            Open::Sequence(items) => {
                items.push(node);
                Ok(())
            }
            Open::Mapping(mapping) => mapping.accept(node),
        }
    }

    /// The finished value, the place of its first item or key if it has one, and the problems of its keys.
    pub fn close(self) -> (Value, Option<Place>, Vec<Problem>) {
        match self {
            Open::Sequence(items) => {
                let first = items.first().map(|item| item.place);
                (Value::Sequence(items), first, Vec::new())
            }
            Open::Mapping(mapping) => mapping.close(),
        }
    }
}

impl OpenMapping {
    fn accept(&mut self, node: Node) -> Result<(), Problem> {
        match self.key.take() {
            None => {
                self.first_key.get_or_insert(node.place);
                // Set before anything can fail, so that the value that follows is not taken for a key.
                let (key, problem) = match read_key(node, self.merged.is_some()) {
                    Ok(key) => (key, Ok(())),
                    Err(problem) => (Key::Refused, Err(problem)),
                };
                self.key = Some(key);
                problem
            }
            Some(Key::Named(key, key_place)) => {
                let place = if is_unwritten(&node) { key_place } else { node.place };
                self.entries.push(Entry { key, key_place, node: Node { place, ..node } });
                Ok(())
            }
            Some(Key::Merge) => {
                self.merged = Some(merge_sources(node)?);
                Ok(())
            }
            Some(Key::Refused) => Ok(()),
        }
    }

    fn close(mut self) -> (Value, Option<Place>, Vec<Problem>) {
        let repeated = repeated_keys(&self.entries).into_iter().filter_map(|index| self.entries.get(index));
        let problems = repeated.map(|entry| duplicate_key(&entry.key, entry.key_place)).collect();
        if let Some(merged) = self.merged {
            self.entries.extend(merged);
            let mut weaker = repeated_keys(&self.entries).into_iter().peekable();
            let mut index = 0..;
            self.entries.retain(|_| weaker.next_if_eq(&index.next().unwrap_or_default()).is_none());
        }
        (Value::Mapping(self.entries), self.first_key, problems)
    }
}

/// True for a value of which nothing stands in the text, as in `key:` or between two `---`.
pub(super) fn is_unwritten(node: &Node) -> bool {
    node.place.start == node.place.end && matches!(&node.value, Value::Scalar(scalar) if scalar.plain)
}

/// A key is text, and the same text to every reader: kubectl makes `on:` the key `true` and `1.10:` the key
/// `1.1`.
fn read_key(node: Node, has_merge: bool) -> Result<Key, Problem> {
    let place = node.place;
    let problem = |message: String, help: &str| {
        Err(Problem { place, kind: ProblemKind::Key, message, help: Some(help.to_owned()) })
    };
    let scalar = match node.value {
        Value::Scalar(scalar) => scalar,
        Value::Sequence(_) => return problem("a list cannot be a key".to_owned(), "a key is a text"),
        Value::Mapping(_) => {
            return problem(
                "a mapping cannot be a key".to_owned(),
                "put text that starts with `{` in quotes",
            );
        }
    };
    match &scalar {
        Scalar { text, plain: true } if text == "<<" && has_merge => Err(duplicate_key(text, place)),
        Scalar { text, plain: true } if text == "<<" => Ok(Key::Merge),
        Scalar { text, plain: true } if text.is_empty() => {
            problem("a key is missing before `:`".to_owned(), "an empty key is written `\"\"`")
        }
        Scalar { text, plain: true } if !is_same_key_to_all(text) => problem(
            format!("the key `{text}` is not the same text to every YAML reader"),
            &format!("write it in quotes: `\"{text}\"`"),
        ),
        _ => Ok(Key::Named(scalar.text, place)),
    }
}

fn is_same_key_to_all(text: &str) -> bool {
    match resolve_plain(text) {
        Resolved::String(_) => true,
        Resolved::Bool(value) => value.to_string() == text,
        Resolved::Int(number) => number.to_string() == text,
        Resolved::Float(number) => number.to_string() == text,
        Resolved::Null | Resolved::Ambiguous(_) => false,
    }
}

/// The entries that the value of `<<` brings, an earlier mapping before a later one.
fn merge_sources(node: Node) -> Result<Vec<Entry>, Problem> {
    let sources = match node.value {
        Value::Sequence(items) => items,
        _ => vec![node],
    };
    let mut entries = Vec::new();
    for source in sources {
        let Value::Mapping(mut merged) = source.value else {
            let message = "`<<` takes a mapping or a list of mappings".to_owned();
            return Err(Problem { place: source.place, kind: ProblemKind::Syntax, message, help: None });
        };
        entries.append(&mut merged);
    }
    Ok(entries)
}

fn duplicate_key(key: &str, place: Place) -> Problem {
    Problem {
        place,
        kind: ProblemKind::DuplicateKey,
        message: format!("the key `{key}` stands twice in this mapping"),
        help: Some("readers differ on which one counts: keep one".to_owned()),
    }
}

/// The indexes, in order, of the entries whose key an earlier entry has. A large mapping is sorted rather
/// than hashed: no choice of keys makes that slow.
fn repeated_keys(entries: &[Entry]) -> Vec<usize> {
    const SMALL: usize = 8;
    if entries.len() <= SMALL {
        let is_repeated = |(index, entry): (usize, &Entry)| {
            entries.iter().take(index).any(|earlier| earlier.key == entry.key).then_some(index)
        };
        return entries.iter().enumerate().filter_map(is_repeated).collect();
    }
    let mut sorted: Vec<_> =
        entries.iter().enumerate().map(|(index, entry)| (entry.key.as_str(), index)).collect();
    sorted.sort_unstable();
    let pairs = sorted.iter().zip(sorted.iter().skip(1));
    let mut repeated: Vec<_> = pairs.filter(|(a, b)| a.0 == b.0).map(|(_, b)| b.1).collect();
    repeated.sort_unstable();
    repeated
}
