//! Where everything stands: boxes in columns from left to right, arrows in the gaps between.
//!
//! The layered way of drawing (Sugiyama, Tagawa and Toda 1981), in its plainest form: turn around what closes a circle, put
//! each box right of those that point to it, let arrows that pass a column hold a place in it, sort each column by where its
//! neighbours stand, and pull everything level with them. Whole units throughout, so the picture is the same everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::{columns, turned};
use super::{End, Graph};

/// The height of a line, and of a heading.
pub const LINE: i64 = 22;
pub const HEADING: i64 = 30;
/// The space inside a box.
pub const PADDING: i64 = 12;
/// The space between boxes of a column, and around the picture.
const GAP: i64 = 22;
/// The space for an arrow that passes a column.
const LANE: i64 = 14;
/// The space between columns.
const CHANNEL: i64 = 110;
/// The lines of a box before it gets another column, where no arrow ends at one.
const TALL: usize = 12;
/// The width that boxes without arrows fill, row by row.
const PAGE: i64 = 1100;

/// A picture with a place for everything, in units of the SVG.
#[derive(Debug, Default)]
pub struct Layout {
    pub width: i64,
    pub height: i64,
    /// In the order of the groups.
    pub boxes: Vec<Placed>,
    /// In the order of the nodes: where the line begins, its middle, and the width it has.
    pub lines: Vec<Placed>,
    /// In the order of the edges: the points it passes, from its beginning to its end.
    pub routes: Vec<Vec<(i64, i64)>>,
}

/// A rectangle.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

/// What holds a place in a column: a box, or an arrow on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Box(usize),
    Lane(usize),
}

/// Lays a picture out; the widths are what a text takes in a heading and in a line.
pub fn layout(graph: &Graph, heading: impl Fn(usize) -> i64, line: impl Fn(usize) -> i64) -> Layout {
    let boxes = sizes(graph, &heading, &line);
    let ends: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .map(|edge| (graph.group_of(edge.from).unwrap_or(0), graph.group_of(edge.to).unwrap_or(0)))
        .collect();
    let turned = turned(boxes.len(), &ends);
    let columns = columns(boxes.len(), &turned);
    let mut sheet = Sheet::new(graph, boxes, &turned, &columns);
    sheet.sort();
    sheet.level();
    sheet.finish(&ends, &turned)
}

/// The size of each box, with its lines placed from its corner.
fn sizes(graph: &Graph, heading: &impl Fn(usize) -> i64, line: &impl Fn(usize) -> i64) -> Vec<Boxed> {
    let touched: BTreeSet<usize> = graph
        .edges
        .iter()
        .flat_map(|edge| [edge.from, edge.to])
        .filter_map(|end| match end {
            End::Node(node) => graph.nodes.get(node).map(|node| node.group),
            End::Group(_) => None,
        })
        .collect();
    let mut inside: Vec<Vec<usize>> = vec![Vec::new(); graph.groups.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        if let Some(nodes) = inside.get_mut(node.group) {
            nodes.push(index);
        }
    }
    let sized = inside.into_iter().enumerate().map(|(group, nodes)| {
        let tall = if touched.contains(&group) { nodes.len().max(1) } else { balanced(nodes.len()) };
        let mut lines = Vec::new();
        let mut x = PADDING;
        for column in nodes.chunks(tall) {
            let width = column.iter().map(|node| line(*node)).max().unwrap_or_default();
            lines.extend(
                column
                    .iter()
                    .zip(0..)
                    .map(|(node, row)| (*node, Placed { x, y: HEADING + row * LINE, width, height: LINE })),
            );
            x += width + 2 * PADDING;
        }
        let inner = (x - PADDING).max(heading(group) + 2 * PADDING);
        let rows = i64::try_from(nodes.len().min(tall)).unwrap_or_default();
        let below = if rows > 0 { rows * LINE + PADDING / 2 } else { 0 };
        Boxed { width: inner, height: HEADING + below, lines }
    });
    sized.collect()
}

/// The lines of one column of a box whose columns are as long as each other.
fn balanced(lines: usize) -> usize {
    lines.div_ceil(lines.div_ceil(TALL).max(1)).max(1)
}

#[derive(Debug)]
struct Boxed {
    width: i64,
    height: i64,
    lines: Vec<(usize, Placed)>,
}

/// The columns with what holds a place in them.
struct Sheet {
    boxes: Vec<Boxed>,
    columns: Vec<Vec<Slot>>,
    /// The edges in pieces from a column to the next: each end a slot, and how far below its top.
    links: Vec<Vec<(Slot, i64, Slot, i64)>>,
    /// The lanes that an edge has, from left to right.
    lanes: Vec<Vec<usize>>,
    /// The top of each slot.
    box_tops: Vec<i64>,
    lane_tops: Vec<i64>,
    /// The boxes without arrows.
    apart: Vec<usize>,
    /// Where an end is, from the top of its box.
    anchors: Vec<(i64, i64)>,
}

