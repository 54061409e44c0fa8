//! The fleet as the law speaks of it: clusters, namespaces, services, pods, workspaces, policies.
//!
//! A reader of its own, far looser than the product's: what the product refuses never gets here, and what both read alike
//! they must not have learned from each other. Only the YAML parser is shared.

use std::collections::{BTreeMap, BTreeSet};

use fleetc::manifest::{AuthorizationPolicy, PeerAuthentication};
use fleetc::source::Sources;
use fleetc::yaml::{self, Node};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub type Labels = BTreeMap<String, String>;

/// Says whether ztunnel captures a pod, or a namespace's pods.
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";

/// The index of a cluster in [`World::clusters`].
pub type ClusterIndex = usize;
/// The index of a workspace in [`World::workspaces`].
pub type WorkspaceIndex = usize;

/// Everything of a fleet that decides who may call whom. References are indices that exist; trust domains are filled in.
#[derive(Debug, Default)]
pub struct World {
    pub clusters: Vec<Cluster>,
    pub workspaces: Vec<Object<WorkspaceSpec>>,
    pub settings: Vec<Object<SettingsSpec>>,
    pub policies: Vec<Object<PolicySpec>>,
    pub fleet: FleetSpec,
    owners: BTreeMap<(ClusterIndex, String), WorkspaceIndex>,
}

/// One cluster and what its inventory holds.
#[derive(Debug, Default)]
pub struct Cluster {
    pub name: String,
    pub labels: Labels,
    pub trust_domain: String,
    pub east_west_namespace: String,
    pub namespaces: BTreeMap<String, Labels>,
    pub services: Vec<Service>,
    pub accounts: Vec<Metadata>,
    pub pods: Vec<Pod>,
    pub gateways: Vec<Gateway>,
    /// Policy that somebody else wrote.
    pub foreign: Foreign,
}

/// Policy of the inventory.
#[derive(Debug, Default)]
pub struct Foreign {
    pub authorization: Vec<AuthorizationPolicy>,
    pub peer: Vec<PeerAuthentication>,
}

#[derive(Debug, Clone)]
pub struct Gateway {
    pub metadata: Metadata,
    pub spec: GatewaySpec,
}

#[derive(Debug, Clone)]
pub struct Service {
    pub metadata: Metadata,
    pub spec: ServiceSpec,
}

/// A class of pods: a workload's template, or a bare Pod.
#[derive(Debug, Clone)]
pub struct Pod {
    pub workload: String,
    pub namespace: String,
    pub labels: Labels,
    pub spec: PodSpec,
}

/// An intent object, and the cluster it was applied in if it lies below that cluster's folder.
#[derive(Debug)]
pub struct Object<S> {
    pub metadata: Metadata,
    pub spec: S,
    pub applied_in: Option<String>,
}

