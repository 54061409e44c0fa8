//! AccessPolicies → which pods they govern, and whom they allow (SPEC section 5).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::encoding::Selected;
use super::mesh::{
    AccessPolicy, Cluster, ClusterId, Destination, Identity, Member, Namespace, PolicyId, Ports, Service,
    Tenancy, Tls, Workload, Workspace, WorkspaceId,
};
use super::selection::matches;
use super::tenancy::{ConfigEnabled, unknown_cluster};
use super::{ROOT_NAMESPACE, origin};
use crate::kinds::access_policy::{Authorization, IdentitySelector, TlsMode};
use crate::kinds::object::is_dns_name;
use crate::kinds::selector::{
    DestinationKind, DestinationSelector, ObjectSelector, PortSelector, WorkloadSelector,
};
use crate::kinds::{ADMIN_NAMESPACE, AccessPolicySpec, Intents, Labels, Object, Spot};
use crate::report::codes::{
    FC109, FC112, FC115, FC203, FC309, FC401, FC406, FC407, FC410, FC412, FC413, FC415,
};
use crate::report::{Finding, Findings, closest};
use crate::source::Place;

/// What the policies select in one namespace of one cluster.
pub type SelectedIn = std::collections::BTreeMap<(ClusterId, String), Vec<Selected>>;

/// Binds every AccessPolicy.
pub fn bind_policies(
    intents: &Intents,
    enabled: &ConfigEnabled,
    clusters: &[Cluster],
    workspaces: &[Workspace],
    findings: &mut Findings,
) -> (Vec<AccessPolicy>, SelectedIn) {
    let mut policies = Vec::new();
    let mut selected = SelectedIn::new();
    for object in &intents.access_policies {
        let Some(reach) = reach(object, enabled, clusters, findings) else { continue };
        let mut binding = Binding {
            object,
            id: PolicyId(policies.len()),
            reach,
            clusters,
            workspaces,
            selected: &mut selected,
            findings,
        };
        binding.select();
        let policy = binding.policy();
        policies.push(policy);
    }
    for classes in selected.values_mut() {
        classes.sort_by(|a, b| (&a.destination, a.policy).cmp(&(&b.destination, b.policy)));
    }
    (policies, selected)
}

/// How far a policy reaches: what its selectors mean where they say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach<'a> {
    /// Every namespace but the system's.
    Fleet,
    /// The namespaces of the workspace that owns the policy's own.
    Workspace(WorkspaceId),
    /// The policy's own namespace, which no workspace owns.
    Namespace(&'a str),
}

fn reach<'a>(
    object: &'a Object<AccessPolicySpec>,
    enabled: &ConfigEnabled,
    clusters: &[Cluster],
    findings: &mut Findings,
) -> Option<Reach<'a>> {
    let name = object.namespace.value.as_str();
    if name == ADMIN_NAMESPACE {
        return Some(Reach::Fleet);
    }
    let applied = |cluster: &&Cluster| object.scope.cluster().is_none_or(|scope| scope == cluster.name);
    let known: Vec<&Namespace> =
        clusters.iter().filter(applied).filter_map(|cluster| cluster.namespaces.get(name)).collect();
    let owners: BTreeSet<WorkspaceId> = known.iter().filter_map(|namespace| namespace.owner()).collect();
    if !owners.is_empty() && !reads_configuration(object, enabled, clusters) {
        findings.push(
            Finding::new(
                FC309,
                format!("namespace `{name}` is not enabled for configuration, so this policy would not count"),
            )
            .at(object.place)
            .object(object.reference("AccessPolicy"))
            .help(
                "set `configEnabled: true` where the workspace names the namespace, or move the policy to one that is enabled",
            ),
        );
        return None;
    }
    let finding = match (owners.first(), owners.len()) {
        (Some(owner), 1) => return Some(Reach::Workspace(*owner)),
        (None, _) if known.iter().any(|namespace| matches!(namespace.tenancy, Tenancy::Unowned { .. })) => {
            return Some(Reach::Namespace(name));
        }
        (None, _) => Finding::new(FC415, format!("namespace `{name}` is no workspace's and not in the inventory, so this policy reaches nothing"))
            .help(format!("put the policy into `{ADMIN_NAMESPACE}`, where it reaches the fleet, or into a namespace of the workspace it is about")),
        (Some(_), _) => Finding::new(FC415, format!("namespace `{name}` belongs to several workspaces, so the reach of this policy is ambiguous"))
            .help("put the policy into a namespace of one workspace, or below `clusters/<cluster>/` where one owns it"),
    };
    findings.push(finding.at(object.place).object(object.reference("AccessPolicy")));
    None
}

