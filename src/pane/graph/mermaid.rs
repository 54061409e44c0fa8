//! A picture for Markdown that shows Mermaid, as GitHub's and GitLab's does.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{End, Graph, Node};

/// The picture as a Mermaid flowchart: a box is a subgraph. Lines at which no arrow ends are one node, since Mermaid would put
/// them side by side however many they are; so is nothing at all, since an empty subgraph is not drawn.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    let _ = writeln!(out, "  accTitle: {}", line(&graph.title));
    let touched: BTreeSet<End> = graph.edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
    for (index, group) in graph.groups.iter().enumerate() {
        let _ = writeln!(out, "  subgraph g{index}[\"{}\"]", said(&group.title, &group.note));
        out.push_str("    direction TB\n");
        let mut others = Vec::new();
        for (node, Node { kind, label, note, .. }) in graph.lines(index) {
            let tag = if kind.tag().is_empty() { String::new() } else { format!("{} ", kind.tag()) };
            let line = format!("{tag}{}", said(label, note));
            if touched.contains(&End::Node(node)) {
                let _ = writeln!(out, "    n{node}[\"{line}\"]");
            } else {
                others.push(line);
            }
        }
        if !others.is_empty() || graph.lines(index).next().is_none() {
            let others = if others.is_empty() { " ".to_owned() } else { others.join("<br/>") };
            let _ = writeln!(out, "    o{index}[\"{others}\"]");
        }
        out.push_str("  end\n");
    }
    for edge in &graph.edges {
        let arrow = if edge.both { "<-->" } else { "-->" };
        let _ = writeln!(out, "  {} {arrow} {}", end(edge.from), end(edge.to));
    }
    out
}

fn end(end: End) -> String {
    match end {
        End::Group(group) => format!("g{group}"),
        End::Node(node) => format!("n{node}"),
    }
}

fn said(label: &str, note: &str) -> String {
    if note.is_empty() { text(label) } else { format!("{} ({})", text(label), text(note)) }
}

/// Text between quotes: everything that Mermaid or the Markdown in its labels could read as a sign becomes an entity code
/// (mermaid.js.org, flowchart syntax, "entity codes to escape characters").
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            letter if letter.is_alphanumeric() => out.push(letter),
            ' ' | '.' | ',' | ':' | '-' | '/' | '=' => out.push(letter),
            letter if letter.is_control() => out.push(' '),
            letter => {
                let _ = write!(out, "#{};", u32::from(letter));
            }
        }
    }
    out
}

/// One line of plain text, for those who do not see the picture.
fn line(text: &str) -> String {
    let plain = |letter: char| {
        let kept = letter.is_alphanumeric() || matches!(letter, '.' | ',' | '-' | '/');
        if kept { letter } else { ' ' }
    };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::graph::{Edge, Kind};

    #[test]
    fn what_users_write_stays_text() {
        let mut graph = Graph::new("test", "a;b\n%% c".to_owned());
        let group = graph.group("a\"] --> evil[\"", "<b>&amp;");
        let node = graph.node(group, Kind::Service, "end", "`code` #35;");
        graph.node(group, Kind::Account, "a/b", "");
        graph.node(group, Kind::Fact, "<br>", "");
        let empty = graph.group("o", "");
        graph.edges.push(Edge {
            from: End::Node(node),
            to: End::Group(empty),
            both: false,
            says: String::new(),
        });
        assert_eq!(
            mermaid(&graph),
            "\
flowchart LR
  accTitle: a b    c
  subgraph g0[\"a#34;#93; --#62; evil#91;#34; (#60;b#62;#38;amp#59;)\"]
    direction TB
    n0[\"svc end (#96;code#96; #35;35#59;)\"]
    o0[\"sa a/b<br/>#60;br#62;\"]
  end
  subgraph g1[\"o\"]
    direction TB
    o1[\" \"]
  end
  n0 --> g1
"
        );
    }
}
