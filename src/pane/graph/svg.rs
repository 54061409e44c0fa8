//! A picture for the web: one SVG that needs nothing else.

use std::fmt::Write as _;

use super::layout::{HEADING, LINE, Layout, PADDING, Placed, layout};
use super::{Graph, Node};

/// Text longer than this is cut; the whole of it is the line's tooltip. In letters.
const LONGEST: usize = 64;
/// The size of the text, in units of the picture.
const TEXT: i64 = 13;
/// Half the height of an arrow's head, and its length.
const HEAD: (i64, i64) = (4, 8);

/// Light and dark follow whoever looks. Everything is scoped, since a page may hold several pictures.
const STYLE: &str = "\
.fleetc-graph{--ground:#fff;--ink:#1f2328;--soft:#59636e;--box:#f6f8fa;--edge:#d1d9e0;--arrow:#0969da;\
font:13px ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',Arial,sans-serif;color-scheme:light dark}\
@media(prefers-color-scheme:dark){.fleetc-graph{--ground:#0d1117;--ink:#e6edf3;--soft:#9198a1;--box:#161b22;--edge:#3d444d;--arrow:#58a6ff}}\
.fleetc-graph .ground{fill:var(--ground)}\
.fleetc-graph .box{fill:var(--box);stroke:var(--edge)}\
.fleetc-graph .rule{stroke:var(--edge)}\
.fleetc-graph text{fill:var(--ink);white-space:pre}\
.fleetc-graph .heading{font-weight:600}\
.fleetc-graph .soft{fill:var(--soft);font-weight:400}\
.fleetc-graph .arrow{fill:none;stroke:var(--arrow);stroke-width:1.5;stroke-opacity:.75}\
.fleetc-graph .head{fill:var(--arrow)}\
.fleetc-graph g:hover>.arrow{stroke-width:3;stroke-opacity:1}";

/// The picture as SVG, laid out: one element with its own style, no script and no reference to anything outside; to be
/// written to a file or into a page.
pub fn svg(graph: &Graph) -> String {
    let heading = |group: usize| {
        graph.groups.get(group).map_or(0, |group| beside(width(&group.title, true), &group.note))
    };
    let line = |node: usize| {
        graph.nodes.get(node).map_or(0, |node| {
            let tag = if node.kind.tag().is_empty() { 0 } else { width(node.kind.tag(), false) + 6 };
            beside(tag + width(&node.label, false), &node.note)
        })
    };
    let layout = layout(graph, heading, line);
    let (across, down) = (layout.width.max(1), layout.height.max(1));
    let name = graph.name;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"fleetc-graph\" viewBox=\"0 0 {across} {down}\" width=\"{across}\" height=\"{down}\" role=\"img\" aria-labelledby=\"{name}-title {name}-description\">\n"
    );
    let _ = writeln!(out, "<title id=\"{name}-title\">{}</title>", escaped(&graph.title));
    let _ = writeln!(out, "<desc id=\"{name}-description\">{}</desc>", escaped(&graph.description()));
    let _ = writeln!(out, "<style>{STYLE}</style>");
    let _ = writeln!(out, "<rect class=\"ground\" width=\"{across}\" height=\"{down}\"/>");
    arrows(graph, &layout, &mut out);
    for (index, placed) in layout.boxes.iter().enumerate() {
        group(graph, index, *placed, &layout, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

fn group(graph: &Graph, index: usize, at: Placed, layout: &Layout, out: &mut String) {
    let Some(group) = graph.groups.get(index) else { return };
    let Placed { x, y, width, height } = at;
    let _ = writeln!(
        out,
        "<g><rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>"
    );
    text(x + PADDING, y + HEADING / 2, "heading", "", &group.title, &group.note, out);
    if height > HEADING {
        let (below, right) = (y + HEADING - 2, x + width);
        let _ =
            writeln!(out, "<line class=\"rule\" x1=\"{x}\" y1=\"{below}\" x2=\"{right}\" y2=\"{below}\"/>");
    }
    for (node, Node { kind, label, note, .. }) in graph.lines(index) {
        if let Some(line) = layout.lines.get(node) {
            text(line.x, line.y + LINE / 2, "line", kind.tag(), label, note, out);
        }
    }
    out.push_str("</g>\n");
}

/// One line of text: a tag and a note, both soft, around what is said.
fn text(x: i64, middle: i64, class: &str, tag: &str, label: &str, note: &str, out: &mut String) {
    let baseline = middle + TEXT / 3;
    let _ = write!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{baseline}\">");
    if !tag.is_empty() {
        let _ = write!(out, "<tspan class=\"soft\">{} </tspan>", escaped(tag));
    }
    let (shown, beside) = (cut(label), cut(note));
    let _ = write!(out, "{}", escaped(&shown));
    if !note.is_empty() {
        let _ = write!(out, "<tspan class=\"soft\" dx=\"8\">{}</tspan>", escaped(&beside));
    }
    if shown != label || beside != note {
        let _ = write!(out, "<title>{} {}</title>", escaped(label), escaped(note));
    }
    out.push_str("</text>\n");
}

fn arrows(graph: &Graph, layout: &Layout, out: &mut String) {
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        let (Some(first), Some(last)) = (route.first(), route.last()) else { continue };
        let _ = write!(out, "<g><title>{}</title><path class=\"arrow\" d=\"", escaped(&edge.says));
        // the line ends where the head begins, or its end would show past the tip
        let (start, end) = (pulled(route, edge.both), pulled_back(route));
        let _ = write!(out, "M{} {}", start.0, start.1);
        let mut here = start;
        for (index, point) in route.iter().enumerate().skip(1) {
            let to = if index + 1 == route.len() { end } else { *point };
            if here.1 == to.1 {
                let _ = write!(out, "H{}", to.0);
            } else {
                let half = (here.0 + to.0) / 2;
                let _ = write!(out, "C{half} {} {half} {} {} {}", here.1, to.1, to.0, to.1);
            }
            here = to;
        }
        out.push_str("\"/>");
        head(*last, end, out);
        if edge.both {
            head(*first, start, out);
        }
        out.push_str("</g>\n");
    }
}

