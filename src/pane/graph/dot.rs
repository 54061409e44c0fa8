//! A picture for Graphviz.

use std::fmt::Write as _;

use super::{End, Graph};

/// The picture in the DOT language: a box is a table, so that arrows can end at its lines. Colours are left to whoever
/// renders it.
pub fn dot(graph: &Graph) -> String {
    let mut out = format!("digraph {} {{\n", graph.name);
    let _ = writeln!(out, "  graph [rankdir=LR, label=\"{}\"];", quoted(&graph.title));
    out.push_str("  node [shape=plain, fontname=\"sans-serif\", fontsize=11];\n");
    for (index, group) in graph.groups.iter().enumerate() {
        let _ = writeln!(
            out,
            "  g{index} [label=<<table border=\"1\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"4\">"
        );
        let _ = writeln!(
            out,
            "    <tr><td port=\"h\" align=\"left\"><b>{}</b>{}</td></tr>",
            text(&group.title),
            soft(&group.note)
        );
        for (node, line) in graph.lines(index) {
            let tag = match line.kind.tag() {
                "" => String::new(),
                tag => format!("<i>{tag}</i> "),
            };
            let (label, note) = (text(&line.label), soft(&line.note));
            let _ = writeln!(out, "    <tr><td port=\"n{node}\" align=\"left\">{tag}{label}{note}</td></tr>");
        }
        out.push_str("  </table>>];\n");
    }
    for edge in &graph.edges {
        let (from, to) = (end(graph, edge.from), end(graph, edge.to));
        let both = if edge.both { ", dir=both" } else { "" };
        let _ = writeln!(out, "  {from} -> {to} [tooltip=\"{}\"{both}];", quoted(&edge.says));
    }
    out.push_str("}\n");
    out
}

fn end(graph: &Graph, end: End) -> String {
    let group = graph.group_of(end).unwrap_or_default();
    match end {
        End::Group(_) => format!("g{group}:h"),
        End::Node(node) => format!("g{group}:n{node}"),
    }
}

fn soft(note: &str) -> String {
    // an empty tag is a mistake to Graphviz
    if note.trim().is_empty() { String::new() } else { format!(" <i>{}</i>", text(note)) }
}

/// Text of an HTML-like label. Text without a visible letter would leave an empty tag.
fn text(text: &str) -> String {
    let shown: String =
        text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect();
    let escaped =
        shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    if escaped.trim().is_empty() { "-".to_owned() } else { escaped }
}

/// Text of a quoted string. A backslash would begin an escape of Graphviz's own, such as `\N`, and tooltips know entities.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    shown.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::graph::{Edge, Kind};

    #[test]
    fn what_users_write_stays_text() {
        let mut graph = Graph::new("test", "a \"b\" \\N & c".to_owned());
        let group = graph.group("</td><b>", "");
        let node = graph.node(group, Kind::Service, "", "x > y");
        let other = graph.group("o", "n");
        let says = "\"];evil[".to_owned();
        graph.edges.push(Edge { from: End::Node(node), to: End::Group(other), both: true, says });
        assert_eq!(
            dot(&graph),
            "\
digraph test {
  graph [rankdir=LR, label=\"a \\\"b\\\" \\\\N &amp; c\"];
  node [shape=plain, fontname=\"sans-serif\", fontsize=11];
  g0 [label=<<table border=\"1\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"4\">
    <tr><td port=\"h\" align=\"left\"><b>&lt;/td&gt;&lt;b&gt;</b></td></tr>
    <tr><td port=\"n0\" align=\"left\"><i>svc</i> - <i>x &gt; y</i></td></tr>
  </table>>];
  g1 [label=<<table border=\"1\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"4\">
    <tr><td port=\"h\" align=\"left\"><b>o</b> <i>n</i></td></tr>
  </table>>];
  g0:n0 -> g1:h [tooltip=\"\\\"];evil[\", dir=both];
}
"
        );
    }
}
