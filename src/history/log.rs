//! Every change of what one object means.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::audit::{Found, Signatures, Writers, Written};
use super::change::{FieldChange, field_changes, same_in_any_order};
use super::graph::{Event, Tracer};
use super::objects::{Key, ROOT};
use super::past::Past;
use super::permissions::{Permissions, permissions};
use super::resolved::{DEFAULTED, Resolved};
use super::roll::At;
use crate::Compiled;
use crate::bind::Mesh;
use crate::kinds::KINDS;
use crate::question::{NoAnswer, Places, Scene};
use crate::reach::World;
use crate::report::closest;
use crate::review::{AccessRow, Files, access_changes, file_changes};
use crate::source::Sources;

/// An object, as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The kind.
    pub kind: &'static str,
    /// The namespace, if it is named.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl Wanted {
    /// Reads `Kind/namespace/name`, `Kind/name`, or a kind and a name; kinds in any case, in singular or plural, `cluster`
    /// and `policy` for KubernetesCluster and AccessPolicy, `root` for an entry of a RootTrustPolicy's bundle.
    pub fn read(words: &[String], namespace: Option<&str>) -> Result<Self, NoAnswer> {
        let parts: Vec<&str> = words.iter().flat_map(|word| word.split('/')).collect();
        let (named, namespace, name) = match parts.as_slice() {
            [kind, name] => (*kind, namespace, *name),
            // a root's own namespace is that of its policy and the policy's name
            [kind, of @ .., name] if !of.is_empty() => {
                let of = of.join("/");
                return Self::of(kind, Some(of), name);
            }
            _ => {
                let message = format!("`{}` names no object", words.join(" "));
                return Err(NoAnswer {
                    message,
                    help: "write `Kind/namespace/name` or `Kind/name`, or a kind and a name: `cluster east`"
                        .into(),
                });
            }
        };
        Self::of(named, namespace.map(str::to_owned), name)
    }

    fn of(named: &str, namespace: Option<String>, name: &str) -> Result<Self, NoAnswer> {
        let lower = named.to_lowercase();
        let kinds = || KINDS.iter().map(|kind| kind.name).chain([ROOT]);
        let is = |kind: &str| {
            let kind = kind.to_lowercase();
            let plural = kind.strip_suffix('y').map(|stem| format!("{stem}ies"));
            lower == kind || lower == format!("{kind}s") || Some(&lower) == plural.as_ref()
        };
        let kind = match lower.as_str() {
            "cluster" | "clusters" => Some("KubernetesCluster"),
            "policy" | "policies" => Some("AccessPolicy"),
            _ => kinds().find(|kind| is(kind)),
        };
        match kind {
            Some(kind) => Ok(Wanted { kind, namespace, name: name.to_owned() }),
            None => Err(NoAnswer {
                message: format!("`{named}` is no kind that a fleet declares"),
                help: match closest(named, kinds()) {
                    Some(kind) => format!("did you mean `{kind}`?"),
                    None => format!("kinds are {}", kinds().collect::<Vec<_>>().join(", ")),
                },
            }),
        }
    }

    fn is(&self, key: &Key) -> bool {
        let in_namespace = self.namespace.as_ref().is_none_or(|namespace| *namespace == key.namespace);
        self.kind == key.kind && self.name == key.name && in_namespace
    }

    /// The objects of the history that are meant: of a root every certificate it ever was.
    fn keys<'p>(&self, past: &'p Past<'_>) -> Result<Vec<&'p Key>, NoAnswer> {
        let keys: Vec<&Key> = past.keys().filter(|key| self.is(key)).collect();
        let namespaces: BTreeSet<&str> = keys.iter().map(|key| key.namespace.as_str()).collect();
        if namespaces.len() > 1 {
            let of: Vec<&str> = namespaces.into_iter().collect();
            return Err(NoAnswer {
                message: format!("there are several of kind {} named `{}`", self.kind, self.name),
                help: format!("name the namespace, `-n`: {}", of.join(", ")),
            });
        }
        if keys.is_empty() {
            let names = || past.keys().filter(|key| key.kind == self.kind).map(|key| key.name.as_str());
            return Err(NoAnswer {
                message: format!("no commit holds a {} `{}`", self.kind, self.name),
                help: match closest(&self.name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        let known: BTreeSet<&str> = names().collect();
                        match known.is_empty() {
                            true => "there never was one of this kind".to_owned(),
                            false => {
                                format!("there are {}", known.into_iter().collect::<Vec<_>>().join(", "))
                            }
                        }
                    }
                },
            });
        }
        Ok(keys)
    }
}

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Log {
    /// The fleet.
    pub fleet: String,
    /// `Kind/namespace/name`.
    pub object: String,
    /// Whether it is there now.
    pub current: bool,
    /// Oldest first.
    pub changes: Vec<Change>,
}

