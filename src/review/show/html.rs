//! For a browser: one page that stands alone.

use serde::Serialize;

use super::super::access::AccessRow;
use super::super::change::{Change, Differences};
use super::super::objects::{Becomes, Field, ObjectChange};
use super::text::restarts;
use super::words::{count, object, order, restarting, sign, touched, trust};
use super::{folded, folded_altered, folded_trust};
use crate::page::{Broken, Html, Page, Section, fill, table};

/// The page of one fleet or several: a section for each sort of consequence, below it a part for each fleet that has any.
pub fn change_html(changes: &[Change]) -> Result<String, Broken> {
    let names: Vec<&str> = changes.iter().map(|change| change.fleet.as_str()).collect();
    let against: Vec<&str> = changes.first().map(|change| change.against.as_str()).into_iter().collect();
    let mut sections = Vec::new();
    for (id, title, make) in SECTIONS {
        let mut parts = Vec::new();
        let mut total = 0;
        for change in changes {
            let Some((mut part, number)) = make(change)? else { continue };
            total += number;
            part.heading = (changes.len() > 1).then(|| change.fleet.clone());
            parts.push(part);
        }
        if !parts.is_empty() {
            let body = fill("change.html", &Parts { parts })?;
            let count = (total > 0).then_some(total);
            sections.push(Section { id, title: (*title).to_owned(), count, body });
        }
    }
    let page = Page {
        title: names.join(", "),
        kind: format!("fleetc diff against {}", against.concat()),
        sections,
        ..Page::default()
    };
    page.html()
}

/// Anchor, heading, and what a fleet has to say below it, with how many of it there are; `None` for nothing.
type Make = fn(&Change) -> Result<Option<(Part, usize)>, Broken>;

const SECTIONS: &[(&str, &str, Make)] = &[
    ("summary", "Summary", |change| summary(change).map(Some)),
    ("gates", "Gates that fire", gates),
    ("gained", "Access gained", |change| access(&change.access.gained)),
    ("gained-unnamed", "Access that callers without a name gained", |change| {
        access(&change.access.unnamed.gained)
    }),
    ("altered", "Access that is another", altered),
    ("lost", "Access lost", |change| access(&change.access.lost)),
    ("lost-unnamed", "Access that callers without a name lost", |change| access(&change.access.unnamed.lost)),
    ("order", "Order of syncing", hazards),
    ("others", "What new clusters do to the others", others),
    ("trust", "Trust", trusts),
    ("peers", "Peers", |change| both(&change.peers)),
    ("hosts", "Hosts", |change| both(&change.hosts)),
    ("restarts", "Restarts", rolled),
    ("unpinned", "Versions that are ranges", |change| Ok(lines(&change.unpinned, None))),
    ("objects", "Objects", objects),
    ("files", "Files", files),
    ("scope", "What this proves, and what not", scope),
];

#[derive(Serialize)]
struct Parts {
    parts: Vec<Part>,
}

/// What one fleet has to say.
#[derive(Debug, Default, Serialize)]
struct Part {
    heading: Option<String>,
    sentences: Vec<Said>,
    tables: Vec<Html>,
    objects: Vec<Object>,
}

#[derive(Debug, Serialize)]
struct Said {
    class: Option<&'static str>,
    text: Html,
}

#[derive(Debug, Serialize)]
struct Object {
    class: &'static str,
    sign: char,
    name: String,
    clusters: Vec<String>,
    fields: Html,
    lines: Vec<Said>,
}

fn said(text: impl AsRef<str>) -> Said {
    Said { class: None, text: prose(text.as_ref()) }
}

fn marked(class: &'static str, text: impl AsRef<str>) -> Said {
    Said { class: Some(class), text: prose(text.as_ref()) }
}

/// A sentence, in which what somebody wrote stands between backticks.
fn prose(text: &str) -> Html {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    });
    Html::trusted(parts.collect::<String>())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn lines(lines: &[String], class: Option<&'static str>) -> Option<(Part, usize)> {
    let sentences = lines.iter().map(|line| Said { class, text: prose(line) }).collect();
    (!lines.is_empty()).then(|| (Part { sentences, ..Part::default() }, lines.len()))
}

