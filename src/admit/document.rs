//! One file: its documents become intents, inventory, or findings.

use super::digest::{self, Hash};
use super::encrypted::{self, EncryptedKey};
use super::secrets;
use super::skipped::{self, Skipped};
use crate::kinds::ca_source::files;
use crate::kinds::inventory::{InventoryObject, is_inventory};
use crate::kinds::object::document_name;
use crate::kinds::{Decoder, Intent, KINDS, Scope, Spot, unknown};
use crate::report::{Code, Finding, Findings, codes};
use crate::source::{FileId, Place, SourceFile, Sources};
use crate::yaml::{self, Entry, Node, Problem, ProblemKind};

/// How many findings of one file are told before the rest of it is left unread.
const FINDINGS: usize = 2_000;

/// One document, or one item of a list.
#[derive(Debug)]
pub(super) struct Document {
    /// The hash of what it means; of an intent and of inventory only.
    pub(super) hash: Hash,
    /// What it is.
    pub(super) content: Content,
}

/// What a document is.
#[derive(Debug)]
pub(super) enum Content {
    /// One of our kinds.
    Intent(Intent),
    /// What runs in the clusters.
    Inventory(Box<InventoryObject>),
    /// One of our kinds that could not be read, by `Kind/namespace/name`.
    Refused(String),
    /// A kind of Solo's groups that is none of ours: an error, unless the Fleet lists it.
    Unknown { api_version: String, kind: String, finding: Box<Finding> },
    /// A key of the offline CA, encrypted for the cluster.
    Key { cluster: String, key: EncryptedKey, place: Place },
    /// Something for other tools, by what it is called in the note that counts it.
    PassedOver(String),
}

/// Reads files, and knows which are for other tools.
#[derive(Debug)]
pub(super) struct FileReader {
    skipped: Skipped,
}

impl FileReader {
    /// For the files of a fleet.
    pub(super) fn new(sources: &Sources) -> Self {
        FileReader { skipped: Skipped::new(sources) }
    }

    /// All that a file holds, in order. A file for another tool is still searched for keys and tokens.
    pub(super) fn read(&self, id: FileId, file: &SourceFile) -> (Findings, Vec<Document>) {
        let mut findings = Findings::default();
        let mut documents = Vec::new();
        let is_yaml = file.path.ends_with(".yaml") || file.path.ends_with(".yml");
        match self.skipped.reason(file) {
            _ if !is_yaml => {}
            Some(reason) => documents.push(passed_over(reason.to_owned())),
            None => {
                let reading = yaml::read(id, &file.bytes);
                reading.problems.into_iter().for_each(|problem| findings.push(unreadable(problem)));
                if let Some(cluster) = files::cluster_of_key(&file.path) {
                    documents.push(key(id, cluster, &reading.documents, &mut findings));
                    secrets::report(id, &file.bytes, &mut findings);
                    return (findings, documents);
                }
                let mut file = FileDocuments {
                    scope: Scope::of(&file.path),
                    is_values: skipped::is_values(skipped::split(&file.path).1),
                    findings,
                    documents,
                };
                for node in &reading.documents {
                    file.add(node, None);
                }
                file.limit(id);
                (findings, documents) = (file.findings, file.documents);
            }
        }
        secrets::report(id, &file.bytes, &mut findings);
        (findings, documents)
    }
}

struct FileDocuments {
    scope: Scope,
    is_values: bool,
    findings: Findings,
    documents: Vec<Document>,
}

/// `apiVersion` and `kind`, as far as they are there.
type Head<'n> = (Option<&'n str>, Option<&'n str>);

impl FileDocuments {
    /// Adds a document. `inherited` is what the items of a typed list leave out.
    fn add(&mut self, node: &Node, inherited: Option<(&str, &str)>) {
        if self.findings.iter().count() > FINDINGS {
            return;
        }
        let Some(entries) = node.as_mapping() else {
            if !self.is_values {
                let finding =
                    Finding::new(codes::FC108, "a document that is no mapping is no Kubernetes object");
                self.findings.push(finding.at(node.place).help("start it with `apiVersion:` and `kind:`"));
            }
            return;
        };
        let own: Head<'_> = (text(node, "apiVersion"), text(node, "kind"));
        let (api_version, kind) = match (own, inherited) {
            ((Some(api_version), Some(kind)), _) => (api_version, kind),
            ((None, None), Some(inherited)) => inherited,
            (head, _) => return self.add_headless(node, entries, head),
        };
        if let Some(item_kind) = kind.strip_suffix("List")
            && let Some(items) = node.get("items").and_then(Node::as_sequence)
        {
            let inherited = (!item_kind.is_empty()).then_some((api_version, item_kind));
            items.iter().for_each(|item| self.add(item, inherited));
            return;
        }
        let document = self.document(node, entries, api_version, kind);
        self.documents.push(document);
    }

