//! `Fleet.exceptions` → who is let in where (SPEC section 5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::mesh::{
    Callers, Cluster, ClusterId, Exception, Identity, Member, Namespace, Ports, Tenancy, Workspace,
};
use super::origin;
use super::selection::{glob, is_glob, is_volatile, matches};
use super::tenancy::unknown_cluster;
use crate::kinds::fleet::{self, ExceptionSource, ExceptionTarget};
use crate::kinds::object::{is_dns_label, is_dns_name};
use crate::kinds::{Intents, Spot};
use crate::report::codes::{FC109, FC201, FC203, FC406};
use crate::report::{Finding, Findings, closest};
use crate::source::Place;

/// The exceptions that are about each namespace.
pub type ExceptedIn = BTreeMap<(ClusterId, String), Vec<Arc<Exception>>>;

/// Binds every exception. One that names nothing is an error, as any selector that matches nothing.
pub fn bind_exceptions(
    intents: &Intents,
    clusters: &[Cluster],
    workspaces: &[Workspace],
    findings: &mut Findings,
) -> (Vec<Arc<Exception>>, ExceptedIn) {
    let mut exceptions: Vec<Arc<Exception>> = Vec::new();
    let mut excepted = ExceptedIn::new();
    let Some(fleet) = intents.fleets.first() else { return (exceptions, excepted) };
    for written in &fleet.spec.exceptions {
        let object = fleet.reference("Fleet");
        let mut binding = Binding { written, object: &object, clusters, workspaces, findings };
        if let Some(first) = exceptions.iter().find(|exception| exception.name == written.name.value) {
            binding.defined_twice(first.place);
            continue;
        }
        let callers = binding.callers();
        let applies = binding.namespaces();
        let exception = Arc::new(Exception {
            name: written.name.value.clone(),
            place: written.name.place,
            origin: origin("Fleet", fleet),
            callers,
            selector: written.to.labels.clone(),
            ports: match written.ports.is_empty() {
                true => Ports::all(),
                false => Ports::Only(written.ports.iter().map(|port| port.get()).collect()),
            },
        });
        for place in applies {
            excepted.entry(place).or_default().push(exception.clone());
        }
        exceptions.push(exception);
    }
    (exceptions, excepted)
}

/// One exception while it is bound.
struct Binding<'a> {
    written: &'a fleet::Exception,
    object: &'a str,
    clusters: &'a [Cluster],
    workspaces: &'a [Workspace],
    findings: &'a mut Findings,
}

