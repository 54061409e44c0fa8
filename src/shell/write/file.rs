//! One file: read if it is there, put in its place whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::shell::trouble::Trouble;

/// How the names of files begin that are not in their place yet.
pub const TEMPORARY: &str = ".fleetc-tmp-";

/// The bytes of a file: `None` if there is none.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Trouble> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::disk("read", path, &error)),
    }
}

/// True if a file is there and holds these bytes. Most files of a tree do, so this asks the system for as little as it can;
/// false means no more than that it is worth to read the file.
pub fn surely_holds(path: &Path, bytes: &[u8]) -> bool {
    let mut found = vec![0; bytes.len() + 1];
    let length = File::open(path).and_then(|mut file| file.read(&mut found));
    length.is_ok_and(|length| found.get(..length) == Some(bytes))
}

/// Puts a file in its place by rename. It outlives the process; after a loss of power it may be empty, which the next
/// build heals.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    place(path, bytes, |_| Ok(()))
}

/// Puts a file in its place by rename, and its bytes on the disk before that.
pub fn put_durably(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    place(path, bytes, File::sync_all)
}

fn place(path: &Path, bytes: &[u8], settle: impl Fn(&File) -> io::Result<()>) -> Result<(), Trouble> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_file_name(format!("{TEMPORARY}{}-{next}", std::process::id()));
    let write = || {
        let mut file = File::create_new(&temporary)?;
        file.write_all(bytes)?;
        settle(&file)?;
        drop(file);
        fs::rename(&temporary, path)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&temporary);
        Trouble::disk("write", path, &error)
    })
}
