//! What an edit means: the same change on trees, and when two trees say the same.

use super::{Change, Edit, Step};
use crate::source::Place;
use crate::yaml::tree::{Entry, Node, Resolved, Scalar, Value};

impl Node {
    /// A string that stands nowhere yet; it is quoted where it must be.
    pub fn text(text: &str) -> Self {
        Self::new(Value::Scalar(Scalar { text: text.to_owned(), plain: false }))
    }

    /// A number, a boolean or `null`, as it is written.
    pub fn bare(text: &str) -> Self {
        Self::new(Value::Scalar(Scalar { text: text.to_owned(), plain: true }))
    }

    /// A list that stands nowhere yet.
    pub fn list(items: impl IntoIterator<Item = Node>) -> Self {
        Self::new(Value::Sequence(items.into_iter().collect()))
    }

    /// A mapping that stands nowhere yet, in this order.
    pub fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Node)>) -> Self {
        let entry =
            |(key, node): (&str, Node)| Entry { key: key.to_owned(), key_place: Place::default(), node };
        Self::new(Value::Mapping(entries.into_iter().map(entry).collect()))
    }

    fn new(value: Value) -> Self {
        Node { place: Place::default(), value }
    }
}

/// Makes the change of trees that an edit makes of their text.
pub(super) fn apply(documents: &mut Vec<Node>, edit: &Edit) -> Result<(), String> {
    let number = edit.path.document;
    let Some((last, steps)) = edit.path.steps.split_last() else {
        return apply_to_document(documents, number, &edit.change);
    };
    let document = documents.get_mut(number).ok_or("there is no such document")?;
    let mut parent = document;
    for step in steps {
        parent = child(parent, step).ok_or_else(|| missing(step))?;
    }
    match (&edit.change, last) {
        (Change::Set(value), Step::Key(key)) => match child(parent, last) {
            Some(old) => *old = value.clone(),
            None => add(parent, key, value.clone())?,
        },
        (Change::Append(value), Step::Key(key)) if child(parent, last).is_none() => {
            add(parent, key, Node::list([value.clone()]))?;
        }
        (Change::Set(value), Step::Index(_)) => {
            *child(parent, last).ok_or_else(|| missing(last))? = value.clone();
        }
        (Change::Append(value), _) => {
            let list = child(parent, last).ok_or_else(|| missing(last))?;
            match &mut list.value {
                Value::Sequence(items) => items.push(value.clone()),
                Value::Scalar(scalar) if scalar.resolve() == Resolved::Null => {
                    *list = Node::list([value.clone()]);
                }
                _ => return Err("only a list can get another item".to_owned()),
            }
        }
        (Change::Copy, Step::Index(index)) => match &mut parent.value {
            Value::Sequence(items) => {
                let copy = items.get(*index).cloned().ok_or_else(|| missing(last))?;
                items.push(copy);
            }
            _ => return Err(missing(last)),
        },
        (Change::Copy, Step::Key(_)) => return Err("only an item of a list can be copied".to_owned()),
        (Change::Remove, _) => match (&mut parent.value, last) {
            (Value::Sequence(items), Step::Index(index)) if *index < items.len() => {
                items.remove(*index);
            }
            (Value::Mapping(entries), Step::Key(key)) if entries.iter().any(|entry| entry.key == *key) => {
                entries.retain(|entry| entry.key != *key);
            }
            _ => return Err(missing(last)),
        },
    }
    Ok(())
}

fn apply_to_document(documents: &mut Vec<Node>, number: usize, change: &Change) -> Result<(), String> {
    let document = documents.get(number).ok_or("there is no such document")?;
    match change {
        Change::Copy => {
            let copy = document.clone();
            documents.push(copy);
        }
        Change::Remove => {
            documents.remove(number);
        }
        Change::Append(value) => match documents.get_mut(number).map(|document| &mut document.value) {
            Some(Value::Sequence(items)) => items.push(value.clone()),
            _ => return Err("only a list can get another item".to_owned()),
        },
        Change::Set(_) => return Err("a whole document cannot be set".to_owned()),
    }
    Ok(())
}

fn child<'a>(node: &'a mut Node, step: &Step) -> Option<&'a mut Node> {
    match (&mut node.value, step) {
        (Value::Mapping(entries), Step::Key(key)) => {
            entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.node)
        }
        (Value::Sequence(items), Step::Index(index)) => items.get_mut(*index),
        _ => None,
    }
}

fn add(parent: &mut Node, key: &str, node: Node) -> Result<(), String> {
    match &mut parent.value {
        Value::Mapping(entries) => {
            entries.push(Entry { key: key.to_owned(), key_place: Place::default(), node });
            Ok(())
        }
        _ => Err(format!("there is no mapping that could get the key `{key}`")),
    }
}

/// The message for a step that leads nowhere.
pub(super) fn missing(step: &Step) -> String {
    match step {
        Step::Key(key) => format!("there is no key `{key}`"),
        Step::Index(index) => format!("the list has no item {}", index + 1),
    }
}

/// True if two files say the same.
pub(super) fn same_all(a: &[Node], b: &[Node]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

/// True if two trees say the same: places, quotes and the order of keys aside.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Scalar(a), Value::Scalar(b)) => a.resolve() == b.resolve(),
        (Value::Sequence(a), Value::Sequence(b)) => same_all(a, b),
        (Value::Mapping(a), Value::Mapping(b)) => {
            let (a, b) = (by_key(a), by_key(b));
            a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.key == b.key && same(&a.node, &b.node))
        }
        _ => false,
    }
}

fn by_key(entries: &[Entry]) -> Vec<&Entry> {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    sorted
}
