//! From a YAML tree to typed records: a place for everything, and all findings of a document at once.

use schemars::{JsonSchema, Schema, SchemaGenerator};

pub use super::values::{FreeForm, Ignored, Labels, Port, Refused, Spot, Unread};

use crate::report::{Finding, Findings, closest, codes};
use crate::source::Place;
use crate::yaml::{Entry, Node, Resolved, Scalar, Value};

/// What can stand in an input document. Its JSON Schema says the same as `decode` does.
pub trait Decode: Sized + JsonSchema {
    /// True if a field of this type may be written as `null`. For all others a key without a value is refused:
    /// `authz:` and `authz: {}` would mean opposite things.
    const NULLABLE: bool = false;

    /// Reads a value; what is wrong with it goes to the decoder. `None` if nothing usable was read.
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self>;

    /// What a field of this type is when it is absent; `None` if it must be there.
    fn missing() -> Option<Self> {
        None
    }

    /// The schema of a field of this type.
    fn describe(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}

/// How many findings of one document are told.
const FINDINGS: usize = 1_000;
/// How many have been told before the one that says that there are more.
const LAST: usize = FINDINGS - 1;

/// Collects what is wrong with one document, and knows where in it the reading stands.
#[derive(Debug)]
pub struct Decoder {
    findings: Findings,
    told: usize,
    object: Option<String>,
    path: String,
    key: Place,
    doc: &'static str,
    tolerant: bool,
}

impl Decoder {
    /// For intent: an unknown field is an error. `place` is where a field that is missing from the document itself is
    /// reported.
    pub fn strict(place: Place) -> Self {
        let findings = Findings::default();
        Decoder { findings, told: 0, object: None, path: String::new(), key: place, doc: "", tolerant: false }
    }

    /// For inventory: unknown fields and `null` are passed over, a wrong shape is still an error.
    pub fn tolerant(place: Place) -> Self {
        Decoder { tolerant: true, ..Decoder::strict(place) }
    }

    /// Names the object that findings from here on are about: `Kind/namespace/name`.
    pub fn set_object(&mut self, object: String) {
        self.object = Some(object);
    }

    /// Adds a finding, with the object it is about. What passes the limit is not told, only that there is more.
    pub fn report(&mut self, finding: Finding) {
        let finding = match self.told {
            FINDINGS.. => return,
            LAST => {
                let message = format!("more than {LAST} findings in one document");
                let finding = Finding::new(codes::FC104, message).help("correct those that are told first");
                finding.at(self.key)
            }
            _ => finding,
        };
        self.told += 1;
        self.findings.push(match &self.object {
            Some(object) => finding.object(object.clone()),
            None => finding,
        });
    }

    /// True if nothing more will be told, so that reading on is of no use.
    pub fn is_full(&self) -> bool {
        self.told >= FINDINGS
    }

    /// The path of the value that is being read, as a person writes it: `spec.importFrom[0].workspaces`.
    pub fn path(&self) -> &str {
        if self.path.is_empty() { "the document" } else { &self.path }
    }

    /// What the documentation of the field that is being read says.
    pub fn doc(&self) -> &'static str {
        self.doc
    }

    /// The key of the field that is being read.
    pub fn key(&self) -> Place {
        self.key
    }

    /// All that was found.
    pub fn into_findings(self) -> Findings {
        self.findings
    }

