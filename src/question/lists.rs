//! `who-can` and `reaches`: who may call that, and what may this caller call.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use crate::reach::{ClusterWorld, Identity, Marks, STRANGER};

use super::ask::{Asking, AtPort, Gate, Requested, gates, nowhere, service_gates};
use super::because::Line;
use super::callers::{self, Caller};
use super::{From, NoAnswer, Scene, To};

/// A list of who may call what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rows {
    /// What was asked.
    pub asked: String,
    /// Each yes.
    pub rows: Vec<Row>,
    /// The clusters that do not have the destination.
    pub without: Vec<String>,
    /// What the list rests on.
    pub notes: Vec<String>,
}

/// One yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Who: `anyone`, `plaintext`, a principal, or `<trust-domain>/ns/<namespace>/sa/*` and `<trust-domain>/*` for all of one.
    pub caller: String,
    /// Who of them may not.
    pub except: Vec<String>,
    /// The cluster.
    pub cluster: String,
    /// The destination: `service.namespace`, or the pods.
    pub to: String,
    /// The port that is called.
    pub port: u16,
    /// Whether other pods behind it refuse.
    pub some_pods_only: bool,
    /// The waypoint that the call passes, `namespace/name`.
    pub through: Option<String>,
    /// A request that passes, where others do not.
    pub request: Option<String>,
    /// What decided, layer by layer.
    pub because: Vec<String>,
    /// The lines that make it so.
    pub lines: Vec<Line>,
}

/// Who may call a destination. Everybody who may is in one row: those whom nothing tells apart share it.
pub fn who_can(scene: Scene<'_>, to: &To, requested: &Requested) -> Result<Rows, NoAnswer> {
    if let Some(cluster) = &to.cluster {
        callers::known_cluster(scene.world, cluster)?;
    }
    let known = known_identities(scene);
    let mut found =
        Rows { asked: to.target.to_string(), rows: Vec::new(), without: Vec::new(), notes: Vec::new() };
    let mut met = false;
    for cluster in &scene.world.clusters {
        if to.cluster.as_ref().is_some_and(|name| *name != cluster.name) {
            continue;
        }
        let Some(gates) = gates(cluster, to) else {
            found.without.push(cluster.name.clone());
            continue;
        };
        met = true;
        let asking = Asking { scene, cluster, from: &From::Anyone, identities: &[], requested };
        for gate in &gates {
            asking.notes(gate, &mut found.notes);
            found.rows.extend(callers_at(&asking, gate, &known, &to.target.to_string()));
        }
    }
    if !met {
        return Err(nowhere(scene, to));
    }
    found.notes.sort();
    found.notes.dedup();
    Ok(found)
}

/// What a caller may call: every Service of every cluster, or of one.
pub fn reaches(
    scene: Scene<'_>,
    from: &From,
    cluster: Option<&str>,
    requested: &Requested,
) -> Result<Rows, NoAnswer> {
    if let Some(name) = cluster {
        callers::known_cluster(scene.world, name)?;
    }
    let identities = match from {
        From::Account { namespace, account, cluster } => {
            callers::identities(scene.world, namespace, account, cluster.as_deref())?
        }
        From::Anyone | From::Plaintext => Vec::new(),
    };
    let asked: Vec<&ClusterWorld<'_>> =
        scene.world.clusters.iter().filter(|one| cluster.is_none_or(|name| one.name == name)).collect();
    let lists: Vec<(Vec<Row>, Vec<String>)> = asked
        .into_par_iter()
        .map(|cluster| {
            let asking = Asking { scene, cluster, from, identities: &identities, requested };
            let (mut rows, mut notes) = (Vec::new(), Vec::new());
            for (namespace, own) in cluster.namespaces {
                for (name, service) in &own.services {
                    for gate in service_gates(cluster, namespace, name, service) {
                        let answers = asking.at_port(&gate);
                        let all = answers.iter().all(|answer| answer.admitted);
                        let to = format!("{name}.{namespace}");
                        let admitted = answers.iter().filter(|answer| match from {
                            From::Anyone => all,
                            From::Account { .. } | From::Plaintext => answer.admitted,
                        });
                        let before = rows.len();
                        rows.extend(admitted.map(|answer| {
                            let caller = match from {
                                From::Anyone => "anyone".to_owned(),
                                From::Account { .. } | From::Plaintext => answer.caller.clone(),
                            };
                            row(caller, Vec::new(), &cluster.name, &to, answer)
                        }));
                        if rows.len() > before {
                            asking.notes(&gate, &mut notes);
                        }
                    }
                }
            }
            (rows, notes)
        })
        .collect();
    let mut found =
        Rows { asked: from.to_string(), rows: Vec::new(), without: Vec::new(), notes: Vec::new() };
    for (rows, notes) in lists {
        found.rows.extend(rows);
        found.notes.extend(notes);
    }
    super::ask::asking_notes(scene, from, &mut found.notes);
    found.notes.sort();
    found.notes.dedup();
    Ok(found)
}

