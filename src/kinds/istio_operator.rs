//! The part of Istio's IstioOperator API (istio/api, operator/v1alpha1) that lifecycle managers carry.

use super::decode::{Decode, Decoder};
use super::object::check_names;
use super::values::{FreeForm, Ignored, Labels, Port, Refused, Spot};
use crate::yaml::{Node, Resolved, Value};

record! {
    /// Where Helm charts come from.
    pub struct HelmGlobal {
        /// The repository, as `oci://registry/charts` or `https://…`; wins over `Fleet.charts.repository`.
        pub repo: Option<Spot<String>>,
        /// The credentials of the repository belong to Argo CD or Flux.
        pub repo_secrets: Ignored,
        /// TLS of the repository belongs to Argo CD or Flux.
        pub repo_skip_tls_verify as "repoSkipTlsVerify": Ignored,
    }
}

record! {
    /// What is installed and how.
    pub struct IstioOperatorSpec {
        /// Istio's profile: `ambient`, `minimal`, `empty` and the like.
        pub profile: Option<Spot<String>>,
        /// The registry of the images.
        pub hub: Option<Spot<String>>,
        /// The tag of the images; the version where none is set.
        pub tag: Option<Spot<String>>,
        /// The namespace of the control plane; default `istio-system`.
        pub namespace: Option<Spot<String>>,
        /// The revision; the installation's own wins.
        pub revision: Option<Spot<String>>,
        /// Istio's MeshConfig.
        pub mesh_config: FreeForm,
        /// The components, each with its own settings.
        pub components: Option<Components>,
        /// Values of the charts; `global.multiCluster.clusterName` and `global.network` are filled in per cluster.
        pub values: FreeForm,
        /// Values of the charts that Istio does not validate; merged over `values`.
        pub unvalidated_values: FreeForm,
        /// Set `installations[].version` instead.
        pub compatibility_version: Refused,
        /// Set `helmGlobal.repo` instead.
        pub install_package_path: Refused,
    }
}

record! {
    /// Istio's components.
    pub struct Components {
        /// CRDs and what the others need.
        pub base: Option<Component>,
        /// istiod.
        pub pilot: Option<Component>,
        /// The CNI plugin.
        pub cni: Option<Component>,
        /// The node proxy.
        pub ztunnel: Option<Component>,
        /// An istiod outside the cluster.
        pub istiod_remote: Option<Component>,
        /// Gateways for traffic that comes in, the east-west gateway among them.
        pub ingress_gateways: Vec<GatewayComponent>,
        /// Gateways for traffic that goes out.
        pub egress_gateways: Vec<GatewayComponent>,
    }
}

record! {
    /// A component of the control plane.
    pub struct Component checked by Component::check {
        /// Whether it is installed; default: as the profile says.
        pub enabled: Option<Spot<bool>>,
        /// Its namespace.
        pub namespace: Option<Spot<String>>,
        /// Its registry, where it is not the common one.
        pub hub: Option<Spot<String>>,
        /// Its tag, where it is not the common one.
        pub tag: Option<Spot<String>>,
        /// Settings of its Kubernetes objects.
        pub k8s: Option<KubernetesSettings>,
    }
}

impl Component {
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("namespace", self.namespace.as_ref())], decoder);
    }
}

record! {
    /// A gateway.
    pub struct GatewayComponent checked by GatewayComponent::check {
        /// Its name.
        pub name: Spot<String>,
        /// Whether it is installed; default: as the profile says.
        pub enabled: Option<Spot<bool>>,
        /// Its namespace.
        pub namespace: Option<Spot<String>>,
        /// Labels of its pods and its Service.
        pub label: Labels,
        /// Its registry, where it is not the common one.
        pub hub: Option<Spot<String>>,
        /// Its tag, where it is not the common one.
        pub tag: Option<Spot<String>>,
        /// Settings of its Kubernetes objects.
        pub k8s: Option<KubernetesSettings>,
    }
}

impl GatewayComponent {
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("name", Some(&self.name)), ("namespace", self.namespace.as_ref())], decoder);
    }

    /// True if its Service has this port.
    pub fn has_port(&self, port: u16) -> bool {
        let service = self.k8s.as_ref().and_then(|settings| settings.service.as_ref());
        service.is_some_and(|service| service.ports.iter().any(|own| own.port.get() == port))
    }
}

