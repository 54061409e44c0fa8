//! FC426, FC429: callers that get to locked pods without passing the waypoint, or to others past what is said.

use crate::bind::{
    Boundary, Capture, Cluster, Enrolled, Identity, Lock, Member, Mesh, Namespace, Whom, Workload, matches,
};
use crate::report::codes::{FC426, FC429};
use crate::report::{Finding, Findings};

/// Has gateways of the cluster send calls to a Service through its waypoint.
const INGRESS_USE_WAYPOINT: &str = "istio.io/ingress-use-waypoint";

/// Each locked Service, and each host of several clusters.
pub fn past_waypoints(mesh: &Mesh, findings: &mut Findings) {
    hosts(mesh, findings);
    for cluster in &mesh.clusters {
        for (name, namespace) in &cluster.namespaces {
            for enrolled in &namespace.access.enrolled {
                let Some(lock) = &enrolled.lock else { continue };
                let here = Here { mesh, cluster, name, namespace, enrolled, lock };
                here.gateways(findings);
                here.sidecars(findings);
            }
            single_pods(cluster, name, namespace, findings);
        }
    }
}

/// A host of several clusters has policies of its own at a waypoint, and none is written: it would let anybody through to
/// the pods. Where it passes no waypoint, the lock refuses it.
fn hosts(mesh: &Mesh, findings: &mut Findings) {
    for host in &mesh.global_hosts {
        for (id, cluster) in mesh.cluster_ids().filter(|(id, _)| host.backing.contains_key(id)) {
            let Some(namespace) =
                mesh.cluster(id).and_then(|cluster| cluster.namespaces.get(&host.namespace))
            else {
                continue;
            };
            let access = &namespace.access;
            let lock = |enrolled: &&Enrolled| {
                enrolled.lock.as_ref().is_some_and(|lock| {
                    matches(&lock.selector, &host.selector) || matches(&host.selector, &lock.selector)
                })
            };
            let locked = access.enrolled.iter().find(lock);
            let governed = access.boundary != Boundary::Open || !access.governed.is_empty();
            let (Some(origin), true) =
                (host.origins.first(), locked.is_some() || (governed && namespace.waypoint.is_some()))
            else {
                continue;
            };
            let message = format!(
                "host `{}` leads to pods of `{}` in cluster `{}` that are behind a waypoint, and no policy there is about the host",
                host.hosts.first().map_or(host.name.as_str(), String::as_str),
                host.namespace,
                cluster.name
            );
            let finding = Finding::new(FC426, message).at(origin.place).object(&*origin.name);
            let finding = match locked {
                Some(enrolled) => finding.because("the Service that is behind the waypoint", enrolled.place),
                None => finding,
            };
            findings.push(finding.help(
                "call the Service by its own global name: a Segment whose host is `<service>.<namespace>.mesh.internal`; \
                 or take the waypoint away from these Services",
            ));
        }
    }
}

/// A locked Service.
struct Here<'m> {
    mesh: &'m Mesh,
    cluster: &'m Cluster,
    name: &'m str,
    namespace: &'m Namespace,
    enrolled: &'m Enrolled,
    lock: &'m Lock,
}

