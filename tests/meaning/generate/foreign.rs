//! Policy that somebody else wrote, as the inventory shows it.

use serde_json::{Value, json};

use super::Draft;

impl Draft {
    pub(super) fn foreign_policies(&mut self) {
        let count = self.random.weighted(&[80, 15, 5]);
        for index in 0..count {
            self.foreign_policy(index);
        }
    }

    fn foreign_policy(&mut self, index: usize) {
        let of = self.random.below(self.namespaces.len());
        // most of what is there is where the fleet says nothing
        let unowned: Vec<usize> =
            (0..self.namespaces.len()).filter(|of| self.namespaces[*of].team.is_none()).collect();
        let of = if unowned.is_empty() || self.random.percent(30) { of } else { *self.random.pick(&unowned) };
        let behind: Vec<usize> =
            (0..self.namespaces.len()).filter(|of| self.namespaces[*of].waypoint.is_some()).collect();
        let of = if behind.is_empty() || self.random.percent(40) { of } else { *self.random.pick(&behind) };
        let clusters = self.namespaces[of].clusters.clone();
        let cluster = self.clusters[*self.random.pick(&clusters)].name.clone();
        let apps = self.namespaces[of].apps.clone();
        let app = *self.random.pick(&apps);
        let mut namespace = match self.roll(10, "foreign policy: in the root namespace") {
            true => "istio-system".to_owned(),
            false => self.namespaces[of].name.clone(),
        };
        let name = format!("theirs-{index}");
        let mut spec = json!({});
        let waypoint = self.namespaces[of].waypoint.clone();
        let at_waypoint = waypoint.filter(|_| namespace != "istio-system" && self.random.percent(60));
        if let Some(waypoint) = &at_waypoint {
            let service = self.random.below(self.namespaces[of].services.len());
            let service = self.namespaces[of].services.get(service).map(|service| service.name.clone());
            spec["targetRefs"] = match service.filter(|_| self.random.percent(50)) {
                Some(service) => {
                    self.uses("foreign policy: on a Service behind a waypoint");
                    json!([{ "group": "", "kind": "Service", "name": service }])
                }
                None => {
                    self.uses("foreign policy: on a waypoint");
                    namespace.clone_from(&waypoint.namespace);
                    json!([{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": waypoint.name }])
                }
            };
        } else if self.random.percent(70) {
            spec["selector"] = json!({ "matchLabels": { "app": app } });
        }
        let (kind, version) = match self.random.weighted(&[80, if at_waypoint.is_some() { 0 } else { 20 }]) {
            0 => {
                self.authorization_spec(of, &mut spec);
                ("AuthorizationPolicy", "security.istio.io/v1")
            }
            _ => {
                self.uses("foreign policy: PeerAuthentication");
                spec["mtls"] = json!({ "mode": *self.random.pick(&["STRICT", "PERMISSIVE"]) });
                ("PeerAuthentication", "security.istio.io/v1")
            }
        };
        self.write(
            &format!("clusters/{cluster}"),
            &json!({ "apiVersion": version, "kind": kind, "metadata": { "name": name, "namespace": namespace }, "spec": spec }),
        );
    }

    fn authorization_spec(&mut self, of: usize, spec: &mut Value) {
        let namespace = self.namespaces[of].name.clone();
        let trust_domain = self.clusters[self.namespaces[of].clusters[0]].trust_domain.clone();
        match self.random.weighted(&[30, 20, 20, 20, 10]) {
            0 => {
                self.uses("foreign policy: ALLOW some");
                let principal = format!("{trust_domain}/ns/{namespace}/sa/*");
                spec["rules"] = json!([{ "from": [{ "source": { "principals": [principal] } }] }]);
            }
            1 => {
                self.uses("foreign policy: ALLOW all");
                spec["rules"] = json!([{}]);
            }
            2 => {
                self.uses("foreign policy: DENY a port");
                spec["action"] = json!("DENY");
                spec["rules"] = json!([{ "to": [{ "operation": { "ports": ["9090"] } }] }]);
            }
            3 => {
                self.uses("foreign policy: DENY that never matches");
                spec["action"] = json!("DENY");
                spec["rules"] =
                    json!([{ "from": [{ "source": { "principals": ["nobody.example/ns/x/sa/y"] } }] }]);
            }
            _ => {
                self.uses("foreign policy: request attributes in a DENY");
                spec["action"] = json!("DENY");
                spec["rules"] = json!([{ "to": [{ "operation": { "methods": ["DELETE"] } }] }]);
            }
        }
    }
}
