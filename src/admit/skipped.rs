//! Files that other tools read: Helm charts, kustomizations and what they name.

use std::collections::BTreeSet;

use crate::source::{FileId, SourceFile, Sources};
use crate::yaml::{self, Node};

/// The folders and files that belong to other tools.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    charts: BTreeSet<String>,
    patches: BTreeSet<String>,
}

impl Skipped {
    /// Looks for `Chart.yaml`, and for the patches that kustomizations name.
    pub(super) fn new(sources: &Sources) -> Self {
        let mut skipped = Skipped::default();
        for (id, file) in sources.files() {
            let (folder, name) = split(&file.path);
            if name == "Chart.yaml" {
                skipped.charts.insert(folder.to_owned());
            } else if is_kustomization(name) {
                let patches = patches(id, file);
                skipped.patches.extend(patches.into_iter().map(|path| joined(folder, &path)));
            }
        }
        skipped
    }

    /// What a file is to another tool, if it is not to be read here.
    pub(super) fn reason(&self, file: &SourceFile) -> Option<&'static str> {
        let (_, name) = split(&file.path);
        if is_kustomization(name) || self.patches.contains(&file.path) {
            return Some("of a kustomization");
        }
        let in_chart = |chart: &String| {
            let below = match chart.as_str() {
                "" => Some(file.path.as_str()),
                chart => file.path.strip_prefix(chart).and_then(|rest| rest.strip_prefix('/')),
            };
            below.is_some_and(|below| {
                let first = below.split('/').next().unwrap_or_default();
                let own = ["Chart.yaml", "templates", "charts"].contains(&first) || is_values(first);
                own || holds_template(&file.bytes)
            })
        };
        self.charts.iter().any(in_chart).then_some("of a Helm chart")
    }
}

/// True for the name of a file of Helm values.
pub(super) fn is_values(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.starts_with("values") || stem.ends_with("values")
}

/// A path's folder and file name.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn is_kustomization(name: &str) -> bool {
    matches!(name, "kustomization.yaml" | "kustomization.yml")
}

fn holds_template(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"{{")
}

/// Paths of patches: parts of objects, which would be refused as whole ones.
fn patches(id: FileId, file: &SourceFile) -> Vec<String> {
    let reading = yaml::read(id, &file.bytes);
    let list = |key: &'static str| {
        reading.documents.iter().filter_map(move |node| node.get(key)?.as_sequence()).flatten()
    };
    let path = |node: &Node| node.get("path").unwrap_or(node).as_text().map(str::to_owned);
    ["patches", "patchesStrategicMerge", "patchesJson6902"]
        .into_iter()
        .flat_map(list)
        .filter_map(path)
        .collect()
}

/// A relative path from a folder, `.` and `..` resolved.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
