//! What differs between two versions of an object, field by field.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;

/// A field that says something else.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// `spec.config.authz.allowedClients[]`: `[]` is an entry of a list that came or went.
    pub path: String,
    /// What it said; `null` if it was not there.
    pub before: Json,
    /// What it says; `null` if it is not there.
    pub after: Json,
}

/// What differs, in order of path.
pub fn field_changes(before: &Json, after: &Json) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    compare(String::new(), before, after, &mut changes);
    changes
}

fn compare(path: String, before: &Json, after: &Json, changes: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let value = |side: &serde_json::Map<String, Json>| side.get(key).cloned().unwrap_or_default();
                compare(below, &value(old), &value(new), changes);
            }
        }
        (Json::Array(old), Json::Array(new)) => {
            let (gone, come) = (without(old, new), without(new, old));
            match (gone.as_slice(), come.as_slice()) {
                // the order alone
                ([], []) => changes.push(FieldChange { path, before: before.clone(), after: after.clone() }),
                ([gone], [come]) => compare(format!("{path}[]"), gone, come, changes),
                (gone, come) => {
                    let path = format!("{path}[]");
                    let gone = gone.iter().map(|one| ((*one).clone(), Json::Null));
                    let come = come.iter().map(|one| (Json::Null, (*one).clone()));
                    changes.extend(gone.chain(come).map(|(before, after)| FieldChange {
                        path: path.clone(),
                        before,
                        after,
                    }));
                }
            }
        }
        _ => changes.push(FieldChange { path, before: before.clone(), after: after.clone() }),
    }
}

/// The entries of a list that another does not have, each as often as it is missing there.
fn without<'j>(list: &'j [Json], other: &[Json]) -> Vec<&'j Json> {
    let mut rest: Vec<&Json> = other.iter().collect();
    let mut missing = Vec::new();
    for entry in list {
        match rest.iter().position(|one| *one == entry) {
            Some(index) => {
                rest.swap_remove(index);
            }
            None => missing.push(entry),
        }
    }
    missing
}

/// Whether two differ in the order of lists at most.
pub fn same_in_any_order(one: &Json, other: &Json) -> bool {
    sorted(one) == sorted(other)
}

fn sorted(value: &Json) -> Json {
    match value {
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(sorted).collect();
            items.sort_by_cached_key(Json::to_string);
            Json::Array(items)
        }
        Json::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), sorted(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(before: Json, after: Json) -> Vec<String> {
        let changes = field_changes(&before, &after);
        changes
            .iter()
            .map(|change| format!("{}: {} → {}", change.path, change.before, change.after))
            .collect()
    }

    #[test]
    fn fields_are_told_by_their_path() {
        let before = json!({ "spec": { "network": "a", "kept": 1, "gone": true } });
        let after = json!({ "spec": { "network": "b", "kept": 1, "new": [1] } });
        assert_eq!(
            told(before, after),
            ["spec.gone: true → null", "spec.network: \"a\" → \"b\"", "spec.new: null → [1]"]
        );
    }

    #[test]
    fn entries_of_lists_come_and_go() {
        assert_eq!(
            told(json!(["a", "b"]), json!(["b", "c", "d"])),
            ["[]: \"a\" → null", "[]: null → \"c\"", "[]: null → \"d\""]
        );
        assert_eq!(told(json!([{ "n": 1 }, 2]), json!([2, { "n": 3 }])), ["[].n: 1 → 3"]);
        assert!(same_in_any_order(&json!({ "a": [1, [2, 3]] }), &json!({ "a": [[3, 2], 1] })));
        assert!(!same_in_any_order(&json!([1, 1, 2]), &json!([1, 2, 2])));
    }
}