macro_rules! read {
    ($($name:ident { $($field:ident $(as $key:literal)? : $type:ty),* $(,)? })*) => {
        $(#[derive(Debug, Clone, Default, Deserialize)]
        #[serde(rename_all = "camelCase", default)]
        pub struct $name { $($(#[serde(rename = $key)])? pub $field: $type,)* })*
    };
}

read! {
    Metadata { name: String, namespace: Option<String>, labels: Labels, annotations: Labels }
    ClusterSpec { trust_domain: Option<String>, east_west_gateway: EastWestGateway }
    EastWestGateway { namespace: Option<String> }
    LifecycleSpec { installations: Vec<Installation> }
    Installation { clusters: Vec<InstalledCluster>, istio_operator_spec: OperatorSpec }
    InstalledCluster { name: String, trust_domain: Option<String> }
    OperatorSpec { mesh_config: MeshConfig }
    MeshConfig { trust_domain: Option<String> }
    IdentityProviderSpec { trust_domain: Option<String>, clusters: Vec<String> }
    FleetSpec { defaults: FleetDefaults, exceptions: Vec<Exception> }
    FleetDefaults { service_isolation: Option<bool>, unowned_namespaces: Option<String>, trust_domain: Option<String> }
    Exception { from: ExceptionSource, to: ExceptionTarget, ports: Vec<u16> }
    ExceptionSource { service_accounts: Vec<String>, namespaces: Vec<String>, plaintext: bool }
    ExceptionTarget { workspaces: Vec<String>, namespaces: Vec<String>, labels: Labels, clusters: Vec<String> }
    WorkspaceSpec { workload_clusters: Vec<WorkloadCluster> }
    WorkloadCluster { name: Option<String>, selector: Labels, namespaces: Vec<NamespaceSelector> }
    NamespaceSelector { name: Option<String>, labels: Labels }
    SettingsSpec { import_from: Vec<Share>, export_to: Vec<Share>, options: SettingsOptions }
    SettingsOptions { service_isolation: ServiceIsolation }
    ServiceIsolation { enabled: Option<bool> }
    Share { workspaces: Vec<WorkspaceSelector>, resources: Vec<ResourceSelector> }
    WorkspaceSelector { name: Option<String>, selector: Labels }
    ResourceSelector { kind: Option<String>, labels: Labels, name: Option<String>, namespace: Option<String>, cluster: Option<String> }
    PolicySpec { apply_to_destinations: Vec<ApplyTo>, apply_to_workloads: Vec<ApplyTo>, config: PolicyConfig }
    ApplyTo { selector: ObjectSelector, kind: Option<String>, port: Option<PortSelector> }
    ObjectSelector { labels: Labels, name: Option<String>, namespace: Option<String>, cluster: Option<String>, workspace: Option<String> }
    PortSelector { number: Option<u16>, name: Option<String> }
    PolicyConfig { authn: Authentication, authz: Option<Authorization>, authz_list: Option<Vec<Authorization>> }
    Authentication { tls_mode: Option<String>, mtls: Mtls }
    Mtls { required: Option<bool> }
    Authorization {
        allowed_clients: Vec<AllowedClient>, allowed_paths: Vec<String>, allowed_methods: Vec<String>,
        matches as "match": RequestMatch, allowed_ip_blocks: Vec<String>, dry_run: bool,
    }
    RequestMatch { request: HttpMatch }
    HttpMatch { headers: BTreeMap<String, HeaderMatch> }
    HeaderMatch { values: Vec<String>, not_values: Vec<String> }
    AllowedClient { service_account_selector: ObjectSelector, request_identity_matcher: Option<TokenMatch> }
    TokenMatch { request_principals: Vec<String>, not_request_principals: Vec<String> }
    ServiceSpec { kind as "type": Option<String>, cluster_ip as "clusterIP": Option<String>, selector: Labels, ports: Vec<ServicePort> }
    GatewaySpec { gateway_class_name: String, listeners: Vec<Listener> }
    Listener { port: u16, allowed_routes: AllowedRoutes }
    AllowedRoutes { namespaces: RouteNamespaces }
    RouteNamespaces { from: Option<String> }
    ServicePort { name: Option<String>, port: u16, target_port: Option<PortReference> }
    PodSpec { service_account_name: Option<String>, host_network: bool, containers: Vec<Container> }
    Container { ports: Vec<ContainerPort> }
    ContainerPort { name: Option<String>, container_port: u16 }
    WorkloadSpec { template: PodTemplate, job_template: JobTemplate }
    JobTemplate { spec: JobSpec }
    JobSpec { template: PodTemplate }
    PodTemplate { metadata: Metadata, spec: PodSpec }
}

/// A port by number or by the name a container gives it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum PortReference {
    Number(u16),
    Name(String),
}

impl World {
    /// Reads what is there; a document that cannot be read, or of a kind that decides nothing, is passed over.
    pub fn read(sources: &Sources) -> World {
        let trees = trees(sources);
        let mut documents = Vec::new();
        trees.iter().for_each(|(cluster, tree)| add(tree, cluster.as_deref(), &mut documents));
        let mut world = World::default();
        for document in documents.iter().filter(|document| document.kind == "KubernetesCluster") {
            let spec: ClusterSpec = document.spec();
            let east_west = spec.east_west_gateway.namespace;
            world.clusters.push(Cluster {
                name: document.metadata.name.clone(),
                labels: document.metadata.labels.clone(),
                trust_domain: spec.trust_domain.unwrap_or_default(),
                east_west_namespace: east_west.unwrap_or_else(|| "istio-eastwest".to_owned()),
                ..Cluster::default()
            });
        }
        for document in &documents {
            match document.kind.as_str() {
                "Fleet" => world.fleet = document.spec(),
                "Workspace" => world.workspaces.push(document.object()),
                "WorkspaceSettings" => world.settings.push(document.object()),
                "AccessPolicy" => world.policies.push(document.object()),
                _ => world.take_inventory(document),
            }
        }
        world.fill_trust_domains(&documents);
        world.fill_owners();
        world
    }

    /// The workspace that owns a namespace of a cluster.
    pub fn owner(&self, cluster: ClusterIndex, namespace: &str) -> Option<WorkspaceIndex> {
        self.owners.get(&(cluster, namespace.to_owned())).copied()
    }

    /// The namespaces that are owned somewhere, whether or not the inventory has them.
    pub fn owned_namespaces(&self) -> impl Iterator<Item = (ClusterIndex, &str)> {
        self.owners.keys().map(|(cluster, namespace)| (*cluster, namespace.as_str()))
    }

    /// SPEC §4: the mesh's, Kubernetes' and the delivery engine's own namespaces.
    pub fn is_system(&self, namespace: &str) -> bool {
        const NAMES: [&str; 9] = [
            "istio-system",
            "istio-eastwest",
            "istio-cni",
            "gloo-mesh",
            "argocd",
            "flux-system",
            "cilium",
            "calico-system",
            "tigera-operator",
        ];
        namespace.starts_with("kube-")
            || NAMES.contains(&namespace)
            || self.clusters.iter().any(|cluster| cluster.east_west_namespace == namespace)
    }

    fn take_inventory(&mut self, document: &Document<'_>) {
        let everywhere = document.cluster.is_none_or(|cluster| cluster == "_all");
        for cluster in &mut self.clusters {
            if everywhere || document.cluster == Some(&cluster.name) {
                cluster.take(document);
            }
        }
    }

    /// SPEC §3, *trust domain*: the first that is set.
    fn fill_trust_domains(&mut self, documents: &[Document<'_>]) {
        let of_kind = |kind: &'static str| documents.iter().filter(move |document| document.kind == kind);
        for cluster in self.clusters.iter_mut().filter(|cluster| cluster.trust_domain.is_empty()) {
            let installations = || {
                let managers =
                    of_kind("IstioLifecycleManager").map(|document| document.spec::<LifecycleSpec>());
                managers.flat_map(|manager| manager.installations).filter_map(|installation| {
                    let named =
                        installation.clusters.iter().find(|entry| entry.name == cluster.name)?.clone();
                    Some((named, installation))
                })
            };
            let managed = || installations().find_map(|(named, _)| named.trust_domain);
            let mesh =
                || installations().find_map(|(_, all)| all.istio_operator_spec.mesh_config.trust_domain);
            let provided = || {
                let providers =
                    of_kind("IdentityProvider").map(|document| document.spec::<IdentityProviderSpec>());
                let mut mine = providers.filter(|provider| {
                    provider.clusters.is_empty()
                        || provider.clusters.iter().any(|name| glob(name, &cluster.name))
                });
                mine.find_map(|provider| provider.trust_domain)
            };
            let default = || self.fleet.defaults.trust_domain.clone();
            let found = managed().or_else(mesh).or_else(provided).or_else(default);
            cluster.trust_domain = found.unwrap_or_else(|| "cluster.local".to_owned());
        }
    }

    /// SPEC §4, `owner(cluster, namespace)`. A glob or a label takes namespaces of the inventory that are no system ones; a
    /// name written out takes the namespace whether or not the inventory has it.
    fn fill_owners(&mut self) {
        let mut owners = BTreeMap::new();
        for (index, workspace) in self.workspaces.iter().enumerate() {
            for entry in &workspace.spec.workload_clusters {
                for (at, cluster) in self.clusters.iter().enumerate() {
                    let named = entry.name.as_ref().is_none_or(|name| glob(name, &cluster.name));
                    if !named || !has(&cluster.labels, &entry.selector) {
                        continue;
                    }
                    for selector in &entry.namespaces {
                        for namespace in self.selected(cluster, selector) {
                            owners.insert((at, namespace), index);
                        }
                    }
                }
            }
        }
        self.owners = owners;
    }

    fn selected(&self, cluster: &Cluster, selector: &NamespaceSelector) -> BTreeSet<String> {
        let literal = selector.name.as_ref().filter(|name| !name.contains('*'));
        if let Some(name) = literal.filter(|_| selector.labels.is_empty()) {
            return BTreeSet::from([name.clone()]);
        }
        let matching = cluster.namespaces.iter().filter(|(name, labels)| {
            selector.name.as_ref().is_none_or(|pattern| glob(pattern, name)) && has(labels, &selector.labels)
        });
        let mine = matching.filter(|(name, _)| literal.is_some() || !self.is_system(name));
        mine.map(|(name, _)| name.clone()).collect()
    }
}

impl Cluster {
    fn take(&mut self, document: &Document<'_>) {
        let metadata = document.metadata.clone();
        let namespace = metadata.namespace.clone().unwrap_or_else(|| "default".to_owned());
        match document.kind.as_str() {
            "Namespace" => {
                self.namespaces.insert(metadata.name, metadata.labels);
            }
            "ServiceAccount" => {
                self.accounts.push(Metadata { namespace: Some(namespace.clone()), ..metadata });
                self.namespaces.entry(namespace).or_default();
            }
            "Service" => {
                let metadata = Metadata { namespace: Some(namespace.clone()), ..metadata };
                self.services.push(Service { metadata, spec: document.spec() });
                self.namespaces.entry(namespace).or_default();
            }
            "Gateway" => {
                let metadata = Metadata { namespace: Some(namespace.clone()), ..metadata };
                self.gateways.push(Gateway { metadata, spec: document.spec() });
                self.namespaces.entry(namespace).or_default();
            }
            "AuthorizationPolicy" => self.foreign.authorization.push(document.typed()),
            "PeerAuthentication" => self.foreign.peer.push(document.typed()),
            kind => {
                let spec = document.workload();
                let (labels, spec) = match kind {
                    "Pod" => (metadata.labels, document.spec()),
                    "CronJob" => (
                        spec.job_template.spec.template.metadata.labels,
                        spec.job_template.spec.template.spec,
                    ),
                    _ => (spec.template.metadata.labels, spec.template.spec),
                };
                if !spec.containers.is_empty() {
                    let workload = format!("{kind}/{}", metadata.name);
                    self.pods.push(Pod { workload, namespace: namespace.clone(), labels, spec });
                    self.namespaces.entry(namespace).or_default();
                }
            }
        }
    }

    /// The waypoint that traffic addressed to a Service passes: the one it names, else the one its namespace names, where
    /// that Gateway is there and takes traffic for Services, and of that namespace (istio.io, "configure waypoint proxies").
    /// None for a headless Service, whose callers address pods.
    pub fn waypoint_of<'c>(&'c self, service: &Service) -> Option<&'c Gateway> {
        let namespace = service.metadata.namespace.as_deref().unwrap_or_default();
        let headless = service.spec.cluster_ip.as_deref() == Some("None");
        self.waypoint_for(namespace, &service.metadata.labels, &["service", "all"]).filter(|_| !headless)
    }

    /// The waypoint that traffic addressed to a pod itself passes: as of a Service, by the pod's labels.
    pub fn waypoint_of_pod<'c>(&'c self, pod: &Pod) -> Option<&'c Gateway> {
        self.waypoint_for(&pod.namespace, &pod.labels, &["workload", "all"])
    }

    fn waypoint_for(&self, namespace: &str, own: &Labels, traffic: &[&str]) -> Option<&Gateway> {
        const USE: &str = "istio.io/use-waypoint";
        const USE_NAMESPACE: &str = "istio.io/use-waypoint-namespace";
        let nobody = Labels::new();
        let of_namespace = self.namespaces.get(namespace).unwrap_or(&nobody);
        let labels = if own.contains_key(USE) { own } else { of_namespace };
        let name = labels.get(USE).filter(|name| *name != "none")?;
        let home = labels.get(USE_NAMESPACE).map_or(namespace, String::as_str);
        let waypoint = self.gateways.iter().find(|gateway| {
            gateway.metadata.name == *name && gateway.metadata.namespace.as_deref() == Some(home)
        })?;
        let takes = waypoint.metadata.labels.get("istio.io/waypoint-for").map_or("service", String::as_str);
        let is_waypoint = waypoint.spec.gateway_class_name == "istio-waypoint";
        let mut listeners = waypoint.spec.listeners.iter();
        let open =
            listeners.any(|listener| listener.allowed_routes.namespaces.from.as_deref() == Some("All"));
        let stands = is_waypoint && traffic.contains(&takes) && (open || home == namespace);
        stands.then_some(waypoint)
    }

    /// The Gateway whose pods these are.
    pub fn gateway_of<'c>(&'c self, pod: &Pod) -> Option<&'c Gateway> {
        let name = pod.labels.get("gateway.networking.k8s.io/gateway-name")?;
        self.gateways.iter().find(|gateway| {
            gateway.metadata.name == *name && gateway.metadata.namespace.as_deref() == Some(&pod.namespace)
        })
    }

    /// Whether a gateway's pod takes callers on a port: its listeners' and that of its health check; where no Gateway says,
    /// the target ports of its Services; where there is neither, all.
    pub fn listens(&self, pod: &Pod, port: u16) -> bool {
        if let Some(gateway) = self.gateway_of(pod) {
            return port == 15021 || gateway.spec.listeners.iter().any(|listener| listener.port == port);
        }
        let mut targets = self.services_of(pod).flat_map(|service| &service.spec.ports).peekable();
        targets.peek().is_none() || targets.any(|of_service| pod.target(of_service) == Some(port))
    }

    /// Whether Envoy stands beside the pod, in ztunnel's place.
    pub fn has_sidecar(&self, pod: &Pod) -> bool {
        let injected = pod.labels.get("sidecar.istio.io/inject").is_some_and(|value| value == "true");
        let own_mode = pod.labels.get(DATAPLANE_MODE);
        let namespace = self.namespaces.get(&pod.namespace);
        let of_namespace = namespace.is_some_and(|labels| {
            !labels.contains_key(DATAPLANE_MODE)
                && labels.get("istio-injection").is_some_and(|value| value == "enabled")
        });
        !pod.spec.host_network && (injected || own_mode.is_none() && of_namespace)
    }

    /// Whether a pod's traffic passes a ztunnel or a sidecar (SPEC §5, "enforcement needs capture").
    pub fn captures(&self, pod: &Pod) -> bool {
        let of_namespace =
            || self.namespaces.get(&pod.namespace).and_then(|labels| labels.get(DATAPLANE_MODE));
        let mode = pod.labels.get(DATAPLANE_MODE).or_else(of_namespace);
        self.has_sidecar(pod) || !pod.spec.host_network && mode.map(String::as_str) != Some("none")
    }

    /// The Services a pod belongs to (SPEC §5).
    pub fn services_of<'c>(&'c self, pod: &'c Pod) -> impl Iterator<Item = &'c Service> {
        self.services.iter().filter(|service| {
            service.metadata.namespace.as_deref() == Some(&pod.namespace)
                && service.spec.kind.as_deref() != Some("ExternalName")
                && !service.spec.selector.is_empty()
                && has(&pod.labels, &service.spec.selector)
        })
    }
}

