//! The digest of what the inputs mean: comments, the order of keys, files and positions do not show in it.

use sha2::{Digest as _, Sha256};

use crate::kinds::Scope;
use crate::yaml::{Entry, Node, Resolved, Value};

/// SHA-256 of one document or file.
pub(super) type Hash = [u8; 32];

/// Fields of `metadata` that a cluster writes.
const SERVER_METADATA: [&str; 6] =
    ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"];

/// Annotations that `kubectl` writes: a second copy of the object.
const TOOL_ANNOTATIONS: [&str; 1] = ["kubectl.kubernetes.io/last-applied-configuration"];

/// Collects hashes of documents and files.
#[derive(Debug, Default)]
pub(super) struct Digest {
    hashes: Vec<Hash>,
}

impl Digest {
    /// Adds a document.
    pub(super) fn add(&mut self, hash: Hash) {
        self.hashes.push(hash);
    }

    /// Adds a file that a document names.
    pub(super) fn add_file(&mut self, path: &str, bytes: &[u8]) {
        let mut hasher = Sha256::new();
        hasher.update(b"file\0");
        hasher.update(path.as_bytes());
        hasher.update(b"\0");
        hasher.update(bytes);
        self.hashes.push(hasher.finalize().into());
    }

    /// The digest of the set, in hexadecimal.
    pub(super) fn finish(mut self) -> String {
        self.hashes.sort_unstable();
        self.hashes.dedup();
        let digest = Sha256::digest(self.hashes.concat());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The hash of an intent's meaning, which depends on where it was applied.
pub(super) fn of_intent(node: &Node, scope: &Scope) -> Hash {
    let applied = match scope {
        Scope::Fleet => "",
        Scope::AllClusters => "_all",
        Scope::Cluster(cluster) => cluster,
    };
    in_cluster(of_document(node), Some(applied))
}

/// The hash of a document's meaning, wherever it stands.
pub(super) fn of_document(node: &Node) -> Hash {
    let mut text = Vec::with_capacity(1024);
    write_document(node, &mut text);
    Sha256::digest(&text).into()
}

/// The hash of a document as one cluster has it.
pub(super) fn in_cluster(hash: Hash, cluster: Option<&str>) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(hash);
    hasher.update(cluster.unwrap_or_default().as_bytes());
    hasher.finalize().into()
}

fn write_document(node: &Node, text: &mut Vec<u8>) {
    let Some(entries) = node.as_mapping() else { return write(node, text) };
    write_mapping(
        entries,
        text,
        |key| key != "status",
        |key, node, text| match (key, node.as_mapping()) {
            ("metadata", Some(entries)) => write_mapping(
                entries,
                text,
                |key| !SERVER_METADATA.contains(&key),
                |key, node, text| match (key, node.as_mapping()) {
                    ("annotations", Some(entries)) => {
                        write_mapping(
                            entries,
                            text,
                            |key| !TOOL_ANNOTATIONS.contains(&key),
                            |_, node, text| write(node, text),
                        );
                    }
                    _ => write(node, text),
                },
            ),
            _ => write(node, text),
        },
    );
}

/// Canonical JSON, except that a word that YAML readers disagree about is neither string nor number.
fn write(node: &Node, text: &mut Vec<u8>) {
    match &node.value {
        Value::Mapping(entries) => write_mapping(entries, text, |_| true, |_, node, text| write(node, text)),
        Value::Sequence(items) => {
            text.push(b'[');
            for item in items {
                write(item, text);
                text.push(b',');
            }
            text.push(b']');
        }
        Value::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => text.extend_from_slice(b"null"),
            Resolved::Bool(value) => text.extend_from_slice(if value { b"true" } else { b"false" }),
            Resolved::Int(value) => text.extend_from_slice(value.to_string().as_bytes()),
            Resolved::Float(value) => text.extend_from_slice(value.to_string().as_bytes()),
            Resolved::String(value) => write_string(value, text),
            Resolved::Ambiguous(value) => {
                text.push(b'?');
                write_string(value, text);
            }
        },
    }
}

fn write_mapping(
    entries: &[Entry],
    text: &mut Vec<u8>,
    keep: impl Fn(&str) -> bool,
    write_value: impl Fn(&str, &Node, &mut Vec<u8>),
) {
    let mut sorted: Vec<&Entry> = entries.iter().filter(|entry| keep(&entry.key)).collect();
    sorted.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    text.push(b'{');
    for entry in sorted {
        write_string(&entry.key, text);
        text.push(b':');
        write_value(&entry.key, &entry.node, text);
        text.push(b',');
    }
    text.push(b'}');
}

/// A string with its length, so that no content can look like structure.
fn write_string(string: &str, text: &mut Vec<u8>) {
    text.push(b'"');
    text.extend_from_slice(string.len().to_string().as_bytes());
    text.push(b'"');
    text.extend_from_slice(string.as_bytes());
}
