//! Request attributes of `authz`: paths, methods, headers, tokens and addresses.
//!
//! A text that Gloo and Istio would match differently is refused, so that what stands in the rendered policy is what
//! stands in the AccessPolicy.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::Binding;
use crate::bind::mesh::{Destination, HeaderValues, Request, Service};
use crate::kinds::Spot;
use crate::kinds::access_policy::{Authorization, HttpRequestMatch, RequestIdentityMatcher};
use crate::report::Finding;
use crate::report::codes::{FC107, FC109, FC112, FC401, FC431, FC432, FC433};
use crate::source::Place;

impl Binding<'_> {
    /// Whether an entry is only tried. Istio never enforces a dry run, so it neither restricts nor grants.
    pub(super) fn is_dry_run(&mut self, authorization: &Authorization) -> bool {
        let Some(dry_run) = authorization.dry_run.filter(|dry_run| **dry_run) else { return false };
        self.push(
            Finding::new(FC433, "a dry run is not enforced: it restricts nobody and allows nobody, and nothing is rendered for it")
                .at(dry_run.place)
                .help("`fleetc diff` says what a policy would refuse before it is merged; take the line out to enforce it"),
        );
        true
    }

    /// What all requests of an entry must have, its clients' tokens aside.
    pub(super) fn request(&mut self, authorization: &Authorization) -> Request {
        let mut request = Request {
            paths: self.texts(&authorization.allowed_paths, path_problem),
            methods: self.texts(&authorization.allowed_methods, method_problem),
            ip_blocks: self.texts(&authorization.allowed_ip_blocks, block_problem),
            ..Request::default()
        };
        if let Some(http) = authorization.matches.as_ref().and_then(|matches| matches.request.as_ref()) {
            self.headers(http, &mut request);
        }
        if let Some(block) = authorization.allowed_remote_ip_blocks.first() {
            self.push(
                Finding::new(FC112, "`allowedRemoteIpBlocks` is real, but fleetc does not compile it")
                    .at(block.place)
                    .help(
                        "inside the mesh the address is read from `x-forwarded-for`, which every client can write\n\
                         judge it where the request enters, at the ingress gateway",
                    ),
            );
        }
        if let Some(block) = authorization.allowed_ip_blocks.first() {
            self.push(
                Finding::new(FC432, "the address of a client does not survive gateways, waypoints and other networks")
                    .at(block.place)
                    .help("a call through an ingress or east-west gateway carries that gateway's address; identities survive all of them"),
            );
        }
        let asked = !request.is_any();
        if asked && authorization.allowed_clients.is_empty() {
            self.push(
                Finding::new(
                    FC107,
                    "request attributes stand here without `allowedClients`, and nobody is allowed",
                )
                .at(authorization.place)
                .help("name the clients; `allowedClients: [{}]` is every ServiceAccount within reach"),
            );
        }
        request
    }

    /// Adds what one client's token must say.
    pub(super) fn token(&mut self, token: &RequestIdentityMatcher, request: &mut Request) {
        request.principals = self.texts(&token.request_principals, principal_problem);
        request.not_principals = self.texts(&token.not_request_principals, principal_problem);
        if token.request_principals.is_empty() {
            let place = token.not_request_principals.first().map_or(token.place, |value| value.place);
            self.push(
                Finding::new(
                    FC431,
                    "without `requestPrincipals` a request that carries no token at all would be allowed",
                )
                .at(place)
                .help("`requestPrincipals: ['*']` asks for a token of any issuer that is known"),
            );
        }
    }

    fn headers(&mut self, http: &HttpRequestMatch, request: &mut Request) {
        for (name, header) in &http.headers {
            let values = HeaderValues {
                values: self.texts(&header.values, wildcard_problem),
                not_values: self.texts(&header.not_values, wildcard_problem),
            };
            let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let problem = if name.is_empty() || !name.bytes().all(token) {
                Some("is no name that a header can have")
            } else if values == HeaderValues::default() {
                Some("says nothing of its value")
            } else if request.headers.insert(name.to_ascii_lowercase(), values).is_some() {
                Some("stands here twice: case does not count in a header's name")
            } else {
                None
            };
            if let Some(problem) = problem {
                self.push(
                    Finding::new(FC431, format!("header `{name}` {problem}"))
                        .at(header.place)
                        .help("set `values` or `notValues` of a header, each name once; `values: ['*']` asks that it be there"),
                );
            }
        }
    }

    /// The values of a list, each as it stands.
    fn texts(&mut self, values: &[Spot<String>], problem: fn(&str) -> Option<Problem>) -> BTreeSet<String> {
        for value in values {
            if let Some((code, what, help)) = problem(&value.value) {
                let message = format!("`{}` {what}", value.value);
                self.push(Finding::new(code, message).at(value.place).help(help));
            }
        }
        values.iter().map(|value| value.value.clone()).collect()
    }

    /// FC401: what ztunnel cannot see needs a waypoint before all that the policy selects. An ALLOW with such an
    /// attribute would admit nobody there, and nothing less would be exact.
    pub(super) fn needs_waypoint(&mut self, field: &str, place: Place) {
        let selected = std::mem::take(&mut self.selected);
        let offender = selected.iter().find_map(|class| {
            let cluster = self.clusters.get(class.cluster.0)?;
            let Destination::Service(name) = &class.destination else {
                return Some((class.namespace.as_str(), None));
            };
            let service = cluster.namespaces.get(&class.namespace)?.services.get(name)?;
            // one that it names and that takes no calls to Services is none
            service
                .waypoint
                .is_none()
                .then_some((class.namespace.as_str(), Some((name.as_str(), service, cluster.name.as_str()))))
        });
        let finding = match offender {
            None => None,
            Some((_, None)) => Some(
                Finding::new(FC401, format!("`{field}` is seen at a waypoint, which stands before Services, and this policy selects workloads"))
                    .at(place)
                    .help("select the Services of these pods by `applyToDestinations`"),
            ),
            Some((namespace, Some((name, service, cluster)))) => {
                let message = format!(
                    "`{field}` is seen by a waypoint alone, and none stands before service `{namespace}/{name}` in cluster `{cluster}`"
                );
                let finding = Finding::new(FC401, message).at(place).because("the Service", service.place);
                Some(finding.help(enrolment(namespace, name, service)))
            }
        };
        finding.into_iter().for_each(|finding| self.push(finding));
        self.selected = selected;
    }
}

