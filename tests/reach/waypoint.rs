//! Attachment, attributes and trust domains at a waypoint `wp` of namespace `dst` with the Service `s` behind
//! it.

use fleetc::reach::{Attachment, Backend, Cluster, HttpRequest, Identity, Request, Token, WaypointPolicies};
use serde_json::{Value, json};

use super::{PLAINTEXT, World, identity};

const X: &str = "cluster.local/ns/a/sa/x";
const SERVICE: Backend<'_> = Backend::Service { namespace: "dst", name: "s" };

/// A policy on the Service.
fn on_service(action: &str, rules: Value) -> World {
    World::of(json!({"targetRefs": [{"kind": "Service", "name": "s"}], "action": action, "rules": rules}))
}

fn get(path: &str) -> HttpRequest {
    HttpRequest {
        method: "GET".to_owned(),
        host: "S.dst".to_owned(),
        path: path.to_owned(),
        ..HttpRequest::default()
    }
}

impl World {
    fn passes(&self, backend: Backend<'_>, request: &Request<'_>) -> bool {
        let policies = WaypointPolicies::new(&self.cluster, &self.authorization);
        let scope = policies.at(&Attachment { namespace: "dst", gateway: "wp", backend });
        scope.verdict(request).verdict.allowed
    }

    fn passes_http(&self, peer: &str, http: &HttpRequest) -> bool {
        self.passes(SERVICE, &Request::new(identity(peer).as_ref(), 80, Some(http)))
    }

    fn passes_tcp(&self, peer: &str) -> bool {
        self.passes(SERVICE, &Request::new(identity(peer).as_ref(), 80, None))
    }
}

#[test]
fn only_policies_with_targets_are_seen() {
    assert!(World::of(json!({})).policy("istio-system", json!({})).passes_tcp(X));
    assert!(World::of(json!({"selector": {"matchLabels": {"app": "p"}}})).passes_tcp(X));
}

#[test]
fn targets_are_the_backend_the_gateway_and_the_class() {
    let peer = identity(X);
    let request = Request::new(peer.as_ref(), 80, None);
    let target = |namespace: &str, group: &str, kind: &str, name: &str| {
        World::default()
            .policy(namespace, json!({"targetRefs": [{"group": group, "kind": kind, "name": name}]}))
    };
    let gateway = "gateway.networking.k8s.io";
    let refused = |world: World, backend| !world.passes(backend, &request);

    assert!(refused(target("dst", "", "Service", "s"), SERVICE));
    assert!(refused(target("dst", "core", "Service", "s"), SERVICE));
    assert!(!refused(target("dst", "", "Service", "t"), SERVICE));
    assert!(!refused(target("a", "", "Service", "s"), SERVICE));
    assert!(!refused(target("dst", "", "Service", "s"), Backend::Workload));
    let elsewhere = Backend::Service { namespace: "a", name: "s" };
    assert!(refused(target("a", "", "Service", "s"), elsewhere));

    let entry = Backend::ServiceEntry { namespace: "dst", name: "s" };
    assert!(refused(target("dst", "networking.istio.io", "ServiceEntry", "s"), entry));
    assert!(!refused(target("dst", "", "Service", "s"), entry));

    assert!(refused(target("dst", gateway, "Gateway", "wp"), Backend::Workload));
    assert!(refused(target("dst", gateway, "Gateway", "wp"), elsewhere));
    assert!(!refused(target("a", gateway, "Gateway", "wp"), elsewhere));
    assert!(!refused(target("dst", "", "Gateway", "wp"), SERVICE), "a group of its own");

    assert!(refused(target("istio-system", gateway, "GatewayClass", "istio-waypoint"), SERVICE));
    assert!(!refused(target("dst", gateway, "GatewayClass", "istio-waypoint"), SERVICE));
    assert!(!refused(target("istio-system", gateway, "GatewayClass", "mine"), SERVICE));
}

#[test]
fn http_attributes_decide() {
    let world = on_service(
        "ALLOW",
        json!([{"from": [{"source": {"principals": [X]}}],
                "to": [{"operation": {"methods": ["GET"], "hosts": ["s.DST"],
                                      "paths": ["/api/*"], "notPaths": ["*/secret"]}}],
                "when": [{"key": "request.headers[X-Team]", "values": ["blue*"]}]}]),
    );
    let mut http = get("/api/v1");
    assert!(!world.passes_http(X, &http));
    http.headers.insert("x-team".to_owned(), "blue-1".to_owned());
    assert!(world.passes_http(X, &http));
    assert!(!world.passes_http("cluster.local/ns/b/sa/x", &http) && !world.passes_http(PLAINTEXT, &http));
    assert!(!world.passes_http(X, &HttpRequest { path: "/api/secret".to_owned(), ..http.clone() }));
    assert!(!world.passes_http(X, &HttpRequest { method: "get".to_owned(), ..http.clone() }));
    assert!(!world.passes_http(X, &HttpRequest { host: "s.dst:80".to_owned(), ..http }));
}

