//! What makes a GitOps engine sync the trees: one unit per cluster and stage, one per release, one per scope tree.

use std::collections::BTreeMap;

use super::cluster::{cluster_intent, scope_intent};
use super::delivery_intent::{
    Content, DeliveryIntent, Folder, Reach, ReleaseUnit, Site, Source, Target, Unit,
};
use super::intent::{ClusterIntent, Observed, Origins};
use super::names::{hashed, joined};
use super::team::teams;
use super::trust::SignerIntent;
use crate::bind::{Cluster, ClusterId, Component, Delivery, Engine, Mesh, Topology};

/// Kubernetes' limit for a label's value: the engine labels what it syncs with the unit's name.
const NAME: usize = 63;

/// When a cluster meets the others.
const FEDERATION: i32 = 40;

/// When Services of teams get their labels.
const SCOPE: i32 = 50;

/// When clusters tell of themselves.
const OBSERVABILITY: i32 = 60;

/// From the first unit of one wave of clusters to that of the next.
const STRIDE: usize = 100;

/// The fleet's delivery, if it has a repository to deliver from.
pub fn delivery_intent(mesh: &Mesh) -> Option<DeliveryIntent> {
    let delivery = mesh.delivery.as_ref()?;
    let site = |clusters: &[(ClusterId, &Cluster)], cluster: Option<&str>| {
        let mut units: Vec<Unit> =
            clusters.iter().flat_map(|(id, cluster)| units(mesh, delivery, *id, cluster)).collect();
        follow(&mut units, clusters);
        units.sort_by(|a, b| a.name.cmp(&b.name));
        let parts = [&*mesh.fleet, "_delivery"].into_iter().chain(cluster).chain([&*delivery.namespace]);
        Site {
            cluster: cluster.map(str::to_owned),
            folder: below(&delivery.path, &parts.collect::<Vec<_>>()),
            targets: clusters.iter().map(|(_, cluster)| target(delivery, cluster)).collect(),
            chart_repositories: clusters
                .iter()
                .flat_map(|(_, cluster)| &cluster.releases)
                .map(|release| (repository_name(mesh, &release.repository), release.repository.clone()))
                .collect(),
            units,
            teams: teams(mesh, delivery, clusters),
        }
    };
    let clusters: Vec<(ClusterId, &Cluster)> = mesh.delivered().collect();
    let sites = match delivery.topology {
        Topology::Hub => vec![site(&clusters, None)],
        Topology::PerCluster => {
            clusters.iter().map(|one| site(std::slice::from_ref(one), Some(&one.1.name))).collect()
        }
    };
    Some(DeliveryIntent {
        engine: delivery.engine.clone(),
        namespace: delivery.namespace.clone(),
        fleet: mesh.fleet.clone(),
        source: Source {
            repository: delivery.repo_url.clone(),
            revision: delivery.target_revision.clone(),
            secret: delivery.secret.clone(),
            charts_secret: delivery.charts_secret.clone(),
        },
        sites,
        origins: Origins::from([delivery.origin.clone()]),
    })
}

/// The releases that stand in the cluster's own tree: those of an engine that keeps releases as objects, in the cluster
/// that it runs in.
pub fn kept_releases(mesh: &Mesh, delivery: &Delivery, cluster: &Cluster) -> Vec<Unit> {
    if delivery.engine != Engine::Flux || delivery.topology != Topology::PerCluster {
        return Vec::new();
    }
    let mut units = releases(mesh, delivery, cluster);
    follow_releases(&mut units.iter_mut().collect::<Vec<_>>());
    units
}

/// How an engine reaches a cluster of the fleet.
pub fn target(delivery: &Delivery, cluster: &Cluster) -> Target {
    let reach = match (delivery.topology, &delivery.engine, &cluster.server) {
        (Topology::PerCluster, ..) => Reach::Here,
        (Topology::Hub, Engine::Flux, _) => Reach::KubeConfig(cluster.kube_config.clone()),
        (Topology::Hub, Engine::ArgoCd { .. }, Some(server)) => Reach::Server(server.clone()),
        (Topology::Hub, Engine::ArgoCd { .. }, None) => Reach::Name,
    };
    Target { cluster: cluster.name.clone(), reach }
}

