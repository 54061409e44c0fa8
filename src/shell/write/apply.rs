//! A plan is carried out: journal, files, deletions, lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use rayon::prelude::*;

use super::journal::Journal;
use super::plan::PartPlan;
use super::{LOCK, Prepared, file};
use crate::shell::progress::Progress;
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;

/// What a build did to a tree.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    folder: PathBuf,
    /// The files of the tree, the lock not counted.
    pub files: usize,
    /// Those that were written.
    pub written: usize,
    /// Those that were there and are no more.
    pub deleted: usize,
}

impl Prepared<'_> {
    /// Writes the tree. Only for a plan without errors among its findings.
    pub fn apply(mut self, terminal: &Terminal) -> Result<Written, Trouble> {
        let gone: Vec<String> = self.plan.deletions.iter().chain(&self.plan.outdated).cloned().collect();
        let written = Written {
            files: self.plan.lock.files.len(),
            written: self.plan.writes().count(),
            deleted: gone.len(),
            folder: self.folder.clone(),
        };
        self.remove_files(&self.plan.temporary)?;
        if written.written > 0 || written.deleted > 0 || !self.lock_is_current {
            let mut journal = self.journal.take().unwrap_or_default();
            journal.intend(self.plan.writes().map(|write| (write.path.clone(), write.digest)));
            journal.write(&self.folder)?;
            self.create_folders()?;
            self.write_files(terminal, written.written)?;
            self.remove_files(&gone)?;
            file::put_durably(&self.folder.join(LOCK), self.plan.lock.print().as_bytes())?;
        }
        self.remove_empty_folders();
        Journal::remove(&self.folder)?;
        Ok(written)
    }

    /// Each folder once, parents first.
    fn create_folders(&self) -> Result<(), Trouble> {
        let mut folders = BTreeSet::new();
        for write in self.plan.writes().filter(|write| !write.replaces) {
            let mut path = write.path.as_str();
            while let Some((folder, _)) = path.rsplit_once('/') {
                if !folders.insert(folder) {
                    break;
                }
                path = folder;
            }
        }
        for folder in folders {
            let path = self.folder.join(folder);
            match fs::create_dir(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(Trouble::disk("create", &path, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn write_files(&mut self, terminal: &Terminal, total: usize) -> Result<(), Trouble> {
        let progress = terminal.progress(format!("{}: writing", self.output.fleet), total);
        let parts = std::mem::take(&mut self.plan.parts);
        let this = &*self;
        parts.into_par_iter().try_for_each(|part| this.write_part(part, &progress))
    }

    fn write_part(&self, part: PartPlan, progress: &Progress) -> Result<(), Trouble> {
        let mut again = match part.writes.iter().all(|write| write.text.is_some()) {
            true => BTreeMap::new(),
            false => (self.output.render)(&part.part).files,
        };
        let texts: Vec<(String, Option<String>)> = part
            .writes
            .into_iter()
            .map(|write| {
                let text = write.text.or_else(|| again.remove(&write.path));
                (write.path, text)
            })
            .collect();
        texts.into_par_iter().try_for_each(|(path, text)| {
            let text = text.ok_or_else(|| {
                Trouble::new(format!("`{path}` rendered once and not again: this is a bug in fleetc"))
            })?;
            file::put(&self.folder.join(path), text.as_bytes())?;
            progress.step();
            Ok(())
        })
    }

    fn remove_files(&self, paths: &[String]) -> Result<(), Trouble> {
        paths.par_iter().try_for_each(|path| {
            let path = self.folder.join(path);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(Trouble::disk("remove", &path, &error))
                }
                _ => Ok(()),
            }
        })
    }

    /// A folder that somebody has put something into meanwhile stays.
    fn remove_empty_folders(&self) {
        for folder in &self.plan.empty_folders {
            let _ = fs::remove_dir(self.folder.join(folder));
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Written { folder, files, written, deleted } = self;
        let files = if *files == 1 { "1 file".to_owned() } else { format!("{files} files") };
        write!(out, "`{}`: {files}, {written} written, {deleted} deleted", folder.display())
    }
}
