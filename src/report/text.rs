//! Findings as text for a terminal, in the look of rustc.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level as Label, Origin, Padding, Renderer, Snippet,
    normalize_untrusted_str,
};

use super::position::{Position, Positions};
use super::{Finding, Findings, Level};
use crate::source::{FileId, Place, Sources};

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    /// Whether to write ANSI escapes.
    pub colour: bool,
    /// The terminal's width in columns; longer source lines are cut around what they show. Messages are not wrapped.
    pub width: usize,
}

impl Default for TextStyle {
    fn default() -> Self {
        TextStyle { colour: false, width: 140 }
    }
}

/// Each finding as `error[FC301]: message`, its source lines with what led there, and the help; then one line that counts.
/// Empty if there are no findings.
pub fn text(fleets: &[(&Sources, &Findings)], style: TextStyle) -> String {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(style.width.max(NARROWEST));
    let mut out = String::new();
    for (sources, findings) in fleets {
        let page = Page { sources, positions: Positions::new(sources, findings) };
        for finding in findings.iter() {
            for line in renderer.render(&[page.group(finding)]).lines() {
                out.push_str(line.trim_end());
                out.push('\n');
            }
            out.push('\n');
        }
    }
    if let Some((level, counts)) = summary(fleets) {
        out.push_str(&renderer.render(&[Group::with_title(label(level).primary_title(counts))]));
        out.push('\n');
    }
    out
}

/// Below this width a source line would show nothing but its ellipses.
const NARROWEST: usize = 60;

/// The gravest level that occurs, and the count of each: `2 errors, 1 warning`.
fn summary(fleets: &[(&Sources, &Findings)]) -> Option<(Level, String)> {
    let counts: Vec<(Level, usize)> = [Level::Error, Level::Warning, Level::Info]
        .into_iter()
        .map(|level| (level, fleets.iter().map(|(_, findings)| findings.count(level)).sum()))
        .filter(|(_, count)| *count > 0)
        .collect();
    let (gravest, _) = counts.first()?;
    let words: Vec<String> = counts
        .iter()
        .map(|(level, count)| format!("{count} {}{}", level.name(), if *count == 1 { "" } else { "s" }))
        .collect();
    Some((*gravest, words.join(", ")))
}

fn label(level: Level) -> Label<'static> {
    match level {
        Level::Error => Label::ERROR,
        Level::Warning => Label::WARNING,
        Level::Info => Label::INFO,
    }
}

/// The sources that findings are shown in.
struct Page<'a> {
    sources: &'a Sources,
    positions: Positions<'a>,
}

