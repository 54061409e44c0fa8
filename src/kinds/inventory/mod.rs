//! What runs in the clusters, as it is in git or as `kubectl get -o yaml` prints it.
//!
//! Reading is tolerant: a field that fleetc has no use for is passed over, a field of the wrong shape is an error.

mod gateway;
mod selector;
mod service;
mod workload;

pub use gateway::{
    AllowedListeners, AllowedNamespaces, AllowedRoutes, Gateway, GatewayAddress, GatewayListener,
};
pub use selector::{LabelRequirement, LabelSelector};
pub use service::{Service, ServicePort};
pub use workload::{
    Container, ContainerPort, CronJob, CronJobSpec, PodMetadata, PodSpec, PodTemplate, TemplateHolder,
    TemplateHolderSpec, Workload,
};

use super::callers::{self, Calls};
use super::decode::{Decode, Decoder};
use super::network_policy::NetworkPolicySpec;
use super::object::{Scope, is_dns_name, object_name};
use super::values::{Labels, Spot};
use crate::manifest;
use crate::report::{Finding, codes};
use crate::source::Place;
use crate::yaml::{self, Node};

/// One object of the inventory.
#[derive(Debug, Clone)]
pub struct InventoryObject {
    /// The clusters that have it.
    pub scope: Scope,
    /// The group and version.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty for an object of the whole cluster, `default` where a namespaced one names none.
    pub namespace: String,
    /// The name.
    pub name: String,
    /// Labels.
    pub labels: Labels,
    /// Annotations.
    pub annotations: Labels,
    /// Where a finding about the whole object stands: the value of `metadata.name`.
    pub place: Place,
    /// What it is.
    pub item: Item,
}

/// What an object of the inventory is.
#[derive(Debug, Clone)]
pub enum Item {
    /// A Namespace; its labels are all that matters.
    Namespace,
    /// A Service.
    Service(Service),
    /// A ServiceAccount; its name and labels are all that matters.
    ServiceAccount,
    /// Anything with a pod template, and pods themselves.
    Workload(Workload),
    /// A Gateway of the Gateway API.
    Gateway(Gateway),
    /// An AuthorizationPolicy that fleetc did not write.
    AuthorizationPolicy(Box<manifest::AuthorizationPolicy>),
    /// A PeerAuthentication that fleetc did not write.
    PeerAuthentication(Box<manifest::PeerAuthentication>),
    /// A RequestAuthentication.
    RequestAuthentication(Box<manifest::RequestAuthentication>),
    /// A NetworkPolicy.
    NetworkPolicy(Box<NetworkPolicySpec>),
    /// What calls Services from outside the mesh.
    Calls(Calls),
    /// What writes the Secret `cacerts`, or that Secret itself.
    CaCertificates(Box<Node>),
    /// A Node; the version of its kubelet, where its status is there.
    Node(Option<Spot<String>>),
    /// The ConfigMap `istio-ca-root-cert`: the roots that the cluster trusts today, in PEM, if it says any.
    TrustedRoots(Option<String>),
}

impl InventoryObject {
    /// `Kind/namespace/name`.
    pub fn reference(&self) -> String {
        object_name(&self.kind, &self.namespace, &self.name)
    }

    /// Reads a document; `None` if it is of no inventory kind ([`is_inventory`]) or cannot be read, which is a finding.
    pub fn decode(
        api_version: &str,
        kind: &str,
        node: &Node,
        scope: &Scope,
        decoder: &mut Decoder,
    ) -> Option<Self> {
        let head = Head::decode(node, decoder)?;
        let metadata = head.metadata;
        let namespaced = !is_cluster_scoped(api_version, kind);
        let namespace = match metadata.namespace {
            _ if !namespaced => String::new(),
            Some(namespace) => namespace.value,
            None => "default".into(),
        };
        let name = metadata.name;
        decoder.set_object(object_name(kind, &namespace, &name));
        // RBAC and APIService names may hold more than a DNS name; none of them reaches a rendered name.
        if namespaced && !is_dns_name(&name) {
            let message = format!("`{name}` is not allowed for `metadata.name`");
            decoder.report(
                Finding::new(codes::FC109, message).at(name.place).help("Kubernetes takes DNS names only"),
            );
            return None;
        }
        let item = Item::decode(api_version, kind, node, decoder)?;
        Some(InventoryObject {
            scope: scope.clone(),
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace,
            place: name.place,
            name: name.value,
            labels: metadata.labels,
            annotations: metadata.annotations,
            item,
        })
    }
}

/// True if documents of this kind, or this very document, belong to the inventory.
pub fn is_inventory(api_version: &str, kind: &str, node: &Node) -> bool {
    class(api_version, kind, node).is_some()
}

