//! Two states of a fleet → what changed between them: who may call whom, trust, peers, objects, files. Knows no disk and no
//! git: what it is given are the files of `out/<fleet>/` and what they enforce, before and after.

mod access;
mod change;
mod delivery;
mod federation;
mod files;
mod gates;
mod interference;
mod objects;
mod rollout;
mod scope;
mod show;
mod trust;
mod within;

pub use access::{AccessChanges, AccessRow, UnnamedChanges, access_changes};
pub use change::{
    BlastRadius, Change, Compared, Differences, FileCounts, Hazard, OrderVerdict, State, change,
};
pub use delivery::{Forgotten, forgotten};
pub use files::{Area, FileChanges, Files, beyond_peers, emptied_stages, file_changes};
pub use gates::{Fired, Gate};
pub use interference::NonInterference;
pub use objects::{Becomes, Field, ObjectChange, ObjectCounts};
pub use rollout::{Restart, RestartCounts};
pub use scope::{Guarantee, NOT_MODELLED};
pub use show::{
    LIMIT, Look, MARKER, change_html, change_json, change_markdown, change_schema, change_text, folded,
};
pub use trust::{CertificateFacts, RotationFacts, TrustRow, TrustState};
pub use within::Altered;
