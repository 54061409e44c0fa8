//! FC420, FC421: calls from outside the mesh that a boundary refuses (SPEC section 5, exceptions).

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::{
    Boundary, Exception, Identity, Member, Mesh, Namespace, OutsideCall, OutsideCaller, Service, Workload,
    matches,
};
use crate::manifest::Labels;
use crate::report::codes::{FC420, FC421};
use crate::report::{Finding, Findings};

/// Every call that the inventory shows; one that several clusters show alike is said once.
pub fn outside_callers(mesh: &Mesh, findings: &mut Findings) {
    let mut refused: BTreeMap<_, Refused<'_>> = BTreeMap::new();
    for cluster in &mesh.clusters {
        for call in &cluster.calls {
            let Some(namespace) = cluster.namespaces.get(&call.namespace) else { continue };
            let Some(service) = namespace.services.get(&call.service) else { continue };
            let Some(selector) = service.selector.as_ref().filter(|_| !service.serves_mesh) else { continue };
            let at = At { mesh, namespace, service, selector, call };
            let ports: BTreeSet<u16> =
                call.ports.iter().flatten().copied().filter(|port| at.refuses(*port)).collect();
            if ports.is_empty() {
                continue;
            }
            let key = (call.place, call.namespace.as_str(), call.service.as_str());
            let known =
                refused.entry(key).or_insert(Refused { at, ports: BTreeSet::new(), clusters: Vec::new() });
            known.ports.extend(ports);
            known.clusters.push(&cluster.name);
        }
    }
    for one in refused.values() {
        findings.push(one.finding());
    }
}

/// A call that is refused in some clusters.
struct Refused<'a> {
    at: At<'a>,
    ports: BTreeSet<u16>,
    clusters: Vec<&'a str>,
}

/// A call, and what is called.
struct At<'a> {
    mesh: &'a Mesh,
    namespace: &'a Namespace,
    service: &'a Service,
    selector: &'a Labels,
    call: &'a OutsideCall,
}

impl At<'_> {
    fn refuses(&self, port: u16) -> bool {
        let bounded = self.namespace.access.boundary != Boundary::Open;
        let refused = match &self.call.caller {
            OutsideCaller::ApiServer => bounded || self.governed(port),
            OutsideCaller::Network | OutsideCaller::Unknown => bounded,
            OutsideCaller::Gateway(identity) => bounded && !self.admits(&identity.member),
        };
        refused && !self.is_gateway(port) && !self.excepted(port)
    }

    /// Whether an AccessPolicy that selects every pod of the Service refuses callers without identity on a port.
    fn governed(&self, port: u16) -> bool {
        let mut classes =
            self.namespace.access.governed.iter().filter(|class| matches(&class.selector, self.selector));
        classes.any(|class| class.rules.iter().any(|rule| rule.ports.contain(port)))
    }

    /// Whether the boundary lets a gateway of a namespace in.
    fn admits(&self, member: &Member) -> bool {
        let theirs = self.mesh.owner_of(member);
        theirs.is_some_and(|theirs| {
            self.namespace.owner() == Some(theirs) || self.service.visible_to.contains_key(&theirs)
        })
    }

    /// Where all pods are gateways that listen on a port, they take everybody.
    fn is_gateway(&self, port: u16) -> bool {
        let mut behind = self.behind().peekable();
        behind.peek().is_some() && behind.all(|workload| workload.gateway && workload.listens.contain(port))
    }

    fn behind(&self) -> impl Iterator<Item = &Workload> {
        self.namespace.workloads.iter().filter(|workload| matches(self.selector, &workload.labels))
    }

    /// Whether an exception lets the caller in. One whose caller is not known is let in by any, and by an export.
    fn excepted(&self, port: u16) -> bool {
        let lets_in = |exception: &Exception| match &self.call.caller {
            OutsideCaller::ApiServer | OutsideCaller::Network => exception.callers.contain(None),
            OutsideCaller::Gateway(identity) => exception.callers.contain(Some(identity)),
            OutsideCaller::Unknown => true,
        };
        let covers = |exception: &Exception| {
            let every_pod = || {
                let mut behind = self.behind().peekable();
                behind.peek().is_some()
                    && behind.all(|workload| matches(&exception.selector, &workload.labels))
            };
            exception.ports.contain(port) && (matches(&exception.selector, self.selector) || every_pod())
        };
        let exported = self.call.caller == OutsideCaller::Unknown && !self.service.visible_to.is_empty();
        exported
            || self
                .namespace
                .access
                .exceptions
                .iter()
                .any(|exception| lets_in(exception) && covers(exception))
    }
}

