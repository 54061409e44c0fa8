//! Where every value of a text begins and ends, and how it is written.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle, options};

use super::{Path, Refusal, Step};

/// The documents of a text in which something is written.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub documents: Vec<Document>,
    /// The comments, `#` included.
    pub comments: Vec<Range<usize>>,
}

/// One document.
#[derive(Debug)]
pub(super) struct Document {
    /// Where its `---` stands, if it has one.
    pub marker: Option<usize>,
    pub root: Laid,
}

/// A value. Its span begins with its first byte, after anchor and tag (a list's with its first dash), and ends after its
/// last.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    pub span: Range<usize>,
    pub shape: Shape,
}

/// How a value is written.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// A plain or quoted scalar; nothing at all, where the span is empty.
    Scalar,
    /// `|` or `>`.
    BlockScalar,
    /// `*name`: what it brings stands elsewhere.
    Alias,
    Sequence {
        flow: bool,
        items: Vec<Laid>,
    },
    Mapping {
        flow: bool,
        entries: Vec<LaidEntry>,
    },
}

/// `key: value`
#[derive(Debug, Clone)]
pub(super) struct LaidEntry {
    pub name: String,
    pub key: Range<usize>,
    pub value: Laid,
}

/// A collection whose end has not come.
struct Open {
    start: usize,
    flow: bool,
    is_mapping: bool,
    /// Items, or keys and values in turn; a scalar comes with its text.
    nodes: Vec<(Laid, String)>,
}

impl Layout {
    /// Lays out a text that [`crate::yaml::read`] takes without a problem, so that depth and size have bounds.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        super::documents(text)?;
        let mut layout = Layout::default();
        let mut open: Vec<Open> = Vec::new();
        let mut marker = None;
        let mut root = None;
        let mut parser = Parser::new_from_str_with_options(text, options! { emit_comments: true });
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                Refusal { at: at..at, message: error.to_string() }
            })?;
            let span = range(&span);
            let finished = match event {
                Event::DocumentStart(explicit, _) => {
                    marker = explicit.then_some(span.start);
                    None
                }
                Event::DocumentEnd => {
                    if let Some((root, _)) = root.take()
                        && !is_unwritten(&root)
                    {
                        layout.documents.push(Document { marker, root });
                    }
                    None
                }
                Event::Comment(..) => {
                    layout.comments.push(span);
                    None
                }
                Event::Scalar(value, style, ..) => Some(match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => {
                        let written = text.get(span.clone()).unwrap_or_default();
                        let span = span.start..span.start + written.trim_end().len();
                        (Laid { span, shape: Shape::BlockScalar }, String::new())
                    }
                    _ => (Laid { span, shape: Shape::Scalar }, value.into_owned()),
                }),
                Event::Alias(_) => Some((Laid { span, shape: Shape::Alias }, String::new())),
                Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                    let is_mapping = matches!(event, Event::MappingStart(..));
                    let flow = style == StructureStyle::Flow;
                    open.push(Open { start: span.start, flow, is_mapping, nodes: Vec::new() });
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop().map(|open| (open.close(span.end), String::new()))
                }
                _ => None,
            };
            if let Some(node) = finished {
                match open.last_mut() {
                    Some(parent) => parent.nodes.push(node),
                    None => root = Some(node),
                }
            }
        }
        for document in &mut layout.documents {
            settle(text, &layout.comments, &mut document.root);
        }
        Ok(layout)
    }

    /// The path of the scalar or key that starts at a byte.
    pub fn find(&self, start: usize) -> Option<Path> {
        let is_in =
            |document: &Document| document.root.span.contains(&start) || document.root.span.start == start;
        let number = self.documents.iter().position(is_in)?;
        let mut node = &self.documents.get(number)?.root;
        let mut path = Path::document(number);
        loop {
            let (step, next) = match &node.shape {
                Shape::Sequence { items, .. } => {
                    let index = items.iter().position(|item| item.holds(start))?;
                    (Step::Index(index), items.get(index)?)
                }
                Shape::Mapping { entries, .. } => {
                    let entry =
                        entries.iter().find(|entry| entry.key.start == start || entry.value.holds(start))?;
                    if entry.key.start == start {
                        return Some(path.key(&entry.name));
                    }
                    (Step::Key(entry.name.clone()), &entry.value)
                }
                _ => return (node.span.start == start).then_some(path),
            };
            path.steps.push(step);
            node = next;
        }
    }
}