#[test]
fn path_templates_match_segments() {
    let admits = |template: &str, path: &str| {
        on_service("ALLOW", json!([{"to": [{"operation": {"paths": [template]}}]}]))
            .passes_http(X, &get(path))
    };
    assert!(
        admits("/foo/{*}", "/foo/bar") && !admits("/foo/{*}", "/foo/bar/baz") && !admits("/foo/{*}", "/foo/")
    );
    assert!(admits("/foo/{**}/", "/foo/bar/baz.txt/") && admits("/foo/{**}/", "/foo//"));
    assert!(!admits("/foo/{**}/", "/foo/bar"));
    assert!(
        admits("/foo/{*}/bar/{**}", "/foo/buzz/bar/") && admits("/foo/{*}/bar/{**}", "/foo/buzz/bar/a/b")
    );
}

#[test]
fn tokens_are_matched_by_issuer_subject_and_claims() {
    let with = |token: Option<Token>| HttpRequest { token, ..get("/") };
    let token = Token::new("https://idp/x", "alice").claim(&["groups"], &["dev", "ops"]);
    let admits = |rule: Value| on_service("ALLOW", json!([rule])).passes_http(X, &with(Some(token.clone())));
    let principal = |value: &str| admits(json!({"from": [{"source": {"requestPrincipals": [value]}}]}));

    assert!(
        ["https://idp/x/alice", "*", "https://idp/x/*", "*/alice", "https://idp/x/al*"]
            .map(principal)
            .iter()
            .all(|yes| *yes)
    );
    assert!(!["https://idp/alice", "https://idp/*", "*/bob", "alice"].map(principal).iter().any(|yes| *yes));
    assert!(admits(json!({"when": [{"key": "request.auth.claims[groups]", "values": ["ops"]}]})));
    assert!(!admits(json!({"when": [{"key": "request.auth.claims[groups][x]", "values": ["ops"]}]})));

    let unauthenticated =
        on_service("DENY", json!([{"from": [{"source": {"notRequestPrincipals": ["*"]}}]}]));
    assert!(
        !unauthenticated.passes_http(X, &with(None)) && unauthenticated.passes_http(X, &with(Some(token)))
    );
}

#[test]
fn on_other_protocols_allow_shrinks_and_deny_grows() {
    let rules =
        json!([{"from": [{"source": {"namespaces": ["a"]}}], "to": [{"operation": {"methods": ["POST"]}}]}]);
    let (allow, deny) = (on_service("ALLOW", rules.clone()), on_service("DENY", rules));
    assert!(!allow.passes_tcp(X) && !deny.passes_tcp(X));
    assert!(deny.passes_tcp("cluster.local/ns/b/sa/x"));
    assert!(!allow.passes_http(X, &get("/")) && deny.passes_http(X, &get("/")));
    assert!(
        !on_service("DENY", json!([{"to": [{"operation": {"paths": ["/admin"]}}]}])).passes_tcp(PLAINTEXT)
    );
}

#[test]
fn what_cannot_be_read_leaves_an_allow_out_and_widens_a_deny() {
    let rules = json!([{"to": [{"operation": {"ports": ["80", "http"]}}]}]);
    assert!(!on_service("ALLOW", rules.clone()).passes_tcp(X) && !on_service("DENY", rules).passes_tcp(X));
    let unreadable = json!([{"to": [{"operation": {"ports": ["http"]}}]}]);
    assert!(!on_service("DENY", unreadable).passes_tcp(X), "nothing is left to restrict it");
    let unknown = json!([{"when": [{"key": "no.such.key", "values": ["x"]}]}]);
    assert!(on_service("DENY", unknown.clone()).passes_tcp(X) && !on_service("ALLOW", unknown).passes_tcp(X));
}

#[test]
fn an_entry_that_says_nothing_matches_everything() {
    assert!(on_service("ALLOW", json!([{"from": [{"source": {}}]}])).passes_tcp(PLAINTEXT));
}