impl Sheet {
    fn new(
        graph: &Graph,
        boxes: Vec<Boxed>,
        edges: &[(usize, usize, bool)],
        placed: &BTreeMap<usize, usize>,
    ) -> Self {
        let width = placed.values().max().map_or(0, |last| last + 1);
        let mut columns: Vec<Vec<Slot>> = vec![Vec::new(); width];
        for (at, column) in placed {
            if let Some(column) = columns.get_mut(*column) {
                column.push(Slot::Box(*at));
            }
        }
        let offsets: BTreeMap<usize, i64> =
            boxes.iter().flat_map(|one| &one.lines).map(|(node, at)| (*node, at.y + LINE / 2)).collect();
        let anchor = |end: End| match end {
            End::Group(_) => HEADING / 2,
            End::Node(node) => offsets.get(&node).copied().unwrap_or(HEADING / 2),
        };
        let mut links = vec![Vec::new(); width.saturating_sub(1)];
        let (mut lanes, mut anchors, mut count) = (Vec::new(), Vec::new(), 0);
        for (edge, (from, to, turned)) in graph.edges.iter().zip(edges) {
            let (first, last) = if *turned { (edge.to, edge.from) } else { (edge.from, edge.to) };
            let (first, last) = (anchor(first), anchor(last));
            anchors.push((first, last));
            let (Some(start), Some(end)) = (placed.get(from), placed.get(to)) else {
                lanes.push(Vec::new());
                continue;
            };
            let mut own = Vec::new();
            let (mut slot, mut offset) = (Slot::Box(*from), first);
            for column in *start..*end {
                let (next, below) = if column + 1 == *end {
                    (Slot::Box(*to), last)
                } else {
                    own.push(count);
                    count += 1;
                    if let Some(passed) = columns.get_mut(column + 1) {
                        passed.push(Slot::Lane(count - 1));
                    }
                    (Slot::Lane(count - 1), LANE / 2)
                };
                if let Some(links) = links.get_mut(column) {
                    links.push((slot, offset, next, below));
                }
                (slot, offset) = (next, below);
            }
            lanes.push(own);
        }
        let apart = (0..boxes.len()).filter(|at| !placed.contains_key(at)).collect();
        let box_tops = vec![0; boxes.len()];
        Sheet { boxes, columns, links, lanes, box_tops, lane_tops: vec![0; count], apart, anchors }
    }

    fn height(&self, slot: Slot) -> i64 {
        match slot {
            Slot::Box(at) => self.boxes.get(at).map_or(0, |one| one.height),
            Slot::Lane(_) => LANE,
        }
    }

    fn top(&self, slot: Slot) -> i64 {
        match slot {
            Slot::Box(at) => self.box_tops.get(at).copied().unwrap_or_default(),
            Slot::Lane(at) => self.lane_tops.get(at).copied().unwrap_or_default(),
        }
    }

    fn set_top(&mut self, slot: Slot, top: i64) {
        let place = match slot {
            Slot::Box(at) => self.box_tops.get_mut(at),
            Slot::Lane(at) => self.lane_tops.get_mut(at),
        };
        if let Some(place) = place {
            *place = top;
        }
    }

    /// Where the other ends of a slot's pieces are, seen from it: how high its top should be for each to be level.
    fn wanted(&self, column: usize, slot: Slot, left: bool, right: bool) -> Vec<i64> {
        let mut wanted = Vec::new();
        if let Some(links) = left.then(|| self.links.get(column.checked_sub(1)?)).flatten() {
            let ends = links.iter().filter(|(.., to, _)| *to == slot);
            wanted.extend(ends.map(|(from, offset, _, below)| self.top(*from) + offset - below));
        }
        if let Some(links) = right.then(|| self.links.get(column)).flatten() {
            let ends = links.iter().filter(|(from, ..)| *from == slot);
            wanted.extend(ends.map(|(_, offset, to, below)| self.top(*to) + below - offset));
        }
        wanted
    }

    /// Stacks a column in its order.
    fn stack(&mut self, column: usize) {
        let mut top = 0;
        for slot in self.columns.get(column).cloned().unwrap_or_default() {
            self.set_top(slot, top);
            top += self.height(slot) + GAP;
        }
    }

