//! What of the inventory calls Services from outside the mesh: the API server by webhooks and aggregated APIs, ingress
//! controllers, and gateways of the Gateway API.

use super::decode::{Decode, Decoder};
use super::istio_operator::TargetPort;
use super::values::{Port, Spot};
use crate::yaml::Node;

/// The calls that one object of the inventory stands for.
#[derive(Debug, Clone)]
pub enum Calls {
    /// The API server calls: webhooks, conversions, aggregated APIs.
    ApiServer(Vec<Backend>),
    /// Some ingress controller does.
    Ingress(Vec<Backend>),
    /// Gateways do.
    Route {
        /// Which ones.
        gateways: Vec<ParentReference>,
        /// What they call.
        backends: Vec<Backend>,
    },
}

/// A Service that is called.
#[derive(Debug, Clone)]
pub struct Backend {
    /// Its namespace; `None`: the object's own.
    pub namespace: Option<String>,
    /// Its name.
    pub name: Spot<String>,
    /// The Service's port, where one is named.
    pub port: Option<TargetPort>,
}

/// True if documents of this kind stand for such calls; some do only if they name a Service.
pub fn calls(group: &str, kind: &str) -> bool {
    matches!(
        (group, kind),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration")
            | ("apiregistration.k8s.io", "APIService")
            | ("networking.k8s.io", "Ingress")
            | ("gateway.networking.k8s.io", "HTTPRoute" | "GRPCRoute" | "TCPRoute" | "TLSRoute")
    )
}

/// The port of the API server's calls where none is named (Kubernetes, `ServiceReference`).
const HTTPS: u16 = 443;

impl Calls {
    /// Reads a document for which [`calls`] is true, or a CustomResourceDefinition that converts by webhook.
    pub fn decode(kind: &str, node: &Node, decoder: &mut Decoder) -> Option<Calls> {
        Some(match kind {
            "APIService" => {
                let service = ApiService::decode(node, decoder)?.spec.and_then(|spec| spec.service);
                Calls::ApiServer(service.into_iter().map(Backend::from).collect())
            }
            "CustomResourceDefinition" => {
                let conversion = Definition::decode(node, decoder)?.spec.and_then(|spec| spec.conversion);
                let client = conversion
                    .and_then(|conversion| conversion.webhook)
                    .and_then(|webhook| webhook.client_config);
                let service = client.and_then(|client| client.service);
                Calls::ApiServer(service.into_iter().map(Backend::from).collect())
            }
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
                let webhooks = WebhookConfiguration::decode(node, decoder)?.webhooks;
                let services = webhooks.into_iter().filter_map(|webhook| webhook.client_config?.service);
                Calls::ApiServer(services.map(Backend::from).collect())
            }
            "Ingress" => {
                let Some(spec) = Ingress::decode(node, decoder)?.spec else {
                    return Some(Calls::Ingress(Vec::new()));
                };
                let paths = spec.rules.into_iter().filter_map(|rule| rule.http).flat_map(|http| http.paths);
                let backends = spec.default_backend.into_iter().chain(paths.filter_map(|path| path.backend));
                Calls::Ingress(backends.filter_map(|backend| backend.service).map(Backend::from).collect())
            }
            _ => {
                let Some(spec) = Route::decode(node, decoder)?.spec else {
                    return Some(Calls::Route { gateways: Vec::new(), backends: Vec::new() });
                };
                let mut backends: Vec<BackendReference> = Vec::new();
                for rule in spec.rules {
                    let mirrors = rule.filters.into_iter().filter_map(|filter| filter.request_mirror);
                    backends.extend(mirrors.map(|mirror| mirror.backend_ref));
                    backends.extend(rule.backend_refs);
                }
                Calls::Route {
                    gateways: spec.parent_refs.into_iter().filter(ParentReference::is_gateway).collect(),
                    backends: backends
                        .into_iter()
                        .filter(BackendReference::is_service)
                        .map(Backend::from)
                        .collect(),
                }
            }
        })
    }
}

record! {
    /// A Service that the API server calls.
    pub struct ServiceReference {
        /// Its namespace.
        pub namespace: Option<Spot<String>>,
        /// Its name.
        pub name: Spot<String>,
        /// Its port; default 443.
        pub port: Option<Spot<Port>>,
    }
}

impl From<ServiceReference> for Backend {
    fn from(reference: ServiceReference) -> Self {
        let port = reference.port.map(|port| port.value).or_else(|| Port::new(HTTPS));
        Backend {
            namespace: reference.namespace.map(|namespace| namespace.value),
            name: reference.name,
            port: port.map(TargetPort::Number),
        }
    }
}

record! {
    /// A ValidatingWebhookConfiguration or MutatingWebhookConfiguration.
    pub struct WebhookConfiguration {
        /// The webhooks.
        pub webhooks: Vec<Webhook>,
    }
}

record! {
    /// A webhook.
    pub struct Webhook {
        /// Where it is called.
        pub client_config: Option<ClientConfig>,
    }
}

