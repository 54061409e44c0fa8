//! The tree that a YAML document becomes.

use super::resolve::resolve_plain;
use crate::source::Place;

/// A value with the place it stands at (for a mapping or sequence: its first key or item).
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands.
    pub place: Place,
    /// The value.
    pub value: Value,
}

/// What a node holds. Anchors, aliases and merge keys are already expanded; keys are unique.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A scalar, not yet resolved to a type.
    Scalar(Scalar),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping in the order written.
    Mapping(Vec<Entry>),
}

impl Node {
    /// The entries, if this is a mapping.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if this is a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, if this is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text, if this is a scalar that every reader takes for a string: `None` for `5`, `on` and `null`.
    pub fn as_text(&self) -> Option<&str> {
        match self.as_scalar()?.resolve() {
            Resolved::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entry of a key, if this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().find(|entry| entry.key == key)
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }
}

/// A scalar as written: its text after unescaping, and whether it stood without quotes or block indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text.
    pub text: String,
    /// True for a plain scalar (`on`), false for a quoted or block one (`"on"`): only a plain one can be null, a
    /// boolean or a number.
    pub plain: bool,
}

impl Scalar {
    /// What the scalar is to Kubernetes; only a plain one can be anything but a string.
    pub fn resolve(&self) -> Resolved<'_> {
        if self.plain { resolve_plain(&self.text) } else { Resolved::String(&self.text) }
    }
}

/// One `key: value` of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// The value.
    pub node: Node,
}

/// What a scalar is to Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false` (and `True`, `TRUE`, …), plain.
    Bool(bool),
    /// A decimal integer, plain.
    Int(i64),
    /// A number with a fraction or an exponent, plain.
    Float(f64),
    /// Text that every reader takes for a string.
    String(&'a str),
    /// A plain scalar that YAML 1.1 (kubectl) and YAML 1.2 read as different types: `yes`, `on`, `0777`, `1_000`, `0o17`, `12:30`…
    Ambiguous(&'a str),
}