    /// Says so if the file was not read to its end.
    fn limit(&mut self, id: FileId) {
        if self.findings.iter().count() > FINDINGS {
            let message = format!("more than {FINDINGS} findings in one file; the rest of it is not read");
            let finding = Finding::new(codes::FC104, message).at(Place::new(id, 0, 0));
            self.findings.push(finding.help("correct those that are told first"));
        }
    }

    fn document(&mut self, node: &Node, entries: &[Entry], api_version: &str, kind: &str) -> Document {
        let group = unknown::group(api_version);
        let own = KINDS.iter().find(|own| own.name == kind && own.api_versions.contains(&api_version));
        if let Some(own) = own {
            let mut decoder = Decoder::strict(node.place);
            let place = node.entry("apiVersion").map_or(node.place, |entry| entry.node.place);
            let api_version = Spot::new(api_version.to_owned(), place);
            let intent = Intent::decode(own, api_version, node, &self.scope, &mut decoder);
            self.findings.extend(decoder.into_findings());
            let content = match intent {
                Some(intent) => Content::Intent(intent),
                None => Content::Refused(document_name(kind, entries)),
            };
            return Document { hash: digest::of_intent(node, &self.scope), content };
        }
        if unknown::is_governed(group) || unknown::is_misspelt(group, kind) {
            let place = node.entry("kind").map_or(node.place, |entry| entry.node.place);
            let (message, help) = unknown::refusal(api_version, kind);
            let finding = Finding::new(codes::FC106, message).at(place).help(help);
            let finding = Box::new(finding.object(document_name(kind, entries)));
            let (api_version, kind) = (api_version.to_owned(), kind.to_owned());
            return Document {
                hash: Hash::default(),
                content: Content::Unknown { api_version, kind, finding },
            };
        }
        if !is_inventory(api_version, kind, node) {
            return passed_over(format!("`{kind}`"));
        }
        let mut decoder = Decoder::tolerant(node.place);
        let object = InventoryObject::decode(api_version, kind, node, &self.scope, &mut decoder);
        self.findings.extend(decoder.into_findings());
        let content = match object {
            Some(object) => Content::Inventory(Box::new(object)),
            None => Content::Refused(document_name(kind, entries)),
        };
        Document { hash: digest::of_document(node), content }
    }

    fn add_headless(&mut self, node: &Node, entries: &[Entry], (api_version, kind): Head<'_>) {
        if entries.is_empty() {
            return;
        }
        if encrypted::is_sops(node) {
            return self.documents.push(passed_over("encrypted by SOPS".into()));
        }
        if self.is_values && api_version.is_none() && kind.is_none() {
            return self.documents.push(passed_over("of Helm values".into()));
        }
        for (field, value) in [("apiVersion", api_version), ("kind", kind)] {
            if value.is_some() {
                continue;
            }
            let finding = match entries.iter().find(|entry| entry.key == field) {
                Some(entry) => {
                    let message = format!("`{field}` is not a string");
                    Finding::new(codes::FC108, message).at(entry.node.place)
                }
                None => Finding::new(codes::FC107, format!("`{field}` is missing")).at(node.place),
            };
            let help = "every document has `apiVersion` and `kind`; Helm values go in a file whose name says `values`";
            self.findings.push(finding.help(help));
        }
    }
}

/// The document of a file of the offline CA.
fn key(id: FileId, cluster: &str, documents: &[Node], findings: &mut Findings) -> Document {
    match (encrypted::read(id, documents, findings), documents) {
        (Some((key, place)), [node, ..]) => Document {
            hash: digest::in_cluster(digest::of_document(node), Some(cluster)),
            content: Content::Key { cluster: cluster.to_owned(), key, place },
        },
        _ => Document { hash: Hash::default(), content: Content::Refused(format!("cacerts/{cluster}")) },
    }
}

fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::as_text).filter(|text| !text.is_empty())
}

fn passed_over(what: String) -> Document {
    Document { hash: Hash::default(), content: Content::PassedOver(what) }
}

fn unreadable(problem: Problem) -> Finding {
    let code: Code = match problem.kind {
        ProblemKind::Encoding => codes::FC103,
        ProblemKind::Syntax | ProblemKind::Key | ProblemKind::Tag => codes::FC101,
        ProblemKind::DuplicateKey => codes::FC102,
        ProblemKind::Limit => codes::FC104,
    };
    let finding = Finding::new(code, problem.message).at(problem.place);
    match problem.help {
        Some(help) => finding.help(help),
        None => finding,
    }
}
