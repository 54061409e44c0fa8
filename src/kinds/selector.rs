//! How Gloo kinds point at things: objects, destinations, workloads, ports.

use super::decode::Decoder;
use super::values::{Labels, Port, Refused, Spot};

record! {
    /// Selects objects; what is not set selects any, within what the policy's own workspace reaches.
    pub struct ObjectSelector {
        /// Labels that must all be there.
        pub labels: Labels,
        /// The object's name.
        pub name: Option<Spot<String>>,
        /// The object's namespace.
        pub namespace: Option<Spot<String>>,
        /// The cluster it is in.
        pub cluster: Option<Spot<String>>,
        /// The workspace that owns its namespace.
        pub workspace: Option<Spot<String>>,
    }
}

record! {
    /// A port of a Service: its number or its name.
    pub struct PortSelector checked by PortSelector::check {
        /// The Service's port.
        pub number: Option<Spot<Port>>,
        /// The port's name.
        pub name: Option<Spot<String>>,
    }
}

impl PortSelector {
    fn check(&self, decoder: &mut Decoder) {
        let number = self.number.as_ref().map(|number| number.place);
        decoder.exactly_one(&[("number", number), ("name", self.name.as_ref().map(|name| name.place))]);
    }
}

enumeration! {
    /// What a destination is.
    pub enum DestinationKind {
        /// Kubernetes Services.
        Service = "SERVICE",
        /// A VirtualDestination: Gloo itself does not enforce access there.
        VirtualDestination = "VIRTUAL_DESTINATION",
        /// A host outside the mesh.
        ExternalService = "EXTERNAL_SERVICE",
    }
}

record! {
    /// Selects destinations, and with a Service its pods.
    pub struct DestinationSelector {
        /// Which ones; absent: all within reach.
        pub selector: Option<ObjectSelector>,
        /// What they are; default `SERVICE`.
        pub kind: Option<Spot<DestinationKind>>,
        /// Only this port; absent: every port of the pods.
        pub port: Option<PortSelector>,
    }
}

impl DestinationSelector {
    /// What the destinations are.
    pub fn kind(&self) -> DestinationKind {
        self.kind.map_or(DestinationKind::Service, |kind| kind.value)
    }
}

record! {
    /// Selects workloads by their pods' labels.
    pub struct WorkloadObjectSelector {
        /// Labels that must all be there.
        pub labels: Labels,
        /// The workload's namespace.
        pub namespace: Option<Spot<String>>,
        /// The cluster it is in.
        pub cluster: Option<Spot<String>>,
        /// The workspace that owns its namespace.
        pub workspace: Option<Spot<String>>,
    }
}

enumeration! {
    /// What a workload is.
    pub enum WorkloadKind {
        /// Pods.
        Kube = "KUBE",
        /// Virtual machines.
        VirtualMachine = "VM",
    }
}

record! {
    /// Selects workloads, whatever Service they stand behind.
    pub struct WorkloadSelector {
        /// Which ones; absent: all within reach.
        pub selector: Option<WorkloadObjectSelector>,
        /// What they are; default `KUBE`.
        pub kind: Option<Spot<WorkloadKind>>,
        /// Select a Service in `applyToDestinations` to restrict a port.
        pub port: Refused,
    }
}

record! {
    /// Labels as Kubernetes selects them.
    pub struct LabelSelector {
        /// Labels that must all be there.
        pub match_labels: Labels,
        /// Name the labels one by one in `matchLabels`.
        pub match_expressions: Refused,
    }
}

record! {
    /// An object by name.
    pub struct ObjectReference {
        /// The object's name.
        pub name: Spot<String>,
        /// The object's namespace; default: that of the object which names it.
        pub namespace: Option<Spot<String>>,
    }
}