/// The stage that holds `cacerts`.
const TRUST: &str = "1-trust";

/// The stage by which a cluster tells of itself.
const OBSERVED: &str = "5-observability";

/// The units of one cluster.
fn units(mesh: &Mesh, delivery: &Delivery, id: ClusterId, cluster: &Cluster) -> Vec<Unit> {
    let intent = cluster_intent(mesh, id);
    let scope = scope_intent(mesh, id);
    // peers, and labels on what teams have yet to make, may be unwell for long: they come when every cluster has its mesh,
    // and no wave waits for them
    let end = start(delivery.waves.saturating_sub(1));
    let folder = |name: &str, path: &[&str], wave: i32, prune: bool, partial: bool| Unit {
        name: joined(&[&mesh.fleet, &cluster.name, name], NAME),
        target: target(delivery, cluster),
        wave: wave + if wave < FEDERATION { start(cluster.wave) } else { end },
        after: Vec::new(),
        content: Content::Folder(Folder {
            path: below(&delivery.path, path),
            prune,
            partial,
            alone: wave < FEDERATION,
            decryption: None,
        }),
        origins: Origins::from([delivery.origin.clone(), cluster.origin.clone()]),
    };
    let mut units = Vec::new();
    for (stage, wave, prune) in stages(&intent) {
        let mut unit = folder(stage, &[&mesh.fleet, &cluster.name, stage], wave, prune, false);
        if let (TRUST, Content::Folder(folder)) = (stage, &mut unit.content)
            && intent.signer.as_ref().is_some_and(SignerIntent::is_encrypted_by_sops)
        {
            folder.decryption.clone_from(&delivery.decryption);
        }
        units.push(unit);
    }
    let releases = releases(mesh, delivery, cluster);
    if delivery.engine == Engine::Flux && !releases.is_empty() {
        // the folder of the releases themselves: applied where the engine runs, which then installs them in the cluster
        let path: [&str; 4] = match delivery.topology {
            Topology::Hub => [&mesh.fleet, "_delivery", "_releases", &cluster.name],
            Topology::PerCluster => [&mesh.fleet, &cluster.name, "2-mesh", ""],
        };
        let path: Vec<&str> = path.into_iter().filter(|part| !part.is_empty()).collect();
        let mut mesh = folder("2-mesh", &path, 20, false, false);
        mesh.target.reach = Reach::Here;
        units.push(mesh);
    }
    if !scope.services.is_empty() || !scope.enrolled.is_empty() {
        units.push(folder("scope", &[&mesh.fleet, "_scope", &cluster.name], SCOPE, false, true));
    }
    if intent.observed.as_ref().is_some_and(Observed::shows) {
        // nothing waits for it: an operator that is not there must hold up neither the mesh nor its policy; and it waits for
        // no other cluster, whose failure is what it shows
        let own = units.iter().filter(|unit| unit.is_alone()).max_by_key(|unit| unit.wave);
        let after = own.map(|unit| unit.name.clone()).into_iter().collect();
        let path: [&str; 3] = [&mesh.fleet, &cluster.name, OBSERVED];
        units.push(Unit { after, ..folder(OBSERVED, &path, OBSERVABILITY, true, false) });
    }
    if delivery.engine != Engine::Flux || delivery.topology == Topology::Hub {
        units.extend(releases);
    }
    units
}

/// The stages of a cluster's tree that hold something: folder, wave, and whether objects gone from it are deleted.
fn stages(intent: &ClusterIntent) -> Vec<(&'static str, i32, bool)> {
    let trust = !intent.spaces.is_empty() || intent.signer.is_some();
    let guards = !intent.guards.is_empty() || !intent.service_guards.is_empty();
    let policy = guards || !intent.seals.is_empty() || !intent.roles.is_empty();
    let federation = intent.door.is_some()
        || !intent.domains.is_empty()
        || !intent.peers.is_empty()
        || !intent.watched.is_empty()
        || !intent.outliers.is_empty()
        || !intent.hosts.is_empty();
    let all = [
        (TRUST, 10, false, trust),
        ("3-policy", 30, true, policy),
        ("4-federation", FEDERATION, true, federation),
    ];
    all.into_iter().filter(|stage| stage.3).map(|(stage, wave, prune, _)| (stage, wave, prune)).collect()
}

