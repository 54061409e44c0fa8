//! One name, one object: intents stand once in a fleet; inventory may stand in copies, which are dropped.

use rustc_hash::FxHashMap;

use super::digest::{self, Hash};
use super::document::{Content, Document};
use crate::kinds::inventory::InventoryObject;
use crate::kinds::object::object_name;
use crate::kinds::unknown;
use crate::report::{Finding, Findings, codes};
use crate::source::Place;

/// Reports objects of one name and keeps the first of each.
pub(super) fn drop_copies(documents: Vec<Document>, findings: &mut Findings) -> Vec<Document> {
    let mut intents: FxHashMap<String, Place> = FxHashMap::default();
    let mut seen: FxHashMap<InventoryName, Vec<Copy>> = FxHashMap::default();
    // What holds for every cluster goes first, so that copies in single clusters are measured by it.
    let (of_all, of_one): (Vec<_>, Vec<_>) =
        documents.into_iter().partition(|document| match &document.content {
            Content::Inventory(object) => object.scope.cluster().is_none(),
            _ => true,
        });
    let mut kept = Vec::new();
    for mut document in of_all.into_iter().chain(of_one) {
        let keep = match &document.content {
            Content::Intent(intent) => {
                let name = object_name(intent.kind(), intent.namespace(), intent.name());
                match intents.get(&name) {
                    Some(first) => {
                        let message = format!("`{name}` is defined twice");
                        let finding = Finding::new(codes::FC201, message).at(intent.place()).object(name);
                        let help = "keep one of them; the version in `apiVersion` makes no difference";
                        findings.push(finding.because("it is defined here first", *first).help(help));
                        false
                    }
                    None => intents.insert(name, intent.place()).is_none(),
                }
            }
            Content::Inventory(object) => {
                let copy = Copy::of(object, document.hash);
                let copies = seen.entry(inventory_name(object)).or_default();
                match copies.iter().find(|other| other.meets(&copy)) {
                    Some(first) => {
                        if first.hash != copy.hash {
                            findings.push(differs(object, first));
                        }
                        false
                    }
                    None => {
                        document.hash = digest::in_cluster(document.hash, object.scope.cluster());
                        copies.push(copy);
                        true
                    }
                }
            }
            Content::Refused(_) | Content::Unknown { .. } | Content::Key { .. } | Content::PassedOver(_) => {
                true
            }
        };
        if keep {
            kept.push(document);
        }
    }
    kept
}

/// Group, kind, namespace and name.
type InventoryName = (String, String, String, String);

#[derive(Debug)]
struct Copy {
    cluster: Option<String>,
    hash: Hash,
    place: Place,
}

impl Copy {
    fn of(object: &InventoryObject, hash: Hash) -> Self {
        Copy { cluster: object.scope.cluster().map(str::to_owned), hash, place: object.place }
    }

    /// True if there is a cluster that has both.
    fn meets(&self, other: &Copy) -> bool {
        self.cluster.is_none() || other.cluster.is_none() || self.cluster == other.cluster
    }
}

fn inventory_name(object: &InventoryObject) -> InventoryName {
    let group = unknown::group(&object.api_version).to_owned();
    (group, object.kind.clone(), object.namespace.clone(), object.name.clone())
}

fn differs(object: &InventoryObject, first: &Copy) -> Finding {
    let name = object.reference();
    let whose = match object.scope.cluster() {
        Some(cluster) => format!(" for cluster `{cluster}`"),
        None => String::new(),
    };
    let message = format!("`{name}` stands twice in the inventory{whose}, and the two differ");
    let finding = Finding::new(codes::FC207, message).at(object.place).object(name);
    finding.because("the other one is here", first.place).help("keep the one that is true")
}
