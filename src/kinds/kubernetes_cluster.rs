//! `KubernetesCluster`: a cluster of the fleet.

use std::net::IpAddr;

use super::decode::Decoder;
use super::delivery::KubeConfig;
use super::object::{check_names, is_dns_name, is_label_value};
use super::values::{Ignored, Port, Spot};
use crate::report::{Finding, codes};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: KubernetesCluster
metadata:
  name: cluster-east
  namespace: gloo-mesh
  labels: {region: us-east}
spec:
  clusterDomain: cluster.local
  network: cluster-east
  trustDomain: cluster-east.bank.example
  eastWestGateway:
    addresses:
      - {type: IPAddress, value: 10.10.0.10}
";

record! {
    /// A cluster of the fleet. Its name is what other kinds mean by a cluster; its labels are what `selector` selects.
    pub struct KubernetesClusterSpec checked by KubernetesClusterSpec::check {
        /// The DNS suffix of Services; default `cluster.local`.
        pub cluster_domain: Option<Spot<String>>,
        /// The Istio network; default: the cluster's name.
        pub network: Option<Spot<String>>,
        /// The trust domain of the cluster's identities; the first of the places that may say so.
        pub trust_domain: Option<Spot<String>>,
        /// The URL of the API server, for Argo CD; default: Argo CD finds the cluster by its name.
        pub server: Option<Spot<String>>,
        /// Where the cluster's peers reach it.
        pub east_west_gateway: Option<EastWestGateway>,
        /// The Segment with a `domain` that the cluster joins: its global services are named in that domain, and no more in
        /// `mesh.internal`.
        pub segment: Option<Spot<String>>,
        /// The root that the running mesh trusts today: a name of the RootTrustPolicy's bundle, or a PEM file.
        pub current_root: Option<Spot<String>>,
        /// No mesh runs in the cluster yet, so that its first `cacerts` is no rotation.
        pub greenfield: bool,
        /// How far the cluster is on its way out of the fleet; absent: it is a member. `draining`: nobody peers with it and
        /// its Services are global no more. `detached`: delivery has let go of it too, and its tree stands until the
        /// KubernetesCluster is deleted.
        pub lifecycle: Option<Spot<Lifecycle>>,
        /// Operators that run in the cluster: `cert-manager`, `aws-privateca-issuer`, `external-secrets`, `sealed-secrets`, and
        /// others. Where it is given, what the cluster's `cacerts` need has to be among them.
        pub installed: Vec<Spot<String>>,
        /// The cluster's kubeconfig. No management server uses it; a Flux that runs in a hub finds it in the Secret
        /// `secretName`, beside its Kustomizations; default `<name>-kubeconfig`.
        pub kube_config: Option<KubeConfig>,
        /// There is no translation that would have to warm up.
        pub skip_warming: Ignored,
    }
}

impl KubernetesClusterSpec {
    fn check(&self, decoder: &mut Decoder) {
        check_names(&[("clusterDomain", self.cluster_domain.as_ref())], decoder);
        if let Some(network) =
            self.network.as_ref().filter(|network| network.is_empty() || !is_label_value(network))
        {
            let help = "a network is the value of a label: 63 letters, digits, `-`, `_` and `.` at most";
            let message = format!("`{network}` is not allowed for `{}.network`", decoder.path());
            decoder.report(Finding::new(codes::FC109, message).at(network.place).help(help));
        }
    }
}

enumeration! {
    /// How far a cluster is on its way out of the fleet.
    pub enum Lifecycle {
        /// Nobody peers with it and its Services are global no more; what runs there still calls the others.
        Draining = "draining",
        /// Delivery has let go of it too; what runs there stays as it is.
        Detached = "detached",
    }
}

record! {
    /// Where the cluster's peers reach it.
    pub struct EastWestGateway checked by EastWestGateway::check {
        /// Addresses of the gateway. Peers are told all of them; Solo's istiod takes the first.
        pub addresses: Vec<GatewayAddress>,
        /// Peers reach the gateway under `addresses`, not under what its own status shows. Only upstream Istio asks: there a
        /// peer reads the gateway's status, and `addresses` are left out otherwise.
        pub behind_nat: bool,
        /// The address is not known yet: the cluster's own gateway renders, peers to it wait.
        pub pending: bool,
        /// Peers reach the gateway on ports of the cluster's nodes, and `addresses` are addresses of nodes.
        pub node_ports: Option<NodePorts>,
        /// The gateway's namespace; default `istio-eastwest`.
        pub namespace: Option<Spot<String>>,
        /// The gateway's service account, which its peers verify; default `istio-eastwest`.
        pub service_account: Option<Spot<String>>,
    }
}

impl EastWestGateway {
    fn check(&self, decoder: &mut Decoder) {
        let names =
            [("namespace", self.namespace.as_ref()), ("serviceAccount", self.service_account.as_ref())];
        check_names(&names, decoder);
        if let Some(one) = self.addresses.get(MOST_ADDRESSES) {
            let message = format!("`{}.addresses` has more than {MOST_ADDRESSES} entries", decoder.path());
            let help = "a Gateway takes no more; a DNS name can stand for many addresses";
            decoder.report(Finding::new(codes::FC109, message).at(one.value.place).help(help));
        }
    }
}

/// The limit of a Gateway's `spec.addresses` (gateway.networking.k8s.io/v1).
const MOST_ADDRESSES: usize = 16;

record! {
    /// The node ports of the east-west gateway's Service. Where a GatewayLifecycleManager rolls the gateway out they are pinned
    /// in its tree; a Service of another tool must have them.
    pub struct NodePorts {
        /// For the control planes, port 15012. Only Solo's Istio asks; without it they meet on 15012 at a stable address, and
        /// traffic alone goes by the nodes.
        pub xds: Option<Spot<Port>>,
        /// For traffic, port 15008. Upstream Istio needs it; Solo's finds it out by itself.
        pub hbone: Option<Spot<Port>>,
    }
}

record! {
    /// An address of a gateway.
    pub struct GatewayAddress checked by GatewayAddress::check {
        /// What `value` is.
        pub kind as "type": Spot<AddressType>,
        /// The address.
        pub value: Spot<String>,
    }
}

impl GatewayAddress {
    fn check(&self, decoder: &mut Decoder) {
        let is_address = self.value.parse::<IpAddr>().is_ok();
        let help = match *self.kind {
            AddressType::IpAddress if !is_address => "write an IPv4 or IPv6 address, or `type: Hostname`",
            AddressType::Hostname if is_address => "this is an address: write `type: IPAddress`",
            AddressType::Hostname if !is_dns_name(&self.value) => {
                "a host is a DNS name: lower case letters, digits, `-` and `.`, no wildcard"
            }
            _ => return,
        };
        let message = format!("`{}` is not allowed for `{}.value`", self.value, decoder.path());
        decoder.report(Finding::new(codes::FC109, message).at(self.value.place).help(help));
    }
}

enumeration! {
    /// What an address is.
    pub enum AddressType {
        /// An IPv4 or IPv6 address.
        IpAddress = "IPAddress",
        /// A DNS name.
        Hostname = "Hostname",
    }
}
