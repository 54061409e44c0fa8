//! What a build remembers of itself in `out/<fleet>/.fleetc-cache`, so that one that changes nothing costs no more than
//! reading: the same program, the same bytes of every source and of every file of the tree make the same build.
//!
//! Bytes are compared by their digests, never times or sizes of files. `build --check` does not ask.

use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::write::{Digest, Journal, LOCK, Lock, Scan, file};
use crate::report::codes::by_id;
use crate::report::{Because, Finding, Findings};
use crate::source::{FileId, Place, Sources};

/// Not output: git ignores it, and it may be deleted at any time.
const NAME: &str = ".fleetc-cache";

/// A finished build.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Memory {
    program: String,
    sources: String,
    lock: String,
    findings: Vec<Said>,
}

/// A finding, with places as file, start and end.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Said {
    code: String,
    message: String,
    place: Option<[u32; 3]>,
    because: Vec<(String, [u32; 3])>,
    help: Option<String>,
    object: Option<String>,
}

/// What a build of the same sources by the same program said, and how many files its tree holds; `None` unless the tree
/// stands exactly as that build left it.
pub fn recall(folder: &Path, sources: &Sources) -> Option<(Findings, usize)> {
    let memory: Memory = serde_json::from_slice(&file::read(&folder.join(NAME)).ok()??).ok()?;
    if memory.program != program()?
        || memory.sources != digest(sources)
        || Journal::read(folder).ok()?.is_some()
    {
        return None;
    }
    let text = file::read(&folder.join(LOCK)).ok()??;
    if memory.lock != Digest::of(&text).to_string() {
        return None;
    }
    let (lock, _) = Lock::parse(&String::from_utf8(text).ok()?);
    let scan = Scan::of(folder).ok()?;
    if !scan.temporary.is_empty() || !scan.entries.keys().eq(lock.files.keys()) {
        return None;
    }
    let stands = |(path, digest): (&String, &Digest)| {
        file::read(&folder.join(path)).ok().flatten().is_some_and(|bytes| Digest::of(&bytes) == *digest)
    };
    if !lock.files.par_iter().all(stands) {
        return None;
    }
    let mut findings = Findings::default();
    for said in memory.findings {
        findings.push(said.finding()?);
    }
    Some((findings, lock.files.len()))
}

/// Remembers a finished build. Failing to is no failure of the build.
pub fn keep(folder: &Path, sources: &Sources, findings: &Findings) {
    let lock = file::read(&folder.join(LOCK)).ok().flatten();
    let (Some(program), Some(lock)) = (program(), lock) else { return };
    let memory = Memory {
        program,
        sources: digest(sources),
        lock: Digest::of(&lock).to_string(),
        findings: findings.iter().map(Said::of).collect(),
    };
    if let Ok(text) = serde_json::to_vec(&memory) {
        let path = folder.join(NAME);
        if file::read(&path).ok().flatten().as_ref() != Some(&text) {
            let _ = file::put(&path, &text);
        }
    }
}

/// Which program this is: its version, and its own file's size and time, so that one built anew remembers nothing.
fn program() -> Option<String> {
    let file = std::env::current_exe().ok()?.metadata().ok()?;
    let time = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}", env!("CARGO_PKG_VERSION"), file.len(), time.as_nanos()))
}

/// Over the path and the bytes of every source, in order of path.
fn digest(sources: &Sources) -> String {
    let files: Vec<_> = sources.files().collect();
    let each: Vec<String> =
        files.par_iter().map(|(_, file)| format!("{} {}\n", Digest::of(&file.bytes), file.path)).collect();
    Digest::of(each.concat().as_bytes()).to_string()
}

impl Said {
    fn of(finding: &Finding) -> Self {
        let place = |place: Place| [place.file.0, place.start, place.end];
        Said {
            code: finding.code.id.to_owned(),
            message: finding.message.clone(),
            place: finding.place.map(place),
            because: finding.because.iter().map(|step| (step.message.clone(), place(step.place))).collect(),
            help: finding.help.clone(),
            object: finding.object.clone(),
        }
    }

    fn finding(self) -> Option<Finding> {
        let place = |[file, start, end]: [u32; 3]| Place { file: FileId(file), start, end };
        let because = self.because.into_iter().map(|(message, at)| Because { message, place: place(at) });
        Some(Finding {
            code: *by_id(&self.code)?,
            message: self.message,
            place: self.place.map(place),
            because: because.collect(),
            help: self.help,
            object: self.object,
        })
    }
}
