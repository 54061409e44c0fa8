//! Two trees → what changed between them. Knows no disk, no git and no intent: what it is given are the files of
//! `out/<fleet>/` before and after.

mod delivery;
mod files;

pub use delivery::{Forgotten, forgotten};
pub use files::{Area, FileChanges, Files, beyond_peers, emptied_stages, file_changes};
