//! `Segment`: services that every cluster can call by one name.

use super::decode::Decoder;
use super::selector::{LabelSelector, ObjectSelector};
use super::values::{Port, Spot};
use super::virtual_destination::{Protocol, check_hosts};
use crate::report::{Finding, codes};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: networking.solo.io/v2alpha1
kind: Segment
metadata:
  name: productpage-global
  namespace: gloo-mesh
spec:
  hosts:
    - productpage.bookinfo.mesh.internal
  selector:
    namespace: bookinfo
    labels: {app: productpage}
  ports:
    - {number: 9080, protocol: HTTP}
";

record! {
    /// Either services that every cluster can call by one name (`hosts`, `selector`, `ports`), or the domain under which a
    /// group of clusters shares its services (`domain`, `aliases`).
    pub struct SegmentSpec checked by SegmentSpec::check {
        /// Names of the services.
        pub hosts: Vec<Spot<String>>,
        /// The services, in every cluster that has them.
        pub selector: Option<ObjectSelector>,
        /// Their ports.
        pub ports: Vec<SegmentPort>,
        /// The domain of the segment's services: `<service>.<namespace>.<domain>`.
        pub domain: Option<Spot<String>>,
        /// Further names of services.
        pub aliases: Vec<SegmentAlias>,
    }
}

impl SegmentSpec {
    fn check(&self, decoder: &mut Decoder) {
        let first = |hosts: &[Spot<String>]| hosts.first().map(|host| host.place);
        let services = first(&self.hosts)
            .or_else(|| self.selector.as_ref().map(|selector| selector.place))
            .or_else(|| self.ports.first().map(|port| port.place));
        let domain = self.domain.as_ref().map(|domain| domain.place);
        let domain = domain.or_else(|| self.aliases.first().map(|alias| alias.place));
        decoder.exactly_one(&[("hosts", services), ("domain", domain)]);
        if services.is_some() {
            let fields = [("hosts", self.hosts.is_empty()), ("selector", self.selector.is_none())];
            for (field, _) in fields.iter().filter(|(_, missing)| *missing) {
                let message = format!("`{}.{field}` is missing", decoder.path());
                let finding = Finding::new(codes::FC107, message).at(decoder.key());
                decoder.report(finding.help("a Segment names its `hosts`, and the services by `selector`"));
            }
        }
        check_hosts(&self.hosts, decoder);
    }
}

record! {
    /// A port of a Segment.
    pub struct SegmentPort {
        /// The Service's port.
        pub number: Spot<Port>,
        /// What is spoken there.
        pub protocol: Spot<Protocol>,
    }
}

record! {
    /// Further names of services.
    pub struct SegmentAlias {
        /// A name with `{service}`, `{namespace}`, `{labels['key']}` or `{annotations['key']}` in it.
        pub pattern: Spot<String>,
        /// The services; absent: all.
        pub selector: Option<LabelSelector>,
    }
}
