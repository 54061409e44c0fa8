//! The two sides of a comparison, compiled or read.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::directory::Before;
use super::findings;
use super::fleets::Fleet;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::Compiled;
use crate::question::{Places, Scene};
use crate::reach::World;
use crate::report::Findings;
use crate::review::{Files, State};
use crate::revise::{self, Step};
use crate::source::Sources;
use crate::world::Exported;

/// What a fleet was.
pub enum Earlier {
    /// There was none.
    Nothing,
    /// It compiles.
    Fleet(Box<Compiled>, Sources),
    /// A tree that was rendered from it.
    Tree(Exported, Sources),
}

/// Compiles or reads what a fleet was; `None` if that cannot be judged, which is said.
pub fn earlier(before: Before, compiled: &Compiled, terminal: &Terminal) -> Result<Option<Earlier>, Trouble> {
    match before {
        Before::Nothing => Ok(Some(Earlier::Nothing)),
        Before::Fleet(sources) => match crate::compile(&sources) {
            Ok(compiled) => Ok(Some(Earlier::Fleet(Box::new(compiled), sources))),
            Err(found) => {
                terminal.complain(&findings::errors(&sources, &found, terminal));
                Ok(None)
            }
        },
        Before::Tree(sources) => {
            let mut found = Findings::default();
            let exported = Exported::read(&sources, Some(compiled.mesh()), &mut found);
            if found.has_errors() {
                terminal.complain(&findings::errors(&sources, &found.sorted(), terminal));
                return Ok(None);
            }
            Ok(Some(Earlier::Tree(exported, sources)))
        }
    }
}

/// A fleet without the clusters that it had not.
pub enum Without {
    /// It is what it was: nothing changes but that clusters come.
    AsBefore,
    /// Something else changes as well.
    Fleet(Sources, Box<Compiled>),
}

/// The fleet without the clusters that it had not: so that what they do can be told apart from what else changes. `None` if
/// there are no such clusters, or if it does not compile without them.
pub fn without_new(fleet: &Fleet, new: &Compiled, old: &Compiled, before: &Sources) -> Option<Without> {
    let known = |name: &str| old.mesh().clusters.iter().any(|cluster| cluster.name == name);
    let added: Vec<&str> =
        new.mesh().clusters.iter().map(|one| one.name.as_str()).filter(|name| !known(name)).collect();
    if added.is_empty() {
        return None;
    }
    let mut sources = fleet.sources.clone();
    for name in added {
        sources = revise::leave(&sources, name, Step::Remove).ok()?.apply(&sources);
    }
    if sources.files().eq(before.files()) {
        return Some(Without::AsBefore);
    }
    let compiled = crate::compile(&sources).ok()?;
    Some(Without::Fleet(sources, Box::new(compiled)))
}

/// Everything of one side that a report reads.
pub struct Side<'a> {
    compiled: Option<&'a Compiled>,
    /// What it enforces.
    pub world: World<'a>,
    places: Places<'a>,
    files: Files,
}

impl<'a> Side<'a> {
    /// A side of which nothing is there.
    pub fn nothing() -> Self {
        Side {
            compiled: None,
            world: World::default(),
            places: Places { fleet: None, tree: None },
            files: Files::new(),
        }
    }

    /// A compiled fleet.
    pub fn fleet(sources: &'a Sources, compiled: &'a Compiled) -> Self {
        let parts = compiled.parts();
        let trees: Vec<BTreeMap<String, String>> =
            parts.par_iter().map(|part| compiled.render(part).files).collect();
        Side {
            compiled: Some(compiled),
            world: compiled.world(),
            places: Places { fleet: Some(sources), tree: None },
            files: trees.into_iter().flatten().collect(),
        }
    }

    /// A rendered tree; what ran there is taken from the fleet as it is now.
    pub fn tree(tree: &'a Sources, exported: &'a Exported, now: &'a Fleet, compiled: &'a Compiled) -> Self {
        let is_yaml = |path: &str| path.ends_with(".yaml") || path.ends_with(".yml");
        let files = tree.files().filter(|(_, file)| is_yaml(&file.path));
        let files = files.map(|(id, file)| (file.path.clone(), tree.text(id).into_owned()));
        Side {
            compiled: None,
            world: exported.world(Some(compiled.mesh())),
            places: Places { fleet: Some(&now.sources), tree: Some(tree) },
            files: files.collect(),
        }
    }

    /// As a report takes it.
    pub fn state(&self) -> State<'_> {
        let mesh = self.compiled.map(Compiled::mesh);
        State { scene: Scene { world: &self.world, mesh, places: &self.places }, mesh, files: &self.files }
    }
}

impl Earlier {
    /// Its side of the comparison.
    pub fn side<'a>(&'a self, now: &'a Fleet, compiled: &'a Compiled) -> Side<'a> {
        match self {
            Earlier::Nothing => Side::nothing(),
            Earlier::Fleet(compiled, sources) => Side::fleet(sources, compiled),
            Earlier::Tree(exported, tree) => Side::tree(tree, exported, now, compiled),
        }
    }
}
