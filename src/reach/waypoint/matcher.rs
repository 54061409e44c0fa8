//! One list of values as Envoy matches it (istio pilot/pkg/security/authz/model/generator.go).

use crate::reach::address::{self, Block};
use crate::reach::clauses::ServiceAccounts;
use crate::reach::strings::{Strings, glob};

use super::request::{Request, Token};
use super::rule::{Chain, Reader};

/// Conditions on what other Envoy filters left behind.
pub(super) const METADATA: &str = "experimental.envoy.filters.";

/// What a list of values is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Attribute {
    Principal,
    Namespace,
    ServiceAccount,
    TrustDomain,
    SourceIp,
    RemoteIp,
    DestinationIp,
    DestinationPort,
    ServerName,
    Metadata,
    RequestPrincipal,
    /// By the claim's path.
    Claim(Vec<String>),
    /// By name, in lower case.
    Header(String),
    Host,
    Method,
    Path,
    /// `request.headers` or `request.auth.claims` without a name in brackets: nothing can be read of it.
    Nameless,
}

impl Attribute {
    /// The attribute of a `when` key. `None` if there is none of that name, which leaves the whole rule out,
    /// in a DENY too.
    pub fn of_key(key: &str) -> Option<Self> {
        Some(match key {
            "source.principal" => Attribute::Principal,
            "source.namespace" => Attribute::Namespace,
            "source.serviceAccount" => Attribute::ServiceAccount,
            "source.trustDomain" => Attribute::TrustDomain,
            "source.ip" => Attribute::SourceIp,
            "remote.ip" => Attribute::RemoteIp,
            "destination.ip" => Attribute::DestinationIp,
            "destination.port" => Attribute::DestinationPort,
            "connection.sni" => Attribute::ServerName,
            "request.auth.principal" => Attribute::RequestPrincipal,
            "request.auth.audiences" => Attribute::Claim(vec!["aud".to_owned()]),
            "request.auth.presenter" => Attribute::Claim(vec!["azp".to_owned()]),
            _ if key.starts_with(METADATA) => Attribute::Metadata,
            _ => {
                if let Some(name) = key.strip_prefix("request.headers") {
                    in_brackets(name)
                        .map_or(Attribute::Nameless, |name| Attribute::Header(name.to_ascii_lowercase()))
                } else {
                    let path = key.strip_prefix("request.auth.claims")?;
                    in_brackets(path).map_or(Attribute::Nameless, |path| {
                        Attribute::Claim(path.split("][").map(str::to_owned).collect())
                    })
                }
            }
        })
    }

    /// Whether a chain that is not HTTP has no such thing. `remote.ip` and the server name exist there too.
    fn needs_http(&self) -> bool {
        use Attribute::{Claim, Header, Host, Method, Nameless, Path, RequestPrincipal};
        matches!(self, RequestPrincipal | Claim(_) | Header(_) | Nameless | Host | Method | Path)
    }
}

