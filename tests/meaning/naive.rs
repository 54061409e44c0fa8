//! The law of SPEC §5, as plain loops over what was written: may a client call a pod's port?
//!
//! Where the SPEC is silent: the owner of an identity is the workspace that owns its namespace in a cluster of its trust
//! domain; system namespaces stay open under `unownedNamespaces: deny`; Boundary holds for a gateway's pods but for the ports that it
//! listens on;
//! a policy without either apply list selects every Service in reach, one with `applyToWorkloads` ignores
//! `applyToDestinations`, as Gloo does. An authorization that is a dry run is as if it were not written. What stands behind
//! a waypoint and is governed takes its callers from the waypoint alone, but for exceptions.

use std::collections::BTreeSet;

use super::world::{
    ApplyTo, Authorization, Cluster, ClusterIndex, Exception, Gateway, HeaderMatch, Labels, Metadata, Object,
    ObjectSelector, Pod, PolicySpec, ResourceSelector, Service, SettingsSpec, Share, TokenMatch,
    WorkspaceIndex, World, glob, has,
};

/// The namespace of the platform's own intent; a policy there reaches the fleet.
pub const ADMIN_NAMESPACE: &str = "gloo-mesh";

/// Who a SPIFFE identity says it is. It carries no cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    pub trust_domain: String,
    pub namespace: String,
    pub service_account: String,
}

/// What an HTTP request says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Http {
    pub method: String,
    pub path: String,
    pub headers: Labels,
    /// Issuer and subject of its token, which a RequestAuthentication has validated.
    pub token: Option<(String, String)>,
}

/// A class of pods of one cluster.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'w> {
    pub cluster: ClusterIndex,
    pub pod: &'w Pod,
}

/// What was meant for a fleet, with the clients of each policy and the visibility of each workspace looked up once.
#[derive(Debug)]
pub struct Intent<'w> {
    world: &'w World,
    policies: Vec<Policy<'w>>,
}

#[derive(Debug)]
struct Policy<'w> {
    written: &'w Object<PolicySpec>,
    reach: Reach,
    /// Who is allowed with what; `None` for a policy without `authz`, which restricts nobody.
    grants: Option<Vec<Grant<'w>>>,
    strict: bool,
    permissive: bool,
}

/// One authorization: these clients, with requests that have these attributes.
#[derive(Debug)]
struct Grant<'w> {
    clients: Vec<(BTreeSet<Identity>, Option<&'w TokenMatch>)>,
    written: &'w Authorization,
}

/// Which namespaces a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Fleet,
    Workspace(WorkspaceIndex),
    OwnNamespace,
}

impl<'w> Intent<'w> {
    pub fn new(world: &'w World) -> Self {
        let policies = world.policies.iter().map(|policy| Policy::new(world, policy)).collect();
        Intent { world, policies }
    }

    /// `allowed(client → destination, port)`; `None` is a client without identity.
    pub fn allowed(&self, client: Option<&Identity>, destination: Destination<'w>, port: u16) -> bool {
        self.at(destination, port).allows(client, None)
    }

    /// Whether the fleet says anything about who may call a pod.
    pub fn governs(&self, destination: Destination<'w>) -> bool {
        let access = || {
            self.policies
                .iter()
                .any(|policy| policy.grants.is_some() && policy.selects_some_port(self.world, destination))
        };
        self.bounded(destination) || access()
    }

    fn bounded(&self, destination: Destination<'w>) -> bool {
        let Destination { cluster, pod } = destination;
        let closed = self.world.fleet.defaults.unowned_namespaces.as_deref() == Some("deny");
        !pod.is_gateway()
            && match self.world.owner(cluster, &pod.namespace) {
                Some(owner) => isolated(self.world, owner),
                None => closed && !self.world.is_system(&pod.namespace),
            }
    }