/// Whether Gloo would read the policy where it stands.
fn reads_configuration(
    object: &Object<AccessPolicySpec>,
    enabled: &ConfigEnabled,
    clusters: &[Cluster],
) -> bool {
    let applied = |id: ClusterId| {
        let name = clusters.get(id.0).map(|cluster| cluster.name.as_str());
        object.scope.cluster().is_none_or(|scope| Some(scope) == name)
    };
    enabled
        .iter()
        .any(|((id, namespace), enabled)| *enabled && applied(*id) && *namespace == object.namespace.value)
}

struct Binding<'a> {
    object: &'a Object<AccessPolicySpec>,
    id: PolicyId,
    reach: Reach<'a>,
    clusters: &'a [Cluster],
    workspaces: &'a [Workspace],
    selected: &'a mut SelectedIn,
    findings: &'a mut Findings,
}

/// What one selector asks of a namespace: the parts of an object selector that are not the object's own.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted<'a> {
    cluster: Option<&'a Spot<String>>,
    namespace: Option<&'a Spot<String>>,
    workspace: Option<&'a Spot<String>>,
}

impl<'a> Wanted<'a> {
    fn of(selector: &'a ObjectSelector) -> Self {
        Wanted {
            cluster: selector.cluster.as_ref(),
            namespace: selector.namespace.as_ref(),
            workspace: selector.workspace.as_ref(),
        }
    }
}

impl<'a> Binding<'a> {
    fn push(&mut self, finding: Finding) {
        self.findings.push(finding.object(self.object.reference("AccessPolicy")));
    }

    /// The policy without what it selects.
    fn policy(&mut self) -> AccessPolicy {
        let config = self.object.spec.config.as_ref();
        let tls = config.and_then(|config| config.tls_mode()).and_then(|mode| {
            let tls = match mode.value {
                TlsMode::Strict => Tls::Strict,
                TlsMode::Permissive => Tls::Permissive,
                TlsMode::Disable => {
                    self.push(
                        Finding::new(
                            FC413,
                            "`DISABLE` cannot be had in ambient: ztunnel takes mTLS on every captured pod",
                        )
                        .at(mode.place)
                        .help("say PERMISSIVE, or take the pods out of the mesh"),
                    );
                    return None;
                }
            };
            Some((tls, mode.place))
        });
        let authorizations = config.and_then(|config| config.authorizations());
        let mut grants = Vec::new();
        for authorization in authorizations.unwrap_or_default() {
            self.http_attributes(authorization);
            for client in &authorization.allowed_clients {
                grants.push((client.place, self.clients(client)));
            }
        }
        let clients = authorizations.map(|_| {
            let all: BTreeSet<Identity> =
                grants.iter().flat_map(|(_, clients)| clients.iter().cloned()).collect();
            Arc::new(all)
        });
        let classes = self.selected.values().flatten().filter(|class| class.policy == self.id).count();
        AccessPolicy { origin: origin("AccessPolicy", self.object), clients, grants, tls, classes }
    }

    /// What ztunnel cannot see. An ALLOW with such an attribute would admit nobody, and nothing less would be exact.
    fn http_attributes(&mut self, authorization: &Authorization) {
        let first = |list: &[Spot<String>]| list.first().map(|value| value.place);
        let tokens = authorization
            .allowed_clients
            .iter()
            .filter_map(|client| client.request_identity_matcher.as_ref());
        let attributes: [(&str, Option<Place>); 4] = [
            ("allowedPaths", first(&authorization.allowed_paths)),
            ("allowedMethods", first(&authorization.allowed_methods)),
            ("match", authorization.matches.as_ref().map(|matches| matches.place)),
            ("requestIdentityMatcher", tokens.map(|token| token.place).next()),
        ];
        for (field, place) in attributes {
            let Some(place) = place else { continue };
            self.push(
                Finding::new(FC401, format!("`{field}` is an HTTP attribute, and no waypoint stands before what this policy selects"))
                    .at(place)
                    .help(
                        "ztunnel sees connections, not requests. Enrol the Service in a waypoint by a label:\n\
                         metadata:\n  labels:\n    istio.io/use-waypoint: waypoint\n\
                         (policies at waypoints are not compiled yet: until then leave the attribute out)",
                    ),
            );
        }
        for (field, place) in [
            ("allowedIpBlocks", first(&authorization.allowed_ip_blocks)),
            ("allowedRemoteIpBlocks", first(&authorization.allowed_remote_ip_blocks)),
        ] {
            let Some(place) = place else { continue };
            self.push(
                Finding::new(FC112, format!("`{field}` is real, but fleetc does not compile it"))
                    .at(place)
                    .help("addresses do not survive gateways and waypoints: allow identities instead"),
            );
        }
    }

