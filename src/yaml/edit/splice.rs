//! An edit as changes of bytes, laid out as the text around is.

use std::ops::Range;

use super::layout::{Laid, LaidEntry, Layout, Shape, is_unwritten};
use super::model::missing;
use super::page::{Page, style};
use super::{Change, Edit, Refusal, Step};
use crate::yaml::tree::Node;

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
        return Ok(Edited { text: page.finish(), at: document.root.span.clone() });
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
    Ok(Edited { text: page.finish(), at })
}

/// What a value is the value of.
pub(super) enum Hung<'a> {
    Root,
    Key(&'a LaidEntry),
    Item,
}

pub(super) fn unreachable(parent: &Laid, step: &Step) -> Refusal {
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