record! {
    /// Where a webhook is called.
    pub struct ClientConfig {
        /// The Service; without one it is called by a URL.
        pub service: Option<ServiceReference>,
    }
}

record! {
    /// An APIService.
    pub struct ApiService {
        /// What it says.
        pub spec: Option<ApiServiceSpec>,
    }
}

record! {
    /// What an APIService says.
    pub struct ApiServiceSpec {
        /// Who serves the API; without it the API server itself.
        pub service: Option<ServiceReference>,
    }
}

record! {
    /// A CustomResourceDefinition.
    pub struct Definition {
        /// What it says.
        pub spec: Option<DefinitionSpec>,
    }
}

record! {
    /// What a CustomResourceDefinition says.
    pub struct DefinitionSpec {
        /// How versions become each other.
        pub conversion: Option<Conversion>,
    }
}

record! {
    /// How versions of an object become each other.
    pub struct Conversion {
        /// By a webhook.
        pub webhook: Option<Webhook>,
    }
}

record! {
    /// An Ingress.
    pub struct Ingress {
        /// What it says.
        pub spec: Option<IngressSpec>,
    }
}

record! {
    /// What an Ingress says.
    pub struct IngressSpec {
        /// What is called where no rule matches.
        pub default_backend: Option<IngressBackend>,
        /// Rules.
        pub rules: Vec<IngressRule>,
    }
}

record! {
    /// A rule of an Ingress.
    pub struct IngressRule {
        /// What it says.
        pub http: Option<IngressPaths>,
    }
}

record! {
    /// The paths of a rule.
    pub struct IngressPaths {
        /// One by one.
        pub paths: Vec<IngressPath>,
    }
}

record! {
    /// A path of a rule.
    pub struct IngressPath {
        /// What is called.
        pub backend: Option<IngressBackend>,
    }
}

record! {
    /// What an Ingress calls.
    pub struct IngressBackend {
        /// The Service.
        pub service: Option<IngressService>,
    }
}

record! {
    /// A Service that an Ingress calls.
    pub struct IngressService {
        /// Its name.
        pub name: Spot<String>,
        /// Its port.
        pub port: Option<IngressPort>,
    }
}

record! {
    /// A port that an Ingress calls.
    pub struct IngressPort {
        /// By name.
        pub name: Option<Spot<String>>,
        /// By number.
        pub number: Option<Spot<Port>>,
    }
}

impl From<IngressService> for Backend {
    fn from(service: IngressService) -> Self {
        let port = service.port.and_then(|port| {
            let number = port.number.map(|number| TargetPort::Number(number.value));
            number.or_else(|| port.name.map(|name| TargetPort::Name(name.value)))
        });
        Backend { namespace: None, name: service.name, port }
    }
}

record! {
    /// A route of the Gateway API.
    pub struct Route {
        /// What it says.
        pub spec: Option<RouteSpec>,
    }
}

record! {
    /// What a route says.
    pub struct RouteSpec {
        /// What it is attached to.
        pub parent_refs: Vec<ParentReference>,
        /// Rules.
        pub rules: Vec<RouteRule>,
    }
}

record! {
    /// What a route is attached to.
    pub struct ParentReference {
        /// The group; default the Gateway API's.
        pub group: Option<Spot<String>>,
        /// The kind; default `Gateway`.
        pub kind: Option<Spot<String>>,
        /// The namespace; default the route's own.
        pub namespace: Option<Spot<String>>,
        /// The name.
        pub name: Spot<String>,
    }
}

impl ParentReference {
    fn is_gateway(&self) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind.value == "Gateway")
    }
}

record! {
    /// A rule of a route.
    pub struct RouteRule {
        /// What is called.
        pub backend_refs: Vec<BackendReference>,
        /// What else is done with a request.
        pub filters: Vec<RouteFilter>,
    }
}

record! {
    /// What is done with a request.
    pub struct RouteFilter {
        /// It is sent a second time.
        pub request_mirror: Option<RequestMirror>,
    }
}

record! {
    /// Where a request is sent a second time.
    pub struct RequestMirror {
        /// What is called.
        pub backend_ref: BackendReference,
    }
}

record! {
    /// What a route calls.
    pub struct BackendReference {
        /// The group; default: core.
        pub group: Option<Spot<String>>,
        /// The kind; default `Service`.
        pub kind: Option<Spot<String>>,
        /// The namespace; default the route's own.
        pub namespace: Option<Spot<String>>,
        /// The name.
        pub name: Spot<String>,
        /// The Service's port.
        pub port: Option<Spot<Port>>,
    }
}

impl BackendReference {
    fn is_service(&self) -> bool {
        self.kind.as_ref().is_none_or(|kind| kind.value == "Service")
    }
}

impl From<BackendReference> for Backend {
    fn from(reference: BackendReference) -> Self {
        Backend {
            namespace: reference.namespace.map(|namespace| namespace.value),
            name: reference.name,
            port: reference.port.map(|port| TargetPort::Number(port.value)),
        }
    }
}
