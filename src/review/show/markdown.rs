//! For a comment on a pull request: GitHub's Markdown within GitHub's limit.
//!
//! The summary of every fleet is whole; of what stands in the details as much as fits, what matters most first, and what is
//! left out is counted where it would stand. What somebody wrote never becomes Markdown, HTML, a mention or a link.

use super::super::access::{AccessChanges, AccessRow};
use super::super::change::{Change, Differences};
use super::super::objects::{Becomes, ObjectChange};
use super::super::within::Altered;
use super::text::restarts;
use super::words::{apart, count, cut, object, order, restarting, sign, touched, trust};
use super::{folded, folded_altered, folded_trust};

/// How many characters GitHub takes in one comment.
pub const LIMIT: usize = 65_536;

/// The first line, by which the comment is found again. It shows nowhere.
pub const MARKER: &str = "<!-- fleetc diff -->";

/// What later sections keep if an earlier one could take all, in characters.
const KEPT: usize = 1_500;
/// What a section costs beside its rows, at most.
const FRAME: usize = 420;
/// Lines of one diff, characters of one line, of a value and of a sentence in a table.
const LINES: usize = 60;
const LINE: usize = 240;
const VALUE: usize = 240;
const SENTENCE: usize = 400;
/// Rows of the reasons of a gate that the summary shows.
const REASONS: usize = 3;

/// The comment: at most [`LIMIT`] characters, however counted.
pub fn change_markdown(changes: &[Change]) -> String {
    let closing = closing(changes);
    let mut room = LIMIT - size(MARKER) - size(&closing) - FRAME;
    let mut fleets: Vec<(String, Vec<Section>)> = Vec::new();
    for change in changes {
        let summary = summary(change);
        match room.checked_sub(size(&summary)) {
            Some(rest) => room = rest,
            None => break,
        }
        fleets.push((summary, sections(change)));
    }
    let unsaid = changes.len() - fleets.len();
    let dropped = fill(&mut fleets, room);
    let mut text = format!("{MARKER}\n");
    for (summary, sections) in &fleets {
        text.push_str(summary);
        sections.iter().for_each(|section| text.push_str(&section.text()));
    }
    if unsaid + dropped > 0 {
        let fleets = count(unsaid, "fleet");
        let sections = count(dropped, "section");
        text.push_str(&format!("\n**Left out here for want of room: {fleets} and {sections}.**\n"));
    }
    text + &closing
}

