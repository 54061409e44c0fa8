//! Sets of clusters for people, and what stands where.

use std::collections::BTreeSet;

use crate::bind::Mesh;
use crate::source::{Place, Sources};

/// The names of a fleet's clusters.
#[derive(Debug)]
pub struct Names(Vec<String>);

impl Names {
    /// Of a fleet.
    pub fn new(mesh: &Mesh) -> Self {
        Names(mesh.clusters.iter().map(|cluster| cluster.name.clone()).collect())
    }

    /// The names of a set of indices: all, all but a few, or one by one.
    pub fn of(&self, members: &BTreeSet<usize>) -> String {
        const FEW: usize = 3;
        let named = |wanted: bool| -> String {
            let names = self.0.iter().enumerate().filter(|(index, _)| members.contains(index) == wanted);
            names.map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let others = self.0.len().saturating_sub(members.len());
        match (members.len(), others) {
            (1, 0) => named(true),
            (_, 0) => format!("all {}", self.0.len()),
            (own, others) if others <= FEW && own > FEW => format!("all but {}", named(false)),
            _ => named(true),
        }
    }

    /// The index of a cluster.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|own| own == name)
    }
}

/// `path:line`, as the user would open it.
pub fn standing(sources: &Sources, place: Place) -> String {
    format!("{}:{}", sources.shown_path(place.file), sources.line_column(place).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_named_the_shorter_way() {
        let names = Names(["a", "b", "c", "d", "e"].map(str::to_owned).to_vec());
        assert_eq!(names.of(&BTreeSet::from([0, 1, 2, 3, 4])), "all 5");
        assert_eq!(names.of(&BTreeSet::from([0, 1, 2, 4])), "all but d");
        assert_eq!(names.of(&BTreeSet::from([0, 3])), "a, d");
        assert_eq!(Names(vec!["a".into()]).of(&BTreeSet::from([0])), "a");
    }
}
