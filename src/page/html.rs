//! Markup, and the templates it is made by.

use std::borrow::Cow;
use std::fmt::Write as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::{Serialize, Serializer};

/// Every template, by the name under which others include it. They are Jinja's; what they are given is escaped for HTML.
const TEMPLATES: &[(&str, &str)] = &[
    ("page.html", include_str!("assets/page.html")),
    ("table.html", include_str!("assets/table.html")),
    ("one-table.html", include_str!("assets/one-table.html")),
    ("change.html", include_str!("assets/change.html")),
    ("report/topology.html", include_str!("assets/report/topology.html")),
    ("report/workspaces.html", include_str!("assets/report/workspaces.html")),
    ("report/access.html", include_str!("assets/report/access.html")),
    ("report/certificates.html", include_str!("assets/report/certificates.html")),
    ("report/findings.html", include_str!("assets/report/findings.html")),
    ("report/tree.html", include_str!("assets/report/tree.html")),
];

/// A piece of markup: templates take it as it is. Nothing that somebody wrote as text may be in it unescaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// What is markup already, an SVG picture for one.
    pub fn trusted(markup: impl Into<String>) -> Self {
        Html(markup.into())
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The markup.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Serialize for Html {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::from_safe_string(self.0.clone()).serialize(serializer)
    }
}

/// A template that cannot be filled: a mistake in fleetc, of no input.
#[derive(Debug)]
pub struct Broken(minijinja::Error);

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "a page cannot be written, which is a bug in fleetc: {:#}", self.0)
    }
}

/// Fills the template of a name. A value that the template asks for and that is not given is [`Broken`], as is a template
/// that there is not.
pub fn fill(template: &'static str, values: &impl Serialize) -> Result<Html, Broken> {
    let filled =
        environment().and_then(|environment| environment.get_template(template)?.render(Serde(values)));
    filled.map(Html).map_err(Broken)
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let lines = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|output, state, value| match value.as_str() {
        Some(text) if !value.is_safe() && *state.auto_escape() == AutoEscape::Html => {
            output.write_str(&escaped(text)).map_err(minijinja::Error::from)
        }
        _ => minijinja::escape_formatter(output, state, value),
    });
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(lines);
    environment.add_filter("marked", marked);
    environment.add_filter("bytes", bytes);
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// Text as it stands between tags and in attributes that are quoted by `"`. Paths are most of a page, so that a `/` is left
/// as it is, unlike in Jinja's own way.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"']) {
        return Cow::Borrowed(text);
    }
    let mut markup = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            other => markup.push(other),
        }
    }
    Cow::Owned(markup)
}

/// A message: what it has in backticks is code.
fn marked(text: &str) -> Value {
    let mut markup = String::new();
    for (index, part) in text.split('`').enumerate() {
        let part = escaped(part);
        let _ = if index % 2 == 1 { write!(markup, "<code>{part}</code>") } else { write!(markup, "{part}") };
    }
    Value::from_safe_string(markup)
}

/// A size as people read it: `740 B`, `12.3 kB`, `4.1 MB`.
fn bytes(size: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", size / unit, size % unit * 10 / unit);
    match size {
        0..1_000 => format!("{size} B"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        _ => format!("{} MB", tenths(1_000_000)),
    }
}

/// A table with a caption. A row is a list of cells, the first of each the row's own heading; a cell is a text, an
/// [`Html`], or a list of either, and nothing is shown as a dash.
pub fn table(caption: &str, columns: &[&str], rows: &impl Serialize) -> Result<Html, Broken> {
    #[derive(Serialize)]
    struct Table<'a, R> {
        caption: &'a str,
        columns: &'a [&'a str],
        rows: &'a R,
    }
    fill("one-table.html", &Table { caption, columns, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_one() {
        assert!(environment().is_ok());
    }

    #[test]
    fn messages_mark_code_and_sizes_are_read() {
        assert_eq!(marked("a `<b>` c").to_string(), "a <code>&lt;b&gt;</code> c");
        assert_eq!([bytes(740), bytes(12_345), bytes(4_100_000)], ["740 B", "12.3 kB", "4.1 MB"]);
    }

    #[test]
    fn what_is_missing_is_no_empty_place() {
        assert!(fill("page.html", &Value::UNDEFINED).is_err());
        assert!(fill("none.html", &Value::UNDEFINED).is_err());
    }

    #[test]
    fn cells_are_texts_lists_and_markup() {
        let cells = [
            Value::from("<b>"),
            Value::from(vec!["one", "two"]),
            Value::from(vec![Value::from_safe_string("<i>x</i>".into())]),
            Value::from(()),
            Value::from(true),
            Value::from(7),
        ];
        let table = table("all", &["a", "b"], &[cells]).unwrap();
        for wanted in
            ["&lt;b&gt;</th>", "<td>one, two</td>", "<td><i>x</i></td>", "–", "<td>yes</td>", "<td>7</td>"]
        {
            assert!(table.as_str().contains(wanted), "{wanted} in {}", table.as_str());
        }
    }
}