    /// The waypoints in front of a pod's Services, where the fleet governs the pod: then it takes callers from these alone.
    pub fn waypoints(&self, destination: Destination<'w>) -> Vec<&'w Gateway> {
        if !self.governs(destination) {
            return Vec::new();
        }
        let cluster = &self.world.clusters[destination.cluster];
        cluster.services_of(destination.pod).filter_map(|service| cluster.waypoint_of(service)).collect()
    }

    /// Requests on which the policies of a fleet may tell apart what they allow.
    pub fn requests(&self) -> Vec<Http> {
        let authorizations = || {
            self.policies.iter().flat_map(|policy| policy.grants.iter().flatten()).map(|grant| grant.written)
        };
        let mut paths = BTreeSet::from(["/".to_owned()]);
        for path in authorizations().flat_map(|authorization| &authorization.allowed_paths) {
            let bare = path.replace('*', "");
            paths.extend([bare.clone(), format!("{bare}/more"), format!("/before{bare}")]);
        }
        let methods: BTreeSet<String> =
            authorizations().flat_map(|authorization| authorization.allowed_methods.clone()).collect();
        let methods: BTreeSet<String> =
            methods.into_iter().chain(["GET".to_owned(), "DELETE".to_owned()]).collect();
        let mut headers = vec![Labels::new()];
        for (name, wanted) in
            authorizations().flat_map(|authorization| &authorization.matches.request.headers)
        {
            for value in wanted.values.iter().chain(&wanted.not_values) {
                headers.push(Labels::from([(name.to_ascii_lowercase(), value.replace('*', ""))]));
            }
            headers.push(Labels::from([(name.to_ascii_lowercase(), "something else".to_owned())]));
        }
        let mut requests = Vec::new();
        for method in &methods {
            for path in &paths {
                requests.extend(headers.iter().map(|headers| Http {
                    method: method.clone(),
                    path: path.clone(),
                    headers: headers.clone(),
                    token: None,
                }));
            }
        }
        let clients = || authorizations().flat_map(|authorization| &authorization.allowed_clients);
        let matchers = clients().filter_map(|client| client.request_identity_matcher.as_ref());
        let mut tokens = BTreeSet::new();
        for matcher in matchers {
            for principal in matcher.request_principals.iter().chain(&matcher.not_request_principals) {
                let (issuer, subject) = principal.rsplit_once('/').unwrap_or_default();
                tokens.insert((issuer.to_owned(), subject.replace('*', "somebody")));
                tokens.insert(("https://elsewhere.example".to_owned(), subject.to_owned()));
            }
        }
        let bare = requests.clone();
        for token in tokens {
            requests
                .extend(bare.iter().map(|request| Http { token: Some(token.clone()), ..request.clone() }));
        }
        requests
    }

    /// All that matters at one port of one destination, to be asked for many clients.
    pub fn at(&self, destination: Destination<'w>, port: u16) -> AtPort<'_, 'w> {
        let (world, cluster) = (self.world, &self.world.clusters[destination.cluster]);
        let visible = cluster.services_of(destination.pod).filter(|service| {
            service.spec.ports.iter().any(|of_service| destination.pod.target(of_service) == Some(port))
        });
        let selecting = self.policies.iter().filter(|policy| policy.selects(world, destination, port));
        let (access, tls_only): (Vec<_>, Vec<_>) = selecting.partition(|policy| policy.grants.is_some());
        AtPort {
            world,
            destination,
            port,
            services: visible.collect(),
            access,
            strict: tls_only.iter().any(|policy| policy.strict),
            permissive: tls_only.iter().any(|policy| policy.permissive),
        }
    }
}

/// One port of one destination, with the Services and policies that are about it.
#[derive(Debug)]
pub struct AtPort<'i, 'w> {
    world: &'w World,
    destination: Destination<'w>,
    port: u16,
    services: Vec<&'w Service>,
    access: Vec<&'i Policy<'w>>,
    strict: bool,
    permissive: bool,
}

impl AtPort<'_, '_> {
    /// SPEC §5. Without a request, what is called is no HTTP, or nobody reads it.
    pub fn allows(&self, client: Option<&Identity>, request: Option<&Http>) -> bool {
        self.is_exception(client) || self.boundary(client) && self.access(client, request)
    }

    /// Whether a policy asks that calls without encryption come in, and none asks for the contrary.
    #[allow(dead_code, reason = "the oracle of changes asks it")]
    pub fn is_permissive(&self) -> bool {
        self.permissive && !self.strict && self.access.is_empty()
    }