impl Refused<'_> {
    fn finding(&self) -> Finding {
        let OutsideCall { namespace, service, object, caller, place, .. } = self.at.call;
        let refusing = match self.at.namespace.access.boundary {
            Boundary::Open => "an AccessPolicy refuses callers without identity there",
            Boundary::Closed | Boundary::Namespace => "its namespace is isolated",
        };
        let (code, who) = match caller {
            OutsideCaller::ApiServer => (FC420, "the API server calls".to_owned()),
            OutsideCaller::Network => (FC420, "callers from outside the cluster reach".to_owned()),
            OutsideCaller::Gateway(Identity { member, account }) => {
                (FC420, format!("gateway `{}/{account}` calls", member.namespace))
            }
            OutsideCaller::Unknown => (FC421, "somebody whom the inventory does not tell calls".to_owned()),
        };
        let clusters: Vec<_> = self.clusters.iter().map(|cluster| format!("`{cluster}`")).collect();
        let plural = if clusters.len() > 1 { "clusters" } else { "cluster" };
        let message = format!(
            "{who} service `{namespace}/{service}` in {plural} {}, but {refusing}",
            clusters.join(", ")
        );
        Finding::new(code, message)
            .at(*place)
            .object(object.as_str())
            .because("the Service", self.at.service.place)
            .help(self.help())
    }

    /// The exception to write, as it stands in the Fleet.
    fn help(&self) -> String {
        let OutsideCall { namespace, service, object, caller, .. } = self.at.call;
        let (before, from) = match caller {
            OutsideCaller::ApiServer | OutsideCaller::Network => {
                ("let them in by an exception", "      plaintext: true".to_owned())
            }
            OutsideCaller::Gateway(Identity { member, account }) => (
                "export the Service to the gateway's workspace, or let the gateway in by an exception",
                format!("      serviceAccounts:\n      - {}/{account}", member.namespace),
            ),
            OutsideCaller::Unknown => (
                "export the Service to its workspace, or let it in by an exception",
                "      plaintext: true # or its serviceAccounts, if it is in the mesh".to_owned(),
            ),
        };
        let name: String = format!("{namespace}-{service}").chars().take(63).collect();
        let mut lines = vec![
            format!("{before}:"),
            "spec:".to_owned(),
            "  exceptions:".to_owned(),
            format!("  - name: {}", name.trim_end_matches('-')),
            "    from:".to_owned(),
            from,
            "    to:".to_owned(),
        ];
        let elsewhere = |name: &str| !self.clusters.contains(&name);
        if self.at.mesh.clusters.iter().any(|cluster| elsewhere(&cluster.name)) {
            lines.push("      clusters:".to_owned());
            lines.extend(self.clusters.iter().map(|cluster| format!("      - {cluster}")));
        }
        lines.extend([
            "      namespaces:".to_owned(),
            format!("      - {namespace}"),
            "      labels:".to_owned(),
        ]);
        lines.extend(self.at.selector.iter().map(|(key, value)| format!("        {key}: {}", quoted(value))));
        lines.push("    ports:".to_owned());
        lines.extend(self.ports.iter().map(|port| format!("    - {port}")));
        lines.extend([format!("    reason: {object}"), "    owner: <who answers for it>".to_owned()]);
        lines.join("\n")
    }
}

/// A label's value as YAML takes it for text: quoted, unless it cannot be taken for anything else.
fn quoted(value: &str) -> String {
    let plain = value.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
            .contains(&value.to_ascii_lowercase().as_str());
    if plain { value.to_owned() } else { format!("{value:?}") }
}
