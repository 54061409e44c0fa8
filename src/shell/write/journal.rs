//! `.fleetc-journal`: what a build is about to write. It exists only while a build runs, or after one was killed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::file;
use super::lock::{Digest, parse_file, print_file};
use crate::shell::trouble::Trouble;

/// The digests that files may have beside those of the lock. A path has several after several builds were killed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal {
    files: BTreeSet<(String, Digest)>,
}

/// The journal's name in `out/<fleet>/`.
pub const NAME: &str = ".fleetc-journal";

impl Journal {
    /// The journal of a killed build: `None` if there is none. A line that is no file of a tree is passed over: at worst
    /// a file is then taken for a stranger and kept.
    pub fn read(folder: &Path) -> Result<Option<Self>, Trouble> {
        let Some(bytes) = file::read(&folder.join(NAME))? else { return Ok(None) };
        let files = String::from_utf8_lossy(&bytes).lines().filter_map(parse_file).collect();
        Ok(Some(Journal { files }))
    }

    /// True if a build meant to write these bytes there.
    pub fn holds(&self, path: &str, digest: Digest) -> bool {
        self.files.contains(&(path.to_owned(), digest))
    }

    /// True if a build meant to write that file.
    pub fn knows(&self, path: &str) -> bool {
        let lowest = (path.to_owned(), Digest::LOWEST);
        self.files.range(lowest..).next().is_some_and(|(next, _)| next == path)
    }

    /// Adds what is about to be written.
    pub fn intend(&mut self, files: impl IntoIterator<Item = (String, Digest)>) {
        self.files.extend(files);
    }

    /// Puts the journal on the disk for good: from here on the next build can heal what this one leaves.
    pub fn write(&self, folder: &Path) -> Result<(), Trouble> {
        let mut text =
            String::from("# what a running build is about to write; the next build reads and removes it\n");
        for (path, digest) in &self.files {
            print_file(&mut text, path, *digest);
        }
        file::put_durably(&folder.join(NAME), text.as_bytes())
    }

    /// The build is complete.
    pub fn remove(folder: &Path) -> Result<(), Trouble> {
        let path = folder.join(NAME);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Trouble::disk("remove", &path, &error))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_have_several_digests_and_outlives_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Journal::read(folder.path()).unwrap(), None);
        let mut journal = Journal::default();
        let (first, second, other) = (Digest::of(b"1"), Digest::of(b"2"), Digest::of(b"3"));
        journal.intend([("a/b.yaml".to_owned(), first), ("a/b.yaml".to_owned(), second)]);
        journal.write(folder.path()).unwrap();
        let journal = Journal::read(folder.path()).unwrap().unwrap();
        assert!(journal.holds("a/b.yaml", first) && journal.holds("a/b.yaml", second));
        assert!(!journal.holds("a/b.yaml", other));
        assert!(journal.knows("a/b.yaml") && !journal.knows("a/b.yam") && !journal.knows("a/b.yamlx"));
    }
}