impl Binding<'_> {
    fn push(&mut self, finding: Finding) {
        self.findings.push(finding.object(self.object));
    }

    fn defined_twice(&mut self, first: Place) {
        let name = &self.written.name;
        self.push(
            Finding::new(FC201, format!("exception `{}` is defined twice", name.value))
                .at(name.place)
                .because("the first one", first)
                .help("what is rendered is named after the exception: rename one, or merge them"),
        );
    }

    /// Who is let in. An identity need not exist yet: it would in the clusters that have its namespace.
    fn callers(&mut self) -> Callers {
        let ExceptionSource { service_accounts, namespaces, plaintext, .. } = &self.written.from;
        let mut callers =
            Callers { plaintext: plaintext.is_some_and(|plaintext| *plaintext), ..Callers::default() };
        for account in service_accounts {
            let (namespace, name) = (account.value.namespace.as_str(), account.value.name.as_str());
            if is_dns_label(namespace) && is_dns_name(name) {
                callers
                    .identities
                    .extend(self.members(namespace).map(|member| Identity { member, account: name.into() }));
            } else {
                self.no_name(&format!("{namespace}/{name}"), "ServiceAccount", account.place);
            }
        }
        for namespace in namespaces {
            if is_dns_label(namespace) {
                callers.members.extend(self.members(namespace));
            } else {
                self.no_name(namespace, "Namespace", namespace.place);
            }
        }
        callers
    }

    /// A namespace in each trust domain that has it; in every one if none has it yet.
    fn members<'n>(&self, namespace: &'n str) -> impl Iterator<Item = Member> + use<'n> {
        let known = |cluster: &&Cluster| {
            cluster.namespaces.get(namespace).is_some_and(|namespace| namespace.place.is_some())
        };
        let some = self.clusters.iter().any(|cluster| known(&cluster));
        let chosen = self.clusters.iter().filter(|cluster| !some || known(cluster));
        let domains: BTreeSet<Arc<str>> = chosen.map(|cluster| cluster.trust_domain.clone()).collect();
        domains.into_iter().map(move |trust_domain| Member { trust_domain, namespace: namespace.into() })
    }

    /// A principal ends in the name as it stands, and ztunnel would take a `*` there for any ending.
    fn no_name(&mut self, given: &str, what: &str, place: Place) {
        self.push(
            Finding::new(FC109, format!("`{given}` is no name that a {what} can have"))
                .at(place)
                .help("callers are named exactly; list each one"),
        );
    }

    /// The namespaces that the exception is about. A glob, and saying nothing, never means the platform's own.
    fn namespaces(&mut self) -> Vec<(ClusterId, String)> {
        let ExceptionTarget { clusters, namespaces, workspaces, labels, place } = &self.written.to;
        if !self.names_exist() {
            return Vec::new();
        }
        let named = |patterns: &[Spot<String>], name: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| glob(pattern, name))
        };
        let wanted = |name: &str, namespace: &Namespace| {
            let literal = namespaces.iter().any(|pattern| pattern.value == name);
            let owner = namespace.owner().and_then(|owner| self.workspaces.get(owner.0));
            named(namespaces, name)
                && (literal || namespace.tenancy != Tenancy::System)
                && (workspaces.is_empty() || owner.is_some_and(|owner| named(workspaces, &owner.name)))
        };
        let mut found = Vec::new();
        let mut carried = labels.is_empty();
        for (index, cluster) in self.clusters.iter().enumerate() {
            if !named(clusters, &cluster.name) {
                continue;
            }
            for (name, namespace) in
                cluster.namespaces.iter().filter(|(name, namespace)| wanted(name, namespace))
            {
                carried |= namespace.workloads.iter().any(|workload| matches(labels, &workload.labels));
                found.push((ClusterId(index), name.clone()));
            }
        }
        let nothing = match (found.is_empty(), carried) {
            (true, _) => "no namespace of the fleet is what this exception names",
            (false, false) => "no workload of the inventory in what this exception names carries its labels",
            (false, true) => return found,
        };
        let help = self.nearest().unwrap_or_else(|| {
            "all that is set under `to` must match: check it against what stands below `clusters/`".to_owned()
        });
        self.push(Finding::new(FC203, nothing).at(*place).help(help));
        Vec::new()
    }

    /// Literal names of clusters and workspaces must exist, and labels must be such as stay.
    fn names_exist(&mut self) -> bool {
        let ExceptionTarget { clusters, workspaces, labels, place, .. } = &self.written.to;
        let mut good = true;
        for name in clusters.iter().filter(|name| !is_glob(name)) {
            if !self.clusters.iter().any(|cluster| cluster.name == name.value) {
                let finding = unknown_cluster(&name.value, name.place, self.clusters);
                self.push(finding);
                good = false;
            }
        }
        for name in workspaces.iter().filter(|name| !is_glob(name)) {
            let names = || self.workspaces.iter().map(|workspace| workspace.name.as_str());
            if !names().any(|known| known == name.value) {
                let help = match closest(&name.value, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name a Workspace of the fleet".to_owned(),
                };
                let finding = Finding::new(FC203, format!("no Workspace is named `{}`", name.value));
                self.push(finding.at(name.place).help(help));
                good = false;
            }
        }
        if let Some(volatile) = labels.keys().find(|key| is_volatile(key)) {
            self.push(
                Finding::new(FC406, format!("`{volatile}` changes with every pod or revision"))
                    .at(*place)
                    .help("select the pods by a label that stays"),
            );
            good = false;
        }
        good
    }

    /// What the names or labels under `to` may have meant.
    fn nearest(&self) -> Option<String> {
        let namespaces = || self.clusters.iter().flat_map(|cluster| &cluster.namespaces);
        let unknown = self
            .written
            .to
            .namespaces
            .iter()
            .find(|wanted| !is_glob(wanted) && !namespaces().any(|(name, _)| *name == wanted.value));
        if let Some(wanted) = unknown {
            let near = closest(&wanted.value, namespaces().map(|(name, _)| name.as_str()))?;
            return Some(format!("no cluster has namespace `{}`; did you mean `{near}`?", wanted.value));
        }
        let carried =
            || namespaces().flat_map(|(_, namespace)| &namespace.workloads).map(|workload| &workload.labels);
        let (key, value) = self
            .written
            .to
            .labels
            .iter()
            .find(|(key, value)| !carried().any(|labels| labels.get(*key) == Some(*value)))?;
        let near = closest(value, carried().filter_map(|labels| labels.get(key)).map(String::as_str))?;
        Some(format!("no workload carries `{key}: {value}`; did you mean `{key}: {near}`?"))
    }
}
