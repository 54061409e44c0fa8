//! Who may call, and who may be called: the lists of [`question`](crate::question), folded.

use std::collections::{BTreeMap, BTreeSet};

use super::{At, Fact, Ground};
use crate::pane::words::shortened;
use crate::question::{From, Requested, Row, Target, To, reaches, who_can};

/// How many Services a statement names before the others are counted.
const SHOWN: usize = 6;

/// Everybody who may call some Services, namespace and name; what is the same in several clusters, at several ports and for
/// several of the Services is one statement.
pub fn callers<'s>(
    ground: &Ground<'_>,
    services: impl IntoIterator<Item = (&'s str, &'s str)>,
    wanted: impl Fn(&Row) -> bool,
) -> Vec<Fact> {
    let mut found = Vec::new();
    for (namespace, name) in services {
        let target = Target::Service { namespace: namespace.to_owned(), name: name.to_owned() };
        let to = To { target, port: None, cluster: None };
        // a Service that is there has an answer
        if let Ok(rows) = who_can(ground.scene, &to, &Requested::default()) {
            found.extend(rows.rows.into_iter().filter(|row| wanted(row)));
        }
    }
    folded(ground, found, |who, called| format!("{who} on {called}"))
}

/// Everything that some service accounts, namespace and name, may call.
pub fn called<'s>(
    ground: &Ground<'_>,
    accounts: impl IntoIterator<Item = (&'s str, &'s str)>,
    wanted: impl Fn(&Row) -> bool,
) -> Vec<Fact> {
    let mut found = Vec::new();
    for (namespace, account) in accounts {
        let from =
            From::Account { namespace: namespace.to_owned(), account: account.to_owned(), cluster: None };
        if let Ok(rows) = reaches(ground.scene, &from, None, &Requested::default()) {
            found.extend(rows.rows.into_iter().filter(|row| wanted(row)));
        }
    }
    folded(ground, found, |who, called| format!("{called} as {who}"))
}

/// How a call comes in, apart from who, where and on which port.
fn way(row: &Row) -> String {
    let through = row.through.as_ref().map(|name| format!(" through waypoint {name}"));
    let request = row.request.as_ref().map(|request| format!(", {request} for one"));
    let some = row.some_pods_only.then(|| ", of some pods only".to_owned());
    [through, request, some].into_iter().flatten().collect()
}

type Names = BTreeSet<String>;
type Places = BTreeSet<At>;

/// Step by step: ports of a Service in a cluster, clusters of a Service, Services of a caller, callers.
fn folded(ground: &Ground<'_>, rows: Vec<Row>, says: impl Fn(&str, &str) -> String) -> Vec<Fact> {
    let mut ports: BTreeMap<[String; 4], (BTreeSet<u16>, Places)> = BTreeMap::new();
    for row in rows {
        let way = way(&row);
        let who = match row.except.as_slice() {
            [] => ground.caller(&row.caller),
            except => {
                let except: Vec<String> = except.iter().map(|one| ground.caller(one)).collect();
                format!("{} but {}", ground.caller(&row.caller), except.join(", "))
            }
        };
        let (ports, places) = ports.entry([way, who, row.to, row.cluster]).or_default();
        ports.insert(row.port);
        places.extend(row.lines.into_iter().map(|line| At { path: line.path, line: line.line }));
    }
    let mut clusters: BTreeMap<[String; 3], (Names, Places)> = BTreeMap::new();
    for ([way, who, to, cluster], (ports, places)) in ports {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let (clusters, all) = clusters.entry([way, who, format!("{to}:{}", ports.join(","))]).or_default();
        clusters.insert(cluster);
        all.extend(places);
    }
    let mut services: BTreeMap<(String, String, Names, Places), Names> = BTreeMap::new();
    for ([way, who, to], (clusters, places)) in clusters {
        services.entry((way, who, clusters, places)).or_default().insert(to);
    }
    let mut callers: BTreeMap<(Names, String, Names, Places), Names> = BTreeMap::new();
    for ((way, who, clusters, places), services) in services {
        callers.entry((services, way, clusters, places)).or_default().insert(who);
    }
    let fact = |((services, way, clusters, places), who): ((Names, String, Names, Places), Names)| {
        let clusters: BTreeSet<&str> = clusters.iter().map(String::as_str).collect();
        let here = Ground::in_clusters(&clusters, &ground.clusters());
        let says = says(&joined(&who), &joined(&services));
        Fact::new(format!("{says}{way}{here}"), places.into_iter().collect())
    };
    callers.into_iter().map(fact).collect()
}

fn joined(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    shortened(&names, SHOWN)
}
