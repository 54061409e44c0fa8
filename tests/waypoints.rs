//! Both ways to a pod behind a waypoint, in the rendered trees of fixtures: through the waypoint, which judges the client
//! and whom ztunnel judges then; and straight at the pod.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests touch the disk and may fail loudly"
)]

mod support;

use fleetc::manifest::{AuthorizationPolicy, Labels, PeerAuthentication};
use fleetc::reach::{
    self, Attachment, Backend, Connection, HttpRequest, Identity, Policies, Request, Token, WaypointPolicies,
    Workload,
};
use fleetc::source::FileId;
use fleetc::yaml::{self, Node};

/// The Service `shop/cart` of one cluster, with pods `app: cart`.
struct Cart {
    authorization: Vec<AuthorizationPolicy>,
    peer: Vec<PeerAuthentication>,
    trust_domain: &'static str,
    waypoint: Identity,
    pods: Labels,
}

impl Cart {
    fn of(fixture: &str, cluster: &str) -> Self {
        let folder = support::root().join("fixtures").join(fixture).join("fleet");
        let (tree, _) =
            support::rendered(&support::sources(&folder, "fleet")).expect("a fleet that compiles");
        let mut cart = Cart {
            authorization: Vec::new(),
            peer: Vec::new(),
            trust_domain: "cluster.local",
            waypoint: Identity::new("cluster.local", "shop", "waypoint"),
            pods: Labels::from([("app".to_owned(), "cart".to_owned())]),
        };
        for (path, text) in tree.iter().filter(|(path, _)| path.starts_with(&format!("{cluster}/"))) {
            for document in yaml::read(FileId::default(), text.as_bytes()).documents {
                match document.get("kind").and_then(Node::as_text) {
                    Some(AuthorizationPolicy::KIND) => {
                        cart.authorization.push(yaml::from_node(&document).expect(path));
                    }
                    Some(PeerAuthentication::KIND) => {
                        cart.peer.push(yaml::from_node(&document).expect(path));
                    }
                    _ => {}
                }
            }
        }
        cart
    }

    fn in_trust_domain(mut self, trust_domain: &'static str) -> Self {
        self.trust_domain = trust_domain;
        self
    }

    fn behind(mut self, waypoint: &str) -> Self {
        self.waypoint = caller(waypoint);
        self
    }

