//! The program as a user meets it.

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;

/// Runs `fleetc` with the words of a line in a folder.
pub fn fleetc(folder: &Path, line: &str) -> Assert {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("fleetc"));
    command.current_dir(folder).args(line.split_whitespace()).assert()
}

/// What it said on standard output.
pub fn stdout(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

/// What it said on standard error.
pub fn stderr(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}
