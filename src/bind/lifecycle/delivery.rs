//! The Fleet's `delivery` → [`Delivery`].

use crate::admit::Admitted;
use crate::bind::{Decryption, Delivery};
use crate::kinds::Spot;
use crate::kinds::fleet::Engine;
use crate::report::{Finding, Findings, codes};
use crate::source::Origin;

/// How the trees reach the clusters; `None` without a repository that holds them.
pub fn bind_delivery(admitted: &Admitted, findings: &mut Findings) -> Option<Delivery> {
    let fleet = admitted.intents.fleets.first();
    let origin = fleet.map(|fleet| Origin { name: fleet.reference("Fleet").into(), place: fleet.place });
    let said = fleet.and_then(|fleet| fleet.spec.delivery.as_ref());
    let engine = said.and_then(|said| said.engine).filter(|engine| **engine == Engine::Flux);
    if let Some(engine) = engine {
        let message = "the delivery engine `flux` is not compiled";
        let help = "write `engine: argocd`, or leave the line out";
        findings.push(Finding::new(codes::FC710, message).at(engine.place).help(help));
    }
    if let Some(project) = said.and_then(|said| said.project.as_ref()) {
        let message = format!("the AppProject `{project}` cannot be used: fleetc renders the fleet's own");
        findings.push(Finding::new(codes::FC710, message).at(project.place).help("leave `project` out"));
    }
    let repository = said.and_then(|said| said.repo_url.as_ref());
    let (Some(said), Some(origin), Some(repository)) = (said, &origin, repository) else {
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
    let or = |said: &Option<Spot<String>>, default: &str| {
        said.as_ref().map_or(default, |said| said.as_str()).to_owned()
    };
    let path = or(&said.path, "out");
    Some(Delivery {
        origin: origin.clone(),
        repo_url: repository.value.clone(),
        target_revision: or(&said.target_revision, "main"),
        path: path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/"),
        namespace: or(&said.namespace, "argocd"),
        decryption: said.decryption.as_ref().map(|decryption| match &decryption.plugin {
            Some(plugin) => Decryption::Plugin(plugin.value.clone()),
            None => Decryption::Sops {
                secret: decryption.secret_ref.as_ref().map(|secret| secret.name.value.clone()),
            },
        }),
    })
}
