//! `VirtualDestination`: a host name that resolves to any cluster.

use std::collections::BTreeSet;

use super::decode::Decoder;
use super::selector::{ObjectSelector, PortSelector};
use super::values::{Ignored, Port, Refused, Spot};
use crate::report::{Finding, codes};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: networking.gloo.solo.io/v2
kind: VirtualDestination
metadata:
  name: checkout
  namespace: payments-prod
spec:
  hosts:
    - checkout.payments.global
  ports:
    - {number: 8080, protocol: HTTP}
  services:
    - labels: {app: checkout}
";

record! {
    /// A host name that resolves to healthy backends in any cluster.
    pub struct VirtualDestinationSpec checked by VirtualDestinationSpec::check {
        /// The host names.
        pub hosts: Vec<Spot<String>>,
        /// The backing Services, in every cluster that has them; at most one per cluster.
        pub services: Vec<ObjectSelector>,
        /// The ports of the host; at least one.
        pub ports: Vec<VirtualDestinationPort>,
        /// A host outside the mesh is not compiled; write a ServiceEntry by hand.
        pub external_services: Refused,
        /// Machines outside Kubernetes are not compiled; write a WorkloadEntry by hand.
        pub external_workloads: Refused,
        /// Ambient has one way to reach another cluster.
        pub client_mode: Ignored,
    }
}

impl VirtualDestinationSpec {
    fn check(&self, decoder: &mut Decoder) {
        for (field, missing) in [("hosts", self.hosts.is_empty()), ("ports", self.ports.is_empty())] {
            if missing {
                let message = format!("`{}.{field}` is missing", decoder.path());
                let finding = Finding::new(codes::FC107, message).at(decoder.key());
                decoder.report(finding.help(format!("list at least one under `{field}`")));
            }
        }
        check_hosts(&self.hosts, decoder);
    }
}

/// Hosts are distinct DNS names without wildcards, as Gloo's own validation has it.
pub(super) fn check_hosts(hosts: &[Spot<String>], decoder: &mut Decoder) {
    let mut seen = BTreeSet::new();
    for host in hosts {
        let last_is_number = host.rsplit('.').next().is_some_and(|label| label.parse::<u64>().is_ok());
        if !super::object::is_dns_name(host) || last_is_number {
            let help = "a host is a DNS name: lower case letters, digits, `-` and `.`, no wildcard";
            decoder.not_allowed::<()>(host.place, host, help);
        } else if !seen.insert(host.as_str()) {
            decoder.not_allowed::<()>(host.place, host, "it stands here twice; remove one");
        }
    }
}

record! {
    /// A port of a VirtualDestination.
    pub struct VirtualDestinationPort {
        /// The port of the host.
        pub number: Spot<Port>,
        /// What is spoken there.
        pub protocol: Spot<Protocol>,
        /// The backing Service's port; default: `number`.
        pub target_port: Option<PortSelector>,
    }
}

enumeration! {
    /// What is spoken on a port.
    pub enum Protocol {
        /// HTTP/1.1.
        Http = "HTTP" | "http",
        /// HTTP over TLS, passed through.
        Https = "HTTPS" | "https",
        /// gRPC.
        Grpc = "GRPC" | "grpc",
        /// HTTP/2.
        Http2 = "HTTP2" | "http2",
        /// MongoDB.
        Mongo = "MONGO" | "mongo",
        /// Any bytes.
        Tcp = "TCP" | "tcp",
        /// TLS, passed through.
        Tls = "TLS" | "tls",
    }
}