/// How to enrol a Service.
fn enrolment(namespace: &str, name: &str, service: &Service) -> String {
    if service.headless {
        return "a headless Service is called pod by pod, past any waypoint: give it a cluster IP, or leave the attribute out".to_owned();
    }
    format!(
        "ztunnel sees connections, not requests. Enrol the Service:\n{}\nand run the waypoint:\n{}",
        enrolled_service(namespace, name, "waypoint"),
        waypoint_gateway(namespace, "waypoint"),
    )
}

/// A Service's head with the label that enrols it.
fn enrolled_service(namespace: &str, name: &str, waypoint: &str) -> String {
    format!(
        "kind: Service\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    istio.io/use-waypoint: {waypoint}"
    )
}

/// The Gateway that istiod runs a waypoint for.
pub fn waypoint_gateway(namespace: &str, name: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    istio.io/waypoint-for: service\nspec:\n  gatewayClassName: istio-waypoint\n  listeners:\n  - name: mesh\n    port: 15008\n    protocol: HBONE"
    )
}

/// What is wrong with a text: the code, what it is or does, and what to write instead.
type Problem = (crate::report::Code, &'static str, &'static str);

/// Istio takes a `*` at one end for any run of characters, and one that stands elsewhere for itself
/// (pilot/pkg/security/authz/matcher/string.go).
fn wildcard_problem(text: &str) -> Option<Problem> {
    const HELP: &str = "write it in full, or as `prefix*` or `*suffix`";
    let rest = text.strip_prefix('*').or_else(|| text.strip_suffix('*')).unwrap_or(text);
    match text {
        "" => Some((FC431, "is empty, and Istio refuses it", HELP)),
        _ if rest.contains('*') => {
            Some((FC431, "has a `*` where Istio takes it for itself and not for any text", HELP))
        }
        _ => None,
    }
}

/// `{*}` and `{**}` are templates in Istio and plain text in Gloo; the query is never part of what is compared.
fn path_problem(text: &str) -> Option<Problem> {
    const HELP: &str = "a path starts with `/`, or with `*` for any beginning, and ends before `?` and `#`";
    if text.contains(['{', '}']) {
        return Some((
            FC431,
            "holds braces, which Istio takes for a template",
            "list the paths, or allow a prefix",
        ));
    }
    if let Some(problem) = wildcard_problem(text) {
        Some(problem)
    } else if !text.starts_with(['/', '*']) || text.contains(['?', '#']) {
        Some((FC431, "is no path that a request can have", HELP))
    } else {
        None
    }
}

fn method_problem(text: &str) -> Option<Problem> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
    (!plain).then_some((
        FC431,
        "is no HTTP method",
        "methods are written in full and in upper case, `GET`; leave the list out to allow any",
    ))
}

/// `<issuer>/<subject>`, cut at the last slash; a `*` reaches no further than the part it stands in
/// (pilot/pkg/security/authz/model/generator.go, `requestPrincipalGenerator`).
fn principal_problem(text: &str) -> Option<Problem> {
    const HELP: &str = "write `<issuer>/<subject>`, `<issuer>/*`, or `*` for any issuer that is known";
    match wildcard_problem(text) {
        Some(problem) => Some(problem),
        None if text != "*" && !text.contains('/') => {
            Some((FC431, "names no subject, so no token would match", HELP))
        }
        None => None,
    }
}

fn block_problem(text: &str) -> Option<Problem> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let longest = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => Some(32),
        Ok(IpAddr::V6(_)) => Some(128),
        Err(_) => None,
    };
    let fits = longest.is_some_and(|longest: u8| {
        length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= longest))
    });
    (!fits).then_some((FC109, "is no IP address or CIDR block", "write `10.0.0.0/8` or `10.1.2.3`"))
}