/// A commit that changed what an object means.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What it did.
    pub what: What,
    /// When: the date of the commit's author, RFC 3339 in UTC.
    pub date: String,
    /// The commit.
    #[serde(flatten)]
    pub by: Written,
    /// The merge that brought it to the branch, if one did.
    pub merge: Option<Written>,
    /// Whether it may have been done before: the clone holds nothing older.
    pub at_or_before: bool,
    /// The fields that say something else; of an object that came or went, none.
    pub fields: Vec<FieldChange>,
    /// What it permitted before and after.
    pub permissions: BeforeAndAfter,
    /// What the whole commit does; `None` if one of its sides does not compile.
    pub effect: Option<Effect>,
    /// What is wrong with the side that does not compile.
    pub finding: Option<Found>,
}

/// What a commit did to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It came.
    Added,
    /// It says something else.
    Changed,
    /// It says the same, and amounts to something else because another object does: a cluster has another trust domain, a
    /// policy is in force in one cluster more.
    Affected,
    /// It went.
    Removed,
}

/// What an object permitted before a change and permits after.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct BeforeAndAfter {
    /// `None`: unknown, or it was not there.
    pub before: Option<Permissions>,
    /// `None`: unknown, or it is gone.
    pub after: Option<Permissions>,
}

/// What a commit does as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// Whether the commit changes other objects too, whose part in this cannot be told apart.
    pub with_others: bool,
    /// Who may call what after and not before.
    pub gained: Vec<AccessRow>,
    /// Who might call what before and not after.
    pub lost: Vec<AccessRow>,
    /// How many rendered files differ, by cluster; `_delivery` is what makes the engine sync.
    pub files: BTreeMap<String, usize>,
}

/// Which version of an object a commit holds, by key; nothing where it holds none.
type Versions = Vec<Option<usize>>;

/// Tells the changes of one object. `step` is called for each that is judged.
pub fn log(
    past: &Past<'_>,
    fleet: &str,
    wanted: &Wanted,
    signatures: &Signatures<'_>,
    step: &(dyn Fn() + Sync),
) -> Result<Log, NoAnswer> {
    let keys = wanted.keys(past)?;
    let resolved = Resolved::new(past, &keys);
    let versions = |commit: usize| -> Versions {
        let versions: Versions = keys.iter().map(|key| past.version(commit, key)).collect();
        if versions.iter().any(Option::is_some) { versions } else { Vec::new() }
    };
    let mut events = Tracer::new(past.history).trace(past.tip, versions);
    // what others did to it is told where it arrived
    let affected = past.history.line(past.tip).filter_map(|commit| {
        let before = past.history.first_parent(commit)?;
        let same = versions(before) == versions(commit) && resolved.at(before) != resolved.at(commit);
        let versions = versions(commit);
        let event =
            Event { commit, arrived: commit, before: versions.clone(), after: versions, at_or_before: false };
        same.then_some(event)
    });
    let affected: Vec<Event<Versions>> = affected.collect();
    events.extend(affected);
    // parents have greater indices
    events.sort_by_key(|event| Reverse(event.arrived));
    let asked: BTreeSet<usize> = events.iter().flat_map(|event| [event.commit, event.arrived]).collect();
    let judged: Vec<Option<Change>> = events
        .par_iter()
        .map(|event| {
            let change = judged(past, &keys, &resolved, event);
            step();
            change
        })
        .collect();
    let writers = Writers::new(past, &asked, signatures);
    let signed = |(change, event): (Option<Change>, &Event<Versions>)| {
        let at = At { commit: event.commit, arrived: event.arrived, at_or_before: event.at_or_before };
        let by = writers.written(event.commit);
        change.map(|change| Change { date: by.authored.clone(), by, merge: writers.merge(&at), ..change })
    };
    let object = keys.first().map(ToString::to_string).unwrap_or_default();
    Ok(Log {
        fleet: fleet.to_owned(),
        object,
        current: keys.iter().any(|key| past.version(past.tip, key).is_some()),
        changes: judged.into_iter().zip(&events).filter_map(signed).collect(),
    })
}