record! {
    /// Settings of a component's Kubernetes objects.
    pub struct KubernetesSettings {
        /// Environment of its containers.
        pub env: Vec<EnvironmentVariable>,
        /// Requests and limits.
        pub resources: FreeForm,
        /// How many pods.
        pub replica_count: Option<Spot<u32>>,
        /// Labels of the nodes it may run on.
        pub node_selector: Labels,
        /// Tolerations of its pods.
        pub tolerations: Vec<FreeForm>,
        /// Affinity of its pods.
        pub affinity: FreeForm,
        /// Annotations of its pods.
        pub pod_annotations: Labels,
        /// Annotations of its Service.
        pub service_annotations: Labels,
        /// Its Service.
        pub service: Option<KubernetesService>,
        /// Set the chart's own values under `values` instead.
        pub hpa_spec: Refused,
        /// Set the chart's own values under `values` instead.
        pub pod_disruption_budget: Refused,
        /// Set the chart's own values under `values` instead.
        pub strategy: Refused,
        /// Set the chart's own values under `values` instead.
        pub security_context: Refused,
        /// Set the chart's own values under `values` instead.
        pub image_pull_policy: Refused,
        /// Set the chart's own values under `values` instead.
        pub priority_class_name: Refused,
        /// Set the chart's own values under `values` instead.
        pub readiness_probe: Refused,
        /// Set the chart's own values under `values` instead.
        pub volumes: Refused,
        /// Set the chart's own values under `values` instead.
        pub volume_mounts: Refused,
        /// A Helm release has no patches; set the chart's own values under `values` instead.
        pub overlays: Refused,
    }
}

record! {
    /// One variable of the environment.
    pub struct EnvironmentVariable {
        /// Its name.
        pub name: Spot<String>,
        /// Its value.
        pub value: Spot<String>,
        /// Set the chart's own values under `values` instead.
        pub value_from: Refused,
    }
}

record! {
    /// A Service that a component gets.
    pub struct KubernetesService {
        /// `LoadBalancer`, `NodePort` or `ClusterIP`.
        pub kind as "type": Option<Spot<String>>,
        /// Its ports.
        pub ports: Vec<KubernetesServicePort>,
        /// Its load balancer's address.
        pub load_balancer_ip as "loadBalancerIP": Option<Spot<String>>,
        /// Whether the client's address is kept.
        pub external_traffic_policy: Option<Spot<String>>,
        /// The addresses from which its load balancer takes traffic.
        pub load_balancer_source_ranges: Vec<Spot<String>>,
        /// `SingleStack`, `PreferDualStack` or `RequireDualStack`.
        pub ip_family_policy: Option<Spot<String>>,
        /// `IPv4`, `IPv6`.
        pub ip_families: Vec<Spot<String>>,
        /// Its pods, where they are not the component's.
        pub selector: Labels,
        /// Not every version of Istio's chart has a value for it.
        pub cluster_ip as "clusterIP": Refused,
        /// Not every version of Istio's chart has a value for it.
        pub external_ips as "externalIPs": Refused,
        /// Not every version of Istio's chart has a value for it.
        pub load_balancer_class: Refused,
        /// Not every version of Istio's chart has a value for it.
        pub allocate_load_balancer_node_ports: Refused,
        /// Not every version of Istio's chart has a value for it.
        pub internal_traffic_policy: Refused,
        /// Istio's chart has no value for it.
        pub external_name: Refused,
        /// Istio's chart has no value for it.
        pub session_affinity: Refused,
        /// Istio's chart has no value for it.
        pub session_affinity_config: Refused,
        /// Istio's chart has no value for it.
        pub health_check_node_port: Refused,
        /// Istio's chart has no value for it.
        pub publish_not_ready_addresses: Refused,
        /// Istio's chart has no value for it.
        pub traffic_distribution: Refused,
    }
}

record! {
    /// A port of a Service.
    pub struct KubernetesServicePort {
        /// The port.
        pub port: Spot<Port>,
        /// The pod's port; default: `port`.
        pub target_port: Option<Spot<TargetPort>>,
        /// The port's name.
        pub name: Option<Spot<String>>,
        /// `TCP` or `UDP`; default `TCP`.
        pub protocol: Option<Spot<String>>,
        /// The port on each node.
        pub node_port: Option<Spot<Port>>,
    }
}

/// A pod's port by number, or by the name that a container gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TargetPort {
    /// The number.
    Number(Port),
    /// The name of a container's port.
    Name(String),
}

impl Decode for TargetPort {
    fn decode(node: &Node, decoder: &mut Decoder) -> Option<Self> {
        match &node.value {
            Value::Scalar(scalar) if !matches!(scalar.resolve(), Resolved::Int(_)) => {
                String::decode(node, decoder).map(TargetPort::Name)
            }
            _ => Port::decode(node, decoder).map(TargetPort::Number),
        }
    }
}

inline_schema!([] TargetPort, _generator => schemars::json_schema!({
    "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 65535 }, { "type": "string" }]
}));
