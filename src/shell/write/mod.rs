//! The writer: `out/<fleet>/` becomes what a compiled fleet renders, whole or not at all as far as a disk allows.
//!
//! A journal with the digests of what is about to be written goes first, then files by rename, then deletions, the lock
//! last. A file whose digest is in the lock, the journal or the plan is fleetc's; any other is refused. So a build may be
//! killed at any moment, and the next one puts the tree right.

mod apply;
mod compare;
pub(super) mod file;
mod guard;
mod journal;
mod lock;
mod plan;
mod refuse;
mod scan;
#[cfg(test)]
mod tests;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

pub use compare::compare;
pub(super) use journal::Journal;
pub(super) use lock::{Digest, Lock};
pub(super) use scan::Scan;

use plan::{Known, Plan};

use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::format::Tree;
use crate::report::Findings;
use crate::{Compiled, Part};

/// The lock's name in `out/<fleet>/`.
pub(super) const LOCK: &str = "fleetc.lock";

/// What is locked where a folder cannot be.
const EXCLUSIVE: &str = ".fleetc-exclusive";

/// What lies in `out/<fleet>/` and is no part of the tree.
const BESIDE_THE_TREE: [&str; 4] = [LOCK, journal::NAME, EXCLUSIVE, ".fleetc-cache"];

/// What the writer needs of a compiled fleet.
pub struct Output<'a> {
    /// The folder below `--out`.
    pub fleet: &'a str,
    /// Hex SHA-256 of the canonical inputs.
    pub inputs_sha256: &'a str,
    /// What the lock remembers beside the files.
    pub facts: Vec<String>,
    /// What can be rendered on its own.
    pub parts: Vec<Part>,
    /// Renders one part; the same tree however often it is asked.
    pub render: Render<'a>,
    /// True if a code is waived for an object.
    pub waives: Waives<'a>,
}

/// Renders one part.
pub type Render<'a> = Box<dyn Fn(&Part) -> Tree + Sync + 'a>;

/// True if a code is waived for an object.
pub type Waives<'a> = Box<dyn Fn(&str, &str) -> bool + Sync + 'a>;

impl<'a> Output<'a> {
    /// The output of a fleet that holds no error.
    pub fn of(compiled: &'a Compiled) -> Self {
        Output {
            fleet: compiled.fleet(),
            inputs_sha256: compiled.inputs_sha256(),
            facts: compiled.facts(),
            parts: compiled.parts(),
            render: Box::new(|part| compiled.render(part)),
            waives: Box::new(|code, object| compiled.waives(code, object)),
        }
    }
}

/// A tree that can be written, or findings that say why not. No other build gets at it while the value lives.
pub struct Prepared<'a> {
    output: Output<'a>,
    folder: PathBuf,
    plan: Plan,
    findings: Findings,
    journal: Option<Journal>,
    lock_is_current: bool,
    _exclusive: File,
}

/// Decides what writing a fleet below `out` would do, and whether it may. Creates the fleet's folder and nothing else.
pub fn prepare<'a>(
    output: Output<'a>,
    out: &Path,
    force: bool,
    terminal: &Terminal,
) -> Result<Prepared<'a>, Trouble> {
    let folder = out.join(output.fleet);
    fs::create_dir_all(&folder).map_err(|error| Trouble::disk("create", &folder, &error))?;
    let exclusive =
        lock_out_others(&folder, terminal).map_err(|error| Trouble::disk("lock", &folder, &error))?;
    let before = Before::read(&folder)?;
    let plan = before.plan(&output, &folder, terminal)?;
    let mut findings = refuse::refuse(&folder, &before.strange_lines, &plan, force);
    findings.extend(guard::guard(&before.lock, &plan.lock, &*output.waives));
    Ok(Prepared {
        lock_is_current: before.lock_text.as_deref() == Some(plan.lock.print().as_bytes()),
        journal: before.journal,
        output,
        folder,
        plan,
        findings: findings.sorted(),
        _exclusive: exclusive,
    })
}

impl Prepared<'_> {
    /// Why the tree must not be written, if there is an error among them.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }
}

/// What earlier builds left word of.
struct Before {
    lock_text: Option<Vec<u8>>,
    lock: Lock,
    strange_lines: Vec<usize>,
    journal: Option<Journal>,
}

impl Before {
    fn read(folder: &Path) -> Result<Self, Trouble> {
        let lock_text = file::read(&folder.join(LOCK))?;
        let (lock, strange_lines) =
            Lock::parse(&String::from_utf8_lossy(lock_text.as_deref().unwrap_or_default()));
        Ok(Before { lock_text, lock, strange_lines, journal: Journal::read(folder)? })
    }

    fn plan(&self, output: &Output<'_>, folder: &Path, terminal: &Terminal) -> Result<Plan, Trouble> {
        let progress = terminal.progress(format!("{}: rendering", output.fleet), output.parts.len());
        let none = Journal::default();
        let known = Known { lock: &self.lock, journal: self.journal.as_ref().unwrap_or(&none) };
        Plan::new(output, folder, Scan::of(folder)?, known, &progress)
    }
}

/// Waits until no other build is in this folder. A file system that knows no locks goes without.
fn lock_out_others(folder: &Path, terminal: &Terminal) -> io::Result<File> {
    let handle = if cfg!(unix) { File::open(folder)? } else { File::create(folder.join(EXCLUSIVE))? };
    match handle.try_lock() {
        Err(TryLockError::WouldBlock) => {
            terminal.say(&format!("waiting for another build of `{}`", folder.display()));
            handle.lock()?;
        }
        Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => return Err(error),
        _ => {}
    }
    Ok(handle)
}
