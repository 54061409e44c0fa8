//! YAML documents become typed objects or findings, as a Kubernetes API server admits them; places are kept.
//!
//! Files are read in parallel and joined in order of path, so that neither the disk nor the number of threads shows.

mod base64;
mod digest;
mod document;
mod duplicates;
mod encrypted;
mod secrets;
mod skipped;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::kinds::ca_source::files;
use crate::kinds::inventory::InventoryObject;
use crate::kinds::{Intents, Spot, unknown};
use crate::report::{Finding, Findings, codes};
use crate::source::{FileId, Place, SourceFile, Sources};

use digest::Digest;
use document::{Content, Document, FileReader};

pub use encrypted::EncryptedKey;

/// What a fleet directory says. Every object here has a valid name that no other of its kind has, and a spec without unknown
/// fields; what could not be read is in the findings.
#[derive(Debug, Clone, Default)]
pub struct Admitted {
    /// The intent, by kind.
    pub intents: Intents,
    /// The inventory, in order of scope, namespace, kind and name. Copies of one object are here once.
    pub inventory: Vec<InventoryObject>,
    /// `Kind/namespace/name` of intents that were refused: that something names them is no second finding. A key of the
    /// offline CA that was is there as `cacerts/<cluster>`.
    pub refused: BTreeSet<String>,
    /// The files of certificates that intents name or that the offline CA has, by path.
    pub files: BTreeMap<String, NamedFile>,
    /// The keys of the offline CA, by cluster, and where their names stand.
    pub keys: BTreeMap<String, (EncryptedKey, Place)>,
    /// Hex SHA-256 over the meaning of all that was read, wherever it stood.
    pub inputs_sha256: String,
}

/// A file of certificates, unread.
#[derive(Debug, Clone)]
pub struct NamedFile {
    /// Its id.
    pub id: FileId,
    /// Its text; bytes that are not UTF-8 are U+FFFD.
    pub text: String,
}

/// The files of a fleet that are read as objects: YAML that is not for another tool.
pub fn object_files(sources: &Sources) -> Vec<FileId> {
    let skipped = skipped::Skipped::new(sources);
    let is_read = |file: &SourceFile| {
        let is_yaml = file.path.ends_with(".yaml") || file.path.ends_with(".yml");
        is_yaml && skipped.reason(file).is_none() && files::cluster_of_key(&file.path).is_none()
    };
    sources.files().filter(|(_, file)| is_read(file)).map(|(id, _)| id).collect()
}

/// Reads all files of a fleet. Never stops at the first finding.
pub fn admit(sources: &Sources, findings: &mut Findings) -> Admitted {
    let reader = FileReader::new(sources);
    let files: Vec<_> = sources.files().collect();
    let read: Vec<_> = files.par_iter().map(|(id, file)| reader.read(*id, file)).collect();

    let mut documents = Vec::new();
    for (found, of_file) in read {
        findings.extend(found);
        documents.extend(of_file);
    }
    let documents = duplicates::drop_copies(documents, findings);

    let mut admitted = Admitted::default();
    let mut digest = Digest::default();
    let mut others = Vec::new();
    for Document { hash, content } in documents {
        match content {
            Content::Intent(intent) => {
                digest.add(hash);
                admitted.intents.push(intent);
            }
            Content::Inventory(object) => {
                digest.add(hash);
                admitted.inventory.push(*object);
            }
            Content::Refused(name) => {
                admitted.refused.insert(name);
            }
            Content::Key { cluster, key, place } => {
                digest.add(hash);
                if let Some((_, first)) = admitted.keys.get(&cluster) {
                    findings.push(
                        Finding::new(codes::FC610, format!("cluster `{cluster}` has two files with its key"))
                            .at(place)
                            .because("the other one", *first)
                            .help("keep the one that the cluster can decrypt"),
                    );
                    continue;
                }
                admitted.keys.insert(cluster, (key, place));
            }
            Content::Unknown { .. } | Content::PassedOver(_) => others.push(content),
        }
    }
    admitted.intents.sort();
    admitted.inventory.sort_by(|a, b| order(a).cmp(&order(b)));
    pass_over(others, &admitted.intents, findings);
    for file in named_files(&admitted.intents) {
        let path = file.strip_prefix("./").unwrap_or(file);
        match sources.by_path(path) {
            Some(found) => add_file(&mut admitted.files, path, found, &mut digest),
            None => {
                let finding = Finding::new(codes::FC116, format!("there is no file `{}`", file.value));
                findings.push(finding.at(file.place).help("the path is from the fleet directory"));
            }
        }
    }
    for path in minted_files(&admitted.intents) {
        if let Some(found) = sources.by_path(&path) {
            add_file(&mut admitted.files, &path, found, &mut digest);
        }
    }
    admitted.inputs_sha256 = digest.finish();
    admitted
}

fn add_file(
    files: &mut BTreeMap<String, NamedFile>,
    path: &str,
    (id, file): (FileId, &SourceFile),
    digest: &mut Digest,
) {
    digest.add_file(path, &file.bytes);
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    files.insert(path.to_owned(), NamedFile { id, text });
}

/// Inventory of every cluster first, then cluster by cluster.
fn order(object: &InventoryObject) -> (Option<&str>, [&str; 4]) {
    let InventoryObject { scope, namespace, kind, name, api_version, .. } = object;
    (scope.cluster(), [namespace, kind, name, api_version])
}

/// Public certificates that intents name by file.
fn named_files(intents: &Intents) -> Vec<&Spot<String>> {
    let bundles = intents.root_trust_policies.iter().filter_map(|policy| policy.spec.config.as_ref());
    let roots = bundles.flat_map(|config| &config.root_bundle).map(|root| &root.file);
    let current = intents.kubernetes_clusters.iter().filter_map(|cluster| cluster.spec.current_root.as_ref());
    roots.chain(current.filter(|root| root.ends_with(".pem") || root.ends_with(".crt"))).collect()
}

/// Certificates that the offline CA has for each cluster, if the fleet has such a CA.
fn minted_files(intents: &Intents) -> Vec<String> {
    if intents.ca_sources.iter().all(|source| source.spec.generated.is_none()) {
        return Vec::new();
    }
    let clusters = intents.kubernetes_clusters.iter().map(|cluster| cluster.name.as_str());
    clusters.flat_map(|cluster| [files::certificate_file(cluster), files::chain_file(cluster)]).collect()
}

/// Reports unknown kinds of Solo's groups, unless the Fleet lists them, and counts the rest in one note.
fn pass_over(others: Vec<Content>, intents: &Intents, findings: &mut Findings) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for other in others {
        match other {
            Content::Unknown { api_version, kind, finding } => {
                let group = unknown::group(&api_version);
                if intents.fleets.iter().any(|fleet| fleet.spec.passes(group, &kind)) {
                    *counts.entry(format!("`{kind}`")).or_default() += 1;
                } else {
                    findings.push(*finding);
                }
            }
            Content::PassedOver(what) => *counts.entry(what).or_default() += 1,
            Content::Intent(_) | Content::Inventory(_) | Content::Refused(_) | Content::Key { .. } => {}
        }
    }
    if !counts.is_empty() {
        let total: usize = counts.values().sum();
        let list: Vec<_> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        let message = format!("documents passed over: {total} ({})", list.join(", "));
        findings.push(Finding::new(codes::FC114, message));
    }
}
