//! `fleetc explain`.

use super::Verdict;
use super::findings::{closest, codes, level_word};
use super::terminal::Terminal;
use super::trouble::Trouble;

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
        let line = |code: &crate::report::Code| {
            format!("{}  {:<7}  {}\n", code.id, level_word(code.level), code.title)
        };
        terminal.print(&codes().iter().map(line).collect::<String>())?;
        return Ok(Verdict::Good);
    };
    let id = wanted.to_uppercase();
    let Some(code) = codes().iter().find(|code| code.id == id) else {
        let help = match closest(&id, codes().iter().map(|code| code.id)) {
            Some(near) => format!("did you mean `{near}`? `fleetc explain` lists every code"),
            None => "`fleetc explain` lists every code".to_owned(),
        };
        return Err(Trouble::new(format!("there is no code `{wanted}`")).help(help));
    };
    let (level, title, page) = (level_word(code.level), code.title, code.page.trim_end());
    terminal.print(&format!("{level}[{}]: {title}\n\n{page}\n", code.id))?;
    Ok(Verdict::Good)
}