    /// Whether an exception covers the call.
    pub fn is_exception(&self, client: Option<&Identity>) -> bool {
        self.world.fleet.exceptions.iter().any(|exception| self.excepts(exception, client))
    }

    fn boundary(&self, client: Option<&Identity>) -> bool {
        let (cluster, namespace) = (self.destination.cluster, self.destination.pod.namespace.as_str());
        let pod = self.destination.pod;
        if pod.is_gateway() && self.world.clusters[cluster].listens(pod, self.port) {
            return true;
        }
        let Some(owner) = self.world.owner(cluster, namespace) else {
            let closed = self.world.fleet.defaults.unowned_namespaces.as_deref() == Some("deny");
            return !closed || self.world.is_system(namespace);
        };
        if !isolated(self.world, owner) {
            return true;
        }
        let Some(client) = client.and_then(|client| owner_of_identity(self.world, client)) else {
            return false;
        };
        client == owner
            || self.services.iter().any(|service| visible(self.world, cluster, service, owner, client))
    }

    fn access(&self, client: Option<&Identity>, request: Option<&Http>) -> bool {
        let Some(client) = client else { return self.access.is_empty() && !self.strict };
        let mut grants = self.access.iter().flat_map(|policy| policy.grants.iter().flatten());
        let allows = |grant: &Grant<'_>| {
            let mut entries = grant.clients.iter();
            entries.any(|(clients, token)| clients.contains(client) && has_token(*token, request))
                && !grant.written.dry_run
                && has_attributes(grant.written, request)
        };
        self.access.is_empty() || grants.any(allows)
    }

    fn excepts(&self, exception: &Exception, client: Option<&Identity>) -> bool {
        let Destination { cluster, pod } = self.destination;
        let (from, to) = (&exception.from, &exception.to);
        let owner = self.world.owner(cluster, &pod.namespace);
        let workspace = owner.map(|owner| self.world.workspaces[owner].metadata.name.as_str());
        let any = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|pattern| glob(pattern, name))
        };
        let caller = match client {
            None => from.plaintext,
            Some(client) => {
                let account = format!("{}/{}", client.namespace, client.service_account);
                let named =
                    from.namespaces.contains(&client.namespace) || from.service_accounts.contains(&account);
                named && trust_domains(self.world, &client.namespace).contains(&client.trust_domain.as_str())
            }
        };
        caller
            && (exception.ports.is_empty() || exception.ports.contains(&self.port))
            && any(&to.clusters, &self.world.clusters[cluster].name)
            && any(&to.namespaces, &pod.namespace)
            && (to.workspaces.is_empty() || workspace.is_some_and(|name| any(&to.workspaces, name)))
            && has(&pod.labels, &to.labels)
    }
}

/// Whether a request carries a token that an entry asks for, if it asks for one.
fn has_token(wanted: Option<&TokenMatch>, request: Option<&Http>) -> bool {
    let Some(wanted) = wanted else { return true };
    let token = request.and_then(|request| request.token.as_ref());
    let principal = token.map(|(issuer, subject)| format!("{issuer}/{subject}"));
    let one_of = |patterns: &[String]| {
        principal
            .as_ref()
            .is_some_and(|principal| patterns.iter().any(|pattern| text_matches(pattern, principal)))
    };
    (wanted.request_principals.is_empty() || one_of(&wanted.request_principals))
        && !one_of(&wanted.not_request_principals)
}

/// Whether a request has what an authorization asks of it besides the client.
fn has_attributes(wanted: &Authorization, request: Option<&Http>) -> bool {
    let Authorization { allowed_paths, allowed_methods, matches, allowed_ip_blocks, .. } = wanted;
    // where a call comes from is not known here, and what is not known is in no block
    if !allowed_ip_blocks.is_empty() {
        return false;
    }
    let headers = &matches.request.headers;
    let asks_nothing = allowed_paths.is_empty() && allowed_methods.is_empty() && headers.is_empty();
    let one_of =
        |patterns: &[String], value: &str| patterns.iter().any(|pattern| text_matches(pattern, value));
    asks_nothing
        || request.is_some_and(|request| {
            let has = |(name, wanted): (&String, &HeaderMatch)| {
                let value = request.headers.get(&name.to_ascii_lowercase());
                // of a header `*` asks that it be there
                let one_of = |patterns: &[String], value: &str| {
                    patterns.iter().any(|pattern| pattern == "*" || text_matches(pattern, value))
                };
                let present = value.is_some_and(|value| one_of(&wanted.values, value));
                let absent = !value.is_some_and(|value| one_of(&wanted.not_values, value));
                (wanted.values.is_empty() || present) && absent
            };
            (allowed_paths.is_empty() || one_of(allowed_paths, &request.path))
                && (allowed_methods.is_empty() || allowed_methods.contains(&request.method))
                && headers.iter().all(has)
        })
}

