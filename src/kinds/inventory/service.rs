//! Services.

use crate::kinds::istio_operator::TargetPort;
use crate::kinds::values::{Labels, Port, Spot};

record! {
    /// A Service.
    pub struct Service {
        /// Labels of its pods; empty: it has none of its own.
        pub selector: Labels,
        /// Its ports.
        pub ports: Vec<ServicePort>,
        /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`; default `ClusterIP`.
        pub kind as "type": Option<Spot<String>>,
        /// `None` for a headless Service.
        pub cluster_ip as "clusterIP": Option<Spot<String>>,
        /// The host that an ExternalName Service stands for.
        pub external_name: Option<Spot<String>>,
    }
}

impl Service {
    /// True if the name resolves to the pods themselves.
    pub fn is_headless(&self) -> bool {
        self.cluster_ip.as_ref().is_some_and(|address| address.value == "None")
    }

    /// `ClusterIP` where nothing is said.
    pub fn kind(&self) -> &str {
        self.kind.as_ref().map_or("ClusterIP", |kind| &kind.value)
    }
}

record! {
    /// A port of a Service.
    pub struct ServicePort {
        /// Its name.
        pub name: Option<Spot<String>>,
        /// The Service's port.
        pub port: Spot<Port>,
        /// The pod's port; default: the Service's.
        pub target_port: Option<Spot<TargetPort>>,
        /// `TCP`, `UDP` or `SCTP`; default `TCP`.
        pub protocol: Option<Spot<String>>,
        /// What is spoken there.
        pub app_protocol: Option<Spot<String>>,
        /// The port on each node.
        pub node_port: Option<Spot<Port>>,
    }
}
