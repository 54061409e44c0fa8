//! The leaves of documents: strings, booleans, numbers, lists, maps, and fields that only have to be named.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value as Json};

use super::decode::{Decode, Decoder, is_null, sentence};
use crate::report::{Finding, codes};
use crate::source::Place;
use crate::yaml::{Node, Resolved, Value};

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
        let mut read = Vec::new();
        for (index, item) in decoder.sequence(node)?.iter().enumerate() {
            if decoder.is_full() {
                return None;
            }
            let step = format!("[{index}]");
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
        entries(node, decoder)?.into_iter().collect()
    }
    fn missing() -> Option<Self> {
        Some(BTreeMap::new())
    }
}

impl Decode for FreeForm {
    const NULLABLE: bool = true;
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        if is_null(node) { Some(FreeForm::new()) } else { entries(node, decoder)?.into_iter().collect() }
    }
    fn missing() -> Option<Self> {
        Some(FreeForm::new())
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        T::decode(node, decoder).map(Box::new)
    }
    fn missing() -> Option<Self> {
        T::missing().map(Box::new)
    }
    fn describe(generator: &mut SchemaGenerator) -> Schema {
        T::describe(generator)
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

/// All entries of a mapping, read: those that cannot be are `None`.
fn entries<T: Decode>(node: &Node, decoder: &mut Decoder) -> Option<Vec<Option<(String, T)>>> {
    let mut read = Vec::new();
    for entry in decoder.mapping(node)? {
        if decoder.is_full() {
            return None;
        }
        let value = decoder.within(&entry.key, entry.key_place, |decoder| T::decode(&entry.node, decoder));
        read.push(value.map(|value| (entry.key.clone(), value)));
    }
    Some(read)
}
