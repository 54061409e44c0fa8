//! Who asks for what: the two ends of a question as people write them.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::manifest::Labels;
use crate::reach::{Identity, World};

use super::NoAnswer;

/// The caller of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// A service account, `namespace/name` or `namespace/name@cluster`.
    Account {
        /// Its namespace.
        namespace: String,
        /// Its name.
        account: String,
        /// The cluster it is of, which tells its trust domain.
        cluster: Option<String>,
    },
    /// Every identity there can be.
    Anyone,
    /// A caller without identity.
    Plaintext,
}

/// The destination of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct To {
    /// What is called.
    pub target: Target,
    /// The Service's port, or the pods' where no Service is named.
    pub port: Option<u16>,
    /// The cluster it is asked in; `None`: wherever it is.
    pub cluster: Option<String>,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A Service.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Pods that do not exist yet.
    Pods {
        /// Their namespace.
        namespace: String,
        /// Their labels.
        labels: Labels,
    },
}

impl FromStr for From {
    type Err = NoAnswer;

    fn from_str(text: &str) -> Result<Self, NoAnswer> {
        match text {
            "anyone" => return Ok(From::Anyone),
            "plaintext" => return Ok(From::Plaintext),
            _ => {}
        }
        let (identity, cluster) = at_cluster(text);
        match identity.split_once('/') {
            Some((namespace, account))
                if !namespace.is_empty() && !account.is_empty() && !account.contains('/') =>
            {
                Ok(From::Account { namespace: namespace.to_owned(), account: account.to_owned(), cluster })
            }
            _ => Err(NoAnswer::new(
                format!("`{text}` is no caller"),
                "a caller is `namespace/service-account`, with `@cluster` where only one is meant, or `anyone`, or `plaintext`",
            )),
        }
    }
}

impl To {
    /// Reads `service.namespace[:port][@cluster]`; with labels `namespace[:port][@cluster]`, for pods to come.
    pub fn read(text: &str, labels: Option<Labels>) -> Result<Self, NoAnswer> {
        let wrong = |help: &str| NoAnswer::new(format!("`{text}` is no destination"), help);
        let (rest, cluster) = at_cluster(text);
        let (rest, port) = match rest.rsplit_once(':') {
            Some((rest, port)) => {
                let port = port.parse::<u16>().ok().filter(|port| *port > 0);
                (rest, Some(port.ok_or_else(|| wrong("a port is a number from 1 to 65535"))?))
            }
            None => (rest, None),
        };
        let target = match (labels, rest.split_once('.')) {
            (Some(labels), None) if !rest.is_empty() => Target::Pods { namespace: rest.to_owned(), labels },
            (Some(_), _) => {
                return Err(wrong(
                    "with `--labels` it is `namespace[:port][@cluster]`: the pods have no Service yet",
                ));
            }
            // a Service's name holds no dot, and what follows the namespace is the cluster's own domain
            (None, Some((name, namespace))) if !name.is_empty() && !namespace.is_empty() => {
                let namespace = namespace.split_once(".svc").map_or(namespace, |(namespace, _)| namespace);
                Target::Service { namespace: namespace.to_owned(), name: name.to_owned() }
            }
            (None, _) => return Err(wrong("a destination is `service.namespace[:port][@cluster]`")),
        };
        Ok(To { target, port, cluster })
    }
}

fn at_cluster(text: &str) -> (&str, Option<String>) {
    match text.rsplit_once('@') {
        Some((rest, cluster)) => (rest, Some(cluster.to_owned())),
        None => (text, None),
    }
}

/// One caller as it arrives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// Without identity.
    Plaintext,
    /// With this one.
    Identity(Identity),
}

impl Caller {
    /// The identity, if there is one.
    pub fn peer(&self) -> Option<&Identity> {
        match self {
            Caller::Plaintext => None,
            Caller::Identity(identity) => Some(identity),
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caller::Plaintext => formatter.write_str("plaintext"),
            Caller::Identity(identity) => identity.fmt(formatter),
        }
    }
}

