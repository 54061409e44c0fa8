//! What an object of a fleet permits, in one state of it.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::objects::{Key, ROOT};
use crate::Compiled;
use crate::bind::{Cluster, Mesh};
use crate::pane::{self, Resource};
use crate::question::{self, Places, Requested, Row, Scene, Target, To, admits, service_gates};
use crate::reach::{Identity, World};
use crate::source::Sources;

/// What an object permits.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Permissions {
    /// Of a cluster: who may call what in it, and what its own service accounts may call elsewhere.
    Cluster(ClusterAccess),
    /// Of anything else: where it is in force and about whom, as `fleetc get` has it.
    Object(BTreeMap<String, Json>),
}

/// The access that a cluster has and gives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterAccess {
    /// How many pairs of a known caller (one without identity is one) and a Service's port the cluster admits.
    pub admitted: usize,
    /// How many Services' ports of other clusters its service accounts may call, each pair counted.
    pub calls: usize,
    /// Who may call what in the cluster; those whom nothing tells apart are one.
    pub may_call: Vec<Caller>,
    /// What its service accounts may call in other clusters.
    pub may_be_called: Vec<Called>,
}

/// Callers that a port of the cluster admits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Caller {
    /// `anyone`, `plaintext`, a principal, or `<trust-domain>/ns/<namespace>/sa/*` and `<trust-domain>/*` for all of one.
    pub from: String,
    /// Who of them may not.
    pub except: Vec<String>,
    /// `service.namespace`.
    pub to: String,
    /// The Service's port.
    pub port: u16,
}

/// A port of another cluster that a service account of this one may call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Called {
    /// The principal.
    pub from: String,
    /// `service.namespace`.
    pub to: String,
    /// The Service's port.
    pub port: u16,
    /// Where.
    pub clusters: Vec<String>,
}

/// What each of some objects permits; an object that the fleet does not hold is left out.
pub fn permissions(
    compiled: &Compiled,
    sources: &Sources,
    keys: &BTreeSet<&Key>,
) -> BTreeMap<Key, Permissions> {
    let world = compiled.world();
    let places = Places { fleet: Some(sources), tree: None };
    let scene = Scene { world: &world, mesh: Some(compiled.mesh()), places: &places };
    let mesh = compiled.mesh();
    let (policies, workspaces) = (rows(mesh, Resource::Policies), rows(mesh, Resource::Workspaces));
    let known = known(&world);
    let of_key = |key: &&Key| {
        let object = |rows: &[BTreeMap<String, Json>]| {
            let is = |row: &&BTreeMap<String, Json>| {
                let namespace = row.get("namespace").and_then(Json::as_str);
                row.get("name").and_then(Json::as_str) == Some(&key.name)
                    && namespace.is_none_or(|namespace| namespace == key.namespace)
            };
            let mut row = rows.iter().find(is)?.clone();
            row.remove("name");
            row.remove("namespace");
            Some(Permissions::Object(row))
        };
        match key.kind {
            "KubernetesCluster" => cluster(scene, &known, &key.name).map(Permissions::Cluster),
            "AccessPolicy" => object(&policies),
            "Workspace" => object(&workspaces),
            ROOT | "RootTrustPolicy" => Some(Permissions::Object(trust(mesh, key))),
            _ => None,
        }
    };
    keys.par_iter().filter_map(|key| Some(((*key).clone(), of_key(key)?))).collect()
}

fn rows(mesh: &Mesh, resource: Resource) -> Vec<BTreeMap<String, Json>> {
    let table = pane::get(mesh, resource, &BTreeMap::new()).objects();
    let rows = table.as_array().cloned().unwrap_or_default();
    rows.iter().filter_map(Json::as_object).map(|row| row.clone().into_iter().collect()).collect()
}

/// Who is governed by a RootTrustPolicy; who trusts a root, and whose certificates it signs.
fn trust(mesh: &Mesh, key: &Key) -> BTreeMap<String, Json> {
    let named = |cluster: &&Cluster, policy: &str| {
        let origins = cluster.trust.iter().flat_map(|trust| &trust.origins);
        origins.into_iter().any(|origin| *origin.name == *format!("RootTrustPolicy/{policy}"))
    };
    let list = |is: &dyn Fn(&&Cluster) -> bool| -> Json {
        mesh.clusters.iter().filter(|cluster| is(cluster)).map(|cluster| json!(cluster.name)).collect()
    };
    if key.kind != ROOT {
        let policy = format!("{}/{}", key.namespace, key.name);
        return BTreeMap::from([("clusters".to_owned(), list(&|cluster| named(cluster, &policy)))]);
    }
    let trusts = |cluster: &&Cluster| {
        let root = cluster.trust.as_ref().and_then(|trust| trust.root(&key.name));
        root.is_some() && named(cluster, &key.namespace)
    };
    let signs = |cluster: &&Cluster| {
        let signer = cluster.trust.as_ref().and_then(|trust| trust.signed_by.as_ref());
        signer == Some(&key.name) && named(cluster, &key.namespace)
    };
    BTreeMap::from([("trustedBy".to_owned(), list(&trusts)), ("signsFor".to_owned(), list(&signs))])
}

