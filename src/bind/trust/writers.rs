//! Exactly one object writes `cacerts`: one that the inventory shows would fight with the rendered one.

use std::collections::BTreeMap;

use super::super::ROOT_NAMESPACE;
use super::super::inventory::is_own;
use super::super::mesh::{EncryptedKey, KeySource, Trust};
use crate::kinds::inventory::{InventoryObject, Item};
use crate::report::codes::FC602;
use crate::report::{Finding, Findings};
use crate::source::Place;

/// Says that an object of the inventory is given up by whoever delivers it today, and taken over by the rendered one.
const ADOPTED: &str = "fleetc.dev/adopted";
/// On a Secret that cert-manager writes: the Certificate.
const CERTIFICATE: &str = "cert-manager.io/certificate-name";
/// On a Secret that the External Secrets Operator writes.
const EXTERNAL: &str = "reconcile.external-secrets.io/managed";

/// Reports writers that the inventory shows in a cluster that gets its `cacerts` from a policy, named with its place.
pub(super) fn other_writers(
    inventory: &[InventoryObject],
    trusts: &BTreeMap<String, (Trust, Place)>,
    findings: &mut Findings,
) {
    let writers = inventory.iter().filter(|object| {
        matches!(object.item, Item::CaCertificates(_))
            && object.namespace == ROOT_NAMESPACE
            && !is_own(object)
    });
    for writer in writers {
        let here = |cluster: &str| writer.scope.cluster().is_none_or(|scope| scope == cluster);
        let fights = |trust: &Trust| !is_taken_over(writer, writer_kind(trust));
        let mut governed = trusts.iter().filter(|(cluster, _)| here(cluster));
        let Some((cluster, (trust, policy))) = governed.find(|(_, (trust, _))| fights(trust)) else {
            continue;
        };
        let (kind, name) = (&writer.kind, &writer.name);
        findings.push(
            Finding::new(
                FC602,
                format!("{kind} `{}/{name}` writes `cacerts` in cluster `{cluster}` already", writer.namespace),
            )
            .at(writer.place)
            .object(writer.reference())
            .because("this policy gives the cluster its `cacerts` too", *policy)
            .help(match is_adoptable(writer, writer_kind(trust)) {
                true => format!(
                    "exactly one object writes it: leave the cluster out of the policy; or, once nothing else delivers this {kind}, annotate it here with `{ADOPTED}: \"true\"`, and the rendered one takes its place"
                ),
                false => format!(
                    "exactly one object writes it: leave the cluster out of the policy; or delete this {kind} in the cluster, then here: the rendered {} would not replace it",
                    writer_kind(trust)
                ),
            }),
        );
    }
}

/// What is rendered to write `cacerts`.
pub(super) fn writer_kind(trust: &Trust) -> &'static str {
    match &trust.source {
        KeySource::Issued(_) if trust.roots.is_empty() => "Certificate",
        KeySource::Issued(_) | KeySource::Stored(_) => "ExternalSecret",
        KeySource::Generated(generated) => match generated.minted.as_ref().map(|minted| &minted.key) {
            Some(EncryptedKey::Sealed(_)) => "SealedSecret",
            Some(EncryptedKey::Sops(_)) | None => "Secret",
        },
    }
}

/// Applied, an object of the same kind and name is the same object; the Secret itself is what every writer writes.
fn is_adoptable(writer: &InventoryObject, kind: &str) -> bool {
    (writer.kind == kind || writer.kind == "Secret") && writer.name == "cacerts"
}

fn is_taken_over(writer: &InventoryObject, kind: &str) -> bool {
    let adopted = writer.annotations.get(ADOPTED).is_some_and(|value| value == "true");
    let of_ours = writer.kind == "Secret"
        && match kind {
            "Certificate" => writer.annotations.get(CERTIFICATE).is_some_and(|name| name == "cacerts"),
            "ExternalSecret" => writer.labels.get(EXTERNAL).is_some_and(|value| value == "true"),
            _ => false,
        };
    of_ours || (adopted && is_adoptable(writer, kind))
}
