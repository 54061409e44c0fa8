//! The Fleet's `delivery` → [`Delivery`].

use super::waves::bind_waves;
use crate::admit::Admitted;
use crate::bind::mesh::{Applications, Cluster, Decryption, Delivery, Engine, Topology};
use crate::kinds::fleet::{Charts, Delivery as Said, Engine as SaidEngine};
use crate::kinds::{Spot, delivery as said};
use crate::report::{Finding, Findings, codes};
use crate::source::{Origin, Place};

/// How the trees reach the clusters; `None` without a repository that holds them. Each cluster is given its wave.
pub fn bind_delivery(
    admitted: &Admitted,
    clusters: &mut [Cluster],
    findings: &mut Findings,
) -> Option<Delivery> {
    let fleet = admitted.intents.fleets.first();
    let origin = fleet.map(|fleet| Origin { name: fleet.reference("Fleet").into(), place: fleet.place });
    let said = fleet.and_then(|fleet| fleet.spec.delivery.as_ref());
    let charts = fleet.and_then(|fleet| fleet.spec.charts.as_ref());
    let repository = said.and_then(|said| said.repo_url.as_ref());
    let (Some(said), Some(origin), Some(repository)) = (said, &origin, repository) else {
        without_effect(admitted, findings);
        if admitted.refused.iter().any(|object| object.starts_with("Fleet/")) {
            return None;
        }
        let finding = Finding::new(codes::FC704, "nothing is rendered for delivery: no repository is named")
            .help("set `delivery.repoURL` in the Fleet to the repository that holds the trees");
        findings.push(match origin {
            Some(origin) => finding.at(origin.place).object(&*origin.name),
            None => finding,
        });
        return None;
    };
    let engine = said.engine.map_or(SaidEngine::ArgoCd, |engine| *engine);
    let topology = match said.topology.map(|topology| *topology) {
        None | Some(said::Topology::Hub) => Topology::Hub,
        Some(said::Topology::PerCluster) => Topology::PerCluster,
    };
    check_options(engine, said, charts, findings);
    if engine == SaidEngine::Flux {
        check_address(repository, findings);
    }
    if engine != SaidEngine::Flux || topology == Topology::PerCluster {
        without_effect(admitted, findings);
    }
    let applications = applications(said);
    check_order(engine, topology, applications, said, findings);
    let path = said.path.as_ref().map_or("out", |path| path.as_str());
    let or = |said: &Option<Spot<String>>, default: &str| {
        said.as_ref().map_or(default, |said| said.as_str()).to_owned()
    };
    let secret = |said: &Option<said::LocalSecret>| said.as_ref().map(|secret| secret.name.value.clone());
    Some(Delivery {
        origin: origin.clone(),
        topology,
        repo_url: repository.value.clone(),
        target_revision: or(&said.target_revision, "main"),
        path: path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/"),
        decryption: said.decryption.as_ref().map(|decryption| match &decryption.plugin {
            Some(plugin) => Decryption::Plugin(plugin.value.clone()),
            None => Decryption::Sops {
                secret: decryption.secret_ref.as_ref().map(|secret| secret.name.value.clone()),
            },
        }),
        namespace: match engine {
            SaidEngine::ArgoCd => or(&said.namespace, "argocd"),
            SaidEngine::Flux => or(&said.namespace, "flux-system"),
        },
        secret: secret(&said.secret_ref),
        charts_secret: charts.and_then(|charts| secret(&charts.secret_ref)),
        waves: bind_waves(&said.waves, origin, admitted, clusters, findings),
        engine: match engine {
            SaidEngine::Flux => Engine::Flux,
            SaidEngine::ArgoCd => Engine::ArgoCd {
                applications,
                project: said.project.as_ref().map(|project| project.value.clone()),
                team_repositories: said
                    .workspace_projects
                    .iter()
                    .flat_map(|projects| &projects.source_repos)
                    .map(|repository| repository.value.clone())
                    .collect(),
            },
        },
    })
}

