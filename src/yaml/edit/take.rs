//! What an edit takes out: items, entries, documents, and the comments that go with them.

use std::ops::Range;

use super::layout::{Document, Laid, Shape};
use super::page::{Page, column, line_start, next_line};
use super::splice::{Hung, unreachable};
use super::{Refusal, Step};

impl Page<'_> {
    pub(super) fn remove(&mut self, hung: &Hung<'_>, parent: &Laid, last: &Step) -> Result<(), Refusal> {
        let spans: Vec<Range<usize>> = match &parent.shape {
            Shape::Sequence { items, .. } => items.iter().map(|item| item.span.clone()).collect(),
            Shape::Mapping { entries, .. } => {
                entries.iter().map(|entry| entry.key.start..entry.value.span.end.max(entry.key.end)).collect()
            }
            _ => return Err(unreachable(parent, last)),
        };
        let index = match (&parent.shape, last) {
            (_, Step::Index(index)) => Some(*index),
            (Shape::Mapping { entries, .. }, Step::Key(name)) => {
                entries.iter().position(|entry| entry.name == *name)
            }
            _ => None,
        };
        let found = index.and_then(|index| Some((index, spans.get(index)?)));
        let Some((index, span)) = found else { return Err(unreachable(parent, last)) };
        let (before, after) = (index.checked_sub(1).and_then(|at| spans.get(at)), spans.get(index + 1));
        if parent.is_flow() {
            let range = match (before, after) {
                (_, Some(after)) => span.start..after.start,
                (Some(before), None) => before.end..span.end,
                (None, None) => parent.span.start + 1..parent.span.end.saturating_sub(1),
            };
            self.replace(range, "");
            return Ok(());
        }
        if before.is_none() && after.is_none() {
            return self.empty(hung, parent);
        }
        let is_list = matches!(parent.shape, Shape::Sequence { .. });
        let column = column(self.text, parent.span.start);
        let begins = if is_list { self.dash(span.start) } else { span.start };
        let start = line_start(self.text, begins);
        let blank = self.text.get(start..begins).is_some_and(|lead| lead.trim().is_empty());
        if let (false, Some(after)) = (blank, after) {
            // `- key: value`: the next one takes the place.
            let next = if is_list { self.dash(after.start) } else { after.start };
            self.replace(begins..next, "");
            return Ok(());
        }
        let start = if before.is_some() { self.above(start, column) } else { start };
        let end = self.end_of_lines(span.end, column);
        let end = if is_list { end } else { self.end_of_lines(end, column) };
        self.remove_lines(start, end);
        Ok(())
    }

    /// Takes out lines: from the start of one to the end of another.
    fn remove_lines(&mut self, start: usize, end: usize) {
        let next = next_line(self.text, end);
        if next == end || (next == self.text.len() && !self.text.ends_with('\n')) {
            // The last line has no end: the one above loses its own.
            let before = self.text.get(..start).unwrap_or_default();
            let before = before.strip_suffix('\n').unwrap_or(before);
            self.replace(before.strip_suffix('\r').unwrap_or(before).len()..next, "");
        } else {
            self.replace(start..next, "");
        }
    }

    /// Leaves a collection without its only entry.
    fn empty(&mut self, hung: &Hung<'_>, collection: &Laid) -> Result<(), Refusal> {
        let brackets = if matches!(collection.shape, Shape::Sequence { .. }) { "[]" } else { "{}" };
        match hung {
            Hung::Key(entry) => {
                let colon = self.colon(entry);
                self.replace(colon..collection.span.end, format!(" {brackets}"));
            }
            Hung::Item => self.replace(collection.span.clone(), brackets),
            Hung::Root => {
                let message = "this is all that the document says; remove the document".to_owned();
                return Err(Refusal { at: collection.span.clone(), message });
            }
        }
        Ok(())
    }

    /// Takes out a document with its `---`. What tells editors of a schema for the rest of the file stays.
    pub(super) fn remove_document(&mut self, number: usize, document: &Document) {
        let documents = &self.layout.documents;
        let end = match documents.get(number + 1) {
            Some(next) => next.marker.unwrap_or(next.root.span.start),
            None => self.text.len(),
        };
        let start = match document.marker {
            Some(marker) => marker,
            None if number == 0 => 0,
            None => line_start(self.text, document.root.span.start),
        };
        let head = self.text.get(start..document.root.span.start).unwrap_or_default();
        let is_modeline = |line: &&str| line.starts_with("# yaml-language-server:");
        let kept: Vec<&str> = match documents.len() {
            1 => Vec::new(),
            _ => head.split_inclusive('\n').filter(is_modeline).collect(),
        };
        self.replace(start..end, kept.concat());
    }
}