    fn labelled(mut self, key: &str, value: &str) -> Self {
        self.pods.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Straight at a pod's port; no caller is plaintext.
    fn takes(&self, from: &str, port: u16) -> bool {
        let peer = (!from.is_empty()).then(|| caller(from));
        self.takes_from(peer.as_ref(), port)
    }

    fn takes_from(&self, peer: Option<&Identity>, port: u16) -> bool {
        let policies = Policies::new(&reach::Cluster::default(), &self.authorization, &self.peer);
        let scope = policies.at(&Workload::new("shop", &self.pods));
        scope.verdict(&Connection::new(peer, port)).allowed
    }

    /// Addressed as the Service's port, and on to the pod's.
    fn lets_through(&self, from: &str, ports: (u16, u16), http: Option<&HttpRequest>) -> bool {
        let cluster =
            reach::Cluster { trust_domain: Some(self.trust_domain.to_owned()), ..reach::Cluster::default() };
        let policies = WaypointPolicies::new(&cluster, &self.authorization);
        let at_waypoint = policies.at(&Attachment {
            namespace: "shop",
            gateway: "waypoint",
            backend: Backend::Service { namespace: "shop", name: "cart" },
        });
        let client = caller(from);
        let mut request = Request::new(Some(&client), ports.0, http);
        request.source_ip = Some("10.1.2.3".parse().expect("an address"));
        at_waypoint.verdict(&request).verdict.allowed && self.takes_from(Some(&self.waypoint), ports.1)
    }
}

/// `<namespace>/<account>` of `cluster.local`, or a whole principal.
fn caller(text: &str) -> Identity {
    match text.split_once('/') {
        Some((namespace, account)) if !account.contains('/') => {
            Identity::new("cluster.local", namespace, account)
        }
        _ => Identity::parse(text).expect("a principal"),
    }
}

fn http(method: &str, path: &str) -> HttpRequest {
    HttpRequest { method: method.to_owned(), path: path.to_owned(), ..HttpRequest::default() }
}

#[test]
fn in_an_open_namespace_the_waypoint_alone_gets_to_the_pods() {
    let cart = Cart::of("waypoint-open", "east");
    assert!(cart.lets_through("web/web", (80, 8080), None));
    assert!(!cart.lets_through("web/other", (80, 8080), None));
    assert!(cart.lets_through("web/other", (81, 9090), None), "nothing governs this port");
    for from in ["", "web/web", "shop/cart"] {
        assert!(!cart.takes(from, 8080) && !cart.takes(from, 9090), "`{from}` goes past the waypoint");
    }
}

#[test]
fn within_a_boundary_members_and_importers_pass_and_nobody_goes_past() {
    let cart = Cart::of("waypoint-bounded", "east");
    assert!(cart.lets_through("shop/anyone", (80, 8080), None));
    assert!(cart.lets_through("web/anyone", (81, 9090), None));
    assert!(!cart.lets_through("tools/anyone", (80, 8080), None));
    for from in ["", "shop/anyone", "web/anyone"] {
        assert!(!cart.takes(from, 8080), "`{from}` goes past the waypoint");
    }
}

#[test]
fn a_waypoint_that_the_boundary_does_not_let_in_gets_to_its_own_pods_alone() {
    let cart = Cart::of("waypoint-in-another-namespace", "east").behind("infra/edge-proxy");
    assert!(cart.lets_through("shop/anyone", (80, 8080), None) && !cart.takes("shop/anyone", 8080));
    let plain = Cart { pods: Labels::from([("app".to_owned(), "plain".to_owned())]), ..cart };
    assert!(plain.takes("shop/anyone", 8080) && !plain.takes("infra/edge-proxy", 8080));
}

#[test]
fn entries_with_request_attributes_add_up() {
    let cart = Cart::of("waypoint-requests", "east");
    let asks = |from: &str, http: &HttpRequest| cart.lets_through(from, (80, 8080), Some(http));
    assert!(asks("web/admin", &http("DELETE", "/")) && !asks("web/other", &http("GET", "/books")));
    assert!(asks("web/web", &http("GET", "/books/1")) && asks("web/web", &http("HEAD", "/app/status")));
    assert!(!asks("web/web", &http("POST", "/books")) && !asks("web/web", &http("GET", "/status/all")));
    assert!(!cart.lets_through("web/web", (80, 8080), None), "what is no HTTP has no path");

    let tier = |tier: &str, subject: &str| HttpRequest {
        headers: [("x-tier".to_owned(), tier.to_owned())].into(),
        token: Some(Token::new("https://login.bank.example", subject)),
        ..http("POST", "/")
    };
    assert!(asks("web/web", &tier("gold", "someone")) && asks("web/web", &tier("silver-2", "someone")));
    assert!(!asks("web/web", &tier("silver-trial", "someone")) && !asks("web/web", &tier("gold", "guest")));
    assert!(!asks("web/web", &HttpRequest { token: None, ..tier("gold", "someone") }));
}

#[test]
fn attributes_narrow_what_the_boundary_lets_in() {
    let cart = Cart::of("waypoint-requests-within-a-boundary", "east");
    let asks = |from: &str, method: &str| cart.lets_through(from, (80, 8080), Some(&http(method, "/")));
    assert!(asks("shop/cart", "GET") && !asks("shop/cart", "POST"));
    assert!(!asks("web/web", "GET") && !asks("shop/other", "GET"));
}

#[test]
fn exceptions_open_both_ways() {
    for fixture in ["waypoint-exceptions", "waypoint-exceptions-within-a-boundary"] {
        let cart = Cart::of(fixture, "east");
        assert!(cart.lets_through("monitoring/prometheus", (90, 9090), None), "{fixture}");
        assert!(!cart.lets_through("monitoring/prometheus", (80, 8080), None), "{fixture}");
        assert!(cart.takes("monitoring/prometheus", 9090), "{fixture}");
        assert!(!cart.takes("monitoring/prometheus", 8080), "{fixture}");
        assert!(cart.takes("", 8080) && !cart.takes("", 9090), "{fixture}: plaintext");
        assert!(!cart.takes("shop/anyone", 9090) && cart.takes("shop/waypoint", 7070), "{fixture}");
    }
    let canary = Cart::of("waypoint-exceptions", "east").labelled("track", "canary");
    assert!(canary.takes("ops/probe", 7070) && !canary.takes("ops/probe", 8080));
    assert!(canary.takes("monitoring/prometheus", 9090) && canary.takes("shop/waypoint", 8080));
    assert!(!Cart::of("waypoint-exceptions", "east").takes("ops/probe", 7070));
}

#[test]
fn the_pods_know_the_waypoint_of_each_cluster_which_say_the_same() {
    let client = "east.example/ns/web/sa/web";
    let fixture = "waypoint-in-a-cluster-without-the-service";
    let east = Cart::of(fixture, "east").in_trust_domain("east.example");
    for waypoint in ["east.example/ns/shop/sa/waypoint", "west.example/ns/shop/sa/shop-waypoint"] {
        assert!(east.takes(waypoint, 8080), "{waypoint}");
    }
    assert!(!east.takes(client, 8080) && !east.takes("west.example/ns/shop/sa/waypoint", 8080));
    for (cluster, trust_domain) in [("east", "east.example"), ("west", "west.example")] {
        let waypoint = Cart::of(fixture, cluster)
            .in_trust_domain(trust_domain)
            .behind("east.example/ns/shop/sa/waypoint");
        assert!(waypoint.lets_through(client, (80, 8080), None), "{cluster}");
        assert!(!waypoint.lets_through("west.example/ns/web/sa/web", (80, 8080), None), "{cluster}");
    }
}

#[test]
fn who_allows_nobody_closes_both_ways() {
    let cart = Cart::of("waypoint-nobody", "east");
    assert!(!cart.lets_through("web/web", (80, 8080), None) && !cart.takes("web/web", 8080));
}
