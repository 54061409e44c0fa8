//! Which box stands in which column.

use std::collections::{BTreeMap, BTreeSet};

/// The arrows between boxes, those turned around that would close a circle: from, to, and whether it is turned.
pub fn turned(boxes: usize, ends: &[(usize, usize)]) -> Vec<(usize, usize, bool)> {
    let mut next: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); boxes];
    for (from, to) in ends {
        if let Some(next) = next.get_mut(*from) {
            next.insert(*to);
        }
    }
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let mut seen = vec![Seen::No; boxes];
    let mut back = BTreeSet::new();
    for start in 0..boxes {
        let mut stack = vec![(start, false)];
        while let Some((at, leaving)) = stack.pop() {
            let Some(state) = seen.get_mut(at) else { continue };
            if leaving {
                *state = Seen::Done;
                continue;
            }
            if *state != Seen::No {
                continue;
            }
            *state = Seen::Open;
            stack.push((at, true));
            for to in next.get(at).into_iter().flatten().rev() {
                match seen.get(*to) {
                    Some(Seen::Open) => {
                        back.insert((at, *to));
                    }
                    Some(Seen::No) => stack.push((*to, false)),
                    _ => {}
                }
            }
        }
    }
    let turn = |(from, to): &(usize, usize)| match back.contains(&(*from, *to)) {
        true => (*to, *from, true),
        false => (*from, *to, false),
    };
    ends.iter().map(turn).collect()
}

/// The column of each box that has an arrow.
pub fn columns(boxes: usize, edges: &[(usize, usize, bool)]) -> BTreeMap<usize, usize> {
    let mut columns: BTreeMap<usize, usize> =
        edges.iter().flat_map(|(from, to, _)| [(*from, 0), (*to, 0)]).collect();
    let before: BTreeSet<(usize, usize)> = edges.iter().map(|(from, to, _)| (*from, *to)).collect();
    // as many rounds as a path can be long
    for _ in 0..boxes {
        let mut moved = false;
        for (from, to) in &before {
            let least = columns.get(from).map_or(0, |column| column + 1);
            if let Some(column) = columns.get_mut(to).filter(|column| **column < least) {
                *column = least;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    // a box that nothing points to stands next to what it points to
    let pointed: BTreeSet<usize> = before.iter().map(|(_, to)| *to).collect();
    let nearest: Vec<(usize, usize)> = columns
        .keys()
        .filter(|at| !pointed.contains(at))
        .filter_map(|at| {
            let to = before.iter().filter(|(from, _)| from == at).filter_map(|(_, to)| columns.get(to));
            to.min().map(|column| (*at, column.saturating_sub(1)))
        })
        .collect();
    columns.extend(nearest);
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_opened_once_and_every_arrow_then_points_right() {
        let ends = [(0, 1), (1, 2), (2, 0), (2, 3), (1, 0)];
        let edges = turned(4, &ends);
        let back: Vec<bool> = edges.iter().map(|(.., turned)| *turned).collect();
        assert_eq!(back, [false, false, true, false, true]);
        let columns = columns(4, &edges);
        for (from, to, _) in edges {
            assert!(columns[&from] < columns[&to], "{from} -> {to}: {columns:?}");
        }
    }

    #[test]
    fn a_box_without_arrows_has_no_column() {
        assert_eq!(columns(3, &turned(3, &[(2, 1)])), BTreeMap::from([(2, 0), (1, 1)]));
    }
}
