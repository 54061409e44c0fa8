//! `Fleet`: what holds for the whole fleet. The only kind that is fleetc's own.

use super::certificate_authority::StoreReference;
use super::date::Date;
use super::decode::{Decode, Decoder};
use super::delivery::{Applications, LocalSecret, Topology, Wave, WorkspaceProjects};
use super::object::{check_names, is_dns_label};
use super::observability::Observability;
use super::values::{Labels, Port, Spot};
use crate::report::{Finding, codes};
use crate::yaml::Node;

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: fleetc.dev/v1alpha1
kind: Fleet
metadata:
  name: solo-demo
spec:
  distribution: solo
  istioVersion: 1.26.2
  delivery:
    engine: argocd
    repoURL: https://git.bank.example/platform/fleet.git
    targetRevision: main
    path: out
  defaults:
    trustDomain: bank.example
    unownedNamespaces: open
";

record! {
    /// What holds for the whole fleet; at most one, named as the fleet's folder.
    pub struct FleetSpec {
        /// Whose Istio runs; default `solo`.
        pub distribution: Option<Spot<Distribution>>,
        /// The version of Istio where no lifecycle manager says it.
        pub istio_version: Option<Spot<String>>,
        /// Where Helm charts come from.
        pub charts: Option<Charts>,
        /// The licence of Solo's distribution.
        pub license: Option<License>,
        /// How the trees reach the clusters.
        pub delivery: Option<Delivery>,
        /// What holds where nothing else is said.
        pub defaults: Option<Defaults>,
        /// Callers from outside the tenancy that are allowed.
        pub exceptions: Vec<Exception>,
        /// Findings that are accepted for a time.
        pub waivers: Vec<Waiver>,
        /// Kinds of Solo's groups that another tool applies.
        pub passthrough: Vec<Passthrough>,
        /// Which clusters know each other; default `full-mesh`.
        pub peering: Option<Spot<Peering>>,
        /// Where upstream Istio's remote secrets are kept.
        pub remote_secrets: Option<RemoteSecrets>,
        /// What the clusters tell of themselves, and to whom; nothing by default.
        pub observability: Option<Observability>,
    }
}

impl FleetSpec {
    /// True if another tool applies objects of this group and kind.
    pub fn passes(&self, group: &str, kind: &str) -> bool {
        self.passthrough
            .iter()
            .any(|entry| *entry.group == group && (*entry.kind == kind || *entry.kind == "*"))
    }
}

enumeration! {
    /// Whose Istio runs.
    pub enum Distribution {
        /// Solo Enterprise for Istio.
        Solo = "solo",
        /// Istio as the project releases it.
        Upstream = "upstream",
    }
}

enumeration! {
    /// Which clusters know each other.
    pub enum Peering {
        /// Every cluster knows every other one.
        FullMesh = "full-mesh",
        /// A cluster knows those whose global services something in it may call.
        ByNeed = "by-need",
    }
}

record! {
    /// Where Helm charts come from.
    pub struct Charts {
        /// The repository; default: the distribution's own.
        pub repository: Option<Spot<String>>,
        /// Flux: the Secret with the credentials of the repositories, beside the HelmReleases. Argo CD has its own.
        pub secret_ref: Option<LocalSecret>,
    }
}

record! {
    /// The licence of Solo's distribution.
    pub struct License {
        /// The Secret that holds it, in each cluster.
        pub secret_ref: Option<SecretReference>,
    }
}

record! {
    /// A Secret by name.
    pub struct SecretReference {
        /// Its name.
        pub name: Spot<String>,
        /// Its namespace; default: where it is used.
        pub namespace: Option<Spot<String>>,
        /// The key in it.
        pub key: Option<Spot<String>>,
    }
}

