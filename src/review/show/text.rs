//! For a terminal.

use super::super::access::AccessRow;
use super::super::change::{Change, Differences};
use super::super::objects::{Becomes, ObjectChange};
use super::super::within::Altered;
use super::words::{apart, count, object, order, restart, restarting, sign, touched, trust};
use super::{folded, folded_altered, folded_trust};

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether to write ANSI escapes.
    pub colour: bool,
    /// Columns after which prose is wrapped; words, names and paths are never broken.
    pub width: usize,
}

/// Fields that are shown of one object, and objects that come or go; the rest is counted.
const FIELDS: usize = 12;
const OBJECTS: usize = 40;
/// Characters of a value.
const VALUE: usize = 160;

/// The report, the verdict first; identical rows over several clusters in one.
pub fn change_text(change: &Change, look: Look) -> String {
    let mut page = Page { text: String::new(), look };
    page.line(0, Ink::Plain, &format!("fleet `{}` against `{}`", change.fleet, change.against));
    let ink = if change.gates.is_empty() && change.order.safe { Ink::Title } else { Ink::Bad };
    page.line(0, ink, &change.verdict);
    page.text.push('\n');
    page.pair("touched", &touched(&change.blast_radius));
    page.pair("restarts", &restarting(&change.blast_radius));
    page.pair("order", order(change));
    if let Some(others) = &change.non_interference {
        page.pair("others", &others.statement);
    }
    gates(&mut page, change);
    let unnamed = &change.access.unnamed;
    for (title, rows) in [
        ("access gained", &change.access.gained),
        ("access lost", &change.access.lost),
        ("access that callers without a name gained", &unnamed.gained),
        ("access that callers without a name lost", &unnamed.lost),
    ] {
        access(&mut page, title, rows);
    }
    altered(&mut page, &change.access.altered);
    if !change.order.hazards.is_empty() {
        page.title("order of syncing", change.order.hazards.len());
        for hazard in &change.order.hazards {
            page.line(2, Ink::Bad, &format!("{}: {}", hazard.code, hazard.message));
            hazard.help.lines().for_each(|line| page.line(4, Ink::Plain, line));
        }
    }
    if let Some(others) = change.non_interference.as_ref().filter(|others| !others.holds) {
        page.title("what new clusters do to the others", others.breaks.len());
        others.breaks.iter().for_each(|line| page.line(2, Ink::Plain, line));
    }
    trusts(&mut page, change);
    for (title, differences) in [("peers", &change.peers), ("hosts", &change.hosts)] {
        both(&mut page, title, differences);
    }
    if !change.restarts.is_empty() {
        page.title("restarts", change.restarts.len());
        for (said, clusters) in restarts(change) {
            page.line(2, Ink::Plain, &format!("{said} in {}", clusters.join(", ")));
        }
    }
    if !change.unpinned.is_empty() {
        page.title("versions that are ranges", change.unpinned.len());
        change.unpinned.iter().for_each(|line| page.line(2, Ink::Plain, line));
    }
    objects(&mut page, &change.objects);
    if !change.files.by_cluster.is_empty() {
        page.title("files", change.blast_radius.files);
    }
    for (area, files) in &change.files.by_cluster {
        let counts = [files.added.len(), files.changed.len(), files.removed.len()];
        let [added, changed, removed] = counts;
        page.line(2, Ink::Plain, &format!("{area}: {added} added, {changed} changed, {removed} removed"));
    }
    page.heading("guarantee");
    page.line(2, Ink::Plain, &change.guarantee.proved);
    change.guarantee.assumes.iter().for_each(|line| page.line(2, Ink::Plain, &format!("assumes: {line}")));
    page.heading("not modelled");
    change.not_modelled.iter().for_each(|line| page.line(2, Ink::Plain, line));
    page.text
}

/// Releases of which the same becomes in several clusters.
pub fn restarts(change: &Change) -> std::collections::BTreeMap<String, Vec<&str>> {
    let mut groups: std::collections::BTreeMap<String, Vec<&str>> = std::collections::BTreeMap::new();
    for one in &change.restarts {
        groups.entry(restart(one)).or_default().push(&one.cluster);
    }
    groups
}

