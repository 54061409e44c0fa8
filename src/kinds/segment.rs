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
    pub struct SegmentAlias checked by SegmentAlias::check {
        /// A name with `{service}`, `{namespace}`, `{labels['key']}` or `{annotations['key']}` in it.
        pub pattern: Spot<String>,
        /// The services; absent: all.
        pub selector: Option<LabelSelector>,
    }
}

impl SegmentAlias {
    fn check(&self, decoder: &mut Decoder) {
        if pattern_parts(&self.pattern).is_none() {
            let help = "a pattern is a DNS name in which `{service}`, `{namespace}`, `{labels['key']}` and `{annotations['key']}` stand for parts";
            let message = format!("`{}` is not allowed for `{}.pattern`", self.pattern, decoder.path());
            decoder.report(Finding::new(codes::FC109, message).at(self.pattern.place).help(help));
        }
    }
}

/// A part of an alias's pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternPart {
    /// As it stands.
    Text(String),
    /// The Service's name.
    Service,
    /// Its namespace.
    Namespace,
    /// The value of one of its labels.
    Label(String),
    /// The value of one of its annotations.
    Annotation(String),
}

/// The parts of a pattern; `None` if it is none.
pub fn pattern_parts(pattern: &str) -> Option<Vec<PatternPart>> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((text, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}')?;
        parts.push(PatternPart::Text(text.to_owned()));
        let quoted = |list: &str| placeholder.strip_prefix(list)?.strip_prefix("['")?.strip_suffix("']");
        parts.push(match placeholder {
            "service" => PatternPart::Service,
            "namespace" => PatternPart::Namespace,
            _ => match (quoted("labels"), quoted("annotations")) {
                (Some(key), _) => PatternPart::Label(key.to_owned()),
                (_, Some(key)) => PatternPart::Annotation(key.to_owned()),
                _ => return None,
            },
        });
        rest = after;
    }
    parts.push(PatternPart::Text(rest.to_owned()));
    let texts = parts.iter().filter_map(|part| match part {
        PatternPart::Text(text) => Some(text),
        _ => None,
    });
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    texts.into_iter().all(|text| text.bytes().all(plain)).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_parts() {
        let text = |text: &str| PatternPart::Text(text.into());
        assert_eq!(
            pattern_parts("{service}.{labels['app.kubernetes.io/part-of']}.bank.example"),
            Some(vec![
                text(""),
                PatternPart::Service,
                text("."),
                PatternPart::Label("app.kubernetes.io/part-of".into()),
                text(".bank.example"),
            ])
        );
        for wrong in
            ["{servic}.x", "{service", "service}.x", "{labels[k]}.x", "Bank.example", "*.bank.example"]
        {
            assert_eq!(pattern_parts(wrong), None, "{wrong}");
        }
    }
}
