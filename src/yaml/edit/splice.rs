//! An edit as changes of bytes, laid out as the text around is.

use std::ops::Range;

use super::layout::{Document, Laid, LaidEntry, Layout, Shape, dash_before, is_unwritten};
use super::model::missing;
use super::render::{Style, after_key, block, inline, key};
use super::{Change, Edit, Refusal, Step};
use crate::yaml::tree::{Node, Value};

/// The text after an edit, and the bytes that the edit was about.
#[derive(Debug)]
pub(super) struct Edited {
    pub text: String,
    pub at: Range<usize>,
}

/// Changes the text. Whether the result means what it should is for the caller to see.
pub(super) fn splice(text: &str, layout: &Layout, edit: &Edit) -> Result<Edited, Refusal> {
    let whole = 0..text.len();
    let refuse = |at: Range<usize>, message: &str| Err(Refusal { at, message: message.to_owned() });
    let Some(document) = layout.documents.get(edit.path.document) else {
        return refuse(whole, "there is no such document");
    };
    let new_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut page = Page { text, layout, splices: Vec::new(), style: style(text, &document.root, new_line) };
    let Some((last, steps)) = edit.path.steps.split_last() else {
        match &edit.change {
            Change::Copy => page.copy_document(document),
            Change::Remove => page.remove_document(edit.path.document, document),
            Change::Append(value) => page.append(&document.root, value),
            Change::Set(_) => return refuse(document.root.span.clone(), "a whole document cannot be set"),
        }
        return Ok(page.finish(document.root.span.clone()));
    };
    // How the parent itself hangs in what is around it: needed where it is left empty.
    let mut hung = Hung::Root;
    let mut parent = &document.root;
    for step in steps {
        let next = match step {
            Step::Key(name) => parent.entry(name).map(|entry| (Hung::Key(entry), &entry.value)),
            Step::Index(_) => parent.child(step).map(|item| (Hung::Item, item)),
        };
        let Some((next_hung, next)) = next else { return Err(unreachable(parent, step)) };
        (hung, parent) = (next_hung, next);
    }
    let at = parent.child(last).map_or(parent.span.clone(), |child| child.span.clone());
    match (&edit.change, last) {
        (Change::Set(value), Step::Key(name)) => page.set_key(parent, name, value)?,
        (Change::Append(value), Step::Key(name)) if parent.entry(name).is_none() => {
            page.set_key(parent, name, &Node::list([value.clone()]))?;
        }
        (change, _) => {
            let Some(child) = parent.child(last) else { return Err(unreachable(parent, last)) };
            match (change, last) {
                (Change::Set(value), _) => page.set_item(child, parent.is_flow(), value),
                (Change::Append(value), _) if is_unwritten(child) || is_null(text, child) => {
                    let list = Node::list([value.clone()]);
                    match last {
                        Step::Key(name) => page.set_key(parent, name, &list)?,
                        Step::Index(_) => page.set_item(child, parent.is_flow(), &list),
                    }
                }
                (Change::Append(value), _) => page.append(child, value),
                (Change::Copy, Step::Index(_)) => page.copy(parent, child),
                (Change::Copy, Step::Key(_)) => return refuse(at, "only an item of a list can be copied"),
                (Change::Remove, _) => page.remove(&hung, parent, last)?,
            }
        }
    }
    Ok(page.finish(at))
}

/// What a value is the value of.
enum Hung<'a> {
    Root,
    Key(&'a LaidEntry),
    Item,
}

fn unreachable(parent: &Laid, step: &Step) -> Refusal {
    let message = match parent.shape {
        Shape::Alias => {
            "an alias stands here for a value that is written elsewhere; edit it by hand".to_owned()
        }
        _ => missing(step),
    };
    Refusal { at: parent.span.clone(), message }
}

fn is_null(text: &str, node: &Laid) -> bool {
    let written = text.get(node.span.clone()).unwrap_or_default();
    matches!(node.shape, Shape::Scalar) && ["~", "null", "Null", "NULL"].contains(&written)
}

/// The habits of a document: its first list below a key, its first mapping in brackets.
fn style<'a>(text: &str, root: &Laid, new_line: &'a str) -> Style<'a> {
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

fn column(text: &str, offset: usize) -> usize {
    offset - line_start(text, offset)
}

fn line_start(text: &str, offset: usize) -> usize {
    text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1)
}

/// Where the line's text ends, before `\n` or `\r\n`.
fn line_end(text: &str, offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    offset + line.strip_suffix('\r').unwrap_or(line).len()
}