fn gates(page: &mut Page, change: &Change) {
    if change.gates.is_empty() {
        return;
    }
    page.title("gates that fire", change.gates.len());
    for fired in &change.gates {
        page.line(2, Ink::Bad, fired.gate);
        fired.because.iter().for_each(|line| page.line(4, Ink::Plain, line));
        page.line(4, Ink::Plain, &format!("help: {}", fired.help));
    }
}

fn access(page: &mut Page, title: &str, rows: &[AccessRow]) {
    if rows.is_empty() {
        return;
    }
    page.title(title, rows.len());
    let sign = if title.ends_with("gained") { ('+', Ink::Good) } else { ('-', Ink::Bad) };
    for (row, clusters) in folded(rows) {
        let said = format!("{} {} → {}:{} in {}", sign.0, row.from, row.to, row.port, clusters.join(", "));
        page.line(2, sign.1, &said);
        if row.one_side {
            page.line(6, Ink::Quiet, "only because the caller, the Service or the cluster came or went");
        }
        page.line(6, Ink::Quiet, &format!("before  {}", row.before));
        page.line(6, Ink::Quiet, &format!("after   {}", row.after));
        for line in &row.because {
            page.line(6, Ink::Quiet, &format!("{}:{}  {}", line.path, line.line, line.says));
        }
    }
}

fn altered(page: &mut Page, rows: &[Altered]) {
    if rows.is_empty() {
        return;
    }
    page.title("access that is another", rows.len());
    for (row, clusters) in folded_altered(rows) {
        page.line(
            2,
            Ink::Plain,
            &format!("~ {} → {}:{} in {}", row.from, row.to, row.port, clusters.join(", ")),
        );
        row.gained.iter().for_each(|one| page.line(6, Ink::Good, &format!("+ {one}")));
        row.lost.iter().for_each(|one| page.line(6, Ink::Bad, &format!("- {one}")));
        for line in &row.because {
            page.line(6, Ink::Quiet, &format!("{}:{}  {}", line.path, line.line, line.says));
        }
    }
}

fn trusts(page: &mut Page, change: &Change) {
    let changed = folded_trust(&change.trust, true);
    if !changed.is_empty() {
        page.title("trust", change.trust.iter().filter(|row| row.changed).count());
    }
    for ((before, after), clusters) in changed {
        page.line(2, Ink::Title, &clusters.join(", "));
        let (before, after) = (trust(before), trust(after));
        for line in &before {
            let (sign, ink) = if after.contains(line) { (' ', Ink::Plain) } else { ('-', Ink::Bad) };
            page.line(4, ink, &format!("{sign} {line}"));
        }
        for line in after.iter().filter(|line| !before.contains(line)) {
            page.line(4, Ink::Good, &format!("+ {line}"));
        }
    }
}

fn both(page: &mut Page, title: &str, differences: &Differences) {
    if differences.is_empty() {
        return;
    }
    page.title(title, differences.added.len() + differences.removed.len());
    differences.added.iter().for_each(|one| page.line(2, Ink::Good, &format!("+ {one}")));
    differences.removed.iter().for_each(|one| page.line(2, Ink::Bad, &format!("- {one}")));
}