/// Exact, `prefix*`, `*suffix`; a lone `*` is anything that is not empty.
fn text_matches(pattern: &str, value: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => !value.is_empty(),
        (Some(suffix), _) => value.ends_with(suffix),
        (_, Some(prefix)) => value.starts_with(prefix),
        _ => pattern == value,
    }
}

/// SPEC §4: the settings named `global` win, then the workspace's own, then the fleet's default, then isolation.
fn isolated(world: &World, workspace: WorkspaceIndex) -> bool {
    let enabled = |settings: &Object<SettingsSpec>| settings.spec.options.service_isolation.enabled;
    let global = world.settings.iter().find(|settings| is_global(settings)).and_then(enabled);
    let own = || settings_of(world, workspace).and_then(enabled);
    global.or_else(own).or(world.fleet.defaults.service_isolation).unwrap_or(true)
}

fn is_global(settings: &Object<SettingsSpec>) -> bool {
    settings.metadata.name == "global" && settings.metadata.namespace.as_deref() == Some(ADMIN_NAMESPACE)
}

fn settings_of(world: &World, workspace: WorkspaceIndex) -> Option<&Object<SettingsSpec>> {
    let of_workspaces = world.settings.iter().filter(|settings| !is_global(settings));
    let mut own = of_workspaces.filter(|settings| owner_of_object(world, settings) == Some(workspace));
    own.next()
}

/// The workspace in whose namespace an intent object lies: in the cluster it was applied in, else in any.
fn owner_of_object<S>(world: &World, object: &Object<S>) -> Option<WorkspaceIndex> {
    let namespace = object.metadata.namespace.as_deref().unwrap_or("default");
    let applied_here =
        |cluster: &Cluster| object.applied_in.as_ref().is_none_or(|name| *name == cluster.name);
    let mut clusters = world.clusters.iter().enumerate().filter(|(_, cluster)| applied_here(cluster));
    clusters.find_map(|(cluster, _)| world.owner(cluster, namespace))
}

pub fn owner_of_identity(world: &World, client: &Identity) -> Option<WorkspaceIndex> {
    let same_domain =
        world.clusters.iter().enumerate().filter(|(_, cluster)| cluster.trust_domain == client.trust_domain);
    let mut owners = same_domain.filter_map(|(cluster, _)| world.owner(cluster, &client.namespace));
    owners.next()
}

/// SPEC §4: the owner exports the Service to the other workspace, and that imports it from the owner.
fn visible(
    world: &World,
    cluster: ClusterIndex,
    service: &Service,
    owner: WorkspaceIndex,
    to: WorkspaceIndex,
) -> bool {
    let names = |share: &Share, workspace: WorkspaceIndex| {
        let Metadata { name, labels, .. } = &world.workspaces[workspace].metadata;
        share.workspaces.iter().any(|selector| {
            selector.name.as_ref().is_none_or(|pattern| glob(pattern, name))
                && has(labels, &selector.selector)
        })
    };
    let holds = |share: &Share| {
        share.resources.is_empty()
            || share.resources.iter().any(|resource| is_resource(resource, service, &world.clusters[cluster]))
    };
    let exports = settings_of(world, owner).map_or(&[][..], |settings| &settings.spec.export_to);
    let imports = settings_of(world, to).map_or(&[][..], |settings| &settings.spec.import_from);
    exports.iter().any(|share| names(share, to) && holds(share))
        && imports.iter().any(|share| names(share, owner) && holds(share))
}