    /// Puts the slots of each column in the order of their neighbours, back and forth.
    fn sort(&mut self) {
        (0..self.columns.len()).for_each(|column| self.stack(column));
        for round in 0..8 {
            let forth = round % 2 == 0;
            let all = 0..self.columns.len();
            let order: Vec<usize> = if forth { all.collect() } else { all.rev().collect() };
            for column in order {
                let slots = self.columns.get(column).cloned().unwrap_or_default();
                let mut keyed: Vec<(i64, usize, Slot)> = Vec::new();
                for (index, slot) in slots.into_iter().enumerate() {
                    let wanted = self.wanted(column, slot, forth, !forth);
                    keyed.push((mean(&wanted).unwrap_or_else(|| self.top(slot)), index, slot));
                }
                keyed.sort_by_key(|(key, index, _)| (*key, *index));
                if let Some(slots) = self.columns.get_mut(column) {
                    *slots = keyed.into_iter().map(|(.., slot)| slot).collect();
                }
                self.stack(column);
            }
        }
    }

    /// Moves slots level with their neighbours, as far as their order and the gaps allow.
    fn level(&mut self) {
        for round in 0..12 {
            let all = 0..self.columns.len();
            let order: Vec<usize> = if round % 2 == 0 { all.collect() } else { all.rev().collect() };
            for column in order {
                let slots = self.columns.get(column).cloned().unwrap_or_default();
                let wanted: Vec<i64> = slots
                    .iter()
                    .map(|slot| mean(&self.wanted(column, *slot, true, true)).unwrap_or(self.top(*slot)))
                    .collect();
                let heights: Vec<i64> = slots.iter().map(|slot| self.height(*slot) + GAP).collect();
                let tops = spread(&wanted, &heights);
                slots.into_iter().zip(tops).for_each(|(slot, top)| self.set_top(slot, top));
            }
        }
    }

    fn finish(mut self, ends: &[(usize, usize)], edges: &[(usize, usize, bool)]) -> Layout {
        let slots: Vec<Slot> = self.columns.iter().flatten().copied().collect();
        let least = slots.iter().map(|slot| self.top(*slot)).min().unwrap_or_default();
        for slot in slots {
            let top = self.top(slot) - least + GAP;
            self.set_top(slot, top);
        }
        let mut layout = Layout {
            boxes: vec![Placed::default(); self.boxes.len()],
            lines: vec![Placed::default(); self.boxes.iter().map(|one| one.lines.len()).sum()],
            ..Layout::default()
        };
        let (mut x, mut bottom) = (GAP, GAP);
        let mut spans = Vec::new();
        for column in &self.columns {
            let width = column.iter().map(|slot| self.width(*slot)).max().unwrap_or_default();
            spans.push((x, width));
            for slot in column {
                bottom = bottom.max(self.top(*slot) + self.height(*slot) + GAP);
                if let Slot::Box(at) = slot {
                    self.place(*at, x + (width - self.width(*slot)) / 2, self.top(*slot), &mut layout);
                }
            }
            x += width + CHANNEL;
        }
        layout.width = if self.columns.is_empty() { 0 } else { x - CHANNEL + GAP };
        layout.height = bottom;
        self.place_apart(&mut layout);
        layout.routes = self.routes(&layout, ends, edges, &spans);
        layout
    }

    fn width(&self, slot: Slot) -> i64 {
        match slot {
            Slot::Box(at) => self.boxes.get(at).map_or(0, |one| one.width),
            Slot::Lane(_) => 0,
        }
    }

    fn place(&self, at: usize, x: i64, y: i64, layout: &mut Layout) {
        let Some(one) = self.boxes.get(at) else { return };
        if let Some(placed) = layout.boxes.get_mut(at) {
            *placed = Placed { x, y, width: one.width, height: one.height };
        }
        for (node, line) in &one.lines {
            if let Some(placed) = layout.lines.get_mut(*node) {
                *placed = Placed { x: x + line.x, y: y + line.y, ..*line };
            }
        }
    }

    /// The boxes without arrows, in rows below the others.
    fn place_apart(&self, layout: &mut Layout) {
        let page = layout.width.max(PAGE);
        let (mut x, mut y, mut tallest) = (GAP, layout.height, 0);
        for at in &self.apart {
            let (width, height) = (self.width(Slot::Box(*at)), self.height(Slot::Box(*at)));
            if x > GAP && x + width + GAP > page {
                (x, y, tallest) = (GAP, y + tallest + GAP, 0);
            }
            self.place(*at, x, y, layout);
            layout.width = layout.width.max(x + width + GAP);
            tallest = tallest.max(height);
            x += width + GAP;
        }
        if !self.apart.is_empty() {
            layout.height = y + tallest + GAP;
        }
    }

