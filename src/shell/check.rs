//! `fleetc check`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Verdict;
use super::findings;
use super::fleets::{self, Fleet};
use super::revision;
use super::terminal::Terminal;
use super::trouble::Trouble;
use crate::report::{Findings, Level};
use crate::source::Sources;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc check                                     every fleet below ./fleets
  fleetc check fleets/prod --deny warnings         in CI: warnings fail too
  fleetc check --format sarif > fleetc.sarif       for code scanning
  fleetc check --format github                     annotations on a pull request
  fleetc check --now 2026-11-22                    what has run out by that day
  fleetc check --against origin/main               in CI: is the step from there to here safe?

With --against, both states are compiled, and what lies between them is judged: clusters sync on their
own, so every mix of clusters before and after the change has to work. A root that someone does not
trust yet, or still signs under, a skipped phase of a rotation, a peer that would not be recognised:
each is an error that names the order of syncing which breaks, and the split which does not.")]
pub struct Arguments {
    /// Directories that hold a fleet each; without any, every folder of ./fleets
    #[arg(value_name = "FLEET_DIR")]
    fleets: Vec<PathBuf>,

    /// How to say what was found; all but text go to standard output alone
    #[arg(long, short = 'o', value_enum, default_value_t)]
    format: Format,

    /// What fails beside errors
    #[arg(long, value_enum, value_name = "LEVEL")]
    deny: Option<Deny>,

    /// The state to come from: a git revision, or a directory with the fleet or the fleets of then
    #[arg(long, value_name = "REV|DIR")]
    against: Option<String>,

    /// The day that expiry is judged by; without it, expiry is not judged
    #[arg(long, value_name = "DATE", value_parser = date)]
    now: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
    Sarif,
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let mut fleets = fleets::compile(&arguments.fleets, arguments.now.as_deref(), None)?;
    if let Some(against) = &arguments.against {
        for fleet in &mut fleets {
            compare(fleet, against, arguments.now.as_deref(), terminal)?;
        }
    }
    let found: Vec<(&Sources, &Findings)> =
        fleets.iter().map(|fleet| (&fleet.sources, &fleet.findings)).collect();
    match arguments.format {
        Format::Text => {
            terminal.complain(&findings::text(&found, terminal));
            if found.iter().all(|(_, findings)| findings.is_empty()) {
                let fleets = if found.len() == 1 { "fleet" } else { "fleets" };
                terminal.say(&format!("{} {fleets}: nothing found", found.len()));
            }
        }
        Format::Json => terminal.print(&findings::json(&found))?,
        Format::Sarif => terminal.print(&findings::sarif(&found))?,
        Format::Github => terminal.print(&findings::github(&found))?,
    }
    let denied = |fleet: &Fleet| {
        let warnings = arguments.deny.is_some() && fleet.findings.count(Level::Warning) > 0;
        warnings || fleet.findings.has_errors()
    };
    Ok(Verdict::good_if(!fleets.iter().any(denied)))
}

/// Adds what is wrong with the step from an earlier state; a fleet that holds an error is no state to step to.
fn compare(fleet: &mut Fleet, against: &str, now: Option<&str>, terminal: &Terminal) -> Result<(), Trouble> {
    let before = revision::read_fleet_at(&fleet.folder, against)?;
    match (&fleet.compiled, before) {
        (Some(compiled), Some(before)) => {
            let mut findings = std::mem::take(&mut fleet.findings);
            findings.extend(compiled.since(&before, now));
            fleet.findings = findings.sorted();
        }
        (Some(_), None) => {
            terminal.say(&format!("fleet `{}` is new: there is none at `{against}`", fleet.sources.fleet()));
        }
        (None, _) => {}
    }
    Ok(())
}

/// A day of the calendar as `YYYY-MM-DD`.
pub fn date(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize| {
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u32>().ok()).flatten()
    };
    let day = match parts.as_slice() {
        [year, month, day] => number(year, 4).zip(number(month, 2)).zip(number(day, 2)),
        _ => None,
    };
    let exists = day.is_some_and(|((year, month), day)| {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => 0,
        };
        (1..=days).contains(&day)
    });
    if exists { Ok(text.to_owned()) } else { Err("not a day as YYYY-MM-DD".to_owned()) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_exist() {
        for good in ["2026-11-22", "2024-02-29", "2000-02-29"] {
            assert_eq!(super::date(good).as_deref(), Ok(good));
        }
        for bad in
            ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-1-1", "today", "+026-01-01", ""]
        {
            assert!(super::date(bad).is_err(), "{bad}");
        }
    }
}
