//! The delivery intent → what makes an engine sync a fleet, and where each object stands below `_delivery`.

mod app_project;
mod application;
mod application_set;
mod flux;
mod helm_release;

use super::{MANAGED_BY, SOURCE, named, source};
use crate::distribute::{Applications, DeliveryIntent, Engine, Origins, Site};
use crate::manifest::{Metadata, Object};

pub use flux::PRUNE as KEPT;
pub use helm_release::kept_release;

/// What a person applies once, after which the engine keeps itself.
const ROOT: &str = "_delivery/_root";

/// The objects that make the engine sync a fleet, each with its folder: `_delivery`, for an engine of a cluster's own
/// `_delivery/<cluster>`; releases that stand beside the engine below `_delivery/_releases/<cluster>`.
pub fn delivery_manifests(intent: &DeliveryIntent) -> Vec<(String, Object)> {
    let mut objects = Vec::new();
    for site in &intent.sites {
        match &intent.engine {
            Engine::ArgoCd { applications, project, .. } => {
                let project = project.as_deref();
                objects.extend(of_argo_cd(intent, site, *applications, project));
            }
            Engine::Flux => objects.extend(flux::of_flux(intent, site)),
        }
    }
    objects
}

fn of_argo_cd(
    intent: &DeliveryIntent,
    site: &Site,
    applications: Applications,
    project: Option<&str>,
) -> Vec<(String, Object)> {
    let mut objects = Vec::new();
    if project.is_none() {
        objects.push(app_project::fleet(intent, site));
    }
    let project = project.unwrap_or(&intent.fleet);
    objects.extend(site.teams.iter().map(|team| app_project::team(intent, team)));
    match applications {
        Applications::Separate | Applications::AppOfApps => {
            objects.extend(site.units.iter().map(|unit| application::application(intent, project, unit)));
        }
        Applications::ApplicationSet => {
            objects.push(application_set::application_set(intent, project, site));
        }
    }
    let mut placed: Vec<(String, Object)> =
        objects.into_iter().map(|object| (folder("_delivery", site), object)).collect();
    if applications != Applications::Separate {
        placed.push((folder(ROOT, site), application::root(intent, site)));
    }
    if applications == Applications::AppOfApps {
        placed.push((folder(ROOT, site), application::health_check(intent)));
    }
    placed
}

/// A folder of what the engine of one place holds.
fn folder(top: &str, site: &Site) -> String {
    match &site.cluster {
        Some(cluster) => format!("{top}/{cluster}"),
        None => top.to_owned(),
    }
}

/// The metadata of an object of the engine.
fn metadata(name: &str, intent: &DeliveryIntent, origins: &Origins) -> Metadata {
    let mut metadata = named(name, &intent.namespace);
    metadata.labels.insert(MANAGED_BY.0.into(), MANAGED_BY.1.into());
    metadata.annotations.insert(SOURCE.into(), source(origins));
    metadata
}