fn releases(mesh: &Mesh, delivery: &Delivery, cluster: &Cluster) -> Vec<Unit> {
    let releases = cluster.releases.iter().map(|release| Unit {
        name: joined(&[&mesh.fleet, &cluster.name, &release.name], NAME),
        target: target(delivery, cluster),
        wave: start(cluster.wave) + wave(release.component),
        after: Vec::new(),
        content: Content::Release(Box::new(ReleaseUnit {
            component: release.component,
            repository: release.repository.clone(),
            repository_name: repository_name(mesh, &release.repository),
            chart: release.chart.clone(),
            version: release.version.clone(),
            release: release.name.clone(),
            namespace: release.namespace.clone(),
            values: release.values.clone(),
            retires: release.retires,
        })),
        origins: release.origins.clone(),
    });
    releases.collect()
}

fn repository_name(mesh: &Mesh, address: &str) -> String {
    let shown = address.split_once("://").map_or(address, |(_, rest)| rest);
    hashed(&format!("{}-{shown}", mesh.fleet), &format!("{}\0{address}", mesh.fleet), NAME)
}

/// Waves give comfort, never safety: every stage is safe, if late, in any order. Custom resource definitions come first,
/// then what istiod signs with, then the mesh from the node up, then what it enforces and whom it meets.
fn wave(component: Component) -> i32 {
    match component {
        Component::Base => 0,
        Component::Cni => 20,
        Component::Istiod => 21,
        Component::Ztunnel => 22,
        Component::Gateway => 23,
    }
}

/// The first wave of the units of a wave of clusters.
fn start(wave: usize) -> i32 {
    i32::try_from(wave.saturating_mul(STRIDE)).unwrap_or(i32::MAX / 2)
}

/// Says whom each unit waits for: a folder for the one before it in its cluster, the first of a cluster for the last of
/// every cluster of the wave before that needs no other cluster, a release for those that are installed before it.
fn follow(units: &mut [Unit], clusters: &[(ClusterId, &Cluster)]) {
    let waves: BTreeMap<&str, usize> =
        clusters.iter().map(|(_, cluster)| (cluster.name.as_str(), cluster.wave)).collect();
    let mut last_of_wave: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut by_cluster: BTreeMap<(usize, String), Vec<&mut Unit>> = BTreeMap::new();
    for unit in units {
        let wave = waves.get(unit.target.cluster.as_str()).copied().unwrap_or_default();
        by_cluster.entry((wave, unit.target.cluster.clone())).or_default().push(unit);
    }
    for ((wave, _), units) in by_cluster {
        let (mut releases, mut folders): (Vec<_>, Vec<_>) =
            units.into_iter().partition(|unit| matches!(unit.content, Content::Release(_)));
        follow_releases(&mut releases);
        folders.sort_by_key(|unit| unit.wave);
        let waited = last_of_wave.range(..wave).rev().find(|(_, units)| !units.is_empty());
        let mut before = waited.map(|(_, units)| units.clone()).unwrap_or_default();
        for unit in folders.iter_mut().filter(|unit| unit.after.is_empty()) {
            unit.after = std::mem::replace(&mut before, vec![unit.name.clone()]);
        }
        let last = folders.iter().rfind(|unit| unit.is_alone());
        last_of_wave.entry(wave).or_default().extend(last.map(|unit| unit.name.clone()));
    }
}

fn follow_releases(releases: &mut [&mut Unit]) {
    releases.sort_by(|a, b| (a.wave, &a.name).cmp(&(b.wave, &b.name)));
    let known: Vec<(i32, String)> = releases.iter().map(|unit| (unit.wave, unit.name.clone())).collect();
    for unit in releases.iter_mut() {
        let before = known.iter().filter(|(wave, _)| *wave < unit.wave);
        let nearest = before.clone().map(|(wave, _)| *wave).max();
        unit.after =
            before.filter(|(wave, _)| Some(*wave) == nearest).map(|(_, name)| name.clone()).collect();
    }
}

/// A path below a folder of the repository; the empty one is the repository's root.
fn below(folder: &str, parts: &[&str]) -> String {
    let path = parts.join("/");
    if folder.is_empty() { path } else { format!("{folder}/{path}") }
}