fn is_resource(resource: &ResourceSelector, service: &Service, cluster: &Cluster) -> bool {
    let is = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|wanted| wanted == name);
    resource.kind.as_deref().is_none_or(|kind| kind == "ALL" || kind == "SERVICE")
        && has(&service.metadata.labels, &resource.labels)
        && is(&resource.name, &service.metadata.name)
        && is(&resource.namespace, service.metadata.namespace.as_deref().unwrap_or_default())
        && is(&resource.cluster, &cluster.name)
}

impl<'w> Policy<'w> {
    fn new(world: &'w World, written: &'w Object<PolicySpec>) -> Self {
        let reach = if written.metadata.namespace.as_deref() == Some(ADMIN_NAMESPACE) {
            Reach::Fleet
        } else {
            owner_of_object(world, written).map_or(Reach::OwnNamespace, Reach::Workspace)
        };
        let config = &written.spec.config;
        let required = config.authn.mtls.required == Some(true);
        let mut policy = Policy {
            written,
            reach,
            grants: None,
            strict: required || config.authn.tls_mode.as_deref() == Some("STRICT"),
            permissive: !required && config.authn.tls_mode.as_deref() == Some("PERMISSIVE"),
        };
        let authorizations = config.authz_list.as_deref().or(config.authz.as_ref().map(std::slice::from_ref));
        let grant = |written: &'w Authorization| Grant {
            clients: written
                .allowed_clients
                .iter()
                .map(|entry| {
                    let clients = policy.identities(world, &entry.service_account_selector);
                    (clients, entry.request_identity_matcher.as_ref())
                })
                .collect(),
            written,
        };
        // a dry run is as if it were not written, and a policy of dry runs alone restricts nobody
        policy.grants = authorizations
            .filter(|all| all.is_empty() || all.iter().any(|authorization| !authorization.dry_run))
            .map(|authorizations| authorizations.iter().map(grant).collect());
        policy
    }

    fn identities(&self, world: &World, selector: &ObjectSelector) -> BTreeSet<Identity> {
        if let ObjectSelector {
            name: Some(name), namespace: Some(namespace), labels, workspace: None, ..
        } = selector
            && labels.is_empty()
        {
            return literal(world, selector, namespace, name);
        }
        let outside = selector.namespace.is_some() || selector.workspace.is_some();
        let mut identities = BTreeSet::new();
        for (index, cluster) in world.clusters.iter().enumerate() {
            // every namespace has an account `default`, whether or not the inventory shows it
            let implied = cluster.namespaces.keys().map(|namespace| Metadata {
                name: "default".to_owned(),
                namespace: Some(namespace.clone()),
                ..Metadata::default()
            });
            let named = selector.name.as_deref() == Some("default");
            let implied: Vec<Metadata> = implied.filter(|_| named).collect();
            for account in cluster.accounts.iter().chain(&implied) {
                let namespace = account.namespace.as_deref().unwrap_or_default();
                let reached =
                    self.reaches(world, index, namespace, selector) || outside && self.reach != Reach::Fleet;
                if reached
                    && is_object(world, index, selector, Some(&account.name), namespace, &account.labels)
                {
                    identities.insert(Identity::of(cluster, namespace, &account.name));
                }
            }
        }
        identities
    }

    fn selects_some_port(&self, world: &World, destination: Destination<'_>) -> bool {
        let services = world.clusters[destination.cluster].services_of(destination.pod);
        let targets =
            services.flat_map(|service| &service.spec.ports).filter_map(|port| destination.pod.target(port));
        targets.chain([0]).any(|port| self.selects(world, destination, port))
    }

    /// Whether the policy is about this port of this destination.
    fn selects(&self, world: &World, destination: Destination<'_>, port: u16) -> bool {
        let (cluster, pod) = (destination.cluster, destination.pod);
        let PolicySpec { apply_to_destinations, apply_to_workloads, .. } = &self.written.spec;
        if !apply_to_workloads.is_empty() {
            return apply_to_workloads.iter().any(|ApplyTo { selector, .. }| {
                self.reaches(world, cluster, &pod.namespace, selector)
                    && is_object(world, cluster, selector, None, &pod.namespace, &pod.labels)
            });
        }
        let everything = [ApplyTo::default()];
        let entries =
            if apply_to_destinations.is_empty() { &everything } else { apply_to_destinations.as_slice() };
        let services: Vec<&Service> = world.clusters[cluster].services_of(pod).collect();
        entries.iter().any(|entry| {
            entry.kind.as_deref().is_none_or(|kind| kind == "SERVICE")
                && self.reaches(world, cluster, &pod.namespace, &entry.selector)
                && services.iter().any(|service| {
                    let Metadata { name, labels, .. } = &service.metadata;
                    is_object(world, cluster, &entry.selector, Some(name), &pod.namespace, labels)
                        && is_port(entry, service, pod, port)
                })
        })
    }

    fn reaches(
        &self,
        world: &World,
        cluster: ClusterIndex,
        namespace: &str,
        selector: &ObjectSelector,
    ) -> bool {
        match self.reach {
            Reach::Fleet => !world.is_system(namespace) || selector.namespace.as_deref() == Some(namespace),
            Reach::Workspace(workspace) => world.owner(cluster, namespace) == Some(workspace),
            Reach::OwnNamespace => {
                self.written.metadata.namespace.as_deref() == Some(namespace)
                    && world.owner(cluster, namespace).is_none()
            }
        }
    }
}