record! {
    /// How the trees reach the clusters.
    pub struct Delivery checked by Delivery::check {
        /// What syncs the trees; default `argocd`.
        pub engine: Option<Spot<Engine>>,
        /// The repository that holds the trees; without it nothing is rendered for delivery.
        pub repo_url as "repoURL": Option<Spot<String>>,
        /// The branch, tag or commit; default `main`. Flux takes a branch, 40 hex digits as a commit, and `refs/tags/…`
        /// as what it says.
        pub target_revision: Option<Spot<String>>,
        /// The folder of the trees in that repository; default `out`.
        pub path: Option<Spot<String>>,
        /// The namespace of the delivery objects; default: the engine's own.
        pub namespace: Option<Spot<String>>,
        /// Argo CD: an AppProject of your own for the fleet's Applications; default: one that is rendered.
        pub project: Option<Spot<String>>,
        /// Where the engine runs; default `hub`. With `per-cluster` each cluster's objects stand in a folder of their own.
        pub topology: Option<Spot<Topology>>,
        /// Argo CD: what holds the Applications together; default `separate`.
        pub applications: Option<Spot<Applications>>,
        /// Clusters in the order in which a change reaches them; a cluster belongs to the first wave that names it.
        pub waves: Vec<Wave>,
        /// Argo CD: an AppProject for each Workspace, for its team to deploy from.
        pub workspace_projects: Option<WorkspaceProjects>,
        /// Flux: the Secret with the credentials of `repoURL`, in `namespace`. Argo CD has its own.
        pub secret_ref: Option<LocalSecret>,
        /// How the engine decrypts SOPS files; without it a tree that holds one is refused.
        pub decryption: Option<Decryption>,
    }
}

impl Delivery {
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("namespace", self.namespace.as_ref())], decoder);
        self.check_decryption(decoder);
        if let Some(path) = self.path.as_ref().filter(|path| path.split('/').any(|part| part == "..")) {
            let message = format!("`{path}` is not allowed for `{}.path`", decoder.path());
            let help = "the folder is in the repository: leave `..` out";
            decoder.report(Finding::new(codes::FC109, message).at(path.place).help(help));
        }
    }
}

impl Delivery {
    /// Flux decrypts by itself, Argo CD by a plugin: the other engine's field would be without effect.
    fn check_decryption(&self, decoder: &mut Decoder) {
        let Some(decryption) = &self.decryption else { return };
        let flux = self.engine.is_some_and(|engine| *engine == Engine::Flux);
        let (wrong, help) = if flux {
            let plugin = decryption.plugin.as_ref().map(|plugin| ("plugin", plugin.place));
            (plugin, "Flux decrypts by itself: leave `plugin` out and give it the key by `secretRef`")
        } else {
            let secret = decryption.secret_ref.as_ref().map(|secret| ("secretRef", secret.place));
            (
                secret,
                "Argo CD decrypts by a plugin, which has the key: name it by `plugin`, and leave `secretRef` out",
            )
        };
        if let Some((field, place)) = wrong {
            let message = format!("`{field}` is not allowed in `{}.decryption`", decoder.path());
            decoder.report(Finding::new(codes::FC109, message).at(place).help(help));
        } else if !flux && decryption.plugin.is_none() {
            let message = format!("`{}.decryption.plugin` is missing", decoder.path());
            decoder.report(Finding::new(codes::FC107, message).at(decryption.place).help(help));
        }
    }
}

record! {
    /// How the engine decrypts SOPS files.
    pub struct Decryption {
        /// What encrypted them; default `sops`.
        pub provider: Option<Spot<DecryptionProvider>>,
        /// Flux: the Secret with the private keys, beside the Kustomizations; without it Flux uses the keys of its own
        /// service account.
        pub secret_ref: Option<DecryptionSecret>,
        /// Argo CD: the config management plugin that runs `sops` over the tree `1-trust`.
        pub plugin: Option<Spot<String>>,
    }
}

enumeration! {
    /// What encrypted a file.
    pub enum DecryptionProvider {
        /// SOPS.
        Sops = "sops",
    }
}

record! {
    /// A Secret with private keys.
    pub struct DecryptionSecret {
        /// Its name.
        pub name: Spot<String>,
    }
}

enumeration! {
    /// What syncs the trees.
    pub enum Engine {
        /// Argo CD.
        ArgoCd = "argocd",
        /// Flux.
        Flux = "flux",
    }
}

record! {
    /// What holds where nothing else is said.
    pub struct Defaults {
        /// Whether workspaces are isolated; default `true`.
        pub service_isolation: Option<Spot<bool>>,
        /// Namespaces of no workspace; default `open`.
        pub unowned_namespaces: Option<Spot<UnownedNamespaces>>,
        /// Render the label that takes governed namespaces into the mesh.
        pub enrol: bool,
        /// The trust domain of clusters for which nothing else says one; default `cluster.local`.
        pub trust_domain: Option<Spot<String>>,
    }
}

enumeration! {
    /// Namespaces of no workspace.
    pub enum UnownedNamespaces {
        /// Anyone may call into them.
        Open = "open",
        /// Nobody may, but for exceptions.
        Deny = "deny",
    }
}