#[test]
fn ports_are_the_services() {
    assert!(on_service("ALLOW", json!([{"to": [{"operation": {"ports": ["80"]}}]}])).passes_tcp(X));
}

#[test]
fn a_namespace_pattern_does_not_stop_at_a_slash() {
    let namespaces =
        |value: &str| on_service("ALLOW", json!([{"from": [{"source": {"namespaces": [value]}}]}]));
    assert!(namespaces("a").passes_tcp(X) && !namespaces("b").passes_tcp(X) && namespaces("*").passes_tcp(X));
    assert!(namespaces("*sa").passes_tcp(X), "`.*/ns/.*sa/.*` meets the `sa` of every principal");
    assert!(!namespaces("*").passes_tcp(PLAINTEXT));
}

#[test]
fn service_accounts_and_trust_domains_are_known_everywhere() {
    let source = |source: Value| on_service("ALLOW", json!([{"from": [{"source": source}]}]));
    assert!(source(json!({"serviceAccounts": ["a/x"]})).passes_tcp("west.local/ns/a/sa/x"));
    assert!(!source(json!({"serviceAccounts": ["x"]})).passes_tcp(X));
    assert!(source(json!({"trustDomains": ["west*"]})).passes_tcp("west.local/ns/a/sa/x"));
    assert!(!source(json!({"trustDomains": ["west.local"]})).passes_tcp(X));
    let when = json!([{"when": [{"key": "source.serviceAccount", "values": ["a/x"]}]}]);
    assert!(on_service("ALLOW", when).passes_tcp(X));
}

#[test]
fn aliases_stand_for_the_trust_domain_and_cluster_local_for_both() {
    let mut world = on_service("ALLOW", json!([{"from": [{"source": {"principals": [X]}}]}]));
    world.cluster = Cluster {
        trust_domain: Some("prod".to_owned()),
        trust_domain_aliases: vec!["old".to_owned()],
        ..Cluster::default()
    };
    assert!(world.passes_tcp("prod/ns/a/sa/x") && world.passes_tcp("old/ns/a/sa/x"));
    assert!(!world.passes_tcp(X), "`cluster.local` is a pointer, not a trust domain");

    let principals = |principal: &str| {
        let rules = json!([{"from": [{"source": {"principals": [principal]}}]}]);
        World { cluster: world.cluster.clone(), ..on_service("ALLOW", rules) }
    };
    assert!(principals("old/ns/a/sa/x").passes_tcp("prod/ns/a/sa/x"));
    assert!(!principals("west/ns/a/sa/x").passes_tcp("prod/ns/a/sa/x"));
    assert!(principals("west/ns/a/sa/x").passes_tcp("west/ns/a/sa/x"));
    assert!(principals("*/ns/a/sa/x").passes_tcp("west/ns/a/sa/x"));
}

#[test]
fn custom_is_reported_where_the_request_triggers_it() {
    let world = on_service("CUSTOM", json!([{"to": [{"operation": {"paths": ["/admin"]}}]}]))
        .policy("dst", json!({"targetRefs": [{"kind": "Service", "name": "s"}], "rules": [{}]}));
    let policies = WaypointPolicies::new(&world.cluster, &world.authorization);
    let scope = policies.at(&Attachment { namespace: "dst", gateway: "wp", backend: SERVICE });
    let reported = |path: &str| {
        let http = get(path);
        let answer = scope.verdict(&Request::new(None, 80, Some(&http)));
        assert!(answer.verdict.allowed);
        answer.not_modelled.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(reported("/admin"), ["AuthorizationPolicy/dst/p0"]);
    assert!(reported("/").is_empty());
}

#[test]
fn a_dry_run_is_not_enforced() {
    assert!(on_service("ALLOW", json!([])).annotated("istio.io/dry-run", "true").passes_tcp(X));
    assert!(!on_service("ALLOW", json!([])).passes_tcp(X));
}

#[test]
fn the_lock_admits_the_waypoint_and_not_the_client() {
    let lock = World::of(json!({"selector": {"matchLabels": {"app": "p"}},
        "rules": [{"from": [{"source": {"serviceAccounts": ["dst/wp"]}}]}]}));
    let waypoint = Identity::new("cluster.local", "dst", "wp");
    assert!(lock.passes_tcp(X), "the waypoint does not see it");
    assert!(lock.admits(waypoint.principal(), 8080) && !lock.admits(X, 8080));
}