    fn routes(
        &self,
        layout: &Layout,
        ends: &[(usize, usize)],
        edges: &[(usize, usize, bool)],
        spans: &[(i64, i64)],
    ) -> Vec<Vec<(i64, i64)>> {
        let column_of: BTreeMap<usize, usize> = self
            .columns
            .iter()
            .enumerate()
            .flat_map(|(column, slots)| {
                slots.iter().filter_map(move |slot| match slot {
                    Slot::Box(at) => Some((*at, column)),
                    Slot::Lane(_) => None,
                })
            })
            .collect();
        let mut routes = Vec::new();
        for (index, (from, to, turned)) in edges.iter().enumerate().take(ends.len()) {
            let (Some(first), Some(last)) = (layout.boxes.get(*from), layout.boxes.get(*to)) else {
                continue;
            };
            let (above, below) = self.anchors.get(index).copied().unwrap_or_default();
            let mut route = vec![(first.x + first.width, first.y + above)];
            let start = column_of.get(from).copied().unwrap_or_default();
            for (lane, column) in self.lanes.get(index).into_iter().flatten().zip(start + 1..) {
                let y = self.top(Slot::Lane(*lane)) + LANE / 2;
                if let Some((x, width)) = spans.get(column) {
                    route.extend([(*x, y), (x + width, y)]);
                }
            }
            route.push((last.x, last.y + below));
            if *turned {
                route.reverse();
            }
            routes.push(route);
        }
        routes
    }
}

fn mean(values: &[i64]) -> Option<i64> {
    let count = i64::try_from(values.len()).ok().filter(|count| *count > 0)?;
    Some(values.iter().sum::<i64>().div_euclid(count))
}

/// Tops near the wanted ones that keep order and heights: halfway between pushing everything down and pushing it up.
fn spread(wanted: &[i64], heights: &[i64]) -> Vec<i64> {
    let mut down = Vec::with_capacity(wanted.len());
    let mut free = i64::MIN;
    for (top, height) in wanted.iter().zip(heights) {
        let top = (*top).max(free);
        down.push(top);
        free = top + height;
    }
    let mut up = Vec::with_capacity(wanted.len());
    let mut floor = i64::MAX;
    for (top, height) in wanted.iter().zip(heights).rev() {
        let top = (*top).min(floor.saturating_sub(*height));
        up.push(top);
        floor = top;
    }
    up.reverse();
    down.into_iter().zip(up).map(|(down, up)| (down + up).div_euclid(2)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pane::graph::{Edge, Kind};

    fn drawn(groups: usize, edges: &[(usize, usize)]) -> (Graph, Layout) {
        let mut graph = Graph::new("test", "test".to_owned());
        for index in 0..groups {
            let group = graph.group(format!("g{index}"), "");
            graph.node(group, Kind::Fact, "line", "");
        }
        for (from, to) in edges {
            let says = String::new();
            graph.edges.push(Edge { from: End::Group(*from), to: End::Node(*to), both: false, says });
        }
        let layout = layout(&graph, |_| 80, |_| 60);
        (graph, layout)
    }

    fn overlap(a: &Placed, b: &Placed) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    #[test]
    fn no_boxes_overlap_and_everything_is_on_the_sheet() {
        let cases: [(usize, &[(usize, usize)]); 5] = [
            (0, &[]),
            (7, &[]),
            (3, &[(0, 1), (1, 2), (0, 2)]),
            (3, &[(0, 1), (1, 2), (2, 0)]),
            (9, &[(0, 3), (1, 3), (2, 3), (3, 4), (4, 5), (0, 5), (5, 1), (6, 7)]),
        ];
        for (groups, edges) in cases {
            let (_, layout) = drawn(groups, edges);
            assert_eq!(layout.routes.len(), edges.len());
            for (index, one) in layout.boxes.iter().enumerate() {
                assert!(one.x >= 0 && one.x + one.width <= layout.width, "{one:?} of {}", layout.width);
                assert!(one.y >= 0 && one.y + one.height <= layout.height, "{one:?} of {}", layout.height);
                for other in layout.boxes.iter().skip(index + 1) {
                    assert!(!overlap(one, other), "{one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn arrows_begin_and_end_at_their_boxes_and_pass_no_other() {
        let (graph, layout) = drawn(4, &[(0, 1), (1, 2), (0, 2), (2, 3), (3, 0)]);
        for (edge, route) in graph.edges.iter().zip(&layout.routes) {
            let ends = [(edge.from, route.first()), (edge.to, route.last())];
            for (end, point) in ends {
                let one = layout.boxes[graph.group_of(end).unwrap()];
                let (x, y) = *point.unwrap();
                assert!(x == one.x || x == one.x + one.width, "{x} at {one:?}");
                assert!(y > one.y && y < one.y + one.height, "{y} at {one:?}");
            }
            // what lies between the ends is level, inside lanes that no box holds
            for lane in route[1..route.len() - 1].chunks(2) {
                let [(left, y), (right, same)] = [lane[0], lane[1]];
                assert_eq!(y, same);
                for one in &layout.boxes {
                    let across = one.x < left.max(right) && one.x + one.width > left.min(right);
                    assert!(!across || y < one.y || y > one.y + one.height, "{lane:?} through {one:?}");
                }
            }
        }
    }
}
