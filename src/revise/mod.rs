//! Sources and a wish (a cluster added, drained, detached, removed; a caller let in) → the same sources, edited in place.
//!
//! Nothing is compiled here and nothing is written: whoever asks compiles the edited sources before they reach a disk.

mod add;
mod desk;
mod grant;
mod leave;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::source::Sources;

pub use add::{Addition, add};
pub use grant::{Grant, Settings, grant};
pub use leave::{Standing, Step, leave, standing};

/// What becomes of a fleet's files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision {
    /// Path from the fleet directory → bytes; `None` for a file that goes.
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    /// What the one who asked should look at, each with the place it is about: lower case, no full stop.
    pub notes: Vec<String>,
}

impl Revision {
    /// The fleet with the revision made.
    pub fn apply(&self, sources: &Sources) -> Sources {
        sources.changed(&self.files)
    }
}