impl fmt::Display for From {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            From::Account { namespace, account, cluster } => {
                write!(formatter, "{namespace}/{account}")?;
                cluster.iter().try_for_each(|cluster| write!(formatter, "@{cluster}"))
            }
            From::Anyone => formatter.write_str("anyone"),
            From::Plaintext => formatter.write_str("plaintext"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Service { namespace, name } => write!(formatter, "{name}.{namespace}"),
            Target::Pods { namespace, labels } => {
                let labels: Vec<String> =
                    labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(formatter, "pods {} of {namespace}", labels.join(","))
            }
        }
    }
}

/// What a service account presents: an identity in each trust domain of the clusters that have it, or its namespace, or,
/// where the inventory knows neither, of every cluster. Names a cluster that there is, or none.
pub fn identities(
    world: &World<'_>,
    namespace: &str,
    account: &str,
    cluster: Option<&str>,
) -> Result<Vec<Identity>, NoAnswer> {
    if let Some(name) = cluster {
        known_cluster(world, name)?;
    }
    let asked = || world.clusters.iter().filter(|one| cluster.is_none_or(|name| one.name == name));
    let has_account = |one: &&crate::reach::ClusterWorld<'_>| {
        one.namespaces.get(namespace).is_some_and(|own| {
            own.accounts.contains_key(account)
                || own.workloads.iter().any(|workload| workload.account == account)
        })
    };
    let has_namespace = |one: &&crate::reach::ClusterWorld<'_>| one.namespaces.contains_key(namespace);
    let domains = |clusters: &mut dyn Iterator<Item = &crate::reach::ClusterWorld<'_>>| -> BTreeSet<String> {
        clusters.map(|one| one.trust_domain().to_owned()).collect()
    };
    let mut found = domains(&mut asked().filter(has_account));
    if found.is_empty() {
        found = domains(&mut asked().filter(has_namespace));
    }
    if found.is_empty() {
        found = domains(&mut asked());
    }
    Ok(found.iter().map(|domain| Identity::new(domain, namespace, account)).collect())
}

/// An error for a cluster that there is not.
pub fn known_cluster(world: &World<'_>, name: &str) -> Result<(), NoAnswer> {
    if world.cluster(name).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = world.clusters.iter().map(|cluster| cluster.name.as_str()).collect();
    let help = match crate::report::closest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the clusters are {}", names.join(", ")),
    };
    Err(NoAnswer::new(format!("there is no cluster `{name}`"), help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_are_read_as_people_write_them() {
        let account = |cluster: Option<&str>| From::Account {
            namespace: "shop".into(),
            account: "web".into(),
            cluster: cluster.map(str::to_owned),
        };
        assert_eq!("shop/web".parse(), Ok(account(None)));
        assert_eq!("shop/web@east".parse(), Ok(account(Some("east"))));
        assert_eq!("anyone".parse(), Ok(From::Anyone));
        for bad in ["shop", "shop/", "/web", "shop/web/x", ""] {
            assert!(bad.parse::<From>().is_err(), "{bad}");
        }
        let to = To::read("cart.shop:80@east", None).unwrap();
        assert_eq!(
            (to.target.to_string(), to.port, to.cluster.as_deref()),
            ("cart.shop".into(), Some(80), Some("east"))
        );
        assert_eq!(To::read("cart.shop.svc.cluster.local", None).unwrap().target.to_string(), "cart.shop");
        for bad in ["cart", "cart.", "cart.shop:http", "cart.shop:0", ".shop"] {
            assert!(To::read(bad, None).is_err(), "{bad}");
        }
        let pods = To::read("shop:8080", Some(Labels::from([("app".into(), "x".into())]))).unwrap();
        assert_eq!(pods.target.to_string(), "pods app=x of shop");
    }
}
