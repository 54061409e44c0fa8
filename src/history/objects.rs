//! The objects of one state of a fleet, by name, and what each says: read without judging, so that a state that does not
//! compile still shows what it holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::admit::object_files;
use crate::kinds::object::object_name;
use crate::kinds::{ADMIN_NAMESPACE, Decoder, Intent, KINDS, Kind, Namespaced, Scope, Spot};
use crate::source::{FileId, SourceFile, Sources};
use crate::trust::Certificate;
use crate::yaml::{self, Node, Resolved, Value};

/// The kind of a root of a RootTrustPolicy's bundle, which is an entry of it and no object of its own.
pub const ROOT: &str = "Root";

/// What an object is told apart by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The kind, or [`ROOT`].
    pub kind: &'static str,
    /// The namespace; of a root the `namespace/name` of its RootTrustPolicy.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Of a root, the hex SHA-256 of its certificate: another certificate under the same name is another root.
    pub fingerprint: String,
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&object_name(self.kind, &self.namespace, &self.name))
    }
}

/// What a document says.
#[derive(Debug)]
pub struct Said {
    /// Its fields without what a cluster or `kubectl` adds, keys sorted.
    pub fields: Json,
    node: Option<Node>,
}

/// An object as one state has it.
#[derive(Debug, Clone)]
pub struct Found {
    pub said: Arc<Said>,
    /// The file it stands in.
    pub file: String,
}

/// What one state holds.
#[derive(Debug, Default)]
pub struct State {
    pub objects: BTreeMap<Key, Found>,
    /// Files that cannot be read to their end: what they held may still be meant.
    pub unreadable: BTreeSet<String>,
}

/// Reads states; a file that several of them have is read once.
#[derive(Debug, Default)]
pub struct Reader {
    files: Mutex<FxHashMap<[u8; 32], Arc<File>>>,
}

/// The objects of a file, wherever it stands.
#[derive(Debug)]
struct File {
    objects: Vec<(Key, Arc<Said>)>,
    readable: bool,
}

impl Reader {
    /// The objects of a state. Of two with one name the first counts, in order of path.
    pub fn read(&self, sources: &Sources) -> State {
        let mut state = State::default();
        for id in object_files(sources) {
            let Some(source) = sources.file(id) else { continue };
            let file = self.file(source);
            if !file.readable {
                state.unreadable.insert(source.path.clone());
            }
            let scope = Scope::of(&source.path);
            for (key, said) in &file.objects {
                let said = applied(said, &scope);
                roots(key, &said, sources, &source.path, &mut state);
                let found = Found { said, file: source.path.clone() };
                state.objects.entry(key.clone()).or_insert(found);
            }
        }
        state
    }

    fn file(&self, source: &SourceFile) -> Arc<File> {
        let hash: [u8; 32] = Sha256::digest(&source.bytes).into();
        let known = self.files.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        known.unwrap_or_else(|| {
            // places are not kept: the same text may stand in many files
            let reading = yaml::read(FileId(0), &source.bytes);
            let mut objects = Vec::new();
            reading.documents.iter().for_each(|document| collect(document, None, &mut objects));
            let file = Arc::new(File { objects, readable: reading.problems.is_empty() });
            self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(hash, Arc::clone(&file));
            file
        })
    }
}

/// Where an intent stands decides what it means only below `clusters/<cluster>/`.
fn applied(said: &Arc<Said>, scope: &Scope) -> Arc<Said> {
    let Some(cluster) = scope.cluster() else { return Arc::clone(said) };
    let mut fields = said.fields.clone();
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("appliedIn".into(), json!(cluster));
    }
    Arc::new(Said { fields, node: said.node.clone() })
}

fn collect(node: &Node, inherited: Option<(&str, &str)>, objects: &mut Vec<(Key, Arc<Said>)>) {
    let text = |key| node.get(key).and_then(Node::as_text);
    let (api_version, kind) = match (text("apiVersion"), text("kind"), inherited) {
        (Some(api_version), Some(kind), _) => (api_version, kind),
        (None, None, Some(inherited)) => inherited,
        _ => return,
    };
    if let Some(item_kind) = kind.strip_suffix("List")
        && let Some(items) = node.get("items").and_then(Node::as_sequence)
    {
        let inherited = (!item_kind.is_empty()).then_some((api_version, item_kind));
        items.iter().for_each(|item| collect(item, inherited, objects));
        return;
    }
    let own = KINDS.iter().find(|own| own.name == kind && own.api_versions.contains(&api_version));
    let Some(own) = own else { return };
    let metadata = |key| node.get("metadata").and_then(|metadata| metadata.get(key)).and_then(Node::as_text);
    let Some(name) = metadata("name") else { return };
    let namespace = match (metadata("namespace"), own.namespace) {
        (_, Namespaced::Never) => "",
        (Some(namespace), _) => namespace,
        (None, Namespaced::Admin | Namespaced::Named) => ADMIN_NAMESPACE,
    };
    let key = Key {
        kind: own.name,
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        fingerprint: String::new(),
    };
    objects.push((key, Arc::new(Said { fields: fields(node), node: Some(node.clone()) })));
}

