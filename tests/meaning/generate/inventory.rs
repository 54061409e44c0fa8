//! What runs in the clusters: namespaces, service accounts, services, workloads, gateways.

use serde_json::{Value, json};

use super::{AccountDraft, Draft, NamespaceDraft, ServiceDraft};

const APPS: [&str; 4] = ["api", "web", "db", "batch"];

impl Draft {
    pub(super) fn inventory(&mut self) {
        for at in 0..self.namespaces.len() {
            self.namespace_objects(at);
            self.accounts(at);
            self.apps(at);
            self.services(at);
            if self.roll(7, "gateway workload") {
                self.gateway(at);
            }
            if self.roll(5, "network policy") {
                self.network_policy(at);
            }
        }
        self.system();
    }

    /// The folders of the inventory a namespace's objects lie in.
    fn folders(&self, at: usize) -> Vec<String> {
        let NamespaceDraft { clusters, everywhere, .. } = &self.namespaces[at];
        match everywhere {
            true => vec!["clusters/_all".to_owned()],
            false => clusters.iter().map(|at| format!("clusters/{}", self.clusters[*at].name)).collect(),
        }
    }

    fn write_all(&mut self, at: usize, object: &Value) {
        for folder in self.folders(at) {
            self.write(&folder, object);
        }
    }

    /// As `write_all`, but a few clusters go without.
    fn write_most(&mut self, at: usize, object: &Value) {
        for (index, folder) in self.folders(at).into_iter().enumerate() {
            if index == 0 || !self.roll(12, "workload in some clusters only") {
                self.write(&folder, object);
            }
        }
    }

