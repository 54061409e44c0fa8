//! NetworkPolicy (networking.k8s.io/v1), as far as ports go: what a cluster's network lets through to pods, and from them.

use super::inventory::LabelSelector;
use super::istio_operator::TargetPort;
use super::values::{Port, Spot};

record! {
    /// What a NetworkPolicy says.
    pub struct NetworkPolicySpec {
        /// The pods of the namespace; empty: all.
        pub pod_selector: Option<LabelSelector>,
        /// `Ingress` and `Egress`; default: `Ingress`, and `Egress` where there are such rules.
        pub policy_types: Vec<Spot<String>>,
        /// What may come in; any of these.
        pub ingress: Vec<NetworkRule>,
        /// What may go out; any of these.
        pub egress: Vec<NetworkRule>,
    }
}

impl NetworkPolicySpec {
    /// Whether it lets nothing in but what its rules name.
    pub fn limits_ingress(&self) -> bool {
        self.policy_types.is_empty() || self.policy_types.iter().any(|kind| kind.value == "Ingress")
    }

    /// Whether it lets nothing out but what its rules name.
    pub fn limits_egress(&self) -> bool {
        match self.policy_types.is_empty() {
            true => !self.egress.is_empty(),
            false => self.policy_types.iter().any(|kind| kind.value == "Egress"),
        }
    }
}

record! {
    /// What may pass.
    pub struct NetworkRule {
        /// The ports; empty: all.
        pub ports: Vec<NetworkPort>,
    }
}

impl NetworkRule {
    /// Whether it lets a TCP port pass, for whatever peers it names.
    pub fn passes(&self, port: u16) -> bool {
        self.ports.is_empty() || self.ports.iter().any(|one| one.contains(port))
    }
}

record! {
    /// Ports that may pass.
    pub struct NetworkPort {
        /// `TCP`, `UDP` or `SCTP`; default `TCP`.
        pub protocol: Option<Spot<String>>,
        /// The port, by number or by the name that a container gives it; absent: all.
        pub port: Option<Spot<TargetPort>>,
        /// The last port of a range that begins with `port`.
        pub end_port: Option<Spot<Port>>,
    }
}

impl NetworkPort {
    /// Whether the TCP port is among them. A name is no port that a mesh proxy of the node listens on.
    pub fn contains(&self, port: u16) -> bool {
        let tcp = self.protocol.as_ref().is_none_or(|protocol| protocol.value == "TCP");
        let within = match self.port.as_ref().map(|port| &port.value) {
            None => true,
            Some(TargetPort::Name(_)) => false,
            Some(TargetPort::Number(first)) => {
                let last = self.end_port.as_ref().map_or(first.get(), |last| last.get());
                (first.get()..=last).contains(&port)
            }
        };
        tcp && within
    }
}