fn applications(said: &Said) -> Applications {
    match said.applications.map(|applications| *applications) {
        None | Some(said::Applications::Separate) => Applications::Separate,
        Some(said::Applications::AppOfApps) => Applications::AppOfApps,
        Some(said::Applications::ApplicationSet) => Applications::ApplicationSet,
    }
}

/// Options that only the other engine knows.
fn check_options(engine: SaidEngine, said: &Said, charts: Option<&Charts>, findings: &mut Findings) {
    let place = |spot: Option<Place>, field: &'static str| spot.map(|place| (field, place));
    let foreign = match engine {
        SaidEngine::Flux => [
            place(said.project.as_ref().map(|project| project.place), "project"),
            place(said.applications.as_ref().map(|applications| applications.place), "applications"),
            place(said.workspace_projects.as_ref().map(|projects| projects.place), "workspaceProjects"),
        ],
        SaidEngine::ArgoCd => [
            place(said.secret_ref.as_ref().map(|secret| secret.place), "secretRef"),
            place(
                charts.and_then(|charts| charts.secret_ref.as_ref()).map(|secret| secret.place),
                "charts.secretRef",
            ),
            None,
        ],
    };
    let (other, help) = match engine {
        SaidEngine::Flux => (
            "Argo CD",
            "leave it out: Flux orders its Kustomizations by `dependsOn`, and bounds a team by the service account \
             that its own Kustomizations name",
        ),
        SaidEngine::ArgoCd => (
            "Flux",
            "leave it out: Argo CD finds credentials in its own Secrets, labelled \
             `argocd.argoproj.io/secret-type: repository`",
        ),
    };
    for (field, place) in foreign.into_iter().flatten() {
        let message = format!("`{field}` is an option of {other}, and the engine is `{engine}`");
        findings.push(Finding::new(codes::FC710, message).at(place).help(help));
    }
}

/// Waves need something that waits for one before it lets the next go.
fn check_order(
    engine: SaidEngine,
    topology: Topology,
    applications: Applications,
    said: &Said,
    findings: &mut Findings,
) {
    let Some(first) = said.waves.first() else { return };
    let (message, help) = match (engine, topology, applications) {
        (_, Topology::PerCluster, _) => (
            "nothing orders waves where each cluster has an engine of its own",
            "write `topology: hub`, or leave `waves` out and let the engines follow branches that you move \
             one after the other",
        ),
        (SaidEngine::ArgoCd, Topology::Hub, Applications::Separate) => (
            "nothing orders waves of Applications that stand by themselves",
            "write `applications: app-of-apps`, or `applications: application-set`",
        ),
        _ => return,
    };
    findings.push(Finding::new(codes::FC712, message).at(first.place).help(help));
}

/// Flux's source-controller reads what has one of these schemes (its CRDs' patterns); git's short form is none.
fn check_address(address: &Spot<String>, findings: &mut Findings) {
    if ["https://", "http://", "ssh://", "oci://"].iter().any(|scheme| address.starts_with(scheme)) {
        return;
    }
    let message = format!("Flux cannot read a repository at `{address}`");
    let help = match address.split_once(':') {
        Some((host, path)) if host.contains('@') => format!("write `ssh://{host}/{path}`"),
        _ => "write a URL that starts with `https://`, `ssh://` or `oci://`".to_owned(),
    };
    findings.push(Finding::new(codes::FC713, message).at(address.place).help(help));
}

/// Only a Flux that runs elsewhere reads a cluster's kubeconfig.
fn without_effect(admitted: &Admitted, findings: &mut Findings) {
    for cluster in &admitted.intents.kubernetes_clusters {
        let Some(config) = &cluster.spec.kube_config else { continue };
        let message = "`spec.kubeConfig` has no effect in this fleet";
        let help = "Argo CD, and a Flux of the cluster's own, hold the credentials themselves";
        let finding = Finding::new(codes::FC113, message).at(config.key).help(help);
        findings.push(finding.object(cluster.reference("KubernetesCluster")));
    }
}
