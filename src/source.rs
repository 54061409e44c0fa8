//! What `compile` gets instead of a disk: the files of one fleet as values, and places in them.

/// The index of a file in [`Sources`]; files are ordered by path, so ids order as paths do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A span of bytes in one source file. `start <= end`; both are offsets into the file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// The file the span is in.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Place {
    /// A span from offsets; offsets past 4 GiB are clamped (a fleet file is far smaller).
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Place { file, start: clamp(start), end: clamp(end.max(start)) }
    }
}

/// One file of a fleet directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path from the fleet directory, parts separated by `/`.
    pub path: String,
    /// The bytes as they are on disk.
    pub bytes: Vec<u8>,
}

/// The files of one fleet directory, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    fleet: String,
    root: String,
    files: Vec<SourceFile>,
}

impl Sources {
    /// `fleet` is the folder's own name; `root` is the fleet directory as the user wrote it and is used only to
    /// show paths in findings. Paths are relative to the fleet directory.
    pub fn new(
        fleet: impl Into<String>,
        root: impl Into<String>,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Self {
        let mut files: Vec<_> = files.into_iter().map(|(path, bytes)| SourceFile { path, bytes }).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Sources { fleet: fleet.into(), root: root.into(), files }
    }

    /// The same fleet with some files changed: path → bytes, `None` for a file that goes.
    pub fn changed(&self, changes: &std::collections::BTreeMap<String, Option<Vec<u8>>>) -> Self {
        let kept = self.files.iter().filter(|file| !changes.contains_key(&file.path));
        let kept = kept.map(|file| (file.path.clone(), file.bytes.clone()));
        let new = changes.iter().filter_map(|(path, bytes)| Some((path.clone(), bytes.clone()?)));
        Sources::new(self.fleet.clone(), self.root.clone(), kept.chain(new))
    }

    /// The name of the fleet: the folder's own name.
    pub fn fleet(&self) -> &str {
        &self.fleet
    }

    /// All files with their ids, in order of path.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId(u32::try_from(index).unwrap_or(u32::MAX)), file))
    }

    /// The file of an id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The file at a path relative to the fleet directory.
    pub fn by_path(&self, path: &str) -> Option<(FileId, &SourceFile)> {
        let index = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        Some((FileId(u32::try_from(index).ok()?), self.files.get(index)?))
    }

    /// The path of a file as the user would open it: the root, then the path in the fleet.
    pub fn shown_path(&self, id: FileId) -> String {
        self.shown(self.file(id).map_or("", |file| file.path.as_str()))
    }

    /// A path in the fleet as the user would open it; there need not be such a file.
    pub fn shown(&self, path: &str) -> String {
        match self.root.trim_end_matches('/') {
            "" => path.to_owned(),
            root => format!("{root}/{path}"),
        }
    }

    /// The text of a file; bytes that are not UTF-8 are shown as U+FFFD.
    pub fn text(&self, id: FileId) -> std::borrow::Cow<'_, str> {
        self.file(id).map_or("".into(), |file| String::from_utf8_lossy(&file.bytes))
    }

    /// Line and column of a place's first byte, both counted from 1, the column in characters.
    pub fn line_column(&self, place: Place) -> (usize, usize) {
        let Some(file) = self.file(place.file) else { return (1, 1) };
        let before = file.bytes.get(..place.start as usize).unwrap_or(&file.bytes);
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        let line_text = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default());
        let line_text = if line == 1 { line_text.trim_start_matches('\u{feff}') } else { &line_text };
        (line, 1 + line_text.chars().count())
    }
}

/// An object of the fleet that caused something: its name as the output shows it, and its place for findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// `Kind/namespace/name`, no group, file or line, so that moving text changes no output.
    pub name: std::sync::Arc<str>,
    /// `metadata.name`'s value.
    pub place: Place,
}

impl Origin {
    /// The origin of an object, from its `Kind/namespace/name`.
    pub fn new(reference: &str, place: Place) -> Self {
        Origin { name: reference.into(), place }
    }
}
