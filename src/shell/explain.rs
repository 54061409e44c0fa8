//! `fleetc explain`.

use super::Verdict;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::report::codes;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc explain FC301
  fleetc explain                every code, a line each")]
pub struct Arguments {
    /// A code as findings show it; without one, every code is listed
    code: Option<String>,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let Some(wanted) = &arguments.code else {
        let lines =
            codes::ALL.iter().map(|code| format!("{}  {:<7}  {}\n", code.id, code.level.name(), code.title));
        terminal.print(&lines.collect::<String>())?;
        return Ok(Verdict::Good);
    };
    let Some(code) = codes::by_id(wanted) else {
        let help = match codes::did_you_mean(wanted) {
            Some(near) => format!("did you mean `{near}`? `fleetc explain` lists every code"),
            None => "`fleetc explain` lists every code".to_owned(),
        };
        return Err(Trouble::new(format!("there is no code `{wanted}`")).help(help));
    };
    terminal.print(&format!("{}\n", code.page.trim_end()))?;
    Ok(Verdict::Good)
}
