//! Who owns which namespace, and what workspaces share.

use serde_json::{Value, json};

use super::{Draft, NamespaceDraft, Team};

const TEAMS: [(&str, &str); 4] = [("pay", "gold"), ("plat", "gold"), ("shop", "silver"), ("data", "silver")];
const SUFFIXES: [&str; 4] = ["api", "core", "web", "ops"];
const UNOWNED: [&str; 2] = ["legacy", "tools"];

impl Draft {
    /// Up to four namespaces a cluster, each of a team or of none. One is the same in all its clusters (SPEC §4, namespace
    /// sameness), but for a rare error.
    pub(super) fn namespaces(&mut self) {
        let everywhere: Vec<usize> = (0..self.clusters.len()).collect();
        let teams = self.random.weighted(&[4, 14, 42, 26, 14]);
        for (name, tier) in TEAMS.iter().take(teams) {
            let region = self.roll(12, "workspace: clusters by label").then(|| self.clusters[0].region);
            let clusters = match region {
                Some(region) => {
                    everywhere.iter().copied().filter(|at| self.clusters[*at].region == region).collect()
                }
                None => everywhere.clone(),
            };
            self.teams.push(Team { name, tier, clusters, region });
        }
        let mut room = vec![4usize; self.clusters.len()];
        for at in 0..self.teams.len() {
            for suffix in SUFFIXES.iter().take(self.random.between(1, 2)) {
                let (name, clusters) =
                    (format!("{}-{suffix}", self.teams[at].name), self.teams[at].clusters.clone());
                self.namespace(name, Some(at), &clusters, &mut room);
            }
        }
        if self.teams.is_empty() || self.roll(45, "unowned namespace") {
            for name in UNOWNED.iter().take(self.random.between(1, 2)) {
                self.namespace((*name).to_owned(), None, &everywhere, &mut room);
            }
        }
    }

    fn namespace(&mut self, name: String, team: Option<usize>, clusters: &[usize], room: &mut [usize]) {
        let free: Vec<usize> = clusters.iter().copied().filter(|at| room[*at] > 0).collect();
        if free.is_empty() {
            return;
        }
        let chosen = if self.random.percent(60) { free } else { self.random.some(&free) };
        chosen.iter().for_each(|at| room[*at] -= 1);
        if chosen.len() < self.clusters.len() {
            self.uses("namespace in some clusters only");
        }
        let everywhere = chosen.len() == self.clusters.len() && self.roll(40, "inventory of all clusters");
        self.namespaces.push(NamespaceDraft {
            name,
            clusters: chosen,
            team,
            everywhere,
            waypoint: None,
            services: Vec::new(),
            accounts: Vec::new(),
            apps: Vec::new(),
        });
    }

    pub(super) fn workspaces(&mut self) {
        for at in 0..self.teams.len() {
            let own: Vec<usize> =
                (0..self.namespaces.len()).filter(|of| self.namespaces[*of].team == Some(at)).collect();
            if own.is_empty() {
                continue;
            }
            let Team { name, tier, region, .. } = self.teams[at];
            let clusters = match (region, self.random.weighted(&[50, 20, 30])) {
                (Some(region), _) => json!({ "selector": { "region": region } }),
                (None, 0) => json!({ "name": "*" }),
                (None, 1) => json!({ "selector": { "stage": "prod" } }),
                (None, _) => Value::Null,
            };
            let entries = if clusters.is_null() {
                self.uses("workspace: namespaces cluster by cluster");
                self.cluster_by_cluster(&own)
            } else {
                self.uses("workspace: clusters by glob or label");
                let mut entry = clusters;
                entry["namespaces"] = self.namespace_selectors(at, &own);
                vec![entry]
            };
            self.write(
                "tenancy",
                &json!({
                    "apiVersion": "admin.gloo.solo.io/v2", "kind": "Workspace",
                    "metadata": { "name": name, "namespace": "gloo-mesh", "labels": { "tier": tier } },
                    "spec": { "workloadClusters": entries },
                }),
            );
        }
    }

    /// The namespaces as they are in each cluster; rarely one is forgotten, which breaks sameness.
    fn cluster_by_cluster(&mut self, own: &[usize]) -> Vec<Value> {
        let mut entries = Vec::new();
        for cluster in 0..self.clusters.len() {
            let mut here: Vec<Value> = Vec::new();
            for namespace in own {
                if self.namespaces[*namespace].clusters.contains(&cluster)
                    && !self.roll(1, "error: namespace forgotten")
                {
                    here.push(json!({ "name": self.namespaces[*namespace].name }));
                }
            }
            if !here.is_empty() {
                entries.push(json!({ "name": self.clusters[cluster].name, "namespaces": here }));
            }
        }
        entries
    }

    fn namespace_selectors(&mut self, team: usize, own: &[usize]) -> Value {
        let name = self.teams[team].name;
        match self.random.weighted(&[40, 30, 20, 10]) {
            0 => {
                self.uses("workspace: namespaces by name");
                own.iter().map(|of| json!({ "name": self.namespaces[*of].name })).collect()
            }
            1 => {
                self.uses("workspace: namespaces by glob");
                json!([{ "name": format!("{name}-*") }])
            }
            2 => {
                self.uses("workspace: namespaces by label");
                json!([{ "labels": { "team": name } }])
            }
            _ => {
                self.uses("workspace: namespaces by glob and label");
                json!([{ "name": "*", "labels": { "team": name } }])
            }
        }
    }

