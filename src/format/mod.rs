//! Manifests → tree: the layout of files, the stages, the YAML text.

mod tree;

pub use tree::Tree;