/// Every identity that the inventory knows, by trust domain and namespace.
type Known = BTreeMap<(String, String), BTreeSet<String>>;

fn known_identities(scene: Scene<'_>) -> Known {
    let mut known = Known::new();
    for cluster in &scene.world.clusters {
        for (name, namespace) in cluster.namespaces {
            let own = known.entry((cluster.trust_domain().to_owned(), name.clone())).or_default();
            own.extend(namespace.accounts.keys().cloned());
            own.extend(namespace.workloads.iter().map(|workload| workload.account.clone()));
        }
    }
    known
}

/// A set of callers, the widest first: whoever is in a narrower one and is judged otherwise is told apart.
struct Judged {
    caller: String,
    admitted: bool,
    except: Vec<String>,
    /// One that stands for all of them.
    example: Identity,
}

fn callers_at(asking: &Asking<'_, '_>, gate: &Gate<'_>, known: &Known, to: &str) -> Vec<Row> {
    let admits = |identity: &Identity| asking.admits(gate, Some(identity));
    let mut marks = Marks::default();
    gate.behind.iter().for_each(|(destination, ways)| marks.extend(asking.marks(destination, ways)));
    let mut members = known.clone();
    members.retain(|(domain, _), _| asking.cluster.takes(domain));
    for identity in marks.identities().into_iter().filter(|one| asking.cluster.takes(one.trust_domain())) {
        let place = (identity.trust_domain().to_owned(), identity.namespace().to_owned());
        members.entry(place).or_default().insert(identity.service_account().to_owned());
    }
    let own = asking.cluster.trust_domain();
    let domain = if asking.cluster.takes("elsewhere.example") { "elsewhere.example" } else { own };
    let elsewhere = Identity::new(domain, STRANGER, STRANGER);
    let anyone = Judged {
        caller: "anyone".into(),
        admitted: admits(&elsewhere),
        except: Vec::new(),
        example: elsewhere,
    };
    let mut judged = vec![anyone];
    // the nearest wider set: of all, of the trust domain, of the namespace
    let (mut domain_at, mut namespace_at) = (0, 0);
    let mut last_domain = None;
    for ((domain, namespace), accounts) in &members {
        if last_domain != Some(domain) {
            last_domain = Some(domain);
            let example = Identity::new(domain, STRANGER, STRANGER);
            domain_at = tell_apart(&mut judged, 0, format!("{domain}/*"), admits(&example), example);
        }
        if namespace != STRANGER {
            let example = Identity::new(domain, namespace, STRANGER);
            let caller = format!("{domain}/ns/{namespace}/sa/*");
            namespace_at = tell_apart(&mut judged, domain_at, caller, admits(&example), example);
        }
        let above = if namespace == STRANGER { domain_at } else { namespace_at };
        for account in accounts.iter().filter(|account| *account != STRANGER) {
            let example = Identity::new(domain, namespace, account);
            tell_apart(&mut judged, above, example.to_string(), admits(&example), example);
        }
    }
    let mut rows: Vec<Row> = judged
        .into_iter()
        .filter(|one| one.admitted)
        .map(|one| {
            let answer = asking.answer(gate, &Caller::Identity(one.example));
            row(one.caller, one.except, &asking.cluster.name, to, &answer)
        })
        .collect();
    if asking.admits(gate, None) {
        let answer = asking.answer(gate, &Caller::Plaintext);
        rows.push(row("plaintext".into(), Vec::new(), &asking.cluster.name, to, &answer));
    }
    rows
}

/// Adds a set of callers if it is judged otherwise than the one around it; gives the index of the set that speaks for it.
fn tell_apart(
    judged: &mut Vec<Judged>,
    around: usize,
    caller: String,
    admitted: bool,
    example: Identity,
) -> usize {
    let Some(wider) = judged.get_mut(around) else { return around };
    if wider.admitted == admitted {
        return around;
    }
    if wider.admitted {
        wider.except.push(caller.clone());
    }
    judged.push(Judged { caller, admitted, except: Vec::new(), example });
    judged.len() - 1
}

/// The row of an answer that is a yes: the first way that admits, of the first pods that do.
fn row(caller: String, except: Vec<String>, cluster: &str, to: &str, answer: &AtPort) -> Row {
    let ways = answer.pods.iter().flat_map(|pods| &pods.ways);
    let way = ways.clone().find(|way| way.admitted);
    let steps = way.map_or(&[][..], |way| &way.steps);
    Row {
        caller,
        except,
        cluster: cluster.to_owned(),
        to: to.to_owned(),
        port: answer.port,
        some_pods_only: answer.some_pods_only,
        through: way.and_then(|way| way.through.clone()),
        request: way.filter(|way| way.some_requests_only).and_then(|way| way.request.clone()),
        because: steps.iter().map(|step| format!("{}: {}", step.layer, step.because)).collect(),
        lines: steps.iter().flat_map(|step| step.lines.iter().cloned()).collect(),
    }
}
