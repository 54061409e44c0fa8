//! Who is allowed where.

use serde_json::{Value, json};

use super::waypoints::ISSUER;
use super::{Draft, NamespaceDraft};

/// Where a policy lies, and what it can reach from there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    Admin,
    Namespace(usize),
}

impl Draft {
    pub(super) fn access_policies(&mut self) {
        let count = self.random.weighted(&[10, 22, 26, 20, 14, 8]);
        let mut last = None;
        for index in 0..count {
            let home = self.home();
            let aimed = match last {
                Some(aimed) if self.roll(30, "several policies on one service") => Some(aimed),
                _ => {
                    let own = self.destination(home);
                    own.map(|(of, service)| (home, of, service))
                }
            };
            let Some((home, of, service)) = aimed else { continue };
            last = aimed;
            self.policy(index, home, of, service);
        }
    }

    fn home(&mut self) -> Home {
        let owned: Vec<usize> =
            (0..self.namespaces.len()).filter(|of| self.namespaces[*of].team.is_some()).collect();
        let unowned: Vec<usize> =
            (0..self.namespaces.len()).filter(|of| self.namespaces[*of].team.is_none()).collect();
        match self.random.weighted(&[35, 55, 10]) {
            1 if !owned.is_empty() => {
                self.uses("policy: of a workspace");
                Home::Namespace(*self.random.pick(&owned))
            }
            2 if !unowned.is_empty() => {
                self.uses("policy: of an unowned namespace");
                Home::Namespace(*self.random.pick(&unowned))
            }
            _ => {
                self.uses("policy: of the admin namespace");
                Home::Admin
            }
        }
    }

    /// The namespaces that a policy reaches from its home.
    fn reach(&self, home: Home) -> Vec<usize> {
        let all = 0..self.namespaces.len();
        match home {
            Home::Admin => all.collect(),
            Home::Namespace(at) if self.namespaces[at].team.is_none() => vec![at],
            Home::Namespace(at) => {
                all.filter(|of| self.namespaces[*of].team == self.namespaces[at].team).collect()
            }
        }
    }

    fn destination(&mut self, home: Home) -> Option<(usize, usize)> {
        let reached = self.reach(home);
        let services: Vec<(usize, usize)> = reached
            .iter()
            .flat_map(|of| (0..self.namespaces[*of].services.len()).map(|service| (*of, service)))
            .collect();
        (!services.is_empty()).then(|| *self.random.pick(&services))
    }

    fn policy(&mut self, index: usize, home: Home, of: usize, service: usize) {
        let mut spec = json!({});
        match self.random.weighted(&[70, 9, 13, 4, 2, 2]) {
            0 => spec["applyToDestinations"] = json!([self.apply_to(home, of, service)]),
            1 => {
                self.uses("policy: several destination entries");
                let (other_of, other) = self.destination(home).unwrap_or((of, service));
                spec["applyToDestinations"] =
                    json!([self.apply_to(home, of, service), self.apply_to(home, other_of, other)]);
            }
            2 => spec["applyToWorkloads"] = json!([{ "selector": self.workloads(of, service) }]),
            4 if home == Home::Admin && self.features.contains("system namespace") => {
                self.uses("destination: a system namespace");
                spec["applyToDestinations"] =
                    json!([{ "selector": { "name": "coredns", "namespace": "kube-system" } }]);
            }
            3 | 4 => self.uses("policy: everything in reach"),
            _ => {
                self.uses("error: policy selects nothing");
                spec["applyToDestinations"] = json!([{ "selector": { "name": "nothing-is-called-this" } }]);
            }
        }
        let enrolled = self.namespaces[of].services[service].enrolled;
        spec["config"] = self.config(home, enrolled);
        let (namespace, cluster) = match home {
            Home::Admin => ("gloo-mesh".to_owned(), 0),
            Home::Namespace(at) => (self.namespaces[at].name.clone(), self.namespaces[at].clusters[0]),
        };
        let applied = home != Home::Admin && self.roll(12, "policy applied in a cluster");
        let folder =
            if applied { format!("clusters/{}", self.clusters[cluster].name) } else { "access".into() };
        self.write(
            &folder,
            &json!({
                "apiVersion": "security.policy.gloo.solo.io/v2", "kind": "AccessPolicy",
                "metadata": { "name": format!("policy-{index}"), "namespace": namespace }, "spec": spec,
            }),
        );
    }

