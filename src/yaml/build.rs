//! Events of the parser → trees. Depth, aliases and size are bounded here, while building: a tree that is too
//! deep or too large never exists, so that neither walking nor dropping one can overflow the stack.

use std::borrow::Cow;

use granit_parser::{Event, ScalarStyle, Span, Tag};
use rustc_hash::FxHashMap;

use super::open::{Open, OpenMapping, is_unwritten};
use super::read::{ALIASED_NODES, COPIED_BYTES, DEPTH, NODES, PROBLEMS, Problem, ProblemKind, Reading};
use super::syntax::too_deep;
use super::tree::{Node, Resolved, Scalar, Value};
use crate::source::{FileId, Place};

/// The documents so far and the one being built. An `Err` of any step is a limit: nothing may follow it.
pub(super) struct Builder<'a> {
    file: FileId,
    text: &'a str,
    reading: Reading,
    /// From the root inwards.
    open: Vec<Level>,
    root: Option<Node>,
    /// How many problems there were when the document began.
    problems_before: usize,
    anchors: FxHashMap<usize, Anchored>,
    nodes: usize,
    aliased_nodes: usize,
    copied_bytes: usize,
}

struct Level {
    place: Place,
    anchor: usize,
    size: Size,
    open: Open,
}

/// A node that aliases may stand for.
struct Anchored {
    node: Node,
    size: Size,
}

/// How large a node is: nodes (keys included), bytes of text, levels of nesting.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    height: usize,
}

impl<'a> Builder<'a> {
    /// A builder for the text of one file.
    pub fn new(file: FileId, text: &'a str) -> Self {
        Builder {
            file,
            text,
            reading: Reading::default(),
            open: Vec::new(),
            root: None,
            problems_before: 0,
            anchors: FxHashMap::default(),
            nodes: 0,
            aliased_nodes: 0,
            copied_bytes: 0,
        }
    }

