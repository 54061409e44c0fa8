//! What an edit of a fleet changes: in its own files, and in the trees that a build would write.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde::Serialize;
use similar::TextDiff;

use crate::review::{Area, FileChanges, Files, file_changes};
use crate::revise::Revision;
use crate::source::Sources;

/// Paths of an area that are listed; the rest is counted.
const LISTED: usize = 8;

/// What is shown of an edit.
#[derive(Debug, Serialize)]
pub struct Summary {
    fleet: String,
    edits: Vec<FileEdit>,
    /// By cluster; `_delivery` for what makes the engine sync. `None` if the fleet held errors before.
    trees: Option<BTreeMap<String, TreeChanges>>,
    notes: Vec<String>,
    /// What to do with it.
    then: Vec<String>,
    /// The next step, and what must hold before it is taken.
    before: Option<(String, Vec<String>)>,
}

#[derive(Debug, Serialize)]
struct FileEdit {
    path: String,
    diff: String,
}

#[derive(Debug, Default, Serialize)]
struct TreeChanges {
    /// The area had no file before, or has none after.
    whole: bool,
    added: Vec<String>,
    changed: Vec<String>,
    removed: Vec<String>,
}

impl Summary {
    /// Compares files and trees before and after.
    pub fn new(sources: &Sources, revision: &Revision, old: Option<&Files>, new: &Files) -> Self {
        let edit = |(path, after): (&String, &Option<Vec<u8>>)| {
            let before = sources.by_path(path).map(|(_, file)| String::from_utf8_lossy(&file.bytes));
            let after = after.as_deref().map(String::from_utf8_lossy);
            let shown = match sources.by_path(path) {
                Some((id, _)) => sources.shown_path(id),
                None => sources.shown(path),
            };
            let name = |side: bool| if side { shown.as_str() } else { "/dev/null" };
            let diff = TextDiff::from_lines(
                before.as_deref().unwrap_or_default(),
                after.as_deref().unwrap_or_default(),
            );
            let diff = diff
                .unified_diff()
                .context_radius(3)
                .header(name(before.is_some()), name(after.is_some()))
                .to_string();
            FileEdit { path: path.clone(), diff }
        };
        Summary {
            fleet: sources.fleet().to_owned(),
            edits: revision.files.iter().map(edit).collect(),
            trees: old.map(|old| trees(old, new)),
            notes: revision.notes.clone(),
            then: Vec::new(),
            before: None,
        }
    }

    /// Adds what should be looked at.
    pub fn notes(&mut self, notes: impl IntoIterator<Item = String>) {
        self.notes.extend(notes);
    }

    /// Sets what to do with it.
    pub fn then(&mut self, then: Vec<String>) {
        self.then = then;
    }

    /// Sets what must hold before the next step.
    pub fn before(&mut self, step: &str, conditions: Vec<String>) {
        self.before = Some((step.to_owned(), conditions));
    }

    /// As JSON, with a final newline.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

fn trees(old: &Files, new: &Files) -> BTreeMap<String, TreeChanges> {
    let name = |area: &Area| match area {
        Area::Cluster(cluster) => cluster.clone(),
        Area::Delivery => "_delivery".to_owned(),
    };
    let has_tree = |files: &Files, area: &str| {
        let below = format!("{area}/");
        files.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    };
    let changes = file_changes(old, new).into_iter().map(|(area, changes)| {
        let area = name(&area);
        let whole = !has_tree(old, &area) || !has_tree(new, &area);
        let FileChanges { added, changed, removed } = changes;
        (area, TreeChanges { whole, added, changed, removed })
    });
    changes.collect()
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for edit in &self.edits {
            writeln!(out, "{}", edit.diff.trim_end())?;
        }
        match &self.trees {
            None => writeln!(out, "\nthe fleet held errors before, so there is no build to compare with")?,
            Some(trees) if trees.is_empty() => writeln!(out, "\na build would change nothing")?,
            Some(trees) => {
                writeln!(out, "\na build would change")?;
                let width = trees.keys().map(String::len).max().unwrap_or_default();
                for (area, changes) in trees {
                    out.write_str(&changes.lines(area, width)?)?;
                }
            }
        }
        let mut sections = vec![("look at".to_owned(), &self.notes), ("then".to_owned(), &self.then)];
        sections.extend(self.before.as_ref().map(|(step, lines)| (format!("before `{step}`"), lines)));
        for (heading, lines) in sections {
            if !lines.is_empty() {
                writeln!(out, "\n{heading}")?;
            }
            for line in lines {
                writeln!(out, "  - {}", line.trim_end().replace('\n', "\n    "))?;
            }
        }
        Ok(())
    }
}

impl TreeChanges {
    fn lines(&self, area: &str, width: usize) -> Result<String, fmt::Error> {
        let mut out = String::new();
        if self.whole {
            let (word, files) =
                if self.removed.is_empty() { ("new", &self.added) } else { ("gone", &self.removed) };
            writeln!(out, "  {area:<width$}  {word}, {} files", files.len())?;
            return Ok(out);
        }
        let listed = [("+", &self.added), ("~", &self.changed), ("-", &self.removed)];
        let prefix = format!("{area}/");
        let shown = |path: &String| path.strip_prefix(&prefix).unwrap_or(path).to_owned();
        let all: Vec<String> = listed
            .iter()
            .flat_map(|(sign, paths)| paths.iter().map(move |path| format!("{sign} {}", shown(path))))
            .collect();
        for (index, line) in all.iter().take(LISTED).enumerate() {
            let area = if index == 0 { area } else { "" };
            writeln!(out, "  {area:<width$}  {line}")?;
        }
        if let Some(more @ 1..) = all.len().checked_sub(LISTED) {
            writeln!(out, "  {:<width$}  … and {more} more", "")?;
        }
        Ok(out)
    }
}