    fn apply_to(&mut self, home: Home, of: usize, service: usize) -> Value {
        let NamespaceDraft { name: namespace, clusters, team, services, .. } = &self.namespaces[of];
        let (namespace, clusters, team) = (namespace.clone(), clusters.clone(), *team);
        let at = service;
        let service = &services[service];
        let (name, ports, app) = (service.name.clone(), service.ports.clone(), service.labels["app"].clone());
        let cluster = self.clusters[*self.random.pick(&clusters)].name.clone();
        // what asks for requests must not meet Services without a waypoint
        let alone = self.namespaces[of].services.get(at).is_some_and(|service| service.enrolled);
        let weights =
            if alone && self.random.percent(70) { [0, 0, 1, 0, 0, 0] } else { [30, 12, 25, 10, 13, 10] };
        let selector = match self.random.weighted(&weights) {
            0 => {
                self.uses("destination: by label");
                json!({ "labels": { "app": app } })
            }
            1 => {
                self.uses("destination: by name");
                json!({ "name": name })
            }
            2 => {
                self.uses("destination: by name and namespace");
                json!({ "name": name, "namespace": namespace })
            }
            3 => {
                self.uses("destination: by namespace");
                json!({ "namespace": namespace })
            }
            4 => {
                self.uses("destination: by cluster");
                json!({ "name": name, "cluster": cluster })
            }
            _ => match team.filter(|_| home == Home::Admin) {
                Some(team) => {
                    self.uses("destination: by workspace");
                    json!({ "labels": { "app": app }, "workspace": self.teams[team].name })
                }
                None => json!({ "name": name, "namespace": namespace, "cluster": cluster }),
            },
        };
        let mut entry = json!({ "selector": selector });
        if self.roll(35, "destination: kind written") {
            entry["kind"] = json!("SERVICE");
        }
        // Where several Services are selected, one without that port is an error.
        let exact = selector.get("name").is_some() && selector.get("namespace").is_some();
        if self.random.percent(if exact { 60 } else { 5 }) {
            let (number, port_name) = *self.random.pick(&ports);
            if self.random.percent(60) {
                self.uses("destination: port by number");
                entry["port"] = json!({ "number": number });
            } else {
                self.uses("destination: port by name");
                entry["port"] = json!({ "name": port_name });
            }
        }
        entry
    }

    fn workloads(&mut self, of: usize, service: usize) -> Value {
        let namespace = self.namespaces[of].name.clone();
        let app = self.namespaces[of].services[service].app.unwrap_or("api");
        let cluster = self.clusters[self.namespaces[of].clusters[0]].name.clone();
        self.uses("policy: on workloads");
        match self.random.weighted(&[40, 35, 15, 10]) {
            0 => json!({ "labels": { "app": app } }),
            1 => {
                self.uses("workloads: by namespace");
                json!({ "labels": { "app": app }, "namespace": namespace })
            }
            2 => {
                self.uses("workloads: by cluster");
                json!({ "labels": { "app": app }, "namespace": namespace, "cluster": cluster })
            }
            _ => {
                self.uses("workloads: a whole namespace");
                json!({ "namespace": namespace })
            }
        }
    }

    fn config(&mut self, home: Home, enrolled: bool) -> Value {
        let mut config = json!({});
        let tls = self.random.weighted(&[50, 20, 18, 11, 1]);
        match tls {
            0 => {}
            1 => {
                self.uses("tls: mtls.required");
                config["authn"] = json!({ "mtls": { "required": true } });
            }
            2 => {
                self.uses("tls: STRICT");
                config["authn"] = json!({ "tlsMode": "STRICT" });
            }
            3 => {
                self.uses("tls: PERMISSIVE");
                config["authn"] = json!({ "tlsMode": "PERMISSIVE" });
            }
            _ => {
                self.uses("error: tls DISABLE");
                config["authn"] = json!({ "tlsMode": "DISABLE" });
            }
        }
        match self.random.weighted(&[68, 8, 14, 10]) {
            0 => config["authz"] = self.authorization(home, enrolled),
            1 => {
                self.uses("authz: nobody");
                config["authz"] = json!({});
            }
            2 if tls != 0 => self.uses("policy without authz"),
            2 => config["authz"] = self.authorization(home, enrolled),
            _ => {
                self.uses("authz: a list");
                config["authzList"] =
                    json!([self.authorization(home, enrolled), self.authorization(home, enrolled)]);
            }
        }
        config
    }

