//! `get certificates`: what each cluster signs with and what it trusts, one certificate a row.

use serde_json::{Value, json};

use super::Table;
use crate::bind::{Cluster, Issuer, KeySource, Mesh, Phase, Rotation, Trust};
use crate::trust::{self, Certificate, Day, Life, ROOT_LEAD, life};

/// The intermediate and the roots of every cluster, by cluster. What a certificate says is known where it is committed: a
/// signer that cert-manager or a store provides has a row without. With a day its life is judged; without one it is not.
pub fn certificates(mesh: &Mesh, now: Option<Day>) -> Table {
    let mut columns = vec!["name", "cluster", "type", "source", "signedBy", "notAfter", "phase"];
    if now.is_some() {
        columns.extend(["status", "daysLeft"]);
    }
    let mut table =
        Table::new(&columns).wide(&["subject", "sha256", "notBefore", "serial", "key", "origins"]);
    for cluster in &mesh.clusters {
        match &cluster.trust {
            None => table.row(Row::self_signed(cluster).cells(now)),
            Some(trust) => rows(cluster, trust).into_iter().for_each(|row| table.row(row.cells(now))),
        }
    }
    table
}

/// The same of one cluster, a line each.
pub fn of_cluster(cluster: &Cluster) -> Vec<String> {
    let rows = match &cluster.trust {
        None => vec![Row::self_signed(cluster)],
        Some(trust) => rows(cluster, trust),
    };
    let line = |row: Row<'_>| {
        let signed = row.signed_by.map_or_else(String::new, |by| format!(", signed by {by}"));
        let ends = row.certificate.map_or_else(String::new, |one| format!(", until {}", one.not_after));
        let phase = row.rotation.map_or_else(String::new, |rotation| {
            format!(", rotation from {} to {} in {}", rotation.from, rotation.to, phase(rotation.phase))
        });
        format!("{} ({}) from {}{signed}{ends}{phase}", row.name, row.role, row.source)
    };
    rows.into_iter().map(line).collect()
}

fn rows<'m>(cluster: &'m Cluster, trust: &'m Trust) -> Vec<Row<'m>> {
    let base = Row {
        name: "cacerts".to_owned(),
        cluster,
        role: "intermediate",
        source: source(&trust.source),
        signed_by: trust.signed_by.as_deref().map_or_else(|| issuer(&trust.source), |root| Some(root.into())),
        rotation: trust.rotation.as_ref(),
        certificate: None,
        lead: i64::from(trust.intermediate.renew_before_hours.div_ceil(24)),
        origins: trust.origins.iter().map(|origin| &*origin.name).collect(),
    };
    let mut rows = Vec::new();
    match &trust.source {
        KeySource::Generated(generated) => {
            let minted = generated.minted.iter().flat_map(|minted| &minted.chain.certificates);
            let read = minted.filter_map(|pem| Certificate::from_pem(pem).ok());
            // the root at the end of the chain has a row of its own
            let below = read.filter(|certificate| !certificate.is_self_issued());
            rows.extend(below.map(|certificate| Row { certificate: Some(certificate), ..base.clone() }));
        }
        KeySource::Issued(_) | KeySource::Stored(_) => rows.push(base.clone()),
    }
    rows.extend(trust.roots.iter().map(|root| Row {
        name: root.name.clone(),
        role: "root",
        source: root.file.clone(),
        signed_by: None,
        certificate: Certificate::from_pem(&root.pem).ok(),
        lead: ROOT_LEAD,
        ..base.clone()
    }));
    rows
}

#[derive(Clone)]
struct Row<'m> {
    name: String,
    cluster: &'m Cluster,
    role: &'static str,
    source: String,
    signed_by: Option<String>,
    rotation: Option<&'m Rotation>,
    certificate: Option<Certificate>,
    /// How many days before its end something should be done.
    lead: i64,
    origins: Vec<&'m str>,
}

impl<'m> Row<'m> {
    /// Without a policy istiod makes a root for itself, in the Secret of this name (istio security/pkg/pki/ca/ca.go).
    fn self_signed(cluster: &'m Cluster) -> Self {
        Row {
            name: "istio-ca-secret".to_owned(),
            cluster,
            role: "root",
            source: "istiod itself".to_owned(),
            signed_by: None,
            rotation: None,
            certificate: None,
            lead: 0,
            origins: Vec::new(),
        }
    }

    fn cells(self, now: Option<Day>) -> Vec<Value> {
        let phase = self.rotation.map(|rotation| {
            let (name, going, coming) = (phase(rotation.phase), &rotation.from, &rotation.to);
            match self.role {
                "root" if self.name == *going => format!("{name} (going)"),
                "root" if self.name == *coming => format!("{name} (coming)"),
                _ => name.to_owned(),
            }
        });
        let certificate = self.certificate.as_ref();
        let mut cells = vec![
            json!(self.name),
            json!(self.cluster.name),
            json!(self.role),
            json!(self.source),
            json!(self.signed_by),
            json!(certificate.map(|one| one.not_after.to_string())),
            json!(phase),
        ];
        if let Some(now) = now {
            cells.push(json!(certificate.map(|one| match life(one, now, self.lead) {
                Life::NotYet => "not yet",
                Life::Good => "good",
                Life::EndsSoon => "ends soon",
                Life::Ended => "ended",
            })));
            cells.push(json!(certificate.map(|one| one.not_after.day().0.saturating_sub(now.0))));
        }
        cells.extend([
            json!(certificate.map(|one| &one.subject)),
            json!(certificate.map(|one| &one.fingerprint)),
            json!(certificate.map(|one| one.not_before.to_string())),
            json!(certificate.map(|one| &one.serial)),
            json!(certificate.map(|one| one.key.to_string())),
            json!(self.origins),
        ]);
        cells
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::TrustBoth => trust::Phase::TrustBoth,
        Phase::SignNew => trust::Phase::SignNew,
        Phase::DropOld => trust::Phase::DropOld,
    }
    .name()
}

/// What fills `cacerts`.
fn source(source: &KeySource) -> String {
    match source {
        KeySource::Issued(_) => "cert-manager".to_owned(),
        KeySource::Stored(store) => format!("{}/{}", store.kind, store.store),
        KeySource::Generated(_) => "offline CA".to_owned(),
    }
}

/// Who signs, where no root is committed that says so.
fn issuer(source: &KeySource) -> Option<String> {
    match source {
        KeySource::Issued(Issuer::Named { kind, name, .. }) => Some(format!("{kind}/{name}")),
        KeySource::Issued(Issuer::Vault(vault)) => Some(format!("Vault {}", vault.path)),
        KeySource::Issued(Issuer::AwsPrivateCa { arn, .. }) => Some(arn.clone()),
        KeySource::Stored(_) | KeySource::Generated(_) => None,
    }
}