fn summary(change: &Change) -> Result<(Part, usize), Broken> {
    let gates: Vec<&str> = change.gates.iter().map(|gate| gate.gate).collect();
    let trust = change.trust.iter().filter(|row| row.changed).count();
    let mut rows = vec![
        [
            "access".to_owned(),
            format!(
                "{} gained, {} lost, {} altered",
                change.access.gained.len() + change.access.unnamed.gained.len(),
                change.access.lost.len() + change.access.unnamed.lost.len(),
                change.access.altered.len()
            ),
        ],
        ["order".to_owned(), order(change).to_owned()],
        [
            "trust".to_owned(),
            match trust {
                0 => "unchanged".to_owned(),
                clusters => format!("changes in {}", count(clusters, "cluster")),
            },
        ],
        ["touched".to_owned(), touched(&change.blast_radius)],
        ["restarts".to_owned(), restarting(&change.blast_radius)],
    ];
    if let Some(others) = &change.non_interference {
        rows.push(["others".to_owned(), others.statement.clone()]);
    }
    if !gates.is_empty() {
        rows.insert(0, ["gates that fire".to_owned(), gates.join(", ")]);
    }
    let good = change.gates.is_empty() && change.order.safe;
    Ok((
        Part {
            sentences: vec![marked(if good { "yes" } else { "no" }, &change.verdict)],
            tables: vec![table("the change in numbers", &["", ""], &rows)?],
            ..Part::default()
        },
        0,
    ))
}

fn gates(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    let mut sentences = Vec::new();
    for fired in &change.gates {
        sentences.push(marked("no", format!("{}: {}", fired.gate, count(fired.because.len(), "reason"))));
        sentences.extend(fired.because.iter().map(said));
        sentences.push(marked("quiet", &fired.help));
    }
    let number = change.gates.len();
    Ok((number > 0).then(|| (Part { sentences, ..Part::default() }, number)))
}

fn access(rows: &[AccessRow]) -> Result<Option<(Part, usize)>, Broken> {
    let mut tables = Vec::new();
    for (one_side, caption) in [
        (false, "on both sides there is the caller, and the Service"),
        (true, "only because a caller, a Service or a cluster came or went"),
    ] {
        let folded = folded(rows).into_iter().filter(|(row, _)| row.one_side == one_side);
        let cells: Vec<(&str, String, String, Html)> = folded
            .map(|(row, clusters)| {
                let to = format!("{}:{}", row.to, row.port);
                (row.from.as_str(), to, clusters.join(", "), because(row))
            })
            .collect();
        if !cells.is_empty() {
            tables.push(table(caption, &["from", "to", "in", "because"], &cells)?);
        }
    }
    Ok((!rows.is_empty()).then(|| (Part { tables, ..Part::default() }, rows.len())))
}

/// Pairs that have access on both sides, but not alike.
fn altered(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    let altered = &change.access.altered;
    let cells: Vec<[String; 5]> = folded_altered(altered)
        .into_iter()
        .map(|(pair, clusters)| {
            let to = format!("{}:{}", pair.to, pair.port);
            [pair.from.clone(), to, clusters.join(", "), pair.gained.join("; "), pair.lost.join("; ")]
        })
        .collect();
    if cells.is_empty() {
        return Ok(None);
    }
    let columns = ["from", "to", "in", "passes now", "passes no more"];
    let table = table("admitted before and after, by other requests or at other pods", &columns, &cells)?;
    Ok(Some((Part { tables: vec![table], ..Part::default() }, altered.len())))
}

/// What decided before, what decides after, and the lines behind it.
fn because(row: &AccessRow) -> Html {
    let mut said = vec![format!("before: {}", row.before), format!("after: {}", row.after)];
    said.extend(row.because.iter().map(|line| format!("`{}:{}` {}", line.path, line.line, line.says)));
    Html::trusted(said.iter().map(|line| prose(line).into_string()).collect::<Vec<_>>().join("<br>"))
}