/// Where the next line begins, or the end of the text.
fn next_line(text: &str, offset: usize) -> usize {
    let rest = text.get(offset..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |at| offset + at + 1)
}

/// A text with the changes so far.
struct Page<'a> {
    text: &'a str,
    layout: &'a Layout,
    splices: Vec<(Range<usize>, String)>,
    style: Style<'a>,
}

impl Page<'_> {
    fn finish(mut self, at: Range<usize>) -> Edited {
        self.splices.sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::new();
        let mut done = 0;
        for (range, new) in &self.splices {
            text.push_str(self.text.get(done..range.start).unwrap_or_default());
            text.push_str(new);
            done = range.end.max(done);
        }
        text.push_str(self.text.get(done..).unwrap_or_default());
        Edited { text, at }
    }

    fn replace(&mut self, range: Range<usize>, new: impl Into<String>) {
        self.splices.push((range, new.into()));
    }

    fn insert(&mut self, at: usize, new: impl Into<String>) {
        self.replace(at..at, new);
    }

    /// Writes lines after a value that ends at `end`, past the comments that stand deeper than `column`.
    fn insert_lines(&mut self, end: usize, column: usize, lines: &str) {
        let at = self.end_of_lines(end, column);
        self.insert(at, format!("{}{lines}", self.style.new_line));
    }

    /// The end of the line in which a value ends, or of the last comment below that stands deeper than `column`.
    fn end_of_lines(&self, end: usize, column: usize) -> usize {
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

    fn append(&mut self, list: &Laid, value: &Node) {
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

    /// The blanks between a dash and its item, one where the item stands on another line.
    fn gap(&self, item: &Laid) -> String {
        let before = self.text.get(line_start(self.text, item.span.start)..item.span.start);
        let before = before.unwrap_or_default();
        let blanks = before.len() - before.trim_end_matches(' ').len();
        let after_dash = before.trim_end_matches(' ').ends_with('-');
        " ".repeat(if after_dash && blanks > 0 { blanks } else { 1 })
    }

    /// The document's habits, but for the blanks in brackets: these are as in a sibling.
    fn style_of(&self, sibling: &Laid) -> Style<'_> {
        let inside = self.text.get(sibling.span.start + 1..sibling.span.end).unwrap_or_default();
        let said = matches!(&sibling.shape, Shape::Mapping { entries, .. } if !entries.is_empty());
        Style { padded: if said { inside.starts_with(' ') } else { self.style.padded }, ..self.style }
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

    fn set_key(&mut self, parent: &Laid, name: &str, value: &Node) -> Result<(), Refusal> {
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

    /// Puts text where a value stands; where none is written, with the blank that is missing.
    fn put(&mut self, span: &Range<usize>, new: &str) {
        let before = self.text.get(..span.start).unwrap_or_default();
        let blank = if span.is_empty() && !before.ends_with([' ', '\n']) { " " } else { "" };
        self.replace(span.clone(), format!("{blank}{new}"));
    }

    /// The byte after the `:` of a key.
    fn colon(&self, entry: &LaidEntry) -> usize {
        let rest = self.text.get(entry.key.end..).unwrap_or_default();
        entry.key.end + rest.find(':').map_or(0, |at| at + 1)
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

    fn set_item(&mut self, item: &Laid, flow: bool, value: &Node) {
        let new = match item.shape {
            _ if flow || item.is_flow() || is_on_one_line(value) => {
                inline_in_brackets(value, self.style_of(item))
            }
            _ => block(value, column(self.text, item.span.start), self.style),
        };
        self.put(&item.span, &new);
    }

    fn copy(&mut self, list: &Laid, item: &Laid) {
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

    /// The text of a range, less the comments in it and the lines that hold nothing else.
    fn without_comments(&self, range: Range<usize>) -> String {
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

    fn remove(&mut self, hung: &Hung<'_>, parent: &Laid, last: &Step) -> Result<(), Refusal> {
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

    fn dash(&self, item: usize) -> usize {
        dash_before(self.text, &self.layout.comments, item)
    }

    /// The start of the comments that stand directly above a line, at a column.
    fn above(&self, mut start: usize, column: usize) -> usize {
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

    fn copy_document(&mut self, document: &Document) {
        let start = line_start(self.text, document.root.span.start);
        let written = self.without_comments(start..document.root.span.end);
        let new_line = self.style.new_line;
        let lead = if self.text.ends_with('\n') { "" } else { new_line };
        self.insert(self.text.len(), format!("{lead}---{new_line}{written}{new_line}"));
    }

    /// Takes out a document with its `---`. What tells editors of a schema for the rest of the file stays.
    fn remove_document(&mut self, number: usize, document: &Document) {
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