/// How much room a text takes: GitHub says characters, and UTF-16 is never less.
fn size(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Something that folds.
#[derive(Debug, Default)]
struct Section {
    /// Lower is more important.
    rank: u8,
    title: String,
    /// Open from the start.
    open: bool,
    head: &'static str,
    rows: Vec<String>,
    noun: &'static str,
    /// How many of the rows are shown; `None`: the section is not.
    shown: Option<usize>,
    against: String,
}

impl Section {
    fn cost(&self) -> usize {
        self.rows.iter().map(|row| size(row)).sum()
    }

    fn text(&self) -> String {
        let Some(shown) = self.shown else { return String::new() };
        let open = if self.open { " open" } else { "" };
        let mut text =
            format!("\n<details{open}><summary>{} ({})</summary>\n\n", self.title, self.rows.len());
        if shown > 0 {
            text.push_str(self.head);
        }
        self.rows.iter().take(shown).for_each(|row| text.push_str(row));
        if let Some(left @ 1..) = self.rows.len().checked_sub(shown) {
            let noun = count(left, self.noun);
            let of = self.rows.len();
            text.push_str(&format!(
                "\n**{noun} of {of} left out here for want of room**; {} says all.\n",
                code(&cut(&format!("fleetc diff --against {}", self.against), 120))
            ));
        }
        text + "\n</details>\n"
    }
}

/// Decides what of the sections is shown; how many are not at all.
fn fill(fleets: &mut [(String, Vec<Section>)], mut room: usize) -> usize {
    let mut all: Vec<&mut Section> = fleets.iter_mut().flat_map(|(_, sections)| sections).collect();
    all.sort_by_key(|section| section.rank);
    let mut later: Vec<usize> = Vec::new();
    let mut kept = 0;
    for section in all.iter().rev() {
        later.push(kept);
        kept += FRAME + section.cost().min(KEPT);
    }
    let mut dropped = 0;
    for (section, later) in all.into_iter().zip(later.into_iter().rev()) {
        let Some(mut own) = room.saturating_sub(later).max(room.min(KEPT)).checked_sub(FRAME) else {
            dropped += 1;
            continue;
        };
        let mut shown = 0;
        for row in &section.rows {
            match own.checked_sub(size(row)) {
                Some(rest) => own = rest,
                None => break,
            }
            shown += 1;
        }
        let used: usize = section.rows.iter().take(shown).map(|row| size(row)).sum();
        room = room.saturating_sub(FRAME + used);
        section.shown = Some(shown);
    }
    dropped
}

fn summary(change: &Change) -> String {
    let mut text = format!("\n### fleetc: fleet {}\n\n", code(&cut(&change.fleet, 120)));
    text.push_str(&format!("**{}**\n\n| | |\n|---|---|\n", prose(&change.verdict)));
    let mut row = |key: &str, said: &str| text.push_str(&format!("| {key} | {said} |\n"));
    for fired in &change.gates {
        let mut said: Vec<String> =
            fired.because.iter().take(REASONS).map(|reason| prose(&cut(reason, SENTENCE))).collect();
        if let Some(more @ 1..) = fired.because.len().checked_sub(REASONS) {
            said.push(format!("… and {more} more"));
        }
        row(&format!("**gate** {}", code(fired.gate)), &format!("**fires**: {}", said.join("<br>")));
    }
    let AccessChanges { gained, lost, unnamed, altered } = &change.access;
    let other = if altered.is_empty() { String::new() } else { format!(", {} altered", altered.len()) };
    let (gained, lost) = (gained.len() + unnamed.gained.len(), lost.len() + unnamed.lost.len());
    row("access", &format!("{gained} gained, {lost} lost{other}"));
    let changed = change.trust.iter().filter(|row| row.changed).count();
    let trust = if changed == 0 {
        "unchanged".to_owned()
    } else {
        format!("changes in {}", count(changed, "cluster"))
    };
    row("trust", &trust);
    row("order", &prose(order(change)));
    row("touched", &prose(&touched(&change.blast_radius)));
    row("restarts", &prose(&restarting(&change.blast_radius)));
    if let Some(others) = &change.non_interference {
        row("others", &prose(&others.statement));
    }
    text
}

fn sections(change: &Change) -> Vec<Section> {
    let mut all = vec![
        Section {
            title: "gates that fire".into(),
            open: true,
            noun: "reason",
            rows: change.gates.iter().flat_map(gate).collect(),
            ..Section::default()
        },
        Section {
            title: "access gained".into(),
            open: true,
            ..access(1, &change.access.gained, Some(false))
        },
        Section {
            title: "access gained only because a caller, a Service or a cluster came".into(),
            ..access(4, &change.access.gained, Some(true))
        },
        Section {
            title: "access lost only because a caller, a Service or a cluster went".into(),
            ..access(5, &change.access.lost, Some(true))
        },
        Section {
            rank: 2,
            title: "order of syncing".into(),
            open: true,
            noun: "hazard",
            rows: change.order.hazards.iter().map(hazard).collect(),
            ..Section::default()
        },
        Section {
            title: "access that callers without a name gained".into(),
            ..access(1, &change.access.unnamed.gained, None)
        },
        altered(&change.access.altered),
        Section { title: "access lost".into(), ..access(3, &change.access.lost, Some(false)) },
        Section {
            title: "access that callers without a name lost".into(),
            ..access(3, &change.access.unnamed.lost, None)
        },
        Section {
            rank: 6,
            title: "what new clusters do to the others".into(),
            noun: "line",
            rows: change
                .non_interference
                .iter()
                .flat_map(|others| others.breaks.iter().map(|line| item(&prose(&cut(line, SENTENCE)))))
                .collect(),
            ..Section::default()
        },
        Section { title: "trust".into(), ..trusts(change) },
        both(8, "peers", &change.peers),
        both(9, "hosts", &change.hosts),
        Section {
            rank: 10,
            title: "restarts".into(),
            noun: "row",
            rows: restarts(change)
                .iter()
                .map(|(said, clusters)| item(&format!("{} in {}", prose(said), codes(clusters))))
                .collect(),
            ..Section::default()
        },
        Section {
            rank: 11,
            title: "versions that are ranges".into(),
            noun: "version",
            rows: change.unpinned.iter().map(|one| item(&code(one))).collect(),
            ..Section::default()
        },
        Section {
            rank: 13,
            title: "objects".into(),
            noun: "object",
            rows: change.objects.iter().map(object_row).collect(),
            ..Section::default()
        },
        Section {
            rank: 12,
            title: "files".into(),
            noun: "area",
            head: "| | added | changed | removed |\n|---|---|---|---|\n",
            rows: change
                .files
                .by_cluster
                .iter()
                .map(|(area, files)| {
                    let [added, changed, removed] =
                        [files.added.len(), files.changed.len(), files.removed.len()];
                    format!("| {} | {added} | {changed} | {removed} |\n", code(area))
                })
                .collect(),
            ..Section::default()
        },
    ];
    all.retain(|section| !section.rows.is_empty());
    for section in &mut all {
        section.against.clone_from(&change.against);
    }
    all
}

fn gate(fired: &super::super::gates::Fired) -> Vec<String> {
    let reasons = fired
        .because
        .iter()
        .map(|reason| item(&format!("{}: {}", code(fired.gate), prose(&cut(reason, SENTENCE)))));
    let help = item(&format!("{}: help: {}", code(fired.gate), prose(&fired.help)));
    std::iter::once(help).chain(reasons).collect()
}

fn hazard(hazard: &super::super::change::Hazard) -> String {
    let help: Vec<String> = hazard.help.lines().map(|line| prose(&cut(line, SENTENCE))).collect();
    item(&format!(
        "**{}** {}<br>{}",
        code(&hazard.code),
        prose(&cut(&hazard.message, 800)),
        help.join("<br>")
    ))
}

/// The rows that are on both sides, those that are not, or all.
fn access(rank: u8, rows: &[AccessRow], one_side: Option<bool>) -> Section {
    let row = |(row, clusters): (&AccessRow, Vec<&str>)| {
        let because: Vec<String> = row
            .because
            .iter()
            .take(6)
            .map(|line| format!("{} {}", code(&format!("{}:{}", line.path, line.line)), prose(&line.says)))
            .collect();
        format!(
            "| {} | {} | {} | before: {}<br>after: {}<br>{} |\n",
            code(&row.from),
            code(&format!("{}:{}", row.to, row.port)),
            codes(&clusters),
            prose(&cut(&row.before, SENTENCE)),
            prose(&cut(&row.after, SENTENCE)),
            because.join("<br>")
        )
    };
    Section {
        rank,
        noun: "row",
        head: "| from | to | in | because |\n|---|---|---|---|\n",
        rows: folded(rows)
            .into_iter()
            .filter(|(row, _)| one_side.is_none_or(|one_side| row.one_side == one_side))
            .map(row)
            .collect(),
        ..Section::default()
    }
}

fn altered(rows: &[Altered]) -> Section {
    let row = |(row, clusters): (&Altered, Vec<&str>)| {
        let lines = row.because.iter().take(6);
        let because: Vec<String> = lines
            .map(|line| format!("{} {}", code(&format!("{}:{}", line.path, line.line)), prose(&line.says)))
            .collect();
        let each = |all: &[String]| all.iter().map(|one| code(one)).collect::<Vec<_>>().join("<br>");
        format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            code(&row.from),
            code(&format!("{}:{}", row.to, row.port)),
            codes(&clusters),
            each(&row.gained),
            each(&row.lost),
            because.join("<br>")
        )
    };
    Section {
        rank: 1,
        title: "access that is another".into(),
        noun: "row",
        head: "| from | to | in | gained | lost | because |\n|---|---|---|---|---|---|\n",
        rows: folded_altered(rows).into_iter().map(row).collect(),
        ..Section::default()
    }
}

