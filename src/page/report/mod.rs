//! One page about a whole fleet: what a management plane's screens show, from the files.
//!
//! Names stand in it as plain text; what says the same in several clusters stands there once, so that a fleet of thousands
//! of Services is a page of a few megabytes. It holds no day and no path but those that the files have: the same fleet is
//! the same bytes.

mod access;
mod certificates;
mod clusters;
mod findings;
mod firsts;
mod rendered;
mod topology;
mod who;
mod workspaces;

pub use rendered::File;

use super::{Broken, Page};
use crate::bind::Mesh;
use crate::question::{Places, Scene};
use crate::reach::World;
use crate::report::Findings;
use crate::source::Sources;

use access::Access;
use clusters::Names;

/// What the page is made of.
pub struct Facts<'a> {
    /// The fleet's files.
    pub sources: &'a Sources,
    /// The checked fleet.
    pub mesh: &'a Mesh,
    /// What it enforces.
    pub world: &'a World<'a>,
    /// What compiling it said.
    pub findings: &'a Findings,
    /// What it renders.
    pub files: &'a [File],
    /// The day from which the ends of certificates are counted, `YYYY-MM-DD`.
    pub now: Option<&'a str>,
}

/// The page of a fleet.
pub fn report(facts: &Facts<'_>) -> Result<String, Broken> {
    let Facts { sources, mesh, world, findings, files, now } = *facts;
    let names = Names::new(mesh);
    let places = Places { fleet: Some(sources), tree: None };
    let access = Access::of(Scene { world, mesh: Some(mesh), places: &places }, mesh, sources, &names);
    let services: usize = mesh
        .clusters
        .iter()
        .flat_map(|cluster| cluster.namespaces.values())
        .map(|namespace| namespace.services.len())
        .sum();
    let lead = format!(
        "{}, {} of {}, {} and {}, as they stand in git. Who may call whom is judged from the rendered policy by ztunnel's \
         and the waypoint's own rules.",
        counted(mesh.clusters.len(), "cluster"),
        counted(services, "Service"),
        counted(mesh.workspaces.len(), "workspace"),
        counted(mesh.policies.len(), "AccessPolicy").replace("AccessPolicys", "AccessPolicies"),
        counted(files.len(), "rendered file"),
    );
    let page = Page {
        title: mesh.fleet.clone(),
        kind: "fleet report".into(),
        lead,
        sections: vec![
            topology::section(mesh, sources, &names)?,
            workspaces::section(mesh, sources, &names)?,
            access.section()?,
            certificates::section(mesh, sources, &names, now)?,
            findings::section(findings, sources)?,
            rendered::section(&mesh.fleet, files, &names)?,
        ],
        data: Some(access.data()),
    };
    page.html()
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
