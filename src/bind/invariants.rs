//! Invariants → the callers and destinations that they are about. Whether they hold is judged when everything is rendered.

use std::collections::BTreeSet;

use super::mesh::{Clients, Cluster, ClusterId, Holds, Invariant, Targets, Workspace, WorkspaceId};
use super::origin;
use super::selection::{glob, is_glob};
use super::tenancy::unknown_cluster;
use crate::kinds::invariant::{Calls, InvariantClients, InvariantTargets};
use crate::kinds::{Intents, Spot};
use crate::report::codes::FC203;
use crate::report::{Finding, Findings, closest};

/// Binds every Invariant. Literal names of clusters and workspaces must exist.
pub fn bind_invariants(
    intents: &Intents,
    clusters: &[Cluster],
    workspaces: &[Workspace],
    findings: &mut Findings,
) -> Vec<Invariant> {
    let mut invariants = Vec::new();
    for object in &intents.invariants {
        let rules = [(Holds::Never, &object.spec.never), (Holds::Always, &object.spec.always)];
        for (holds, calls) in rules {
            let Some(Calls { from, to, .. }) = calls else { continue };
            let object_name = object.reference("Invariant");
            let mut names = Names { clusters, workspaces, object: &object_name, findings };
            let (clients, targets) = (names.clients(from), names.targets(to));
            invariants.push(Invariant { origin: origin("Invariant", object), holds, clients, targets });
        }
    }
    invariants
}

struct Names<'a> {
    clusters: &'a [Cluster],
    workspaces: &'a [Workspace],
    object: &'a str,
    findings: &'a mut Findings,
}

impl Names<'_> {
    fn clients(&mut self, from: &InvariantClients) -> Clients {
        let plaintext = from.plaintext.map(|plaintext| *plaintext);
        let identities = from.names_identities() || plaintext.is_none();
        Clients {
            place: from.place,
            identities,
            plaintext: plaintext.unwrap_or(!from.names_identities()),
            accounts: from
                .service_accounts
                .iter()
                .map(|account| (account.value.namespace.clone(), account.value.name.clone()))
                .collect(),
            labels: from.labels.clone(),
            namespaces: patterns(&from.namespaces),
            workspaces: self.workspaces(&from.workspaces),
            clusters: self.clusters(&from.clusters),
            trust_domains: patterns(&from.trust_domains),
        }
    }

    fn targets(&mut self, to: &InvariantTargets) -> Targets {
        Targets {
            place: to.place,
            services: to
                .services
                .iter()
                .map(|service| (service.value.namespace.clone(), service.value.name.clone()))
                .collect(),
            labels: to.labels.clone(),
            namespaces: patterns(&to.namespaces),
            workspaces: self.workspaces(&to.workspaces),
            clusters: self.clusters(&to.clusters),
            ports: to.ports.iter().map(|port| port.get()).collect(),
        }
    }

    fn clusters(&mut self, written: &[Spot<String>]) -> Option<BTreeSet<ClusterId>> {
        for name in written.iter().filter(|name| !is_glob(name)) {
            if !self.clusters.iter().any(|cluster| cluster.name == name.value) {
                let finding = unknown_cluster(&name.value, name.place, self.clusters);
                self.findings.push(finding.object(self.object));
            }
        }
        let names = self.clusters.iter().map(|cluster| cluster.name.as_str());
        Some(chosen(written, names)?.into_iter().map(ClusterId).collect())
    }

    fn workspaces(&mut self, written: &[Spot<String>]) -> Option<BTreeSet<WorkspaceId>> {
        let names = || self.workspaces.iter().map(|workspace| workspace.name.as_str());
        for name in written.iter().filter(|name| !is_glob(name)) {
            if !names().any(|known| known == name.value) {
                let help = match closest(&name.value, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name a Workspace of the fleet".to_owned(),
                };
                let finding = Finding::new(FC203, format!("no Workspace is named `{}`", name.value));
                self.findings.push(finding.at(name.place).help(help).object(self.object));
            }
        }
        Some(chosen(written, names())?.into_iter().map(WorkspaceId).collect())
    }
}

fn patterns(written: &[Spot<String>]) -> Vec<String> {
    written.iter().map(|pattern| pattern.value.clone()).collect()
}

/// The indices of the names that one of the patterns matches; `None` without patterns.
fn chosen<'n>(written: &[Spot<String>], names: impl Iterator<Item = &'n str>) -> Option<Vec<usize>> {
    let matching = names.enumerate().filter(|(_, name)| written.iter().any(|pattern| glob(pattern, name)));
    (!written.is_empty()).then(|| matching.map(|(index, _)| index).collect())
}
