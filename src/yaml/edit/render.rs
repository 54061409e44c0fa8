//! A value as text that fits where it goes.

use crate::yaml::quote::write_inline;
use crate::yaml::tree::{Node, Scalar, Value};

/// How the text around is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style<'a> {
    /// What ends a line.
    pub new_line: &'a str,
    /// How far the dashes of a list stand in from the key above: 0 or 2, usually.
    pub dash_indent: usize,
    /// Whether brackets have blanks inside: `{ a: b }`.
    pub padded: bool,
}

/// A value in brackets or on one line.
pub(super) fn inline(node: &Node, style: Style<'_>) -> String {
    let mut out = String::new();
    write_flow(&mut out, node, style, false);
    out
}

/// The items or entries of a value, the first without indentation, the others at `indent`; a scalar on one line.
pub(super) fn block(node: &Node, indent: usize, style: Style<'_>) -> String {
    let mut out = String::new();
    write_block(&mut out, node, indent, style);
    out
}

/// What stands after `key:` at `indent`: ` value`, or lines of their own.
pub(super) fn after_key(node: &Node, indent: usize, style: Style<'_>) -> String {
    let inner = match &node.value {
        Value::Mapping(entries) if !entries.is_empty() => indent + 2,
        Value::Sequence(items) if !items.is_empty() => indent + style.dash_indent,
        _ => return format!(" {}", inline(node, style)),
    };
    format!("{}{}{}", style.new_line, " ".repeat(inner), block(node, inner, style))
}

/// A key as it stands before its `:`.
pub(super) fn key(name: &str, flow: bool) -> String {
    let mut out = String::new();
    write_scalar(&mut out, &Scalar { text: name.to_owned(), plain: false }, flow);
    out
}

fn write_block(out: &mut String, node: &Node, indent: usize, style: Style<'_>) {
    let next = |out: &mut String, index: usize| {
        if index > 0 {
            out.push_str(style.new_line);
            out.push_str(&" ".repeat(indent));
        }
    };
    match &node.value {
        Value::Sequence(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                next(out, index);
                out.push_str("- ");
                write_block(out, item, indent + 2, style);
            }
        }
        Value::Mapping(entries) if !entries.is_empty() => {
            for (index, entry) in entries.iter().enumerate() {
                next(out, index);
                out.push_str(&key(&entry.key, false));
                out.push(':');
                out.push_str(&after_key(&entry.node, indent, style));
            }
        }
        _ => write_flow(out, node, style, false),
    }
}

fn write_flow(out: &mut String, node: &Node, style: Style<'_>, inside: bool) {
    let pad = if style.padded { " " } else { "" };
    match &node.value {
        Value::Scalar(scalar) => write_scalar(out, scalar, inside),
        Value::Sequence(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write_flow(out, item, style, true);
            }
            out.push(']');
        }
        Value::Mapping(entries) if entries.is_empty() => out.push_str("{}"),
        Value::Mapping(entries) => {
            out.push('{');
            out.push_str(pad);
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(&key(&entry.key, true));
                out.push_str(": ");
                write_flow(out, &entry.node, style, true);
            }
            out.push_str(pad);
            out.push('}');
        }
    }
}

/// In brackets a plain scalar ends at any of `,[]{}`, and some readers end it at a `:` too.
fn write_scalar(out: &mut String, scalar: &Scalar, inside_brackets: bool) {
    if scalar.plain {
        out.push_str(&scalar.text);
        return;
    }
    let start = out.len();
    write_inline(out, &scalar.text);
    let is_plain = out.get(start..).is_some_and(|written| !written.starts_with(['"', '\'']));
    if inside_brackets && is_plain && scalar.text.contains([',', '[', ']', '{', '}', ':', '?']) {
        out.truncate(start);
        out.push('\'');
        out.push_str(&scalar.text.replace('\'', "''"));
        out.push('\'');
    }
}
