//! Keys of the offline CA, encrypted for one cluster each: exactly the form that can be rendered without decrypting it.

use crate::kinds::ca_source::files::{ENCRYPTED_REGEX, KEY};
use crate::manifest::{SealedSecret, Secret};
use crate::report::codes::FC610;
use crate::report::{Finding, Findings};
use crate::source::{FileId, Place};
use crate::yaml::{self, Node, Resolved, Value};

/// The private key that a cluster signs with, encrypted for that cluster.
#[derive(Debug, Clone, PartialEq)]
pub enum EncryptedKey {
    /// Encrypted by SOPS; the delivery engine decrypts it.
    Sops(Box<Secret>),
    /// Sealed; a controller in the cluster decrypts it.
    Sealed(Box<SealedSecret>),
}

/// Other ways to write the regular expression that matches the private key alone.
const REGEXES: [&str; 4] = [ENCRYPTED_REGEX, "^ca-key.pem$", r"^(ca-key\.pem)$", "^(ca-key.pem)$"];

const NAME: (&str, &str) = ("istio-system", "cacerts");

/// Reads the one document of such a file. `None` if it cannot be rendered as it is, which is a finding.
pub(super) fn read(id: FileId, documents: &[Node], findings: &mut Findings) -> Option<(EncryptedKey, Place)> {
    let [node] = documents else {
        let message = format!("the file holds {} documents, not one", documents.len());
        let finding = Finding::new(FC610, message).at(Place::new(id, 0, 0));
        findings
            .push(finding.help("it holds the Secret `cacerts` of one cluster, encrypted, and nothing else"));
        return None;
    };
    let text = |key| node.get(key).and_then(Node::as_text);
    let read = match (text("apiVersion"), text("kind")) {
        (Some("v1"), Some("Secret")) => sops(node).map(|secret| EncryptedKey::Sops(Box::new(secret))),
        (Some("bitnami.com/v1alpha1"), Some("SealedSecret")) => {
            sealed(node).map(|secret| EncryptedKey::Sealed(Box::new(secret)))
        }
        _ => Err(Refusal::new(
            node.place,
            "this is neither a Secret encrypted by SOPS nor a SealedSecret",
            LAYOUT,
        )),
    };
    match read {
        Ok(key) => Some((key, place(node))),
        Err(refusal) => {
            findings.push(Finding::new(FC610, refusal.message).at(refusal.place).help(refusal.help));
            None
        }
    }
}

/// Whether a document is one of SOPS that is no Kubernetes object, such as the root's key for its operators.
pub(super) fn is_sops(node: &Node) -> bool {
    let mac = node.get("sops").and_then(|sops| sops.get("mac")).and_then(Node::as_text);
    mac.is_some_and(|mac| mac.starts_with("ENC[")) && node.get("kind").is_none()
}

const LAYOUT: &str = "`fleetc ca issue` writes it; by hand: a Secret `istio-system/cacerts` with `stringData.ca-key.pem` alone, \
                      encrypted by `sops --encrypted-regex '^ca-key\\.pem$' --mac-only-encrypted`";

struct Refusal {
    place: Place,
    message: String,
    help: &'static str,
}

impl Refusal {
    fn new(place: Place, message: impl Into<String>, help: &'static str) -> Self {
        Refusal { place, message: message.into(), help }
    }
}

fn sops(node: &Node) -> Result<Secret, Refusal> {
    only(node, &["apiVersion", "kind", "metadata", "type", "data", "stringData", "sops"])?;
    named(node)?;
    let Some(sops) = node.get("sops") else {
        return Err(Refusal::new(place(node), "this Secret is not encrypted by SOPS", LAYOUT));
    };
    let flag = |key| {
        let scalar = sops.get(key).and_then(Node::as_scalar);
        matches!(scalar.map(|scalar| scalar.resolve()), Some(Resolved::Bool(true)))
    };
    if !flag("mac_only_encrypted") {
        let message = "the MAC of this file covers its metadata, to which a build adds";
        let help = "encrypt it again with `--mac-only-encrypted` (SOPS 3.9 or later)";
        return Err(Refusal::new(sops.place, message, help));
    }
    let regex = sops.get("encrypted_regex");
    if !regex.and_then(Node::as_text).is_some_and(|regex| REGEXES.contains(&regex)) {
        let message = "this file would have the certificates encrypted too, which a build adds in clear";
        let help =
            "encrypt the private key alone: `sops --encrypted-regex '^ca-key\\.pem$' --mac-only-encrypted`";
        return Err(Refusal::new(regex.map_or(sops.place, |regex| regex.place), message, help));
    }
    let values =
        ["stringData", "data"].into_iter().filter_map(|field| node.get(field)?.as_mapping()).flatten();
    let values: Vec<_> = values.collect();
    let [value] = values.as_slice() else {
        let message = format!("this Secret holds {} values, not `{KEY}` alone", values.len());
        return Err(Refusal::new(place(node), message, "certificates stand beside it in files of their own"));
    };
    if value.key != KEY {
        return Err(Refusal::new(
            value.key_place,
            format!("this Secret holds `{}`, not `{KEY}`", value.key),
            LAYOUT,
        ));
    }
    if !value.node.as_text().is_some_and(|text| text.starts_with("ENC[AES256_GCM,")) {
        return Err(Refusal::new(value.key_place, format!("`{KEY}` is not encrypted"), LAYOUT));
    }
    typed(node)
}

fn sealed(node: &Node) -> Result<SealedSecret, Refusal> {
    only(node, &["apiVersion", "kind", "metadata", "spec"])?;
    named(node)?;
    let spec = node.get("spec").unwrap_or(node);
    only(spec, &["encryptedData", "template"])?;
    if let Some(template) = spec.get("template") {
        only(template, &["metadata", "type"])?;
    }
    match spec.get("encryptedData").and_then(Node::as_mapping) {
        Some([value]) if value.key == KEY && value.node.as_text().is_some() => typed(node),
        _ => {
            let message = format!("this SealedSecret does not hold `{KEY}` alone");
            Err(Refusal::new(spec.place, message, "certificates stand beside it in files of their own"))
        }
    }
}

/// A field that would be lost is refused: what is decrypted must be what was encrypted.
fn only(node: &Node, fields: &[&str]) -> Result<(), Refusal> {
    let Value::Mapping(entries) = &node.value else {
        return Err(Refusal::new(node.place, "this is no mapping", LAYOUT));
    };
    match entries.iter().find(|entry| !fields.contains(&entry.key.as_str()) && entry.key != "status") {
        Some(entry) => {
            let message = format!("`{}` is not carried over to the cluster", entry.key);
            Err(Refusal::new(entry.key_place, message, "take the field out"))
        }
        None => Ok(()),
    }
}

fn named(node: &Node) -> Result<(), Refusal> {
    let metadata = |key| node.get("metadata").and_then(|metadata| metadata.get(key)).and_then(Node::as_text);
    if (metadata("namespace"), metadata("name")) == (Some(NAME.0), Some(NAME.1)) {
        return Ok(());
    }
    let message = format!("this is not the Secret `{}/{}`", NAME.0, NAME.1);
    Err(Refusal::new(place(node), message, "istiod reads its signing certificate from that Secret alone"))
}

fn typed<T: serde::de::DeserializeOwned>(node: &Node) -> Result<T, Refusal> {
    yaml::from_node(node).map_err(|error| Refusal::new(error.place, error.message, LAYOUT))
}

/// `metadata.name`'s value, or the document.
fn place(node: &Node) -> Place {
    let name = node.get("metadata").and_then(|metadata| metadata.get("name"));
    name.map_or(node.place, |name| name.place)
}
