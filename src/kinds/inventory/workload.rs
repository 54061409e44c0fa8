//! Pods, and whatever holds a template of them.

use crate::kinds::values::{Labels, Port, Spot};

/// What matters of a pod or of a pod template.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Labels of the pods.
    pub labels: Labels,
    /// Annotations of the pods.
    pub annotations: Labels,
    /// The pods' ServiceAccount.
    pub service_account: String,
    /// It names that ServiceAccount, rather than run as `default` for want of a name.
    pub names_account: bool,
    /// The pods use the node's network and are never captured.
    pub host_network: bool,
    /// Ports that containers declare.
    pub ports: Vec<ContainerPort>,
    /// Another object made this one: a ReplicaSet of a Deployment, a pod of either.
    pub owned: bool,
}

impl Workload {
    pub(super) fn new(template: PodTemplate, owned: bool) -> Self {
        let (metadata, spec) = (template.metadata, template.spec);
        let (labels, annotations) =
            metadata.map(|metadata| (metadata.labels, metadata.annotations)).unwrap_or_default();
        let account = spec.service_account_name.or(spec.service_account);
        let names_account = account.is_some();
        let containers = spec.containers.into_iter().chain(spec.init_containers);
        Workload {
            labels,
            annotations,
            service_account: account.map_or_else(|| "default".into(), |account| account.value),
            names_account,
            host_network: spec.host_network,
            ports: containers.flat_map(|container| container.ports).collect(),
            owned,
        }
    }
}

record! {
    /// An object with a pod template.
    pub struct TemplateHolder {
        /// What it says.
        pub spec: TemplateHolderSpec,
    }
}

record! {
    /// What an object with a pod template says.
    pub struct TemplateHolderSpec {
        /// The pods.
        pub template: PodTemplate,
    }
}

record! {
    /// A CronJob.
    pub struct CronJob {
        /// What it says.
        pub spec: CronJobSpec,
    }
}

record! {
    /// What a CronJob says.
    pub struct CronJobSpec {
        /// The Jobs.
        pub job_template: TemplateHolder,
    }
}

record! {
    /// A pod, or a template of pods.
    pub struct PodTemplate {
        /// Labels and annotations.
        pub metadata: Option<PodMetadata>,
        /// What the pod is.
        pub spec: PodSpec,
    }
}

record! {
    /// Labels and annotations of a pod.
    pub struct PodMetadata {
        /// Labels.
        pub labels: Labels,
        /// Annotations.
        pub annotations: Labels,
    }
}

record! {
    /// What a pod is.
    pub struct PodSpec {
        /// Its ServiceAccount; default `default`.
        pub service_account_name: Option<Spot<String>>,
        /// The older spelling.
        pub service_account: Option<Spot<String>>,
        /// It uses the node's network.
        pub host_network: bool,
        /// Its containers.
        pub containers: Vec<Container>,
        /// Containers that start before; sidecars among them.
        pub init_containers: Vec<Container>,
    }
}

record! {
    /// A container.
    pub struct Container {
        /// The ports it declares.
        pub ports: Vec<ContainerPort>,
    }
}

record! {
    /// A port that a container declares.
    pub struct ContainerPort {
        /// Its name.
        pub name: Option<Spot<String>>,
        /// The number.
        pub container_port: Spot<Port>,
        /// `TCP`, `UDP` or `SCTP`; default `TCP`.
        pub protocol: Option<Spot<String>>,
    }
}