    fn authorization(&mut self, home: Home, enrolled: bool) -> Value {
        let mut clients = vec![self.client(home)];
        while self.roll(35, "authz: several clients") {
            clients.push(self.client(home));
        }
        let entries = clients.into_iter().map(|selector| json!({ "serviceAccountSelector": selector }));
        let mut authorization = json!({ "allowedClients": entries.collect::<Vec<_>>() });
        if enrolled || self.random.percent(1) {
            self.attributes(&mut authorization);
        }
        if self.roll(5, "authz: dry run") {
            authorization["dryRun"] = json!(true);
        }
        authorization
    }

    /// What a request must have besides the client; only a waypoint can tell.
    fn attributes(&mut self, authorization: &mut Value) {
        if self.roll(25, "attributes: tokens") {
            let mut wanted = json!({ "requestPrincipals": [format!("{ISSUER}/*")] });
            match self.random.weighted(&[40, 40, 20]) {
                0 => {}
                1 => wanted["requestPrincipals"] = json!([format!("{ISSUER}/alice")]),
                _ => wanted["notRequestPrincipals"] = json!([format!("{ISSUER}/guest")]),
            }
            authorization["allowedClients"][0]["requestIdentityMatcher"] = wanted;
        }
        if self.roll(8, "attributes: addresses") {
            authorization["allowedIpBlocks"] = json!(["10.0.0.0/8"]);
        }
        if self.roll(35, "attributes: paths") {
            let path = *self.random.pick(&["/orders", "/orders*", "*/status"]);
            authorization["allowedPaths"] = json!([path]);
        }
        if self.roll(35, "attributes: methods") {
            authorization["allowedMethods"] = json!(["GET", *self.random.pick(&["HEAD", "POST"])]);
        }
        if self.roll(30, "attributes: headers") {
            let wanted = match self.random.percent(70) {
                true => json!({ "values": ["gold", "silver*"] }),
                false => json!({ "values": ["*"], "notValues": ["bronze"] }),
            };
            authorization["match"] = json!({ "request": { "headers": { "x-tier": wanted } } });
        }
    }

    fn client(&mut self, home: Home) -> Value {
        let reached = self.reach(home);
        let near = *self.random.pick(&reached);
        let near_account = self.random.below(self.namespaces[near].accounts.len());
        let far = self.random.below(self.namespaces.len());
        let far_account = self.random.below(self.namespaces[far].accounts.len());
        let (near, far) = (&self.namespaces[near], &self.namespaces[far]);
        let (near_account, far_account) = (&near.accounts[near_account], &far.accounts[far_account]);
        let near_cluster = &self.clusters[near.clusters[0]];
        let (feature, selector) = match self.random.weighted(&[16, 12, 26, 8, 8, 8, 8, 8, 3, 3, 2]) {
            0 => ("client: by label", json!({ "labels": { "app": near_account.name } })),
            1 => ("client: by another label", json!({ "labels": { "role": near_account.role } })),
            2 => {
                ("client: by name and namespace", json!({ "name": far_account.name, "namespace": far.name }))
            }
            3 => ("client: not yet there", json!({ "name": "future", "namespace": far.name })),
            4 => ("client: a whole namespace", json!({ "namespace": far.name })),
            5 => (
                "client: label and namespace",
                json!({ "labels": { "app": far_account.name }, "namespace": far.name }),
            ),
            6 => match far.team {
                Some(team) => ("client: a whole workspace", json!({ "workspace": self.teams[team].name })),
                None => ("client: a whole namespace", json!({ "namespace": far.name })),
            },
            7 => ("client: by name", json!({ "name": near_account.name })),
            8 => {
                let selector = json!({ "name": near_account.name, "cluster": near_cluster.name });
                ("client: by cluster", selector)
            }
            9 => ("client: in a namespace not yet there", json!({ "name": "robot", "namespace": "not-yet" })),
            _ => ("client: everyone in reach", json!({})),
        };
        if self.clusters.iter().any(|cluster| cluster.trust_domain != near_cluster.trust_domain) {
            self.features.insert("client in a fleet of several trust domains");
        }
        self.features.insert(feature);
        selector
    }
}
