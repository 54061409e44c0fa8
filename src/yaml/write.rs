//! Values → YAML text, straight into a string. The layout is that of `kubectl get -o yaml`: two spaces, lists
//! not indented under their key, no folding, no `---`.

use std::fmt::{self, Display};

use serde::ser::{Error, Serialize};

use super::quote::{fits_block, new_line, write_block, write_inline};

/// Readers look for the `:` of a key within 1,024 characters; a longer one is written with `?`.
const LONGEST_SIMPLE_KEY: usize = 1_000;

/// The YAML text of a value, ending with a newline. Struct fields stand in the order declared, maps as they
/// are iterated; no text of the value can become anything but that text to a reader of YAML 1.1 or 1.2.
///
/// Fails for what JSON cannot hold: infinity, bytes, keys that are no text or number.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, WriteError> {
    let mut out = String::new();
    value.serialize(Writer { out: &mut out, indent: 0, after: After::Nothing })?;
    out.push('\n');
    Ok(out)
}

/// Why a value cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteError(String);

impl Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WriteError {}

impl Error for WriteError {
    fn custom<T: Display>(message: T) -> Self {
        WriteError(message.to_string())
    }
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum After {
    Nothing,
    Key,
    Dash,
}

/// The place for one value: behind a key or dash at `indent`, or the root.
pub(super) struct Writer<'a> {
    out: &'a mut String,
    indent: usize,
    after: After,
}

/// A mapping or sequence being written. Whether it has any entry shows only at the first one, so what leads
/// to it is written then.
pub(super) struct Collection<'a> {
    out: &'a mut String,
    /// Where the entries stand.
    indent: usize,
    after: After,
    /// Set while there is no entry.
    empty: Option<&'static str>,
}

impl<'a> Writer<'a> {
    /// Writes what can be no string: a number, a boolean, `null`, empty brackets.
    pub fn bare(self, text: impl Display) -> Result<(), WriteError> {
        use fmt::Write;
        write!(self.spaced(), "{text}").map_err(WriteError::custom)
    }

    /// Writes a number from its shortest form, so that YAML 1.1 too takes it for a float: with a point, and a
    /// sign before the exponent.
    pub fn float(self, shortest: &str) -> Result<(), WriteError> {
        if !shortest.ends_with(|last: char| last.is_ascii_digit()) {
            return Err(WriteError::custom(format!("the number `{shortest}` cannot stand in a manifest")));
        }
        let Some((mantissa, exponent)) = shortest.split_once('e') else { return self.bare(shortest) };
        let point = if mantissa.contains('.') { "" } else { ".0" };
        let sign = if exponent.starts_with('-') { "" } else { "+" };
        self.bare(format_args!("{mantissa}{point}e{sign}{exponent}"))
    }

    /// Writes a text, as a block if it has several lines. Readers differ in how they indent a block at the
    /// root.
    pub fn text(self, text: &str) {
        let (indent, is_block) = (self.indent, self.after != After::Nothing && fits_block(text));
        let out = self.spaced();
        if is_block { write_block(out, text, indent) } else { write_inline(out, text) }
    }

    /// Begins a mapping.
    pub fn mapping(self) -> Collection<'a> {
        let indent = if self.after == After::Nothing { 0 } else { self.indent + 2 };
        Collection { out: self.out, indent, after: self.after, empty: Some("{}") }
    }

    /// Begins a sequence.
    pub fn sequence(self) -> Collection<'a> {
        let indent = if self.after == After::Dash { self.indent + 2 } else { self.indent };
        Collection { out: self.out, indent, after: self.after, empty: Some("[]") }
    }

    /// The place for the content of an enum variant: behind its name, in a mapping of one entry.
    pub fn variant(self, name: &str) -> Writer<'a> {
        let mut mapping = self.mapping();
        mapping.key(name);
        Writer { out: mapping.out, indent: mapping.indent, after: After::Key }
    }

    fn spaced(self) -> &'a mut String {
        if self.after != After::Nothing {
            self.out.push(' ');
        }
        self.out
    }
}

impl Collection<'_> {
    /// Writes the key of the next entry.
    pub fn key(&mut self, text: &str) {
        self.begin_entry();
        let start = self.out.len();
        write_inline(self.out, text);
        if self.out.len() - start > LONGEST_SIMPLE_KEY {
            self.out.insert_str(start, "? ");
            new_line(self.out, self.indent);
        }
        self.out.push(':');
    }

    /// Writes the value of the last key.
    pub fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        value.serialize(Writer { out: self.out, indent: self.indent, after: After::Key })
    }

    /// Writes the next item.
    pub fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        self.begin_entry();
        self.out.push('-');
        value.serialize(Writer { out: self.out, indent: self.indent, after: After::Dash })
    }

    /// Ends the mapping or sequence.
    pub fn finish(self) -> Result<(), WriteError> {
        match self.empty {
            Some(brackets) => Writer { out: self.out, indent: self.indent, after: self.after }.bare(brackets),
            None => Ok(()),
        }
    }

    fn begin_entry(&mut self) {
        let is_first = self.empty.take().is_some();
        match self.after {
            After::Nothing if is_first => {}
            After::Dash if is_first => self.out.push(' '),
            _ => new_line(self.out, self.indent),
        }
    }
}