    /// The entries of a mapping; anything else is a finding.
    pub fn mapping<'n>(&mut self, node: &'n Node) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Mapping(entries) => Some(entries),
            _ => self.wrong_type(node, "a mapping", None),
        }
    }

    /// The items of a sequence; anything else is a finding.
    pub fn sequence<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        match &node.value {
            Value::Sequence(items) => Some(items),
            _ => self.wrong_type(node, "a list", Some("start each item with `- `".into())),
        }
    }

    /// A scalar; anything else is a finding.
    pub fn scalar<'n>(&mut self, node: &'n Node, wanted: &str) -> Option<&'n Scalar> {
        match &node.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => self.wrong_type(node, wanted, None),
        }
    }

    /// Reads one field of a record. `None` if it is wrong, or missing and required; either is a finding.
    pub fn field<T: Decode>(&mut self, entries: &[Entry], field: &'static Field) -> Option<T> {
        let Some(entry) = entries.iter().find(|entry| field.is(&entry.key)) else {
            return self.absent(field);
        };
        if is_null(&entry.node) && !T::NULLABLE {
            if self.tolerant {
                return self.absent(field);
            }
            let message = format!("`{}` has no value", self.path_of(&entry.key));
            let help = "remove the line, or write `{}` or `[]` if it is empty on purpose";
            self.report(Finding::new(codes::FC108, message).at(entry.key_place).help(help));
            return None;
        }
        let outer = std::mem::replace(&mut self.doc, field.doc);
        let read = self.within(&entry.key, entry.key_place, |decoder| T::decode(&entry.node, decoder));
        self.doc = outer;
        read
    }

    /// Reports every entry that is none of the record's fields, unless the decoder is tolerant.
    pub fn unknown(&mut self, entries: &[Entry], fields: &[Field]) {
        if self.tolerant {
            return;
        }
        let known = |entry: &&Entry| !fields.iter().any(|field| field.is(&entry.key));
        for entry in entries.iter().filter(known) {
            if self.is_full() {
                return;
            }
            let keys: Vec<String> = fields.iter().map(Field::key).collect();
            let help = match closest(&entry.key, keys.iter().map(String::as_str)) {
                Some(key) => format!("did you mean `{key}`?"),
                None if keys.is_empty() => format!("`{}` takes no fields", self.path()),
                None => format!("`{}` takes {}", self.path(), listed(keys.iter().map(String::as_str))),
            };
            let message = format!("unknown field `{}` in `{}`", entry.key, self.path());
            self.report(Finding::new(codes::FC105, message).at(entry.key_place).help(help));
        }
    }

    /// One of a set of words; anything else is a finding.
    pub fn choice<T: Copy>(&mut self, node: &Node, choices: &[(&'static str, T)]) -> Option<T> {
        let text = String::decode(node, self)?;
        let words = || choices.iter().map(|(word, _)| *word);
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return Some(*choice);
        }
        let help = match closest(&text, words()) {
            Some(word) => format!("did you mean `{word}`? Allowed are {}", listed(words())),
            None => format!("allowed are {}", listed(words())),
        };
        self.not_allowed(node.place, &text, help)
    }

    /// Reports a value that its field does not take.
    pub fn not_allowed<T>(&mut self, place: Place, value: &str, help: impl Into<String>) -> Option<T> {
        let message = format!("`{value}` is not allowed for `{}`", self.path());
        self.report(Finding::new(codes::FC109, message).at(place).help(help));
        None
    }

    /// Reports a value of another type than is meant.
    pub fn wrong_type<T>(&mut self, node: &Node, wanted: &str, help: Option<String>) -> Option<T> {
        let message = format!("`{}` is {}, but {wanted} is meant", self.path(), shape(node));
        let finding = Finding::new(codes::FC108, message).at(node.place);
        self.report(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
        None
    }

    /// Reports a word that YAML readers disagree about.
    pub fn ambiguous<T>(&mut self, node: &Node, text: &str, help: impl Into<String>) -> Option<T> {
        let message = format!("YAML readers do not agree what `{text}` is, in `{}`", self.path());
        self.report(Finding::new(codes::FC110, message).at(node.place).help(help));
        None
    }

    /// Reports two spellings of one setting that say different things; `place` is the later one.
    pub fn differ(&mut self, place: Place, one: &str, other: &str) {
        let message = format!("`{one}` and `{other}` say the same thing differently in `{}`", self.path());
        self.report(Finding::new(codes::FC115, message).at(place).help(format!("keep `{one}`")));
    }

    /// Reports alternatives of which not exactly one is given. `given` holds the names and places of those that are.
    pub fn exactly_one(&mut self, given: &[(&str, Option<Place>)]) {
        let set: Vec<_> =
            given.iter().filter_map(|(name, place)| place.map(|place| (*name, place))).collect();
        let all = listed(given.iter().map(|(name, _)| *name));
        match set.as_slice() {
            [_] => {}
            [] => {
                let message = format!("`{}` names none of {all}", self.path());
                self.report(
                    Finding::new(codes::FC107, message).at(self.key).help("give exactly one of them"),
                );
            }
            [(first, _), rest @ ..] => {
                for (name, place) in rest {
                    let message = format!("`{name}` stands beside `{first}` in `{}`", self.path());
                    let help = format!("give exactly one of {all}");
                    self.report(Finding::new(codes::FC109, message).at(*place).help(help));
                }
            }
        }
    }

    /// Reads a value one step further down: a key, or an index in brackets.
    pub(super) fn within<T>(&mut self, step: &str, key: Place, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if !self.path.is_empty() && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        let outer = std::mem::replace(&mut self.key, key);
        let read = read(self);
        self.key = outer;
        self.path.truncate(length);
        read
    }

    fn absent<T: Decode>(&mut self, field: &'static Field) -> Option<T> {
        T::missing().or_else(|| {
            let message = format!("`{}` is missing", self.path_of(&field.key()));
            let finding = Finding::new(codes::FC107, message).at(self.key);
            self.report(match field.doc.trim() {
                "" => finding,
                doc => finding.help(format!("`{}`: {}", field.key(), sentence(doc))),
            });
            None
        })
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// One field of a record: its Rust name, its key where that is not the name in camel case, its documentation.
#[derive(Debug)]
pub struct Field {
    /// The name in snake case.
    pub name: &'static str,
    /// At most one: the key, where it is not the name in camel case.
    pub keys: &'static [&'static str],
    /// The doc comment, which is also the schema's description.
    pub doc: &'static str,
}

impl Field {
    /// The key as it is written in YAML.
    pub fn key(&self) -> String {
        if let Some(key) = self.keys.first() {
            return (*key).to_owned();
        }
        let mut key = String::with_capacity(self.name.len());
        for (index, word) in self.name.split('_').enumerate() {
            let mut letters = word.chars();
            match letters.next() {
                Some(first) if index > 0 => key.push(first.to_ascii_uppercase()),
                Some(first) => key.push(first),
                None => {}
            }
            key.push_str(letters.as_str());
        }
        key
    }

    /// True if `key` is this field's key. Allocates nothing: it is asked for every key of every document.
    fn is(&self, key: &str) -> bool {
        if let Some(own) = self.keys.first() {
            return *own == key;
        }
        let mut letters = key.bytes();
        let mut capital = false;
        for byte in self.name.bytes() {
            if byte == b'_' {
                capital = true;
                continue;
            }
            let wanted = if capital { byte.to_ascii_uppercase() } else { byte };
            capital = false;
            if letters.next() != Some(wanted) {
                return false;
            }
        }
        letters.next().is_none()
    }
}

/// True for `null`, `~` and nothing.
pub fn is_null(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar(scalar) if scalar.resolve() == Resolved::Null)
}

/// Words for a person: `a`, `b`.
pub fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A doc comment as one line without its full stop, as messages are written.
pub(super) fn sentence(doc: &str) -> String {
    let line = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.strip_suffix('.').unwrap_or(&line);
    let mut letters = line.chars();
    match letters.next() {
        // An acronym keeps its capitals.
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => line.to_owned(),
    }
}

fn shape(node: &Node) -> String {
    match &node.value {
        Value::Mapping(_) => "a mapping".into(),
        Value::Sequence(_) => "a list".into(),
        Value::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => "empty".into(),
            Resolved::Bool(_) => format!("the boolean `{}`", scalar.text),
            Resolved::Int(_) | Resolved::Float(_) => format!("the number `{}`", scalar.text),
            Resolved::String(_) | Resolved::Ambiguous(_) => "a string".into(),
        },
    }
}
