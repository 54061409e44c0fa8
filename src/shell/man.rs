//! `fleetc man`.

use std::fs;
use std::path::PathBuf;

use clap::CommandFactory;
use clap_mangen::Man;

use super::Verdict;
use super::command_line::CommandLine;
use super::terminal::Terminal;
use super::trouble::Trouble;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc man | man -l -                            the page of fleetc itself
  fleetc man --write /usr/local/share/man/man1     fleetc.1, fleetc-build.1, fleetc-cluster-add.1, …")]
pub struct Arguments {
    /// Write the page of every command into a directory
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let pages = pages();
    let Some(folder) = &arguments.write else {
        let first = pages.first().map(|(_, page)| page.as_str()).unwrap_or_default();
        terminal.print(first)?;
        return Ok(Verdict::Good);
    };
    fs::create_dir_all(folder).map_err(|error| Trouble::disk("create", folder, &error))?;
    for (name, page) in &pages {
        let path = folder.join(format!("{name}.1"));
        if fs::read(&path).ok().as_deref() != Some(page.as_bytes()) {
            fs::write(&path, page).map_err(|error| Trouble::disk("write", &path, &error))?;
        }
    }
    terminal.say(&format!("{} pages in `{}`", pages.len(), folder.display()));
    Ok(Verdict::Good)
}

/// Name, as `fleetc-cluster-add`, and page of every command, fleetc's own first.
fn pages() -> Vec<(String, String)> {
    let mut root = CommandLine::command();
    root.build();
    let mut pages = Vec::new();
    let mut waiting = vec![root];
    while let Some(command) = waiting.pop() {
        let mut below: Vec<clap::Command> = command.get_subcommands().cloned().collect();
        below.reverse();
        waiting.extend(below);
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let mut page = Vec::new();
        // Writing into memory does not fail.
        let _ = Man::new(command).render(&mut page);
        pages.push((name, String::from_utf8_lossy(&page).into_owned()));
    }
    pages
}
