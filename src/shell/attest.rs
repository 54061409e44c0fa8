//! What a build says of itself: an in-toto Statement about the files that it wrote.
//!
//! The Statement is that of in-toto/attestation `spec/v1/statement.md`; to sign it is left to cosign and its like. The
//! predicate is fleetc's own (docs/attestation.md), and not SLSA's provenance, which names the platform that a build ran on:
//! fleetc cannot vouch for that. Nothing in it depends on the clock, the machine or the folder.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::fleets::Fleet;
use super::trouble::Trouble;
use super::write::{Digest, LOCK, Lock, file};
use crate::Compiled;
use crate::bind::{Holds, Invariant};
use crate::report::Level;
use crate::source::Sources;

/// The type of the predicate.
pub const PREDICATE: &str = "https://fleetc.dev/attestation/build/v1";

/// An in-toto Statement.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Statement")]
pub struct Statement {
    /// `https://in-toto.io/Statement/v1`
    #[serde(rename = "_type")]
    kind: &'static str,
    /// Every file of every fleet's tree and its lock, by the path from the folder of the trees.
    subject: Vec<Subject>,
    /// `https://fleetc.dev/attestation/build/v1`
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    /// How they came to be.
    predicate: Predicate,
}

/// A file.
#[derive(Debug, Serialize, JsonSchema)]
struct Subject {
    /// Its path.
    name: String,
    /// Its digests, by algorithm: `sha256`, in hex.
    digest: BTreeMap<&'static str, String>,
}

/// How files came to be.
#[derive(Debug, Serialize, JsonSchema)]
struct Predicate {
    /// Who built.
    builder: Builder,
    /// What was built, in order of name.
    fleets: Vec<Built>,
}

/// Who built.
#[derive(Debug, Serialize, JsonSchema)]
struct Builder {
    /// `fleetc`
    name: &'static str,
    /// Its version.
    version: &'static str,
}

/// One fleet.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Built {
    /// Its name.
    name: String,
    /// Its inputs.
    inputs: Inputs,
    /// How many findings there were; an error would have built nothing.
    findings: Counts,
    /// What must never, or always, be possible, in order of name.
    invariants: Vec<Proved>,
}

/// The inputs of one fleet.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Inputs {
    /// The digest that the lock has: it changes exactly when the meaning of the inputs does.
    canonical: BTreeMap<&'static str, String>,
    /// Every source file by its path from the fleet directory.
    files: Vec<Subject>,
}

/// Findings by level.
#[derive(Debug, Serialize, JsonSchema)]
struct Counts {
    /// Warnings.
    warnings: usize,
    /// Infos.
    infos: usize,
}

/// An invariant and its verdict.
#[derive(Debug, Serialize, JsonSchema)]
struct Proved {
    /// The object, `Invariant/<namespace>/<name>`.
    name: String,
    /// `never` or `always`.
    says: &'static str,
    /// `holds`: for what the inventory shows and for what is to come. `waived`: it was found not to hold, and the Fleet
    /// accepts that.
    verdict: &'static str,
}

/// The statement about fleets whose trees stand below `out`. Deterministic: the same trees and sources, the same bytes.
pub fn statement(fleets: &[(&Fleet, &Compiled)], out: &Path) -> Result<String, Trouble> {
    let mut subject = Vec::new();
    let mut built = Vec::new();
    for (fleet, compiled) in fleets {
        let name = fleet.sources.fleet();
        let path = out.join(name).join(LOCK);
        let text = file::read(&path)?.unwrap_or_default();
        let (lock, _) = Lock::parse(&String::from_utf8_lossy(&text));
        subject.push(Subject::of(format!("{name}/{LOCK}"), Digest::of(&text)));
        let files = lock.files.iter().map(|(path, digest)| Subject::of(format!("{name}/{path}"), *digest));
        subject.extend(files);
        built.push(Built {
            name: name.to_owned(),
            inputs: inputs(&fleet.sources, compiled),
            findings: Counts {
                warnings: fleet.findings.count(Level::Warning),
                infos: fleet.findings.count(Level::Info),
            },
            invariants: invariants(compiled),
        });
    }
    subject.sort_by(|one, other| one.name.cmp(&other.name));
    let statement = Statement {
        kind: "https://in-toto.io/Statement/v1",
        subject,
        predicate_type: PREDICATE,
        predicate: Predicate {
            builder: Builder { name: "fleetc", version: env!("CARGO_PKG_VERSION") },
            fleets: built,
        },
    };
    let text = serde_json::to_string_pretty(&statement)
        .map_err(|error| Trouble::new(format!("the statement cannot be written: {error}")))?;
    Ok(text + "\n")
}

/// The JSON Schema of [`statement`].
pub fn schema() -> String {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<Statement>();
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").unwrap_or_default()
}

impl Subject {
    fn of(name: String, digest: Digest) -> Self {
        Subject { name, digest: BTreeMap::from([("sha256", digest.to_string())]) }
    }
}

fn inputs(sources: &Sources, compiled: &Compiled) -> Inputs {
    let files = sources.files().map(|(_, file)| Subject::of(file.path.clone(), Digest::of(&file.bytes)));
    Inputs {
        canonical: BTreeMap::from([("sha256", compiled.inputs_sha256().to_owned())]),
        files: files.collect(),
    }
}

/// A fleet that compiles has proved each of them, but for those whose failure it waives.
fn invariants(compiled: &Compiled) -> Vec<Proved> {
    let proved = |invariant: &Invariant| {
        let name = invariant.origin.name.to_string();
        let says = match invariant.holds {
            Holds::Never => "never",
            Holds::Always => "always",
        };
        let verdict = if compiled.waives("FC442", &name) { "waived" } else { "holds" };
        Proved { name, says, verdict }
    };
    let mut all: Vec<Proved> = compiled.mesh().invariants.iter().map(proved).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}
