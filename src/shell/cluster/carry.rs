//! What every edit of a fleet goes through: compiled before and after, compared, shown, written.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::summary::Summary;
use crate::Compiled;
use crate::report::{Finding, Findings};
use crate::review::Files;
use crate::revise::Revision;
use crate::shell::asked::TextOrJson;
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;
use crate::shell::write::file;
use crate::shell::{Verdict, disk, findings, fleets};
use crate::source::{Place, Sources};

/// What the commands that edit a fleet take.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// The fleet; without it the one around the current directory, or the only one below ./fleets
    #[arg(long, value_name = "DIR")]
    fleet: Option<PathBuf>,

    /// Show what would change and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How to show it
    #[arg(long, short = 'o', value_enum, default_value_t)]
    pub format: TextOrJson,
}

/// A fleet that is to be edited.
pub struct Before {
    folder: PathBuf,
    /// Its files.
    pub sources: Sources,
    /// What they come to; `None` if they hold an error.
    compiled: Option<Compiled>,
    findings: Findings,
}

/// The same fleet, edited, and without an error.
pub struct After {
    /// The edited files.
    pub sources: Sources,
    compiled: Compiled,
}

impl Common {
    /// Reads and compiles the fleet. One with errors can be edited too: the edit may be what mends it.
    pub fn open(&self) -> Result<Before, Trouble> {
        let folder = fleets::find(self.fleet.as_deref())?;
        if !folder.is_dir() {
            let message = format!("there is no fleet directory `{}`", folder.display());
            return Err(Trouble::new(message).help("name a folder that holds the YAML files of a fleet"));
        }
        let sources = disk::read_fleet(&folder)?;
        let (compiled, findings) = match crate::compile(&sources) {
            Ok(compiled) => {
                let findings = compiled.findings().clone();
                (Some(compiled), findings)
            }
            Err(findings) => (None, findings),
        };
        Ok(Before { folder, sources, compiled, findings })
    }

    /// Shows the summary and writes the files, unless asked not to.
    pub fn finish(
        &self,
        before: &Before,
        revision: &Revision,
        summary: &Summary,
        terminal: &Terminal,
    ) -> Result<Verdict, Trouble> {
        match self.format {
            TextOrJson::Text => terminal.print(&summary.to_string())?,
            TextOrJson::Json => terminal.print(&summary.json())?,
        }
        if self.dry_run {
            terminal.say("nothing is written: this was a dry run");
            return Ok(Verdict::Good);
        }
        for (path, bytes) in &revision.files {
            let path = before.folder.join(path);
            match bytes {
                Some(bytes) => {
                    if let Some(folder) = path.parent() {
                        fs::create_dir_all(folder)
                            .map_err(|error| Trouble::disk("create", folder, &error))?;
                    }
                    file::put_durably(&path, bytes)?;
                }
                None => {
                    fs::remove_file(&path).map_err(|error| Trouble::disk("delete", &path, &error))?;
                    remove_empty(&before.folder, &path);
                }
            }
        }
        let files = revision.files.len();
        let noun = if files == 1 { "file" } else { "files" };
        terminal.say(&format!("{files} {noun} of `{}` written", before.folder.display()));
        Ok(Verdict::Good)
    }
}

/// Folders that a deletion left empty go too, up to the fleet's own.
fn remove_empty(fleet: &Path, path: &Path) {
    for folder in path.ancestors().skip(1).take_while(|folder| *folder != fleet) {
        // One that still holds something refuses.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

impl Before {
    /// Says why an edit was refused.
    pub fn refused(&self, findings: &Findings, terminal: &Terminal) -> Verdict {
        terminal.complain(&findings::text(&[(&self.sources, findings)], terminal));
        terminal.complain("nothing is written");
        Verdict::Refused
    }

    /// Compiles the edited fleet. With an error in it, says so and gives `None`.
    pub fn edited(&self, revision: &Revision, terminal: &Terminal) -> Option<After> {
        let sources = revision.apply(&self.sources);
        match crate::compile(&sources) {
            Ok(compiled) => {
                let fresh = new_findings(&self.findings, compiled.findings());
                terminal.complain(&findings::text(&[(&sources, &fresh)], terminal));
                Some(After { sources, compiled })
            }
            Err(found) => {
                terminal.complain(&findings::text(&[(&sources, &found)], terminal));
                let why = match self.compiled {
                    Some(_) => {
                        "the fleet as edited would hold errors; the places are those of the edited files"
                    }
                    None => "the fleet holds errors already; put them right first",
                };
                terminal.complain(&format!("nothing is written: {why}"));
                None
            }
        }
    }

    /// The tree that the fleet as it stands comes to; `None` if it holds an error.
    pub fn files(&self) -> Option<Files> {
        self.compiled.as_ref().map(rendered)
    }
}

impl After {
    /// The tree that the edited fleet comes to.
    pub fn files(&self) -> Files {
        rendered(&self.compiled)
    }

    /// Where a cluster's name stands.
    pub fn place(&self, cluster: &str) -> Place {
        let found = self.compiled.mesh().clusters.iter().find(|one| one.name == cluster);
        found.map(|cluster| cluster.origin.place).unwrap_or_default()
    }

    /// What another revision of this fleet would find that this one does not.
    pub fn foresee(&self, revision: &Revision) -> (Sources, Findings) {
        let sources = revision.apply(&self.sources);
        let found = match crate::compile(&sources) {
            Ok(compiled) => compiled.findings().clone(),
            Err(findings) => findings,
        };
        let fresh = new_findings(self.compiled.findings(), &found);
        (sources, fresh)
    }
}

/// The whole tree of a compiled fleet.
pub fn rendered(compiled: &Compiled) -> Files {
    let trees: Vec<_> = compiled.parts().par_iter().map(|part| compiled.render(part).files).collect();
    trees.into_iter().flatten().collect()
}

/// What is found now and was not before: places move when files are edited, so codes and words tell.
fn new_findings(before: &Findings, after: &Findings) -> Findings {
    let said = |finding: &Finding| (finding.code.id, finding.message.clone());
    let known: Vec<_> = before.iter().map(said).collect();
    let mut fresh = after.clone();
    fresh.retain(|finding| !known.contains(&said(finding)));
    fresh
}