    /// Adds every class of pods that the policy selects.
    fn select(&mut self) {
        let spec = &self.object.spec;
        if let (Some(destination), Some(workload)) =
            (spec.apply_to_destinations.first(), spec.apply_to_workloads.first())
        {
            self.push(
                Finding::new(
                    FC115,
                    "`applyToDestinations` and `applyToWorkloads` are both set, and Gloo ignores the former",
                )
                .at(destination.place)
                .because("with this set", workload.place)
                .help("write two policies, or keep one of the lists"),
            );
            return;
        }
        if spec.apply_to_destinations.is_empty() && spec.apply_to_workloads.is_empty() {
            self.destinations(None, self.object.place);
        }
        for destination in &spec.apply_to_destinations {
            self.destinations(Some(destination), destination.place);
        }
        for workload in &spec.apply_to_workloads {
            self.workloads(workload);
        }
    }

    fn destinations(&mut self, destination: Option<&'a DestinationSelector>, place: Place) {
        if let Some(kind) = destination.and_then(|destination| destination.kind)
            && *kind != DestinationKind::Service
        {
            self.push(
                Finding::new(
                    FC112,
                    format!("`kind: {kind}` is real, but fleetc does not compile it as a destination"),
                )
                .at(kind.place)
                .help("select the Services behind it; they are where access is enforced"),
            );
            return;
        }
        let selector = destination.and_then(|destination| destination.selector.as_ref());
        let port = destination.and_then(|destination| destination.port.as_ref());
        let wanted = selector.map(Wanted::of).unwrap_or_default();
        if !self.names_exist(wanted) {
            return;
        }
        let mut met = 0;
        for (id, cluster, name, namespace) in self.namespaces(wanted) {
            for (service_name, service) in &namespace.services {
                let named = selector
                    .and_then(|selector| selector.name.as_ref())
                    .is_none_or(|wanted| wanted.value == *service_name);
                if !named || !selector.is_none_or(|selector| matches(&selector.labels, &service.labels)) {
                    continue;
                }
                met += 1;
                let shown = format!("`{name}/{service_name}` in cluster `{}`", cluster.name);
                let Some(pods) = self.pods(name, &shown, service, place) else { continue };
                let Some(ports) = self.ports(port, &shown, service) else { continue };
                self.add(id, name, Destination::Service(service_name.clone()), pods, ports);
            }
        }
        if met == 0 {
            self.nothing("Service", selector.map_or(place, |selector| selector.place), selector);
        }
    }

    fn add(
        &mut self,
        id: ClusterId,
        namespace: &str,
        destination: Destination,
        selector: Labels,
        ports: Ports,
    ) {
        let class = Selected { destination, selector, policy: self.id, ports };
        self.selected.entry((id, namespace.to_owned())).or_default().push(class);
    }

    /// The labels of a Service's pods, if they can be selected.
    fn pods(&mut self, namespace: &str, shown: &str, service: &Service, place: Place) -> Option<Labels> {
        let finding = match &service.selector {
            None => Finding::new(FC407, format!("service {shown} selects no pods, so this policy governs nothing there"))
                .help("access is enforced at pods; a Service without a selector, or of type ExternalName, has none of its own"),
            Some(_) if namespace == ROOT_NAMESPACE => Finding::new(
                FC410,
                format!("service {shown} is in Istio's root namespace, where a policy would rule every namespace"),
            )
            .help("move it to a namespace of its own, or select by a namespace or labels that leave it out"),
            Some(_) if !service.volatile.is_empty() => Finding::new(
                FC406,
                format!("service {shown} selects pods by `{}`, which changes with every pod or revision", service.volatile.join("`, `")),
            )
            .help("a rendered selector would soon select nothing: select the pods by a label that stays"),
            Some(selector) => return Some(selector.clone()),
        };
        self.push(finding.at(place).because("the Service", service.place));
        None
    }

