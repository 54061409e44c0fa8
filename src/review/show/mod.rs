//! A change for people and programs: a terminal, a pull request, a page, JSON.

mod html;
mod markdown;
mod text;
mod words;

pub use html::change_html;
pub use markdown::{LIMIT, MARKER, change_markdown};
pub use text::{Look, change_text};

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;

use super::access::AccessRow;
use super::change::Change;
use super::trust::{TrustRow, TrustState};
use super::within::Altered;

/// The report as JSON, unfolded.
pub fn change_json(change: &Change) -> String {
    serde_json::to_string_pretty(change).map(|text| text + "\n").unwrap_or_default()
}

/// The JSON Schema of [`change_json`].
pub fn change_schema() -> String {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<Change>();
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").unwrap_or_default()
}

/// Rows that say the same of several clusters, with these clusters; those on one side only come last.
pub fn folded(rows: &[AccessRow]) -> Vec<(&AccessRow, Vec<&str>)> {
    let mut groups: BTreeMap<_, (&AccessRow, Vec<&str>)> = BTreeMap::new();
    for row in rows {
        let alike = (&row.from, &row.to, row.port, &row.before, &row.after, &row.because, row.one_side);
        groups.entry(alike).or_insert_with(|| (row, Vec::new())).1.push(&row.cluster);
    }
    let mut rows: Vec<_> = groups.into_values().collect();
    rows.sort_by_key(|(row, _)| row.one_side);
    rows
}

/// Pairs that are altered alike in several clusters, with these clusters.
fn folded_altered(rows: &[Altered]) -> Vec<(&Altered, Vec<&str>)> {
    let mut groups: BTreeMap<_, (&Altered, Vec<&str>)> = BTreeMap::new();
    for row in rows {
        let alike = (&row.from, &row.to, row.port, &row.gained, &row.lost, &row.because);
        groups.entry(alike).or_insert_with(|| (row, Vec::new())).1.push(&row.cluster);
    }
    groups.into_values().collect()
}

/// Before and after of the trust of clusters.
type Trusts<'a> = (Option<&'a TrustState>, Option<&'a TrustState>);

/// Clusters whose trust is alike on both sides.
fn folded_trust(rows: &[TrustRow], changed: bool) -> BTreeMap<Trusts<'_>, Vec<&str>> {
    let mut groups: BTreeMap<Trusts<'_>, Vec<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.changed == changed) {
        groups.entry((row.before.as_ref(), row.after.as_ref())).or_default().push(&row.cluster);
    }
    groups
}