impl Here<'_> {
    /// Whether the waypoint would let a workload through, and the lock would not let it in.
    fn is_cut(&self, cluster: &Cluster, namespace: &str, workload: &Workload) -> bool {
        let member = Member { trust_domain: cluster.trust_domain.clone(), namespace: namespace.into() };
        let identity = Identity { member, account: workload.account.as_str().into() };
        let allowed = self.enrolled.rules.iter().any(|rule| match &rule.callers {
            Whom::Everybody | Whom::Identified => true,
            Whom::Only(callers) => callers.contain(Some(&identity)),
        });
        allowed && !self.lock.admits(&identity)
    }

    fn warn(&self, workload: &Workload, of: &str, what: &str, help: &str, findings: &mut Findings) {
        let Enrolled { service, place, .. } = self.enrolled;
        let message = format!(
            "{} `{of}/{}` may call service `{}/{service}` in cluster `{}`, but {what}, and the lock on the pods refuses it",
            workload.kind, workload.name, self.name, self.cluster.name
        );
        findings.push(
            Finding::new(FC429, message)
                .at(*place)
                .object(format!("Service/{}/{service}", self.name))
                .because("the caller", workload.place)
                .help(help),
        );
    }

    /// Gateways call pods straight, but for Services that say otherwise (istio
    /// pilot/pkg/serviceregistry/ambient/services.go, `ingressUseWaypointFromLabels`).
    fn gateways(&self, findings: &mut Findings) {
        let own = self.namespace.services.get(&self.enrolled.service).map(|service| &service.labels);
        let label = own.and_then(|labels| labels.get(INGRESS_USE_WAYPOINT));
        let label = label.or_else(|| self.namespace.labels.get(INGRESS_USE_WAYPOINT));
        let uses =
            label.is_some_and(|label| ["1", "t", "T", "true", "TRUE", "True"].contains(&label.as_str()));
        let east_west = self.cluster.east_west.namespace.as_str();
        let others = self.cluster.namespaces.iter().filter(|(name, _)| *name != east_west);
        let mut gateways = others.flat_map(|(name, namespace)| {
            namespace
                .workloads
                .iter()
                .filter(|workload| workload.gateway)
                .map(move |workload| (name, workload))
        });
        let cut = gateways.find(|(name, workload)| !uses && self.is_cut(self.cluster, name, workload));
        if let Some((name, workload)) = cut {
            let help = "label the Service, or its Namespace, `istio.io/ingress-use-waypoint: \"true\"`";
            self.warn(workload, name, "a gateway goes past waypoints", help, findings);
        }
    }

    fn sidecars(&self, findings: &mut Findings) {
        let workloads = self.mesh.clusters.iter().flat_map(|cluster| {
            cluster.namespaces.iter().flat_map(move |(name, namespace)| {
                namespace.workloads.iter().map(move |workload| (cluster, name, workload))
            })
        });
        let mut sidecars = workloads.filter(|(.., workload)| workload.capture == Capture::Sidecar);
        if let Some((_, name, workload)) =
            sidecars.find(|(cluster, name, workload)| self.is_cut(cluster, name, workload))
        {
            let help = "move the caller to ambient: take the sidecar away and label it `istio.io/dataplane-mode: ambient`";
            self.warn(workload, name, "a sidecar goes past waypoints", help, findings);
        }
    }
}

/// Locked workloads whose pods are called one by one.
fn single_pods(cluster: &Cluster, name: &str, namespace: &Namespace, findings: &mut Findings) {
    for (index, workload) in namespace.workloads.iter().enumerate() {
        let locks = namespace.access.enrolled.iter().filter_map(|enrolled| enrolled.lock.as_ref());
        let mut locks = locks.filter(|lock| matches(&lock.selector, &workload.labels)).peekable();
        if locks.peek().is_none() {
            continue;
        }
        let excepted: Vec<_> = namespace.access.exceptions_covering(&workload.labels).collect();
        let headless = || {
            namespace.services.values().any(|service| service.headless && service.workloads.contains(&index))
        };
        let shown = format!("{} `{name}/{}` in cluster `{}`", workload.kind, workload.name, cluster.name);
        let mut warn = |message: String, help: String| {
            let object = format!("{}/{name}/{}", workload.kind, workload.name);
            findings.push(Finding::new(FC429, message).at(workload.place).object(object).help(help));
        };
        if (workload.kind == "StatefulSet" || headless()) && excepted.is_empty() {
            warn(
                format!(
                    "the pods of {shown} are locked to their waypoint, and calls by pod address go past it"
                ),
                format!(
                    "where its pods call each other, or others call them one by one, say so in the Fleet:\n{}",
                    exception(
                        "peers",
                        name,
                        workload,
                        &format!("serviceAccounts: [{name}/{}]", workload.account),
                        None
                    )
                ),
            );
        }
        if let Some(port) = workload.scraped
            && !excepted.iter().any(|exception| exception.ports.contain(port))
        {
            warn(
                format!("the pods of {shown} ask to be scraped, and a scraper goes past their waypoint"),
                format!(
                    "say in the Fleet who scrapes them:\n{}",
                    exception("scrape", name, workload, "namespaces: [monitoring]", Some(port))
                ),
            );
        }
    }
}

/// An entry of `Fleet.exceptions`.
fn exception(what: &str, namespace: &str, workload: &Workload, from: &str, port: Option<u16>) -> String {
    let labels: Vec<String> =
        workload.labels.iter().map(|(key, value)| format!("        {key}: {value}\n")).collect();
    let ports = port.map_or_else(String::new, |port| format!("    ports: [{port}]\n"));
    format!(
        "  exceptions:\n  - name: {what}-{}\n    from:\n      {from}\n    to:\n      namespaces: [{namespace}]\n      labels:\n{}{ports}    reason: …\n    owner: …",
        workload.name,
        labels.concat()
    )
}