impl Gateway {
    /// The service account that istiod's deployment of it runs as.
    pub fn service_account(&self) -> &str {
        let chosen = self.metadata.annotations.get("gateway.istio.io/service-account");
        chosen.unwrap_or(&self.metadata.name)
    }
}

impl Pod {
    /// The pod's own port behind a port of its Service; a name is looked up in the pod's containers.
    pub fn target(&self, port: &ServicePort) -> Option<u16> {
        match &port.target_port {
            None => Some(port.port),
            Some(PortReference::Number(number)) => Some(*number),
            Some(PortReference::Name(name)) => {
                let named = self.container_ports().find(|port| port.name.as_ref() == Some(name));
                named.map(|port| port.container_port)
            }
        }
    }

    pub fn container_ports(&self) -> impl Iterator<Item = &ContainerPort> {
        self.spec.containers.iter().flat_map(|container| &container.ports)
    }

    /// SPEC §5: pods of Gateway API gateways, and `istio: *gateway`.
    pub fn is_gateway(&self) -> bool {
        self.labels.contains_key("gateway.networking.k8s.io/gateway-name")
            || self.labels.get("istio").is_some_and(|value| value.ends_with("gateway"))
    }
}

/// True if all the wanted labels are there.
pub fn has(labels: &Labels, wanted: &Labels) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// `*` stands for any run of characters.
pub fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| glob(rest, text)))
        }),
    }
}