impl Item {
    fn decode(api_version: &str, kind: &str, node: &Node, decoder: &mut Decoder) -> Option<Item> {
        Some(match class(api_version, kind, node)? {
            Class::Namespace => Item::Namespace,
            Class::ServiceAccount => Item::ServiceAccount,
            Class::Service => Item::Service(Spec::<Service>::decode(node, decoder)?),
            Class::Gateway => Item::Gateway(Spec::<Gateway>::decode(node, decoder)?),
            Class::Pod => Item::Workload(Workload::new(PodTemplate::decode(node, decoder)?, is_owned(node))),
            Class::Workload => {
                let template = TemplateHolder::decode(node, decoder)?.spec.template;
                Item::Workload(Workload::new(template, is_owned(node)))
            }
            Class::CronJob => {
                let job = CronJob::decode(node, decoder)?.spec.job_template;
                Item::Workload(Workload::new(job.spec.template, is_owned(node)))
            }
            Class::AuthorizationPolicy => Item::AuthorizationPolicy(foreign(kind, node, decoder)?),
            Class::PeerAuthentication => Item::PeerAuthentication(foreign(kind, node, decoder)?),
            Class::RequestAuthentication => Item::RequestAuthentication(foreign(kind, node, decoder)?),
            Class::NetworkPolicy => {
                Item::NetworkPolicy(Box::new(Spec::<NetworkPolicySpec>::decode(node, decoder)?))
            }
            Class::Calls => Item::Calls(Calls::decode(kind, node, decoder)?),
            Class::CaCertificates => Item::CaCertificates(Box::new(node.clone())),
            Class::TrustedRoots => {
                let roots = child(node, &["data", "root-cert.pem"]).and_then(Node::as_text);
                Item::TrustedRoots(roots.map(str::to_owned))
            }
            Class::Node => Item::Node(child(node, &["status", "nodeInfo", "kubeletVersion"]).and_then(text)),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Namespace,
    Service,
    ServiceAccount,
    Pod,
    Workload,
    CronJob,
    Gateway,
    AuthorizationPolicy,
    PeerAuthentication,
    RequestAuthentication,
    NetworkPolicy,
    Calls,
    CaCertificates,
    TrustedRoots,
    Node,
}

fn text(node: &Node) -> Option<Spot<String>> {
    Some(Spot { value: node.as_text()?.to_owned(), place: node.place })
}

fn class(api_version: &str, kind: &str, node: &Node) -> Option<Class> {
    let group = super::unknown::group(api_version);
    Some(match (group, kind) {
        ("", "Namespace") => Class::Namespace,
        ("", "Service") => Class::Service,
        ("", "ServiceAccount") => Class::ServiceAccount,
        ("", "Pod") => Class::Pod,
        ("", "Node") => Class::Node,
        ("", "ConfigMap") if is_named(node, "istio-ca-root-cert") => Class::TrustedRoots,
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") => {
            Class::Workload
        }
        ("batch", "CronJob") => Class::CronJob,
        ("gateway.networking.k8s.io", "Gateway") => Class::Gateway,
        ("security.istio.io", "AuthorizationPolicy") => Class::AuthorizationPolicy,
        ("security.istio.io", "PeerAuthentication") => Class::PeerAuthentication,
        ("security.istio.io", "RequestAuthentication") => Class::RequestAuthentication,
        ("networking.k8s.io", "NetworkPolicy") => Class::NetworkPolicy,
        ("apiextensions.k8s.io", "CustomResourceDefinition")
            if child(node, &["spec", "conversion", "webhook"]).is_some() =>
        {
            Class::Calls
        }
        _ if callers::calls(group, kind) => Class::Calls,
        _ if writes_cacerts(group, kind, node) => Class::CaCertificates,
        _ if child(node, &["spec", "template", "spec", "containers"]).is_some() => Class::Workload,
        _ => return None,
    })
}

fn writes_cacerts(group: &str, kind: &str, node: &Node) -> bool {
    let says = |path: &[&str]| child(node, path).and_then(Node::as_text) == Some("cacerts");
    match (group, kind) {
        ("", "Secret") => is_named(node, "cacerts"),
        ("cert-manager.io", "Certificate") => says(&["spec", "secretName"]),
        ("external-secrets.io", "ExternalSecret") => {
            says(&["spec", "target", "name"])
                || (is_named(node, "cacerts") && child(node, &["spec", "target", "name"]).is_none())
        }
        ("bitnami.com", "SealedSecret") => is_named(node, "cacerts"),
        ("trust.cert-manager.io" | "trust-manager.io", "Bundle" | "ClusterBundle") => {
            is_named(node, "cacerts")
        }
        _ => false,
    }
}

fn is_cluster_scoped(api_version: &str, kind: &str) -> bool {
    let group = super::unknown::group(api_version);
    matches!(
        (group, kind),
        ("", "Namespace" | "Node")
            | ("admissionregistration.k8s.io" | "apiregistration.k8s.io" | "apiextensions.k8s.io", _)
    ) || matches!(kind, "Bundle" | "ClusterBundle")
}

/// The value at a path of keys.
fn child<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.get(key))
}

fn is_named(node: &Node, name: &str) -> bool {
    child(node, &["metadata", "name"]).and_then(Node::as_text) == Some(name)
}

fn is_owned(node: &Node) -> bool {
    let owners = child(node, &["metadata", "ownerReferences"]).and_then(Node::as_sequence);
    owners.is_some_and(|owners| !owners.is_empty())
}

/// A policy of another author, as Istio reads it.
fn foreign<T: serde::de::DeserializeOwned>(kind: &str, node: &Node, decoder: &mut Decoder) -> Option<Box<T>> {
    match yaml::from_node(node) {
        Ok(policy) => Some(Box::new(policy)),
        Err(error) => {
            let message = format!("this is no {kind} that Istio would read: {}", error.message);
            decoder.report(Finding::new(codes::FC108, message).at(error.place));
            None
        }
    }
}

record! {
    /// The part of an object that all have.
    pub struct Head {
        /// Name, namespace, labels and annotations.
        pub metadata: super::object::Metadata,
    }
}

/// Reads `spec` of a document.
struct Spec<T>(std::marker::PhantomData<T>);

impl<T: Decode + 'static> Spec<T> {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<T> {
        static SPEC: super::decode::Field =
            super::decode::Field { name: "spec", keys: &[], doc: "what the object says" };
        let entries = decoder.mapping(node)?;
        decoder.field::<T>(entries, &SPEC)
    }
}
