//! fleetc: a manifest compiler for Istio ambient fleets.

pub mod admit;
pub mod format;
pub mod kinds;
pub mod manifest;
pub mod report;
pub mod source;
pub mod yaml;

use format::Tree;
use report::Findings;
use source::Sources;

/// Reads a fleet and decides everything that can be refused. Warnings and infos of a good fleet are in [`Compiled::findings`].
pub fn compile(sources: &Sources) -> Result<Compiled, Findings> {
    Ok(Compiled {
        fleet: sources.fleet().to_owned(),
        findings: Findings::default(),
        inputs_sha256: String::new(),
    })
}

/// A fleet that holds no error: it renders any part, purely and as often as asked.
#[derive(Debug)]
pub struct Compiled {
    fleet: String,
    findings: Findings,
    inputs_sha256: String,
}

/// One part of a fleet's output, rendered on its own: a cluster's tree, the `_scope` trees, or `_delivery`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `<cluster>/…`
    Cluster(String),
    /// `_scope/…`
    Scope,
    /// `_delivery/…`
    Delivery,
}

impl Compiled {
    /// The fleet's name.
    pub fn fleet(&self) -> &str {
        &self.fleet
    }

    /// Warnings and infos, sorted.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Hex SHA-256 of the canonical inputs: it changes exactly when the meaning-bearing content of the inputs does.
    pub fn inputs_sha256(&self) -> &str {
        &self.inputs_sha256
    }

    /// The parts of the output, in order.
    pub fn parts(&self) -> Vec<Part> {
        vec![Part::Scope, Part::Delivery]
    }

    /// Renders one part. Cannot fail: everything that can was decided by [`compile`].
    pub fn render(&self, _part: &Part) -> Tree {
        Tree::default()
    }
}