/// What an event does; `None` if it changes the order of some list, or writes out what was so anyway, and nothing that is
/// rendered changes.
fn judged(past: &Past<'_>, keys: &[&Key], resolved: &Resolved, event: &Event<Versions>) -> Option<Change> {
    let parent = past.history.first_parent(event.commit);
    let held = |commit: usize| keys.iter().copied().find(|key| past.version(commit, key).is_some());
    let said = |commit: usize| {
        let key = held(commit)?;
        Some((key, Arc::clone(&past.said(key, past.version(commit, key)?)?.said)))
    };
    let (before, after) = (parent.and_then(said), said(event.commit));
    let resolved_before = parent.and_then(|parent| resolved.at(parent));
    let resolved_after = resolved.at(event.commit);
    let what = match (&before, &after) {
        (None, _) => What::Added,
        (_, None) => What::Removed,
        _ if event.before == event.after => What::Affected,
        _ => What::Changed,
    };
    let changes = match (what, &before, &after) {
        (What::Changed, Some((_, before)), Some((_, after))) => field_changes(&before.fields, &after.fields),
        (What::Affected, ..) => {
            let side = |resolved: Option<&Json>| json!({ "resolved": resolved });
            field_changes(&side(resolved_before), &side(resolved_after))
        }
        _ => Vec::new(),
    };
    let old = parent.map(|parent| Side::read(past, parent, keys)).unwrap_or_default();
    let new = Side::read(past, event.commit, keys);
    let finding = new.finding.clone().or(old.finding.clone());
    let with_others = others_differ(past, parent, event.commit, keys, (&old, &new));
    let effect = finding.is_none().then(|| effect(&old, &new, with_others));
    let resolved_alike = resolved_before.is_some() && resolved_before == resolved_after;
    let says_the_same = what == What::Changed
        && before.zip(after).is_some_and(|((key, before), (_, after))| {
            let written_out =
                resolved_alike && before.without(&DEFAULTED).means_the_same(&after.without(&DEFAULTED), key);
            written_out || same_in_any_order(&before.fields, &after.fields)
        });
    if says_the_same && effect.as_ref().is_some_and(|effect| effect.files.is_empty()) {
        return None;
    }
    let of = |side: Side| side.permissions;
    Some(Change {
        what,
        date: String::new(),
        by: Written::default(),
        merge: None,
        at_or_before: event.at_or_before && what == What::Added,
        fields: changes,
        permissions: BeforeAndAfter { before: of(old), after: of(new) },
        effect,
        finding,
    })
}

/// Whether a commit changes any object but these, inventory included.
fn others_differ(
    past: &Past<'_>,
    parent: Option<usize>,
    commit: usize,
    keys: &[&Key],
    sides: (&Side, &Side),
) -> bool {
    let Some(parent) = parent else { return true };
    let objects = |commit: usize| {
        let snapshot = past.snapshot(commit).into_iter().flatten();
        let rest = snapshot.filter(|(key, _)| !keys.contains(key));
        rest.map(|(key, here)| (key.clone(), here.version)).collect::<Vec<_>>()
    };
    let files = |commit: usize, side: &Side| -> BTreeSet<Vec<u8>> {
        let own = |path: &str| {
            let here = keys.iter().filter_map(|key| past.snapshot(commit)?.get(key));
            here.into_iter().any(|here| *here.file == *path)
        };
        let files = side.compiled.iter().flat_map(|(_, sources)| sources.files());
        files.filter(|(_, file)| !own(&file.path)).map(|(_, file)| file.bytes.clone()).collect()
    };
    objects(parent) != objects(commit) || files(parent, sides.0) != files(commit, sides.1)
}

/// One side of a commit.
#[derive(Default)]
struct Side {
    compiled: Option<(Compiled, Sources)>,
    permissions: Option<Permissions>,
    finding: Option<Found>,
}

impl Side {
    fn read(past: &Past<'_>, commit: usize, keys: &[&Key]) -> Self {
        if past.history.commit(commit).is_none_or(|commit| commit.state.is_none()) {
            return Side::default();
        }
        let sources = match (past.files)(commit) {
            Ok(sources) => sources,
            Err(message) => return Side { finding: Some(Found::unread(message)), ..Side::default() },
        };
        match crate::compile(&sources) {
            Ok(compiled) => {
                let here: BTreeSet<&Key> =
                    keys.iter().copied().filter(|key| past.version(commit, key).is_some()).collect();
                let permissions = permissions(&compiled, &sources, &here).into_values().next();
                Side { compiled: Some((compiled, sources)), permissions, finding: None }
            }
            Err(findings) => Side { finding: Found::first(&findings, &sources), ..Side::default() },
        }
    }

    fn world(&self) -> World<'_> {
        self.compiled.as_ref().map(|(compiled, _)| compiled.world()).unwrap_or_default()
    }

    fn places(&self) -> Places<'_> {
        Places { fleet: self.compiled.as_ref().map(|(_, sources)| sources), tree: None }
    }

    fn mesh(&self) -> Option<&Mesh> {
        self.compiled.as_ref().map(|(compiled, _)| compiled.mesh())
    }

    fn files(&self) -> Files {
        let compiled = self.compiled.iter();
        let trees = compiled
            .flat_map(|(compiled, _)| compiled.parts().into_iter().map(|part| compiled.render(&part).files));
        trees.flatten().collect()
    }
}

fn effect(old: &Side, new: &Side, with_others: bool) -> Effect {
    let files = file_changes(&old.files(), &new.files());
    let files = files.into_iter().map(|(area, changes)| (area.name().to_owned(), changes.count())).collect();
    let (old_world, new_world) = (old.world(), new.world());
    let (old_places, new_places) = (old.places(), new.places());
    let changes = access_changes(
        Scene { world: &old_world, mesh: old.mesh(), places: &old_places },
        Scene { world: &new_world, mesh: new.mesh(), places: &new_places },
    );
    Effect { with_others, gained: changes.gained, lost: changes.lost, files }
}
