//! A text with the changes so far, and where things stand in it.

use std::ops::Range;

use super::layout::{Laid, LaidEntry, Layout, Shape, dash_before};
use super::render::Style;

/// A text with the changes so far.
pub(super) struct Page<'a> {
    pub text: &'a str,
    pub layout: &'a Layout,
    pub splices: Vec<(Range<usize>, String)>,
    pub style: Style<'a>,
}

impl Page<'_> {
    /// The text after the changes.
    pub(super) fn finish(mut self) -> String {
        self.splices.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::new();
        let mut done = 0;
        for (range, new) in &self.splices {
            text.push_str(self.text.get(done..range.start).unwrap_or_default());
            text.push_str(new);
            done = range.end.max(done);
        }
        text.push_str(self.text.get(done..).unwrap_or_default());
        text
    }

    pub(super) fn replace(&mut self, range: Range<usize>, new: impl Into<String>) {
        self.splices.push((range, new.into()));
    }

    pub(super) fn insert(&mut self, at: usize, new: impl Into<String>) {
        self.replace(at..at, new);
    }

    /// Writes lines after a value that ends at `end`, past the comments that stand deeper than `column`.
    pub(super) fn insert_lines(&mut self, end: usize, column: usize, lines: &str) {
        let at = self.end_of_lines(end, column);
        self.insert(at, format!("{}{lines}", self.style.new_line));
    }

    /// The end of the line in which a value ends, or of the last comment below that stands deeper than `column`.
    pub(super) fn end_of_lines(&self, end: usize, column: usize) -> usize {
        let mut at = line_end(self.text, end);
        loop {
            let next = next_line(self.text, at);
            let line = self.text.get(next..line_end(self.text, next)).unwrap_or_default();
            let indent = line.len() - line.trim_start_matches(' ').len();
            if next == at || indent <= column || !line.trim_start().starts_with('#') {
                return at;
            }
            at = line_end(self.text, next);
        }
    }

    /// The blanks between a dash and its item, one where the item stands on another line.
    pub(super) fn gap(&self, item: &Laid) -> String {
        let before = self.text.get(line_start(self.text, item.span.start)..item.span.start);
        let before = before.unwrap_or_default();
        let blanks = before.len() - before.trim_end_matches(' ').len();
        let after_dash = before.trim_end_matches(' ').ends_with('-');
        " ".repeat(if after_dash && blanks > 0 { blanks } else { 1 })
    }

    /// The document's habits, but for the blanks in brackets: these are as in a sibling.
    pub(super) fn style_of(&self, sibling: &Laid) -> Style<'_> {
        let inside = self.text.get(sibling.span.start + 1..sibling.span.end).unwrap_or_default();
        let said = matches!(&sibling.shape, Shape::Mapping { entries, .. } if !entries.is_empty());
        Style { padded: if said { inside.starts_with(' ') } else { self.style.padded }, ..self.style }
    }

    /// Puts text where a value stands; where none is written, with the blank that is missing.
    pub(super) fn put(&mut self, span: &Range<usize>, new: &str) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let blank = if span.is_empty() && !before.ends_with([' ', '\n']) { " " } else { "" };
        self.replace(span.clone(), format!("{blank}{new}"));
    }

    /// The byte after the `:` of a key.
    pub(super) fn colon(&self, entry: &LaidEntry) -> usize {
        let rest = self.text.get(entry.key.end..).unwrap_or_default();
        entry.key.end + rest.find(':').map_or(0, |at| at + 1)
    }

    /// The text of a range, less the comments in it and the lines that hold nothing else.
    pub(super) fn without_comments(&self, range: Range<usize>) -> String {
        let mut out = String::new();
        let mut done = range.start;
        for comment in self.layout.comments.iter().filter(|comment| range.contains(&comment.start)) {
            let before = self.text.get(done..comment.start).unwrap_or_default();
            let kept = before.trim_end_matches([' ', '\t']);
            out.push_str(kept);
            let whole_line = out.ends_with('\n');
            done = if whole_line { next_line(self.text, comment.end) } else { comment.end };
        }
        out.push_str(self.text.get(done..range.end).unwrap_or_default());
        out.trim_end().to_owned()
    }

    pub(super) fn dash(&self, item: usize) -> usize {
        dash_before(self.text, &self.layout.comments, item)
    }

    /// The start of the comments that stand directly above a line, at a column.
    pub(super) fn above(&self, mut start: usize, column: usize) -> usize {
        while start > 0 {
            let previous = line_start(self.text, start - 1);
            let line = self.text.get(previous..start).unwrap_or_default();
            let indent = line.len() - line.trim_start_matches(' ').len();
            if indent != column || !line.trim_start().starts_with('#') {
                return start;
            }
            start = previous;
        }
        start
    }
}

/// The habits of a document: its first list below a key, its first mapping in brackets.
pub(super) fn style<'a>(text: &str, root: &Laid, new_line: &'a str) -> Style<'a> {
    let mut habits = (None, None);
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        let (children, padded): (Vec<&Laid>, _) = match &node.shape {
            Shape::Sequence { items, .. } => (items.iter().collect(), None),
            Shape::Mapping { flow, entries } => {
                for entry in entries {
                    if let Shape::Sequence { flow: false, .. } = entry.value.shape {
                        let columns = (column(text, entry.value.span.start), column(text, entry.key.start));
                        habits.0.get_or_insert(columns.0.saturating_sub(columns.1));
                    }
                }
                let inside = text.get(node.span.start + 1..).unwrap_or_default();
                let padded = (*flow && !entries.is_empty()).then(|| inside.starts_with([' ', '\r', '\n']));
                (entries.iter().map(|entry| &entry.value).collect(), padded)
            }
            _ => continue,
        };
        if let Some(padded) = padded {
            habits.1.get_or_insert(padded);
        }
        open.extend(children.into_iter().rev());
    }
    Style { new_line, dash_indent: habits.0.unwrap_or(0), padded: habits.1.unwrap_or(false) }
}

pub(super) fn column(text: &str, offset: usize) -> usize {
    offset - line_start(text, offset)
}

pub(super) fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

/// Where the line's text ends, before `\n` or `\r\n`.
pub(super) fn line_end(text: &str, offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    offset + line.strip_suffix('\r').unwrap_or(line).len()
}

/// Where the next line begins, or the end of the text.
pub(super) fn next_line(text: &str, offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |at| offset + at + 1)
}
