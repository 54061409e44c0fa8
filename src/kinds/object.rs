//! What every input object has: the kind's place in the list, metadata, the scope it was found in.

use super::decode::{Decode, Decoder, Field};
use super::values::{Labels, Spot, Unread};
use crate::report::{Finding, codes};
use crate::source::Place;
use crate::yaml::{Entry, Node, Value};

/// The namespace of Gloo's management plane: an object without a namespace is in it, where its kind allows that.
pub const ADMIN_NAMESPACE: &str = "gloo-mesh";

/// One input object. Its name and namespace are valid DNS names; its spec holds no unknown field.
#[derive(Debug, Clone)]
pub struct Object<S> {
    /// The group and version it was written with.
    pub api_version: Spot<String>,
    /// The name.
    pub name: Spot<String>,
    /// The namespace; empty for a Fleet. Where the document names none, its place is that of the name.
    pub namespace: Spot<String>,
    /// Labels.
    pub labels: Labels,
    /// Annotations.
    pub annotations: Labels,
    /// What it says.
    pub spec: S,
    /// Where a finding about the whole object stands: the value of `metadata.name`.
    pub place: Place,
    /// Where in the fleet directory it was found.
    pub scope: Scope,
}

/// Where in the fleet directory a document was found: which clusters it holds for as inventory, or was applied in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Scope {
    /// Outside `clusters/`: inventory of every cluster, intent of the fleet.
    #[default]
    Fleet,
    /// Below `clusters/_all/`.
    AllClusters,
    /// Below `clusters/<cluster>/`.
    Cluster(String),
}

impl Scope {
    /// The scope of a file, from its path in the fleet directory.
    pub fn of(path: &str) -> Self {
        let mut parts = path.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("clusters"), Some("_all"), Some(_)) => Scope::AllClusters,
            (Some("clusters"), Some(cluster), Some(_)) => Scope::Cluster(cluster.to_owned()),
            _ => Scope::Fleet,
        }
    }

    /// The one cluster it is about; `None`: all of them.
    pub fn cluster(&self) -> Option<&str> {
        match self {
            Scope::Cluster(cluster) => Some(cluster),
            Scope::Fleet | Scope::AllClusters => None,
        }
    }
}

/// One line of the list of kinds.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The kind.
    pub name: &'static str,
    /// The groups and versions it is read with, the usual one first.
    pub api_versions: &'static [&'static str],
    /// What a document without a namespace means.
    pub namespace: Namespaced,
    /// A document of this kind.
    pub example: &'static str,
}

/// What a document without a namespace means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespaced {
    /// It is in the admin namespace.
    Admin,
    /// It is an error: in the admin namespace such an object would hold for the whole fleet.
    Named,
    /// The kind has no namespace.
    Never,
}

record! {
    /// Name, namespace, labels and annotations; what the API server adds is passed over.
    pub struct Metadata {
        /// The name.
        pub name: Spot<String>,
        /// The namespace.
        pub namespace: Option<Spot<String>>,
        /// Labels.
        pub labels: Labels,
        /// Annotations.
        pub annotations: Labels,
        /// Set by the API server.
        pub creation_timestamp: Unread,
        /// Set by the API server.
        pub deletion_grace_period_seconds: Unread,
        /// Set by the API server.
        pub deletion_timestamp: Unread,
        /// Set by controllers.
        pub finalizers: Unread,
        /// Used by the API server only when it makes up a name.
        pub generate_name: Unread,
        /// Set by the API server.
        pub generation: Unread,
        /// Set by the API server.
        pub managed_fields: Unread,
        /// Set by controllers.
        pub owner_references: Unread,
        /// Set by the API server.
        pub resource_version: Unread,
        /// Set by old API servers.
        pub self_link: Unread,
        /// Set by the API server.
        pub uid: Unread,
    }
}

/// The parts of a document, as the reader and the schema both name them.
const DOCUMENT: [Field; 5] = [
    Field { name: "api_version", keys: &[], doc: "The group and version." },
    Field { name: "kind", keys: &[], doc: "The kind." },
    Field { name: "metadata", keys: &[], doc: "Name, namespace, labels and annotations." },
    Field { name: "spec", keys: &[], doc: "What the object says." },
    Field { name: "status", keys: &[], doc: "Written by a cluster; passed over." },
];

impl<S: Decode> Object<S> {
    /// Reads a whole document of a kind; `api_version` is given, as the items of a list may leave it out. `None` if its
    /// name, namespace or spec cannot be read; the findings say why.
    pub fn decode(
        kind: &Kind,
        api_version: Spot<String>,
        node: &Node,
        scope: &Scope,
        decoder: &mut Decoder,
    ) -> Option<Self> {
        static FIELDS: &[Field] = &DOCUMENT;
        let [_, _, metadata, spec, _] = FIELDS else { return None };
        let entries = decoder.mapping(node)?;
        decoder.set_object(document_name(kind.name, entries));
        decoder.unknown(entries, FIELDS);
        let metadata = decoder.field::<Metadata>(entries, metadata);
        let metadata = metadata.and_then(|metadata| {
            let namespace = namespace(kind, &metadata, decoder);
            check_name("metadata.name", &metadata.name, decoder).then_some((metadata, namespace?))
        });
        // A missing spec is an empty one: the fields it must have are reported, and a kind may have none.
        let written = entries.iter().any(|entry| entry.key == "spec" && !super::decode::is_null(&entry.node));
        let spec = if written {
            decoder.field::<S>(entries, spec)
        } else {
            let place = metadata.as_ref().map_or(node.place, |(metadata, _)| metadata.name.place);
            let node = Node { place, value: Value::Mapping(Vec::new()) };
            let empty = [Entry { key: "spec".into(), key_place: place, node }];
            decoder.field::<S>(&empty, spec)
        };
        let ((metadata, namespace), spec) = (metadata?, spec?);
        let Metadata { name, labels, annotations, .. } = metadata;
        let place = name.place;
        Some(Object { api_version, name, namespace, labels, annotations, spec, place, scope: scope.clone() })
    }
}

