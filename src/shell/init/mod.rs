//! `fleetc init`.

mod files;

use std::fs;
use std::path::PathBuf;

use clap::ValueEnum;

use super::Verdict;
use super::terminal::Terminal;
use super::trouble::Trouble;
use super::write::file;
use crate::kinds::object::is_dns_label;

use files::{Answers, files};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc init                                             a fleet `prod` in the current directory
  fleetc init mesh --name bank --cluster eu-west          another directory, fleet and first cluster
  fleetc init --repo https://git.example/mesh.git         the repository that Argo CD will read
  fleetc init --distribution upstream --ci gitlab

Writes a fleet of one cluster that compiles, inventory, a CI workflow, and settings for editors with the schemas. The first
build renders what Argo CD starts from, below out/<fleet>/_delivery/_root. A file that is there is left as it is; a fleet that is there is refused.

Exit code: 0 written, 1 refused, 2 wrong usage or a disk that refuses.")]
pub struct Arguments {
    /// The repository's directory
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// The fleet's name
    #[arg(long, default_value = "prod", value_parser = name)]
    name: String,

    /// The name of the first cluster, as Argo CD knows it
    #[arg(long, value_name = "NAME", default_value = "cluster-1", value_parser = name)]
    cluster: String,

    /// The URL of this repository, as Argo CD reads it
    #[arg(long, value_name = "URL", default_value = "https://git.example/platform/fleet.git", value_parser = url)]
    repo: String,

    /// Whose Istio runs
    #[arg(long, value_enum, default_value_t)]
    distribution: Distribution,

    /// Whose pipelines run
    #[arg(long, value_enum, default_value_t)]
    ci: Ci,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Distribution {
    #[default]
    Solo,
    Upstream,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Ci {
    #[default]
    Github,
    Gitlab,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let fleet = arguments.folder.join("fleets").join(&arguments.name);
    if fs::symlink_metadata(&fleet).is_ok() {
        terminal.complain(&format!(
            "error: there is a fleet `{}` already\n  help: give the new one another name: `--name NAME`",
            fleet.display()
        ));
        terminal.complain("nothing is written");
        return Ok(Verdict::Refused);
    }
    let distribution = match arguments.distribution {
        Distribution::Solo => crate::bind::Distribution::Solo,
        Distribution::Upstream => crate::bind::Distribution::Upstream,
    };
    let answers = Answers {
        fleet: &arguments.name,
        cluster: &arguments.cluster,
        repository: &arguments.repo,
        distribution,
        gitlab: arguments.ci == Ci::Gitlab,
    };
    let (mut written, mut kept) = (0, 0);
    for (path, text) in files(&answers) {
        let place = arguments.folder.join(&path);
        if fs::symlink_metadata(&place).is_ok() {
            kept += 1;
            if !path.starts_with("schemas/") {
                terminal.say(&format!("`{path}` is there and stays as it is"));
            }
            continue;
        }
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder).map_err(|error| Trouble::disk("create", folder, &error))?;
        }
        file::put(&place, text.as_bytes())?;
        written += 1;
    }
    let folder = arguments.folder.display();
    let left = if kept == 0 { String::new() } else { format!(", {kept} left as they were") };
    terminal.say(&format!(
        "{written} files written{left}\nnext: read `README.md` in `{folder}`, then run `fleetc build` there"
    ));
    Ok(Verdict::Good)
}

fn name(text: &str) -> Result<String, String> {
    match is_dns_label(text) {
        true => Ok(text.to_owned()),
        false => Err("not a name: at most 63 lower case letters, digits and `-`".to_owned()),
    }
}

/// Anything that git takes and that stands in YAML as it is.
fn url(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/@%+=".contains(&byte);
    match text.contains([':', '/']) && text.bytes().all(is_plain) && text.starts_with(char::is_alphanumeric) {
        true => Ok(text.to_owned()),
        false => Err("not the URL of a repository".to_owned()),
    }
}
