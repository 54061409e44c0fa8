//! Helm values: merging, and reading and writing by path.

use serde_json::Value as Json;

use crate::kinds::values::FreeForm;

/// Lays `from` over `into` as Helm does: mappings merge, everything else is replaced.
pub fn merge(into: &mut FreeForm, from: &FreeForm) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Json::Object(into)), Json::Object(from)) => merge(into, from),
            _ => drop(into.insert(key.clone(), value.clone())),
        }
    }
}

/// The value at a path, its steps separated by dots.
pub fn get<'v>(values: &'v FreeForm, path: &str) -> Option<&'v Json> {
    match path.split_once('.') {
        None => values.get(path),
        Some((step, rest)) => get(values.get(step)?.as_object()?, rest),
    }
}

/// The text of the value at a path; `None` if there is none, or an empty one.
pub fn text(values: &FreeForm, path: &str) -> Option<String> {
    match get(values, path)? {
        Json::Null => None,
        Json::String(text) if text.is_empty() => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Sets the value at a path; what stands in the way is replaced.
pub fn set(values: &mut FreeForm, path: &str, value: impl Into<Json>) {
    let Some((step, rest)) = path.split_once('.') else {
        values.insert(path.to_owned(), value.into());
        return;
    };
    let inner = values.entry(step).or_insert(Json::Null);
    if !inner.is_object() {
        *inner = Json::Object(FreeForm::new());
    }
    if let Json::Object(inner) = inner {
        set(inner, rest, value);
    }
}

/// Sets the value at a path if nothing is there, or an empty text.
pub fn set_default(values: &mut FreeForm, path: &str, value: impl Into<Json>) {
    if text(values, path).is_none() {
        set(values, path, value);
    }
}

/// Adds an item to the list at a path, if it is not in it.
pub fn append(values: &mut FreeForm, path: &str, item: Json) {
    let mut items = match get(values, path) {
        Some(Json::Array(items)) => items.clone(),
        _ => Vec::new(),
    };
    if !items.contains(&item) {
        items.push(item);
    }
    set(values, path, items);
}

/// Copies the mapping at a path over other values.
pub fn merge_from(into: &mut FreeForm, from: &FreeForm, path: &str) {
    if let Some(Json::Object(inner)) = get(from, path) {
        merge(into, inner);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn values(json: Json) -> FreeForm {
        json.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn mappings_merge_and_lists_are_replaced() {
        let mut into = values(json!({"a": {"x": 1, "y": 2}, "b": [1, 2]}));
        merge(&mut into, &values(json!({"a": {"y": 3}, "b": [4], "c": null})));
        assert_eq!(into, values(json!({"a": {"x": 1, "y": 3}, "b": [4], "c": null})));
    }

    #[test]
    fn empty_text_counts_as_nothing() {
        let mut into = values(json!({"global": {"network": "", "meshID": "bank"}}));
        set_default(&mut into, "global.network", "east");
        set_default(&mut into, "global.meshID", "fleet");
        set(&mut into, "global.multiCluster.clusterName", "east");
        let expected =
            json!({"global": {"network": "east", "meshID": "bank", "multiCluster": {"clusterName": "east"}}});
        assert_eq!(into, values(expected));
    }

    #[test]
    fn items_are_appended_once() {
        let mut into = FreeForm::new();
        append(&mut into, "revisionTags", "default".into());
        append(&mut into, "revisionTags", "default".into());
        assert_eq!(into, values(json!({"revisionTags": ["default"]})));
    }
}