    /// The pods' ports behind a port of the Service; every port without one.
    fn ports(&mut self, port: Option<&PortSelector>, shown: &str, service: &Service) -> Option<Ports> {
        let Some(port) = port else { return Some(Ports::all()) };
        let found = service.ports.iter().find(|candidate| {
            let number = port.number.is_none_or(|number| number.get() == candidate.number);
            number && port.name.as_ref().is_none_or(|name| name.value == candidate.name)
        });
        let offered = || {
            let ports = service.ports.iter().map(|port| match port.name.as_str() {
                "" => port.number.to_string(),
                name => format!("{} ({name})", port.number),
            });
            ports.collect::<Vec<_>>().join(", ")
        };
        let finding = match found.map(|port| &port.target) {
            Some(Ok(target)) => return Some(Ports::Only(BTreeSet::from([*target]))),
            Some(Err(why)) => Finding::new(FC412, format!("the target port of service {shown} cannot be told: {why}"))
                .help("give the Service a numeric targetPort, or the same named port to the containers of all its workloads"),
            None => Finding::new(FC203, format!("service {shown} has no such port"))
                .help(format!("its ports are {}; a policy names the Service's port, not the pod's", offered())),
        };
        self.push(finding.at(port.place).because("the Service", service.place));
        None
    }

    fn workloads(&mut self, workload: &'a WorkloadSelector) {
        let selector = workload.selector.as_ref();
        let wanted = selector.map_or_else(Wanted::default, |selector| Wanted {
            cluster: selector.cluster.as_ref(),
            namespace: selector.namespace.as_ref(),
            workspace: selector.workspace.as_ref(),
        });
        if !self.names_exist(wanted) {
            return;
        }
        let Some(labels) = selector.map(|selector| &selector.labels).filter(|labels| !labels.is_empty())
        else {
            self.every_workload(wanted, workload.place);
            return;
        };
        if let Some(volatile) = labels.keys().find(|key| super::selection::is_volatile(key)) {
            self.push(
                Finding::new(FC406, format!("`{volatile}` changes with every pod or revision"))
                    .at(workload.place)
                    .help("select the pods by a label that stays"),
            );
            return;
        }
        let mut met = 0;
        for (id, _, name, namespace) in self.namespaces(wanted) {
            let Some(first) = namespace.workloads.iter().find(|workload| matches(labels, &workload.labels))
            else {
                continue;
            };
            met += 1;
            if name == ROOT_NAMESPACE {
                self.in_root_namespace(first, workload.place);
            } else {
                self.add(id, name, Destination::Labels(labels.clone()), labels.clone(), Ports::all());
            }
        }
        if met == 0 {
            let place = selector.map_or(workload.place, |selector| selector.place);
            self.push(
                Finding::new(FC203, "no workload of the inventory within reach carries these labels")
                    .at(place)
                    .help("check the labels against the pod templates below `clusters/`"),
            );
        }
    }

    /// Without labels there is no selector that says "all pods" and adds up with others, so each set of labels is one.
    fn every_workload(&mut self, wanted: Wanted<'a>, place: Place) {
        let mut met = 0;
        for (id, _, name, namespace) in self.namespaces(wanted) {
            if let (ROOT_NAMESPACE, Some(first)) = (name, namespace.workloads.first()) {
                met += 1;
                self.in_root_namespace(first, place);
                continue;
            }
            let distinct: BTreeSet<&Labels> =
                namespace.workloads.iter().map(|workload| &workload.labels).collect();
            for labels in distinct.into_iter().filter(|labels| !labels.is_empty()) {
                met += 1;
                self.add(id, name, Destination::Labels(labels.clone()), labels.clone(), Ports::all());
            }
            if let Some(bare) = namespace.workloads.iter().find(|workload| workload.labels.is_empty()) {
                self.push(
                    Finding::new(
                        FC406,
                        format!(
                            "{} `{name}/{}` has no label that stays, so no policy can select it",
                            bare.kind, bare.name
                        ),
                    )
                    .at(place)
                    .because("the workload", bare.place)
                    .help("give its pods a label"),
                );
            }
        }
        if met == 0 {
            self.push(
                Finding::new(FC203, "the inventory has no workload within reach of this policy")
                    .at(place)
                    .help("add what runs there below `clusters/<cluster>/`"),
            );
        }
    }

    fn in_root_namespace(&mut self, workload: &Workload, place: Place) {
        let message = format!(
            "{} `{ROOT_NAMESPACE}/{}` is in Istio's root namespace, where a policy would rule every namespace",
            workload.kind, workload.name
        );
        self.push(
            Finding::new(FC410, message).at(place).because("the workload", workload.place).help(
                "move it to a namespace of its own, or select by a namespace or labels that leave it out",
            ),
        );
    }

