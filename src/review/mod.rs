//! Two states of a fleet → what changed between them: files, and who may call whom. Knows no disk and no git: what it is
//! given are the files of `out/<fleet>/` and what they enforce, before and after.

mod access;
mod change;
mod delivery;
mod files;
mod gates;
mod show;
mod within;

pub use access::{AccessChanges, AccessRow, UnnamedChanges, access_changes};
pub use change::{
    Change, Differences, FileCounts, Hazard, NOT_MODELLED, OrderVerdict, Restart, State, change,
};
pub use delivery::{Forgotten, forgotten};
pub use files::{Area, FileChanges, Files, beyond_peers, emptied_stages, file_changes};
pub use gates::{Fired, Gate};
pub use show::{change_json, change_text, folded};
pub use within::Altered;
