//! Callers from outside the tenancy that are let in.

use serde_json::{Value, json};

use super::Draft;

impl Draft {
    pub(super) fn exceptions(&mut self) -> Vec<Value> {
        let count = self.random.weighted(&[72, 18, 7, 3]);
        if count > 1 {
            self.uses("exceptions: several");
        }
        let mut exceptions: Vec<Value> = (0..count).map(|index| self.exception(index)).collect();
        for (of, app) in self.called_from_outside.clone() {
            if self.roll(85, "exception: for a service called from outside") {
                exceptions.push(json!({
                    "name": format!("outside-{}-{app}", self.namespaces[of].name), "from": { "plaintext": true },
                    "to": { "namespaces": [self.namespaces[of].name], "labels": { "app": app } },
                    "ports": [80, 8000, 8080, 8081, 9090], "reason": "the load balancer", "owner": "platform",
                }));
            }
        }
        exceptions
    }

    fn exception(&mut self, index: usize) -> Value {
        let of = self.random.below(self.namespaces.len());
        let mut to = json!({});
        match self.random.weighted(&[45, 35, 10, 10]) {
            0 => {
                self.uses("exception: to labels");
                to["namespaces"] = json!([self.namespaces[of].name]);
                let apps = self.namespaces[of].apps.clone();
                to["labels"] = json!({ "app": *self.random.pick(&apps) });
            }
            1 => {
                self.uses("exception: to a namespace");
                to["namespaces"] = json!([self.namespaces[of].name]);
            }
            2 => {
                self.uses("exception: to labels anywhere");
                to["labels"] = json!({ "tier": "back" });
            }
            _ => match self.namespaces[of].team {
                Some(team) => {
                    self.uses("exception: to a workspace");
                    to["workspaces"] = json!([self.teams[team].name]);
                }
                None => to["namespaces"] = json!([self.namespaces[of].name]),
            },
        }
        if self.roll(20, "exception: in one cluster") {
            let clusters = self.namespaces[of].clusters.clone();
            to["clusters"] = json!([self.clusters[*self.random.pick(&clusters)].name]);
        }
        let far = self.random.below(self.namespaces.len());
        let from = match self.random.weighted(&[35, 25, 40]) {
            0 => {
                self.uses("exception: from an account");
                let account = self.random.below(self.namespaces[far].accounts.len());
                let name = match self.random.percent(70) {
                    true => self.namespaces[far].accounts[account].name.clone(),
                    false => "scraper".to_owned(),
                };
                json!({ "serviceAccounts": [format!("{}/{name}", self.namespaces[far].name)] })
            }
            1 => {
                self.uses("exception: from a namespace");
                json!({ "namespaces": [self.namespaces[far].name] })
            }
            _ => {
                self.uses("exception: plaintext");
                json!({ "plaintext": true })
            }
        };
        let mut exception = json!({
            "name": format!("exception-{index}"), "from": from, "to": to,
            "reason": "it was there before the mesh", "owner": "platform",
        });
        if from.get("plaintext").is_some() || self.random.percent(60) {
            exception["ports"] = match self.random.weighted(&[45, 35, 20]) {
                0 => json!([8080]),
                1 => json!([9090]),
                _ => json!([8080, 9090]),
            };
        }
        exception
    }
}