    /// Clusters and workspaces that a selector names must exist.
    fn names_exist(&mut self, wanted: Wanted<'_>) -> bool {
        if let Some(name) = wanted.cluster
            && !self.clusters.iter().any(|cluster| cluster.name == name.value)
        {
            let finding = unknown_cluster(&name.value, name.place, self.clusters);
            self.push(finding);
            return false;
        }
        if let Some(name) = wanted.workspace
            && !self.workspaces.iter().any(|workspace| workspace.name == name.value)
        {
            let names = self.workspaces.iter().map(|workspace| workspace.name.as_str());
            let help = match closest(&name.value, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a Workspace of the fleet".to_owned(),
            };
            self.push(
                Finding::new(FC203, format!("no Workspace is named `{}`", name.value))
                    .at(name.place)
                    .help(help),
            );
            return false;
        }
        true
    }

    /// The namespaces within reach that a selector wants.
    fn namespaces(&self, wanted: Wanted<'_>) -> Vec<(ClusterId, &'a Cluster, &'a str, &'a Namespace)> {
        let mut found = Vec::new();
        for (index, cluster) in self.clusters.iter().enumerate() {
            if wanted.cluster.is_some_and(|name| name.value != cluster.name) {
                continue;
            }
            match wanted.namespace {
                Some(name) => found.extend(
                    cluster
                        .namespaces
                        .get_key_value(&name.value)
                        .map(|(name, namespace)| (index, cluster, name, namespace)),
                ),
                None => found.extend(
                    cluster.namespaces.iter().map(|(name, namespace)| (index, cluster, name, namespace)),
                ),
            }
        }
        found
            .into_iter()
            .filter(|(_, _, name, namespace)| {
                let within = match self.reach {
                    Reach::Fleet => wanted.namespace.is_some() || namespace.tenancy != Tenancy::System,
                    Reach::Workspace(owner) => namespace.owner() == Some(owner),
                    Reach::Namespace(own) => *name == own && namespace.owner().is_none(),
                };
                within && self.owned_by(wanted.workspace, namespace)
            })
            .map(|(index, cluster, name, namespace)| (ClusterId(index), cluster, name.as_str(), namespace))
            .collect()
    }

    fn owned_by(&self, workspace: Option<&Spot<String>>, namespace: &Namespace) -> bool {
        workspace.is_none_or(|wanted| {
            namespace
                .owner()
                .and_then(|owner| self.workspaces.get(owner.0))
                .is_some_and(|owner| owner.name == wanted.value)
        })
    }

    /// The identities that one `allowedClients` entry selects.
    fn clients(&mut self, client: &'a IdentitySelector) -> BTreeSet<Identity> {
        let everything = ObjectSelector {
            place: client.place,
            labels: Labels::new(),
            name: None,
            namespace: None,
            cluster: None,
            workspace: None,
        };
        let selector = client.service_account_selector.as_ref().unwrap_or(&everything);
        let wanted = Wanted {
            cluster: selector.cluster.as_ref(),
            namespace: selector.namespace.as_ref(),
            workspace: selector.workspace.as_ref(),
        };
        if !self.names_exist(wanted) {
            return BTreeSet::new();
        }
        let mut found = BTreeSet::new();
        for cluster in self.clusters {
            if wanted.cluster.is_some_and(|name| name.value != cluster.name) {
                continue;
            }
            for (name, namespace) in &cluster.namespaces {
                if wanted.namespace.is_some_and(|wanted| wanted.value != *name)
                    || !self.grants_reach(wanted, name, namespace)
                    || !self.owned_by(wanted.workspace, namespace)
                {
                    continue;
                }
                for (account, labels) in &namespace.accounts {
                    let named = selector.name.as_ref().is_none_or(|wanted| wanted.value == *account);
                    if named && matches(&selector.labels, labels) {
                        found.insert(identity(&cluster.trust_domain, name, account));
                    }
                }
            }
        }
        if found.is_empty() {
            match (&selector.name, &selector.namespace) {
                (Some(name), Some(namespace))
                    if selector.labels.is_empty() && selector.workspace.is_none() =>
                {
                    for given in [name, namespace] {
                        if !is_dns_name(given) {
                            self.no_name(given);
                            return found;
                        }
                    }
                    found = self.yet_to_exist(&name.value, &namespace.value, wanted.cluster);
                }
                _ => self.nothing("ServiceAccount", selector.place, Some(selector)),
            }
        }
        found
    }