/// One YAML document, and whose inventory or intent its path says it is.
struct Document<'t> {
    kind: String,
    metadata: Metadata,
    node: &'t Node,
    spec: Option<&'t Node>,
    cluster: Option<&'t str>,
}

impl Document<'_> {
    /// Panics if the spec is not of the shape: an oracle that reads less than is written would agree with anything.
    fn spec<S: DeserializeOwned + Default>(&self) -> S {
        let read = |node| match yaml::from_node(node) {
            Ok(spec) => spec,
            Err(error) => panic!("{} {}: {error}", self.kind, self.metadata.name),
        };
        self.spec.map(read).unwrap_or_default()
    }

    /// The whole document as one of Istio's objects.
    fn typed<T: DeserializeOwned>(&self) -> T {
        match yaml::from_node(self.node) {
            Ok(object) => object,
            Err(error) => panic!("{} {}: {error}", self.kind, self.metadata.name),
        }
    }

    /// Any kind may have a pod template; most have none.
    fn workload(&self) -> WorkloadSpec {
        self.spec.and_then(|node| yaml::from_node(node).ok()).unwrap_or_default()
    }

    fn object<S: DeserializeOwned + Default>(&self) -> Object<S> {
        let applied_in = self.cluster.filter(|cluster| *cluster != "_all").map(str::to_owned);
        Object { metadata: self.metadata.clone(), spec: self.spec(), applied_in }
    }
}