fn objects(page: &mut Page, changes: &[ObjectChange]) {
    if changes.is_empty() {
        return;
    }
    page.title("objects", changes.len());
    let whole = |change: &ObjectChange| matches!(change.change, Becomes::Added | Becomes::Removed);
    for change in changes.iter().filter(|change| !whole(change)) {
        named(page, change);
        for field in change.fields.iter().take(FIELDS) {
            page.line(6, Ink::Plain, &field.path);
            let (before, after) = apart(field.before.as_deref(), field.after.as_deref(), VALUE);
            if let Some(before) = before {
                page.verbatim(8, Ink::Bad, &format!("- {before}"));
            }
            if let Some(after) = after {
                page.verbatim(8, Ink::Good, &format!("+ {after}"));
            }
        }
        if let Some(more @ 1..) = change.fields.len().checked_sub(FIELDS) {
            page.line(6, Ink::Quiet, &format!("… and {} more", count(more, "field")));
        }
    }
    let come_or_go: Vec<&ObjectChange> = changes.iter().filter(|change| whole(change)).collect();
    come_or_go.iter().take(OBJECTS).for_each(|change| named(page, change));
    if let Some(more @ 1..) = come_or_go.len().checked_sub(OBJECTS) {
        page.line(2, Ink::Quiet, &format!("… and {more} more that come or go; `-o json` lists all"));
    }
}

fn named(page: &mut Page, change: &ObjectChange) {
    let ink = match change.change {
        Becomes::Added => Ink::Good,
        Becomes::Removed => Ink::Bad,
        Becomes::Changed | Becomes::Renamed => Ink::Title,
    };
    let said = format!("{} {} in {}", sign(change.change), object(change), change.clusters.join(", "));
    page.line(2, ink, &said);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ink {
    Plain,
    Quiet,
    Title,
    Good,
    Bad,
}

struct Page {
    text: String,
    look: Look,
}

impl Page {
    fn title(&mut self, title: &str, count: usize) {
        self.heading(&format!("{title} ({count})"));
    }

    fn heading(&mut self, title: &str) {
        self.text.push('\n');
        self.line(0, Ink::Title, title);
    }

    fn pair(&mut self, key: &str, said: &str) {
        self.line(0, Ink::Plain, &format!("{key:<10}{said}"));
    }

    /// A line, wrapped between words; what follows the first is indented further.
    fn line(&mut self, indent: usize, ink: Ink, said: &str) {
        let mut lines = vec![String::new()];
        let room = self.look.width.saturating_sub(indent).max(20);
        for word in said.split(' ') {
            let first = lines.len() == 1;
            let Some(last) = lines.last_mut() else { continue };
            let used = last.chars().count() + usize::from(!first) * 2;
            if last.trim().is_empty() || used + 1 + word.chars().count() <= room {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(word);
                if last.is_empty() {
                    last.push(' ');
                }
            } else {
                lines.push(word.to_owned());
            }
        }
        for (at, line) in lines.iter().enumerate() {
            self.verbatim(indent + if at == 0 { 0 } else { 2 }, ink, line);
        }
    }

    fn verbatim(&mut self, indent: usize, ink: Ink, said: &str) {
        // what somebody wrote must not speak to the terminal
        let said: String = said.trim_end().chars().filter(|letter| !letter.is_control()).collect();
        let escape = match ink {
            Ink::Plain => "",
            Ink::Quiet => "\u{1b}[2m",
            Ink::Title => "\u{1b}[1m",
            Ink::Good => "\u{1b}[32m",
            Ink::Bad => "\u{1b}[31m",
        };
        self.text.push_str(&" ".repeat(indent));
        if self.look.colour && !escape.is_empty() && !said.is_empty() {
            self.text.push_str(&format!("{escape}{said}\u{1b}[0m\n"));
        } else {
            self.text.push_str(&format!("{said}\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(width: usize, colour: bool, text: &str) -> String {
        let mut page = Page { text: String::new(), look: Look { colour, width } };
        page.line(2, Ink::Good, text);
        page.text
    }

    #[test]
    fn prose_is_wrapped_and_names_are_whole() {
        let text = "one two three four five aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa six";
        assert_eq!(
            said(24, false, text),
            "  one two three four\n    five\n    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n    six\n"
        );
        assert_eq!(said(20, false, "a   b"), "  a   b\n");
    }

    #[test]
    fn what_somebody_wrote_does_not_speak_to_the_terminal() {
        assert_eq!(said(80, false, "a\u{1b}[2Jb\u{7}"), "  a[2Jb\n");
        assert_eq!(said(80, true, "a"), "  \u{1b}[32ma\u{1b}[0m\n");
    }
}
