//! Places as people count them. Each file is walked once, however many findings stand in it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Findings;
use crate::source::{FileId, Place, Sources};

/// A place as an editor shows it. Lines and columns count from 1, columns in characters; a byte order mark counts nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// The path as the user would open it.
    pub file: String,
    /// The line of the first character.
    pub line: usize,
    /// The column of the first character.
    pub column: usize,
    /// The line after the last character; the same as `line` for an empty place.
    pub end_line: usize,
    /// The column after the last character.
    pub end_column: usize,
}

/// Where the places of a run's findings are.
pub(super) struct Positions<'a> {
    sources: &'a Sources,
    marks: BTreeMap<FileId, Vec<Mark>>,
}

/// A byte offset whose line and column are known: each line's start, and on a long line one every so often.
#[derive(Debug, Clone, Copy)]
struct Mark {
    offset: usize,
    line: usize,
    column: usize,
}

impl<'a> Positions<'a> {
    /// Walks the files that the findings name.
    pub fn new(sources: &'a Sources, findings: &Findings) -> Self {
        let places = findings.iter().flat_map(|finding| {
            finding.place.into_iter().chain(finding.because.iter().map(|because| because.place))
        });
        let mut marks = BTreeMap::new();
        for place in places {
            if let Some(file) = sources.file(place.file) {
                marks.entry(place.file).or_insert_with(|| marks_of(&file.bytes));
            }
        }
        Positions { sources, marks }
    }

    /// Where a place is, or `None` if its file is not among the sources. Offsets past the end mean the end.
    pub fn of(&self, place: Place) -> Option<Position> {
        let file = self.sources.shown_path(place.file);
        let (line, column) = self.count(place.file, place.start as usize)?;
        let (end_line, end_column) = self.count(place.file, place.end.max(place.start) as usize)?;
        Some(Position { file, line, column, end_line, end_column })
    }

    /// The bytes of the line that holds an offset, without the line break, and cut at most `reach` bytes behind the
    /// offset, so that an endless line costs no more than another.
    pub fn line_around(&self, file: FileId, offset: usize, reach: usize) -> Option<Range<usize>> {
        let bytes = &self.sources.file(file)?.bytes;
        let marks = self.marks.get(&file)?;
        let line = mark_before(marks, offset)?.line;
        let start = marks.get(marks.partition_point(|mark| mark.line < line))?.offset;
        let offset = offset.clamp(start, bytes.len());
        let rest = bytes.get(offset..)?.iter().take(reach);
        let length = rest.clone().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let mut end = offset + length;
        while end > start && bytes.get(end).is_some_and(|byte| !starts_character(*byte)) {
            end -= 1;
        }
        let ends_in_return = bytes.get(start..end).is_some_and(|line| line.ends_with(b"\r"));
        Some(start..end - usize::from(ends_in_return))
    }

    fn count(&self, file: FileId, offset: usize) -> Option<(usize, usize)> {
        let bytes = &self.sources.file(file)?.bytes;
        let mark = mark_before(self.marks.get(&file)?, offset)?;
        let between = bytes.get(mark.offset..offset.min(bytes.len())).unwrap_or_default();
        Some((mark.line, mark.column + characters(between)))
    }
}

/// How far apart two marks on one line are at least, in bytes.
const STRIDE: usize = 1024;

fn marks_of(bytes: &[u8]) -> Vec<Mark> {
    let start = if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let mut last = Mark { offset: start, line: 1, column: 1 };
    let mut marks = vec![last];
    for (offset, byte) in bytes.iter().enumerate().skip(start) {
        if *byte == b'\n' {
            last = Mark { offset: offset + 1, line: last.line + 1, column: 1 };
        } else if offset >= last.offset + STRIDE && starts_character(*byte) {
            let column = last.column + characters(bytes.get(last.offset..offset).unwrap_or_default());
            last = Mark { offset, column, ..last };
        } else {
            continue;
        }
        marks.push(last);
    }
    marks
}

/// The last mark at or before an offset; the first one if the offset is inside a byte order mark.
fn mark_before(marks: &[Mark], offset: usize) -> Option<Mark> {
    let after = marks.partition_point(|mark| mark.offset <= offset);
    marks.get(after.saturating_sub(1)).copied()
}

/// True for each byte that is not a continuation in UTF-8.
fn starts_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

fn characters(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).chars().count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{Finding, codes};

    fn positions_of(bytes: &[u8], offset: usize) -> ((usize, usize), (usize, usize)) {
        let sources = Sources::new("fleet", "", [("a.yaml".to_owned(), bytes.to_vec())]);
        let place = Place::new(FileId(0), offset, offset);
        let mut findings = Findings::default();
        findings.push(Finding::new(codes::FC101, "x").at(place));
        let position = Positions::new(&sources, &findings).of(place).unwrap();
        ((position.line, position.column), sources.line_column(place))
    }

    #[test]
    fn counts_lines_and_characters() {
        assert_eq!(positions_of(b"a: 1\nb: 2\n", 5).0, (2, 1));
        assert_eq!(positions_of(b"a: 1\r\nb: 2\n", 9).0, (2, 4));
        assert_eq!(positions_of("\u{feff}a: ü1".as_bytes(), 8).0, (1, 5));
        assert_eq!(positions_of(b"", 7).0, (1, 1));
        assert_eq!(positions_of(b"a\n", 99).0, (2, 1));
    }

    proptest! {
        #[test]
        fn agrees_with_the_slow_count(text in "[aü😀\n\r]{0,40}", repeat in 1usize..200, offset in 0usize..9000) {
            let text = text.repeat(repeat);
            let offset = (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let (fast, slow) = positions_of(text.as_bytes(), offset);
            prop_assert_eq!(fast, slow);
        }
    }
}