    /// Takes the next event.
    pub fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(..) => self.reset(),
            Event::DocumentEnd => self.end_document(),
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(text, style, anchor, tag.as_deref(), span)?
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.start(Open::Sequence(Vec::new()), anchor, span)?;
                self.check_tag(tag.as_deref(), span, |tag| tag == "seq")?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.start(Open::Mapping(OpenMapping::default()), anchor, span)?;
                self.check_tag(tag.as_deref(), span, |tag| tag == "map")?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(self.place(span))?,
            Event::Alias(id) => self.alias(id, self.place(span))?,
            _ => {}
        }
        Ok(())
    }

    /// Gives up the document being built; the next event is the start of another one, or there is none.
    pub fn abandon_document(&mut self, problem: Problem) -> Result<(), Problem> {
        self.refuse(problem)?;
        self.end_document();
        Ok(())
    }

    /// What was read, after the last event.
    pub fn finish(self) -> Reading {
        self.reading
    }

    /// What was read before a limit, and the limit.
    pub fn stop(mut self, limit: Problem) -> Reading {
        self.reading.problems.push(limit);
        self.end_document();
        self.reading
    }

    fn reset(&mut self) {
        self.open.clear();
        self.root = None;
        self.anchors.clear();
        self.problems_before = self.reading.problems.len();
    }

    fn end_document(&mut self) {
        let problems = self.reading.problems.get_mut(self.problems_before..).unwrap_or_default();
        problems.sort_by_key(|problem| problem.place);
        if let Some(root) = self.root.take()
            && problems.is_empty()
            && !is_unwritten(&root)
        {
            self.reading.documents.push(root);
        }
        self.reset();
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: &Span,
    ) -> Result<(), Problem> {
        let mut place = self.place(span);
        let mut scalar = Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
        if scalar.plain && place.start == place.end {
            scalar.text.clear(); // the parser's word for a value that is not written is `~`
        }
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            place = self.without_trailing_space(place);
        }
        self.check_tag(tag, span, |tag| {
            matches!(
                (tag, scalar.resolve()),
                ("str", _)
                    | ("null", Resolved::Null)
                    | ("bool", Resolved::Bool(_))
                    | ("int" | "float", Resolved::Int(_))
                    | ("float", Resolved::Float(_))
            )
        })?;
        scalar.plain &= tag.is_none_or(|tag| !tag.is_yaml_core_schema_tag("str"));
        let size = Size { nodes: 1, bytes: scalar.text.len(), height: 0 };
        self.count(1, place)?;
        self.attach(Node { place, value: Value::Scalar(scalar) }, size, anchor)
    }

    fn start(&mut self, open: Open, anchor: usize, span: &Span) -> Result<(), Problem> {
        let place = self.place(span);
        if self.open.len() >= DEPTH {
            return Err(limit(place, too_deep()));
        }
        self.count(1, place)?;
        self.open.push(Level { place, anchor, size: Size { nodes: 1, bytes: 0, height: 1 }, open });
        Ok(())
    }

    fn close(&mut self, end: Place) -> Result<(), Problem> {
        let Some(Level { place: start, anchor, size, open }) = self.open.pop() else { return Ok(()) };
        let (value, first, problems) = open.close();
        for problem in problems {
            self.refuse(problem)?;
        }
        let place = first.unwrap_or(Place { end: end.end, ..start });
        self.attach(Node { place, value }, size, anchor)
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<(), Problem> {
        let Some(size) = self.anchors.get(&id).map(|anchored| anchored.size) else {
            let message = "an alias cannot stand inside the value it names".to_owned();
            self.refuse(Problem { place, kind: ProblemKind::Syntax, message, help: None })?;
            let nothing = Value::Scalar(Scalar { text: String::new(), plain: false });
            return self.attach(Node { place, value: nothing }, Size::default(), 0);
        };
        if self.open.len() + size.height > DEPTH {
            return Err(limit(place, too_deep()));
        }
        self.aliased_nodes += size.nodes;
        if self.aliased_nodes > ALIASED_NODES {
            return Err(limit(place, format!("aliases stand for more than {ALIASED_NODES} values")));
        }
        self.count_copy(size, place)?;
        match self.anchors.get(&id).map(|anchored| anchored.node.clone()) {
            Some(node) => self.attach(node, size, 0),
            None => Ok(()),
        }
    }

    /// Hands a finished node to the mapping or sequence around it, or makes it the root.
    fn attach(&mut self, node: Node, size: Size, anchor: usize) -> Result<(), Problem> {
        if anchor != 0 {
            self.count_copy(size, node.place)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.size.nodes += size.nodes;
        parent.size.bytes += size.bytes;
        parent.size.height = parent.size.height.max(size.height + 1);
        match parent.open.accept(node) {
            Ok(()) => Ok(()),
            Err(problem) => self.refuse(problem),
        }
    }

    /// Keeps a problem that does not end the reading.
    fn refuse(&mut self, problem: Problem) -> Result<(), Problem> {
        if self.reading.problems.len() >= PROBLEMS {
            return Err(limit(problem.place, format!("more than {PROBLEMS} problems in one file")));
        }
        self.reading.problems.push(problem);
        Ok(())
    }

    /// Refuses a tag that is not of the core schema, or for whose name `fits` is false.
    fn check_tag(
        &mut self,
        tag: Option<&Tag>,
        span: &Span,
        fits: impl FnOnce(&str) -> bool,
    ) -> Result<(), Problem> {
        let (kind, place) = (ProblemKind::Tag, self.place(&span.tag_span().unwrap_or(*span)));
        let (message, help) = match tag.map(|tag| (tag.original(), tag.core_suffix())) {
            None => return Ok(()),
            Some((_, Some(name))) if fits(name) => return Ok(()),
            Some((tag, Some(_))) => (format!("the value is not what the tag `{tag}` says"), None),
            Some((tag, None)) => {
                (format!("the tag `{tag}` means nothing to Kubernetes"), Some("remove the tag".to_owned()))
            }
        };
        self.refuse(Problem { place, kind, message, help })
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Problem> {
        self.nodes += nodes;
        if self.nodes > NODES {
            return Err(limit(place, format!("more than {NODES} values in one file")));
        }
        Ok(())
    }

    /// Counts what is held a second time. Anchored nodes count too: they nest, and each is kept whole.
    fn count_copy(&mut self, size: Size, place: Place) -> Result<(), Problem> {
        self.copied_bytes += size.bytes;
        if self.copied_bytes > COPIED_BYTES {
            return Err(limit(
                place,
                format!("anchors and aliases stand for more than {} MiB", COPIED_BYTES >> 20),
            ));
        }
        self.count(size.nodes, place)
    }

    fn place(&self, span: &Span) -> Place {
        let range = span.byte_range().unwrap_or_default();
        Place::new(self.file, range.start, range.end)
    }

    /// The parser's span of a block scalar runs to the next token.
    fn without_trailing_space(&self, place: Place) -> Place {
        let written = self.text.get(place.start as usize..place.end as usize).unwrap_or_default();
        Place::new(self.file, place.start as usize, place.start as usize + written.trim_end().len())
    }
}

fn limit(place: Place, message: String) -> Problem {
    Problem { place, kind: ProblemKind::Limit, message, help: None }
}
