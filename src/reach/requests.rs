//! Requests that stand for all others: what waypoint policies tell them apart by, as [`Marks`](super::Marks) does callers.

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::{AuthorizationPolicy, Operation, Rule, Source};

use super::{HttpRequest, Token};

/// What stands where no policy names anything.
const OTHER: &str = "other";
/// So many requests are made of what the policies name; beyond that each thing is varied for itself.
const LIMIT: usize = 4096;

/// Everything by which a set of policies tells requests apart.
#[derive(Debug, Clone, Default)]
pub struct Requests {
    methods: BTreeSet<String>,
    paths: BTreeSet<String>,
    hosts: BTreeSet<String>,
    headers: BTreeMap<String, BTreeSet<String>>,
    principals: BTreeSet<String>,
    claims: BTreeMap<Vec<String>, BTreeSet<String>>,
}

impl Requests {
    /// Reads what some policies name.
    pub fn of<'p>(policies: impl IntoIterator<Item = &'p AuthorizationPolicy>) -> Self {
        let mut requests = Requests::default();
        policies.into_iter().flat_map(|policy| &policy.spec.rules).for_each(|rule| requests.rule(rule));
        requests
    }

    /// Adds what other policies name.
    pub fn extend(&mut self, other: Requests) {
        self.methods.extend(other.methods);
        self.paths.extend(other.paths);
        self.hosts.extend(other.hosts);
        self.principals.extend(other.principals);
        for (name, values) in other.headers {
            self.headers.entry(name).or_default().extend(values);
        }
        for (path, values) in other.claims {
            self.claims.entry(path).or_default().extend(values);
        }
    }

    /// Whether policies ask for anything but the caller.
    pub fn is_empty(&self) -> bool {
        self.methods.is_empty()
            && self.paths.is_empty()
            && self.hosts.is_empty()
            && self.headers.is_empty()
            && self.principals.is_empty()
            && self.claims.is_empty()
    }

    /// One request of each sort, and `None` for a connection on a port that speaks no HTTP. The one that nothing names
    /// comes first.
    pub fn samples(&self) -> Vec<Option<HttpRequest>> {
        if self.is_empty() {
            return vec![None];
        }
        let methods = with_other("GET", &self.methods, &witnesses);
        let paths = with_other("/", &self.paths, &path_witnesses);
        let hosts = with_other("host.example", &self.hosts, &witnesses);
        let headers = self.header_sets();
        let tokens = self.tokens();
        let lengths = [methods.len(), paths.len(), hosts.len(), headers.len(), tokens.len()];
        let all = lengths.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
        let mut samples = vec![None];
        let mut add =
            |method: &String, path: &String, host: &String, headers: &Headers, token: &Option<Token>| {
                samples.push(Some(HttpRequest {
                    method: method.clone(),
                    host: host.clone(),
                    path: path.clone(),
                    headers: headers.clone(),
                    token: token.clone(),
                }));
            };
        // what a rule asks together is mostly a method and a path
        let few = all.is_none_or(|all| all > LIMIT);
        for method in &methods {
            for path in &paths {
                for (at, host) in hosts.iter().enumerate() {
                    for (with, headers) in headers.iter().enumerate() {
                        for (by, token) in tokens.iter().enumerate() {
                            let varied = [at, with, by].iter().filter(|index| **index > 0).count();
                            if !few || varied <= 1 {
                                add(method, path, host, headers, token);
                            }
                        }
                    }
                }
            }
        }
        samples
    }

    fn rule(&mut self, rule: &Rule) {
        for to in &rule.to {
            let Operation { hosts, not_hosts, methods, not_methods, paths, not_paths, .. } = &to.operation;
            self.hosts.extend(hosts.iter().chain(not_hosts).cloned());
            self.methods.extend(methods.iter().chain(not_methods).cloned());
            self.paths.extend(paths.iter().chain(not_paths).cloned());
        }
        for from in &rule.from {
            let Source { request_principals, not_request_principals, .. } = &from.source;
            self.principals.extend(request_principals.iter().chain(not_request_principals).cloned());
        }
        for condition in &rule.when {
            let values = || condition.values.iter().chain(&condition.not_values).cloned();
            let bracketed = |key: &str| {
                let name = condition.key.strip_prefix(key)?.strip_prefix('[')?.strip_suffix(']')?;
                Some(name.to_owned())
            };
            if let Some(name) = bracketed("request.headers") {
                self.headers.entry(name.to_ascii_lowercase()).or_default().extend(values());
            } else if let Some(path) = bracketed("request.auth.claims") {
                let path = path.split("][").map(str::to_owned).collect();
                self.claims.entry(path).or_default().extend(values());
            } else {
                match condition.key.as_str() {
                    "request.auth.principal" => self.principals.extend(values()),
                    "request.auth.audiences" => {
                        self.claims.entry(vec!["aud".to_owned()]).or_default().extend(values());
                    }
                    "request.auth.presenter" => {
                        self.claims.entry(vec!["azp".to_owned()]).or_default().extend(values());
                    }
                    _ => {}
                }
            }
        }
    }

    /// Without headers, with each value of each, and with one value of all.
    fn header_sets(&self) -> Vec<Headers> {
        let mut sets = vec![Headers::new()];
        let mut all = Headers::new();
        for (name, values) in &self.headers {
            let values: BTreeSet<String> = values.iter().flat_map(|value| witnesses(value)).collect();
            all.extend(values.first().map(|value| (name.clone(), value.clone())));
            sets.extend(
                values
                    .into_iter()
                    .chain([OTHER.to_owned()])
                    .map(|value| Headers::from([(name.clone(), value)])),
            );
        }
        if all.len() > 1 {
            sets.push(all);
        }
        sets
    }

    fn tokens(&self) -> Vec<Option<Token>> {
        let mut tokens = vec![None];
        if self.principals.is_empty() && self.claims.is_empty() {
            return tokens;
        }
        let mut bearers = vec![Token::new("issuer.example", OTHER)];
        for principal in self.principals.iter().flat_map(|principal| witnesses(principal)) {
            let (issuer, subject) = principal.rsplit_once('/').unwrap_or((&principal, OTHER));
            bearers.push(Token::new(issuer, subject));
        }
        for bearer in bearers {
            tokens.push(Some(bearer.clone()));
            let mut full = bearer.clone();
            for (path, values) in &self.claims {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                for value in values.iter().flat_map(|value| witnesses(value)) {
                    tokens.push(Some(bearer.clone().claim(&path, &[&value])));
                    full = full.claim(&path, &[&value]);
                }
            }
            if self.claims.len() > 1 {
                tokens.push(Some(full));
            }
        }
        tokens
    }
}

