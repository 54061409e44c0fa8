//! The files of a fleet open for editing: their objects, the edits so far, what is to be said.

use std::collections::{BTreeMap, BTreeSet};

use super::Revision;
use crate::admit::object_files;
use crate::kinds::cluster_names::{ClusterName, cluster_names};
use crate::kinds::decode::listed;
use crate::kinds::object::document_name;
use crate::kinds::{ADMIN_NAMESPACE, KINDS, Kind, Scope};
use crate::report::codes::FC733;
use crate::report::{Finding, Findings, closest, codes};
use crate::source::{FileId, Place, Sources};
use crate::yaml::edit::{Change, Edit, Path, Step, edit, find};
use crate::yaml::{Node, Value, read};

/// An object of one of our kinds, where it is written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub file: FileId,
    /// The document, or the item of a `kind: List`.
    pub path: Path,
    pub kind: &'static Kind,
    pub node: Node,
}

impl Written {
    /// The text at `metadata.name`.
    pub fn name(&self) -> &str {
        self.metadata("name").and_then(Node::as_text).unwrap_or_default()
    }

    /// `Kind/namespace/name`, as messages and waivers have it.
    pub fn reference(&self) -> String {
        let name = document_name(self.kind.name, self.node.as_mapping().unwrap_or_default());
        match name.matches('/').count() {
            1 if self.kind.name != "Fleet" => format!("{}/{ADMIN_NAMESPACE}/{}", self.kind.name, self.name()),
            _ => name,
        }
    }

    /// Where a finding about the whole object stands.
    pub fn place(&self) -> Place {
        self.metadata("name").map_or(self.node.place, |name| name.place)
    }

    /// The names of clusters in it.
    pub fn cluster_names(&self) -> Vec<ClusterName> {
        cluster_names(self.kind, &self.node)
    }

    fn metadata(&self, key: &str) -> Option<&Node> {
        self.node.get("metadata")?.get(key)
    }
}

/// A fleet's files, opened.
pub(super) struct Desk<'a> {
    pub sources: &'a Sources,
    /// The objects, in order of file and place.
    pub objects: Vec<Written>,
    documents: BTreeMap<FileId, Vec<Node>>,
    edits: BTreeMap<FileId, Vec<Edit>>,
    files: BTreeMap<String, Option<Vec<u8>>>,
    notes: Vec<String>,
    findings: Findings,
}

impl<'a> Desk<'a> {
    /// Opens a fleet. What cannot be read is left out: compiling says so.
    pub fn open(sources: &'a Sources) -> Self {
        let mut desk = Desk {
            sources,
            objects: Vec::new(),
            documents: BTreeMap::new(),
            edits: BTreeMap::new(),
            files: BTreeMap::new(),
            notes: Vec::new(),
            findings: Findings::default(),
        };
        for file in object_files(sources) {
            let Some(source) = sources.file(file) else { continue };
            let documents = read(file, &source.bytes).documents;
            for (index, document) in documents.iter().enumerate() {
                collect(file, Path::document(index), document, None, &mut desk.objects);
            }
            desk.documents.insert(file, documents);
        }
        desk
    }

