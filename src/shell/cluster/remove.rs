//! `fleetc cluster remove`.

use clap::ValueEnum;

use super::carry::{After, Common};
use super::summary::Summary;
use crate::report::Level;
use crate::review::{Area, Files, Forgotten, emptied_stages, file_changes, forgotten};
use crate::revise::{self, Standing};
use crate::shell::Verdict;
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc cluster remove eu-west                  the next step, whichever it is
  fleetc cluster remove eu-west --step detach    this step; refused if it is not the next one
  fleetc cluster remove eu-west --dry-run        what it would change, and what would be orphaned

A cluster leaves in three merges, each synced before the next:
  drain    `lifecycle: draining`: the others lose their peers to it, its Services lose the global label
  detach   `lifecycle: detached`: delivery lets go of it, and deletes nothing
  remove   its KubernetesCluster, its inventory and its name go from the files, and its tree with the next build

Until it is detached, deleting the line `lifecycle` takes a cluster back.

Exit code: 0 written, 1 refused, 2 wrong usage or a disk that refuses.")]
pub struct Arguments {
    /// The cluster
    name: String,

    /// The step to take; without it, the next one
    #[arg(long, value_enum)]
    step: Option<Step>,

    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// The others turn to it no longer
    Drain,
    /// Delivery lets go of it
    Detach,
    /// It is gone from the files
    Remove,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let name = &arguments.name;
    let before = arguments.common.open()?;
    let standing = match revise::standing(&before.sources, name) {
        Ok(standing) => standing,
        Err(findings) => return Ok(before.refused(&findings, terminal)),
    };
    let next = standing.next();
    let step = arguments.step.map_or(next, |step| match step {
        Step::Drain => revise::Step::Drain,
        Step::Detach => revise::Step::Detach,
        Step::Remove => revise::Step::Remove,
    });
    if step != next {
        return Ok(out_of_turn(name, standing, step, terminal));
    }
    let revision = match revise::leave(&before.sources, name, step) {
        Ok(revision) => revision,
        Err(findings) => return Ok(before.refused(&findings, terminal)),
    };
    let Some(after) = before.edited(&revision, terminal) else { return Ok(Verdict::Refused) };
    let (old, new) = (before.files(), after.files());
    let mut summary = Summary::new(&before.sources, &revision, old.as_ref(), &new);
    if step != revise::Step::Remove {
        summary.notes(orphans(&after, name));
    }
    if let Some(old) = &old {
        summary.notes(emptied_stages(old, &new).into_iter().map(|stage| {
            format!("`{stage}` has no files any more, and an empty stage deletes nothing: delete by hand what it held")
        }));
        then(&mut summary, name, step, old, &new);
    }
    arguments.common.finish(&before, &revision, &summary, terminal)
}

/// A step that was taken is no mistake; one that leaves another out is.
fn out_of_turn(name: &str, standing: Standing, step: revise::Step, terminal: &Terminal) -> Verdict {
    let is = match standing {
        Standing::Member => "a member",
        Standing::Draining => "draining",
        Standing::Detached => "detached",
    };
    if step < standing.next() {
        terminal.say(&format!("cluster `{name}` is {is} already: there is nothing to do"));
        return Verdict::Good;
    }
    let next = match standing.next() {
        revise::Step::Drain => "drain",
        revise::Step::Detach => "detach",
        revise::Step::Remove => "remove",
    };
    terminal.complain(&format!(
        "error: cluster `{name}` is {is}\n  help: the next step is `{next}`; let it sync before the one after it"
    ));
    terminal.complain("nothing is written");
    Verdict::Refused
}

/// What the removal would find that is not found while the cluster is there.
fn orphans(after: &After, name: &str) -> Vec<String> {
    let Ok(removal) = revise::leave(&after.sources, name, revise::Step::Remove) else { return Vec::new() };
    let (sources, findings) = after.foresee(&removal);
    let mut notes = Vec::new();
    for finding in findings.iter().filter(|finding| finding.code.level != Level::Info) {
        let place = finding.place.map(|place| {
            let (line, _) = sources.line_column(place);
            format!("{}:{line}: ", sources.shown_path(place.file))
        });
        notes.push(format!(
            "orphaned once it is removed: {}{}[{}]: {}",
            place.unwrap_or_default(),
            finding.code.level.name(),
            finding.code.id,
            finding.message
        ));
    }
    notes.extend(removal.notes.into_iter().map(|note| format!("orphaned once it is removed: {note}")));
    notes
}

/// What to do with the step, and what must hold before the next one.
fn then(summary: &mut Summary, name: &str, step: revise::Step, old: &Files, new: &Files) {
    let mut then = vec!["`fleetc build`, commit fleets and trees together, merge".to_owned()];
    let changes = file_changes(old, new);
    match step {
        revise::Step::Drain => {
            let is_other = |area: &Area| matches!(area, Area::Cluster(cluster) if cluster != name);
            let others = changes.iter().filter(|(area, _)| is_other(area));
            let gone: usize = others.map(|(_, changes)| changes.removed.len()).sum();
            let mut conditions = vec![format!(
                "every other cluster has synced `4-federation`: {gone} objects that lead to `{name}` are gone"
            )];
            let scope = format!("_scope/{name}/");
            if new.keys().any(|path| path.starts_with(&scope)) {
                conditions.push(format!(
                    "`_scope/{name}` has synced: none of its Services carries the global label"
                ));
            }
            conditions.push(format!(
                "no connection from another cluster arrives at the east-west gateway of `{name}` any more"
            ));
            summary.before("detach", conditions);
        }
        revise::Step::Detach => {
            // What applies HelmReleases goes before them: it would take the suspension off again.
            let mut objects = forgotten(old, new);
            objects.sort_by_key(|objects| objects.kind == "HelmRelease");
            let mut conditions: Vec<String> = objects.iter().map(forget).collect();
            conditions.push(format!(
                "you have stopped what is to stop in `{name}`: its workloads, policy and mesh run as they did"
            ));
            summary.before("remove", conditions);
        }
        revise::Step::Remove => then.extend([
            format!("take `{name}` off the delivery engine's list of clusters, and its gateway's name off your DNS"),
            format!(
                "certificates that `{name}` signed are trusted until they end: rotate the root if its keys may be known"
            ),
        ]),
    }
    summary.then(then);
}

/// How the engine is made to forget objects without undoing what they brought: all but HelmReleases are rendered so that
/// deleting them deletes nothing else, and helm-controller uninstalls nothing for one that is suspended.
fn forget(objects: &Forgotten) -> String {
    let Forgotten { cluster, namespace, kind, names } = objects;
    let context = cluster.as_ref().map(|cluster| format!(" --context {cluster}")).unwrap_or_default();
    let (kind, names) = (kind.to_ascii_lowercase(), names.join(" "));
    let suspend = match kind.as_str() {
        "helmrelease" => format!(
            "\nfor name in {names}; do kubectl{context} patch -n {namespace} {kind} $name --type merge \
             -p '{{\"spec\":{{\"suspend\":true}}}}'; done"
        ),
        _ => String::new(),
    };
    let order = if suspend.is_empty() { "" } else { ", suspended first" };
    format!(
        "these are gone{order}, and what they brought is not:{suspend}\nkubectl{context} delete -n {namespace} {kind} {names}"
    )
}
