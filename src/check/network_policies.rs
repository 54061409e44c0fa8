//! FC422, FC423: NetworkPolicies that cut what the mesh carries, or that it goes around.
//!
//! A NetworkPolicy sees a captured pod from outside: calls of the mesh arrive at one port, 15008, whatever port of the
//! application they are for (istio.io, "Ambient and Kubernetes NetworkPolicy").

use crate::bind::{Capture, Cluster, Mesh, Namespace, NetworkPolicy, Passage, Workload, matches};
use crate::report::codes::{FC422, FC423};
use crate::report::{Finding, Findings};

/// NetworkPolicies add up, pod by pod; what several of them do to one pod is said of the first.
pub fn network_policies(mesh: &Mesh, findings: &mut Findings) {
    for cluster in &mesh.clusters {
        for (name, namespace) in &cluster.namespaces {
            let at = At { cluster, name, namespace };
            for policy in &namespace.network_policies {
                for way in [&INGRESS, &EGRESS] {
                    findings.extend_from(at.cut(policy, way));
                }
                findings.extend_from(at.gone_around(policy));
            }
        }
    }
}

/// One of the two ways.
struct Way {
    passage: fn(&NetworkPolicy) -> Option<Passage>,
    what: &'static str,
    field: &'static str,
}

const INGRESS: Way =
    Way { passage: |policy| policy.ingress, what: "no call of the mesh reaches", field: "ingress" };

const EGRESS: Way =
    Way { passage: |policy| policy.egress, what: "no call of the mesh leaves", field: "egress" };

struct At<'a> {
    cluster: &'a Cluster,
    name: &'a str,
    namespace: &'a Namespace,
}

impl<'a> At<'a> {
    /// The captured workloads that a policy selects.
    fn captured(&self, policy: &NetworkPolicy) -> impl Iterator<Item = (usize, &'a Workload)> {
        let namespace = self.namespace;
        let selected =
            policy.workloads.iter().filter_map(|index| Some((*index, namespace.workloads.get(*index)?)));
        selected.filter(|(_, workload)| matches!(workload.capture, Capture::Ambient | Capture::Assumed))
    }

    /// What one workload gets through is what any policy that selects it lets through.
    fn cut(&self, policy: &NetworkPolicy, way: &Way) -> Option<Finding> {
        (way.passage)(policy)?;
        let (_, workload) = self.captured(policy).find(|(index, _)| {
            let about = || {
                let all = self.namespace.network_policies.iter();
                all.filter(|other| other.workloads.contains(index))
                    .filter_map(|other| Some((other, (way.passage)(other)?)))
            };
            about().next().is_some_and(|(first, _)| first.name == policy.name)
                && about().all(|(_, passage)| !passage.mesh)
        })?;
        let message = format!(
            "{} {} `{}/{}` in cluster `{}`: NetworkPolicy `{}` lets TCP port 15008 pass in no rule",
            way.what, workload.kind, self.name, workload.name, self.cluster.name, policy.name
        );
        Some(
            Finding::new(FC422, message)
                .at(policy.place)
                .object(format!("NetworkPolicy/{}/{}", self.name, policy.name))
                .because("a workload that it selects", workload.place)
                .help(format!(
                    "calls of the mesh all use that port (HBONE): let it pass too\nspec:\n  {}:\n  - ports:\n    - port: 15008\n      protocol: TCP",
                    way.field
                )),
        )
    }

    /// Ports of the application that pass by name, and the mesh beside them, where no AccessPolicy says more.
    fn gone_around(&self, policy: &NetworkPolicy) -> Option<Finding> {
        policy.ingress.filter(|ingress| ingress.mesh && ingress.named)?;
        let ruled = |workload: &Workload| {
            let classes = self.namespace.access.governed.iter().filter(|class| !class.rules.is_empty());
            classes.into_iter().any(|class| matches(&class.selector, &workload.labels))
        };
        let (_, workload) = self.captured(policy).find(|(_, workload)| !ruled(workload))?;
        let message = format!(
            "NetworkPolicy `{}/{}` in cluster `{}` limits ports, but callers of the mesh reach every port through 15008",
            self.name, policy.name, self.cluster.name
        );
        Some(
            Finding::new(FC423, message)
                .at(policy.place)
                .object(format!("NetworkPolicy/{}/{}", self.name, policy.name))
                .because("a workload that it selects and no AccessPolicy does", workload.place)
                .help("say who may call which port with an AccessPolicy: it is enforced at the pod, where the port shows"),
        )
    }
}