    /// A selector that names a namespace or a workspace grants there; one that names neither grants within reach.
    fn grants_reach(&self, wanted: Wanted<'_>, name: &str, namespace: &Namespace) -> bool {
        wanted.namespace.is_some()
            || wanted.workspace.is_some()
            || match self.reach {
                Reach::Fleet => namespace.tenancy != Tenancy::System,
                Reach::Workspace(owner) => namespace.owner() == Some(owner),
                Reach::Namespace(own) => name == own && namespace.owner().is_none(),
            }
    }

    /// A service account by name and namespace need not exist yet: it would in the clusters that have the namespace.
    fn yet_to_exist(
        &self,
        name: &str,
        namespace: &str,
        cluster: Option<&Spot<String>>,
    ) -> BTreeSet<Identity> {
        let wanted = |candidate: &&Cluster| cluster.is_none_or(|name| name.value == candidate.name);
        let with_namespace = |candidate: &&Cluster| {
            candidate.namespaces.get(namespace).is_some_and(|namespace| namespace.place.is_some())
        };
        let some = self.clusters.iter().filter(wanted).any(|cluster| with_namespace(&cluster));
        let chosen = self.clusters.iter().filter(wanted).filter(|cluster| !some || with_namespace(cluster));
        chosen.map(|cluster| identity(&cluster.trust_domain, namespace, name)).collect()
    }

    /// A principal ends in the name as it stands, and ztunnel would take a `*` there for any ending.
    fn no_name(&mut self, given: &Spot<String>) {
        self.push(
            Finding::new(FC109, format!("`{}` is no name that a ServiceAccount or Namespace can have", given.value))
                .at(given.place)
                .help("names are exact here; leave `name` out for every ServiceAccount that the inventory has in the namespace"),
        );
    }

    /// FC203 with the nearest thing that exists.
    fn nothing(&mut self, what: &str, place: Place, selector: Option<&ObjectSelector>) {
        let near = selector.and_then(|selector| self.nearest(what, selector));
        let help = near.unwrap_or_else(|| match self.reach {
            Reach::Fleet => format!("check the selector against the {what} objects below `clusters/`"),
            Reach::Workspace(_) => format!(
                "the policy reaches its own workspace: check the selector against the {what} objects there"
            ),
            Reach::Namespace(own) => format!(
                "namespace `{own}` belongs to no workspace, so the policy reaches that namespace alone"
            ),
        });
        self.push(
            Finding::new(FC203, format!("no {what} of the inventory within reach matches this selector"))
                .at(place)
                .help(help),
        );
    }

    fn nearest(&self, what: &str, selector: &ObjectSelector) -> Option<String> {
        let namespaces = || self.clusters.iter().flat_map(|cluster| &cluster.namespaces);
        let all_labels: Vec<(&str, &Labels)> = match what {
            "Service" => namespaces()
                .flat_map(|(_, namespace)| {
                    namespace.services.iter().map(|(name, service)| (name.as_str(), &service.labels))
                })
                .collect(),
            _ => namespaces()
                .flat_map(|(_, namespace)| {
                    namespace.accounts.iter().map(|(name, labels)| (name.as_str(), labels))
                })
                .collect(),
        };
        if let Some(wanted) = &selector.namespace
            && !namespaces().any(|(name, _)| *name == wanted.value)
        {
            let near = closest(&wanted.value, namespaces().map(|(name, _)| name.as_str()))?;
            return Some(format!("no cluster has namespace `{}`; did you mean `{near}`?", wanted.value));
        }
        if let Some(wanted) = &selector.name
            && !all_labels.iter().any(|(name, _)| *name == wanted.value)
        {
            let near = closest(&wanted.value, all_labels.iter().map(|(name, _)| *name))?;
            return Some(format!("did you mean the {what} `{near}`?"));
        }
        let (key, value) = selector
            .labels
            .iter()
            .find(|(key, value)| !all_labels.iter().any(|(_, labels)| labels.get(*key) == Some(*value)))?;
        let values = all_labels.iter().filter_map(|(_, labels)| labels.get(key)).map(String::as_str);
        let near = closest(value, values)?;
        Some(format!("no {what} carries `{key}: {value}`; did you mean `{key}: {near}`?"))
    }
}

fn identity(trust_domain: &Arc<str>, namespace: &str, account: &str) -> Identity {
    let member = Member { trust_domain: trust_domain.clone(), namespace: namespace.into() };
    Identity { member, account: account.into() }
}