    fn namespace_objects(&mut self, at: usize) {
        let mut labels = json!({});
        match self.random.weighted(&[83, 12, 4, 1]) {
            0 => labels["istio.io/dataplane-mode"] = json!("ambient"),
            1 => self.uses("namespace without mode label"),
            2 => {
                self.uses("namespace of sidecars");
                labels["istio-injection"] = json!("enabled");
            }
            _ => {
                self.uses("error: namespace opted out");
                labels["istio.io/dataplane-mode"] = json!("none");
            }
        }
        if let Some(waypoint) = self.namespaces[at].waypoint.clone().filter(|waypoint| waypoint.whole) {
            self.enrol(at, &waypoint, &mut labels);
        }
        if let Some(team) = self.namespaces[at].team {
            labels["team"] = json!(self.teams[team].name);
        }
        let name = self.namespaces[at].name.clone();
        let object = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels } });
        self.write_all(at, &object);
    }

    fn accounts(&mut self, at: usize) {
        let namespace = self.namespaces[at].name.clone();
        let count = self.random.between(1, 4);
        self.namespaces[at].apps = APPS.iter().copied().take(count).collect();
        for app in APPS.iter().take(count) {
            let role = *self.random.pick(&["reader", "writer"]);
            let object = json!({
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": { "name": app, "namespace": namespace, "labels": { "app": app, "role": role } },
            });
            self.write_all(at, &object);
            self.namespaces[at].accounts.push(AccountDraft { name: (*app).to_owned(), role });
        }
        let object = json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "default", "namespace": namespace },
        });
        self.write_all(at, &object);
    }

    fn apps(&mut self, at: usize) {
        let apps = self.namespaces[at].apps.clone();
        for app in &apps {
            let tier = if *app == "web" { "front" } else { "back" };
            let ports = match self.random.weighted(&[60, 25, 15]) {
                0 => {
                    json!([{ "name": "http", "containerPort": 8080 }, { "name": "metrics", "containerPort": 9090 }])
                }
                1 => json!([{ "name": "http", "containerPort": 8080 }]),
                _ => json!([{ "name": "http", "containerPort": 8000 }, { "containerPort": 9090 }]),
            };
            self.workload(at, app, "v1", tier, ports);
            if self.roll(10, "two workloads behind one service") {
                let moved = self.roll(15, "named port differs between workloads");
                let port = if moved { 8081 } else { 8080 };
                let ports = json!([{ "name": "http", "containerPort": port }]);
                self.workload(at, app, "v2", tier, ports);
            }
        }
    }

    fn workload(&mut self, at: usize, app: &str, version: &str, tier: &str, ports: Value) {
        let namespace = self.namespaces[at].name.clone();
        let name = if version == "v1" { app.to_owned() } else { format!("{app}-{version}") };
        let mut labels = json!({ "app": app, "tier": tier, "version": version });
        if self.roll(if self.namespaces[at].team.is_some() { 0 } else { 5 }, "workload opted out") {
            labels["istio.io/dataplane-mode"] = json!("none");
        } else if self.roll(2, "workload with a sidecar") {
            labels["sidecar.istio.io/inject"] = json!("true");
        }
        if let Some(waypoint) = self.namespaces[at].waypoint.clone().filter(|waypoint| !waypoint.whole)
            && self.roll(8, "workload that names a waypoint itself")
        {
            self.enrol(at, &waypoint, &mut labels);
        }
        let mut spec = json!({ "containers": [{ "name": "main", "image": "registry.bank.example/app:1", "ports": ports }] });
        match self.random.weighted(&[75, 15, 10]) {
            0 => spec["serviceAccountName"] = json!(app),
            1 => self.uses("workload with the default service account"),
            _ => spec["serviceAccountName"] = json!("api"),
        }
        if self.random.percent(if self.namespaces[at].team.is_some() { 3 } else { 40 })
            && self.roll(18, "workload on the host network")
        {
            spec["hostNetwork"] = json!(true);
        }
        let kind = match self.random.weighted(&[70, 15, 15]) {
            0 => "Deployment",
            1 => "StatefulSet",
            _ => "Pod",
        };
        let object = if kind == "Pod" {
            self.uses("bare pod");
            let mut labels = labels;
            if self.roll(40, "volatile label on a pod") {
                labels["pod-template-hash"] = json!("5d4f8c7b9");
            }
            json!({
                "apiVersion": "v1", "kind": kind,
                "metadata": { "name": name, "namespace": namespace, "labels": labels }, "spec": spec,
            })
        } else {
            let mut object = json!({
                "apiVersion": "apps/v1", "kind": kind, "metadata": { "name": name, "namespace": namespace },
                "spec": {
                    "selector": { "matchLabels": { "app": app, "version": version } },
                    "template": { "metadata": { "labels": labels }, "spec": spec },
                },
            });
            if kind == "StatefulSet" {
                object["spec"]["serviceName"] = json!(app);
            }
            object
        };
        self.write_most(at, &object);
    }

    fn services(&mut self, at: usize) {
        let apps = self.namespaces[at].apps.clone();
        for app in &apps {
            if self.roll(10, "workload without service") {
                continue;
            }
            let mut selector = json!({ "app": app });
            if self.random.percent(15) {
                selector["version"] = json!("v1");
            }
            self.service(at, app.to_string(), Some(app), selector.clone());
            if self.roll(5, "two services with one selector") {
                self.service(at, format!("{app}-alias"), Some(app), selector);
            }
        }
        if apps.len() > 2 && self.roll(6, "services that overlap") {
            self.service(at, "backends".to_owned(), None, json!({ "tier": "back" }));
        }
        if self.roll(6, "service without selector") {
            self.service(at, "external".to_owned(), None, Value::Null);
        }
    }

    fn service(&mut self, at: usize, name: String, app: Option<&&'static str>, selector: Value) {
        let namespace = self.namespaces[at].name.clone();
        let mut labels = json!({ "app": name });
        if self.random.percent(50) {
            labels["shared"] = json!("true");
        }
        let style = self.random.weighted(&[35, 25, 25, 15]);
        let ports = match style {
            0 => {
                self.uses("target port by number");
                json!([{ "name": "http", "port": 80, "targetPort": 8080 }])
            }
            1 => {
                self.uses("target port by name");
                json!([{ "name": "web", "port": 80, "targetPort": "http" }])
            }
            2 => {
                self.uses("service with several ports");
                json!([{ "name": "http", "port": 80, "targetPort": 8080 }, { "name": "metrics", "port": 9090 }])
            }
            _ => {
                self.uses("service port is the target port");
                json!([{ "name": "http", "port": 8080 }])
            }
        };
        let drafts = match style {
            0 => vec![(80, "http")],
            1 => vec![(80, "web")],
            2 => vec![(80, "http"), (9090, "metrics")],
            _ => vec![(8080, "http")],
        };
        let mut enrolled = false;
        match self.namespaces[at].waypoint.clone() {
            Some(waypoint) if waypoint.whole => {
                enrolled = !self.roll(8, "waypoint: service opts out");
                if !enrolled {
                    labels["istio.io/use-waypoint"] = json!("none");
                }
            }
            Some(waypoint) if self.random.percent(75) => {
                enrolled = true;
                self.enrol(at, &waypoint, &mut labels);
            }
            _ => {}
        }
        let mut spec = json!({ "ports": ports });
        if self.roll(6, "headless service") {
            spec["clusterIP"] = json!("None");
        }
        if self.roll(2, "service called from outside") {
            spec["type"] = json!(*self.random.pick(&["NodePort", "LoadBalancer"]));
            self.called_from_outside.extend(app.map(|app| (at, *app)));
        }
        if !selector.is_null() {
            spec["selector"] = selector.clone();
            self.namespaces[at].services.push(ServiceDraft {
                enrolled,
                name: name.clone(),
                app: app.copied(),
                labels: labels.clone(),
                ports: drafts,
            });
        }
        let object = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": { "name": name, "namespace": namespace, "labels": labels }, "spec": spec,
        });
        self.write_all(at, &object);
    }

    /// A pod that takes callers from outside: of a Gateway API gateway, or of the classic chart.
    fn gateway(&mut self, at: usize) {
        let namespace = self.namespaces[at].name.clone();
        let labels = match self.random.percent(60) {
            true => json!({ "gateway.networking.k8s.io/gateway-name": "ingress" }),
            false => json!({ "app": "ingress", "istio": "ingressgateway" }),
        };
        let object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "ingress", "namespace": namespace },
            "spec": {
                "selector": { "matchLabels": labels },
                "template": {
                    "metadata": { "labels": labels },
                    "spec": { "containers": [{ "name": "proxy", "image": "proxyv2", "ports": [{ "containerPort": 8443 }] }] },
                },
            },
        });
        self.write_all(at, &object);
        if labels.get("istio").is_none()
            && self.roll(70, "gateway workload: its Gateway says where it listens")
        {
            let gateway = json!({
                "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
                "metadata": { "name": "ingress", "namespace": namespace },
                "spec": {
                    "gatewayClassName": "istio",
                    "listeners": [{ "name": "https", "port": *self.random.pick(&[443, 8443]), "protocol": "HTTPS" }],
                },
            });
            self.write_all(at, &gateway);
        }
    }

    /// What the network itself refuses; the mesh answers for itself alone.
    fn network_policy(&mut self, at: usize) {
        let namespace = self.namespaces[at].name.clone();
        let ports = match self.roll(50, "network policy: lets the mesh in") {
            true => json!([{ "port": 15008 }, { "port": 8080 }]),
            false => json!([{ "port": 8080 }]),
        };
        let object = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": { "name": "ingress", "namespace": namespace },
            "spec": {
                "podSelector": { "matchLabels": { "app": "api" } }, "policyTypes": ["Ingress"],
                "ingress": [{ "ports": ports }],
            },
        });
        self.write_all(at, &object);
    }

    fn system(&mut self) {
        if self.roll(40, "system namespace") {
            for (namespace, app) in [("kube-system", "coredns"), ("istio-system", "istiod")] {
                let name = |kind: &str, api: &str| json!({ "apiVersion": api, "kind": kind, "metadata": { "name": app, "namespace": namespace } });
                let labels = json!({ "app": app });
                let mut workload = name("Deployment", "apps/v1");
                workload["spec"] = json!({
                    "selector": { "matchLabels": labels },
                    "template": {
                        "metadata": { "labels": labels },
                        "spec": {
                            "serviceAccountName": app,
                            "containers": [{ "name": app, "image": app, "ports": [{ "containerPort": 53 }] }],
                        },
                    },
                });
                let mut service = name("Service", "v1");
                service["spec"] = json!({ "selector": labels, "ports": [{ "name": "main", "port": 53 }] });
                let space =
                    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
                for object in [space, name("ServiceAccount", "v1"), workload, service] {
                    self.write("clusters/_all", &object);
                }
            }
        }
    }
}
