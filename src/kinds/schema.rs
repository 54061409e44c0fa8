//! The JSON Schema of whole documents, as editors use it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};

use super::decode::{Decode, Decoder};
use super::object::{Kind, Metadata, Namespaced};
use super::record::paragraph;
use crate::source::{FileId, Place};

/// The schema of a kind whose spec is `S`, as JSON text with a final newline.
pub(super) fn document<S: Decode>(kind: &Kind) -> String {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let spec = S::json_schema(&mut generator);
    let mut metadata = Json::from(Metadata::json_schema(&mut generator));
    if kind.namespace == Namespaced::Named
        && let Some(required) = metadata.get_mut("required").and_then(Json::as_array_mut)
    {
        required.push("namespace".into());
    }
    let spec_required = spec.get("required").is_some();
    let description = spec.get("description").and_then(Json::as_str).map(paragraph).unwrap_or_default();
    let mut required = vec!["apiVersion", "kind", "metadata"];
    if spec_required {
        required.push("spec");
    }
    let mut schema = Map::new();
    let mut set = |key: &str, value: Json| schema.insert(key.to_owned(), value);
    set("$schema", json!("https://json-schema.org/draft/2020-12/schema"));
    set("title", json!(kind.name));
    set("description", json!(description));
    set("type", json!("object"));
    set("required", json!(required));
    set(
        "properties",
        json!({
            "apiVersion": { "description": "The group and version.", "enum": kind.api_versions },
            "kind": { "description": "The kind.", "const": kind.name },
            "metadata": metadata,
            "spec": spec,
            "status": { "description": "Written by a cluster; passed over." },
        }),
    );
    set("additionalProperties", json!(false));
    if let Some(example) = example(kind) {
        set("examples", json!([example]));
    }
    let definitions = generator.take_definitions(true);
    if !definitions.is_empty() {
        set("$defs", Json::Object(definitions));
    }
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").unwrap_or_default()
}

fn example(kind: &Kind) -> Option<Json> {
    let reading = crate::yaml::read(FileId::default(), kind.example.as_bytes());
    let document = reading.documents.first()?;
    Json::decode(document, &mut Decoder::tolerant(Place::default()))
}
