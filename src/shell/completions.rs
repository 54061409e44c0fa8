//! `fleetc completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Verdict;
use super::command_line::CommandLine;
use super::terminal::Terminal;
use super::trouble::Trouble;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc completions bash > /etc/bash_completion.d/fleetc
  fleetc completions zsh  > \"${fpath[1]}/_fleetc\"
  fleetc completions fish > ~/.config/fish/completions/fleetc.fish")]
pub struct Arguments {
    /// The shell to complete for
    shell: Shell,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut CommandLine::command(), "fleetc", &mut script);
    terminal.print(&String::from_utf8_lossy(&script))?;
    Ok(Verdict::Good)
}
