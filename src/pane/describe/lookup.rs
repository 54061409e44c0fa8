//! From a name to the object that is meant.

use std::collections::BTreeSet;

use super::Subject;
use crate::bind::Mesh;
use crate::question::NoAnswer;
use crate::report::closest;

/// How many names an answer lists.
const LISTED: usize = 12;

/// The namespace and name of the one object that is meant. The namespace is empty where the kind has none. A Service may be
/// named as `name.namespace` too.
pub fn find(
    mesh: &Mesh,
    subject: Subject,
    name: &str,
    namespace: Option<&str>,
) -> Result<(String, String), NoAnswer> {
    let (name, namespace) = match (subject, namespace, name.split_once('.')) {
        // a Service's name holds no dot
        (Subject::Service, None, Some((name, namespace))) => (name, Some(namespace)),
        _ => (name, namespace),
    };
    let kind = kind(subject);
    let known = known(mesh, subject);
    let named: Vec<&(String, String)> = known.iter().filter(|(_, own)| own == name).collect();
    let cluster_wide = matches!(subject, Subject::Cluster);
    let wanted = namespace.filter(|_| !cluster_wide);
    let meant: Vec<&(String, String)> =
        named.iter().copied().filter(|(own, _)| wanted.is_none_or(|wanted| wanted == own)).collect();
    match (meant.as_slice(), named.as_slice()) {
        ([only], _) => Ok((*only).clone()),
        ([], []) => Err(none(kind, name, wanted, &known)),
        ([], elsewhere) => Err(NoAnswer {
            message: format!("there is no {kind} `{name}` in namespace `{}`", wanted.unwrap_or_default()),
            help: format!("there is one in {}", listed(elsewhere.iter().map(|(own, _)| own.as_str()))),
        }),
        (several, _) => Err(NoAnswer {
            message: format!(
                "there is a {kind} `{name}` in {}",
                listed(several.iter().map(|(own, _)| own.as_str()))
            ),
            help: "name the one that is meant: `-n NAMESPACE`".to_owned(),
        }),
    }
}

fn none(kind: &str, name: &str, namespace: Option<&str>, known: &BTreeSet<(String, String)>) -> NoAnswer {
    let here = known.iter().filter(|(own, _)| namespace.is_none_or(|wanted| wanted == own));
    let near = closest(name, here.map(|(_, name)| name.as_str()))
        .or_else(|| closest(name, known.iter().map(|(_, name)| name.as_str())));
    let names: BTreeSet<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
    let help = match (near, names.is_empty()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, true) => format!("the fleet has no {kind}"),
        (None, false) => format!("there is {}", listed(names)),
    };
    NoAnswer { message: format!("there is no {kind} `{name}`"), help }
}

fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    let mut shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    if names.len() > LISTED {
        shown.push(format!("{} more", names.len() - LISTED));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn kind(subject: Subject) -> &'static str {
    match subject {
        Subject::Workspace => "Workspace",
        Subject::VirtualDestination => "VirtualDestination",
        Subject::Segment => "Segment",
        Subject::AccessPolicy => "AccessPolicy",
        Subject::Cluster => "KubernetesCluster",
        Subject::Service => "Service",
    }
}

/// Namespace and name of every object of a kind.
fn known(mesh: &Mesh, subject: Subject) -> BTreeSet<(String, String)> {
    let split = |reference: &str| {
        let mut parts = reference.splitn(3, '/').skip(1).map(str::to_owned);
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    };
    match subject {
        Subject::Workspace => mesh.workspaces.iter().map(|one| split(&one.origin.name)).collect(),
        Subject::Cluster => mesh.clusters.iter().map(|one| (String::new(), one.name.clone())).collect(),
        Subject::AccessPolicy => mesh.policies.iter().map(|one| split(&one.origin.name)).collect(),
        Subject::Segment | Subject::VirtualDestination => {
            let prefix = format!("{}/", kind(subject));
            let claims = mesh.host_claims.iter().map(|(_, origin, _)| origin);
            let services = mesh.global_services.iter().flat_map(|service| &service.origins);
            let hosts = mesh.global_hosts.iter().flat_map(|host| &host.origins);
            let domains = mesh.segments.iter().map(|segment| &segment.origin);
            let origins = claims.chain(services).chain(hosts).chain(domains);
            origins
                .filter(|origin| origin.name.starts_with(&prefix))
                .map(|origin| split(&origin.name))
                .collect()
        }
        Subject::Service => mesh
            .clusters
            .iter()
            .flat_map(|cluster| &cluster.namespaces)
            .flat_map(|(space, namespace)| {
                namespace.services.keys().map(move |name| (space.clone(), name.clone()))
            })
            .collect(),
    }
}
