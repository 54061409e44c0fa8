//! What an edit puts in: items, entries, values, copies.

use std::ops::Range;

use super::layout::{Document, Laid, LaidEntry, Shape};
use super::page::{Page, column, line_end, line_start};
use super::render::{Style, after_key, block, inline, key};
use super::splice::unreachable;
use super::{Refusal, Step};
use crate::yaml::tree::{Node, Value};

impl Page<'_> {
    pub(super) fn append(&mut self, list: &Laid, value: &Node) {
        let Shape::Sequence { flow, items } = &list.shape else { return };
        let Some(last) = items.last() else {
            self.replace(list.span.clone(), format!("[{}]", inline_in_brackets(value, self.style)));
            return;
        };
        if *flow {
            let new = inline_in_brackets(value, self.style);
            self.append_in_brackets(list, &last.span, new);
            return;
        }
        let dash = column(self.text, list.span.start);
        let gap = self.gap(last);
        let written = if last.is_flow() && !matches!(value.value, Value::Scalar(_)) {
            inline(value, self.style_of(last))
        } else {
            block(value, dash + 1 + gap.len(), self.style)
        };
        self.insert_lines(last.span.end, dash, &format!("{}-{gap}{written}", " ".repeat(dash)));
    }

    /// Adds an item or entry behind the last one in brackets: on a line of its own where the last one has one.
    fn append_in_brackets(&mut self, brackets: &Laid, last: &Range<usize>, new: String) {
        let rest = self.text.get(last.end..brackets.span.end).unwrap_or_default();
        let own_line = self
            .text
            .get(line_start(self.text, last.start)..last.start)
            .is_some_and(|before| before.trim().is_empty())
            && rest.contains('\n');
        // A comma may stand behind a comment; there it is no matter of this line.
        let comma = rest.trim_start_matches(' ').starts_with(',');
        if !own_line {
            self.insert(last.end, format!(", {new}"));
            return;
        }
        if !comma {
            self.insert(last.end, ",");
        }
        let indent = " ".repeat(column(self.text, last.start));
        let closing = if comma { "," } else { "" };
        let at = line_end(self.text, last.end);
        self.insert(at, format!("{}{indent}{new}{closing}", self.style.new_line));
    }

    pub(super) fn set_key(&mut self, parent: &Laid, name: &str, value: &Node) -> Result<(), Refusal> {
        let Shape::Mapping { flow, entries } = &parent.shape else {
            return Err(unreachable(parent, &Step::Key(name.into())));
        };
        let Some(entry) = parent.entry(name) else {
            self.add_entry(parent, *flow, entries, name, value);
            return Ok(());
        };
        let indent = column(self.text, entry.key.start);
        let old = &entry.value;
        let is_line = *flow || is_on_one_line(value);
        match old.shape {
            _ if *flow => self.put(&old.span, &inline_in_brackets(value, self.style)),
            Shape::Scalar | Shape::Alias if is_line => self.put(&old.span, &inline(value, self.style)),
            _ if old.is_flow() => self.put(&old.span, &inline(value, self.style_of(old))),
            Shape::Scalar | Shape::Alias => {
                let colon = self.colon(entry);
                self.replace(colon..old.span.end.max(colon), "");
                let at = line_end(self.text, old.span.end.max(colon));
                self.insert(at, after_key(value, indent, self.style));
            }
            _ => {
                let colon = self.colon(entry);
                self.replace(colon..old.span.end, after_key(value, indent, self.style));
            }
        }
        Ok(())
    }

    fn add_entry(&mut self, parent: &Laid, flow: bool, entries: &[LaidEntry], name: &str, value: &Node) {
        let (Some(last), Some(first)) = (entries.last(), entries.first()) else {
            let style = self.style;
            let pad = if style.padded { " " } else { "" };
            let new = format!("{{{pad}{}: {}{pad}}}", key(name, true), inline_in_brackets(value, style));
            self.replace(parent.span.clone(), new);
            return;
        };
        if flow {
            let new = format!("{}: {}", key(name, true), inline_in_brackets(value, self.style));
            let whole = last.key.start..last.value.span.end.max(last.key.end);
            self.append_in_brackets(parent, &whole, new);
            return;
        }
        let indent = column(self.text, first.key.start);
        let new =
            format!("{}{}:{}", " ".repeat(indent), key(name, false), after_key(value, indent, self.style));
        self.insert_lines(last.value.span.end.max(last.key.end), indent, &new);
    }

    pub(super) fn set_item(&mut self, item: &Laid, flow: bool, value: &Node) {
        let new = match item.shape {
            _ if flow || item.is_flow() || is_on_one_line(value) => {
                inline_in_brackets(value, self.style_of(item))
            }
            _ => block(value, column(self.text, item.span.start), self.style),
        };
        self.put(&item.span, &new);
    }

    pub(super) fn copy(&mut self, list: &Laid, item: &Laid) {
        let Shape::Sequence { flow, items } = &list.shape else { return };
        let Some(last) = items.last() else { return };
        let written = self.without_comments(item.span.clone());
        if *flow {
            self.append_in_brackets(list, &last.span, written);
            return;
        }
        let dash = column(self.text, list.span.start);
        // The indentation of the item's further lines is right only behind the same blanks.
        let start = line_start(self.text, item.span.start);
        let lead = match self.dash(item.span.start) < start {
            true => format!("{}{}", self.style.new_line, " ".repeat(item.span.start - start)),
            false => self.gap(item),
        };
        self.insert_lines(last.span.end, dash, &format!("{}-{lead}{written}", " ".repeat(dash)));
    }

    pub(super) fn copy_document(&mut self, document: &Document) {
        let start = line_start(self.text, document.root.span.start);
        let written = self.without_comments(start..document.root.span.end);
        let new_line = self.style.new_line;
        let lead = if self.text.ends_with('\n') { "" } else { new_line };
        self.insert(self.text.len(), format!("{lead}---{new_line}{written}{new_line}"));
    }
}

fn is_on_one_line(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(_) => true,
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(entries) => entries.is_empty(),
    }
}

/// A value as it may stand between brackets: one written in a list of one, less the list.
fn inline_in_brackets(node: &Node, style: Style<'_>) -> String {
    let list = inline(&Node::list([node.clone()]), style);
    list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(&list).to_owned()
}
