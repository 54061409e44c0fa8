//! What the mesh of a cluster trusts today, before its first `cacerts` of this fleet.

use std::sync::Arc;

use super::super::mesh::{Phase, PresentRoots, Trust};
use super::{pem, roots};
use crate::admit::Admitted;
use crate::kinds::inventory::Item;
use crate::kinds::{KubernetesClusterSpec, Object};
use crate::report::codes::{FC607, FC612};
use crate::report::{Finding, Findings};
use crate::source::Place;

/// `currentRoot`, else the ConfigMap istio-ca-root-cert of the inventory; `greenfield` says that there is nothing.
pub(super) fn present_roots(
    admitted: &Admitted,
    cluster: &Object<KubernetesClusterSpec>,
    trust: &Trust,
    findings: &mut Findings,
) -> PresentRoots {
    let mut found = Vec::new();
    let present = decide(admitted, cluster, trust, &mut found);
    for finding in found {
        findings.push(finding.object(cluster.reference("KubernetesCluster")));
    }
    present
}

fn decide(
    admitted: &Admitted,
    cluster: &Object<KubernetesClusterSpec>,
    trust: &Trust,
    found: &mut Vec<Finding>,
) -> PresentRoots {
    let dropped = trust.rotation.as_ref().filter(|rotation| rotation.phase == Phase::DropOld);
    if let Some(said) = &cluster.spec.current_root {
        if cluster.spec.greenfield {
            let message = "a cluster without a mesh has no current root";
            let finding = Finding::new(FC612, message).at(said.place);
            found.push(finding.help("leave out `greenfield` if a mesh runs there, else `currentRoot`"));
        }
        if let Some(rotation) = dropped.filter(|rotation| rotation.from == **said) {
            return PresentRoots::Dropped(rotation.from.clone());
        }
        if let Some(root) = trust.root(said) {
            return PresentRoots::Known(vec![root.pem.clone()], said.place);
        }
        let path = said.strip_prefix("./").unwrap_or(said);
        if !path.ends_with(".pem") && !path.ends_with(".crt") {
            found.push(roots::unknown(said, &trust.roots));
            return PresentRoots::Unknown;
        }
        // a file that is missing is a finding of its own
        let Some(file) = admitted.files.get(path) else { return PresentRoots::Unknown };
        return match pem::certificates(path, file) {
            Ok((certificates, _)) => known(certificates, said.place, trust, found),
            Err(finding) => {
                found.push(finding.because("named here", said.place));
                PresentRoots::Unknown
            }
        };
    }
    if cluster.spec.greenfield {
        return PresentRoots::Greenfield;
    }
    let config_map = admitted.inventory.iter().find_map(|object| {
        let here = object.scope.cluster().is_none_or(|scope| scope == *cluster.name);
        match &object.item {
            Item::TrustedRoots(text) if here => Some((text.as_ref()?, object.place)),
            _ => None,
        }
    });
    if let Some((text, place)) = config_map
        && let Ok(certificates) = pem::blocks(text)
        && !certificates.is_empty()
    {
        return match dropped {
            // the map is as old as its dump; what it says of a root that goes is no news
            Some(rotation) => PresentRoots::Dropped(rotation.from.clone()),
            None => known(certificates, place, trust, found),
        };
    }
    found.push(
        Finding::new(FC607, format!("nothing says which root the mesh of cluster `{}` trusts today", cluster.name))
            .at(cluster.place)
            .help("if a mesh runs there, name its root: `currentRoot: <PEM file>`, or put its ConfigMap istio-ca-root-cert into the inventory; if none does, say `greenfield: true`"),
    );
    PresentRoots::Unknown
}

/// A committed bundle that leaves out a root of today would cut off everything signed under it.
fn known(certificates: Vec<Arc<str>>, place: Place, trust: &Trust, found: &mut Vec<Finding>) -> PresentRoots {
    let missing =
        certificates.iter().filter(|present| trust.roots.iter().all(|root| !pem::same(&root.pem, present)));
    if let (Some(bundle), 1..) = (trust.roots.first(), missing.count()) {
        found.push(
            Finding::new(FC612, "the mesh trusts a root today that the bundle leaves out")
                .at(place)
                .because("the bundle begins here", bundle.place)
                .help("list today's root first in `rootBundle` and rotate: `rotation: {from: <today's>, to: <new>, phase: trust-both}`; \
                       if the rotation is over, say here what the mesh trusts now"),
        );
    }
    PresentRoots::Known(certificates, place)
}
