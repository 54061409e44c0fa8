//! Manifests → tree: the layout of files, the stages, the YAML text.
//!
//! One object a file: `<stage>/<namespace>/<kind>-<name>.yaml`, cluster-scoped ones under `_cluster/` (SPEC section 2).
//! Names are DNS names, so paths are injective and safe on every file system.

mod tree;

pub use tree::Tree;

use crate::manifest::Object;
use crate::yaml::to_string;

/// The folder of objects that belong to no namespace.
const CLUSTER_SCOPED: &str = "_cluster";

/// Adds an object below a folder of the tree. Two objects of one path are a bug, which the tree then names.
pub fn add(tree: &mut Tree, folder: &str, object: &Object) {
    let path = path(folder, object);
    match to_string(object) {
        Err(error) => tree.defects.push(format!("{path}: {error}")),
        Ok(text) => {
            if tree.files.insert(path.clone(), text).is_some() {
                tree.defects.push(format!("two objects meet in `{path}`"));
            }
        }
    }
}

/// The path of an object below a folder.
pub fn path(folder: &str, object: &Object) -> String {
    let metadata = object.metadata();
    let namespace = metadata.namespace.as_deref().unwrap_or(CLUSTER_SCOPED);
    format!("{folder}/{namespace}/{}-{}.yaml", object.kind().to_ascii_lowercase(), metadata.name)
}