/// A head with its tip at a point, from where its line ends.
fn head((x, y): (i64, i64), (base, _): (i64, i64), out: &mut String) {
    let (up, down) = (y - HEAD.0, y + HEAD.0);
    let _ = write!(out, "<path class=\"head\" d=\"M{x} {y}L{base} {up}V{down}Z\"/>");
}

/// Where the line begins: behind a head if there is one.
fn pulled(route: &[(i64, i64)], head: bool) -> (i64, i64) {
    let (first, next) =
        (route.first().copied().unwrap_or_default(), route.get(1).copied().unwrap_or_default());
    if !head {
        return first;
    }
    (first.0 + HEAD.1 * (next.0 - first.0).signum(), first.1)
}

/// Where the line ends: behind its head.
fn pulled_back(route: &[(i64, i64)]) -> (i64, i64) {
    let mut ends = route.iter().rev().copied();
    let (last, before) = (ends.next().unwrap_or_default(), ends.next().unwrap_or_default());
    (last.0 - HEAD.1 * (last.0 - before.0).signum(), last.1)
}

/// The width of a text and of the note beside it.
fn beside(text: i64, note: &str) -> i64 {
    if note.is_empty() { text } else { text + 8 + width(note, false) }
}

/// About how wide a text is, rather more than less: a reader's font is not known here. In units of the picture.
fn width(text: &str, bold: bool) -> i64 {
    // hundredths of the size
    let hundredths = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 34,
        'f' | 'r' | 't' | '-' | '/' | '(' | ')' => 42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 98,
        'A'..='Z' => 74,
        letter if letter.is_ascii() => 64,
        _ => 100,
    };
    let sum: i64 = cut(text).chars().map(hundredths).sum();
    (sum * TEXT * if bold { 110 } else { 100 }).div_euclid(10_000) + 1
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// For text and attributes of XML 1.0, whose documents hold no control characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            control if control.is_control() || matches!(control, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::graph::{Edge, End, Kind};

    #[test]
    fn what_users_write_stays_text() {
        let mut graph = Graph::new("test", "a <script>alert(1)</script> & \"more\"".to_owned());
        let group = graph.group("</title><g onload=x>", "\u{0}\u{1b}[31m");
        graph.node(group, Kind::Service, "x".repeat(100), "<&>");
        let other = graph.group("o", "");
        let says = "a --> \"b\"".to_owned();
        graph.edges.push(Edge { from: End::Group(group), to: End::Group(other), both: true, says });
        let picture = svg(&graph);
        assert!(!picture.contains("<script") && !picture.contains("onload=x>"), "{picture}");
        assert!(!picture.contains('\u{0}') && !picture.contains('\u{1b}'));
        assert!(picture.contains(&"x".repeat(100)), "the whole text is the tooltip");
        assert_eq!(picture.matches("class=\"head\"").count(), 2);
        assert_eq!(svg(&graph), picture);
    }

    #[test]
    fn an_empty_picture_is_one() {
        let picture = svg(&Graph::new("test", "nothing".to_owned()));
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
    }
}
