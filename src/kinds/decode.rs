//! From a YAML tree to typed records: strict, with a place for everything, and with all findings of a document at once.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value as Json};

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

/// Collects what is wrong with one document, and knows where in it the reading stands.
#[derive(Debug)]
pub struct Decoder {
    findings: Findings,
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
        let (findings, object) = (Findings::default(), None);
        Decoder { findings, object, path: String::new(), key: place, doc: "", tolerant: false }
    }

    /// For inventory: unknown fields and `null` are passed over, a wrong shape is still an error.
    pub fn tolerant(place: Place) -> Self {
        Decoder { tolerant: true, ..Decoder::strict(place) }
    }

    /// Names the object that findings from here on are about: `Kind/namespace/name`.
    pub fn set_object(&mut self, object: String) {
        self.object = Some(object);
    }

    /// Adds a finding, with the object it is about.
    pub fn report(&mut self, finding: Finding) {
        self.findings.push(match &self.object {
            Some(object) => finding.object(object.clone()),
            None => finding,
        });
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

    fn within<T>(&mut self, step: &str, key: Place, read: impl FnOnce(&mut Self) -> T) -> T {
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

/// A value and the place it stands at. Two are equal if their values are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spot<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> Spot<T> {
    /// A value at a place.
    pub fn new(value: T, place: Place) -> Self {
        Spot { value, place }
    }
}

impl<T> std::ops::Deref for Spot<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: PartialEq> PartialEq for Spot<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: std::fmt::Display> std::fmt::Display for Spot<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value.fmt(formatter)
    }
}

impl<T: Decode> Decode for Spot<T> {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        Some(Spot::new(T::decode(node, decoder)?, node.place))
    }
}

inline_schema!([T: JsonSchema] Spot<T>, generator => T::json_schema(generator));

/// A field that real Gloo objects have and that has no effect in a compiled tree: read, and named in an info finding.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ignored {
    /// Its key, if it is set.
    pub key: Option<Place>,
}

impl Decode for Ignored {
    const NULLABLE: bool = true;
    fn decode(_: &Node, decoder: &mut Decoder) -> Option<Self> {
        let message = format!("`{}` has no effect in a compiled tree", decoder.path());
        let help = sentence(decoder.doc());
        let key = decoder.key();
        decoder.report(Finding::new(codes::FC113, message).at(key).help(help));
        Some(Ignored { key: Some(key) })
    }
    fn missing() -> Option<Self> {
        Some(Ignored::default())
    }
}

impl PartialEq for Ignored {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

inline_schema!([] Ignored, _generator => true.into());

/// A field that real Gloo objects have, that would change what is rendered, and that fleetc does not compile: an error.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Refused;

impl Decode for Refused {
    const NULLABLE: bool = true;
    fn decode(_: &Node, decoder: &mut Decoder) -> Option<Self> {
        let message = format!("`{}` is a real field, but fleetc does not compile it", decoder.path());
        let (key, help) = (decoder.key(), sentence(decoder.doc()));
        decoder.report(Finding::new(codes::FC112, message).at(key).help(help));
        Some(Refused)
    }
    fn missing() -> Option<Self> {
        Some(Refused)
    }
}

inline_schema!([] Refused, _generator => schemars::json_schema!({ "not": {} }));

/// A field that every Kubernetes object may carry and that means nothing here: passed over without a word.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Unread;

impl Decode for Unread {
    const NULLABLE: bool = true;
    fn decode(_: &Node, _: &mut Decoder) -> Option<Self> {
        Some(Unread)
    }
    fn missing() -> Option<Self> {
        Some(Unread)
    }
}

inline_schema!([] Unread, _generator => true.into());

/// A port number, 1 to 65535.
pub type Port = NonZeroU16;

/// Labels or annotations, sorted by key.
pub type Labels = BTreeMap<String, String>;

/// Free-form values, as a Helm chart takes them; every word in them must mean one thing to all YAML readers.
pub type FreeForm = Map<String, Json>;

impl Decode for String {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let scalar = decoder.scalar(node, "a string")?;
        let quoted = || format!("quote it: `\"{}\"`", scalar.text);
        match scalar.resolve() {
            Resolved::String(text) => Some(text.to_owned()),
            Resolved::Ambiguous(text) => decoder.ambiguous(node, text, quoted()),
            Resolved::Null => decoder.wrong_type(node, "a string", None),
            Resolved::Bool(_) | Resolved::Int(_) | Resolved::Float(_) => {
                decoder.wrong_type(node, "a string", Some(quoted()))
            }
        }
    }
}

