//! `fleetc schema`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::Verdict;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::report::closest;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc schema                    the names of the kinds and of what fleetc says in JSON, a line each
  fleetc schema AccessPolicy       one schema on standard output
  fleetc schema audit              of what `fleetc audit -o json` prints; `diff` and `attestation` likewise
  fleetc schema --write schemas/   every schema as schemas/<kind>.json, for an editor's YAML server, and
                                   those of what fleetc says below schemas/output/")]
pub struct Arguments {
    /// The kind whose schema to print; without one, the kinds are listed
    #[arg(conflicts_with = "write")]
    kind: Option<String>,

    /// Write every schema into a directory, as <kind>.json in lower case
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let kinds = crate::schemas();
    let outputs: Vec<(String, String)> = output_schemas().into_iter().collect();
    let schemas = [kinds.as_slice(), outputs.as_slice()].concat();
    match (&arguments.write, &arguments.kind) {
        (Some(folder), _) => {
            write_all(folder, &kinds)?;
            write_all(&folder.join("output"), &outputs)?;
            terminal.say(&format!("{} schemas in `{}`", schemas.len(), folder.display()));
        }
        (None, None) => {
            terminal.print(&schemas.iter().map(|(kind, _)| format!("{kind}\n")).collect::<String>())?;
        }
        (None, Some(wanted)) => {
            let (_, schema) =
                schemas.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(wanted)).ok_or_else(|| {
                    let help = match closest(wanted, schemas.iter().map(|(kind, _)| kind.as_str())) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "`fleetc schema` lists the kinds".to_owned(),
                    };
                    Trouble::new(format!("there is no kind `{wanted}`")).help(help)
                })?;
            terminal.print(&format!("{}\n", schema.trim_end()))?;
        }
    }
    Ok(Verdict::Good)
}

/// The JSON Schema of what fleetc says in JSON: `attestation`, `audit` and `diff`.
pub fn output_schemas() -> BTreeMap<String, String> {
    let all = [
        ("attestation", super::attest::schema()),
        ("audit", crate::history::audit_schema()),
        ("diff", crate::review::change_schema()),
    ];
    all.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// Files that say the same already are left as they are.
fn write_all(folder: &Path, schemas: &[(String, String)]) -> Result<(), Trouble> {
    fs::create_dir_all(folder).map_err(|error| Trouble::disk("create", folder, &error))?;
    for (kind, schema) in schemas {
        let path = folder.join(format!("{}.json", kind.to_lowercase()));
        let text = format!("{}\n", schema.trim_end());
        if fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            fs::write(&path, text).map_err(|error| Trouble::disk("write", &path, &error))?;
        }
    }
    Ok(())
}