fn trusts(change: &Change) -> Section {
    let cell = |lines: &[String]| lines.iter().map(|line| prose(line)).collect::<Vec<_>>().join("<br>");
    let changed = folded_trust(&change.trust, true).into_iter().map(|((before, after), clusters)| {
        format!("| {} | {} | {} |\n", codes(&clusters), cell(&trust(before)), cell(&trust(after)))
    });
    Section {
        rank: 7,
        noun: "row",
        head: "| in | before | after |\n|---|---|---|\n",
        rows: changed.collect(),
        ..Section::default()
    }
}

fn both(rank: u8, title: &str, differences: &Differences) -> Section {
    let added = differences.added.iter().map(|one| item(&format!("+ {}", code(one))));
    let removed = differences.removed.iter().map(|one| item(&format!("− {}", code(one))));
    Section {
        rank,
        title: title.to_owned(),
        noun: "row",
        rows: added.chain(removed).collect(),
        ..Section::default()
    }
}

fn object_row(change: &ObjectChange) -> String {
    let mut text = format!(
        "<details><summary>{} {} in {}</summary>\n\n",
        match sign(change.change) {
            '-' => '−',
            '~' => '±',
            '>' => '→',
            sign => sign,
        },
        code(&object(change)),
        codes(&change.clusters)
    );
    if !matches!(change.change, Becomes::Added | Becomes::Removed) {
        for field in change.fields.iter().take(20) {
            let (before, after) = apart(field.before.as_deref(), field.after.as_deref(), VALUE);
            let value = |value: Option<String>| value.map_or("nothing".to_owned(), |value| code(&value));
            text.push_str(&item(&format!(
                "{}: {} → {}",
                code(&cut(&field.path, VALUE)),
                value(before),
                value(after)
            )));
        }
        text.push('\n');
    }
    let mut lines: Vec<String> = change.diff.lines().take(LINES).map(|line| cut(line, LINE)).collect();
    if let Some(more @ 1..) = change.diff.lines().count().checked_sub(LINES) {
        lines.push(format!("@@ … and {more} more lines @@"));
    }
    let diff = lines.join("\n");
    let longest = diff.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    text + &format!("{fence}diff\n{diff}\n{fence}\n\n</details>\n")
}

