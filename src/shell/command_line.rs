//! The command line: what every command takes, and the reference that is generated from it.

use clap::{CommandFactory, Parser, Subcommand};

use super::terminal::Colour;
use super::{
    audit, build, ca, can, check, cluster, completions, describe, diff, explain, get, graph, init, log, man,
    reaches, report, schema, verify, who_can,
};

/// A manifest compiler for Istio ambient fleets: Gloo-shaped intent in, one rendered tree per cluster out
#[derive(Debug, Parser)]
#[command(
    name = "fleetc",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  fleetc check                  find what is wrong with every fleet below ./fleets
  fleetc build                  render every fleet below ./fleets into ./out
  fleetc build --check          in CI: is ./out what the fleets say?
  fleetc explain FC301          what a code means and what to do about it

Exit code: 0 good, 1 findings or a stale tree, 2 wrong usage or a disk that refuses."
)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Say nothing but errors and warnings
    #[arg(long, short = 'q', global = true)]
    pub quiet: bool,

    /// When to colour what is said on standard error: auto, always, never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub color: Colour,
}

/// One line a command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Render fleets into trees, one per cluster
    Build(build::Arguments),
    /// Say what is wrong with fleets, and write nothing
    Check(check::Arguments),
    /// Make a new fleet repository
    Init(init::Arguments),
    /// Add a cluster to a fleet, or take one out in steps
    Cluster(cluster::Arguments),
    /// Keep the fleet's offline CA: roots, intermediates, rotations
    Ca(ca::Arguments),
    /// Say whether a caller may call a Service, and why
    Can(can::Arguments),
    /// List who may call a Service, and why
    WhoCan(who_can::Arguments),
    /// List what a caller may call, and why
    Reaches(reaches::Arguments),
    /// Say what a change does: who gains and loses access, what restarts, in which order it may sync
    Diff(diff::Arguments),
    /// Rebuild from source, compare with a tree byte for byte, and name what was edited by hand
    Verify(verify::Arguments),
    /// List what a fleet declares, with what a management plane would show in status
    Get(get::Arguments),
    /// Describe one object with everything that came of it, and why the rest did not
    Describe(describe::Arguments),
    /// Draw peers, workspaces or access, for docs and pull requests
    Graph(graph::Arguments),
    /// Say from git who added each cluster, policy, workspace and root, when, and with what permissions
    Audit(audit::Arguments),
    /// Show every change of what an object means, from git
    Log(log::Arguments),
    /// Write one page about a fleet: topology, workspaces, access, certificates, findings, tree
    Report(report::Arguments),
    /// Show what a code means and what to do about it
    Explain(explain::Arguments),
    /// Print or write the JSON schemas of the input kinds
    Schema(schema::Arguments),
    /// Print the manual page, or write those of every command
    Man(man::Arguments),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

/// The help of every command as one Markdown page.
pub fn reference() -> String {
    let mut root = CommandLine::command().term_width(100);
    root.build();
    let mut page = String::from(
        "# The command line of fleetc\n\nGenerated from the help texts; `BLESS=1 cargo test --test cli` rewrites it.\n",
    );
    describe(root, &mut page);
    page
}

/// A command and then those below it.
fn describe(mut command: clap::Command, page: &mut String) {
    let help = command.render_long_help().to_string();
    let name = command.get_bin_name().unwrap_or("fleetc").to_owned();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    page.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", lines.join("\n")));
    let below: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    below.into_iter().for_each(|command| describe(command, page));
}