/// The roots that a RootTrustPolicy names, each with the certificate that stands in its file.
fn roots(policy: &Key, said: &Said, sources: &Sources, path: &str, state: &mut State) {
    if policy.kind != "RootTrustPolicy" {
        return;
    }
    let bundle = said.fields.pointer("/spec/config/rootBundle").and_then(Json::as_array);
    for root in bundle.into_iter().flatten() {
        let text = |key: &str| root.get(key).and_then(Json::as_str);
        let (Some(name), Some(file)) = (text("name"), text("file")) else { continue };
        let bytes = sources.by_path(file.strip_prefix("./").unwrap_or(file)).map(|(_, file)| &file.bytes);
        let fingerprint = bytes.map(|bytes| fingerprint(bytes)).unwrap_or_default();
        let key = Key {
            kind: ROOT,
            namespace: format!("{}/{}", policy.namespace, policy.name),
            name: name.to_owned(),
            fingerprint: fingerprint.clone(),
        };
        let fields = json!({ "sha256": fingerprint, "file": file });
        let said = Arc::new(Said { fields, node: None });
        state.objects.entry(key).or_insert(Found { said, file: path.to_owned() });
    }
}

/// Hex SHA-256 of the certificate in a file, as `openssl x509 -fingerprint -sha256` has it; of the file, if it holds none.
fn fingerprint(bytes: &[u8]) -> String {
    match Certificate::from_pem(&String::from_utf8_lossy(bytes)) {
        Ok(certificate) => certificate.fingerprint,
        Err(_) => crate::trust::hex(&Sha256::digest(bytes)),
    }
}

/// Parts of `metadata` that a cluster or `kubectl` writes.
const ADDED: [&str; 9] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
    "ownerReferences",
];

fn fields(node: &Node) -> Json {
    let mut fields = as_json(node);
    let Some(top) = fields.as_object_mut() else { return fields };
    top.remove("status");
    if let Some(metadata) = top.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.retain(|key, _| !ADDED.contains(&key.as_str()));
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Json::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    fields
}

fn as_json(node: &Node) -> Json {
    match &node.value {
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|entry| (entry.key.clone(), as_json(&entry.node)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        Value::Sequence(items) => items.iter().map(as_json).collect(),
        Value::Scalar(scalar) => match scalar.resolve() {
            Resolved::Null => Json::Null,
            Resolved::Bool(value) => json!(value),
            Resolved::Int(value) => json!(value),
            Resolved::Float(value) => json!(value),
            Resolved::String(text) | Resolved::Ambiguous(text) => json!(text),
        },
    }
}

impl Said {
    /// Whether both mean the same: the same fields, or, as the kind reads them, the same values with the same defaults.
    pub fn means_the_same(&self, other: &Said, key: &Key) -> bool {
        if self.fields == other.fields {
            return true;
        }
        let applied = |said: &Said| said.fields.get("appliedIn").cloned();
        let read = |said: &Said| said.node.as_ref().and_then(|node| decoded(node, key));
        match (read(self), read(other)) {
            (Some(own), Some(other_said)) => {
                applied(self) == applied(other) && own.says_the_same(&other_said)
            }
            _ => false,
        }
    }
}

impl Said {
    /// The same without some fields of its spec.
    pub fn without(&self, spec_fields: &[&str]) -> Said {
        let mut fields = self.fields.clone();
        if let Some(spec) = fields.get_mut("spec").and_then(Json::as_object_mut) {
            spec.retain(|field, _| !spec_fields.contains(&field.as_str()));
        }
        let mut node = self.node.clone();
        if let Some(Value::Mapping(entries)) = node.as_mut().map(|node| &mut node.value) {
            let spec = entries.iter_mut().find(|entry| entry.key == "spec");
            if let Some(Value::Mapping(entries)) = spec.map(|entry| &mut entry.node.value) {
                entries.retain(|entry| !spec_fields.contains(&entry.key.as_str()));
            }
        }
        Said { fields, node }
    }
}

/// The object as its kind reads it; `None` if the kind finds anything wrong with it.
fn decoded(node: &Node, key: &Key) -> Option<Intent> {
    let kind: &Kind = KINDS.iter().find(|kind| kind.name == key.kind)?;
    let mut decoder = Decoder::strict(node.place);
    let api_version =
        node.get("apiVersion").and_then(Node::as_text).or(kind.api_versions.first().copied())?;
    let api_version = Spot::new(api_version.to_owned(), node.place);
    let intent = Intent::decode(kind, api_version, node, &Scope::Fleet, &mut decoder)?;
    (!decoder.into_findings().has_errors()).then_some(intent)
}
