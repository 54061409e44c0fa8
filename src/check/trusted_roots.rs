//! FC614, FC615, FC619: the root of every cluster's signer is trusted by every cluster (SPEC section 7).

use std::collections::BTreeMap;

use crate::bind::{Cluster, Mesh, Root, Trust};
use crate::report::codes::{FC614, FC615, FC619};
use crate::report::{Finding, Findings};

/// Every pair of clusters that call each other, as this commit has them. Changes between commits are another matter.
pub fn trusted_roots(mesh: &Mesh, findings: &mut Findings) {
    // A draining cluster still calls the others; one that delivery has let go of stays as it is, whatever is written here.
    let members: Vec<&Cluster> = mesh.delivered().map(|(_, cluster)| cluster).collect();
    let committed: Vec<(&Cluster, &Trust, &Root)> = members
        .iter()
        .filter_map(|cluster| {
            let trust = cluster.trust.as_ref()?;
            Some((*cluster, trust, trust.signing_root()?))
        })
        .collect();
    if !untrusted(&committed, findings) {
        side_by_side(&committed, findings);
    }
    let Some((cluster, _, root)) = committed.first().filter(|_| committed.len() < members.len()) else {
        return;
    };
    let others: Vec<String> = members
        .iter()
        .filter(|member| committed.iter().all(|(cluster, ..)| cluster.name != member.name))
        .map(|member| format!("`{}`", member.name))
        .collect();
    findings.push(
        Finding::new(
            FC619,
            format!("cluster `{}` trusts committed roots, and nothing says under which roots others sign", cluster.name),
        )
        .at(root.place)
        .object(&*cluster.origin.name)
        .help(format!(
            "commit the roots of the others too: {}\nif one signs under a root that is not in this bundle, calls between it and `{}` fail",
            others.join(", "),
            cluster.name
        )),
    );
}

/// One finding for each policy that leaves out a root; whether there is one.
fn untrusted(committed: &[(&Cluster, &Trust, &Root)], findings: &mut Findings) -> bool {
    let mut told = BTreeMap::new();
    for (signer, _, root) in committed {
        for (truster, trust, _) in committed {
            let Some(bundle) = trust.roots.first() else { continue };
            if trust.roots.iter().all(|trusted| !trusted.same(root)) {
                told.entry((bundle.place, root.place)).or_insert((*signer, *root, *truster));
            }
        }
    }
    let any = !told.is_empty();
    for ((bundle, place), (signer, root, truster)) in told {
        findings.push(
            Finding::new(
                FC614,
                format!(
                    "cluster `{}` does not trust the root `{}`, under which cluster `{}` signs",
                    truster.name, root.name, signer.name
                ),
            )
            .at(bundle)
            .object(&*truster.origin.name)
            .because(format!("`{}` is committed here", root.name), place)
            .help(format!(
                "list it in this bundle too: `- {{name: {}, file: {}}}`, and say under which root this policy signs: `agentCa.signedBy`",
                root.name, root.file
            )),
        );
    }
    any
}

/// Meshes with roots of their own trust all of them, and ztunnel binds none to a trust domain.
fn side_by_side(committed: &[(&Cluster, &Trust, &Root)], findings: &mut Findings) {
    let mut roots: Vec<(&Root, Vec<&str>)> = Vec::new();
    for (cluster, _, root) in committed {
        match roots.iter_mut().find(|(known, _)| known.same(root)) {
            Some((_, clusters)) => clusters.push(&cluster.name),
            None => roots.push((root, vec![&cluster.name])),
        }
    }
    let [(first, _), _, ..] = roots.as_slice() else { return };
    let listed: Vec<String> =
        roots.iter().map(|(root, clusters)| format!("`{}`: {}", root.name, clusters.join(", "))).collect();
    findings.push(
        Finding::new(FC615, format!("the clusters sign under {} roots, and each trusts them all", roots.len()))
            .at(first.place)
            .help(format!(
                "{}\nwhoever holds one of them can issue any identity of any trust domain: ztunnel binds no root to a trust domain (istio/istio#61719)",
                listed.join("; ")
            )),
    );
}
