//! A serde deserializer over the tree: the tolerant way to read a manifest into a type. It stops at the first
//! error; whoever must tell all of them walks the tree.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::resolve::old_bool;
use super::tree::{Entry, Node, Resolved, Value};
use crate::source::Place;

/// Reads a type from a tree.
///
/// A plain scalar is what it resolves to. A word on which readers differ is a boolean where one is asked for
/// (as kubectl has it) and a string otherwise; a number where a string is asked for is an error. A `null`
/// field of a struct counts as absent, as it does to a Kubernetes API server.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, DeError> {
    T::deserialize(Source(node))
        .map_err(|Failure { message, place }| DeError { message, place: place.unwrap_or(node.place) })
}

/// Why a tree is not of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeError {
    /// What is wrong: lower case, no full stop, user text in backticks.
    pub message: String,
    /// The value, the unknown key, or the first key of the mapping in which a field is missing.
    pub place: Place,
}

impl fmt::Display for DeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DeError {}

/// An error on its way out; the innermost node it passes gives it its place.
#[derive(Debug)]
struct Failure {
    message: String,
    place: Option<Place>,
}

impl Failure {
    fn at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        // serde names the type here.
        let untagged = message.starts_with("data did not match any variant");
        let message = if untagged { "the value has none of the allowed shapes".to_owned() } else { message };
        Failure { message, place: None }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format!("expected {}, found {}", in_yaml_terms(expected), Found(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match found {
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => {
                Self::custom(format!("{} is out of range", Found(found)))
            }
            _ => Self::invalid_type(found, expected),
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let expected: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
        Self::custom(format!("unknown value `{variant}`, expected {}", expected.join(" or ")))
    }
}

/// What a type expects, without the type's name: serde's own words are `struct Port`, `u16`, `unit variant
/// Tls::Off`.
fn in_yaml_terms(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a map" => "a mapping",
        "a sequence" => "a list",
        "unit" => "nothing",
        _ if expected.contains("tuple") => "a list",
        _ if expected.starts_with("struct") => "a mapping",
        _ if expected.contains("enum") || expected.contains("variant") || expected.contains("identifier") => {
            "a name"
        }
        _ => return expected,
    }
    .to_owned()
}

struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Bool(value) => write!(f, "the boolean `{value}`"),
            Unexpected::Unsigned(number) => write!(f, "the number `{number}`"),
            Unexpected::Signed(number) => write!(f, "the number `{number}`"),
            Unexpected::Float(number) => write!(f, "the number `{number}`"),
            Unexpected::Str(text) => write!(f, "the text `{text}`"),
            Unexpected::Unit | Unexpected::Option => f.write_str("nothing"),
            Unexpected::Seq => f.write_str("a list"),
            Unexpected::Map => f.write_str("a mapping"),
            other => write!(f, "{other}"),
        }
    }
}

/// A node as serde asks for it.
#[derive(Clone, Copy)]
struct Source<'de>(&'de Node);

impl<'de> Source<'de> {
    /// The resolved scalar, `None` for a mapping or sequence.
    fn resolved(self) -> Option<Resolved<'de>> {
        self.0.as_scalar().map(|scalar| scalar.resolve())
    }

    fn decode<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        seed.deserialize(self).map_err(|failure| failure.at(self.0.place))
    }

    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.0.value {
            Value::Sequence(items) => visitor.visit_seq(Items(items.iter())),
            Value::Mapping(entries) => {
                visitor.visit_map(Entries { entries: entries.iter(), value: None, optional: &[] })
            }
            Value::Scalar(scalar) => match scalar.resolve() {
                Resolved::Null => visitor.visit_unit(),
                Resolved::Bool(value) => visitor.visit_bool(value),
                Resolved::Int(number) => match u64::try_from(number) {
                    Ok(number) => visitor.visit_u64(number),
                    Err(_) => visitor.visit_i64(number),
                },
                Resolved::Float(number) => match scalar.text.parse() {
                    Ok(number) => visitor.visit_u64(number),
                    Err(_) => visitor.visit_f64(number),
                },
                Resolved::String(text) | Resolved::Ambiguous(text) => visitor.visit_borrowed_str(text),
            },
        }
    }
}

impl<'de> Deserializer<'de> for Source<'de> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.visit(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.resolved() {
            Some(Resolved::Ambiguous(word)) if let Some(value) = old_bool(word) => visitor.visit_bool(value),
            _ => self.visit(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.resolved() {
            Some(Resolved::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match &self.0.value {
            Value::Mapping(entries) => {
                visitor.visit_map(Entries { entries: entries.iter(), value: None, optional: fields })
            }
            // serde's own code for a struct would take a list for the fields in order.
            Value::Sequence(_) => Err(de::Error::invalid_type(Unexpected::Seq, &visitor)),
            _ => self.visit(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match (&self.0.value, self.resolved()) {
            (_, Some(Resolved::String(name) | Resolved::Ambiguous(name))) => {
                visitor.visit_enum(BorrowedStrDeserializer::new(name))
            }
            (Value::Mapping(entries), _) if let [entry] = entries.as_slice() => {
                visitor.visit_enum(Variant(entry))
            }
            _ => self.visit(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        self.0.next().map(|node| Source(node).decode(seed)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'de> {
    entries: std::slice::Iter<'de, Entry>,
    value: Option<&'de Node>,
    /// Keys that count as absent if their value is null.
    optional: &'static [&'static str],
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let optional = self.optional;
        let is_absent = |entry: &Entry| {
            Source(&entry.node).resolved() == Some(Resolved::Null) && optional.contains(&entry.key.as_str())
        };
        let Some(entry) = self.entries.find(|entry| !is_absent(entry)) else { return Ok(None) };
        self.value = Some(&entry.node);
        let key = BorrowedStrDeserializer::new(&entry.key);
        seed.deserialize(key).map(Some).map_err(|failure: Failure| failure.at(entry.key_place))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        match self.value.take() {
            Some(node) => Source(node).decode(seed),
            None => Err(de::Error::custom("a value was asked for before its key")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// `name: content`, a variant that holds something.
struct Variant<'de>(&'de Entry);

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Failure;
    type Variant = Source<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Source<'de>), Failure> {
        let name: StrDeserializer<'_, Failure> = self.0.key.as_str().into_deserializer();
        let variant = seed.deserialize(name).map_err(|failure| failure.at(self.0.key_place))?;
        Ok((variant, Source(&self.0.node)))
    }
}

impl<'de> VariantAccess<'de> for Source<'de> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        de::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Failure> {
        self.decode(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, visitor: V) -> Result<V::Value, Failure> {
        self.visit(visitor).map_err(|failure| failure.at(self.0.place))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_struct("", fields, visitor).map_err(|failure| failure.at(self.0.place))
    }
}