impl Decode for bool {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        const WANTED: &str = "`true` or `false`";
        let scalar = decoder.scalar(node, WANTED)?;
        let plain = match scalar.text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some("write `true`, without quotes".to_owned()),
            "false" | "no" | "off" | "n" => Some("write `false`, without quotes".to_owned()),
            _ => None,
        };
        match scalar.resolve() {
            Resolved::Bool(value) => Some(value),
            Resolved::Ambiguous(text) => {
                decoder.ambiguous(node, text, plain.unwrap_or_else(|| format!("write {WANTED}")))
            }
            _ => decoder.wrong_type(node, WANTED, plain),
        }
    }
    fn missing() -> Option<Self> {
        Some(false)
    }
}

impl Decode for Port {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let convert = |value| u16::try_from(value).ok().and_then(Port::new);
        whole_number(node, decoder, convert, "write a port from 1 to 65535")
    }
}

impl Decode for u32 {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        whole_number(node, decoder, |value| value.try_into().ok(), "write a whole number, 0 or more")
    }
}

impl Decode for f64 {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let scalar = decoder.scalar(node, "a number")?;
        match scalar.resolve() {
            Resolved::Float(value) => Some(value),
            // Whole numbers up to 2^32 are exact; no field takes a larger one.
            Resolved::Int(value) => match u32::try_from(value) {
                Ok(value) => Some(f64::from(value)),
                Err(_) => decoder.not_allowed(node.place, &scalar.text, "write a smaller number"),
            },
            Resolved::Ambiguous(text) => decoder.ambiguous(node, text, "write a decimal number"),
            _ => decoder.wrong_type(node, "a number", None),
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        T::decode(node, decoder).map(Some)
    }
    fn missing() -> Option<Self> {
        Some(None)
    }
    fn describe(generator: &mut SchemaGenerator) -> Schema {
        T::describe(generator)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let mut step = String::new();
        let mut read = Vec::new();
        for (index, item) in decoder.sequence(node)?.iter().enumerate() {
            step.clear();
            step.push_str(&format!("[{index}]"));
            read.push(decoder.within(&step, item.place, |decoder| T::decode(item, decoder)));
        }
        read.into_iter().collect()
    }
    fn missing() -> Option<Self> {
        Some(Vec::new())
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let mut read = Vec::new();
        for entry in decoder.mapping(node)? {
            let value =
                decoder.within(&entry.key, entry.key_place, |decoder| T::decode(&entry.node, decoder));
            read.push(value.map(|value| (entry.key.clone(), value)));
        }
        read.into_iter().collect()
    }
    fn missing() -> Option<Self> {
        Some(BTreeMap::new())
    }
}

impl Decode for FreeForm {
    const NULLABLE: bool = true;
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        if is_null(node) {
            return Some(FreeForm::new());
        }
        let mut read = Vec::new();
        for entry in decoder.mapping(node)? {
            let value =
                decoder.within(&entry.key, entry.key_place, |decoder| Json::decode(&entry.node, decoder));
            read.push(value.map(|value| (entry.key.clone(), value)));
        }
        read.into_iter().collect()
    }
    fn missing() -> Option<Self> {
        Some(FreeForm::new())
    }
}

impl Decode for Json {
    const NULLABLE: bool = true;
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => FreeForm::decode(node, decoder).map(Json::Object),
            Value::Sequence(_) => Vec::<Json>::decode(node, decoder).map(Json::Array),
            Value::Scalar(scalar) => match scalar.resolve() {
                Resolved::Null => Some(Json::Null),
                Resolved::Bool(value) => Some(Json::Bool(value)),
                Resolved::Int(value) => Some(Json::from(value)),
                Resolved::Float(value) => match serde_json::Number::from_f64(value) {
                    Some(number) => Some(Json::Number(number)),
                    None => {
                        decoder.not_allowed(node.place, &scalar.text, "write a finite number, or quote it")
                    }
                },
                Resolved::String(text) => Some(Json::String(text.to_owned())),
                Resolved::Ambiguous(text) => {
                    let help =
                        format!("write `\"{text}\"` for the text, or `true`, `false` or a decimal number");
                    decoder.ambiguous(node, text, help)
                }
            },
        }
    }
    fn missing() -> Option<Self> {
        Some(Json::Null)
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

fn whole_number<T>(
    node: &Node,
    decoder: &mut Decoder,
    convert: impl FnOnce(i64) -> Option<T>,
    help: &str,
) -> Option<T> {
    const WANTED: &str = "a whole number";
    let scalar = decoder.scalar(node, WANTED)?;
    match scalar.resolve() {
        Resolved::Int(value) => match convert(value) {
            Some(value) => Some(value),
            None => decoder.not_allowed(node.place, &scalar.text, help),
        },
        Resolved::Ambiguous(text) => decoder.ambiguous(node, text, help),
        Resolved::String(text) if text.parse::<u64>().is_ok() => {
            decoder.wrong_type(node, WANTED, Some("write it without quotes".into()))
        }
        _ => decoder.wrong_type(node, WANTED, Some(help.to_owned())),
    }
}
