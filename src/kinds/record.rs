//! How a kind's fields are written down once: the struct, its reader, its JSON Schema and its documentation.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value as Json};

use super::decode::{Decode, Field};

/// Implements `JsonSchema` for a type that has no definition of its own.
macro_rules! inline_schema {
    ([$($generic:tt)*] $type:ty, $generator:ident => $schema:expr) => {
        impl<$($generic)*> schemars::JsonSchema for $type {
            fn inline_schema() -> bool { true }
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($type).into() }
            fn json_schema($generator: &mut schemars::SchemaGenerator) -> schemars::Schema { $schema }
        }
    };
}

/// Declares a record. Keys are the field names in camel case, or what follows `as`; a field is required if its type
/// cannot be missing; `checked by` names a `fn(&Self, &mut Decoder)` for what fields say together.
macro_rules! record {
    ($(#[doc = $doc:literal])* pub struct $name:ident $(checked by $check:path)? {
        $($(#[doc = $field_doc:literal])* pub $field:ident $(as $key:literal)? : $type:ty),* $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            /// Where it stands: its first key.
            pub place: $crate::source::Place,
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        impl $name {
            const FIELDS: &'static [$crate::kinds::decode::Field] = &[
                $($crate::kinds::decode::Field {
                    name: stringify!($field),
                    keys: &[$($key)?],
                    doc: concat!($($field_doc, "\n"),*),
                }),*
            ];
        }

        impl $crate::kinds::decode::Decode for $name {
            fn decode(
                node: &$crate::yaml::Node,
                decoder: &mut $crate::kinds::decode::Decoder,
            ) -> Option<Self> {
                let entries = decoder.mapping(node)?;
                let mut fields = Self::FIELDS.iter();
                $(let $field = fields.next().and_then(|field| decoder.field::<$type>(entries, field));)*
                decoder.unknown(entries, Self::FIELDS);
                let record = $name { place: node.place, $($field: $field?),* };
                $($check(&record, decoder);)?
                Some(record)
            }
        }

        /// Equal if all fields are, wherever they stand.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                true $(&& self.$field == other.$field)*
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut fields = $crate::kinds::record::FieldSchemas::new(generator);
                let mut names = Self::FIELDS.iter();
                $(if let Some(field) = names.next() { fields.add::<$type>(field); })*
                fields.finish(concat!($($doc, "\n"),*))
            }
        }
    };
}

/// Declares a set of words. Words after the first of a variant are read too.
macro_rules! enumeration {
    ($(#[doc = $doc:literal])* pub enum $name:ident {
        $($(#[doc = $variant_doc:literal])* $variant:ident = $text:literal $(| $also:literal)*),* $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[doc = $variant_doc])* $variant),* }

        impl $name {
            /// The word as it is written in YAML.
            pub fn text(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.text())
            }
        }

        impl $crate::kinds::decode::Decode for $name {
            fn decode(
                node: &$crate::yaml::Node,
                decoder: &mut $crate::kinds::decode::Decoder,
            ) -> Option<Self> {
                decoder.choice(node, &[$(($text, $name::$variant), $(($also, $name::$variant),)*)*])
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                $crate::kinds::record::words(
                    concat!($($doc, "\n"),*),
                    &[$(($text, concat!($($variant_doc, "\n"),*)), $(($also, ""),)*)*],
                )
            }
        }
    };
}

/// The schema of a record, field by field.
pub struct FieldSchemas<'g> {
    generator: &'g mut SchemaGenerator,
    properties: Map<String, Json>,
    required: Vec<Json>,
}

impl<'g> FieldSchemas<'g> {
    /// No fields yet.
    pub fn new(generator: &'g mut SchemaGenerator) -> Self {
        FieldSchemas { generator, properties: Map::new(), required: Vec::new() }
    }

    /// Adds a field; it is required if its type cannot be missing.
    pub fn add<T: Decode>(&mut self, field: &Field) {
        let mut schema = T::describe(self.generator);
        describe(&mut schema, field.doc);
        self.properties.insert(field.key(), schema.into());
        if T::missing().is_none() {
            self.required.push(field.key().into());
        }
    }

    /// The whole: a mapping of these fields and no others.
    pub fn finish(self, doc: &str) -> Schema {
        let mut schema = schemars::json_schema!({
            "type": "object",
            "properties": self.properties,
            "additionalProperties": false,
        });
        if !self.required.is_empty() {
            schema.insert("required".into(), self.required.into());
        }
        describe(&mut schema, doc);
        schema
    }
}

/// The schema of a set of words; their meanings join the description, since editors show no other place for them.
pub fn words(doc: &str, words: &[(&str, &str)]) -> Schema {
    let mut meaning = paragraph(doc);
    for (word, doc) in words.iter().filter(|(_, doc)| !doc.trim().is_empty()) {
        meaning.push_str(&format!("\n- `{word}`: {}", paragraph(doc)));
    }
    let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    schemars::json_schema!({ "type": "string", "enum": words, "description": meaning })
}

/// A doc comment as one paragraph.
pub fn paragraph(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn describe(schema: &mut Schema, doc: &str) {
    let doc = paragraph(doc);
    if doc.is_empty() {
        return;
    }
    if schema.as_bool() == Some(true) {
        *schema = schemars::json_schema!({});
    }
    schema.insert("description".into(), doc.into());
}
