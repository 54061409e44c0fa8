//! Rows that a person reads in columns and a program as objects.

use serde_json::{Map, Value};

/// A table. Every row has a value for every column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Value>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    /// The key in objects, camelCase.
    key: &'static str,
    /// Shown only where there is room for more.
    wide: bool,
}

impl Table {
    /// An empty table with columns that are always shown.
    pub fn new(columns: &[&'static str]) -> Self {
        let columns = columns.iter().map(|key| Column { key, wide: false }).collect();
        Table { columns, rows: Vec::new() }
    }

    /// Adds columns that only the wide form shows; objects hold them in any case.
    pub fn wide(mut self, columns: &[&'static str]) -> Self {
        self.columns.extend(columns.iter().map(|key| Column { key, wide: true }));
        self
    }

    /// Adds a row: one value a column, in their order.
    pub fn row(&mut self, values: impl IntoIterator<Item = Value>) {
        let mut row: Vec<Value> = values.into_iter().collect();
        row.resize(self.columns.len(), Value::Null);
        self.rows.push(row);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// An array of objects, in the order of the rows.
    pub fn objects(&self) -> Value {
        let object = |row: &Vec<Value>| -> Map<String, Value> {
            let keys = self.columns.iter().map(|column| column.key.to_owned());
            keys.zip(row.iter().cloned()).collect()
        };
        self.rows.iter().map(object).map(Value::Object).collect()
    }

    /// Columns as `kubectl get` prints them: headings in capitals, two spaces between, nothing after the last.
    pub fn text(&self, wide: bool) -> String {
        let shown: Vec<usize> = self.indices(|column| wide || !column.wide);
        let heading =
            |index: &usize| self.columns.get(*index).map_or_else(String::new, |column| heading(column.key));
        let cell = |row: &Vec<Value>, index: &usize| row.get(*index).map_or_else(String::new, plain);
        let mut lines: Vec<Vec<String>> = vec![shown.iter().map(heading).collect()];
        lines.extend(self.rows.iter().map(|row| shown.iter().map(|index| cell(row, index)).collect()));
        let mut widths = vec![0; shown.len()];
        for line in &lines {
            for (width, cell) in widths.iter_mut().zip(line) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for line in lines {
            let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}  "));
            text.push_str(padded.collect::<String>().trim_end());
            text.push('\n');
        }
        text
    }

    fn indices(&self, wanted: impl Fn(&Column) -> bool) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        columns.filter(|(_, column)| wanted(column)).map(|(index, _)| index).collect()
    }
}

/// `trustDomain` → `TRUST DOMAIN`.
fn heading(key: &str) -> String {
    let mut words = String::new();
    for character in key.chars() {
        if character.is_uppercase() {
            words.push(' ');
        }
        words.extend(character.to_uppercase());
    }
    words
}

/// A value in one cell: lists with commas, nothing as `-`.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_line_up_and_objects_hold_everything() {
        let mut table = Table::new(&["name", "trustDomain"]).wide(&["peers"]);
        table.row([json!("east"), json!("bank.example"), json!(["north", "west"])]);
        table.row([json!("a-long-name"), Value::Null, json!([])]);
        assert_eq!(
            table.text(false),
            "NAME         TRUST DOMAIN\neast         bank.example\na-long-name  -\n"
        );
        assert_eq!(
            table.text(true),
            "NAME         TRUST DOMAIN  PEERS\neast         bank.example  north,west\na-long-name  -             -\n"
        );
        assert_eq!(
            table.objects(),
            json!([
                { "name": "east", "trustDomain": "bank.example", "peers": ["north", "west"] },
                { "name": "a-long-name", "trustDomain": null, "peers": [] },
            ])
        );
    }
}
