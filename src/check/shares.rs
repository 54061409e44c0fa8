//! FC305, FC306, FC307: imports and exports that come to nothing.

use crate::bind::{Direction, Mesh, Share};
use crate::report::codes::{FC305, FC306, FC307};
use crate::report::{Finding, Findings};

/// Every entry of every workspace. An entry that answers another one but matches no Service is said once.
pub fn shares(mesh: &Mesh, findings: &mut Findings) {
    for workspace in &mesh.workspaces {
        for share in &workspace.shares {
            let named = named(mesh, share);
            let (code, verb) = match share.direction {
                Direction::Import => (FC305, "imports from"),
                Direction::Export => (FC306, "exports to"),
            };
            let silent = match (share.direction, share.answered.is_empty()) {
                _ if share.workspaces.is_empty() => Some(
                    Finding::new(code, format!("workspace `{}` {verb} no other workspace of the fleet here", workspace.name))
                        .help("a workspace always reaches its own services: name another workspace, or remove the entry"),
                ),
                (Direction::Import, true) => Some(Finding::new(
                    FC305,
                    format!("workspace `{}` imports from {named}, which exports nothing to it", workspace.name),
                )
                .help(format!("add an `exportTo` entry that names `{}` to the settings of {named}", workspace.name))),
                (Direction::Export, true) => Some(Finding::new(
                    FC306,
                    format!("workspace `{}` exports to {named}, which imports nothing from it", workspace.name),
                )
                .help(format!("add an `importFrom` entry that names `{}` to the settings of {named}", workspace.name))),
                (direction, false) if share.services == 0 => {
                    let what = match direction {
                        Direction::Import => "imported",
                        Direction::Export => "exported",
                    };
                    Some(Finding::new(
                        FC307,
                        format!("no Service of the inventory is {what} by this entry of workspace `{}`", workspace.name),
                    )
                    .help("check the labels, names and clusters under `resources` against the Services below `clusters/`"))
                }
                _ => None,
            };
            findings.extend_from(silent.map(|finding| finding.at(share.place)));
        }
    }
}

fn named(mesh: &Mesh, share: &Share) -> String {
    let names: Vec<_> = share
        .workspaces
        .iter()
        .filter_map(|id| mesh.workspace(*id))
        .map(|workspace| format!("`{}`", workspace.name))
        .collect();
    names.join(", ")
}