/// How many service accounts each namespace of a trust domain has.
type Known = BTreeMap<(String, String), BTreeSet<String>>;

fn known(world: &World<'_>) -> Known {
    let mut known = Known::new();
    for cluster in &world.clusters {
        for (name, namespace) in cluster.namespaces {
            let own = known.entry((cluster.trust_domain().to_owned(), name.clone())).or_default();
            own.extend(namespace.accounts.keys().cloned());
            own.extend(namespace.workloads.iter().map(|workload| workload.account.clone()));
        }
    }
    known
}

fn cluster(scene: Scene<'_>, known: &Known, name: &str) -> Option<ClusterAccess> {
    let own = scene.world.cluster(name)?;
    let taken: Known = known.iter().filter(|((domain, _), _)| own.takes(domain)).map(cloned).collect();
    let mut access = ClusterAccess::default();
    for (namespace, holds) in own.namespaces {
        for service in holds.services.keys() {
            let to = To {
                target: Target::Service { namespace: namespace.clone(), name: service.clone() },
                port: None,
                cluster: Some(name.to_owned()),
            };
            // a Service without a TCP port has nothing to admit to
            let Ok(list) = question::who_can(scene, &to, &Requested::default()) else { continue };
            for Row { caller: from, except, to, port, .. } in list.rows {
                let excepted: usize = except.iter().map(|one| count(one, &taken)).sum();
                access.admitted += count(&from, &taken).saturating_sub(excepted);
                access.may_call.push(Caller { from, except, to, port });
            }
        }
    }
    access.may_be_called = outbound(scene, name);
    access.calls = access.may_be_called.iter().map(|called| called.clusters.len()).sum();
    Some(access)
}

fn cloned((place, accounts): (&(String, String), &BTreeSet<String>)) -> ((String, String), BTreeSet<String>) {
    (place.clone(), accounts.clone())
}

/// How many known callers are meant by what [`Row::caller`] says.
fn count(caller: &str, known: &Known) -> usize {
    let accounts = |is: &dyn Fn(&str, &str) -> bool| {
        known.iter().filter(|((domain, namespace), _)| is(domain, namespace)).map(|(_, own)| own.len()).sum()
    };
    match caller {
        "plaintext" => return 1,
        "anyone" => return accounts(&|_, _| true),
        _ => {}
    }
    if let Some((domain, rest)) = caller.split_once("/ns/") {
        return match rest.split_once("/sa/") {
            Some((namespace, "*")) => accounts(&|of, own| of == domain && own == namespace),
            Some((namespace, account)) => {
                let own = known.get(&(domain.to_owned(), namespace.to_owned()));
                usize::from(own.is_some_and(|own| own.contains(account)))
            }
            None => 0,
        };
    }
    caller.strip_suffix("/*").map_or(0, |domain| accounts(&|of, _| of == domain))
}

/// What the service accounts of a cluster may call in the others. An identity carries no cluster: what a namesake of the
/// same trust domain may, they may.
fn outbound(scene: Scene<'_>, name: &str) -> Vec<Called> {
    let Some(own) = scene.world.cluster(name) else { return Vec::new() };
    let mut accounts = BTreeSet::new();
    for (namespace, holds) in own.namespaces {
        let named = holds.accounts.keys().map(String::as_str);
        let used = holds.workloads.iter().map(|workload| workload.account.as_str());
        accounts
            .extend(named.chain(used).map(|account| Identity::new(own.trust_domain(), namespace, account)));
    }
    let mut calls: BTreeMap<(String, String, u16), Vec<String>> = BTreeMap::new();
    for other in scene.world.clusters.iter().filter(|other| other.name != name) {
        for (namespace, holds) in other.namespaces {
            for (service_name, service) in &holds.services {
                for gate in service_gates(other, namespace, service_name, service) {
                    let admitted = accounts.iter().filter(|one| {
                        other.takes(one.trust_domain()) && admits(scene, other, &gate, Some(one))
                    });
                    for identity in admitted {
                        let key = (identity.to_string(), format!("{service_name}.{namespace}"), gate.port);
                        calls.entry(key).or_default().push(other.name.clone());
                    }
                }
            }
        }
    }
    calls.into_iter().map(|((from, to, port), clusters)| Called { from, to, port, clusters }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_counted_by_who_is_known() {
        let accounts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let known = Known::from([
            (("a".to_owned(), "x".to_owned()), accounts(&["one", "two"])),
            (("a".to_owned(), "y".to_owned()), accounts(&["one"])),
            (("b".to_owned(), "x".to_owned()), accounts(&["one"])),
        ]);
        for (caller, expected) in [
            ("anyone", 4),
            ("a/*", 3),
            ("a/ns/x/sa/*", 2),
            ("a/ns/x/sa/one", 1),
            ("a/ns/x/sa/unknown", 0),
            ("plaintext", 1),
        ] {
            assert_eq!(count(caller, &known), expected, "{caller}");
        }
    }
}