impl<S: PartialEq> Object<S> {
    /// Whether both say the same, wherever they stand and whichever version of the API they were written with.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.name == other.name
            && self.namespace == other.namespace
            && self.labels == other.labels
            && self.annotations == other.annotations
            && self.spec == other.spec
    }
}

impl<S> Object<S> {
    /// `Kind/namespace/name`, as waivers and the source annotation name it.
    pub fn reference(&self, kind: &str) -> String {
        object_name(kind, &self.namespace, &self.name)
    }
}

/// `Kind/namespace/name`, or `Kind/name` where there is no namespace.
pub fn object_name(kind: &str, namespace: &str, name: &str) -> String {
    if namespace.is_empty() { format!("{kind}/{name}") } else { format!("{kind}/{namespace}/{name}") }
}

/// True for a DNS-1123 subdomain: at most 253 lower case letters, digits, `-` and `.`, labels of at most 63.
pub fn is_dns_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_dns_label)
}

/// True for a DNS-1123 label: at most 63 lower case letters, digits and `-`, with neither end a `-`.
pub fn is_dns_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !label.is_empty()
        && label.len() <= 63
        && label.bytes().all(inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// True for what Kubernetes takes for the value of a label: at most 63 letters, digits, `-`, `_` and `.`, with letters or
/// digits at both ends.
pub fn is_label_value(value: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    value.len() <= 63 && value.bytes().all(inner) && ends(value.bytes().next()) && ends(value.bytes().last())
}

/// True for a trust domain as SPIFFE has it (SPIFFE-ID section 2.1): lower case letters, digits, `.`, `-` and `_`. In a
/// principal anything else would match more, or nothing.
pub fn is_trust_domain(value: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    (1..=255).contains(&value.len()) && value.bytes().all(inner)
}

/// Reports a name that Kubernetes would refuse.
pub(super) fn check_name(field: &str, name: &Spot<String>, decoder: &mut Decoder) -> bool {
    let valid = is_dns_name(name);
    if !valid {
        let message = format!("`{}` is not allowed for `{field}`", name.value);
        let help = "a name has lower case letters, digits, `-` and `.`, and no `_`";
        decoder.report(Finding::new(codes::FC109, message).at(name.place).help(help));
    }
    valid
}

/// Reports those fields of a record that Kubernetes would not take for names.
pub(super) fn check_names(fields: &[(&str, Option<&Spot<String>>)], decoder: &mut Decoder) {
    for (field, name) in fields {
        if let Some(name) = name {
            check_name(&format!("{}.{field}", decoder.path()), name, decoder);
        }
    }
}

fn namespace(kind: &Kind, metadata: &Metadata, decoder: &mut Decoder) -> Option<Spot<String>> {
    match (&metadata.namespace, kind.namespace) {
        (Some(namespace), _) => {
            check_name("metadata.namespace", namespace, decoder).then(|| namespace.clone())
        }
        (None, Namespaced::Admin) => Some(Spot::new(ADMIN_NAMESPACE.into(), metadata.name.place)),
        (None, Namespaced::Never) => Some(Spot::new(String::new(), metadata.name.place)),
        (None, Namespaced::Named) => {
            let finding =
                Finding::new(codes::FC107, "`metadata.namespace` is missing").at(metadata.name.place);
            let help = format!("write it out; in `{ADMIN_NAMESPACE}` the object holds for the whole fleet");
            decoder.report(finding.help(help));
            None
        }
    }
}

/// The object's name as far as it can be read, for findings about what cannot.
pub fn document_name(kind: &str, entries: &[Entry]) -> String {
    let metadata = entries.iter().find(|entry| entry.key == "metadata").map(|entry| &entry.node);
    let text = |key| metadata.and_then(|node| node.get(key)).and_then(Node::as_text).unwrap_or_default();
    object_name(kind, text("namespace"), text("name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_is_read_from_the_path() {
        assert_eq!(Scope::of("clusters/east/a/b.yaml"), Scope::Cluster("east".into()));
        assert_eq!(Scope::of("clusters/_all/b.yaml"), Scope::AllClusters);
        assert_eq!(Scope::of("clusters/east.yaml"), Scope::Fleet);
        assert_eq!(Scope::of("intent/clusters/east/b.yaml"), Scope::Fleet);
    }

    #[test]
    fn a_trust_domain_is_no_pattern() {
        for good in ["cluster.local", "a_b-1.example"] {
            assert!(is_trust_domain(good), "{good}");
        }
        for bad in ["", "*", "bank/example", "Bank", "a b"] {
            assert!(!is_trust_domain(bad), "{bad}");
        }
    }

    #[test]
    fn a_label_has_limits() {
        for good in ["", "east", "US_east.1"] {
            assert!(is_label_value(good), "{good}");
        }
        for bad in ["-a", "a.", "a/b", "a b", &"a".repeat(64)] {
            assert!(!is_label_value(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_dns_names() {
        for good in ["a", "cluster-1", "root.gloo-mesh"] {
            assert!(is_dns_name(good), "{good}");
        }
        for bad in ["", "cluster_1", "-a", "a-", "A", "a..b", &"a".repeat(64)] {
            assert!(!is_dns_name(bad), "{bad}");
        }
    }
}