    /// The KubernetesCluster of a name; that there is none is a finding.
    pub fn cluster(&mut self, name: &str) -> Option<Written> {
        let found = self.clusters().find(|cluster| cluster.name() == name).cloned();
        if found.is_none() {
            let names: BTreeSet<&str> = self.clusters().map(Written::name).collect();
            let help = match closest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names.is_empty() => "the fleet has no KubernetesCluster".to_owned(),
                None => format!("the clusters of the fleet are {}", listed(names)),
            };
            let message = format!("no KubernetesCluster is named `{name}`");
            self.findings.push(Finding::new(codes::FC202, message).help(help));
        }
        found
    }

    /// Every KubernetesCluster.
    pub fn clusters(&self) -> impl Iterator<Item = &Written> {
        self.objects.iter().filter(|object| object.kind.name == "KubernetesCluster")
    }

    /// The path of what stands at a place; `None` is a finding.
    pub fn path(&mut self, place: Place) -> Option<Path> {
        let path = find(&self.sources.text(place.file), place.start as usize);
        if path.is_none() {
            self.findings.push(unusual("this place cannot be edited in place", place));
        }
        path
    }

    /// The value at a path.
    pub fn node(&self, file: FileId, path: &Path) -> Option<&Node> {
        let mut node = self.documents.get(&file)?.get(path.document)?;
        for step in &path.steps {
            node = match (step, &node.value) {
                (Step::Key(key), Value::Mapping(_)) => node.get(key)?,
                (Step::Index(index), Value::Sequence(items)) => items.get(*index)?,
                _ => return None,
            };
        }
        Some(node)
    }

    /// How many documents a file has.
    pub fn count(&self, file: FileId) -> usize {
        self.documents.get(&file).map_or(0, Vec::len)
    }

    /// Adds an edit; those of one file are made in the order in which they come.
    pub fn edit(&mut self, file: FileId, path: Path, change: Change) {
        self.edits.entry(file).or_default().push(Edit { path, change });
    }

    /// Sets a file whole, or deletes it.
    pub fn put(&mut self, path: String, bytes: Option<Vec<u8>>) {
        self.files.insert(path, bytes);
    }

    /// Notes what should be looked at, `path:line` first where it has a place.
    pub fn note(&mut self, place: Option<Place>, message: impl AsRef<str>) {
        let message = message.as_ref();
        let note = match place {
            None => message.to_owned(),
            Some(place) => {
                let (line, _) = self.sources.line_column(place);
                format!("{}:{line}: {message}", self.sources.shown_path(place.file))
            }
        };
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Adds a refusal.
    pub fn refuse(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Makes the edits.
    pub fn finish(mut self) -> Result<Revision, Findings> {
        for (file, edits) in std::mem::take(&mut self.edits) {
            let Some(source) = self.sources.file(file) else { continue };
            match edit(&self.sources.text(file), &edits) {
                Err(refusal) => {
                    let place = Place::new(file, refusal.at.start, refusal.at.end);
                    self.findings.push(unusual(&refusal.message, place));
                }
                Ok(text) => {
                    let empty = read(file, text.as_bytes()).documents.is_empty();
                    self.files.insert(source.path.clone(), (!empty).then(|| text.into_bytes()));
                }
            }
        }
        if self.findings.has_errors() {
            return Err(self.findings.sorted());
        }
        Ok(Revision { files: self.files, notes: self.notes })
    }
}

/// Objects of our kinds in a document, in lists too, as `admit` finds them.
fn collect(file: FileId, path: Path, node: &Node, inherited: Option<(&str, &str)>, found: &mut Vec<Written>) {
    let text = |key| node.get(key).and_then(Node::as_text);
    let head = match (text("apiVersion"), text("kind"), inherited) {
        (Some(api_version), Some(kind), _) => Some((api_version, kind)),
        (None, None, inherited) => inherited,
        _ => None,
    };
    let Some((api_version, kind)) = head else { return };
    if let Some(item_kind) = kind.strip_suffix("List")
        && let Some(items) = node.get("items").and_then(Node::as_sequence)
    {
        let inherited = (!item_kind.is_empty()).then_some((api_version, item_kind));
        for (index, item) in items.iter().enumerate() {
            collect(file, path.clone().key("items").item(index), item, inherited, found);
        }
        return;
    }
    let own = KINDS.iter().find(|own| own.name == kind && own.api_versions.contains(&api_version));
    if let Some(kind) = own {
        found.push(Written { file, path, kind, node: node.clone() });
    }
}

/// The scope of the file of an object.
pub(super) fn scope(sources: &Sources, file: FileId) -> Scope {
    sources.file(file).map_or(Scope::Fleet, |file| Scope::of(&file.path))
}

fn unusual(message: &str, place: Place) -> Finding {
    Finding::new(FC733, message).at(place).help("nothing was written; make this change by hand")
}