/// The guarantee, and what it does not reach: said once if it is the same for all.
fn closing(changes: &[Change]) -> String {
    let mut text = String::from("\n<details><summary>what this proves, and what not</summary>\n\n");
    for change in changes.iter().take(5) {
        let fleet =
            if changes.len() > 1 { format!("{}: ", code(&cut(&change.fleet, 120))) } else { String::new() };
        text.push_str(&item(&format!("{fleet}{}", prose(&change.guarantee.proved))));
        for one in &change.guarantee.assumes {
            text.push_str(&item(&format!("assumes: {}", prose(one))));
        }
    }
    for one in changes.first().iter().flat_map(|change| &change.not_modelled) {
        text.push_str(&item(&format!("not modelled: {}", prose(one))));
    }
    text + "\n</details>\n"
}

fn item(said: &str) -> String {
    format!("- {said}\n")
}

fn codes(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 12;
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| code(name.as_ref())).collect();
    if let Some(more @ 1..) = names.len().checked_sub(SHOWN) {
        shown.push(format!("{more} more"));
    }
    shown.join(", ")
}

/// Text that somebody wrote, as code: within it GitHub looks for no mention and no reference.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(&cut(text, 1_000)))
}

/// A sentence of fleetc's, in which what somebody wrote stands between backticks.
fn prose(text: &str) -> String {
    let mut shown = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            shown.push_str(&code(part));
        } else {
            // outside of code, a mention or a reference is one however its sign is written
            shown
                .push_str(&escaped(part).replace("&#64;", "&#64;\u{200b}").replace("&#35;", "&#35;\u{200b}"));
        }
    }
    shown
}

/// No character that means something to Markdown, HTML or a table is left.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        match letter {
            '&' | '<' | '>' | '"' | '\'' | '|' | '`' | '*' | '_' | '~' | '[' | ']' | '!' | '#' | '@'
            | '\\' | '$' => shown.push_str(&format!("&#{};", u32::from(letter))),
            // no link of itself
            ':' if text.contains("://") => shown.push_str("&#58;"),
            '\n' | '\r' | '\t' => shown.push(' '),
            letter if letter.is_control() => {}
            letter => shown.push(letter),
        }
    }
    shown.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_is_text() {
        let nasty = "a|b <img src=x onerror=alert(1)> @team #1 [x](http://y) `c` *d* _e_\n\n# f \\ ![g](h)";
        for shown in [code(nasty), prose(nasty)] {
            for sign in ["|", "<img", "@team", " #1", "[x]", "http://", "*d*", "_e_", "\n", "!["] {
                assert!(!shown.contains(sign), "{sign} in {shown}");
            }
        }
        assert_eq!(prose("`a<b` allows"), "<code>a&#60;b</code> allows");
    }

    #[test]
    fn sections_share_the_room_by_their_rank() {
        let section = |rank, rows: usize| Section {
            rank,
            rows: vec!["x".repeat(100); rows],
            noun: "row",
            ..Section::default()
        };
        let shown = |room, sections: Vec<Section>| {
            let mut fleets = [(String::new(), sections)];
            let dropped = fill(&mut fleets, room);
            (fleets[0].1.iter().map(|section| section.shown).collect::<Vec<_>>(), dropped)
        };
        assert_eq!(shown(10_000, vec![section(1, 10), section(0, 10)]), (vec![Some(10), Some(10)], 0));
        // the first takes what the second does not need
        let (sections, _) = shown(10_000, vec![section(1, 1_000), section(0, 1_000)]);
        assert!(sections[1] > Some(50) && sections[0] > Some(10), "{sections:?}");
        assert_eq!(shown(300, vec![section(0, 1)]), (vec![None], 1));
    }
}