    /// What each workspace gives and takes. Both sides are drawn together, so that most shares come about.
    pub(super) fn settings(&mut self) {
        let teams = self.teams.len();
        let mut exports = vec![Vec::new(); teams];
        let mut imports = vec![Vec::new(); teams];
        let pairs = (0..teams).flat_map(|from| (0..teams).map(move |to| (from, to)));
        for (from, to) in pairs.filter(|(from, to)| from != to) {
            let wanted = self.random.weighted(&[45, 40, 8, 7]);
            if wanted == 1 || wanted == 2 {
                let share = self.share(to, from);
                exports[from].push(share);
            }
            if wanted == 1 || wanted == 3 {
                let share = self.share(from, from);
                imports[to].push(share);
            }
            match wanted {
                1 => self.uses("export and import"),
                2 => self.uses("export that nobody imports"),
                3 => self.uses("import that nothing exports"),
                _ => {}
            }
        }
        for at in 0..teams {
            let own: Vec<usize> =
                (0..self.namespaces.len()).filter(|of| self.namespaces[*of].team == Some(at)).collect();
            if own.is_empty() || self.roll(8, "workspace without settings") {
                continue;
            }
            let home = *self.random.pick(&own);
            let (namespace, cluster) =
                (self.namespaces[home].name.clone(), self.namespaces[home].clusters[0]);
            let mut spec = json!({ "importFrom": imports[at], "exportTo": exports[at] });
            match self.random.weighted(&[35, 40, 25]) {
                0 => {}
                1 => {
                    self.uses("workspace: isolation on");
                    spec["options"] = json!({ "serviceIsolation": { "enabled": true } });
                }
                _ => {
                    self.uses("workspace: isolation off");
                    spec["options"] = json!({ "serviceIsolation": { "enabled": false } });
                }
            }
            let applied = self.roll(15, "settings applied in a cluster");
            let folder =
                if applied { format!("clusters/{}", self.clusters[cluster].name) } else { "tenancy".into() };
            self.write(
                &folder,
                &json!({
                    "apiVersion": "admin.gloo.solo.io/v2", "kind": "WorkspaceSettings",
                    "metadata": { "name": self.teams[at].name, "namespace": namespace }, "spec": spec,
                }),
            );
        }
        if self.roll(12, "global settings") {
            let enabled = self.random.percent(60);
            self.write(
                "tenancy",
                &json!({
                    "apiVersion": "admin.gloo.solo.io/v2", "kind": "WorkspaceSettings",
                    "metadata": { "name": "global", "namespace": "gloo-mesh" },
                    "spec": { "options": { "serviceIsolation": { "enabled": enabled } } },
                }),
            );
        }
    }

    /// One entry of `exportTo` or `importFrom`: the other workspace, and Services of `owner`.
    fn share(&mut self, other: usize, owner: usize) -> Value {
        let Team { name, tier, .. } = self.teams[other];
        let workspaces = match self.random.weighted(&[60, 15, 25]) {
            0 => json!([{ "name": name }]),
            1 => {
                self.uses("share: workspaces by glob");
                json!([{ "name": format!("{}*", name.split_at(1).0) }])
            }
            _ => {
                self.uses("share: workspaces by label");
                json!([{ "selector": { "tier": tier } }])
            }
        };
        let resources = self.resources(owner);
        if resources.is_null() {
            json!({ "workspaces": workspaces })
        } else {
            json!({ "workspaces": workspaces, "resources": resources })
        }
    }

    fn resources(&mut self, owner: usize) -> Value {
        let own: Vec<usize> =
            (0..self.namespaces.len()).filter(|of| self.namespaces[*of].team == Some(owner)).collect();
        let services: Vec<(usize, String)> = own
            .iter()
            .flat_map(|of| self.namespaces[*of].services.iter().map(|service| (*of, service.name.clone())))
            .collect();
        let style = if services.is_empty() { 0 } else { self.random.weighted(&[30, 20, 18, 12, 10, 10]) };
        let kind = *self.random.pick(&["SERVICE", "ALL"]);
        match style {
            0 => {
                self.uses("share: everything");
                Value::Null
            }
            1 => {
                self.uses("share: kind alone");
                json!([{ "kind": kind }])
            }
            2 => {
                self.uses("share: services by label");
                json!([{ "kind": kind, "labels": { "shared": "true" } }])
            }
            3 => {
                self.uses("share: services by name");
                json!([{ "kind": kind, "name": self.random.pick(&services).1 }])
            }
            4 => {
                self.uses("share: services by namespace");
                let of = self.random.pick(&services).0;
                json!([{ "namespace": self.namespaces[of].name }, { "kind": kind, "labels": { "app": "api" } }])
            }
            _ => {
                self.uses("share: services by cluster");
                let (of, _) =
                    *self.random.pick(&services.iter().map(|(of, _)| (*of, ())).collect::<Vec<_>>());
                let cluster = *self.random.pick(&self.namespaces[of].clusters);
                json!([{ "kind": kind, "cluster": self.clusters[cluster].name }])
            }
        }
    }
}
