//! Who signs, what ends when, and how far rotations are. Public certificates alone; no day but the one that is given.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::clusters::{Names, standing};
use crate::bind::{Issuer, KeySource, Mesh, Phase, Trust};
use crate::page::{Broken, Section, fill};
use crate::source::Sources;
use crate::trust::{Certificate, Day};

#[derive(Serialize)]
struct Certificates {
    now: Option<String>,
    roots: Vec<Row>,
    signers: Vec<Signer>,
    rotations: Vec<Rotation>,
}

/// A certificate of the fleet.
#[derive(Serialize)]
struct Row {
    name: String,
    subject: String,
    fingerprint: String,
    ends: String,
    /// Days from the day that is given.
    left: Option<i64>,
    place: String,
    clusters: String,
}

/// What some clusters sign with.
#[derive(Serialize)]
struct Signer {
    clusters: String,
    source: String,
    signed_by: Option<String>,
    /// The certificate's last day, where it is in the fleet.
    ends: Option<String>,
    left: Option<i64>,
    policies: Vec<String>,
}

#[derive(Serialize)]
struct Rotation {
    from: String,
    to: String,
    /// 0, 1 or 2.
    phase: usize,
    since: Option<String>,
    place: String,
    clusters: String,
}

/// The section. With a day, what is left until then.
pub fn section(mesh: &Mesh, sources: &Sources, names: &Names, now: Option<&str>) -> Result<Section, Broken> {
    let today = now.and_then(Day::parse);
    let left = |day: Day| today.map(|today| day.0 - today.0);
    /// From, to, phase, since, place.
    type Step = (String, String, usize, Option<String>, String);
    /// Source, root, last day, days left, objects.
    type Key = (String, Option<String>, Option<String>, Option<i64>, Vec<String>);
    let mut roots: BTreeMap<(String, String), (BTreeSet<usize>, String)> = BTreeMap::new();
    let mut signers: BTreeMap<Key, BTreeSet<usize>> = BTreeMap::new();
    let mut rotations: BTreeMap<Step, BTreeSet<usize>> = BTreeMap::new();
    for (index, cluster) in mesh.clusters.iter().enumerate() {
        let Some(trust) = &cluster.trust else {
            let own = ("istiod signs for itself".to_owned(), None, None, None, Vec::new());
            signers.entry(own).or_default().insert(index);
            continue;
        };
        for root in &trust.roots {
            let key = (root.name.clone(), root.pem.to_string());
            let place = standing(sources, root.place);
            roots.entry(key).or_insert_with(|| (BTreeSet::new(), place)).0.insert(index);
        }
        let minted = minted(trust);
        let key = (
            source(&trust.source),
            trust.signed_by.clone(),
            minted.as_ref().map(|day| day.to_string()),
            minted.and_then(left),
            trust.origins.iter().map(|origin| origin.name.to_string()).collect(),
        );
        signers.entry(key).or_default().insert(index);
        if let Some(rotation) = &trust.rotation {
            let phase = match rotation.phase {
                Phase::TrustBoth => 0,
                Phase::SignNew => 1,
                Phase::DropOld => 2,
            };
            let place = standing(sources, rotation.place);
            let key =
                (rotation.from.clone(), rotation.to.clone(), phase, rotation.phase_since.clone(), place);
            rotations.entry(key).or_default().insert(index);
        }
    }
    let roots = roots.into_iter().filter_map(|((name, pem), (clusters, place))| {
        // what cannot be read is an error of the build, so it is not here
        let certificate = Certificate::from_pem(&pem).ok()?;
        let ends = certificate.not_after.day();
        Some(Row {
            name,
            subject: certificate.subject,
            fingerprint: certificate.fingerprint,
            ends: ends.to_string(),
            left: left(ends),
            place,
            clusters: names.of(&clusters),
        })
    });
    let certificates = Certificates {
        now: now.map(str::to_owned),
        roots: roots.collect(),
        signers: signers
            .into_iter()
            .map(|((source, signed_by, ends, left, policies), clusters)| Signer {
                clusters: names.of(&clusters),
                source,
                signed_by,
                ends,
                left,
                policies,
            })
            .collect(),
        rotations: rotations
            .into_iter()
            .map(|((from, to, phase, since, place), clusters)| Rotation {
                from,
                to,
                phase,
                since,
                place,
                clusters: names.of(&clusters),
            })
            .collect(),
    };
    Ok(Section {
        id: "certificates",
        title: "Certificates".into(),
        count: (!certificates.roots.is_empty()).then_some(certificates.roots.len()),
        body: fill("report/certificates.html", &certificates)?,
    })
}

/// The last day of the intermediate that the offline CA minted.
fn minted(trust: &Trust) -> Option<Day> {
    let KeySource::Generated(generated) = &trust.source else { return None };
    let pem = generated.minted.as_ref()?.certificate.certificates.first()?;
    Some(Certificate::from_pem(pem).ok()?.not_after.day())
}

fn source(source: &KeySource) -> String {
    match source {
        KeySource::Issued(Issuer::Named { kind, name, .. }) => format!("cert-manager, {kind} {name}"),
        KeySource::Issued(Issuer::Vault(vault)) => format!("cert-manager, Vault at {}", vault.server),
        KeySource::Issued(Issuer::AwsPrivateCa { .. }) => "cert-manager, AWS Private CA".to_owned(),
        KeySource::Stored(key) => format!("External Secrets, {} {}", key.kind, key.store),
        KeySource::Generated(_) => "the offline CA".to_owned(),
    }
}