/// Without a port, every port of the pods; with one, the pods' port behind that port of the Service.
fn is_port(entry: &ApplyTo, service: &Service, pod: &Pod, port: u16) -> bool {
    let Some(wanted) = &entry.port else { return true };
    service.spec.ports.iter().any(|of_service| {
        wanted.number.is_none_or(|number| number == of_service.port)
            && wanted.name.as_ref().is_none_or(|name| of_service.name.as_ref() == Some(name))
            && pod.target(of_service) == Some(port)
    })
}

/// The trust domains of the clusters that have a namespace, of all clusters if none has it yet.
fn trust_domains<'w>(world: &'w World, namespace: &str) -> Vec<&'w str> {
    let domains = |having: bool| {
        let clusters = world.clusters.iter();
        let clusters = clusters.filter(move |cluster| !having || cluster.namespaces.contains_key(namespace));
        clusters.map(|cluster| cluster.trust_domain.as_str()).collect::<Vec<_>>()
    };
    if domains(true).is_empty() { domains(false) } else { domains(true) }
}

/// A client given by name and namespace need not exist yet: it is meant in the trust domains where it does exist, else
/// where its namespace does, else in all.
fn literal(world: &World, selector: &ObjectSelector, namespace: &str, name: &str) -> BTreeSet<Identity> {
    let meant = || {
        world
            .clusters
            .iter()
            .filter(|cluster| selector.cluster.as_ref().is_none_or(|named| *named == cluster.name))
    };
    let has_account = |cluster: &&Cluster| {
        let mut accounts = cluster.accounts.iter();
        accounts.any(|account| account.name == name && account.namespace.as_deref() == Some(namespace))
    };
    let has_namespace = |cluster: &&Cluster| cluster.namespaces.contains_key(namespace);
    let mut clusters: Vec<&Cluster> = meant().filter(has_account).collect();
    if clusters.is_empty() {
        clusters = meant().filter(has_namespace).collect();
    }
    if clusters.is_empty() {
        clusters = meant().collect();
    }
    clusters.into_iter().map(|cluster| Identity::of(cluster, namespace, name)).collect()
}

fn is_object(
    world: &World,
    cluster: ClusterIndex,
    selector: &ObjectSelector,
    name: Option<&str>,
    namespace: &str,
    labels: &Labels,
) -> bool {
    let is = |wanted: &Option<String>, actual: Option<&str>| wanted.is_none() || wanted.as_deref() == actual;
    let workspace =
        world.owner(cluster, namespace).map(|owner| world.workspaces[owner].metadata.name.as_str());
    has(labels, &selector.labels)
        && is(&selector.name, name)
        && is(&selector.namespace, Some(namespace))
        && is(&selector.cluster, Some(&world.clusters[cluster].name))
        && is(&selector.workspace, workspace)
}

impl Identity {
    pub fn of(cluster: &Cluster, namespace: &str, service_account: &str) -> Self {
        Identity {
            trust_domain: cluster.trust_domain.clone(),
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
        }
    }
}
