//! How git is asked.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::shell::revision::{self, no_git};
use crate::shell::trouble::Trouble;

/// git with dates in UTC.
pub fn git(folder: &Path) -> Command {
    let mut command = revision::git(folder);
    command.env("TZ", "UTC0");
    command
}

/// Records of so many fields, every field ended by a NUL.
pub fn records(said: &[u8], fields: usize) -> Vec<Vec<String>> {
    let all: Vec<&[u8]> = said.split(|byte| *byte == 0).collect();
    let text = |field: &&[u8]| String::from_utf8_lossy(field).into_owned();
    all.chunks_exact(fields).map(|record| record.iter().map(text).collect()).collect()
}

/// Asks git by its standard input.
pub fn converse(command: &mut Command, questions: String) -> Result<Vec<u8>, Trouble> {
    let broken = |error: std::io::Error| Trouble::new(format!("git ended early: {error}"));
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.map_err(|error| no_git(&error))?;
    let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Trouble::new("git has neither input nor output"));
    };
    // Both pipes are finite: who asks everything before he reads an answer may wait for ever.
    let asker = thread::spawn(move || input.write_all(questions.as_bytes()));
    let mut answers = Vec::new();
    output.read_to_end(&mut answers).map_err(broken)?;
    // An error of the asker has shown itself in the answers.
    let _ = asker.join();
    child.wait().map_err(broken)?;
    Ok(answers)
}