fn in_brackets(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

/// Any of the values.
#[derive(Debug)]
pub(super) enum Matcher {
    Principals(Strings),
    /// Patterns for the whole principal.
    Namespaces(Vec<Vec<String>>),
    ServiceAccounts(ServiceAccounts),
    TrustDomains(Vec<Vec<String>>),
    SourceIp(Vec<Block>),
    RemoteIp(Vec<Block>),
    DestinationIp(Vec<Block>),
    DestinationPort(Vec<u16>),
    ServerName(Strings),
    RequestPrincipals(Vec<RequestPrincipal>),
    Claim(Vec<String>, Strings),
    Header(String, Strings),
    /// In lower case.
    Host(Strings),
    Method(Strings),
    Path(Option<Strings>, Vec<PathTemplate>),
    /// Nothing is known of it, and it is taken as not matching.
    Metadata,
}

impl Matcher {
    /// Reads a list that is not empty. `Err` holds what remains without the entries that cannot be used.
    pub fn read(attribute: &Attribute, values: &[String], reader: &Reader<'_>) -> Result<Self, Option<Self>> {
        if reader.chain == Chain::Tcp && attribute.needs_http() {
            return Err(None);
        }
        let strings = || Strings::read(values).ok_or(None);
        let patterns = |pattern: &dyn Fn(&str) -> String, values: &[String]| {
            let pieces = |value: &String| pattern(value).split('*').map(str::to_owned).collect();
            values.iter().map(pieces).collect()
        };
        Ok(match attribute {
            Attribute::Principal => {
                let principals = reader.trust_domains.expand_principals(values);
                Matcher::Principals(Strings::read(&principals).ok_or(None)?)
            }
            // Every `*` becomes `.*`, which does not stop at a slash: `*sa` matches every namespace.
            Attribute::Namespace => {
                Matcher::Namespaces(patterns(&|namespace| format!("*/ns/{namespace}/*"), values))
            }
            Attribute::ServiceAccount => {
                Matcher::ServiceAccounts(ServiceAccounts::read(values, reader.namespace).ok_or(None)?)
            }
            Attribute::TrustDomain => {
                let values = reader.trust_domains.expand_trust_domains(values);
                Matcher::TrustDomains(patterns(&str::to_owned, &values))
            }
            Attribute::SourceIp => usable(values, address::blocks(values), Matcher::SourceIp)?,
            Attribute::RemoteIp => usable(values, address::blocks(values), Matcher::RemoteIp)?,
            Attribute::DestinationIp => usable(values, address::blocks(values), Matcher::DestinationIp)?,
            Attribute::DestinationPort => usable(values, address::ports(values), Matcher::DestinationPort)?,
            Attribute::ServerName => Matcher::ServerName(strings()?),
            Attribute::RequestPrincipal => {
                let principals = values.iter().map(|value| RequestPrincipal::read(value));
                Matcher::RequestPrincipals(principals.collect())
            }
            Attribute::Claim(path) => Matcher::Claim(path.clone(), strings()?),
            Attribute::Header(name) => Matcher::Header(name.clone(), strings()?),
            Attribute::Host => {
                let hosts: Vec<String> = values.iter().map(|host| host.to_ascii_lowercase()).collect();
                Matcher::Host(Strings::read(&hosts).ok_or(None)?)
            }
            Attribute::Method => Matcher::Method(strings()?),
            Attribute::Path => {
                let (templates, paths): (Vec<String>, Vec<String>) =
                    values.iter().cloned().partition(|path| path.contains("{*}") || path.contains("{**}"));
                let templates = templates.iter().map(|path| PathTemplate::read(path)).collect();
                Matcher::Path(Strings::read(&paths), templates)
            }
            Attribute::Metadata => Matcher::Metadata,
            Attribute::Nameless => return Err(None),
        })
    }

    /// Everything about a peer is false for one without identity, and everything about HTTP on a chain that
    /// is not HTTP.
    pub fn matches(&self, request: &Request<'_>) -> bool {
        let (peer, http) = (request.peer, request.http);
        let token = http.and_then(|http| http.token.as_ref());
        match self {
            Matcher::Principals(list) => peer.is_some_and(|peer| list.match_text(peer.principal())),
            Matcher::Namespaces(patterns) => peer.is_some_and(|peer| any_glob(patterns, peer.principal())),
            Matcher::ServiceAccounts(list) => {
                peer.is_some_and(|peer| list.contain(peer.namespace(), peer.service_account()))
            }
            Matcher::TrustDomains(patterns) => {
                peer.is_some_and(|peer| any_glob(patterns, peer.trust_domain()))
            }
            Matcher::SourceIp(blocks) => address::any_contains(blocks, request.source_ip),
            Matcher::RemoteIp(blocks) => address::any_contains(blocks, request.remote_ip),
            Matcher::DestinationIp(blocks) => address::any_contains(blocks, request.destination_ip),
            Matcher::DestinationPort(ports) => ports.contains(&request.port),
            Matcher::ServerName(list) => request.server_name.is_some_and(|name| list.match_text(name)),
            Matcher::RequestPrincipals(list) => {
                token.is_some_and(|token| list.iter().any(|one| one.matches(token)))
            }
            Matcher::Claim(path, list) => token.is_some_and(|token| claim_matches(token, path, list)),
            Matcher::Header(name, list) => {
                http.and_then(|http| http.header(name)).is_some_and(|value| list.match_header(value))
            }
            Matcher::Host(list) => {
                http.is_some_and(|http| list.match_header(&http.host.to_ascii_lowercase()))
            }
            Matcher::Method(list) => http.is_some_and(|http| list.match_header(&http.method)),
            Matcher::Path(list, templates) => http.is_some_and(|http| {
                list.as_ref().is_some_and(|list| list.match_text(&http.path))
                    || templates.iter().any(|template| template.matches(&http.path))
            }),
            Matcher::Metadata => false,
        }
    }
}

/// `Err` if an entry was dropped.
fn usable<T>(
    values: &[String],
    read: Option<Vec<T>>,
    make: impl FnOnce(Vec<T>) -> Matcher,
) -> Result<Matcher, Option<Matcher>> {
    match read {
        Some(read) if read.len() == values.len() => Ok(make(read)),
        read => Err(read.map(make)),
    }
}

fn any_glob(patterns: &[Vec<String>], text: &str) -> bool {
    patterns.iter().any(|pattern| glob(pattern, text))
}

fn claim_matches(token: &Token, path: &[String], list: &Strings) -> bool {
    token.claims.get(path).is_some_and(|values| values.iter().any(|value| list.match_text(value)))
}

/// `<issuer>/<subject>`, cut at the last slash since an issuer may be a URL. A wildcard at either end reaches
/// no further than the part it stands in (`requestPrincipalGenerator`).
#[derive(Debug)]
pub(super) struct RequestPrincipal {
    issuer: Strings,
    subject: Strings,
}

impl RequestPrincipal {
    fn read(value: &str) -> Self {
        let (any, pattern) = (|| Strings::pattern("*"), Strings::pattern);
        let (issuer, subject) = match value.rsplit_once('/') {
            Some((issuer, subject)) if value.starts_with('*') => (pattern(issuer), Strings::exact(subject)),
            Some((issuer, subject)) if value.ends_with('*') => (Strings::exact(issuer), pattern(subject)),
            Some((issuer, subject)) => (Strings::exact(issuer), Strings::exact(subject)),
            None if value.starts_with('*') => (any(), pattern(value)),
            None if value.ends_with('*') => (pattern(value), any()),
            None => (Strings::exact(value), Strings::exact("")),
        };
        RequestPrincipal { issuer, subject }
    }

    fn matches(&self, token: &Token) -> bool {
        claim_matches(token, &["iss".to_owned()], &self.issuer)
            && claim_matches(token, &["sub".to_owned()], &self.subject)
    }
}

/// A path with `{*}` (one segment, not empty) or `{**}` (anything, slashes too) in place of segments
/// (pilot/pkg/security/authz/matcher/template.go).
#[derive(Debug)]
pub(super) struct PathTemplate(Vec<Segment>);

#[derive(Debug)]
enum Segment {
    Literal(String),
    One,
    Any,
}

impl PathTemplate {
    fn read(path: &str) -> Self {
        let segments = path.split('/').map(|segment| match segment {
            "{*}" | "*" => Segment::One,
            "{**}" | "**" => Segment::Any,
            literal => Segment::Literal(literal.to_owned()),
        });
        PathTemplate(segments.collect())
    }

    fn matches(&self, path: &str) -> bool {
        let segments: Vec<&str> = path.split('/').collect();
        segments_match(&self.0, &segments)
    }
}

fn segments_match(template: &[Segment], path: &[&str]) -> bool {
    match (template.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((Segment::Any, rest)), Some((_, after))) => {
            segments_match(rest, after) || segments_match(template, after)
        }
        (Some((Segment::One, rest)), Some((segment, after))) => {
            !segment.is_empty() && segments_match(rest, after)
        }
        (Some((Segment::Literal(literal), rest)), Some((segment, after))) => {
            literal == segment && segments_match(rest, after)
        }
        _ => false,
    }
}
