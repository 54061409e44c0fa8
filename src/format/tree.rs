//! What rendering ends in.

use std::collections::BTreeMap;

/// Files of one part of a fleet's output: path from `out/<fleet>/`, parts separated by `/`, → text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Path → text, in order of path.
    pub files: BTreeMap<String, String>,
    /// What could not be put into the tree; always empty but for a bug in fleetc (FC001), and then nothing is written.
    pub defects: Vec<String>,
}
