//! A picture for Markdown that shows Mermaid, as GitHub's and GitLab's does.

use std::fmt::Write as _;

use super::{End, Graph, Node};

/// The picture as a Mermaid flowchart: a box is a subgraph. A box without lines gets one, since an empty subgraph is not
/// drawn.
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    let _ = writeln!(out, "  accTitle: {}", line(&graph.title));
    for (index, group) in graph.groups.iter().enumerate() {
        let _ = writeln!(out, "  subgraph g{index}[\"{}\"]", said(&group.title, &group.note));
        out.push_str("    direction TB\n");
        let mut empty = true;
        for (node, Node { kind, label, note, .. }) in graph.lines(index) {
            let tag = if kind.tag().is_empty() { String::new() } else { format!("{} ", kind.tag()) };
            let _ = writeln!(out, "    n{node}[\"{tag}{}\"]", said(label, note));
            empty = false;
        }
        if empty {
            let _ = writeln!(out, "    e{index}[\" \"]");
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
  end
  subgraph g1[\"o\"]
    direction TB
    e1[\" \"]
  end
  n0 --> g1
"
        );
    }
}