record! {
    /// Callers from outside the tenancy that are allowed: ingress gateways, scrapers, webhooks.
    pub struct Exception checked by Exception::check {
        /// Its name, a DNS label: what is rendered for it is named after it.
        pub name: Spot<String>,
        /// Who calls.
        pub from: ExceptionSource,
        /// What is called.
        pub to: ExceptionTarget,
        /// The pods' ports; empty: all. Required for plaintext.
        pub ports: Vec<Spot<Port>>,
        /// Why it is there.
        pub reason: Spot<String>,
        /// Who answers for it.
        pub owner: Spot<String>,
    }
}

impl Exception {
    fn check(&self, decoder: &mut Decoder) {
        if !is_dns_label(&self.name) {
            let message = format!("`{}` is not allowed for `{}.name`", self.name.value, decoder.path());
            let help = "a name has at most 63 lower case letters, digits and `-`";
            decoder.report(Finding::new(codes::FC109, message).at(self.name.place).help(help));
        }
        if self.ports.is_empty() && self.from.plaintext.is_some_and(|plaintext| *plaintext) {
            let message = format!("`{}.ports` is missing", decoder.path());
            let finding = Finding::new(codes::FC107, message).at(decoder.key());
            decoder.report(finding.help("an exception for plaintext names its ports"));
        }
    }
}

record! {
    /// Who calls: one of the three.
    pub struct ExceptionSource checked by ExceptionSource::check {
        /// ServiceAccounts, each as `namespace/name`.
        pub service_accounts: Vec<Spot<ServiceAccountName>>,
        /// Any identity of these namespaces.
        pub namespaces: Vec<Spot<String>>,
        /// Callers without identity.
        pub plaintext: Option<Spot<bool>>,
    }
}

impl ExceptionSource {
    fn check(&self, decoder: &mut Decoder) {
        let plaintext = self.plaintext.filter(|plaintext| **plaintext);
        decoder.exactly_one(&[
            ("serviceAccounts", self.service_accounts.first().map(|account| account.place)),
            ("namespaces", self.namespaces.first().map(|namespace| namespace.place)),
            ("plaintext", plaintext.map(|plaintext| plaintext.place)),
        ]);
    }
}

/// A ServiceAccount, written `namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceAccountName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Decode for ServiceAccountName {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        let text = String::decode(node, decoder)?;
        match text.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains('/') => {
                Some(ServiceAccountName { namespace: namespace.to_owned(), name: name.to_owned() })
            }
            _ => decoder.not_allowed(node.place, &text, "write `namespace/name`"),
        }
    }
}

inline_schema!([] ServiceAccountName, _generator => schemars::json_schema!({
    "type": "string", "pattern": "^[^/]+/[^/]+$"
}));

record! {
    /// What is called; all that is set must match.
    pub struct ExceptionTarget {
        /// Workspaces.
        pub workspaces: Vec<Spot<String>>,
        /// Namespaces.
        pub namespaces: Vec<Spot<String>>,
        /// Labels of the pods.
        pub labels: Labels,
        /// Clusters.
        pub clusters: Vec<Spot<String>>,
    }
}

record! {
    /// A finding that is accepted for a time.
    pub struct Waiver {
        /// The finding's code.
        pub code: Spot<String>,
        /// The object it is about, as the finding names it: `Kind/namespace/name`.
        pub object: Spot<String>,
        /// Why it is accepted.
        pub reason: Spot<String>,
        /// Who answers for it.
        pub owner: Spot<String>,
        /// The last day it holds; judged against `--now`.
        pub expires: Spot<Date>,
    }
}

record! {
    /// A kind of Solo's groups that another tool applies.
    pub struct Passthrough {
        /// The group, without the version.
        pub group: Spot<String>,
        /// The kind, or `*` for all of the group.
        pub kind: Spot<String>,
        /// Why it is no matter of this fleet.
        pub reason: Spot<String>,
    }
}

record! {
    /// Where upstream Istio's remote secrets are kept.
    pub struct RemoteSecrets {
        /// The secret store; default the ClusterSecretStore `fleetc`.
        pub store_ref: Option<StoreReference>,
        /// What the cluster's name is put behind to give the key in the store; default `istio-remote-secret/`.
        pub key_prefix: Option<Spot<String>>,
    }
}