type Headers = BTreeMap<String, String>;

/// A text that nothing names, and those that the patterns match.
fn with_other(
    usual: &str,
    patterns: &BTreeSet<String>,
    matching: &dyn Fn(&str) -> Vec<String>,
) -> Vec<String> {
    let found: BTreeSet<String> = patterns.iter().flat_map(|pattern| matching(pattern)).collect();
    let free = !found.contains(usual);
    let other = if free { usual.to_owned() } else { format!("{usual}{OTHER}") };
    let mut texts = vec![other];
    texts.extend(found);
    texts
}

/// A text that a pattern matches, and at a wildcard also the shortest one.
fn witnesses(pattern: &str) -> Vec<String> {
    if pattern == "*" {
        return vec![OTHER.to_owned()];
    }
    let filled = |filling: &str| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(suffix), _) => format!("{filling}{suffix}"),
        (None, Some(prefix)) => format!("{prefix}{filling}"),
        (None, None) => pattern.to_owned(),
    };
    let texts: BTreeSet<String> = [filled(OTHER), filled("")].into();
    texts.into_iter().filter(|text| !text.is_empty()).collect()
}

fn path_witnesses(pattern: &str) -> Vec<String> {
    if pattern.contains("{*}") || pattern.contains("{**}") {
        let fill = |any: &str| pattern.replace("{**}", any).replace("{*}", OTHER);
        return vec![fill(OTHER), fill(&format!("{OTHER}/{OTHER}"))];
    }
    witnesses(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{AuthorizationPolicySpec, Metadata, To};

    fn shown(methods: &[&str], paths: &[&str]) -> Vec<String> {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let operation = Operation { methods: owned(methods), paths: owned(paths), ..Operation::default() };
        let rule = Rule { to: vec![To { operation }], ..Rule::default() };
        let spec = AuthorizationPolicySpec { rules: vec![rule], ..AuthorizationPolicySpec::default() };
        let policy = AuthorizationPolicy::new(Metadata::default(), spec);
        let samples = Requests::of([&policy]).samples();
        samples
            .iter()
            .map(|one| one.as_ref().map_or("tcp".to_owned(), |one| format!("{} {}", one.method, one.path)))
            .collect()
    }

    #[test]
    fn what_is_named_stands_beside_what_is_not() {
        assert_eq!(shown(&[], &[]), ["tcp"]);
        assert_eq!(shown(&["GET"], &[]), ["tcp", "GETother /", "GET /"]);
        let found = shown(&["POST"], &["/v1/*", "/carts/{*}"]);
        for wanted in ["GET /", "POST /v1/", "POST /v1/other", "GET /carts/other", "POST /carts/other"] {
            assert!(found.contains(&wanted.to_owned()), "{wanted}: {found:?}");
        }
    }
}