/// The documents of all files, each with the folder of `clusters/` it lies in.
fn trees(sources: &Sources) -> Vec<(Option<String>, Node)> {
    let yaml_files =
        sources.files().filter(|(_, file)| file.path.ends_with(".yaml") || file.path.ends_with(".yml"));
    let mut trees = Vec::new();
    for (id, file) in yaml_files {
        let cluster = file.path.strip_prefix("clusters/").and_then(|rest| rest.split_once('/'));
        let cluster = cluster.map(|(cluster, _)| cluster.to_owned());
        trees.extend(yaml::read(id, &file.bytes).documents.into_iter().map(|tree| (cluster.clone(), tree)));
    }
    trees
}

fn add<'t>(node: &'t Node, cluster: Option<&'t str>, documents: &mut Vec<Document<'t>>) {
    let kind = node.get("kind").and_then(Node::as_text).unwrap_or_default();
    if let Some(items) = node.get("items").and_then(Node::as_sequence).filter(|_| kind.ends_with("List")) {
        items.iter().for_each(|item| add(item, cluster, documents));
        return;
    }
    let metadata = node.get("metadata").and_then(|node| yaml::from_node(node).ok()).unwrap_or_default();
    documents.push(Document { kind: kind.to_owned(), metadata, node, spec: node.get("spec"), cluster });
}
