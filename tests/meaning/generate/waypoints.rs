//! Waypoints, and what is enrolled in them.

use serde_json::{Value, json};

use super::{Draft, Waypoint};

/// Whose tokens waypoints validate.
pub const ISSUER: &str = "https://login.bank.example";

impl Draft {
    /// Decides which namespaces have a waypoint, before their objects are written, and writes its Gateway.
    pub(super) fn waypoints(&mut self) {
        if !self.random.percent(40) {
            return;
        }
        for at in 0..self.namespaces.len() {
            if !self.roll(45, "waypoint") {
                continue;
            }
            let own = self.namespaces[at].name.clone();
            let neighbours: Vec<String> = (0..self.namespaces.len())
                .filter(|of| self.namespaces[*of].clusters == self.namespaces[at].clusters)
                .map(|of| self.namespaces[of].name.clone())
                .collect();
            let namespace = match self.roll(25, "waypoint: in another namespace") {
                true => self.random.pick(&neighbours).clone(),
                false => own,
            };
            let whole = self.roll(40, "waypoint: whole namespace");
            let waypoint = Waypoint { name: "waypoint", namespace, whole };
            self.namespaces[at].waypoint = Some(waypoint.clone());
            if !self.roll(3, "error: waypoint that is not there") {
                self.waypoint_gateway(at, &waypoint);
            }
            if self.roll(80, "waypoint: tokens are validated") {
                self.token_validation(at, &waypoint);
            }
        }
    }

    fn waypoint_gateway(&mut self, at: usize, waypoint: &Waypoint) {
        let mut metadata = json!({ "name": waypoint.name, "namespace": waypoint.namespace, "labels": {}, "annotations": {} });
        match self.random.weighted(&[58, 30, 5, 4, 3]) {
            0 => {}
            1 => metadata["labels"]["istio.io/waypoint-for"] = json!("service"),
            2 => {
                self.uses("waypoint: for all traffic");
                metadata["labels"]["istio.io/waypoint-for"] = json!("all");
            }
            3 => {
                self.uses("waypoint: for workloads");
                metadata["labels"]["istio.io/waypoint-for"] = json!("workload");
            }
            _ => {
                self.uses("waypoint: for nothing");
                metadata["labels"]["istio.io/waypoint-for"] = json!("none");
            }
        }
        if self.roll(10, "waypoint: service account of its own") {
            metadata["annotations"]["gateway.istio.io/service-account"] = json!("the-waypoint");
        }
        let mut listener = json!({ "name": "mesh", "port": 15008, "protocol": "HBONE" });
        if waypoint.namespace != self.namespaces[at].name
            && !self.roll(5, "waypoint: closed to other namespaces")
        {
            listener["allowedRoutes"] = json!({ "namespaces": { "from": "All" } });
        }
        let gateway = json!({
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": metadata,
            "spec": {
                "gatewayClassName": "istio-waypoint",
                "listeners": [listener],
            },
        });
        for folder in self.waypoint_folders(at) {
            self.write(&folder, &gateway);
        }
    }

    /// Where the namespaces lie below `_all`, so does what is in them.
    fn waypoint_folders(&self, at: usize) -> Vec<String> {
        match self.namespaces[at].clusters.len() == self.clusters.len() {
            true => vec!["clusters/_all".to_owned()],
            false => {
                let clusters = self.namespaces[at].clusters.iter();
                clusters.map(|at| format!("clusters/{}", self.clusters[*at].name)).collect()
            }
        }
    }

    fn token_validation(&mut self, at: usize, waypoint: &Waypoint) {
        let object = json!({
            "apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication",
            "metadata": { "name": "tokens", "namespace": waypoint.namespace },
            "spec": {
                "targetRefs": [{
                    "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": waypoint.name,
                }],
                "jwtRules": [{ "issuer": ISSUER, "jwksUri": format!("{ISSUER}/keys.json") }],
            },
        });
        for folder in self.waypoint_folders(at) {
            self.write(&folder, &object);
        }
    }

    /// The labels of a Service or Namespace that is enrolled.
    pub(super) fn enrol(&mut self, at: usize, waypoint: &Waypoint, labels: &mut Value) {
        labels["istio.io/use-waypoint"] = json!(waypoint.name);
        if waypoint.namespace != self.namespaces[at].name {
            labels["istio.io/use-waypoint-namespace"] = json!(waypoint.namespace);
        }
        if self.random.percent(50) {
            labels["istio.io/ingress-use-waypoint"] = json!("true");
        }
    }
}