impl Page<'_> {
    fn group<'f>(&self, finding: &'f Finding) -> Group<'f> {
        let mut parts = Vec::new();
        if let Some(place) = finding.place {
            self.add(Spot { place, kind: AnnotationKind::Primary, label: None }, &mut parts);
        }
        for because in &finding.because {
            let label = Some(because.message.as_str());
            self.add(Spot { place: because.place, kind: AnnotationKind::Context, label }, &mut parts);
        }
        let mut elements: Vec<Element<'f>> = parts.into_iter().flat_map(|part| self.elements(part)).collect();
        if let Some(help) = &finding.help {
            elements.push(Label::HELP.message(visible(help)).into());
        }
        let title = label(finding.code.level).primary_title(visible(&finding.message)).id(finding.code.id);
        Group::with_title(title).elements(elements)
    }

    /// Adds a spot to the excerpt of its file if it is near enough, else as a part of its own. An empty line is one of
    /// its own as well: at the end of an excerpt the renderer would not take it for a line.
    fn add<'f>(&self, spot: Spot<'f>, parts: &mut Vec<Part<'f>>) {
        let Some(bytes) = self.bytes_around(spot.place) else {
            parts.push(Part::Bare(spot));
            return;
        };
        for part in parts.iter_mut() {
            if let Part::Excerpt { file, bytes: shown, spots } = part
                && *file == spot.place.file
                && shown.start < shown.end
                && !bytes.is_empty()
            {
                let both = shown.start.min(bytes.start)..shown.end.max(bytes.end);
                if both.len() <= LONGEST_EXCERPT {
                    *shown = both;
                    spots.push(spot);
                    return;
                }
            }
        }
        parts.push(Part::Excerpt { file: spot.place.file, bytes, spots: vec![spot] });
    }

    /// The line that a place begins in, cut some way behind that; `None` if there is none, or it begins too far before.
    fn bytes_around(&self, place: Place) -> Option<Range<usize>> {
        let line = self.positions.line_around(place.file, place.start as usize, REACH)?;
        let before = (place.start as usize).min(line.end).saturating_sub(line.start);
        (before <= LONGEST_EXCERPT / 2).then_some(line)
    }

    fn elements<'f>(&self, part: Part<'f>) -> Vec<Element<'f>> {
        match part {
            Part::Excerpt { file, bytes, spots } => {
                self.excerpt(file, bytes, spots).into_iter().map(Element::from).collect()
            }
            Part::Bare(spot) => {
                let origin = self.positions.of(spot.place).map(|Position { file, line, column, .. }| {
                    Origin::path(visible(&file)).line(line).char_column(column).into()
                });
                let note = spot.label.map(|label| Label::NOTE.message(one_line(label)).into());
                let padding = (origin.is_some() && note.is_some()).then_some(Padding.into());
                origin.into_iter().chain(padding).chain(note).collect()
            }
        }
    }

    fn excerpt<'f>(
        &self,
        file: FileId,
        bytes: Range<usize>,
        spots: Vec<Spot<'f>>,
    ) -> Option<Snippet<'f, Annotation<'f>>> {
        let all = &self.sources.file(file)?.bytes;
        let shown = |bytes: Range<usize>| {
            without_c1(&String::from_utf8_lossy(all.get(bytes).unwrap_or_default())).into_owned()
        };
        let source = shown(bytes.clone());
        let first = self.positions.of(Place::new(file, bytes.start, bytes.start))?;
        let annotations: Vec<_> = spots
            .into_iter()
            .map(|spot| {
                let line = self.bytes_around(spot.place).unwrap_or_default();
                let start = (spot.place.start as usize).clamp(line.start, line.end);
                let end = (spot.place.end as usize).clamp(start, line.end);
                let offset =
                    |at: usize| source.floor_char_boundary(shown(bytes.start..at.min(bytes.end)).len());
                spot.kind.span(offset(start)..offset(end)).label(spot.label.map(one_line))
            })
            .collect();
        Some(
            Snippet::source(source)
                .path(visible(&first.file))
                .line_start(first.line)
                .annotations(annotations),
        )
    }
}

/// A place that a finding points at.
struct Spot<'f> {
    place: Place,
    kind: AnnotationKind,
    label: Option<&'f str>,
}