fn hazards(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    let mut sentences = Vec::new();
    if !change.order.judged {
        sentences.push(marked("part", order(change)));
    }
    for hazard in &change.order.hazards {
        sentences.push(marked("no", format!("{}: {}", hazard.code, hazard.message)));
        sentences.extend(hazard.help.lines().map(said));
    }
    let number = change.order.hazards.len();
    Ok((!sentences.is_empty()).then(|| (Part { sentences, ..Part::default() }, number)))
}

fn others(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    let Some(others) = &change.non_interference else { return Ok(None) };
    let class = if others.holds { "yes" } else { "part" };
    let first = marked(class, &others.statement);
    let sentences = std::iter::once(first).chain(others.breaks.iter().map(said)).collect();
    Ok(Some((Part { sentences, ..Part::default() }, others.breaks.len())))
}

fn trusts(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    if change.trust.is_empty() {
        return Ok(None);
    }
    let mut rows = Vec::new();
    for changed in [true, false] {
        for ((before, after), clusters) in folded_trust(&change.trust, changed) {
            let before = if changed { trust(before).join("; ") } else { "the same".to_owned() };
            rows.push([clusters.join(", "), before, trust(after).join("; ")]);
        }
    }
    let number = change.trust.iter().filter(|row| row.changed).count();
    let table = table("signers and roots", &["in", "before", "after"], &rows)?;
    Ok(Some((Part { tables: vec![table], ..Part::default() }, number)))
}

fn both(differences: &Differences) -> Result<Option<(Part, usize)>, Broken> {
    let added = differences.added.iter().map(|one| marked("yes", format!("+ {one}")));
    let removed = differences.removed.iter().map(|one| marked("no", format!("− {one}")));
    let sentences: Vec<Said> = added.chain(removed).collect();
    let number = sentences.len();
    Ok((number > 0).then(|| (Part { sentences, ..Part::default() }, number)))
}

fn rolled(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    let rows: Vec<(String, Vec<&str>)> = restarts(change).into_iter().collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let table = table("what is installed, rolled or taken away", &["release", "in"], &rows)?;
    Ok(Some((Part { tables: vec![table], ..Part::default() }, change.restarts.len())))
}

fn objects(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    let objects: Vec<Object> = change.objects.iter().map(shown).collect::<Result<_, _>>()?;
    let number = objects.len();
    Ok((number > 0).then(|| (Part { objects, ..Part::default() }, number)))
}

fn shown(change: &ObjectChange) -> Result<Object, Broken> {
    let row = |field: &Field| [Some(field.path.clone()), field.before.clone(), field.after.clone()];
    let fields = match change.fields.as_slice() {
        [] => Html::default(),
        fields => {
            let rows: Vec<_> = fields.iter().map(row).collect();
            table(&count(rows.len(), "field"), &["field", "before", "after"], &rows)?
        }
    };
    let line = |line: &str| {
        let class = match line.chars().next() {
            Some('+') => "yes",
            Some('-') => "no",
            Some('@') => "quiet",
            _ => "same",
        };
        Said { class: Some(class), text: Html::trusted(escaped(line)) }
    };
    Ok(Object {
        class: match change.change {
            Becomes::Added => "yes",
            Becomes::Removed => "no",
            Becomes::Changed | Becomes::Renamed => "part",
        },
        sign: sign(change.change),
        name: object(change),
        clusters: change.clusters.clone(),
        fields,
        lines: change.diff.lines().map(line).collect(),
    })
}

fn files(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    let areas = change.files.by_cluster.iter();
    let rows: Vec<(&String, usize, usize, usize)> = areas
        .map(|(area, files)| (area, files.added.len(), files.changed.len(), files.removed.len()))
        .collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let table = table("files of the trees", &["in", "added", "changed", "removed"], &rows)?;
    Ok(Some((Part { tables: vec![table], ..Part::default() }, change.blast_radius.files)))
}

fn scope(change: &Change) -> Result<Option<(Part, usize)>, Broken> {
    let mut sentences = vec![said(&change.guarantee.proved)];
    sentences.extend(change.guarantee.assumes.iter().map(|one| said(format!("assumes: {one}"))));
    sentences.extend(change.not_modelled.iter().map(|one| marked("quiet", format!("not modelled: {one}"))));
    Ok(Some((Part { sentences, ..Part::default() }, 0)))
}
