//! What a cluster tells of itself, and to whom.

use super::intent::{Console, ConsoleLogin, Dashboard, Measured, Observed, Origins, WatchedCluster};
use super::names::hashed;
use crate::bind::{self, Cluster, ClusterId, Login, Mesh};

/// A dashboard's identifier has at most so many letters, digits, `-` and `_` (grafana: pkg/util/shortid_generator.go).
const IDENTIFIER: usize = 40;

/// What the cluster tells of itself, if the fleet asks.
pub(super) fn observed(mesh: &Mesh, id: ClusterId, cluster: &Cluster) -> Option<Observed> {
    let asked = mesh.observability.as_ref()?;
    let origins = Origins::from([asked.origin.clone(), cluster.origin.clone()]);
    let dashboards = asked.dashboards.as_ref().filter(|dashboards| dashboards.clusters.contains(&id));
    let console = asked.console.as_ref().filter(|console| console.cluster == id);
    Some(Observed {
        named: asked.named,
        measured: asked.measures.as_ref().map(|measures| Measured {
            namespace: measures.namespace.clone(),
            labels: measures.labels.clone(),
            // renewed by then, whoever does it; half of the time that is left is for a person to look
            overdue_hours: cluster.trust.as_ref().map(|trust| trust.intermediate.renew_before_hours / 2),
        }),
        dashboard: dashboards.map(|dashboards| Dashboard {
            namespace: dashboards.namespace.clone(),
            fleet: mesh.fleet.clone(),
            identifier: hashed(&format!("fleetc-{}", mesh.fleet), &mesh.fleet, IDENTIFIER),
            origins: Origins::from([asked.origin.clone()]),
        }),
        console: console.map(|said| of_console(mesh, said, cluster, &origins)),
        origins,
    })
}

fn of_console(mesh: &Mesh, said: &bind::Console, home: &Cluster, origins: &Origins) -> Console {
    let others = mesh.delivered().filter(|(id, _)| *id != said.cluster).map(|(_, other)| WatchedCluster {
        cluster: other.name.clone(),
        store_kind: said.secrets.store_kind.clone(),
        store: said.secrets.store.clone(),
        key: format!("{}{}", said.secrets.key_prefix, other.name),
        origins: origins.iter().cloned().chain([other.origin.clone()]).collect(),
    });
    Console {
        namespace: said.namespace.clone(),
        home: home.name.clone(),
        metrics_url: said.metrics_url.clone(),
        login: match &said.login {
            Login::Anonymous => ConsoleLogin::Anonymous,
            Login::OpenShift => ConsoleLogin::OpenShift,
            Login::OpenId { issuer, client } => {
                ConsoleLogin::OpenId { issuer: issuer.clone(), client: client.clone() }
            }
        },
        others: others.collect(),
    }
}