/// What is shown of one file in one piece.
enum Part<'f> {
    /// Whole lines from the first spot's to the last one's, the last perhaps cut.
    Excerpt { file: FileId, bytes: Range<usize>, spots: Vec<Spot<'f>> },
    /// Where it is, without the source: the line is endless, or the file unknown.
    Bare(Spot<'f>),
}

/// The renderer walks all of an excerpt, so this bounds what one finding costs. Bytes.
const LONGEST_EXCERPT: usize = 4096;

/// How much of a line is kept from where it is pointed at; the renderer cuts to the terminal's width. Bytes.
const REACH: usize = 500;

/// Text whose control characters are shown, not obeyed. The renderer itself does so for titles and sources alone, and
/// nowhere for the C1 controls.
fn visible(text: &str) -> String {
    without_c1(&normalize_untrusted_str(text)).into_owned()
}

fn one_line(text: &str) -> String {
    visible(&text.replace(['\n', '\r'], " "))
}

fn without_c1(text: &str) -> Cow<'_, str> {
    let control = |letter: char| ('\u{80}'..='\u{9f}').contains(&letter);
    if text.contains(control) { text.replace(control, "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::codes::*;

    const PAY: &str = "kind: Workspace\nmetadata:\n  name: pay\nspec:\n  workloadClusters:\n  - name: east\n    namespaces:\n    - name: payments\n";

    fn sources(files: &[(&str, &[u8])]) -> Sources {
        let files = files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec()));
        Sources::new("acme", "fleets/acme", files)
    }

    /// The place of a word in a file.
    fn word(sources: &Sources, path: &str, word: &str) -> Place {
        let (id, _) = sources.by_path(path).unwrap();
        let start = sources.text(id).find(word).unwrap();
        Place::new(id, start, start + word.len())
    }

    fn shown(sources: &Sources, findings: impl IntoIterator<Item = Finding>) -> String {
        let mut all = Findings::default();
        findings.into_iter().for_each(|finding| all.push(finding));
        text(&[(sources, &all)], TextStyle { colour: false, width: 80 })
    }

    #[test]
    fn shows_place_trace_and_help() {
        let sources = sources(&[("a.yaml", PAY.as_bytes()), ("b.yaml", PAY.as_bytes())]);
        let finding = Finding::new(FC301, "namespace `payments` of `east` is owned by two workspaces")
            .at(word(&sources, "b.yaml", "payments"))
            .because("workspace `pay` is defined here", word(&sources, "b.yaml", "pay"))
            .because("workspace `old` takes it here", word(&sources, "a.yaml", "payments"))
            .help("let one of the two name it:\n\n- name: east\n  namespaces: []");
        insta::assert_snapshot!(shown(&sources, [finding]), @r#"
        error[FC301]: namespace `payments` of `east` is owned by two workspaces
         --> fleets/acme/b.yaml:8:13
          |
        3 |   name: pay
          |         --- workspace `pay` is defined here
        ...
        8 |     - name: payments
          |             ^^^^^^^^
          |
         ::: fleets/acme/a.yaml:8:13
          |
        8 |     - name: payments
          |             -------- workspace `old` takes it here
          |
          = help: let one of the two name it:

                  - name: east
                    namespaces: []

        error: 1 error
        "#);
    }

    #[test]
    fn shows_findings_without_a_place() {
        let sources = sources(&[("a.yaml", PAY.as_bytes())]);
        let plain = Finding::new(FC704, "nothing is delivered").help("set `spec.delivery.repoURL`");
        let traced = Finding::new(FC708, "clusters differ").because("here", word(&sources, "a.yaml", "east"));
        insta::assert_snapshot!(shown(&sources, [plain, traced]), @r#"
        info[FC704]: nothing is delivered
         |
         = help: set `spec.delivery.repoURL`

        warning[FC708]: clusters differ
         --> fleets/acme/a.yaml:6:11
          |
        6 |   - name: east
          |           ---- here

        warning: 1 warning, 1 info
        "#);
    }

    #[test]
    fn counts_over_all_fleets() {
        let mut findings = Findings::default();
        assert_eq!(text(&[(&sources(&[]), &findings)], TextStyle::default()), "");
        findings.push(Finding::new(FC701, "a"));
        findings.push(Finding::new(FC704, "b"));
        let both = sources(&[]);
        let shown = text(&[(&both, &findings), (&both, &findings)], TextStyle::default());
        assert!(shown.ends_with("\n\nwarning: 2 warnings, 2 infos\n"), "{shown}");
    }

    #[test]
    fn survives_odd_files() {
        let sources = sources(&[
            ("bom.yaml", "\u{feff}kind: Ä\r\nname: x\r\n".as_bytes()),
            ("bytes.yaml", b"a: \xff\tb\n"),
            ("empty.yaml", b""),
        ]);
        let at = |file: u32, start, end| Finding::new(FC101, "odd").at(Place::new(FileId(file), start, end));
        insta::assert_snapshot!(
            shown(&sources, [
                at(0, 9, 11),
                at(0, 13, 500),
                at(0, 500, 501).because("here it began", Place::new(FileId(0), 3, 7)),
                at(1, 3, 4),
                at(2, 0, 0),
                at(7, 1, 2).because("lost", Place::new(FileId(7), 1, 2)),
            ]),
            @r#"
            error[FC101]: odd
             --> fleets/acme/bom.yaml:1:7
              |
            1 | kind: Ä
              |       ^

            error[FC101]: odd
             --> fleets/acme/bom.yaml:2:1
              |
            2 | name: x
              | ^^^^^^^

            error[FC101]: odd
             --> fleets/acme/bom.yaml:3:1
              |
            3 |
              | ^
              |
             ::: fleets/acme/bom.yaml:1:1
              |
            1 | kind: Ä
              | ---- here it began

            error[FC101]: odd
             --> fleets/acme/bytes.yaml:1:4
              |
            1 | a: �    b
              |    ^

            error[FC101]: odd
             --> fleets/acme/empty.yaml:1:1
              |
            1 |
              | ^

            error[FC101]: odd
             |
             = note: lost

            error: 6 errors
            "#
        );
    }

    #[test]
    fn cuts_long_lines() {
        let line = format!("[{}here, {}]\n", "item, ".repeat(150), "item, ".repeat(5000));
        let sources = sources(&[("long.yaml", line.as_bytes())]);
        let far = Finding::new(FC101, "too far to show").at(Place::new(FileId(0), 20000, 20001));
        let finding = Finding::new(FC101, "in the middle").at(word(&sources, "long.yaml", "here"));
        insta::assert_snapshot!(shown(&sources, [finding, far]), @r#"
        error[FC101]: in the middle
         --> fleets/acme/long.yaml:1:902
          |
        1 | ...m, item, item, item, item, item, here, item, item, item, item, item, i...
          |                                     ^^^^

        error[FC101]: too far to show
        --> fleets/acme/long.yaml:1:20001

        error: 2 errors
        "#);
    }

    #[test]
    fn user_text_cannot_steer_the_terminal() {
        let sources = sources(&[("a.yaml", "a: \u{1b}[31m\u{9b}2J\n".as_bytes())]);
        let place = Place::new(FileId(0), 0, 1);
        let evil = "`\u{1b}[31m\u{9b}2J`";
        let shown = shown(&sources, [Finding::new(FC105, evil).at(place).because(evil, place).help(evil)]);
        assert!(!shown.contains(['\u{1b}', '\u{9b}']), "{shown:?}");
    }

    proptest! {
        #[test]
        fn never_panics(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    &b"a"[..], b": ", b"\n", b"\r\n", b"\r", b"\t", b" ", b"\xff", b"\xc3", b"\0",
                    "ü".as_bytes(), "漢".as_bytes(), "👩\u{200d}💻".as_bytes(), "\u{feff}".as_bytes(), "\u{9b}".as_bytes(),
                    "\u{202e}".as_bytes(), &[b'x'; 700], &[b' '; 300],
                ]),
                0..30,
            ),
            places in prop::collection::vec((0u32..3, 0usize..3000, 0usize..40), 1..5),
            words in "[a`\n\r\t\u{1b}漢]{0,200}",
            width in 0usize..200,
            colour: bool,
        ) {
            let file = pieces.concat();
            let sources = sources(&[("a.yaml", &file), ("b.yaml", &file)]);
            let places = places.iter().map(|(id, start, length)| Place::new(FileId(*id), *start, start + length));
            let finding = Finding::new(FC101, &*words).help(&*words);
            let finding = places.fold(finding, |finding, place| finding.at(place).because(&*words, place));
            let mut findings = Findings::default();
            findings.push(finding);
            text(&[(&sources, &findings)], TextStyle { colour, width });
            crate::report::json(&[(&sources, &findings)]);
            crate::report::sarif(&[(&sources, &findings)]);
            crate::report::github(&[(&sources, &findings)]);
        }
    }
}
