//! Objects → [`Mesh`]: names become ids, globs and selectors become sets, precedence lives here, once.

mod access;
mod callers;
mod capabilities;
mod classes;
mod clusters;
mod consents;
mod encoding;
mod enrolled;
mod exactness;
mod exceptions;
mod federation;
mod fleet;
mod invariants;
mod inventory;
mod leaving;
mod lifecycle;
mod mesh;
mod network_policies;
mod observability;
mod openings;
mod peering;
mod selection;
mod tenancy;
mod trust;
mod visibility;
mod waypoints;

pub use capabilities::{CAPABILITIES, Capability, Maturity, Row, Support, page as capabilities_page};
pub use inventory::{inventory_of, is_gateway};
pub use lifecycle::{Component, Release, chart_values_page, minor, newest};
pub use mesh::*;
pub use selection::{glob, matches};

use rayon::prelude::*;

use crate::admit::Admitted;
use crate::kinds::{ADMIN_NAMESPACE, Object};
use crate::report::Findings;
use crate::source::Origin;

/// Istio's root namespace: policy without a selector there rules the whole cluster.
pub const ROOT_NAMESPACE: &str = "istio-system";

/// Binds everything that was admitted. Each step reads what the ones before it decided.
pub fn bind(fleet: &str, admitted: &Admitted, findings: &mut Findings) -> Mesh {
    let intents = &admitted.intents;
    fleet::check_fleet(fleet, intents, findings);
    let mut clusters = clusters::bind_clusters(admitted, findings);
    fleet::check_folders(admitted, &clusters, findings);
    let delivery = lifecycle::bind_delivery(admitted, &mut clusters, findings);
    inventory::bind_inventory(&admitted.inventory, &mut clusters);
    callers::bind_calls(&admitted.inventory, &mut clusters);
    network_policies::bind_network_policies(&admitted.inventory, &mut clusters);
    waypoints::bind_waypoints(&admitted.inventory, &mut clusters);

    let spec = intents.fleets.first().map(|object| &object.spec);
    let defaults = spec.and_then(|spec| spec.defaults.as_ref());
    let engine = delivery.as_ref().map_or("argocd", |delivery| delivery.namespace.as_str());
    let (mut workspaces, enabled) =
        tenancy::bind_workspaces(intents, defaults, engine, &mut clusters, findings);
    let shares = visibility::bind_settings(intents, &enabled, &mut clusters, &mut workspaces, findings);

    let (policies, selected) = access::bind_policies(intents, &enabled, &clusters, &workspaces, findings);
    let (exceptions, excepted) = exceptions::bind_exceptions(intents, &clusters, &workspaces, findings);
    let encoded: Vec<Findings> = clusters
        .par_iter_mut()
        .enumerate()
        .map(|(index, cluster)| {
            let mut found = Findings::default();
            for (name, namespace) in &mut cluster.namespaces {
                let shown = format!("`{name}` in cluster `{}`", cluster.name);
                let here = (ClusterId(index), name.clone());
                let classes = selected.get(&here).map_or(&[][..], Vec::as_slice);
                let let_in = excepted.get(&here).cloned().unwrap_or_default();
                let subject = encoding::Subject { name, shown: &shown, namespace };
                namespace.access =
                    encoding::encode(subject, &workspaces, &policies, classes, let_in, &mut found);
            }
            found
        })
        .collect();
    encoded.into_iter().for_each(|found| findings.extend(found));
    enrolled::uniform(&mut clusters, findings);

    let mut trusts = trust::bind_trust(admitted, &clusters, delivery.as_ref(), findings);
    for cluster in &mut clusters {
        if let Some((trust, present)) = trusts.remove(&cluster.name) {
            cluster.trust = Some(trust);
            cluster.present_roots = present;
        }
    }
    let mut releases = lifecycle::bind_releases(fleet, admitted, &clusters, findings);
    for cluster in &mut clusters {
        cluster.releases = releases.remove(&cluster.name).unwrap_or_default();
        cluster.version = lifecycle::istio_version(&cluster.releases, spec);
        cluster.named_revision = lifecycle::unlabelled_revision(&cluster.releases);
        lifecycle::add_trust_domain_aliases(cluster);
    }
    let distribution = fleet::distribution(spec);
    let segments = federation::bind_domains(intents, distribution, &mut clusters, findings);
    let grounds =
        federation::Grounds { distribution, clusters: &clusters, workspaces: &workspaces, shares: &shares };
    let mut federation = federation::bind_federation(intents, &grounds, findings);
    let outliers = federation::bind_resilience(intents, &grounds, &mut federation, findings);
    leaving::let_go(&clusters, &mut federation, findings);
    peering::bind_peering(spec, &mut clusters, &workspaces, &federation.services, &federation.hosts);
    let consents = consents::bind_consents(intents, &clusters, findings);
    fleet::absent(intents, findings);
    let observability = observability::bind_observability(intents, &clusters, findings);
    let invariants = invariants::bind_invariants(intents, &clusters, &workspaces, findings);
    Mesh {
        invariants,
        fleet: fleet.to_owned(),
        admin_namespace: ADMIN_NAMESPACE.to_owned(),
        distribution,
        remote_secrets: fleet::remote_secrets(spec),
        clusters,
        workspaces,
        policies,
        exceptions,
        global_services: federation.services,
        global_hosts: federation.hosts,
        outliers,
        segments,
        host_claims: federation.claims,
        delivery,
        observability,
        consents,
        waivers: fleet::waivers(intents, findings),
        enrol: defaults.is_some_and(|defaults| defaults.enrol),
    }
}

/// The origin of an object.
fn origin<S>(kind: &str, object: &Object<S>) -> Origin {
    Origin::new(&object.reference(kind), object.place)
}
