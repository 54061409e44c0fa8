//! Values → block YAML, so that a fleet in a report reads as one that a person wrote.

use serde_json::Value;

pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                text.push_str(&format!("{:indent$}{}:", "", scalar(key)));
                nested(value, indent + 2, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut inner = String::new();
                block(item, indent + 2, &mut inner);
                text.push_str(&format!("{:indent$}- {}", "", inner.trim_start()));
            }
        }
        flat => text.push_str(&format!("{}\n", inline(flat))),
    }
}

fn nested(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('\n');
            block(value, indent, text);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            block(value, indent, text);
        }
        flat => text.push_str(&format!(" {}\n", inline(flat))),
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::String(string) => scalar(string),
        other => other.to_string(),
    }
}

fn scalar(string: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let plain = string.starts_with(|first: char| first.is_ascii_alphabetic())
        && string.chars().all(|letter| letter.is_ascii_alphanumeric() || "-./_".contains(letter))
        && !WORDS.contains(&string.to_ascii_lowercase().as_str());
    if plain { string.to_owned() } else { Value::from(string).to_string() }
}
