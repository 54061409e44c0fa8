//! Small worlds for the tests of `reach`: policies in JSON, named p0, p1, … in order.

mod peer_authentication;
mod surprises;
mod waypoint;
mod ztunnel;

use fleetc::manifest::{
    AuthorizationPolicy, AuthorizationPolicySpec, Labels, Metadata, PeerAuthentication,
    PeerAuthenticationSpec,
};
use fleetc::reach::{Cluster, Connection, Identity, Policies, Verdict, Workload};
use serde_json::Value;

/// Plaintext, as a peer.
const PLAINTEXT: &str = "";

/// An AuthorizationPolicy.
pub fn policy(namespace: &str, name: &str, spec: AuthorizationPolicySpec) -> AuthorizationPolicy {
    AuthorizationPolicy::new(metadata(namespace, name), spec)
}

fn metadata(namespace: &str, name: &str) -> Metadata {
    Metadata { namespace: Some(namespace.to_owned()), name: name.to_owned(), ..Metadata::default() }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn identity(peer: &str) -> Option<Identity> {
    (peer != PLAINTEXT).then(|| Identity::parse(peer).unwrap())
}

/// One cluster, with a pod `app: p` in namespace `dst`.
#[derive(Default)]
struct World {
    cluster: Cluster,
    authorization: Vec<AuthorizationPolicy>,
    peer: Vec<PeerAuthentication>,
}

impl World {
    fn of(spec: Value) -> Self {
        World::default().policy("dst", spec)
    }

    fn policy(mut self, namespace: &str, spec: Value) -> Self {
        let name = format!("p{}", self.authorization.len());
        self.authorization.push(policy(namespace, &name, serde_json::from_value(spec).unwrap()));
        self
    }

    fn annotated(mut self, key: &str, value: &str) -> Self {
        let last = self.authorization.last_mut().unwrap();
        last.metadata.annotations.insert(key.to_owned(), value.to_owned());
        self
    }

    fn peer_authentication(mut self, namespace: &str, spec: Value) -> Self {
        let spec: PeerAuthenticationSpec = serde_json::from_value(spec).unwrap();
        let name = format!("a{}", self.peer.len());
        self.peer.push(PeerAuthentication::new(metadata(namespace, &name), spec));
        self
    }

    fn judge<T>(&self, connection: &Connection<'_>, read: impl FnOnce(&Verdict<'_>) -> T) -> T {
        self.judge_at("dst", &[("app", "p")], connection, read)
    }

    fn judge_at<T>(
        &self,
        namespace: &str,
        pod: &[(&str, &str)],
        connection: &Connection<'_>,
        read: impl FnOnce(&Verdict<'_>) -> T,
    ) -> T {
        let policies = Policies::new(&self.cluster, &self.authorization, &self.peer);
        let waypoints = [Identity::new("cluster.local", "dst", "waypoint")];
        let scope = policies.at(&Workload { namespace, labels: &labels(pod), waypoints: &waypoints });
        let verdict = scope.verdict(connection);
        read(&verdict)
    }

    fn admits(&self, peer: &str, port: u16) -> bool {
        self.judge(&Connection::new(identity(peer).as_ref(), port), |verdict| verdict.allowed)
    }

    fn admits_at(&self, namespace: &str, pod: &[(&str, &str)]) -> bool {
        let peer = Identity::new("cluster.local", "a", "x");
        self.judge_at(namespace, pod, &Connection::new(Some(&peer), 80), |verdict| verdict.allowed)
    }

    fn because(&self, peer: &str, port: u16) -> String {
        self.judge(&Connection::new(identity(peer).as_ref(), port), |verdict| verdict.because.to_string())
    }
}