impl Laid {
    /// The items, or the values of the entries.
    pub fn child(&self, step: &Step) -> Option<&Laid> {
        match (&self.shape, step) {
            (Shape::Mapping { .. }, Step::Key(key)) => self.entry(key).map(|entry| &entry.value),
            (Shape::Sequence { items, .. }, Step::Index(index)) => items.get(*index),
            _ => None,
        }
    }

    /// The entry that is written for a key.
    pub fn entry(&self, key: &str) -> Option<&LaidEntry> {
        match &self.shape {
            Shape::Mapping { entries, .. } => entries.iter().find(|entry| entry.name == key),
            _ => None,
        }
    }

    /// True for a list or mapping in brackets.
    pub fn is_flow(&self) -> bool {
        matches!(self.shape, Shape::Sequence { flow: true, .. } | Shape::Mapping { flow: true, .. })
    }

    fn holds(&self, start: usize) -> bool {
        self.span.start == start || self.span.contains(&start)
    }
}

impl Open {
    /// The end of a collection in brackets is given; that of another one is the end of what it holds.
    fn close(self, end: usize) -> Laid {
        let last = self.nodes.last().map_or(self.start, |(node, _)| node.span.end);
        let last_key = self.nodes.iter().rev().nth(1).map_or(self.start, |(node, _)| node.span.end);
        let end = if self.flow { end } else { last.max(last_key) };
        let flow = self.flow;
        let shape = if self.is_mapping {
            let mut entries = Vec::new();
            let mut nodes = self.nodes.into_iter();
            while let (Some((key, name)), Some((value, _))) = (nodes.next(), nodes.next()) {
                entries.push(LaidEntry { name, key: key.span, value });
            }
            Shape::Mapping { flow, entries }
        } else {
            Shape::Sequence { flow, items: self.nodes.into_iter().map(|(node, _)| node).collect() }
        };
        Laid { span: self.start..end, shape }
    }
}

/// The parser's place of a value that is not written may be behind blanks and comments, and that of a list that stands in
/// no further than its key is behind the first dash.
fn settle(text: &str, comments: &[Range<usize>], node: &mut Laid) {
    if is_unwritten(node) {
        let at = back(text, comments, node.span.start);
        node.span = at..at;
    }
    let mut end = node.span.end;
    match &mut node.shape {
        Shape::Sequence { flow, items } => {
            items.iter_mut().for_each(|item| settle(text, comments, item));
            if let (false, Some(first), Some(last)) = (*flow, items.first(), items.last()) {
                node.span.start = dash_before(text, comments, first.span.start);
                end = last.span.end;
            }
        }
        Shape::Mapping { flow, entries } => {
            entries.iter_mut().for_each(|entry| settle(text, comments, &mut entry.value));
            if let (false, Some(last)) = (*flow, entries.last()) {
                end = last.value.span.end.max(last.key.end);
            }
        }
        _ => {}
    }
    node.span.end = end;
}

/// Where the text ends that is no blank and no comment, before an offset.
fn back(text: &str, comments: &[Range<usize>], mut at: usize) -> usize {
    loop {
        let before = text.get(..at).unwrap_or_default().trim_end();
        match comments.binary_search_by_key(&before.len(), |comment| comment.end) {
            Ok(index) if !before.is_empty() => at = comments.get(index).map_or(0, |comment| comment.start),
            _ => return before.len(),
        }
    }
}

/// Where the dash of an item stands, before its anchor and tag.
pub(super) fn dash_before(text: &str, comments: &[Range<usize>], item: usize) -> usize {
    let mut at = back(text, comments, item);
    loop {
        let before = text.get(..at).unwrap_or_default();
        let token = before.rfind([' ', '\t', '\r', '\n']).map_or(0, |blank| blank + 1);
        match before.get(token..).unwrap_or_default() {
            "-" => return token,
            property if property.starts_with(['&', '!']) => at = back(text, comments, token),
            _ => return item,
        }
    }
}

/// True where nothing is written, as after `key:`.
pub(super) fn is_unwritten(node: &Laid) -> bool {
    matches!(node.shape, Shape::Scalar) && node.span.is_empty()
}

fn range(span: &Span) -> Range<usize> {
    span.byte_range().unwrap_or_default()
}
